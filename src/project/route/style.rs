//! A style sheet → the sheets it imports (<https://www.w3.org/TR/css-cascade-5/#at-import>).

use memchr::memmem;

/// The addresses of `@import`, in their order. They stand before all rules, so reading ends at the first.
pub(super) fn read_imports(bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    loop {
        rest = rest.trim_ascii_start();
        if let Some(comment) = rest.strip_prefix(b"/*") {
            rest = memmem::find(comment, b"*/").map_or(&[], |at| &comment[at + 2..]);
        } else if let Some(after) = without_case(rest, b"@import") {
            let (address, after) = address(after.trim_ascii_start());
            found.extend(address);
            rest = memchr::memchr(b';', after).map_or(&[], |at| &after[at + 1..]);
        } else if without_case(rest, b"@charset").is_some() || without_case(rest, b"@layer").is_some() {
            // A `@layer` with a block may not stand before an `@import`.
            let end = memchr::memchr2(b';', b'{', rest).filter(|at| rest[*at] == b';');
            let Some(end) = end else { return found };
            rest = &rest[end + 1..];
        } else {
            return found;
        }
    }
}

fn without_case<'a>(bytes: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = bytes.split_at_checked(word.len())?;
    head.eq_ignore_ascii_case(word).then_some(rest)
}

/// The text of a string or of `url(…)`, and what follows it.
fn address(bytes: &[u8]) -> (Option<String>, &[u8]) {
    let inner = without_case(bytes, b"url(").map(<[u8]>::trim_ascii_start);
    let start = inner.unwrap_or(bytes);
    let (text, rest) = match start.first() {
        Some(quote @ (b'"' | b'\'')) => match memchr::memchr(*quote, &start[1..]) {
            Some(end) => (&start[1..=end], &start[end + 2..]),
            None => return (None, &[]),
        },
        _ if inner.is_some() => match memchr::memchr(b')', start) {
            Some(end) => (start[..end].trim_ascii_end(), &start[end + 1..]),
            None => return (None, &[]),
        },
        _ => return (None, start),
    };
    (Some(String::from_utf8_lossy(text).into_owned()), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_stand_before_all_rules_in_any_spelling() {
        let sheet =
            b"@charset \"utf-8\"; /* @import 'no.css'; */ @import 'a.css'; @layer x, y;@IMPORT url( b.css ) print;\
            @import url(\"c.css;d\") layer(x); a{color:red} @import 'late.css';";
        assert_eq!(read_imports(sheet), ["a.css", "b.css", "c.css;d"]);
        for broken in [&b"@import"[..], b"@import 'a", b"@import url(", b"/*", b"", b"@layer a{@import 'x';}"] {
            assert_eq!(read_imports(broken), Vec::<String>::new());
        }
    }
}
