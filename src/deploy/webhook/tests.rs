//! Every vector passes, every altered byte fails, and recorded payloads are understood.

use super::{Forged, Parsed, Sender, parse, verify};
use crate::deploy::delivery_fixture as fixture;
use crate::deploy::{Reading, Sighting};
use crate::record::{DeploymentStatus, Environment};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

/// A time at which the vectors with a time are fresh.
const NOW: i64 = 1_793_870_000;

struct Vector {
    sender: Sender,
    secret: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

fn vectors() -> Vec<Vector> {
    let all: Value = serde_json::from_slice(&fixture("signature-vectors.json")).unwrap();
    let vector = |it: &Value| {
        let sender = Sender::named(it["provider"].as_str()?.split(' ').next()?)?;
        let mut headers = HeaderMap::new();
        let mut add = |name: &str, value: &Value| {
            let name: HeaderName = name.to_ascii_lowercase().parse().unwrap();
            headers.insert(name, HeaderValue::from_str(value.as_str().unwrap()).unwrap());
        };
        match it["headers"].as_object() {
            Some(several) => several.iter().for_each(|(name, value)| add(name, value)),
            None => add(it["header"].as_str().unwrap(), &it["value"]),
        }
        let body = match it["body_utf8"].as_str() {
            Some(text) => text.as_bytes().to_vec(),
            None => fixture(it["body_file"].as_str().unwrap()),
        };
        Some(Vector { sender, secret: it["secret"].as_str().unwrap().to_owned(), headers, body })
    };
    all.as_array().unwrap().iter().filter_map(vector).collect()
}

fn holds(vector: &Vector) -> bool {
    verify(vector.sender, &vector.secret, &vector.headers, None, &vector.body, NOW).is_ok()
}

#[test]
fn every_vector_passes() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 5);
    for vector in &vectors {
        assert!(holds(vector), "{:?}", vector.sender);
    }
}

#[test]
fn every_altered_byte_fails() {
    for mut vector in vectors() {
        for at in 0..vector.body.len() {
            for bit in [0x01, 0x20, 0x80] {
                vector.body[at] ^= bit;
                assert!(!holds(&vector), "{:?}: byte {at} of the body", vector.sender);
                vector.body[at] ^= bit;
            }
        }
        vector.body.push(b' ');
        assert!(!holds(&vector));
        vector.body.pop();
        for name in vector.headers.keys().cloned().collect::<Vec<_>>() {
            let right = vector.headers[&name].clone();
            for at in 0..right.len() {
                let mut bytes = right.as_bytes().to_vec();
                // The last character of base64 without padding has bits that decode to nothing.
                bytes[at] = if bytes[at] == b'A' { b'h' } else { b'A' };
                vector.headers.insert(name.clone(), HeaderValue::from_bytes(&bytes).unwrap());
                assert!(!holds(&vector), "{:?}: byte {at} of `{name}`", vector.sender);
            }
            vector.headers.remove(&name);
            assert!(!holds(&vector), "{:?} without `{name}`", vector.sender);
            vector.headers.insert(name, right);
        }
        vector.secret.push('x');
        assert!(!holds(&vector), "{:?} with another secret", vector.sender);
    }
}

#[test]
fn an_empty_secret_and_a_header_given_twice_are_refused() {
    for mut vector in vectors() {
        let name = vector.headers.keys().next().unwrap().clone();
        let value = vector.headers[&name].clone();
        vector.headers.append(name, value);
        assert!(!holds(&vector), "{:?}", vector.sender);
        vector.secret.clear();
        assert_eq!(verify(vector.sender, "", &vector.headers, None, &vector.body, NOW), Err(Forged::Secret));
    }
}

#[test]
fn a_signature_with_a_time_is_good_for_five_minutes() {
    let vector = vectors().into_iter().find(|it| it.sender == Sender::Render).unwrap();
    for (now, expected) in
        [(NOW - 300, Ok(())), (NOW + 300, Ok(())), (NOW - 301, Err(Forged::Stale)), (NOW + 301, Err(Forged::Stale))]
    {
        assert_eq!(verify(Sender::Render, &vector.secret, &vector.headers, None, &vector.body, now), expected);
    }
}

