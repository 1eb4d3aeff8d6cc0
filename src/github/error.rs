//! What can go wrong between us and GitHub, with what to do about it.

use std::path::PathBuf;

/// The YAML that the workflow needs.
fn grant(permission: &str) -> String {
    format!("grant the permission in the workflow:\n\npermissions:\n  contents: read\n  {permission}")
}

/// A failure to understand or to reach GitHub. It says nothing about the project.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The environment of the run is not what GitHub Actions gives.
    #[error("`{variable}` {problem}")]
    Environment { variable: &'static str, problem: String },
    /// The event file could not be read or understood.
    #[error("the event file `{}` {problem}", path.display())]
    Payload { path: PathBuf, problem: String },
    /// TLS cannot be set up, or the other side proves to be nobody we trust.
    #[error("no secure connection can be made: {problem}")]
    Tls { problem: String },
    /// The token cannot be sent in an HTTP header.
    #[error("the GitHub token has characters that no token has")]
    Token,
    /// There is nothing to prove with who we are.
    #[error("no token is given")]
    NoToken,
    /// The comment's text does not begin with our marker, so it could not be found again.
    #[error("the comment has no `shipgate` marker in its first line")]
    Unmarked,
    /// 401.
    #[error("GitHub does not accept the token: {message}")]
    Unauthorized { message: String },
    /// 403 that is not a rate limit.
    #[error("the token may not {action}: {message}")]
    Forbidden { action: &'static str, permission: String, message: String },
    /// 404; also what GitHub says of private things that a token may not see.
    #[error("GitHub does not know `{what}`, or the token may not see it")]
    NotFound { what: String, permission: &'static str },
    /// 410.
    #[error("`{what}` is gone: {message}")]
    Gone { what: String, message: String },
    /// 422 and every other 4xx.
    #[error("GitHub refused to {action} (status {status}): {message}")]
    Rejected { action: &'static str, status: u16, message: String },
    /// A rate limit, and the wait that it asks for is more than what is left of the budget.
    #[error("GitHub asks to wait {wait_seconds} s before the next request: {message}")]
    Limited { wait_seconds: u64, message: String },
    /// No answer, or none but 5xx, within the budget.
    #[error("GitHub could not be reached to {action}: {problem}")]
    Unreachable { action: &'static str, problem: String },
    /// An answer of another shape than GitHub's.
    #[error("GitHub's answer was not understood: {problem}")]
    Answer { problem: String },
    /// A file that GitHub Actions gave for summary or outputs could not be written.
    #[error("cannot write `{}`: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
}

impl Error {
    /// What the reader can do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoToken => Some("pass one to the step: `env: { GITHUB_TOKEN: ${{ github.token }} }`".to_owned()),
            Self::Unauthorized { .. } => {
                Some("give the action a valid `token`; the default is `${{ github.token }}`".to_owned())
            }
            Self::Forbidden { message, .. } if message.contains("locked") => {
                Some("unlock the conversation of the pull request, or switch the comment off".to_owned())
            }
            Self::Forbidden { permission, .. } => {
                let way = if permission.starts_with("pull-requests") {
                    ", and a workflow on `workflow_run` can post it (`shipgate init` writes one)"
                } else {
                    ""
                };
                Some(format!(
                    "{}\n\non a pull request from a fork or by Dependabot the token stays read-only: the job summary \
                     has the same result{way}",
                    grant(permission)
                ))
            }
            Self::NotFound { permission, .. } => Some(grant(permission)),
            Self::Token => Some("see that the secret holds the token alone, without line breaks or quotes".to_owned()),
            Self::Payload { .. } => Some("see `GITHUB_EVENT_PATH`; GitHub Actions sets it".to_owned()),
            Self::Limited { .. } | Self::Unreachable { .. } => {
                Some("the verdict stands; re-run the job to post the comment".to_owned())
            }
            Self::Tls { .. } => Some(
                "name the file with the certificate authority of your GitHub in `SSL_CERT_FILE`, or install it on the \
                 runner"
                    .to_owned(),
            ),
            Self::Environment { .. }
            | Self::Unmarked
            | Self::Gone { .. }
            | Self::Rejected { .. }
            | Self::Answer { .. }
            | Self::Write { .. } => None,
        }
    }
}
