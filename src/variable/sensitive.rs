//! Which variables hold secrets: by declaration, by what the value unmistakably is, by name.
//!
//! Key kinds of Supabase: <https://supabase.com/docs/guides/api/api-keys>. Knows no file.

use super::format;
use url::Url;

/// Prefixes under which bundlers publish variables to browsers.
pub(super) const PUBLIC_PREFIXES: [&str; 6] =
    ["PUBLIC_", "VITE_", "NEXT_PUBLIC_", "NUXT_PUBLIC_", "GATSBY_", "REACT_APP_"];

/// The prefix that makes `key` public, if any.
pub(super) fn public_prefix(key: &str) -> Option<&'static str> {
    PUBLIC_PREFIXES.into_iter().find(|prefix| key.starts_with(prefix))
}

/// What a value is, as far as it can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unknown,
    /// A key that is made for browsers: publishable, `anon`.
    Publishable,
    UrlWithPassword,
    /// With a name for it, to follow "holds".
    Secret(&'static str),
}

const SECRET_STARTS: [(&str, &str); 15] = [
    ("sb_secret_", "a secret key of Supabase"),
    ("sk_live_", "a secret key of Stripe"),
    ("sk_test_", "a secret key of Stripe"),
    ("rk_live_", "a restricted key of Stripe"),
    ("whsec_", "the secret of a webhook"),
    ("github_pat_", "a token of GitHub"),
    ("ghp_", "a token of GitHub"),
    ("gho_", "a token of GitHub"),
    ("ghs_", "a token of GitHub"),
    ("ghu_", "a token of GitHub"),
    ("glpat-", "a token of GitLab"),
    ("xoxb-", "a token of Slack"),
    ("xoxp-", "a token of Slack"),
    ("sk-ant-", "a key of Anthropic"),
    ("sk-proj-", "a key of OpenAI"),
];

const PUBLISHABLE_STARTS: [&str; 3] = ["sb_publishable_", "pk_live_", "pk_test_"];

/// Looks at the value itself.
pub(super) fn kind(value: &str) -> Kind {
    let value = value.trim();
    if let Some((_, name)) = SECRET_STARTS.into_iter().find(|(start, _)| value.starts_with(start)) {
        return Kind::Secret(name);
    }
    if PUBLISHABLE_STARTS.into_iter().any(|start| value.starts_with(start)) {
        return Kind::Publishable;
    }
    if value.contains("-----BEGIN ") && value.contains("PRIVATE KEY-----") {
        return Kind::Secret("a private key");
    }
    match format::jwt_payload(value).as_ref().and_then(|payload| payload.get("role")?.as_str()) {
        Some("service_role") => return Kind::Secret("a `service_role` key of Supabase"),
        Some("anon") => return Kind::Publishable,
        _ => {}
    }
    if Url::parse(value).is_ok_and(|url| url.password().is_some_and(|password| !password.is_empty())) {
        return Kind::UrlWithPassword;
    }
    Kind::Unknown
}

/// How much a name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Harmless,
    /// A key, token or DSN: there are kinds of them that are made for browsers.
    Suspicious,
    /// A password, a private key, a secret: never for browsers.
    Secret,
}

const SECRET_WORDS: [&str; 12] = [
    "SECRET",
    "SECRETS",
    "PASSWORD",
    "PASSWORDS",
    "PASSWD",
    "PWD",
    "PASSPHRASE",
    "PRIVATE",
    "CREDENTIAL",
    "CREDENTIALS",
    "PEPPER",
    "SERVICEROLE",
];
/// Secret words in front of these tell of a secret, they are none.
const ABOUT_WORDS: [&str; 22] = [
    "ID",
    "NAME",
    "ARN",
    "LENGTH",
    "TTL",
    "AGE",
    "EXPIRY",
    "EXPIRES",
    "EXPIRATION",
    "TIMEOUT",
    "HEADER",
    "REGION",
    "MIN",
    "MAX",
    "POLICY",
    "ENABLED",
    "VERSION",
    "BETA",
    "TYPE",
    "ROUNDS",
    "PATH",
    "FILE",
];
const SUSPICIOUS_ENDS: [&str; 9] = ["KEY", "KEYS", "TOKEN", "TOKENS", "DSN", "PAT", "SALT", "PASS", "AUTH"];
const SUSPICIOUS_SUFFIXES: [&str; 7] =
    ["APIKEY", "APITOKEN", "ACCESSKEY", "SECRETKEY", "AUTHTOKEN", "ACCESSTOKEN", "AUTHKEY"];
const HARMLESS_WORDS: [&str; 4] = ["PUBLISHABLE", "ANON", "PUBLIC", "PUBKEY"];
const HARMLESS_ENDS: [&str; 10] = [
    "SITE_KEY",
    "SITEKEY",
    "SORT_KEY",
    "PARTITION_KEY",
    "PRIMARY_KEY",
    "CACHE_KEY",
    "IDEMPOTENCY_KEY",
    "QUERY_KEY",
    "STORAGE_KEY",
    "HOT_KEY",
];
const DATABASE_STARTS: [&str; 9] = [
    "DATABASE_URL",
    "POSTGRES_URL",
    "POSTGRES_PRISMA_URL",
    "POSTGRESQL_URL",
    "MYSQL_URL",
    "MONGODB_UR",
    "MONGO_UR",
    "DB_URL",
    "CONNECTION_STRING",
];

