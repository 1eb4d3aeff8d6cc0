//! From a URL to an open connection: name, address, proxy, TLS; each with its own time-out and its own blame.
//!
//! Addresses are tried as RFC 8305 (Happy Eyeballs) says, with a fixed delay. Every check opens a
//! connection of its own: one that is kept would hide what a first visitor meets.

use super::exchange::AnyStream;
use super::phase::{Phase, Stopwatch};
use super::problem::{Problem, Repeat, plain};
use super::tls::Tls;
use super::{HttpVersion, Timeouts};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, PROXY_AUTHORIZATION};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Host, Url};

/// After so long the next address is tried as well (RFC 8305, 5).
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// A host and a port, as messages name them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) port: u16,
}

impl Place {
    pub(super) fn of(url: &Url) -> Option<Self> {
        let host = match url.host()? {
            Host::Ipv6(address) => address.to_string(),
            other => other.to_string(),
        };
        Some(Self { host, port: url.port_or_known_default()? })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(formatter, "[{}]:{}", self.host, self.port)
        } else {
            write!(formatter, "{}:{}", self.host, self.port)
        }
    }
}

/// An open connection.
pub(super) struct Dialled {
    pub(super) stream: Box<dyn AnyStream>,
    pub(super) protocol: Protocol,
    /// A proxy that takes whole addresses; with the credentials it wants.
    pub(super) forward: Option<Intercept>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// Opens connections.
#[derive(Debug)]
pub(super) struct Dialler {
    pub(super) tls: Tls,
    /// Where the environment names one.
    pub(super) proxies: Option<Matcher>,
    pub(super) timeouts: Timeouts,
    pub(super) version: HttpVersion,
}

impl Dialler {
    /// `place` is that of the address.
    pub(super) async fn dial(&self, url: &Url, place: &Place, watch: &mut Stopwatch) -> Result<Dialled, Problem> {
        let is_tls = url.scheme() == "https";
        let between = |proxies: &Matcher| proxies.intercept(&url.as_str().parse::<Uri>().ok()?);
        let proxy = self.proxies.as_ref().and_then(between);
        let mut forward = None;
        let mut stream: Box<dyn AnyStream> = match proxy {
            None => Box::new(self.connect(place, watch).await?),
            Some(proxy) => {
                let stream = self.connect_to_proxy(&proxy, watch).await?;
                if is_tls {
                    self.tunnel(stream, &proxy, place, watch).await?
                } else {
                    forward = Some(proxy);
                    Box::new(stream)
                }
            }
        };
        let mut protocol = if self.version == HttpVersion::Two { Protocol::Http2 } else { Protocol::Http1 };
        if is_tls {
            (stream, protocol) = self.secure(stream, place, watch).await?;
        }
        Ok(Dialled { stream, protocol, forward })
    }

    async fn connect(&self, place: &Place, watch: &mut Stopwatch) -> Result<TcpStream, Problem> {
        let addresses = self.look_up(place, watch).await?;
        watch.enter(Phase::Connect);
        let limit = self.timeouts.connect;
        let connected = timeout(limit, race(addresses)).await;
        watch.leave();
        match connected {
            Err(_) => Err(Problem::timed_out(Phase::Connect, limit, place)),
            Ok(Err(error)) => Err(Problem::connect(place, &error)),
            Ok(Ok(stream)) => {
                // Small requests are not to wait for an acknowledgement; where it cannot be set they wait.
                let _as_it_is = stream.set_nodelay(true);
                Ok(stream)
            }
        }
    }

