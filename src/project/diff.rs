//! Which lines a change touches, as git tells; see [`Changes`] for the form.

use super::git::Git;
use crate::report::Changes;
use std::ffi::OsStr;
use std::path::Path;

/// What HEAD changes since it left `base`, a commit. Empty where that cannot be told, as in a checkout of
/// depth 1, which has no history.
pub async fn read_changes(root: &Path, base: &str, search_path: Option<&OsStr>) -> Changes {
    let is_commit = (7..=64).contains(&base.len()) && base.bytes().all(|byte| byte.is_ascii_hexdigit());
    let Some(git) = Git::find(root, search_path).filter(|_| is_commit) else { return Changes::default() };
    let range = format!("{base}...HEAD");
    let diff = [
        "-c",
        "core.quotePath=false",
        "diff",
        "--unified=0",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--src-prefix=a/",
        "--dst-prefix=b/",
        &range,
        "--",
    ];
    let text = git.ask(&diff).await.unwrap_or_default();
    Changes::parse(text.as_bytes())
}
