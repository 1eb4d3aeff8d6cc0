//! Where a database is and how it is spoken to, from its connection string (libpq, 34.1.1.2).
//!
//! TLS is verified unless the string says otherwise: <https://www.postgresql.org/docs/current/libpq-ssl.html>.
//! What a Supabase string can and cannot do: <https://supabase.com/docs/guides/database/connecting-to-postgres>.
//! The password goes into the driver's options and is shown nowhere.

use super::failure::{Failure, FailureKind};
use percent_encoding::percent_decode_str;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::fmt;
use std::path::{Path, PathBuf};
use url::Url;

/// How far the server's identity is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Encrypted, the certificate and its name are verified.
    Verified,
    /// Encrypted with whoever answers: the string says `sslmode=require`.
    Unverified,
    /// In the clear: the string says `sslmode=disable`.
    Off,
}

impl fmt::Display for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Verified => "TLS, verified",
            Self::Unverified => "TLS, not verified (`sslmode=require`)",
            Self::Off => "in the clear (`sslmode=disable`)",
        })
    }
}

/// Whose database it is, as far as the string tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// `db.<ref>.supabase.co:5432`: IPv6 only, unless the project pays for an IPv4 address.
    SupabaseDirect,
    /// `….pooler.supabase.com:5432`.
    SupabaseSession,
    /// `….pooler.supabase.com:6543`.
    SupabaseTransaction,
    /// `db.<ref>.supabase.co:6543`.
    SupabaseDedicated,
    Other,
}

impl fmt::Display for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::SupabaseDirect => "Supabase, direct",
            Self::SupabaseSession => "Supabase, session pooler",
            Self::SupabaseTransaction => "Supabase, transaction pooler",
            Self::SupabaseDedicated => "Supabase, dedicated pooler",
            Self::Other => "Postgres",
        })
    }
}

/// A database as its connection string describes it.
#[derive(Clone)]
pub struct Address {
    pub host: String,
    pub port: u16,
    pub database: String,
    pub user: String,
    pub tls: Tls,
    pub provider: Provider,
    password: Option<String>,
    ca_file: Option<PathBuf>,
}

/// Never the password.
impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Address({self})")
    }
}

/// `host:port/database`.
impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}/{}", self.host, self.port, self.database)
    }
}

impl Address {
    /// Reads a connection string. `ca_file` are certificates to trust besides the well-known ones.
    ///
    /// # Errors
    /// [`Failure`] when it is none, or names what cannot work. The text holds no part of the string
    /// that may be a password.
    pub fn parse(text: &str, ca_file: Option<&Path>) -> Result<Self, Failure> {
        let malformed = |detail: &str| Failure::new(FailureKind::Malformed, "the connection string", detail);
        let text = text.trim();
        // A mistake in it may show any part of it, so none is repeated.
        let url = Url::parse(text).map_err(|error| malformed(&error.to_string()))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(malformed("it does not begin with `postgres://`"));
        }
        let decode = |text: &str| percent_decode_str(text).decode_utf8().map(std::borrow::Cow::into_owned);
        let decode = |text: &str| decode(text).map_err(|_| malformed("a part of it is not UTF-8 when decoded"));
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| malformed("it names no host"))?;
        let mut address = Self {
            host: decode(host)?.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(5432),
            user: decode(url.username())?,
            database: decode(url.path().trim_start_matches('/'))?,
            tls: Tls::Verified,
            provider: Provider::Other,
            password: url.password().map(decode).transpose()?,
            ca_file: ca_file.map(Path::to_owned),
        };
        for (key, value) in url.query_pairs() {
            match (&*key, &*value) {
                ("sslmode" | "ssl-mode", "verify-full") => {}
                ("sslmode" | "ssl-mode", "require") => address.tls = Tls::Unverified,
                ("sslmode" | "ssl-mode", "disable") => address.tls = Tls::Off,
                ("sslmode" | "ssl-mode", _) => {
                    return Err(malformed("`sslmode` is `verify-full` (the default), `require` or `disable`"));
                }
                ("sslrootcert" | "ssl-root-cert", file) => {
                    address.ca_file.get_or_insert_with(|| PathBuf::from(file));
                }
                ("password", value) => address.password = Some(value.to_owned()),
                ("user", value) => value.clone_into(&mut address.user),
                // What a pooler or another driver wants to know is nothing to this one.
                _ => {}
            }
        }
        if address.user.is_empty() {
            return Err(malformed("it names no user"));
        }
        if address.database.is_empty() {
            address.database.clone_from(&address.user);
        }
        address.provider = provider(&address.host, address.port);
        address.check_supabase_user()?;
        Ok(address)
    }

    /// The pooler tells projects apart by the user; without it the answer is a riddle.
    fn check_supabase_user(&self) -> Result<(), Failure> {
        let is_pooler = matches!(self.provider, Provider::SupabaseSession | Provider::SupabaseTransaction);
        let has_project = self.user.contains('.');
        let wrong = match (self.provider, has_project) {
            (_, false) if is_pooler => "Supabase's pooler needs the project in the user's name: `postgres.<project>`",
            (Provider::SupabaseDirect, true) => "Supabase's direct host has the user `postgres`, without the project",
            _ => return Ok(()),
        };
        Err(Failure::new(FailureKind::WrongPoolerUser, self.to_string(), wrong))
    }

    /// What the driver needs. Nothing is prepared under a name: a pooler in transaction mode would
    /// hand it to somebody else.
    pub(crate) fn options(&self) -> PgConnectOptions {
        let mode = match self.tls {
            Tls::Verified => PgSslMode::VerifyFull,
            Tls::Unverified => PgSslMode::Require,
            Tls::Off => PgSslMode::Disable,
        };
        let mut options = PgConnectOptions::new_without_pgpass()
            .host(&self.host)
            .port(self.port)
            .username(&self.user)
            .database(&self.database)
            .ssl_mode(mode)
            .statement_cache_capacity(0)
            .extra_float_digits(None)
            .application_name("shipgate");
        if let Some(password) = &self.password {
            options = options.password(password);
        }
        match &self.ca_file {
            Some(file) => options.ssl_root_cert(file),
            None => options,
        }
    }

    pub(crate) fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    /// The password as it stands in no output: for those who mask.
    #[must_use]
    pub fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }
}

