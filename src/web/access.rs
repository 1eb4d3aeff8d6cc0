//! Who may ask: tokens whose hashes the configuration holds, so many requests a minute, and without tokens only
//! who names this machine (a page elsewhere cannot make a browser ask by another name).
//!
//! A token comes as `Authorization: Bearer …` (RFC 6750), or as the password of `Basic` for browsers (RFC 7617).

use super::{Web, answer};
use crate::config::serve::{Scope, TokenConfig};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, HOST, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq as _;

/// Addresses that are remembered at most.
const MOST_ADDRESSES: usize = 10_000;

/// A token that was just made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Shown once.
    pub token: String,
    pub hash: String,
}

/// Makes a token of 256 random bits.
///
/// # Errors
/// When the system has no random numbers.
pub fn new_token() -> Result<NewToken, String> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| error.to_string())?;
    let token = format!("sg_{}", URL_SAFE_NO_PAD.encode(random));
    Ok(NewToken { hash: hash(&token), token })
}

/// In lower-case hex. The tokens are random, so that a fast hash is enough.
fn hash(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

pub(super) struct Access {
    tokens: Vec<TokenConfig>,
    limit: u32,
    is_local: bool,
    /// What each address has left, and since when.
    buckets: Mutex<HashMap<IpAddr, (f64, Instant)>>,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Granted(pub(super) Scope);

impl Access {
    pub(super) fn new(tokens: &[TokenConfig], limit: u32, is_local: bool) -> Self {
        Self { tokens: tokens.to_vec(), limit, is_local, buckets: Mutex::default() }
    }

    /// What the request is allowed; `None`: it must say who it is.
    fn grant(&self, headers: &HeaderMap) -> Option<Scope> {
        if self.tokens.is_empty() {
            return Some(Scope::Read);
        }
        let given = hash(&token(headers)?);
        // All are compared, so that the time says nothing.
        let mut scope = None;
        for known in &self.tokens {
            if bool::from(known.hash.as_bytes().ct_eq(given.as_bytes())) {
                scope = scope.max(Some(known.scope));
            }
        }
        scope
    }

    /// How long to wait, where an address has asked too often.
    fn exceeded(&self, address: IpAddr) -> Option<Duration> {
        let limit = f64::from(self.limit);
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_ADDRESSES {
            buckets.retain(|_, (_, since)| since.elapsed() < Duration::from_mins(1));
        }
        let (left, since) = buckets.entry(address).or_insert((limit, now));
        *left = (*left + now.duration_since(*since).as_secs_f64() * limit / 60.0).min(limit);
        *since = now;
        if *left >= 1.0 {
            *left -= 1.0;
            return None;
        }
        let seconds = (1.0 - *left) * 60.0 / limit.max(1.0);
        Some(Duration::from_secs_f64(seconds.clamp(1.0, 3_600.0)))
    }
}

fn token(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" => Some(rest.trim().to_owned()),
        "basic" => {
            let text = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
            text.split_once(':').map(|(_, password)| password.to_owned())
        }
        _ => None,
    }
}

/// Whether a browser was told to ask this machine by a name of its own.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else { return true };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Lets a request through, or says why not.
pub(super) async fn check(
    State(web): State<Arc<Web>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(wait) = web.access.exceeded(peer.ip()) {
        let mut response = answer::problem(StatusCode::TOO_MANY_REQUESTS, "too many requests from this address");
        if let Ok(seconds) = HeaderValue::from_str(&wait.as_secs().max(1).to_string()) {
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        return response;
    }
    if web.access.tokens.is_empty() && web.access.is_local && !names_this_machine(request.headers()) {
        return answer::problem(StatusCode::FORBIDDEN, "without tokens only this machine is answered, by its own name");
    }
    let Some(scope) = web.access.grant(request.headers()) else {
        let mut response = answer::problem(StatusCode::UNAUTHORIZED, "a token is needed");
        // Browsers ask for a password; it is the token.
        let realm = HeaderValue::from_static("Bearer realm=\"shipgate\", Basic realm=\"shipgate\", charset=\"UTF-8\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, realm);
        return response;
    };
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !is_read && scope < Scope::Write && request.method() == Method::POST {
        return answer::problem(StatusCode::FORBIDDEN, "only a token of the scope `write` allows this");
    }
    request.extensions_mut().insert(Granted(scope));
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderName;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_token_is_known_by_its_hash_as_bearer_or_password() {
        let made = new_token().unwrap();
        assert!(made.token.len() > 40 && made.hash.len() == 64 && new_token().unwrap().token != made.token);
        let known = TokenConfig { name: "ci".into(), scope: Scope::Write, hash: made.hash };
        let access = Access::new(&[known], 10, true);
        let grant = |text: &str| access.grant(&headers(AUTHORIZATION, text));
        assert_eq!(grant(&format!("Bearer {}", made.token)), Some(Scope::Write));
        assert_eq!(grant(&format!("Basic {}", STANDARD.encode(format!("me:{}", made.token)))), Some(Scope::Write));
        for wrong in ["Bearer x", "Bearer ", "Token x", "Basic ***"] {
            assert_eq!(grant(wrong), None, "{wrong}");
        }
        assert_eq!(access.grant(&HeaderMap::new()), None);
        assert_eq!(Access::new(&[], 10, true).grant(&HeaderMap::new()), Some(Scope::Read));
    }

    #[test]
    fn an_address_that_asks_too_often_waits_and_others_do_not() {
        let access = Access::new(&[], 3, true);
        let (one, other): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        assert_eq!((0..5).filter(|_| access.exceeded(one).is_none()).count(), 3);
        assert!(access.exceeded(other).is_none());
    }

    #[test]
    fn another_name_for_this_machine_is_not_answered() {
        for (host, is_own) in [
            ("localhost:8686", true),
            ("127.0.0.1", true),
            ("[::1]:80", true),
            ("evil.example", false),
            ("127.0.0.1.evil.example:80", false),
        ] {
            assert_eq!(names_this_machine(&headers(HOST, host)), is_own, "{host}");
        }
    }
}