    async fn look_up(&self, place: &Place, watch: &mut Stopwatch) -> Result<Vec<SocketAddr>, Problem> {
        if let Ok(address) = place.host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, place.port)]);
        }
        watch.enter(Phase::Dns);
        let limit = self.timeouts.dns;
        let found = timeout(limit, tokio::net::lookup_host((place.host.as_str(), place.port))).await;
        watch.leave();
        let help = "see whether this machine has a network";
        match found {
            Err(_) => {
                let message = format!("looking up `{}` took longer than {} ms", place.host, limit.as_millis());
                Err(Problem::unknown(message, help).repeatable(Repeat::Always))
            }
            Ok(Err(error)) => Err(Problem::lookup(&place.host, &error)),
            Ok(Ok(addresses)) => Ok(alternating(addresses.collect())),
        }
    }

    /// What keeps us from our own proxy says nothing about the endpoint.
    async fn connect_to_proxy(&self, proxy: &Intercept, watch: &mut Stopwatch) -> Result<TcpStream, Problem> {
        let uri = proxy.uri();
        let help = "see the variables `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`";
        if uri.scheme_str() != Some("http") {
            let scheme = uri.scheme_str().unwrap_or_default();
            return Err(Problem::unknown(
                format!("proxies that speak `{scheme}` are not known here, only `http`"),
                help,
            ));
        }
        let port = uri.port_u16().unwrap_or(80);
        let place = Place { host: uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned(), port };
        self.connect(&place, watch).await.map_err(|problem| {
            let message = format!("the proxy of this machine does not work: {}", problem.message);
            Problem::unknown(message, help).repeatable(Repeat::Always)
        })
    }

    /// A way through the proxy (RFC 9110, 9.3.6).
    async fn tunnel(
        &self,
        stream: TcpStream,
        proxy: &Intercept,
        place: &Place,
        watch: &mut Stopwatch,
    ) -> Result<Box<dyn AnyStream>, Problem> {
        watch.enter(Phase::Connect);
        let limit = self.timeouts.connect;
        let opened = timeout(limit, open_tunnel(stream, proxy, place)).await;
        watch.leave();
        let help = "see the log of the proxy, and the variables `HTTPS_PROXY` and `NO_PROXY`";
        match opened {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(why)) => Err(Problem::unknown(format!("the proxy opened no way to `{place}`: {why}"), help)),
            Err(_) => {
                let limit = limit.as_millis();
                let message = format!("the proxy opened no way to `{place}` within {limit} ms");
                Err(Problem::unknown(message, help).repeatable(Repeat::Always))
            }
        }
    }

    async fn secure(
        &self,
        stream: Box<dyn AnyStream>,
        place: &Place,
        watch: &mut Stopwatch,
    ) -> Result<(Box<dyn AnyStream>, Protocol), Problem> {
        let connector = match self.version {
            HttpVersion::Any => &self.tls.any,
            HttpVersion::One => &self.tls.http1,
            HttpVersion::Two => &self.tls.http2,
        };
        let name = ServerName::try_from(place.host.clone()).map_err(|_| {
            let message = format!("`{}` is no name that a certificate can have", place.host);
            Problem::failed(message, "correct `api.base-url`")
        })?;
        watch.enter(Phase::Tls);
        let limit = self.timeouts.tls;
        let shaken = timeout(limit, connector.connect(name, stream)).await;
        watch.leave();
        let stream = match shaken {
            Err(_) => return Err(Problem::timed_out(Phase::Tls, limit, place)),
            Ok(Err(error)) => return Err(Problem::tls(place, &place.host, &error)),
            Ok(Ok(stream)) => stream,
        };
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        if self.version == HttpVersion::Two && !is_http2 {
            let message = format!("`{place}` does not speak HTTP/2");
            return Err(Problem::failed(message, "let the server offer `h2`, or remove `http: 2` from `api`"));
        }
        Ok((Box::new(stream), if is_http2 { Protocol::Http2 } else { Protocol::Http1 }))
    }
}

async fn open_tunnel(stream: TcpStream, proxy: &Intercept, place: &Place) -> Result<Box<dyn AnyStream>, String> {
    let in_words = |error: hyper::Error| error.to_string();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(in_words)?;
    let driver = tokio::spawn(connection.with_upgrades());
    let mut request = Request::builder().method(Method::CONNECT).uri(place.to_string()).header(HOST, place.to_string());
    if let Some(credentials) = proxy.basic_auth() {
        request = request.header(PROXY_AUTHORIZATION, credentials);
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|error| error.to_string())?;
    let response = sender.send_request(request).await.map_err(in_words)?;
    if response.status() != StatusCode::OK {
        driver.abort();
        return Err(format!("it answered with {}", response.status()));
    }
    let upgraded = hyper::upgrade::on(response).await.map_err(in_words)?;
    Ok(Box::new(TokioIo::new(upgraded)))
}

/// IPv6 and IPv4 in turn, in the order of the system.
fn alternating(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let starts_with_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == starts_with_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut all = Vec::new();
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None, None] {
            return all;
        }
        all.extend(pair.into_iter().flatten());
    }
}

/// The first connection that stands; else the error that says most.
async fn race(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    if let [only] = addresses[..] {
        return TcpStream::connect(only).await;
    }
    let mut waiting = addresses.into_iter();
    let mut tries = JoinSet::new();
    let mut worst: Option<io::Error> = None;
    loop {
        let next = waiting.next();
        let is_last = next.is_none();
        if let Some(address) = next {
            tries.spawn(TcpStream::connect(address));
        }
        let ended = if is_last {
            tries.join_next().await
        } else {
            match timeout(NEXT_ADDRESS, tries.join_next()).await {
                Ok(ended) => ended,
                Err(_) => continue,
            }
        };
        match ended {
            Some(Ok(Ok(stream))) => return Ok(stream),
            Some(Ok(Err(error))) => {
                // An address family that this machine has not says nothing about the host.
                let says_more = |other: &io::Error| other.kind() == io::ErrorKind::NetworkUnreachable;
                if worst.as_ref().is_none_or(says_more) {
                    worst = Some(error);
                }
            }
            None if is_last => {
                return Err(worst.unwrap_or_else(|| io::Error::other("it has no address")));
            }
            // A try that ended without a word, or all that were begun have ended and another follows.
            Some(Err(_)) | None => {}
        }
    }
}

/// What went wrong in hyper, as plainly as it can be said.
pub(super) fn in_plain_words(error: &hyper::Error) -> String {
    let mut source: &dyn std::error::Error = error;
    while let Some(inner) = source.source() {
        source = inner;
    }
    match source.downcast_ref::<io::Error>() {
        Some(error) => plain(error),
        None => source.to_string(),
    }
}
