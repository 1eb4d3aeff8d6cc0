//! What stays the same when a diagnostic moves within its file.

use super::{Diagnostic, Level};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// SHA-256 over level, tool, code, file and message, the first 32 hex digits. Diagnostics that are
/// alike have the same one; what is absent is empty.
#[must_use]
pub fn fingerprint(level: Level, tool: &str, code: &str, file: &str, message: &str) -> String {
    let mut hash = Sha256::new();
    for part in [level.as_str(), tool, code, file, message] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize()[..16].iter().fold(String::with_capacity(32), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Diagnostic {
    /// The [`fingerprint()`] of this diagnostic, with its file as the reader names it.
    #[must_use]
    pub fn fingerprint(&self, file: Option<&str>) -> String {
        let code = self.code.as_deref().unwrap_or_default();
        fingerprint(self.level, &self.tool, code, file.unwrap_or_default(), &self.message)
    }
}
