//! Bundlers: esbuild, rollup (and vite on it), rolldown (vite 8), webpack with ts-loader and
//! fork-ts-checker, Next.js, and the errors of `astro build`.
//!
//! Columns: esbuild, rollup and webpack count from 0; here they count from 1.

pub(super) mod astro;
pub(super) mod esbuild;
mod named;
pub(super) mod next;
pub(super) mod rolldown;
pub(super) mod rollup;
pub(super) mod webpack;

use super::tsc::number;

/// `path:12:5` at the end of a text: path, line, column.
pub(super) fn place_at_end(text: &[u8]) -> Option<(&[u8], u32, u32)> {
    let (rest, column) = number_at_end(text)?;
    let (path, line) = number_at_end(rest)?;
    (!path.is_empty()).then_some((path, line, column))
}

fn number_at_end(text: &[u8]) -> Option<(&[u8], u32)> {
    let colon = memchr::memrchr(b':', text)?;
    let (value, length) = number(&text[colon + 1..])?;
    (colon + 1 + length == text.len()).then_some((&text[..colon], value))
}

/// A line of a JavaScript stack trace.
fn is_stack(text: &[u8]) -> bool {
    text.trim_ascii_start().starts_with(b"at ") && text.starts_with(b" ")
}
