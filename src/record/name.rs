//! What names a place on the network or in a repository, as the data model's rules ask for it.
//!
//! Hosts: RFC 1123, 2.1, and RFC 1035, 2.3.4; paths: RFC 3986, 3.3; hashes: git's SHA-1 and SHA-256.

use std::net::IpAddr;
use url::Url;

/// A host name of letters, digits, `-` and `_` in labels of at most 63 bytes. `_` stands in the names
/// that containers give each other.
#[must_use]
pub fn is_hostname(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        (1..=63).contains(&bytes.len())
            && bytes.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && bytes[0] != b'-'
            && bytes[bytes.len() - 1] != b'-'
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

/// A host name or an IP address; IPv6 with or without brackets.
#[must_use]
pub fn is_host(text: &str) -> bool {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse::<IpAddr>().is_ok() || is_hostname(text)
}

/// A host name that is no IP address and does not look like one: its last label is no number.
#[must_use]
pub fn is_domain(text: &str) -> bool {
    let last = text.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    is_hostname(text) && !text.contains('_') && !last.bytes().all(|byte| byte.is_ascii_digit())
}

/// `/` and path characters, `%` only before two hex digits; no query and no fragment.
#[must_use]
pub fn is_url_path(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    bytes.first() == Some(&b'/')
        && bytes.iter().enumerate().all(|(at, &byte)| match byte {
            b'%' => is_hex(at + 1) && is_hex(at + 2),
            _ => byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@".contains(&byte),
        })
}

/// An absolute `http` or `https` address with a host and without a password.
#[must_use]
pub fn is_web_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
    })
}

/// A whole commit hash in lower-case hex.
#[must_use]
pub fn is_commit_hash(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_and_addresses() {
        for good in ["localhost", "db.abc.supabase.co", "10.0.0.1", "::1", "[2001:db8::1]", "my_db", "a.b."] {
            assert!(is_host(good), "{good}");
        }
        for bad in ["", "a b", "-a.de", "a..b", "http://a", "a:5432", "ä.de", &"a".repeat(64), "a/b", "."] {
            assert!(!is_host(bad), "{bad}");
        }
    }

    #[test]
    fn a_domain_is_no_address() {
        for good in ["example.com", "my-app.zeabur.app", "xn--mnchen-3ya.de", "localhost"] {
            assert!(is_domain(good), "{good}");
        }
        for bad in ["10.0.0.1", "example.com/x", "https://example.com", "a_b.de", "example.com:80", ""] {
            assert!(!is_domain(bad), "{bad}");
        }
    }

    #[test]
    fn a_path_begins_with_a_slash_and_holds_no_query() {
        for good in ["/", "/api/user/profile", "/api/%C3%A4/@me:1", "/a//b"] {
            assert!(is_url_path(good), "{good}");
        }
        for bad in ["", "api", "/a b", "/a?b", "/a#b", "/%zz", "/%a", "/ä", "/a\0", "http://a/b"] {
            assert!(!is_url_path(bad), "{bad}");
        }
    }

    #[test]
    fn a_web_address_names_no_password() {
        assert!(is_web_address("https://example.com/health?full=1"));
        for bad in ["ftp://example.com", "https://a:b@example.com", "example.com", "https://", "mailto:a@b.c"] {
            assert!(!is_web_address(bad), "{bad}");
        }
    }

    #[test]
    fn a_commit_hash_is_whole() {
        assert!(is_commit_hash(&"0a".repeat(20)) && is_commit_hash(&"f0".repeat(32)));
        for bad in ["", "abc1234", &"0A".repeat(20), &"0g".repeat(20), &"a".repeat(41)] {
            assert!(!is_commit_hash(bad), "{bad}");
        }
    }
}
