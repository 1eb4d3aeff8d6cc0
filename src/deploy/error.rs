//! What can go wrong between us and a platform, with what to do about it.

/// A failure to understand or to reach a platform. It says nothing about the deployment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{platform} does not accept the token: {message}")]
    Unauthorized { platform: &'static str, message: String },
    #[error("the token may not do that at {platform}: {message}")]
    Forbidden { platform: &'static str, message: String },
    #[error("{platform} does not know `{what}`, or the token may not see it")]
    NotFound { platform: &'static str, what: String },
    #[error("{platform} asks to wait {seconds} s before the next request")]
    Limited { platform: &'static str, seconds: u64 },
    #[error("{platform} could not be reached: {problem}")]
    Unreachable { platform: &'static str, problem: String },
    #[error("{platform} refused: {message}")]
    Refused { platform: &'static str, message: String },
    #[error("the answer of {platform} was not understood: {problem}")]
    Answer { platform: &'static str, problem: String },
    #[error("no secure connection can be made: {0}")]
    Tls(String),
    #[error("the token has characters that no token has")]
    Token,
    #[error("`{0}` is no address that can be asked")]
    Address(String),
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Unauthorized { .. } | Self::Token => {
                Some("see that the variable which `deploy.token` names holds a valid token, alone".to_owned())
            }
            Self::Forbidden { .. } => Some("give the token access to the project that `deploy` names".to_owned()),
            Self::NotFound { .. } => Some(
                "see `deploy.project`, `deploy.service` and `deploy.platform-environment` in `shipgate.yml`".to_owned(),
            ),
            Self::Limited { .. } | Self::Unreachable { .. } => {
                Some("try again: `shipgate deploy wait` goes on where it was".to_owned())
            }
            Self::Tls(_) => Some("name the file with the certificate authority in `SSL_CERT_FILE`".to_owned()),
            Self::Address(_) => Some("write `deploy.base-url` as `https://…`".to_owned()),
            Self::Refused { .. } | Self::Answer { .. } => None,
        }
    }
}
