//! Names of tools and codes as interchange formats write them → as this crate writes them.
//!
//! Such formats carry what any tool said, so the tool is a word in the document (`ESLint`, `GNU C17`)
//! or only hidden in its rules (`eslint.rules.semi`, `lint/style/useConst`).

use super::draft::Draft;
use crate::diagnostic::Level;
use std::borrow::Cow;

/// Longer names are nobody's tool.
const LONGEST_NAME: usize = 100;

/// Tools that are told by their bare name where a format has no place for it.
const KNOWN: &[&str] = &[
    "actionlint",
    "biome",
    "clang",
    "clippy",
    "eslint",
    "gcc",
    "golangci-lint",
    "mypy",
    "oxlint",
    "prettier",
    "pylint",
    "pyright",
    "ruff",
    "rustc",
    "shellcheck",
    "stylelint",
    "typescript",
];

/// The tool's name in lower case; `None` for a name that names nothing.
pub(super) fn tool(name: &str) -> Option<Cow<'static, str>> {
    let name = name.trim();
    if name.is_empty() || name.len() > LONGEST_NAME {
        return None;
    }
    if name.starts_with("GNU ") {
        return Some("gcc".into());
    }
    let lower = name.to_lowercase();
    Some(match lower.as_str() {
        "tsc" | "tsgo" | "ts" => "typescript".into(),
        lower => known(lower).map_or_else(|| Cow::Owned(lower.to_owned()), Cow::Borrowed),
    })
}

/// The name of a well-known tool.
pub(super) fn known(name: &str) -> Option<&'static str> {
    KNOWN.iter().find(|known| known.eq_ignore_ascii_case(name)).copied()
}

/// The tool and the code that a rule's full name tells: `eslint.rules.semi`, `lint/style/useConst`,
/// `eslint(no-eval)`, `ShellCheck.SC2034`.
pub(super) fn rule(name: &str) -> (Option<&'static str>, &str) {
    if let Some(rule) = name.strip_prefix("eslint.rules.") {
        return (Some("eslint"), rule);
    }
    if let Some(rule) = name.strip_prefix("stylelint.rules.") {
        return (Some("stylelint"), rule);
    }
    if let Some(rule) = name.strip_prefix("ShellCheck.") {
        return (Some("shellcheck"), rule);
    }
    // Biome's categories; the last two have no slash.
    if ["lint/", "assist/", "syntax/"].iter().any(|group| name.starts_with(group)) || matches!(name, "parse" | "format")
    {
        return (Some("biome"), name);
    }
    if let Some((plugin, rest)) = name.split_once('(')
        && !plugin.is_empty()
        && plugin.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && rest.ends_with(')')
        && !rest.contains(' ')
    {
        return (Some("oxlint"), name);
    }
    (None, name)
}

/// Fills in the code, in the data model's spelling.
pub(super) fn set_code(draft: &mut Draft, code: &str) {
    draft.code.clear();
    let code = code.trim();
    if draft.tool == "typescript" {
        let digits = code.trim_start_matches(['T', 't', 'S', 's']);
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            draft.code.extend_from_slice(b"ts");
            draft.code.extend_from_slice(digits.as_bytes());
            return;
        }
    }
    // oxlint files under this what belongs to no rule.
    if draft.tool == "oxlint" && code == "OXL0001" {
        return;
    }
    draft.code.extend_from_slice(code.as_bytes());
}

/// What a failed test said, up to the first frame of its stack.
pub(super) fn without_frames(text: &str) -> &str {
    let is_frame = |line: &str| {
        let line = line.trim_start();
        line.starts_with("❯ ") || (line.starts_with("at ") && line.contains(':'))
    };
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        if is_frame(line) {
            break;
        }
        end += line.len();
    }
    text[..end].trim()
}

/// The words for levels; `None` for others.
pub(super) fn level(word: &str) -> Option<Level> {
    Some(match word.to_ascii_lowercase().as_str() {
        "error" | "fatal" | "failure" | "critical" | "blocker" => Level::Error,
        "warning" | "warn" => Level::Warning,
        "note" | "notice" | "info" | "information" | "hint" | "style" | "help" | "none" => Level::Note,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_have_one_name_whoever_writes_it() {
        assert_eq!(tool("ESLint").as_deref(), Some("eslint"));
        assert_eq!(tool("GNU C++17").as_deref(), Some("gcc"));
        assert_eq!(tool("tsc").as_deref(), Some("typescript"));
        assert_eq!(tool("Super Lint").as_deref(), Some("super lint"));
        assert_eq!(tool(" "), None);
        assert_eq!(tool(&"x".repeat(1000)), None);
    }

    #[test]
    fn rules_tell_their_tool_where_they_can() {
        assert_eq!(rule("eslint.rules.@typescript-eslint/no-x"), (Some("eslint"), "@typescript-eslint/no-x"));
        assert_eq!(rule("lint/style/useConst"), (Some("biome"), "lint/style/useConst"));
        assert_eq!(rule("eslint(no-eval)"), (Some("oxlint"), "eslint(no-eval)"));
        assert_eq!(rule("ShellCheck.SC2034"), (Some("shellcheck"), "SC2034"));
        assert_eq!(rule("com.puppycrawl.Check"), (None, "com.puppycrawl.Check"));
        assert_eq!(rule("ruff (F401)"), (None, "ruff (F401)"));
    }

    #[test]
    fn codes_of_typescript_are_spelt_as_the_data_model_does() {
        let mut draft = Draft::new("typescript");
        for code in ["TS2322", "2322", "ts2322"] {
            set_code(&mut draft, code);
            assert_eq!(draft.code, b"ts2322");
        }
        set_code(&mut draft, "TSX");
        assert_eq!(draft.code, b"TSX");
    }
}
