//! One request and its answer over an open connection, redirects followed as they are allowed.
//!
//! HTTP itself is hyper's (RFC 9110, 9112, 9113). A body is read up to a cap, unpacked up to the same.

use super::dial::{Dialled, Dialler, Place, Protocol, in_plain_words};
use super::phase::{Phase, Stopwatch};
use super::problem::Problem;
use super::{Redirects, Request};
use crate::record::HttpMethod;
use brotlic::DecompressorReader;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, LOCATION,
    PROXY_AUTHORIZATION, USER_AGENT,
};
use hyper::{Method, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::io::Read as _;
use std::pin::Pin;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use url::Url;

/// What HTTP is spoken over.
pub(super) trait AnyStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> AnyStream for S {}

const AGENT: &str = concat!("shipgate/", env!("CARGO_PKG_VERSION"));
const CODINGS: &str = "gzip, deflate, br";

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// What a request becomes on the way through redirects.
struct Hop {
    url: Url,
    method: Method,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

/// Sends a request and follows where it leads.
pub(super) async fn exchange(
    dialler: &Dialler,
    request: &Request,
    redirects: Redirects,
    max_size: u64,
    watch: &mut Stopwatch,
) -> Result<Answer, Problem> {
    let mut hop = Hop {
        url: request.url.clone(),
        method: method(request.method),
        headers: request.headers.clone(),
        body: Bytes::from(request.body.clone().unwrap_or_default()),
    };
    let mut hops = 0;
    loop {
        let answer = one(dialler, &hop, max_size, watch).await?;
        let is_redirect = matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308);
        let Redirects::Follow(most) = redirects else { return Ok(answer) };
        let (true, Some(location)) = (is_redirect, answer.headers.get(LOCATION)) else { return Ok(answer) };
        if hops == most {
            return Err(Problem::failed(
                format!("it leads through more than {most} redirects"),
                "see whether they go in a circle; `redirects` of the endpoint says how many are followed",
            ));
        }
        hops += 1;
        hop = follow(hop, answer.status, location)?;
    }
}

fn follow(hop: Hop, status: StatusCode, location: &HeaderValue) -> Result<Hop, Problem> {
    let target = location.to_str().ok().and_then(|location| hop.url.join(location).ok());
    let target = target.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(url) = target else {
        return Err(Problem::failed("it redirects to something that is no web address", "see the `Location` it sends"));
    };
    if hop.url.scheme() == "https" && url.scheme() == "http" {
        return Err(Problem::failed(
            format!("it redirects from https to `http://{}`", url.host_str().unwrap_or_default()),
            "redirect to https, or set `redirects: 0` and expect the redirect itself",
        ));
    }
    let from = hop.url.origin();
    let mut next = Hop { url, ..hop };
    if next.url.origin() != from {
        // Whatever proves who we are is for the first host alone (RFC 9110, 15.4).
        next.headers.retain(|(name, _)| [ACCEPT, USER_AGENT].contains(name));
    }
    let becomes_get =
        status == StatusCode::SEE_OTHER || matches!(status.as_u16(), 301 | 302) && next.method == Method::POST;
    if becomes_get {
        next.method = Method::GET;
        next.body = Bytes::new();
        next.headers.retain(|(name, _)| !name.as_str().starts_with("content-"));
    }
    Ok(next)
}

async fn one(dialler: &Dialler, hop: &Hop, max_size: u64, watch: &mut Stopwatch) -> Result<Answer, Problem> {
    let no_host = || Problem::failed("the address has no host", "correct `api.base-url`");
    let place = Place::of(&hop.url).ok_or_else(no_host)?;
    let dialled = dialler.dial(&hop.url, &place, watch).await?;
    watch.enter(Phase::FirstByte);
    let limit = dialler.timeouts.first_byte;
    let late = || Problem::timed_out(Phase::FirstByte, limit, &place);
    let request = request(&dialled, hop);
    let io = TokioIo::new(dialled.stream);
    let reading = Reading { limit, max_size, place: &place };
    let (head, body) = match dialled.protocol {
        Protocol::Http1 => {
            let (mut sender, connection) = http1::handshake(io).await.map_err(|error| unsaid(&place, &error))?;
            beside(Box::pin(connection), reading.read(sender.send_request(request), watch)).await?
        }
        Protocol::Http2 => {
            let begun = timeout(limit, http2::handshake(TokioExecutor::new(), io)).await.map_err(|_| late())?;
            let (mut sender, connection) = begun.map_err(|error| unsaid(&place, &error))?;
            beside(Box::pin(connection), reading.read(sender.send_request(request), watch)).await?
        }
    };
    let body = unpack(&head.headers, body, max_size)?;
    Ok(Answer { status: head.status, headers: head.headers, body })
}

/// Does the work while the connection is kept going. Both are one task: a second one would be woken for every
/// message between them.
async fn beside<W: Future>(mut connection: Connection, work: W) -> W::Output {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        biased;
        done = &mut work => return done,
        _ = &mut connection => {}
    }
    work.await
}

