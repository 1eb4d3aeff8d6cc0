//! The platforms' words for the states of a deployment. All of these lists grow: a word that is not here
//! leaves the state as it was.
//!
//! Zeabur: its GraphQL schema; Vercel: <https://vercel.com/docs/rest-api/deployments>; GitHub:
//! <https://docs.github.com/en/rest/deployments/statuses>; Railway: <https://docs.railway.com/reference/deployments>;
//! Render: <https://api-docs.render.com/reference/retrieve-deploy>; Netlify: <https://open-api.netlify.com/>.

use super::Reading;
use crate::record::DeploymentStatus::{Cancelled, Deploying, Failed, Queued, RolledBack, Success};

/// `platform`, word, meaning.
type Row = (&'static str, &'static str, Reading);

const TABLE: &[Row] = &[
    ("zeabur", "PENDING", Reading::Is(Queued)),
    ("zeabur", "BUILDING", Reading::Is(Deploying)),
    ("zeabur", "DEPLOYING", Reading::Is(Deploying)),
    ("zeabur", "RUNNING", Reading::Is(Success)),
    ("zeabur", "FAILED", Reading::Is(Failed)),
    ("zeabur", "CRASHED", Reading::Crashed),
    ("zeabur", "CANCELED", Reading::Is(Cancelled)),
    ("zeabur", "REMOVED", Reading::Superseded(None)),
    ("vercel", "QUEUED", Reading::Is(Queued)),
    ("vercel", "INITIALIZING", Reading::Is(Queued)),
    ("vercel", "BLOCKED", Reading::Is(Queued)),
    ("vercel", "BUILDING", Reading::Is(Deploying)),
    ("vercel", "READY", Reading::Is(Success)),
    ("vercel", "ERROR", Reading::Is(Failed)),
    ("vercel", "CANCELED", Reading::Is(Cancelled)),
    ("vercel", "DELETED", Reading::Superseded(None)),
    ("github", "queued", Reading::Is(Queued)),
    ("github", "pending", Reading::Is(Queued)),
    ("github", "waiting", Reading::Is(Queued)),
    ("github", "in_progress", Reading::Is(Deploying)),
    ("github", "success", Reading::Is(Success)),
    ("github", "failure", Reading::Is(Failed)),
    ("github", "error", Reading::Is(Failed)),
    ("github", "inactive", Reading::Superseded(None)),
    ("railway", "QUEUED", Reading::Is(Queued)),
    ("railway", "WAITING", Reading::Is(Queued)),
    ("railway", "INITIALIZING", Reading::Is(Deploying)),
    ("railway", "BUILDING", Reading::Is(Deploying)),
    ("railway", "DEPLOYING", Reading::Is(Deploying)),
    ("railway", "SUCCESS", Reading::Is(Success)),
    ("railway", "SLEEPING", Reading::Is(Success)),
    ("railway", "FAILED", Reading::Is(Failed)),
    ("railway", "CRASHED", Reading::Crashed),
    ("railway", "SKIPPED", Reading::Is(Cancelled)),
    ("railway", "REMOVING", Reading::Superseded(None)),
    ("railway", "REMOVED", Reading::Superseded(None)),
    ("render", "created", Reading::Is(Queued)),
    ("render", "queued", Reading::Is(Queued)),
    ("render", "build_in_progress", Reading::Is(Deploying)),
    ("render", "pre_deploy_in_progress", Reading::Is(Deploying)),
    ("render", "update_in_progress", Reading::Is(Deploying)),
    ("render", "live", Reading::Is(Success)),
    ("render", "build_failed", Reading::Is(Failed)),
    ("render", "pre_deploy_failed", Reading::Is(Failed)),
    ("render", "update_failed", Reading::Is(Failed)),
    ("render", "canceled", Reading::Is(Cancelled)),
    ("render", "deactivated", Reading::Superseded(None)),
    // How a `deploy_ended` event ends.
    ("render", "succeeded", Reading::Is(Success)),
    ("render", "failed", Reading::Is(Failed)),
    ("netlify", "new", Reading::Is(Queued)),
    ("netlify", "pending_review", Reading::Is(Queued)),
    ("netlify", "accepted", Reading::Is(Queued)),
    ("netlify", "enqueued", Reading::Is(Queued)),
    ("netlify", "retrying", Reading::Is(Queued)),
    ("netlify", "building", Reading::Is(Deploying)),
    ("netlify", "uploading", Reading::Is(Deploying)),
    ("netlify", "uploaded", Reading::Is(Deploying)),
    ("netlify", "preparing", Reading::Is(Deploying)),
    ("netlify", "prepared", Reading::Is(Deploying)),
    ("netlify", "processing", Reading::Is(Deploying)),
    ("netlify", "processed", Reading::Is(Deploying)),
    ("netlify", "ready", Reading::Is(Success)),
    ("netlify", "error", Reading::Is(Failed)),
    ("netlify", "rejected", Reading::Is(Cancelled)),
    // Our own, for who tells us by hand or by the generic webhook.
    ("", "queued", Reading::Is(Queued)),
    ("", "deploying", Reading::Is(Deploying)),
    ("", "success", Reading::Is(Success)),
    ("", "failed", Reading::Is(Failed)),
    ("", "rolled_back", Reading::Is(RolledBack)),
    ("", "cancelled", Reading::Is(Cancelled)),
];

/// What a platform's word means. Platforms that are none of ours use our own words.
#[must_use]
pub fn reading(platform: &str, word: &str) -> Reading {
    let is_ours = TABLE.iter().any(|row| row.0 == platform);
    let platform = if is_ours { platform } else { "" };
    TABLE.iter().find(|row| row.0 == platform && row.1 == word).map_or(Reading::Unknown, |row| row.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_means_one_thing_and_an_unknown_one_nothing() {
        for (at, row) in TABLE.iter().enumerate() {
            assert!(!TABLE[..at].iter().any(|it| (it.0, it.1) == (row.0, row.1)), "{} {}", row.0, row.1);
        }
        assert_eq!(reading("zeabur", "RUNNING"), Reading::Is(Success));
        assert_eq!(reading("zeabur", "success"), Reading::Unknown);
        assert_eq!(reading("zeabur", "HIBERNATING"), Reading::Unknown);
        assert_eq!(reading("my-own-script", "success"), Reading::Is(Success));
    }

    #[test]
    fn what_another_deployment_took_the_place_of_was_not_rolled_back() {
        for (platform, word) in [("zeabur", "REMOVED"), ("github", "inactive"), ("render", "deactivated")] {
            assert_eq!(reading(platform, word), Reading::Superseded(None));
        }
    }
}
