//! Lines that look like an error and that no rule understood: kept, counted, shown.

use super::words::find;

/// The words that can make a line look like an error; only lines with one of them are asked about.
pub(super) const MARKERS: &[&str] = &["rror", "ERR", "fatal", "FATAL", "ailed", "FAIL", "panic"];

/// What makes a line that no rule took look like an error; `None`: it does not.
pub(super) fn suspicion(text: &[u8]) -> Option<&'static str> {
    let trimmed = text.trim_ascii();
    if trimmed.is_empty() || is_chatter(trimmed) {
        return None;
    }
    let label = trimmed.strip_prefix(b"[").unwrap_or(trimmed);
    for word in
        [&b"error"[..], b"Error", b"ERROR", b"fatal", b"FATAL", b"Fatal error", b"ERR!", b"fatal error", b"FATAL ERROR"]
    {
        if let Some(rest) = label.strip_prefix(word)
            && (matches!(rest.first(), Some(b':' | b']' | b'!' | b'[')) || (word == b"ERROR" && rest.starts_with(b" ")))
        {
            return Some("it begins with the word for an error");
        }
    }
    // `path:3:4: error: …`, `path(3,4): error X: …`, `✘ [ERROR] …`, `✖ …failed`, `TypeError: …`
    if trimmed.starts_with(b"====") || find!(trimmed, b"candidate module location '").is_some() {
        // `tsc --traceResolution` cites names of modules.
        return None;
    }
    if find!(trimmed, b": error: ").is_some()
        || find!(trimmed, b": error ").is_some()
        || find!(trimmed, b" - error ").is_some()
        || find!(trimmed, b": fatal error: ").is_some()
        || find!(trimmed, b"[ERROR]").is_some()
        || find!(trimmed, b": ERROR: ").is_some()
    {
        return Some("it says `error` where compilers do");
    }
    let word = trimmed.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    if trimmed[..word].ends_with(b"Error") && trimmed[word..].starts_with(b": ") {
        return Some("it begins like an exception");
    }
    for mark in ["✖ ", "✘ ", "× ", "❌ ", "✗ "] {
        if trimmed.starts_with(mark.as_bytes())
            && (find!(trimmed, b"rror").is_some() || find!(trimmed, b"ailed").is_some())
        {
            return Some("it has a cross and says that something failed");
        }
    }
    None
}

/// Lines with which runners and CI only repeat that something else failed.
fn is_chatter(text: &[u8]) -> bool {
    [
        "npm ERR!",
        "npm error",
        "error Command failed with exit code",
        "Error: Process completed with exit code",
        "Process completed with exit code",
        "ERROR: \"",
        "    at ",
        "at ",
    ]
    .iter()
    .any(|chatter| text.starts_with(chatter.as_bytes()))
        || find!(text, "ELIFECYCLE".as_bytes()).is_some()
        || find!(text, b" ERROR  command (").is_some()
        || find!(text, b"ERROR  run failed: command ").is_some()
        || find!(text, b"ERR_PNPM_RECURSIVE_RUN_FIRST_FAIL").is_some()
        || find!(text, b"::error::command (").is_some()
}
