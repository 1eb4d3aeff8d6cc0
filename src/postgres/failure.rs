//! Why a database could not be used, told apart so that each has its way out.
//!
//! By SQLSTATE (<https://www.postgresql.org/docs/current/errcodes-appendix.html>) and by what poolers
//! say in words. A failure holds no password: what the driver says never has one, and the connection
//! string is shown without.

use super::address::Address;
use std::fmt;
use std::io;

/// What is the matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The connection string is none.
    Malformed,
    /// Supabase: the user's name does not fit the host.
    WrongPoolerUser,
    /// Supabase's direct host has IPv6 addresses only, and this machine has none.
    NoIpv6,
    /// Supabase: the project is paused, or the pooler knows none of this name.
    Paused,
    /// This machine has no way there.
    NoNetwork,
    /// Nobody answers there.
    Unreachable,
    /// It took too long.
    TimedOut,
    /// The server speaks no TLS.
    NoTls,
    /// The certificate is not one that is trusted.
    Untrusted,
    /// User or password are wrong.
    Denied,
    NoDatabase,
    TooManyConnections,
    ReadOnly,
    /// `shipgate store migrate` has not been run.
    NotMigrated,
    /// The user may not do that, or sees no rows.
    Forbidden,
    /// The connection broke; what was begun is undone by the server.
    Lost,
    /// Another writer holds the store.
    Locked,
    /// A rule of the tables was broken.
    Constraint,
    Other,
}

/// Why a database could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    /// `host:port/database`.
    pub place: String,
    pub detail: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, place, detail } = self;
        match kind {
            FailureKind::Malformed => write!(formatter, "{place} cannot be used: {detail}"),
            FailureKind::WrongPoolerUser => write!(formatter, "cannot log in to `{place}`: {detail}"),
            FailureKind::NoIpv6 | FailureKind::NoNetwork => write!(formatter, "cannot reach `{place}`: {detail}"),
            FailureKind::Paused => write!(formatter, "there is no running project at `{place}`: {detail}"),
            FailureKind::Unreachable => write!(formatter, "cannot reach the database `{place}`: {detail}"),
            FailureKind::TimedOut => write!(formatter, "the database `{place}` did not answer in time: {detail}"),
            FailureKind::NoTls => write!(formatter, "the database `{place}` speaks no TLS: {detail}"),
            FailureKind::Untrusted => write!(formatter, "the certificate of `{place}` is not trusted: {detail}"),
            FailureKind::Denied => write!(formatter, "the database `{place}` refuses user or password: {detail}"),
            FailureKind::NoDatabase => write!(formatter, "`{place}` does not exist: {detail}"),
            FailureKind::TooManyConnections => write!(formatter, "`{place}` has no connection left: {detail}"),
            FailureKind::ReadOnly => write!(formatter, "the database `{place}` can only be read: {detail}"),
            FailureKind::NotMigrated => write!(formatter, "the database `{place}` has no tables for records: {detail}"),
            FailureKind::Forbidden => write!(formatter, "the user may not do that in `{place}`: {detail}"),
            FailureKind::Lost => write!(
                formatter,
                "the connection to `{place}` broke: {detail}; what was being written is not recorded, everything \
                 recorded before is unchanged"
            ),
            FailureKind::Locked => write!(formatter, "`{place}` is locked by another writer: {detail}"),
            FailureKind::Constraint => write!(formatter, "`{place}` refuses a record: {detail}"),
            FailureKind::Other => write!(formatter, "the database `{place}` failed: {detail}"),
        }
    }
}

impl std::error::Error for Failure {}

impl Failure {
    /// A failure that the driver has no part in.
    pub fn new(kind: FailureKind, place: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { kind, place: place.into(), detail: detail.into() }
    }

    /// What the driver said, told apart.
    pub(crate) fn of(address: &Address, error: &sqlx::Error) -> Self {
        let (kind, detail) = match error {
            sqlx::Error::Database(said) => {
                let code = said.code().unwrap_or_default().into_owned();
                let text = said.message().to_owned();
                (by_code(&code, &text), if code.is_empty() { text } else { format!("{text} (SQLSTATE {code})") })
            }
            sqlx::Error::Io(error) => (by_io(error), error.to_string()),
            sqlx::Error::Tls(error) => {
                let text = error.to_string();
                let kind =
                    if text.contains("does not support TLS") { FailureKind::NoTls } else { FailureKind::Untrusted };
                (kind, text)
            }
            sqlx::Error::Protocol(text) => (FailureKind::Lost, text.clone()),
            other => (FailureKind::Other, other.to_string()),
        };
        Self::new(kind, address.to_string(), detail)
    }

