//! Webhooks: who may send them, and that nothing of them is lost, doubled or moved back.

use super::{SECRET, Server, exchange, free_port, sign};
use crate::health::server::Raw;
use crate::workshop::Workshop;
use crate::workshop::database::{Place, fresh_schema};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

fn recorded(file: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/deploy/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn project(more: &str) -> Workshop {
    let secrets = ["github", "vercel", "railway", "render", "netlify", "generic"]
        .map(|name| format!("    {name}: \"${{SECRET}}\"\n"));
    Workshop::configured(&format!("serve:\n  rate-limit: 1000000\n  webhooks:\n{}{more}", secrets.concat()))
}

fn deployments(server: &Server) -> Vec<Value> {
    server.get("/api/v1/deployments?limit=500").json()["items"].as_array().unwrap().clone()
}

fn post(server: &Server, sender: &str, headers: &[(&str, &str)], body: &[u8]) -> u16 {
    server.ask("POST", &format!("/webhooks/{sender}"), headers, body).status
}

#[test]
fn a_signed_delivery_is_taken_once_and_any_other_is_refused() {
    let workshop = project("");
    let server = Server::start(&workshop);
    let body = recorded("github/webhooks/deployment_status.created.success.json");
    let signature = sign(&body);
    let text = String::from_utf8(body.clone()).unwrap();
    // Where its domain is not told, it cannot be a record.
    let body = text
        .replace("\"target_url\": \"\"", "\"target_url\": \"\", \"environment_url\": \"https://app.example.com\"")
        .into_bytes();
    let good = sign(&body);
    let headers = |signature: &'static str| {
        [("x-github-event", "deployment_status"), ("x-github-delivery", "one"), ("x-hub-signature-256", signature)]
    };
    let good: &'static str = good.leak();
    assert_eq!(post(&server, "github", &headers(signature.leak()), &body), 401, "the signature of another body");
    assert_eq!(post(&server, "github", &headers("sha256="), &body), 401);
    assert_eq!(post(&server, "github", &[("x-github-event", "deployment_status")], &body), 401);
    assert_eq!(post(&server, "github", &headers(good), &body), 202);
    assert_eq!(post(&server, "github", &headers(good), &body), 202);
    server.wait_for(|it| deployments(it).len() == 1);
    let one = &deployments(&server)[0];
    assert_eq!(
        (&one["deployment_status"], &one["platform_id"], &one["domain"]),
        (&json!("success"), &json!("145988746"), &json!("app.example.com"))
    );
    let metrics = server.get("/metrics").body;
    assert!(
        metrics.contains("deliveries_total{result=\"accepted\"} 1\n") && metrics.contains("{result=\"repeated\"} 1\n"),
        "{metrics}"
    );
    assert!(metrics.contains("{result=\"refused\"} 3\n"), "{metrics}");

    // Railway signs nothing.
    let railway = recorded("constructed/railway/deployment.failed.json");
    let answer = server.ask("POST", "/webhooks/railway", &[], &railway);
    assert!(answer.status == 401 && answer.body.contains("signs nothing"), "{answer:?}");
    let path = format!("/webhooks/railway/{}", SECRET.replace(' ', "%20").replace('\'', "%27"));
    assert_eq!(server.ask("POST", &path, &[], &railway).status, 202);
    let large = vec![b' '; 2 * 1024 * 1024];
    assert_eq!(post(&server, "github", &headers(good), &large), 413);
    assert_eq!(post(&server, "gitlab", &[], b"{}"), 404);
    assert_eq!(server.get("/webhooks/github").status, 405);
    assert!(server.get("/webhooks/github").header("allow").is_some());
    let ping = br"{}";
    let answer = server.ask(
        "POST",
        "/webhooks/github",
        &[("x-github-event", "ping"), ("x-hub-signature-256", &sign(ping))],
        ping,
    );
    assert_eq!((answer.status, answer.json()["status"].as_str()), (200, Some("ignored")));
    let ran = server.stop();
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    assert!(!ran.said().contains(SECRET));
}

#[test]
fn without_a_secret_nothing_is_taken_and_a_short_one_is_refused() {
    let workshop = Workshop::configured("serve: { webhooks: { vercel: \"${SECRET}\" } }\n");
    let server = Server::start(&workshop);
    assert_eq!(post(&server, "github", &[], b"{}"), 404);
    drop(server);
    let ran = workshop.shipgate(&["serve"]).env("SECRET", "short").ends();
    assert!(ran.status == Some(2) && ran.stderr.contains("fewer than 8 characters"), "{ran:#?}");
    let ran = workshop.shipgate(&["serve"]).ends();
    assert!(
        ran.status == Some(2) && ran.stderr.contains("`SECRET`, which `serve.webhooks` names, is not set"),
        "{ran:#?}"
    );
}

fn generic(id: &str, delivery: &str, status: &str, second: u32) -> Vec<u8> {
    json!({ "delivery": delivery, "platform": "script", "id": id, "status": status, "commit": "a".repeat(40),
        "url": "https://app.example.com", "at": format!("2026-11-01T10:{:02}:{:02}Z", second / 60, second % 60) })
    .to_string()
    .into_bytes()
}

