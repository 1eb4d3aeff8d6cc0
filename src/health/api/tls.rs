//! Whom to trust and who we are: the settings of TLS.
//!
//! The authorities of Mozilla and those that are named; never nobody. A server that is not trusted is
//! not healthy, so there is no switch to look away.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Files with certificates and keys, in PEM.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// Authorities besides Mozilla's.
    pub authorities: Option<PathBuf>,
    /// The client's own certificate and its key.
    pub own: Option<(PathBuf, PathBuf)>,
}

/// Why TLS cannot be set up as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("`{path}` cannot be read as PEM: {why}")]
    Pem { path: PathBuf, why: String },
    #[error("`{path}` holds no certificate")]
    Empty { path: PathBuf },
    #[error("the certificate `{path}` cannot be used: {source}")]
    Unfit { path: PathBuf, source: rustls::Error },
    #[error("TLS cannot be set up: {0}")]
    Setup(#[from] rustls::Error),
}

impl TlsError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Pem { path, .. } | Self::Empty { path } => {
                format!(
                    "give a PEM file (`-----BEGIN CERTIFICATE-----` …) that can be read instead of `{}`",
                    path.display()
                )
            }
            Self::Unfit { .. } | Self::Setup(_) => {
                "see that `api.tls.certificate` and `api.tls.key` belong together".to_owned()
            }
        }
    }
}

/// Connectors of every kind that is needed, made once.
#[derive(Clone)]
pub(super) struct Tls {
    /// HTTP/2 where the server has it, else HTTP/1.1.
    pub(super) any: TlsConnector,
    pub(super) http1: TlsConnector,
    pub(super) http2: TlsConnector,
}

impl Tls {
    pub(super) fn new(identity: &Identity) -> Result<Self, TlsError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(path) = &identity.authorities {
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(|source| TlsError::Unfit { path: path.clone(), source })?;
            }
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots);
        let config = match &identity.own {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain = certificates(certificate)?;
                let key = PrivateKeyDer::from_pem_file(key).map_err(|error| pem(key, &error))?;
                let unfit = |source| TlsError::Unfit { path: certificate.clone(), source };
                builder.with_client_auth_cert(chain, key).map_err(unfit)?
            }
        };
        let with = |protocols: &[&[u8]]| {
            let mut config = config.clone();
            config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
            TlsConnector::from(Arc::new(config))
        };
        Ok(Self { any: with(&[b"h2", b"http/1.1"]), http1: with(&[b"http/1.1"]), http2: with(&[b"h2"]) })
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Tls").finish_non_exhaustive()
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found = CertificateDer::pem_file_iter(path).map_err(|error| pem(path, &error))?;
    let all: Vec<_> = found.collect::<Result<_, _>>().map_err(|error| pem(path, &error))?;
    if all.is_empty() { Err(TlsError::Empty { path: path.to_owned() }) } else { Ok(all) }
}

fn pem(path: &Path, error: &rustls::pki_types::pem::Error) -> TlsError {
    TlsError::Pem { path: path.to_owned(), why: error.to_string() }
}
