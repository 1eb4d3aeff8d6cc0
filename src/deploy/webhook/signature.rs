//! Signatures of webhooks, over the raw body, compared in constant time.
//!
//! * GitHub: <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>
//! * Vercel: HMAC-SHA1, <https://vercel.com/docs/headers/request-headers#x-vercel-signature>
//! * Render: Standard Webhooks, <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
//! * Netlify: a JWS with the body's SHA-256, <https://docs.netlify.com/deploy/deploy-notifications/#payload-signature>
//! * generic: `X-Shipgate-Signature: sha256=…` over `X-Shipgate-Timestamp`, a dot and the body
//! * Railway signs nothing: a token in the address is compared

use super::{Headers, Sender};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// How far the time of a signature may be from ours, in seconds (Standard Webhooks, "Webhook timestamp").
const TOLERANCE: i64 = 5 * 60;

/// Why a delivery is refused. Says nothing that helps to forge one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    #[error("the delivery has no signature, or more than one")]
    Unsigned,
    #[error("the signature is not that of this body")]
    Wrong,
    #[error("the signature is older or newer than five minutes")]
    Stale,
    #[error("the secret is none that this sender has")]
    Secret,
}

/// Holds a delivery to the secret. `token` is the last part of the address it came to, where there is one;
/// `now` is in seconds since 1970.
///
/// # Errors
/// [`Forged`], also where it cannot be told.
pub fn verify(
    sender: Sender,
    secret: &str,
    headers: &dyn Headers,
    token: Option<&str>,
    body: &[u8],
    now: i64,
) -> Result<(), Forged> {
    // Anybody can sign with nothing.
    if secret.is_empty() {
        return Err(Forged::Secret);
    }
    let header = |name: &str| headers.header(name).ok_or(Forged::Unsigned);
    match sender {
        Sender::GitHub => {
            let given = header("x-hub-signature-256")?.strip_prefix("sha256=").ok_or(Forged::Unsigned)?;
            check(secret.as_bytes(), &[body], &unhex(given)?)
        }
        Sender::Vercel => {
            let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).map_err(|_| Forged::Secret)?;
            mac.update(body);
            mac.verify_slice(&unhex(header("x-vercel-signature")?)?).map_err(|_| Forged::Wrong)
        }
        Sender::Render => {
            let (id, at) = (header("webhook-id")?, header("webhook-timestamp")?);
            let given = header("webhook-signature")?;
            let key = secret.strip_prefix("whsec_").unwrap_or(secret);
            let key = STANDARD.decode(key).map_err(|_| Forged::Secret)?;
            let parts: [&[u8]; 5] = [id.as_bytes(), b".", at.as_bytes(), b".", body];
            // There are several while a secret is being replaced.
            let candidates = given.split(' ').filter_map(|one| one.strip_prefix("v1,"));
            let is_right =
                candidates.filter_map(|one| STANDARD.decode(one).ok()).any(|one| check(&key, &parts, &one).is_ok());
            if !is_right {
                return Err(Forged::Wrong);
            }
            fresh(at, now)
        }
        Sender::Netlify => netlify(secret, header("x-webhook-signature")?, body),
        Sender::Generic => {
            let at = header("x-shipgate-timestamp")?;
            let given = header("x-shipgate-signature")?.strip_prefix("sha256=").ok_or(Forged::Unsigned)?;
            check(secret.as_bytes(), &[at.as_bytes(), b".", body], &unhex(given)?)?;
            fresh(at, now)
        }
        Sender::Railway => {
            let token = token.ok_or(Forged::Unsigned)?;
            // Of their hashes, so that not even the length shows.
            let (given, right) = (Sha256::digest(token.as_bytes()), Sha256::digest(secret.as_bytes()));
            if bool::from(given.as_slice().ct_eq(right.as_slice())) { Ok(()) } else { Err(Forged::Wrong) }
        }
    }
}

fn check(key: &[u8], parts: &[&[u8]], given: &[u8]) -> Result<(), Forged> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| Forged::Secret)?;
    for part in parts {
        mac.update(part);
    }
    mac.verify_slice(given).map_err(|_| Forged::Wrong)
}

fn fresh(at: &str, now: i64) -> Result<(), Forged> {
    let at: i64 = at.parse().map_err(|_| Forged::Stale)?;
    if at.abs_diff(now) <= TOLERANCE.unsigned_abs() { Ok(()) } else { Err(Forged::Stale) }
}

/// Lower-case hex only, so that one body has one spelling of its signature.
fn unhex(text: &str) -> Result<Vec<u8>, Forged> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let bytes = text.as_bytes();
    if !bytes.len().is_multiple_of(2) || bytes.len() > 128 {
        return Err(Forged::Wrong);
    }
    let pairs = bytes.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?));
    pairs.collect::<Option<_>>().ok_or(Forged::Wrong)
}

/// A JWS in its compact form (RFC 7515, 7.1) whose algorithm is HS256 and no other.
fn netlify(secret: &str, given: &str, body: &[u8]) -> Result<(), Forged> {
    let mut parts = given.split('.');
    let (Some(head), Some(claims), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Forged::Wrong);
    };
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| Forged::Wrong);
    check(secret.as_bytes(), &[head.as_bytes(), b".", claims.as_bytes()], &decode(signature)?)?;
    let json = |text: &str| serde_json::from_slice::<serde_json::Value>(&decode(text)?).map_err(|_| Forged::Wrong);
    let (head, claims) = (json(head)?, json(claims)?);
    let digest = unhex(claims["sha256"].as_str().ok_or(Forged::Wrong)?)?;
    let is_body = bool::from(digest.as_slice().ct_eq(Sha256::digest(body).as_slice()));
    if head["alg"] == "HS256" && claims["iss"] == "netlify" && is_body { Ok(()) } else { Err(Forged::Wrong) }
}
