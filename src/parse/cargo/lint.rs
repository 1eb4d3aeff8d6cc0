//! The names of rustc's lints. A warning names its lint in a note, but only the first time in each
//! crate; for the commonest ones the message says as much.

use super::super::words::find;

/// The lint that a note names: `` `#[warn(unused_imports)]` on by default``,
/// `` requested on the command line with `-D unused-imports` ``, clippy's link.
pub(super) fn of_note(note: &[u8]) -> Option<Vec<u8>> {
    if let Some(link) = note.strip_prefix(b"for further information visit https://rust-lang.github.io/rust-clippy/") {
        let at = memchr::memrchr(b'#', link)?;
        return Some([b"clippy::", &link[at + 1..]].concat());
    }
    let attribute = note.starts_with(b"`#[");
    let requested = note.starts_with(b"requested on the command line with `-")
        || (note.starts_with(b"`-") && find!(note, b"` implied by `-").is_some());
    if !attribute && !requested {
        return None;
    }
    let quoted = note.split(|&byte| byte == b'`').nth(1)?;
    let name = if attribute {
        let open = memchr::memchr(b'(', quoted)?;
        quoted[open + 1..].strip_suffix(b")]")?
    } else {
        let blank = memchr::memchr(b' ', quoted)?;
        &quoted[blank + 1..]
    };
    is_name(name).then(|| name.iter().map(|&byte| if byte == b'-' { b'_' } else { byte }).collect())
}

pub(super) fn is_name(name: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b':');
    !name.is_empty() && name.iter().all(fits)
}

/// Beginning, end (each may be empty; one that ends in a backtick may stand anywhere) and lint of messages.
const MESSAGES: &[(&str, &str, &str)] = &[
    ("unused import", "", "unused_imports"),
    ("the item `", "` is imported redundantly", "redundant_imports"),
    ("unused variable: ", "", "unused_variables"),
    ("variable `", "` is assigned to, but never used", "unused_variables"),
    ("value assigned to `", "` is never read", "unused_assignments"),
    ("unused ", " that must be used", "unused_must_use"),
    ("unused doc comment", "", "unused_doc_comments"),
    ("unused macro definition: ", "", "unused_macros"),
    ("unused label", "", "unused_labels"),
    ("unused attribute", "", "unused_attributes"),
    ("unused extern crate", "", "unused_extern_crates"),
    ("variable does not need to be mutable", "", "unused_mut"),
    ("unnecessary parentheses around ", "", "unused_parens"),
    ("unnecessary braces around ", "", "unused_braces"),
    ("unnecessary `unsafe` block", "", "unused_unsafe"),
    ("", " is never used", "dead_code"),
    ("", " are never used", "dead_code"),
    ("field", " is never read", "dead_code"),
    ("field", " are never read", "dead_code"),
    ("", " is never constructed", "dead_code"),
    ("variants ", " are never constructed", "dead_code"),
    ("unreachable pattern", "", "unreachable_patterns"),
    ("unreachable ", "", "unreachable_code"),
    ("use of deprecated ", "", "deprecated"),
    ("missing documentation for ", "", "missing_docs"),
    ("", " should have an upper camel case name", "non_camel_case_types"),
    ("", " should have a snake case name", "non_snake_case"),
    ("", " should have an upper case name", "non_upper_case_globals"),
    ("unexpected `cfg` condition", "", "unexpected_cfgs"),
    ("irrefutable `", "` pattern", "irrefutable_let_patterns"),
    ("unknown lint: ", "", "unknown_lints"),
    ("trait `", "` is more private than the item `", "private_bounds"),
    ("type `", "` is more private than the item `", "private_interfaces"),
    ("the feature `", "` is internal to the compiler or standard library", "internal_features"),
    (
        "the feature `",
        "` is incomplete and may not be safe to use and/or cause compiler crashes",
        "incomplete_features",
    ),
    ("the feature `", " and no longer requires an attribute to enable", "stable_features"),
    ("function cannot return without recursing", "", "unconditional_recursion"),
    ("`extern` block uses type `", ", which is not FFI-safe", "improper_ctypes"),
    ("crate-level attribute should be an inner attribute", "", "unused_attributes"),
    ("creating a ", " reference to mutable static", "static_mut_refs"),
];

/// The lint that has this message.
pub(super) fn of_message(message: &[u8]) -> Option<&'static str> {
    let fits = |(start, end, _): &&(&str, &str, &str)| {
        let open = end.len() > 1 && end.ends_with('`');
        message.starts_with(start.as_bytes())
            && (message.ends_with(end.as_bytes()) || (open && find(message, end.as_bytes()).is_some()))
    };
    MESSAGES.iter().find(fits).map(|(.., lint)| *lint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_name_their_lint() {
        for (note, lint) in [
            ("`#[warn(unused_imports)]` (part of `#[warn(unused)]`) on by default", Some("unused_imports")),
            ("`#[deny(clippy::never_loop)]` on by default", Some("clippy::never_loop")),
            ("requested on the command line with `-D unused-imports`", Some("unused_imports")),
            ("`-D dead-code` implied by `-D warnings`", Some("dead_code")),
            (
                "for further information visit https://rust-lang.github.io/rust-clippy/master/index.html#ptr_arg",
                Some("clippy::ptr_arg"),
            ),
            ("`Option<i32>` defined here", None),
            ("`-x` is a flag", None),
        ] {
            assert_eq!(of_note(note.as_bytes()), lint.map(|lint| lint.as_bytes().to_vec()), "{note}");
        }
    }
}