    /// Whether doing it again may help at once.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.kind, FailureKind::Lost | FailureKind::TooManyConnections)
    }

    /// What to do about it: a lowercase sentence.
    #[must_use]
    pub fn help(&self) -> String {
        match self.kind {
            FailureKind::Malformed => {
                "write it as `postgres://user:password@host:5432/database`, special characters of the password \
                 percent-encoded (`@` is `%40`)"
            }
            FailureKind::WrongPoolerUser => {
                "copy the string from Supabase's dashboard (Connect): the pooler has the user `postgres.<project>`, the \
                 direct host `postgres`"
            }
            FailureKind::NoIpv6 => {
                "use the session pooler of Supabase's dashboard (Connect → Session pooler, \
                 `….pooler.supabase.com:5432`): GitHub's runners have no IPv6"
            }
            FailureKind::Paused => {
                "restore the project in Supabase's dashboard if it is paused; else copy the connection string from there \
                 again: its project or its region is not this one"
            }
            FailureKind::NoNetwork => "see whether this machine has a network",
            FailureKind::Unreachable | FailureKind::TimedOut => {
                "check host and port, and what lies between; a paused Supabase project has to be restored in its dashboard"
            }
            FailureKind::NoTls => {
                "turn TLS on at the server; for one on this machine only, add `?sslmode=disable` to the string"
            }
            FailureKind::Untrusted => {
                "name the server's root certificate: `ca-file` beside the connection string; Supabase's is in the dashboard \
                 under Database → Settings → SSL"
            }
            FailureKind::Denied => "check user and password; special characters have to be percent-encoded (`@` is `%40`)",
            FailureKind::NoDatabase => "check the name behind the last `/` of the connection string",
            FailureKind::TooManyConnections => "run again later, or use a pooler",
            FailureKind::ReadOnly => "connect to the primary server, not to a replica",
            FailureKind::NotMigrated => "make them: `shipgate store migrate`",
            FailureKind::Forbidden => "connect as the user that ran `shipgate store migrate`",
            FailureKind::Lost => "run again; recording a run a second time changes nothing",
            FailureKind::Locked => "let the other run of shipgate end and run again",
            FailureKind::Constraint => "this is a mistake in shipgate or in a record edited by hand; the message names the rule",
            FailureKind::Other => "look at the message and at the server's log",
        }
        .to_owned()
    }
}

fn by_code(code: &str, text: &str) -> FailureKind {
    let text = text.to_ascii_lowercase();
    let is_full = ["max client", "too many clients", "no more connections", "emaxconn", "remaining connection slots"];
    match code {
        _ if is_full.iter().any(|words| text.contains(words)) => FailureKind::TooManyConnections,
        // What Supabase's pooler says of a project that is paused, or of another region.
        _ if text.contains("tenant or user not found") || text.contains("tenant/user") => FailureKind::Paused,
        "28P01" | "28000" => FailureKind::Denied,
        _ if text.contains("password authentication failed") || text.contains("sasl authentication failed") => {
            FailureKind::Denied
        }
        "3D000" => FailureKind::NoDatabase,
        "53300" => FailureKind::TooManyConnections,
        "25006" => FailureKind::ReadOnly,
        "42P01" | "3F000" | "42703" => FailureKind::NotMigrated,
        "42501" => FailureKind::Forbidden,
        "55P03" => FailureKind::Locked,
        "57014" => FailureKind::TimedOut,
        _ if code.starts_with("23") => FailureKind::Constraint,
        // The server ended the connection, or an admin or a pooler did.
        _ if code.starts_with("57P") || code.starts_with("08") || code == "25P03" => FailureKind::Lost,
        _ => FailureKind::Other,
    }
}

fn by_io(error: &io::Error) -> FailureKind {
    match error.kind() {
        io::ErrorKind::TimedOut => FailureKind::TimedOut,
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => FailureKind::Lost,
        io::ErrorKind::InvalidData => FailureKind::Untrusted,
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => FailureKind::NoNetwork,
        _ => FailureKind::Unreachable,
    }
}