fn provider(host: &str, port: u16) -> Provider {
    let host = host.to_ascii_lowercase();
    if host.ends_with(".pooler.supabase.com") {
        return if port == 6543 { Provider::SupabaseTransaction } else { Provider::SupabaseSession };
    }
    if host.starts_with("db.") && host.ends_with(".supabase.co") {
        return if port == 6543 { Provider::SupabaseDedicated } else { Provider::SupabaseDirect };
    }
    Provider::Other
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Address {
        Address::parse(text, None).unwrap()
    }

    fn refused(text: &str) -> Failure {
        Address::parse(text, None).unwrap_err()
    }

    #[test]
    fn tls_is_verified_unless_the_string_says_otherwise() {
        assert_eq!(parse("postgres://u:p@h/d").tls, Tls::Verified);
        assert_eq!(parse("postgresql://u:p@h/d?sslmode=require").tls, Tls::Unverified);
        assert_eq!(parse("postgres://u@h:1/d?sslmode=disable&pgbouncer=true").tls, Tls::Off);
        for silent in ["prefer", "allow", "verify-ca", "off"] {
            assert_eq!(refused(&format!("postgres://u@h/d?sslmode={silent}")).kind, FailureKind::Malformed);
        }
        let with_file = Address::parse("postgres://u@h/d?sslrootcert=a.crt", None).unwrap();
        assert_eq!(with_file.ca_file(), Some(Path::new("a.crt")));
    }

    #[test]
    fn a_password_may_hold_any_character_and_is_never_shown() {
        let secret = "p@ss:w/o?r#d %[]é\"'\\";
        let encoded = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC);
        let address = parse(&format!("postgres://us%40er:{encoded}@[::1]:6432/my%20db"));
        assert_eq!(address.password(), Some(secret));
        assert_eq!(
            (address.user.as_str(), address.database.as_str(), address.host.as_str()),
            ("us@er", "my db", "::1")
        );
        let shown = format!("{address} {address:?}");
        assert!(!shown.contains("p@ss") && !shown.contains("p%40ss"), "{shown}");
        for broken in ["postgres://u:hunter2@h:port/d", "hunter2", "mysql://u:hunter2@h/d", "postgres://:hunter2@h/d"] {
            let failure = refused(broken);
            assert!(!failure.to_string().contains("hunter2"), "{failure}");
            assert!(!failure.help().contains("hunter2"));
        }
    }

    #[test]
    fn a_supabase_string_is_recognised_with_what_is_wrong_about_its_user() {
        let provider = |text: &str| parse(text).provider;
        assert_eq!(provider("postgres://postgres:p@db.abcdefgh.supabase.co:5432/postgres"), Provider::SupabaseDirect);
        assert_eq!(
            provider("postgres://postgres:p@db.abcdefgh.supabase.co:6543/postgres"),
            Provider::SupabaseDedicated
        );
        let pooler = "aws-0-eu-central-1.pooler.supabase.com";
        assert_eq!(provider(&format!("postgres://postgres.abc:p@{pooler}:5432/x")), Provider::SupabaseSession);
        assert_eq!(provider(&format!("postgres://postgres.abc:p@{pooler}:6543/x")), Provider::SupabaseTransaction);
        assert_eq!(provider("postgres://postgres:p@supabase.co.example.com/x"), Provider::Other);
        for wrong in [
            format!("postgres://postgres:p@{pooler}:6543/postgres"),
            "postgres://postgres.abc:p@db.abc.supabase.co:5432/postgres".to_owned(),
        ] {
            let failure = refused(&wrong);
            assert_eq!(failure.kind, FailureKind::WrongPoolerUser);
            assert!(failure.to_string().contains("user") && failure.help().contains("postgres"), "{failure}");
        }
    }
}