#[test]
fn a_netlify_signature_of_another_algorithm_or_issuer_is_refused() {
    use base64::Engine as _;
    use hmac::{KeyInit as _, Mac as _};
    use sha2::Digest as _;
    let encode = |bytes: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    let body = b"{}";
    let digest = sha2::Sha256::digest(body).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let sign = |alg: &str, issuer: &str| {
        let head = encode(format!("{{\"alg\":\"{alg}\"}}").as_bytes());
        let claims = encode(format!("{{\"iss\":\"{issuer}\",\"sha256\":\"{digest}\"}}").as_bytes());
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(b"secret").unwrap();
        mac.update(format!("{head}.{claims}").as_bytes());
        let mut headers = HeaderMap::new();
        let text = format!("{head}.{claims}.{}", encode(&mac.finalize().into_bytes()));
        headers.insert("x-webhook-signature", text.parse().unwrap());
        verify(Sender::Netlify, "secret", &headers, None, body, NOW)
    };
    assert_eq!(sign("HS256", "netlify"), Ok(()));
    assert_eq!(sign("none", "netlify"), Err(Forged::Wrong));
    assert_eq!(sign("HS512", "netlify"), Err(Forged::Wrong));
    assert_eq!(sign("HS256", "somebody"), Err(Forged::Wrong));
}

#[test]
fn railway_signs_nothing_so_the_address_must_hold_the_secret() {
    let empty = HeaderMap::new();
    let check = |token| verify(Sender::Railway, "long-secret", &empty, token, b"{}", NOW);
    assert_eq!(check(Some("long-secret")), Ok(()));
    for wrong in ["", "long-secre", "long-secretx", "Long-secret"] {
        assert_eq!(check(Some(wrong)), Err(Forged::Wrong));
    }
    assert_eq!(check(None), Err(Forged::Unsigned));
}

fn seen(sender: Sender, file: &str, event: &str) -> Sighting {
    let mut headers = HeaderMap::new();
    headers.insert("x-github-event", event.parse().unwrap());
    match parse(sender, &headers, &fixture(file)).unwrap().reading {
        Parsed::Sighting(sighting) => *sighting,
        Parsed::Nothing(event) => panic!("{file} says nothing: {event}"),
    }
}

#[test]
fn recorded_payloads_say_what_they_say() {
    use DeploymentStatus::{Cancelled, Deploying, Failed, Queued, RolledBack, Success};
    let cases = [
        (
            Sender::GitHub,
            "github/webhooks/deployment_status.created.success.json",
            "deployment_status",
            "145988746",
            Success,
        ),
        (
            Sender::GitHub,
            "github/webhooks/deployment_status.created.in_progress.json",
            "deployment_status",
            "145988746",
            Deploying,
        ),
        (Sender::GitHub, "github/webhooks/deployment.created.json", "deployment", "145988746", Queued),
        (Sender::Vercel, "constructed/vercel/deployment.created.json", "", "dpl_8Yp3Qx0000000000000000000000", Queued),
        (
            Sender::Vercel,
            "constructed/vercel/deployment.succeeded.json",
            "",
            "dpl_8Yp3Qx0000000000000000000000",
            Success,
        ),
        (
            Sender::Vercel,
            "constructed/vercel/deployment.promoted.json",
            "",
            "dpl_8Yp3Qx0000000000000000000000",
            Success,
        ),
        (Sender::Vercel, "constructed/vercel/deployment.error.json", "", "dpl_8Yp3Qx0000000000000000000000", Failed),
        (
            Sender::Vercel,
            "constructed/vercel/deployment.canceled.json",
            "",
            "dpl_8Yp3Qx0000000000000000000000",
            Cancelled,
        ),
        (
            Sender::Vercel,
            "constructed/vercel/deployment.rollback.json",
            "",
            "dpl_8Yp3Qx0000000000000000000000",
            RolledBack,
        ),
        (Sender::Railway, "constructed/railway/deployment.failed.json", "", "d1", Failed),
        (Sender::Netlify, "constructed/netlify/deploy.ready.json", "", "65f000000000000000000001", Success),
        (Sender::Netlify, "constructed/netlify/deploy.error.json", "", "65f000000000000000000001", Failed),
        (Sender::Render, "constructed/render/deploy_ended.json", "", "evt-000000000000000000", Success),
    ];
    for (sender, file, event, id, status) in cases {
        let seen = seen(sender, file, event);
        assert_eq!((seen.id.as_str(), seen.reading), (id, Reading::Is(status)), "{file}");
        assert_eq!(seen.platform, sender.as_str());
    }
    let vercel = seen(Sender::Vercel, "constructed/vercel/deployment.succeeded.json", "");
    assert_eq!(vercel.commit.as_deref(), Some("a10867b14bb761a232cd80139fbd4c0d33264240"));
    assert_eq!(vercel.environment, Some(Environment::Production));
    // An empty address is none.
    let github =
        seen(Sender::GitHub, "github/webhooks/deployment_status.created.in_progress.json", "deployment_status");
    assert_eq!(github.url, None);
}

