//! What an error of a bundler says of the project's own file where its place is that of a tool or of nobody.

use super::super::tsc::{has_known_extension, number};
use super::super::words::find;

/// A place inside of a package is where something was thrown, not where the mistake is.
pub(super) fn is_of_a_package(path: &[u8]) -> bool {
    find!(path, b"/node_modules/").is_some() || path.starts_with(b"node:")
}

/// Whoever names a file does so early.
const LOOKED_AT: usize = 2000;

/// The first file of the project that a message names by its whole path: `types: /repo/src/a.ts: Unexpected token`,
/// `imported from '/repo/astro.config.mjs'`.
pub(super) fn file_in(message: &[u8]) -> Option<&[u8]> {
    let message = &message[..message.len().min(LOOKED_AT)];
    memchr::memchr_iter(b'/', message).find_map(|start| {
        let before = message[..start].last().copied().unwrap_or(b' ');
        let rest = &message[start..];
        let end = match before {
            b'\'' | b'"' | b'`' => memchr::memchr(before, rest)?,
            b' ' => find!(rest, b": ").or_else(|| memchr::memchr(b'\n', rest)).unwrap_or(rest.len()),
            _ => return None,
        };
        Some(&rest[..end]).filter(|path| has_known_extension(path) && !is_of_a_package(path))
    })
}

/// The file of a line of a stack trace, where it is one of the project: `    at eval (/repo/src/a.ts:11:11)`.
pub(super) fn file_of_frame(text: &[u8]) -> Option<&[u8]> {
    let place = text.trim_ascii().strip_prefix(b"at ")?;
    let place = match memchr::memrchr(b'(', place) {
        Some(open) => place[open + 1..].strip_suffix(b")")?,
        None => place.strip_prefix(b"async ").unwrap_or(place),
    };
    let (path, ..) = super::place_at_end(place)?;
    // What was built is no source.
    let is_source = has_known_extension(path) && !is_of_a_package(path) && find!(path, b"/dist/").is_none();
    is_source.then_some(path)
}

/// A message without the code frame that some parsers put below it: `>  9 |   schema: :`.
pub(super) fn without_frame(message: &[u8]) -> &[u8] {
    let is_of_frame = |line: &[u8]| {
        let line = line.strip_prefix(b">").unwrap_or(line).trim_ascii_start();
        number(line).is_some_and(|(_, length)| line[length..].trim_ascii_start().starts_with(b"|"))
    };
    let begins = memchr::memchr_iter(b'\n', message).find(|&end| {
        let rest = &message[end + 1..];
        is_of_frame(&rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())])
    });
    message[..begins.unwrap_or(message.len())].trim_ascii_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_project_are_named() {
        let named = |message: &'static str| file_in(message.as_bytes()).map(|path| std::str::from_utf8(path).unwrap());
        assert_eq!(
            named("types: /repo/src/content.config.ts: Unexpected token (9:10)"),
            Some("/repo/src/content.config.ts")
        );
        assert_eq!(
            named("Cannot find module 'a/b' imported from '/repo/astro.config.mjs'"),
            Some("/repo/astro.config.mjs")
        );
        assert_eq!(named("failed in /repo/node_modules/astro/dist/a.js: x"), None);
        assert_eq!(named("neither and/or a.ts, nor https://astro.build/a.ts"), None);
    }

    #[test]
    fn a_stack_leads_to_the_first_file_of_the_project() {
        let file = |frame: &'static str| file_of_frame(frame.as_bytes()).map(|path| std::str::from_utf8(path).unwrap());
        assert_eq!(file("    at eval (/repo/src/a.ts:11:11)"), Some("/repo/src/a.ts"));
        assert_eq!(file("    at async /repo/src/a b.mjs:1:2"), Some("/repo/src/a b.mjs"));
        assert_eq!(file("    at x (file:///repo/node_modules/vite/dist/a.js:1:2)"), None);
        assert_eq!(file("    at x (file:///repo/dist/chunks/a.mjs:1:2)"), None);
        assert_eq!(file("    at EventEmitter.emit (node:events:524:28)"), None);
    }

    #[test]
    fn a_frame_is_no_part_of_a_message() {
        assert_eq!(without_frame(b"Unexpected token (9:10)\n\n   7 | a\n>  9 | b\n"), b"Unexpected token (9:10)");
        assert_eq!(without_frame(b"one\n\n2 things"), b"one\n\n2 things");
    }
}
