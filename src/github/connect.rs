//! The way to GitHub: TLS with Mozilla's and the machine's own certificates (an Enterprise Server often
//! has one of its company), through the proxy that the environment names.
//!
//! octocrab's own connector knows no proxy and no certificates of the machine, so it is given this one.

use super::failure::describe;
use super::{Address, Error, Patience};
use http::header::{ACCEPT, HeaderName, HeaderValue, USER_AGENT};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{Connect, HttpConnector, proxy::Tunnel};
use hyper_util::rt::TokioExecutor;
use octocrab::service::middleware::{
    auth_header::AuthHeaderLayer, base_uri::BaseUriLayer, extra_headers::ExtraHeadersLayer,
};
use octocrab::{AuthState, Octocrab, OctocrabBuilder};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::sync::Arc;
use tower_http::follow_redirect::FollowRedirectLayer;

/// The API version that this program was written against.
const API_VERSION: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-github-api-version"), HeaderValue::from_static("2022-11-28"));

/// An octocrab that speaks to this address with this header; nothing is sent yet.
pub(super) fn connect(address: &Address, authorization: HeaderValue, patience: Patience) -> Result<Octocrab, Error> {
    let unusable = |problem: String| Error::Environment {
        variable: "GITHUB_API_URL",
        problem: format!("cannot be used: {problem}"),
    };
    let origin: http::Uri =
        address.origin().parse().map_err(|error: http::uri::InvalidUri| unusable(describe(&error)))?;
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(patience.request));
    Ok(match address.proxies().matcher().intercept(&origin) {
        None => assemble(secure(tcp)?, origin, authorization),
        Some(proxy) => {
            let mut tunnel = Tunnel::new(proxy.uri().clone(), secure(tcp)?);
            if let Some(password) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(password.clone());
            }
            assemble(secure(tunnel)?, origin, authorization)
        }
    })
}

fn secure<C>(inner: C) -> Result<HttpsConnector<C>, Error> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    // Those that cannot be read are none of ours to judge; Mozilla's are there.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Tls { problem: describe(&error) })?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(inner))
}

fn assemble<C: Connect + Clone + Send + Sync + 'static>(
    connector: C,
    origin: http::Uri,
    authorization: HeaderValue,
) -> Octocrab {
    let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(connector);
    let headers = vec![
        (USER_AGENT, HeaderValue::from_static(concat!("shipgate/", env!("CARGO_PKG_VERSION")))),
        (ACCEPT, HeaderValue::from_static("application/vnd.github+json")),
        API_VERSION,
    ];
    let built = OctocrabBuilder::new_empty()
        .with_service(client)
        .with_layer(&FollowRedirectLayer::new())
        .with_layer(&ExtraHeadersLayer::new(Arc::new(headers)))
        .with_layer(&BaseUriLayer::new(origin.clone()))
        .with_layer(&AuthHeaderLayer::new(Some(authorization), origin.clone(), origin))
        .with_auth(AuthState::None)
        .build();
    match built {
        Ok(octocrab) => octocrab,
        Err(never) => match never {},
    }
}

/// The header that proves who we are.
pub(super) fn authorization(token: &str) -> Option<HeaderValue> {
    let is_sendable = token.bytes().all(|byte| byte.is_ascii_graphic());
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).ok().filter(|_| is_sendable)?;
    value.set_sensitive(true);
    Some(value)
}
