//! Whether a value has the declared format. Says what is wrong in words that hold no part of the value.
//!
//! URL: <https://url.spec.whatwg.org>; JWT: RFC 7519 in the compact form of RFC 7515. Knows no file.

use crate::config::{ValueFormat, VariableSpec};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};
use std::borrow::Cow;
use url::{ParseError, Url};

/// A fragment to follow the variable's name.
pub(super) type Problem = Cow<'static, str>;

const ANY_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, ANY_PADDING);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, ANY_PADDING);

/// Whether `spec` says anything that a value can be held against.
pub(super) fn has_rules(spec: &VariableSpec) -> bool {
    spec.format.is_some()
        || !spec.one_of.is_empty()
        || spec.pattern.is_some()
        || spec.min_length.is_some()
        || spec.max_length.is_some()
}

/// The first rule of `spec` that `value` breaks. A pattern may match anywhere in the value.
pub(super) fn check(spec: &VariableSpec, value: &str) -> Result<(), Problem> {
    if let Some(format) = spec.format {
        if value.trim() != value {
            return Err(Cow::Borrowed("begins or ends with white space"));
        }
        check_format(format, value).map_err(Cow::Borrowed)?;
    }
    if !spec.one_of.is_empty() && !spec.one_of.iter().any(|allowed| allowed == value) {
        return Err(Cow::Borrowed("is none of the values that `one-of` allows"));
    }
    if spec.pattern.as_ref().is_some_and(|pattern| !pattern.is_match(value)) {
        return Err(Cow::Borrowed("does not match its `pattern`"));
    }
    let length = value.chars().count();
    if let Some(min) = spec.min_length.filter(|min| length < *min) {
        return Err(Cow::Owned(format!("is shorter than {min} characters")));
    }
    if let Some(max) = spec.max_length.filter(|max| length > *max) {
        return Err(Cow::Owned(format!("is longer than {max} characters")));
    }
    Ok(())
}

fn check_format(format: ValueFormat, value: &str) -> Result<(), &'static str> {
    match format {
        ValueFormat::Url => check_url(value),
        ValueFormat::Email => check_email(value),
        ValueFormat::Port => check_port(value),
        ValueFormat::Integer => check_integer(value),
        ValueFormat::Boolean => check_boolean(value),
        ValueFormat::Uuid => check_uuid(value),
        ValueFormat::Jwt => jwt_parts(value).map(drop),
        ValueFormat::Hex => check_hex(value),
        ValueFormat::Base64 => check_base64(value),
    }
}

fn check_url(value: &str) -> Result<(), &'static str> {
    if value.contains(char::is_whitespace) {
        return Err("is not a URL: it holds white space");
    }
    let Some((scheme, rest)) = value.split_once("://") else {
        return Err("is not a URL: it has no scheme");
    };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if !is_scheme {
        return Err("is not a URL: it has no scheme");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    // Postgres and MongoDB take several hosts, which the standard does not know.
    if hosts.contains(',') {
        return hosts.split(',').try_for_each(|host| check_host(&format!("{scheme}://{host}")));
    }
    if rest.starts_with('/') {
        return Err("is not a URL: it has no host");
    }
    check_host(value)
}

fn check_host(value: &str) -> Result<(), &'static str> {
    match Url::parse(value) {
        Ok(url) if url.host_str().is_some_and(|host| !host.is_empty()) => Ok(()),
        Ok(_) | Err(ParseError::EmptyHost) => Err("is not a URL: it has no host"),
        Err(ParseError::InvalidPort) => Err(
            "is not a URL: its port is no number up to 65535 (`#`, `/`, `?` and `@` in a password are written %23, %2F, %3F and %40)",
        ),
        Err(ParseError::InvalidIpv4Address | ParseError::InvalidIpv6Address) => {
            Err("is not a URL: its host is not a valid IP address")
        }
        Err(ParseError::InvalidDomainCharacter | ParseError::IdnaError) => {
            Err("is not a URL: its host holds a character that no host name has")
        }
        Err(_) => Err("is not a URL"),
    }
}

