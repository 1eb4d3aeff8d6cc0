//! Just enough of JavaScript's surface to read a literal out of a configuration file, and JSON with
//! comments. Never evaluates anything: what is not a plain literal is [`Literal::Computed`].

use serde_json::Value;

/// The text with every comment blanked out; strings and line breaks stay where they are.
pub(super) fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut quote = None;
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(_), '\\') => {
                out.push(c);
                out.extend(chars.next());
            }
            (Some(open), _) => {
                // A quote that is left open is a regular expression or a slip: it ends with its line.
                if c == open || (c == '\n' && open != '`') {
                    quote = None;
                }
                out.push(c);
            }
            (None, '"' | '\'' | '`') => {
                quote = Some(c);
                out.push(c);
            }
            (None, '/') if chars.peek() == Some(&'/') => {
                while chars.peek().is_some_and(|next| *next != '\n') {
                    chars.next();
                }
            }
            (None, '/') if chars.peek() == Some(&'*') => {
                chars.next();
                let mut last = ' ';
                for inner in chars.by_ref() {
                    if inner == '\n' {
                        out.push('\n');
                    }
                    if last == '*' && inner == '/' {
                        break;
                    }
                    last = inner;
                }
                out.push(' ');
            }
            (None, _) => out.push(c),
        }
    }
    out
}

/// What a property of a configuration file is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    Absent,
    Text(String),
    /// It is there, but only running the file would tell its value, or it is there with two values.
    Computed,
}

/// The string that `property: '…'` is set to anywhere in JavaScript source.
pub(super) fn string_property(source: &str, property: &str) -> Literal {
    let code = without_comments(source);
    let mut found = Literal::Absent;
    for (at, _) in code.match_indices(property) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || "_$.-".contains(c)) {
            continue;
        }
        let rest = code[at + property.len()..].trim_start_matches(['"', '\'']).trim_start();
        let value = match rest.strip_prefix(':') {
            Some(value) => literal(value.trim_start()),
            // `{ outDir }` and `{ outDir, …}`: set from a variable.
            None if rest.starts_with([',', '}']) => Literal::Computed,
            None => continue,
        };
        found = match found {
            Literal::Absent => value,
            same if same == value => same,
            _ => Literal::Computed,
        };
    }
    found
}

fn literal(value: &str) -> Literal {
    let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) else {
        return Literal::Computed;
    };
    let inner = &value[1..];
    let Some(end) = inner.find(quote) else { return Literal::Computed };
    let (text, rest) = (&inner[..end], inner[end + 1..].trim_start());
    let is_whole =
        rest.is_empty() || rest.starts_with([',', '}', ')', ';']) || inner[end + 1..].starts_with(['\n', '\r']);
    if is_whole && !text.contains(['\\', '\n']) && !text.contains("${") {
        Literal::Text(text.to_owned())
    } else {
        Literal::Computed
    }
}

/// JSON as TypeScript's `tsconfig.json` allows it: with comments and trailing commas.
pub(super) fn parse_jsonc(text: &str) -> Result<Value, serde_json::Error> {
    let plain = without_comments(text.trim_start_matches('\u{feff}'));
    let mut out = String::with_capacity(plain.len());
    let mut in_string = false;
    let mut escaped = false;
    for (at, c) in plain.char_indices() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if c == '"' {
            in_string = true;
        } else if c == ',' && plain[at + 1..].trim_start().starts_with(['}', ']']) {
            continue;
        }
        out.push(c);
    }
    serde_json::from_slice(out.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_strings_with_slashes_stay() {
        let text = "a: 'https://x', // b\n/* c\n d */ e: \"/*\"";
        assert_eq!(without_comments(text), "a: 'https://x', \n\n  e: \"/*\"");
    }

    #[test]
    fn a_literal_is_read_and_anything_else_is_called_computed() {
        let read = |source| string_property(source, "outDir");
        let text = |value: &str| Literal::Text(value.to_owned());
        assert_eq!(read("export default { outDir: './build' }"), text("./build"));
        assert_eq!(read("build: {\n  \"outDir\" : `out`,\n}"), text("out"));
        assert_eq!(read("// outDir: 'old'\nsite: 'x'"), Literal::Absent);
        assert_eq!(read("const myoutDir = 1; a.outDir; 'other-outDir': 1"), Literal::Absent);
        assert_eq!(read("outDir: process.env.OUT ?? 'dist'"), Literal::Computed);
        assert_eq!(read("outDir: `out/${name}`"), Literal::Computed);
        assert_eq!(read("outDir: 'a' + b"), Literal::Computed);
        assert_eq!(read("{ outDir }"), Literal::Computed);
        assert_eq!(read("outDir: 'a', x: { outDir: 'b' }"), Literal::Computed);
        assert_eq!(read("outDir: 'a', x: { outDir: 'a' }"), text("a"));
        assert_eq!(read("outDir: 'a"), Literal::Computed);
    }

    #[test]
    fn tsconfig_may_have_comments_and_trailing_commas() {
        let value = parse_jsonc("\u{feff}{ // x\n \"a\": [1, 2,], \"b\": \"//,}\", }").unwrap();
        assert_eq!(value, serde_json::json!({ "a": [1, 2], "b": "//,}" }));
        assert!(parse_jsonc("{,}").is_err() || parse_jsonc("{,}").is_ok_and(|v| v == serde_json::json!({})));
    }
}
