//! Why a check did not go well, in words that hold no secret: no query, no user name, no body.

use super::phase::Phase;
use crate::record::HealthStatus;
use std::fmt;
use std::io;
use std::time::Duration;
use tokio_rustls::rustls::{self, AlertDescription, CertificateError};

/// Whether another try can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// No request was sent yet.
    Always,
    /// It may have been carried out.
    IfHarmless,
    Useless,
}

/// An expectation that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    pub assertion: String,
    pub expected: String,
    pub actual: String,
}

/// What went wrong, and what that says about the endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub finding: HealthStatus,
    pub message: String,
    /// The expectation that did not hold.
    pub unmet: Option<Box<Unmet>>,
    pub help: Option<String>,
    pub(super) repeat: Repeat,
}

impl Problem {
    pub(super) fn failed(message: impl Into<String>, help: &str) -> Self {
        Self {
            finding: HealthStatus::Failed,
            message: message.into(),
            unmet: None,
            help: Some(help.to_owned()),
            repeat: Repeat::Useless,
        }
    }

    pub(super) fn unknown(message: impl Into<String>, help: &str) -> Self {
        Self { finding: HealthStatus::Unknown, ..Self::failed(message, help) }
    }

    pub(super) fn repeatable(self, repeat: Repeat) -> Self {
        Self { repeat, ..self }
    }

    /// An expectation that does not hold.
    pub(super) fn unmet(finding: HealthStatus, assertion: String, expected: String, actual: String) -> Self {
        Self {
            finding,
            message: format!("{assertion}: expected {expected}, got {actual}"),
            unmet: Some(Box::new(Unmet { assertion, expected, actual })),
            help: None,
            repeat: Repeat::Useless,
        }
    }

    pub(super) fn timed_out(phase: Phase, limit: Duration, place: &dyn fmt::Display) -> Self {
        let repeat = if phase < Phase::FirstByte { Repeat::Always } else { Repeat::IfHarmless };
        let limit = limit.as_millis();
        Self::failed(
            format!("{} `{place}` took longer than {limit} ms", phase.doing()),
            "see whether it is overloaded; the limit is `api.timeouts` or the endpoint's `failed-after`",
        )
        .repeatable(repeat)
    }

    pub(super) fn lookup(host: &str, error: &io::Error) -> Self {
        let text = error.to_string();
        // The system tells the two apart by number, the standard library by words alone.
        let is_ours = ["Temporary failure", "Try again", "try again", "timed out"].iter().any(|it| text.contains(it));
        if is_ours {
            Self::unknown(
                format!("the name `{host}` could not be looked up: no name server answered"),
                "see whether this machine has a network",
            )
            .repeatable(Repeat::Always)
        } else {
            Self::failed(format!("there is no host named `{host}`"), "correct `api.base-url`, or the name's DNS record")
        }
    }

    pub(super) fn connect(place: &dyn fmt::Display, error: &io::Error) -> Self {
        use io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkDown, NetworkUnreachable};
        let problem = match error.kind() {
            ConnectionRefused => Self::failed(
                format!("`{place}` refused the connection: nothing listens there"),
                "start it, or correct the port in `api.base-url`",
            ),
            NetworkUnreachable | NetworkDown | AddrNotAvailable => Self::unknown(
                format!("`{place}` cannot be reached from here: {}", plain(error)),
                "see whether this machine has a network, and an IPv6 one where the host has only such addresses",
            ),
            HostUnreachable => Self::failed(
                format!("`{place}` cannot be reached: {}", plain(error)),
                "see whether the host is up and the network between lets the connection through",
            ),
            _ if is_shortage(error) => Self::unknown(
                format!("no connection to `{place}` could be opened: {}", plain(error)),
                "lower `api.concurrency`, or raise the limit of open files (`ulimit -n`)",
            ),
            _ => Self::failed(
                format!("`{place}` could not be connected to: {}", plain(error)),
                "see whether the host is up and the network between lets the connection through",
            ),
        };
        problem.repeatable(Repeat::Always)
    }

    pub(super) fn broken(place: &dyn fmt::Display, phase: Phase, why: &str) -> Self {
        Self::failed(
            format!("the connection to `{place}` broke {}: {why}", phase.during()),
            "see the log of the server, or of the proxy before it",
        )
        .repeatable(if phase < Phase::FirstByte { Repeat::Always } else { Repeat::IfHarmless })
    }

    pub(super) fn tls(place: &dyn fmt::Display, host: &str, error: &io::Error) -> Self {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        let Some(inner) = inner else {
            return Self::broken(place, Phase::Tls, &plain(error));
        };
        let (what, help) = match inner {
            rustls::Error::InvalidCertificate(certificate) => match certificate {
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    ("its certificate has expired".to_owned(), "renew the certificate")
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    ("its certificate is not valid yet".to_owned(), "see the clocks of both machines")
                }
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
                    format!("its certificate is not for `{host}`"),
                    "serve the certificate of this name, or correct `api.base-url`",
                ),
                CertificateError::UnknownIssuer => (
                    "its certificate comes from an unknown authority".to_owned(),
                    "name the authority's certificate: `api: { tls: { ca: certs/ca.pem } }`",
                ),
                other => (format!("its certificate is not accepted: {other}"), "replace the certificate"),
            },
            rustls::Error::AlertReceived(
                AlertDescription::CertificateRequired
                | AlertDescription::BadCertificate
                | AlertDescription::HandshakeFailure,
            ) => (
                format!("the server ended the handshake: {inner}"),
                "where it wants a client certificate: `api: { tls: { certificate: …, key: … } }`",
            ),
            other => (other.to_string(), "see which versions of TLS the server offers; 1.2 and 1.3 are spoken here"),
        };
        Self::failed(format!("no TLS with `{place}`: {what}"), help)
    }
}

/// An error of the system without its number.
pub(super) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_lowercase()
}

/// Whether this machine ran out of something.
fn is_shortage(error: &io::Error) -> bool {
    // EMFILE and ENFILE have no kind of their own.
    matches!(error.raw_os_error(), Some(23 | 24)) || error.kind() == io::ErrorKind::OutOfMemory
}