fn check_email(value: &str) -> Result<(), &'static str> {
    if value.contains(char::is_whitespace) {
        return Err("is not an e-mail address: it holds white space");
    }
    let Some((local, domain)) = value.rsplit_once('@') else {
        return Err("is not an e-mail address: it has no `@`");
    };
    if local.is_empty() || local.len() > 64 {
        return Err("is not an e-mail address: there is not one to 64 characters before the `@`");
    }
    if local.contains(['@', ',', ';', '<', '>', '(', ')', '"', ':']) || local.starts_with('.') || local.ends_with('.') {
        return Err("is not an e-mail address: what is before the `@` is not plain");
    }
    let is_domain = domain.contains('.')
        && domain.len() <= 253
        && domain.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
        });
    if is_domain { Ok(()) } else { Err("is not an e-mail address: what is behind the `@` is no domain") }
}

fn check_port(value: &str) -> Result<(), &'static str> {
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("is not a port: it is no number");
    }
    match value.parse::<u16>() {
        Ok(1..) => Ok(()),
        _ => Err("is not a port: it is not between 1 and 65535"),
    }
}

fn check_integer(value: &str) -> Result<(), &'static str> {
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(())
    } else {
        Err("is not an integer")
    }
}

fn check_boolean(value: &str) -> Result<(), &'static str> {
    let lower = value.to_ascii_lowercase();
    if ["true", "false", "1", "0", "yes", "no", "on", "off"].contains(&lower.as_str()) {
        Ok(())
    } else {
        Err("is not a boolean: it is neither true, false, 1, 0, yes, no, on nor off")
    }
}

fn check_uuid(value: &str) -> Result<(), &'static str> {
    // The crate takes braces, `urn:` and no hyphens, too.
    if value.len() == 36 && uuid::Uuid::try_parse(value).is_ok() {
        Ok(())
    } else {
        Err("is not a UUID: it is not 8-4-4-4-12 hexadecimal digits")
    }
}

fn check_hex(value: &str) -> Result<(), &'static str> {
    let digits = value.strip_prefix("0x").unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("is not hexadecimal: it holds something else than 0-9 and a-f");
    }
    if digits.len().is_multiple_of(2) { Ok(()) } else { Err("is not hexadecimal: the number of its digits is odd") }
}

fn check_base64(value: &str) -> Result<(), &'static str> {
    if value.bytes().any(|byte| !byte.is_ascii_alphanumeric() && !b"+/-_=".contains(&byte)) {
        return Err("is not base64: it holds a character that base64 has not");
    }
    if BASE64.decode(value).is_ok() || BASE64_URL.decode(value).is_ok() {
        Ok(())
    } else {
        Err("is not base64: its end is cut off or its padding is wrong")
    }
}

/// The payload of a JSON Web Token.
pub(super) fn jwt_payload(value: &str) -> Option<Map<String, Value>> {
    jwt_parts(value).ok()
}

