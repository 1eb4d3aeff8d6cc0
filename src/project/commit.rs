//! What git knows of one commit: which it is, when it was made, and the versions it is tagged with.

use super::{Error, Git};
use chrono::{DateTime, Utc};

impl Git {
    /// The whole hash of what a name stands for: a branch, a tag, a part of a hash.
    ///
    /// # Errors
    /// [`Error::NoReference`].
    pub async fn resolve(&self, name: &str) -> Result<String, Error> {
        let commit = format!("{name}^{{commit}}");
        let found = self.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]).await;
        found.map(|hash| hash.trim().to_owned()).map_err(|_| Error::NoReference(name.to_owned()))
    }

    /// When a commit was made; `None` when it is not here.
    pub async fn committed_at(&self, commit: &str) -> Option<DateTime<Utc>> {
        let said = self.ask(&["show", "--no-patch", "--format=%cI", "--end-of-options", commit, "--"]).await.ok()?;
        said.trim().parse().ok()
    }

    /// The tags of a commit, in git's order; none when it is not here.
    pub async fn tags_of(&self, commit: &str) -> Vec<String> {
        let said = self.ask(&["tag", "--points-at", commit]).await.unwrap_or_default();
        said.lines().map(str::to_owned).collect()
    }
}
