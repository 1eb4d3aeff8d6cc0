//! The hidden first line of a comment: by it (and by its author) a comment is found again, and by it
//! a run knows whether a newer one has spoken already.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything that could end a field or the HTML comment is encoded; `-` too, so that no `--` appears.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_');
const START: &str = "<!-- shipgate:v1 ";
const END: &str = " -->";

/// Whose result a comment shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentIdentity {
    /// Separates the comments of several gates on one pull request (`--key`).
    pub key: String,
    /// GitHub's number of the workflow run; it grows with every run. 0 outside of GitHub.
    pub run: u64,
    /// Counted from 1; a re-run raises it. 0 outside of GitHub.
    pub attempt: u32,
    /// The head commit that the result is about.
    pub sha: String,
}

impl CommentIdentity {
    /// The line, without its line break.
    #[must_use]
    pub fn marker(&self) -> String {
        let encoded = |text| utf8_percent_encode(text, ENCODED);
        format!(
            "{START}key={} run={} attempt={} sha={}{END}",
            encoded(&self.key),
            self.run,
            self.attempt,
            encoded(&self.sha)
        )
    }

    /// The identity in a comment's first line; `None` for every other comment.
    #[must_use]
    pub fn parse(body: &str) -> Option<Self> {
        let line = body.lines().next()?.trim_end();
        let fields = line.strip_prefix(START)?.strip_suffix(END)?;
        let mut fields = fields.split(' ');
        let mut field = |name: &str| fields.next()?.strip_prefix(name)?.strip_prefix('=');
        let decoded = |text| percent_decode_str(text).decode_utf8().ok().map(String::from);
        let identity = Self {
            key: decoded(field("key")?)?,
            run: field("run")?.parse().ok()?,
            attempt: field("attempt")?.parse().ok()?,
            sha: decoded(field("sha")?)?,
        };
        fields.next().is_none().then_some(identity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn identity(key: &str) -> CommentIdentity {
        CommentIdentity { key: key.into(), run: 17_000_000_001, attempt: 2, sha: "3f2c1ab".into() }
    }

    #[test]
    fn a_marker_is_one_hidden_line_that_can_be_read_again() {
        let marker = identity("web app").marker();
        assert_eq!(marker, "<!-- shipgate:v1 key=web%20app run=17000000001 attempt=2 sha=3f2c1ab -->");
        assert_eq!(CommentIdentity::parse(&format!("{marker}\r\n## text")), Some(identity("web app")));
    }

    #[test]
    fn only_the_first_line_is_the_marker() {
        let marker = identity("a").marker();
        assert_eq!(CommentIdentity::parse(&format!("> quoted\n{marker}")), None);
        assert_eq!(CommentIdentity::parse(&format!("> {marker}")), None);
        assert_eq!(CommentIdentity::parse("<!-- shipgate:v2 key=a run=1 attempt=1 sha=b -->"), None);
        assert_eq!(CommentIdentity::parse("<!-- shipgate:v1 key=a run=x attempt=1 sha=b -->"), None);
        assert_eq!(CommentIdentity::parse("<!-- shipgate:v1 key=a run=1 attempt=1 sha=b more=1 -->"), None);
    }

    proptest! {
        #[test]
        fn no_key_ends_the_hidden_line(key in ".*", sha in ".*") {
            let identity = CommentIdentity { sha, ..identity(&key) };
            let marker = identity.marker();
            prop_assert_eq!(marker.matches("--").count(), 2);
            prop_assert_eq!(marker.lines().count(), 1);
            prop_assert_eq!(CommentIdentity::parse(&marker), Some(identity));
        }
    }
}