fn signed(body: &[u8]) -> [(&'static str, String); 2] {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs().to_string();
    let whole = [now.as_bytes(), b".", body].concat();
    [("x-shipgate-timestamp", now), ("x-shipgate-signature", sign(&whole))]
}

#[test]
fn a_success_triggers_the_health_checks_and_records_them_with_it() {
    let api = Raw::start(|_, _| b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec());
    let workshop = project("deploy: { provider: manual, domain: app.example.com, health-path: /up }\n");
    let server = Server::start(&workshop);
    let body = String::from_utf8(generic("one", "d1", "success", 1))
        .unwrap()
        .replace("https://app.example.com", &api.url())
        .into_bytes();
    let signed = signed(&body);
    let headers: Vec<(&str, &str)> = signed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(post(&server, "generic", &headers, &body), 202);
    server.wait_for(|it| !it.get("/api/v1/api-health").json()["items"].as_array().unwrap().is_empty());
    let check = server.get("/api/v1/api-health").json()["items"][0].clone();
    assert_eq!((&check["endpoint_path"], &check["status"]), (&json!("/up"), &json!("healthy")));
    assert_eq!(check["deployment_id"], deployments(&server)[0]["id"]);
    assert_eq!(api.asked().len(), 1, "once");
}

/// The events of one deployment, and how it ends.
fn life(number: usize) -> (&'static [&'static str], &'static str) {
    match number % 5 {
        0 => (&["queued", "deploying", "success"], "success"),
        1 => (&["queued", "deploying", "failed"], "failed"),
        2 => (&["queued", "cancelled"], "cancelled"),
        3 => (&["queued", "deploying", "success", "rolled_back"], "rolled_back"),
        _ => (&["queued", "deploying"], "deploying"),
    }
}

/// Ten thousand deliveries: duplicated, shuffled, some forged, to a server that is killed in between.
fn storm(workshop: &Workshop, database: &str, deployments_count: usize, total: usize) {
    let mut deliveries: Vec<(Vec<u8>, bool)> = Vec::new();
    let mut number = 0;
    while deliveries.len() < total {
        let one = number % deployments_count;
        let (events, _) = life(one);
        let event = events[(number / deployments_count) % events.len()];
        let second = events.iter().position(|it| *it == event).unwrap() as u32;
        let id = format!("dep-{one}");
        deliveries.push((generic(&id, &format!("{id}-{event}"), event, second), true));
        if number.is_multiple_of(10) {
            // Forged ones would move it, or make another.
            let forged = if number.is_multiple_of(20) { format!("forged-{number}") } else { id.clone() };
            deliveries.push((generic(&forged, &format!("forged-{number}"), "success", 50), false));
        }
        number += 1;
    }
    // A fixed shuffle (a linear congruential generator's order).
    let mut order: Vec<usize> = (0..deliveries.len()).collect();
    let mut seed = 42_u64;
    for at in (1..order.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(at, (seed >> 33) as usize % (at + 1));
    }
    let port = free_port();
    let server = Mutex::new(Some(Server::start_at(workshop, port, database)));
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(&index) = order.get(at) else { return };
                    let (body, is_good) = &deliveries[index];
                    // As providers do: until it is acknowledged.
                    loop {
                        let mut signed = signed(body);
                        if !is_good {
                            signed[1].1 = sign(b"something else");
                        }
                        let headers: Vec<(&str, &str)> =
                            signed.iter().map(|(name, value)| (*name, value.as_str())).collect();
                        let answer = TcpStream::connect(("127.0.0.1", port)).ok().and_then(|mut stream| {
                            exchange(&mut stream, port, "POST", "/webhooks/generic", &headers, body)
                        });
                        match answer.map(|answer| answer.status) {
                            Some(202) => break assert!(is_good, "a forged delivery was accepted"),
                            Some(401) => break assert!(!is_good, "a good delivery was refused"),
                            Some(503) | None => std::thread::sleep(std::time::Duration::from_millis(20)),
                            Some(other) => panic!("{other}"),
                        }
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        scope.spawn(|| {
            for part in 1..=3 {
                while done.load(Ordering::Relaxed) < part * total / 4 {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
                let mut server = server.lock().unwrap();
                server.take().unwrap().kill();
                *server = Some(Server::start_at(workshop, port, database));
            }
        });
    });
    let server = server.into_inner().unwrap().unwrap();
    let truth: BTreeMap<String, &str> = (0..deployments_count).map(|one| (format!("dep-{one}"), life(one).1)).collect();
    let found = |server: &Server| {
        let mut found = BTreeMap::new();
        for one in deployments(server) {
            let text = |key: &str| one[key].as_str().unwrap().to_owned();
            assert!(found.insert(text("platform_id"), text("deployment_status")).is_none(), "twice: {one}");
        }
        found
    };
    server.wait_for(|it| {
        found(it).iter().eq(truth
            .iter()
            .map(|(id, status)| (id.clone(), (*status).to_owned()))
            .collect::<BTreeMap<_, _>>()
            .iter())
    });
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(found(&server).len(), truth.len(), "nothing forged");
}

#[test]
fn ten_thousand_deliveries_through_three_kills_come_to_the_truth_in_postgres() {
    let url = Place::Newest.url();
    let schema = fresh_schema();
    let workshop = project(&format!(
        "store: {{ kind: postgres, url: \"${{DB}}\", schema: {schema}, retention: {{ deployments: {{ count: 100000 }} }} }}\n"
    ));
    assert_eq!(workshop.shipgate(&["store", "migrate"]).env("DB", &url).ends().status, Some(0));
    storm(&workshop, &url, 150, 10_000);
}

#[test]
fn deliveries_through_three_kills_come_to_the_truth_in_files() {
    storm(&project(""), "", 60, 1_200);
}
