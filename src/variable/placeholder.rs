//! Values that stand for a value still to be filled in. Knows no file.

const WHOLE: [&str; 19] = [
    "changeme",
    "change_me",
    "change-me",
    "change me",
    "changeit",
    "replaceme",
    "replace_me",
    "replace-me",
    "replace me",
    "todo",
    "tbd",
    "fixme",
    "placeholder",
    "fill_me_in",
    "fill-me-in",
    "fillme",
    "insert_here",
    "none_yet",
    "dummy",
];
const STARTS: [&str; 8] = ["your-", "your_", "<your", "my-secret-", "todo:", "replace-with", "replace_with", "insert-"];
const PARTS: [&str; 18] = [
    "changeme",
    "change-me",
    "change_me",
    "replace",
    "placeholder",
    "your-",
    "your_",
    "yourdomain",
    "-here",
    "_here",
    "xxx",
    "todo",
    "dummy",
    "...",
    "user:password@",
    "username:password@",
    "user:pass@",
    "insert",
];
/// Reserved by RFC 2606 for documentation.
const DOMAINS: [&str; 3] = ["example.com", "example.org", "example.net"];

/// Whether `value` can only be a placeholder, wherever it comes from.
pub(super) fn is_certain(value: &str) -> bool {
    let value = value.trim().to_ascii_lowercase();
    WHOLE.contains(&value.as_str())
        || STARTS.into_iter().any(|start| value.starts_with(start))
        || value.starts_with('<') && value.ends_with('>') && !value.contains("</")
        || value.starts_with("${") && value.ends_with('}')
        || value.starts_with("{{") && value.ends_with("}}")
        || value.len() >= 3 && ["x", "*", ".", "-", "?", "_"].into_iter().any(|mark| value.replace(mark, "").is_empty())
}

/// Whether `value`, which is also that of the example, looks like a placeholder.
pub(super) fn is_likely(value: &str) -> bool {
    let lower = value.trim().to_ascii_lowercase();
    is_certain(value)
        || PARTS.into_iter().any(|part| lower.contains(part))
        || DOMAINS.into_iter().any(|domain| lower.contains(domain))
        || has_word_example(&lower)
        || ["password", "secret", "token", "key", "user", "username"].contains(&lower.as_str())
        || has_angle_brackets(&lower)
}

/// `example-key`, but not the top-level domain of `harbour.example`.
fn has_word_example(lower: &str) -> bool {
    lower.match_indices("example").any(|(at, word)| {
        let before = lower[..at].chars().next_back();
        let after = lower[at + word.len()..].chars().next();
        !before.is_some_and(|mark| mark.is_alphanumeric() || mark == '.') && !after.is_some_and(char::is_alphanumeric)
    })
}

/// `postgres://<user>@host`.
fn has_angle_brackets(lower: &str) -> bool {
    lower.split_once('<').is_some_and(|(_, rest)| rest.find('>').is_some_and(|at| at > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_known_wherever_they_come_from() {
        for value in [
            "changeme",
            "CHANGE_ME",
            "your-api-key",
            "your_secret",
            "<token>",
            "TODO",
            "xxxx",
            "replace_me",
            "...",
            "${FOO}",
        ] {
            assert!(is_certain(value), "{value}");
        }
        for value in ["4321", "https://example.com", "Your shop for tea", "xx", "true", "<b>hi</b>", "production", "--"]
        {
            assert!(!is_certain(value), "{value}");
        }
    }

    #[test]
    fn what_the_example_holds_as_well_is_looked_at_more_closely() {
        for value in [
            "https://example.com",
            "me@example.org",
            "sk_test_xxxxxxxx",
            "postgres://user:password@localhost/db",
            "paste-key-here",
            "example-key",
            "example",
            "postgres://<user>@host/db",
            "secret",
            "https://your-site.app",
        ] {
            assert!(is_likely(value), "{value}");
        }
        for value in
            ["4321", "true", "https://harbour.example", "office@harbour.example", "info", "http://localhost:4321"]
        {
            assert!(!is_likely(value), "{value}");
        }
    }
}