/// What has to be asked again and again for a connection to go on.
type Connection = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// No answer came, and why.
fn unsaid(place: &Place, error: &hyper::Error) -> Problem {
    let why = in_plain_words(error);
    if error.is_parse() {
        let message = format!("`{place}` answered with something that is no HTTP: {why}");
        Problem::failed(message, "see what listens there")
    } else {
        Problem::broken(place, Phase::FirstByte, &why)
    }
}

/// How an answer is read.
#[derive(Clone, Copy)]
struct Reading<'a> {
    /// Of its beginning.
    limit: Duration,
    max_size: u64,
    place: &'a Place,
}

impl Reading<'_> {
    async fn read(
        self,
        answer: impl Future<Output = hyper::Result<hyper::Response<Incoming>>>,
        watch: &mut Stopwatch,
    ) -> Result<(http::response::Parts, Vec<u8>), Problem> {
        let answer = match timeout(self.limit, answer).await {
            Ok(answer) => answer.map_err(|error| unsaid(self.place, &error))?,
            Err(_) => return Err(Problem::timed_out(Phase::FirstByte, self.limit, self.place)),
        };
        watch.enter(Phase::Body);
        let (head, body) = answer.into_parts();
        Ok((head, read_body(body, self.max_size, self.place).await?))
    }
}

fn request(dialled: &Dialled, hop: &Hop) -> hyper::Request<Full<Bytes>> {
    let is_whole = dialled.forward.is_some() || dialled.protocol == Protocol::Http2;
    let mut request = hyper::Request::new(Full::new(hop.body.clone()));
    *request.method_mut() = hop.method.clone();
    let target = if is_whole { without_user(&hop.url) } else { origin_form(&hop.url) };
    // A URL without user and fragment is a URI; the form was checked by its own parser.
    *request.uri_mut() = target.parse().unwrap_or_default();
    let headers = request.headers_mut();
    if dialled.protocol == Protocol::Http1 {
        headers.extend(HeaderValue::from_str(&authority(&hop.url)).ok().map(|host| (HOST, host)));
    }
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(CODINGS));
    if hop.body.is_empty() && matches!(hop.method, Method::POST | Method::PUT | Method::PATCH) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let mut named: Vec<&HeaderName> = Vec::new();
    for (name, value) in &hop.headers {
        // The first of a name takes the place of ours, the others stand beside it.
        if named.contains(&name) {
            headers.append(name, value.clone());
        } else {
            headers.insert(name, value.clone());
            named.push(name);
        }
    }
    if let Some(credentials) = dialled.forward.as_ref().and_then(|proxy| proxy.basic_auth()) {
        headers.insert(PROXY_AUTHORIZATION, credentials.clone());
    }
    request
}

fn origin_form(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

fn without_user(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), authority(url), origin_form(url))
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn method(method: HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Delete => Method::DELETE,
    }
}

async fn read_body(mut body: Incoming, max_size: u64, place: &Place) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Problem::broken(place, Phase::Body, &in_plain_words(&error)))?;
        if let Ok(data) = frame.into_data() {
            bytes.extend_from_slice(&data);
        }
        if bytes.len() as u64 > max_size {
            return Err(too_large(max_size));
        }
    }
    Ok(bytes)
}

fn too_large(max_size: u64) -> Problem {
    Problem::failed(
        format!("its answer is larger than {max_size} bytes"),
        "raise `api.max-size`, or check an endpoint with a smaller answer",
    )
}

/// Takes the codings off in the opposite order (RFC 9110, 8.4).
fn unpack(headers: &HeaderMap, mut body: Vec<u8>, max_size: u64) -> Result<Vec<u8>, Problem> {
    let codings = headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>();
    let codings = codings.join(",").to_ascii_lowercase();
    for coding in codings.rsplit(',').map(str::trim).filter(|coding| !coding.is_empty()) {
        if body.is_empty() {
            break;
        }
        let mut unpacked = Vec::new();
        let most = max_size + 1;
        let read = match coding {
            "identity" => continue,
            "gzip" | "x-gzip" => MultiGzDecoder::new(&body[..]).take(most).read_to_end(&mut unpacked),
            // Some servers send deflate without the zlib that the standard wants around it.
            "deflate" if body[0] & 0x0f == 8 => ZlibDecoder::new(&body[..]).take(most).read_to_end(&mut unpacked),
            "deflate" => DeflateDecoder::new(&body[..]).take(most).read_to_end(&mut unpacked),
            "br" => DecompressorReader::new(&body[..]).take(most).read_to_end(&mut unpacked),
            other => return Err(unpackable(other, "which nobody asked for")),
        };
        if let Err(error) = read {
            return Err(unpackable(coding, &format!("and cannot be unpacked: {error}")));
        }
        if unpacked.len() as u64 > max_size {
            return Err(too_large(max_size));
        }
        body = unpacked;
    }
    Ok(body)
}

fn unpackable(coding: &str, why: &str) -> Problem {
    let coding: String = coding.chars().filter(char::is_ascii_graphic).take(20).collect();
    let help = "see what compresses the answers, the server or a proxy before it";
    Problem::failed(format!("its answer is packed with `{coding}`, {why}"), help)
}