/// Looks at the name; a public prefix does not count.
pub(super) fn name(key: &str) -> Name {
    let upper = key.to_ascii_uppercase();
    let name = public_prefix(&upper).map_or(upper.as_str(), |prefix| &upper[prefix.len()..]);
    let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
    let Some(last) = words.last() else { return Name::Harmless };
    if name == "PWD" || name == "OLDPWD" || words.iter().any(|word| HARMLESS_WORDS.contains(word)) {
        return Name::Harmless;
    }
    let is_database = DATABASE_STARTS
        .into_iter()
        .any(|start| name.match_indices(start).any(|(at, _)| at == 0 || name.as_bytes()[at - 1] == b'_'));
    let is_service_role = name.contains("SERVICE_ROLE") && *last == "KEY";
    let says_secret = words.iter().any(|word| {
        SECRET_WORDS.contains(word) || word.ends_with("SECRET") || word.ends_with("PASSWORD") || *word == "PRIVATEKEY"
    });
    if is_database || is_service_role || says_secret && !ABOUT_WORDS.contains(last) {
        return Name::Secret;
    }
    if HARMLESS_ENDS.into_iter().any(|end| name.ends_with(end)) {
        return Name::Harmless;
    }
    let is_suspicious =
        SUSPICIOUS_ENDS.contains(last) || SUSPICIOUS_SUFFIXES.into_iter().any(|suffix| last.ends_with(suffix));
    if is_suspicious { Name::Suspicious } else { Name::Harmless }
}

/// Whether the variable is sensitive. What a value unmistakably is outranks the declaration, which
/// outranks the rest; under a public prefix only a name that is never for browsers counts.
pub(super) fn is_sensitive(key: &str, declared: Option<bool>, value: Option<&str>) -> bool {
    let kind = value.map_or(Kind::Unknown, kind);
    if let Kind::Secret(_) = kind {
        return true;
    }
    declared.unwrap_or_else(|| match kind {
        Kind::Publishable => false,
        Kind::UrlWithPassword | Kind::Secret(_) => true,
        Kind::Unknown => match name(key) {
            Name::Secret => true,
            Name::Suspicious => public_prefix(key).is_none(),
            Name::Harmless => false,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    pub(crate) fn jwt(payload: &str) -> String {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.{}", encode(r#"{"alg":"HS256","typ":"JWT"}"#), encode(payload), encode("signature"))
    }

    #[test]
    fn names_of_secrets_are_sensitive() {
        for key in [
            "STRIPE_SECRET_KEY",
            "API_KEY",
            "APIKEY",
            "BOOKING_API_TOKEN",
            "JWT_SECRET",
            "DB_PASSWORD",
            "SENTRY_DSN",
            "DATABASE_URL",
            "SHADOW_DATABASE_URL",
            "DATABASE_URL_UNPOOLED",
            "POSTGRES_PRISMA_URL",
            "PRIVATE_KEY",
            "GOOGLE_CREDENTIALS",
            "GOOGLE_APPLICATION_CREDENTIALS_JSON",
            "SECRET_KEY_BASE",
            "SUPABASE_SERVICE_ROLE_KEY",
            "PUBLIC_API_SECRET",
            "VITE_DB_PASSWORD",
            "NEXT_PUBLIC_SUPABASE_SERVICE_ROLE_KEY",
            "MONGODB_URI",
        ] {
            assert!(is_sensitive(key, None, None), "{key}");
        }
    }

    #[test]
    fn names_of_public_things_are_not_sensitive() {
        for key in [
            "SUPABASE_ANON_KEY",
            "STRIPE_PUBLISHABLE_KEY",
            "PUBLIC_SITE_URL",
            "PUBLIC_MAPS_API_KEY",
            "VAPID_PUBLIC_KEY",
            "NEXT_PUBLIC_SENTRY_DSN",
            "TURNSTILE_SITE_KEY",
            "MONKEY",
            "KEYBOARD",
            "PWD",
            "AWS_ACCESS_KEY_ID",
            "PASSWORD_MIN_LENGTH",
            "TOKEN_EXPIRY",
            "PORT",
            "SITE_URL",
            "SECRET_NAME",
            "PRIVATE_BETA",
            "CONTACT_EMAIL",
            "_",
        ] {
            assert!(!is_sensitive(key, None, None), "{key}");
        }
    }

    #[test]
    fn a_declaration_outranks_the_name() {
        assert!(!is_sensitive("API_KEY", Some(false), Some("abcdefghij")));
        assert!(!is_sensitive("DB", Some(false), Some("postgres://u:p@h/db")));
        assert!(is_sensitive("GREETING", Some(true), Some("abcdefghij")));
        assert!(is_sensitive("PUBLIC_GREETING", Some(true), None));
    }

    #[test]
    fn values_tell_what_they_are() {
        assert!(is_sensitive("DB", None, Some("postgres://user:pass@db.test/x")));
        assert!(!is_sensitive("DB", None, Some("postgres://user@db.test/x")));
        assert!(is_sensitive("PUBLIC_SUPABASE_KEY", Some(false), Some("sb_secret_abcdefgh")));
        assert!(is_sensitive("PUBLIC_X", None, Some(&jwt(r#"{"role":"service_role"}"#))));
        assert!(!is_sensitive("SUPABASE_KEY", None, Some(&jwt(r#"{"role":"anon"}"#))));
        assert!(!is_sensitive("SUPABASE_KEY", None, Some("sb_publishable_abcdefgh")));
        assert!(is_sensitive("X", None, Some("-----BEGIN RSA PRIVATE KEY-----\nabc\n")));
    }
}