fn jwt_parts(value: &str) -> Result<Map<String, Value>, &'static str> {
    let parts: Vec<&str> = value.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return Err("is not a JWT: it does not have three parts between dots");
    };
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let object = |part: &str| -> Option<Map<String, Value>> { serde_json::from_slice(&decode(part)?).ok() };
    let header = object(header).ok_or("is not a JWT: its header is not a JSON object in base64url")?;
    if !header.get("alg").is_some_and(Value::is_string) {
        return Err("is not a JWT: its header has no `alg`");
    }
    let payload = object(payload).ok_or("is not a JWT: its payload is not a JSON object in base64url")?;
    if signature.is_empty() || decode(signature).is_none() {
        return Err("is not a JWT: its signature is not base64url");
    }
    Ok(payload)
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::Regex;

    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";

    #[test]
    fn good_values_pass() {
        use ValueFormat::{Base64, Boolean, Email, Hex, Integer, Jwt, Port, Url, Uuid};
        for (format, values) in [
            (
                Url,
                &[
                    "https://a.test",
                    "http://localhost:4321/x?y#z",
                    "postgres://u:p%40@db.test:5432/x?sslmode=require",
                    "redis://:p@127.0.0.1",
                    "mongodb+srv://u:p@c.test/db",
                    "postgresql://u:p@h1:5432,h2:5433/db",
                    "http://[::1]:80",
                    "https://münchen.test",
                ][..],
            ),
            (Email, &["a@b.test", "first.last+tag@sub.b.test"]),
            (Port, &["1", "4321", "65535"]),
            (Integer, &["0", "-12", "+3", "99999999999999999999"]),
            (Boolean, &["true", "FALSE", "1", "0", "yes", "No", "on", "off"]),
            (Uuid, &["67e55044-10b1-426f-9247-bb680e5fe0c8"]),
            (Jwt, &[JWT]),
            (Hex, &["deadBEEF", "0xff"]),
            (Base64, &["aGVsbG8=", "aGVsbG8", "-_-_", "+/+/", ""]),
        ] {
            for value in values {
                assert_eq!(check_format(format, value), Ok(()), "{format:?} {value:?}");
            }
        }
    }

    #[test]
    fn bad_values_are_told_what_is_wrong() {
        use ValueFormat::{Base64, Boolean, Email, Hex, Integer, Jwt, Port, Url, Uuid};
        for (format, value, part) in [
            (Url, "a.test", "no scheme"),
            (Url, "localhost:4321", "no scheme"),
            (Url, "mailto:a@b.test", "no scheme"),
            (Url, "//a.test/x", "no scheme"),
            (Url, "1a://b", "no scheme"),
            (Url, "https://", "no host"),
            (Url, "https:///x", "no host"),
            (Url, "postgres:///db", "no host"),
            (Url, "postgres://u:p@/db", "no host"),
            (Url, "postgres://h1,/db", "no host"),
            (Url, "postgres://u:pa#ss@h/db", "%23"),
            (Url, "https://a.test:99999", "port"),
            (Url, "https://a b.test", "white space"),
            (Url, "https://a<b.test", "character"),
            (Url, "https://1.2.3.400", "IP"),
            (Email, "a", "no `@`"),
            (Email, "@b.test", "one to 64"),
            (Email, "a@b", "no domain"),
            (Email, "a@b..test", "no domain"),
            (Email, "A <a@b.test>", "white space"),
            (Email, "a@b@c.test", "not plain"),
            (Port, "0", "between"),
            (Port, "65536", "between"),
            (Port, "+80", "no number"),
            (Port, "", "no number"),
            (Integer, "1.5", "integer"),
            (Integer, "-", "integer"),
            (Boolean, "ja", "boolean"),
            (Uuid, "67e5504410b1426f9247bb680e5fe0c8", "8-4-4-4-12"),
            (Jwt, "a.b", "three parts"),
            (Jwt, "e30.e30.e30", "`alg`"),
            (Jwt, "!.e30.e30", "header"),
            (Jwt, "eyJhbGciOiJIUzI1NiJ9.W10.e30", "payload"),
            (Jwt, "eyJhbGciOiJIUzI1NiJ9.e30.", "signature"),
            (Hex, "xyz", "something else"),
            (Hex, "abc", "odd"),
            (Base64, "a b", "character"),
            (Base64, "abcde", "cut off"),
        ] {
            let problem = check_format(format, value).expect_err(value);
            assert!(problem.contains(part), "{value:?}: {problem}");
        }
    }

    #[test]
    fn a_specification_is_checked_rule_by_rule() {
        let spec = VariableSpec {
            one_of: vec!["debug".into(), "info".into()],
            pattern: Some(Regex::new("^[a-z]+$").unwrap()),
            ..VariableSpec::default()
        };
        assert!(check(&spec, "info").is_ok());
        assert!(check(&spec, "trace").unwrap_err().contains("one-of"));
        let spec =
            VariableSpec { pattern: spec.pattern, min_length: Some(3), max_length: Some(4), ..VariableSpec::default() };
        assert!(check(&spec, "äö").unwrap_err().contains("pattern"));
        assert!(check(&spec, "ab").unwrap_err().contains("shorter than 3"));
        assert!(check(&spec, "abcde").unwrap_err().contains("longer than 4"));
        assert!(check(&spec, "abcd").is_ok());
        let spec = VariableSpec { format: Some(ValueFormat::Port), ..VariableSpec::default() };
        assert!(check(&spec, "80\n").unwrap_err().contains("white space"));
        assert!(!has_rules(&VariableSpec { is_sensitive: Some(true), ..VariableSpec::default() }));
    }
}