#[test]
fn events_about_something_else_say_nothing() {
    let mut headers = HeaderMap::new();
    for event in ["ping", "pull_request", "check_run"] {
        headers.insert("x-github-event", event.parse().unwrap());
        let read = parse(Sender::GitHub, &headers, b"{}").unwrap().reading;
        assert_eq!(read, Parsed::Nothing(event.to_owned()));
    }
    let read = parse(Sender::Vercel, &headers, br#"{"type":"project.created","id":"evt_1"}"#).unwrap();
    assert_eq!((read.id.as_str(), read.reading), ("evt_1", Parsed::Nothing("project.created".to_owned())));
}

#[test]
fn what_cannot_be_understood_is_named_and_not_quoted() {
    let headers = HeaderMap::new();
    let said = |sender, body: &[u8]| parse(sender, &headers, body).unwrap_err();
    assert_eq!(said(Sender::Vercel, b"{"), "the body is not JSON: line 1, column 1");
    assert_eq!(said(Sender::Vercel, br#"{"type":"deployment.ready"}"#), "the body has no `payload.deployment.id`");
    assert_eq!(said(Sender::Netlify, b"{}"), "the body has no `id`");
    assert!(said(Sender::Generic, br#"{"platform":"x","id":"1","status":"done"}"#).starts_with("`status` is none of"));
    assert!(said(Sender::Generic, br#"{"platform":"x","id":"1","statuss":"hunter2"}"#).contains("cannot be read"));
}

#[test]
fn what_is_sent_again_has_the_same_id() {
    let mut headers = HeaderMap::new();
    let body = fixture("constructed/netlify/deploy.ready.json");
    let first = parse(Sender::Netlify, &headers, &body).unwrap().id;
    assert!(first.starts_with("sha256:") && first == parse(Sender::Netlify, &headers, &body).unwrap().id);
    headers.insert("x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958".parse().unwrap());
    assert_eq!(parse(Sender::GitHub, &headers, b"{}").unwrap().id, "72d3162e-cc78-11e3-81ab-4c9367dc0958");
}

#[test]
fn an_event_of_render_leads_to_a_deployment_and_others_say_nothing() {
    let read = |kind: &str, status: &str| {
        let body = format!(
            r#"{{"type":"{kind}","timestamp":"2026-11-01T10:03:00Z","data":{{"id":"evt-1","serviceId":"srv-1"{status}}}}}"#
        );
        parse(Sender::Render, &HeaderMap::new(), body.as_bytes()).unwrap().reading
    };
    for (kind, status, expected) in [
        ("deploy_started", "", DeploymentStatus::Deploying),
        ("build_started", "", DeploymentStatus::Deploying),
        ("build_ended", r#","status":"failed""#, DeploymentStatus::Deploying),
        ("pre_deploy_started", "", DeploymentStatus::Deploying),
        ("pre_deploy_ended", r#","status":"succeeded""#, DeploymentStatus::Deploying),
        ("image_pull_failed", "", DeploymentStatus::Failed),
        ("deploy_ended", r#","status":"succeeded""#, DeploymentStatus::Success),
        ("deploy_ended", r#","status":"failed""#, DeploymentStatus::Failed),
        ("deploy_ended", r#","status":"canceled""#, DeploymentStatus::Cancelled),
    ] {
        let Parsed::Sighting(seen) = read(kind, status) else { panic!("{kind} says nothing") };
        assert_eq!(seen.reading, Reading::Is(expected), "{kind}");
        let lead = seen.lead.unwrap();
        assert_eq!((lead.event.as_str(), lead.service.as_str()), ("evt-1", "srv-1"));
    }
    for kind in ["plan_changed", "server_failed", "autoscaling_ended", "commit_ignored"] {
        assert!(matches!(read(kind, ""), Parsed::Nothing(_)), "{kind}");
    }
}
