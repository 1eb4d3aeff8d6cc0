//! `shipgate monitor`: once and for ever, what it says, writes and tells, and how it ends.

use crate::github::server::{Call, GitHub};
use crate::health::server::free_port;
use crate::run::github::job;
use crate::workshop::database::{Place, fresh_schema};
use crate::workshop::{Ran, Workshop, now};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use shipgate::record::HealthStatus;
use shipgate::store::{HealthQuery, JsonStore, Store as _};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Head and body.
type Sent = (String, Vec<u8>);

/// Answers every request with the status that it is set to, and keeps head and body of what it was sent.
struct Site {
    port: u16,
    status: Arc<AtomicU16>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Site {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (status, sent) = (Arc::new(AtomicU16::new(200)), Arc::new(Mutex::new(Vec::new())));
        let (now, seen) = (Arc::clone(&status), Arc::clone(&sent));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut head = String::new();
                while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
                let length = head
                    .to_ascii_lowercase()
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
                let mut body = vec![0; length.unwrap_or_default()];
                reader.read_exact(&mut body).unwrap();
                seen.lock().unwrap().push((head, body));
                let status = now.load(Ordering::SeqCst);
                let _gone = write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            }
        });
        Self { port, status, sent }
    }

    fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }
}

fn project(site: &Site, more: &str) -> Workshop {
    Workshop::configured(&format!(
        "api:\n  base-url: {}\n  endpoints: [{{ path: /api/health }}, {{ path: /api/other, interval: 2s }}]\n{more}",
        site.url()
    ))
}

fn once(workshop: &Workshop) -> Ran {
    workshop.shipgate(&["monitor", "--once"]).ends()
}

#[test]
fn once_says_what_changed_and_nothing_else_and_ends_as_the_thresholds_say() {
    let site = Site::start();
    let workshop = project(&site, "");
    for _ in 0..2 {
        let well = once(&workshop);
        assert_eq!((well.status, well.stdout.as_str()), (Some(0), ""), "{}", well.said());
    }
    site.answers(503);
    let failed = once(&workshop);
    assert_eq!(failed.status, Some(1), "{}", failed.said());
    assert_eq!(failed.stdout.lines().count(), 2, "{}", failed.stdout);
    let line = "GET /api/health: healthy → failed: status: expected 200, got 503";
    assert!(failed.stdout.contains(line), "{}", failed.stdout);
    let still = once(&workshop);
    assert_eq!((still.status, still.stdout.as_str()), (Some(1), ""), "{}", still.said());
    site.answers(200);
    let again = once(&workshop);
    assert!(again.status == Some(0) && again.stdout.contains("GET /api/other: failed → healthy\n"), "{}", again.said());
    let records = now(JsonStore::new(workshop.path(".shipgate")).api_health(&HealthQuery::default())).unwrap();
    assert_eq!(records.len(), 10);
    assert_eq!(records.iter().map(|it| it.consecutive_failures).max(), Some(2));

    // What it adds up to, also when the records are gone.
    fs::remove_file(workshop.path(".shipgate/api_health.json")).unwrap();
    let trends = workshop.shipgate(&["trends", "--by", "hour"]).ends();
    let line = trends.stdout.lines().find(|line| line.contains("GET /api/health")).unwrap_or_default();
    assert!(line.contains("60%") && line.contains(" ms "), "{}", trends.said());
    let json: Value = serde_json::from_str(&workshop.shipgate(&["trends", "--json"]).ends().stdout).unwrap();
    let health = &json["health"][0];
    assert_eq!((health["by"].as_str(), health["overall"]["checks"].as_u64()), (Some("day"), Some(5)));
    assert_eq!(health["overall"]["availability"].as_f64(), Some(60.0));
    let page = workshop.shipgate(&["trends", "--report", "html"]).ends().stdout;
    assert!(page.contains("GET /api/health: 60% available in 5 checks"), "{page}");
}

#[test]
fn what_could_not_be_checked_is_neither_well_nor_failed() {
    let workshop = Workshop::configured("databases: { main: { url: \"${MAIN_URL}\" } }\n");
    let ran = once(&workshop);
    assert_eq!(ran.status, Some(3), "{}", ran.said());
    assert!(ran.stdout.is_empty(), "{}", ran.stdout);
    assert!(ran.stderr.contains("database main could not be checked: "), "{}", ran.stderr);
    let nothing = once(&Workshop::configured("environment: staging\n"));
    assert_eq!(nothing.status, Some(2), "{}", nothing.said());
    assert!(nothing.stderr.contains("names nothing to watch") && nothing.stderr.contains("help: "));
}

#[test]
fn for_ever_it_looks_at_each_interval_says_changes_only_and_ends_cleanly() {
    let site = Site::start();
    let workshop = project(&site, "monitor: { interval: 1s }\n");
    let running = workshop.shipgate(&["monitor"]).start();
    running.wait_for(|| site.sent().len() >= 6);
    site.answers(500);
    let asked = site.sent().len();
    running.wait_for(|| site.sent().len() >= asked + 6);
    site.answers(200);
    let asked = site.sent().len();
    running.wait_for(|| site.sent().len() >= asked + 6);
    running.signal(Signal::SIGTERM);
    let begun = Instant::now();
    let ran = running.end();
    assert!(begun.elapsed() < Duration::from_secs(20), "it took {:?}", begun.elapsed());
    assert_eq!(ran.status, Some(0), "{}", ran.said());
    for endpoint in ["/api/health", "/api/other"] {
        let lines: Vec<&str> = ran.stdout.lines().filter(|line| line.contains(endpoint)).collect();
        assert_eq!(lines.len(), 2, "{}", ran.stdout);
        assert!(lines[0].contains("healthy → failed") && lines[1].contains("failed → healthy"), "{}", ran.stdout);
    }
    assert!(ran.stderr.contains("watching 2 endpoints and 0 databases of production"), "{}", ran.stderr);
    assert!(ran.stderr.contains("stopped after "), "{}", ran.stderr);
    // Every second and every other second.
    let asked = |path: &str| site.sent().iter().filter(|(head, _)| head.contains(path)).count();
    let (often, seldom) = (asked("/api/health"), asked("/api/other"));
    assert!(often >= 2 * seldom - 2 && often <= 2 * seldom + 3, "{often} and {seldom}");
    let records = now(JsonStore::new(workshop.path(".shipgate")).api_health(&HealthQuery::default())).unwrap();
    // What was under way when it was stopped is no record.
    assert!(records.len() + 2 >= often + seldom, "{} of {}", records.len(), often + seldom);
    assert!(records.iter().any(|it| it.status == HealthStatus::Failed));
}

#[test]
fn records_wait_in_the_spool_while_the_store_is_away_and_a_broken_network_is_no_failure() {
    let closed = free_port();
    let schema = fresh_schema();
    let workshop = Workshop::configured(&format!(
        // 192.0.2.0/24 is nobody's (RFC 5737): a connection there either ends at once or waits.
        "api:\n  base-url: http://192.0.2.1\n  connectivity: 127.0.0.1:{closed}\n  timeouts: {{ connect: 300ms }}\n  \
         endpoints: [{{ path: /api/health }}]\n\
         databases: {{ main: {{ url: \"postgres://u@192.0.2.1/x\", timeout: 300ms }} }}\n\
         monitor: {{ interval: 1s }}\n\
         store: {{ kind: postgres, url: \"${{RECORDS_URL}}\", schema: {schema} }}\n"
    ));
    let away = format!("postgres://u:p@127.0.0.1:{closed}/x?sslmode=disable");
    let running = workshop.shipgate(&["monitor"]).env("RECORDS_URL", away).start();
    running.wait_for(|| fs::read_dir(workshop.path(".shipgate/spool")).is_ok_and(|files| files.count() > 2));
    running.signal(Signal::SIGINT);
    let ran = running.end();
    assert_eq!(ran.status, Some(0), "{}", ran.said());
    for name in ["GET /api/health", "database main"] {
        let line = format!("{name}: not known → unknown: ");
        assert!(ran.stdout.contains(&line), "{}", ran.said());
    }
    assert!(!ran.stdout.contains("→ failed"), "{}", ran.stdout);
    assert!(ran.stderr.contains("could not be recorded") && ran.stderr.contains(".shipgate/spool/"), "{}", ran.stderr);

    let place = Place::Newest.url();
    assert_eq!(workshop.shipgate(&["store", "migrate"]).env("RECORDS_URL", &place).ends().status, Some(0));
    let caught = workshop.shipgate(&["store", "import"]).env("RECORDS_URL", &place).ends();
    assert!(caught.stdout.contains("recorded now: ") && caught.stdout.contains(" checks"), "{}", caught.said());
    let status = workshop.shipgate(&["store", "status"]).env("RECORDS_URL", &place).ends();
    assert!(!status.stdout.contains("checks of endpoints   0"), "{}", status.stdout);
}

/// HMAC-SHA-256 by OpenSSL.
fn openssl_hmac(secret: &str, body: &[u8]) -> String {
    let mut command = Command::new("openssl");
    command.args(["dgst", "-sha256", "-hmac", secret]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(body).unwrap();
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    output.trim().rsplit(' ').next().unwrap().to_owned()
}

#[test]
fn a_webhook_is_told_of_changes_with_a_signature_and_no_secret_is_shown() {
    let (site, hook) = (Site::start(), Site::start());
    let workshop = project(&site, "monitor: { webhook: { url: \"${HOOK_URL}\", secret: \"${HOOK_SECRET}\" } }\n");
    let secret = "correct-horse-battery-staple-42";
    let once =
        |url: &str| workshop.shipgate(&["monitor", "--once"]).env("HOOK_URL", url).env("HOOK_SECRET", secret).ends();
    let url = format!("{}/hooks/token-7731-abcdef", hook.url());
    once(&url);
    assert!(hook.sent().is_empty(), "nothing changed");
    site.answers(500);
    assert_eq!(once(&url).status, Some(1));
    let sent = hook.sent();
    assert_eq!(sent.len(), 1);
    let (head, body) = &sent[0];
    assert!(head.starts_with("POST /hooks/token-7731-abcdef HTTP/1.1"), "{head}");
    let signature = format!("x-hub-signature-256: sha256={}", openssl_hmac(secret, body));
    assert!(head.to_ascii_lowercase().contains(&signature), "{head}\n{signature}");
    let message: Value = serde_json::from_slice(body).unwrap();
    assert_eq!((message["type"].as_str(), message["failed"].as_u64()), (Some("health.changed"), Some(2)));
    let changes = message["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 2);
    assert_eq!((changes[0]["from"].as_str(), changes[0]["to"].as_str()), (Some("healthy"), Some("failed")));

    // One that refuses, and one that is away: told, and nothing else changes.
    site.answers(200);
    hook.answers(500);
    let refused = once(&url);
    assert_eq!(refused.status, Some(0), "{}", refused.said());
    assert!(refused.stderr.contains("the webhook was not told: status: expected 2xx, got 500"), "{}", refused.said());
    site.answers(500);
    let away = once(&format!("http://127.0.0.1:{}/hooks/token-7731-abcdef", free_port()));
    assert!(away.stderr.contains("the webhook was not told: "), "{}", away.said());
    let unset = workshop.shipgate(&["monitor", "--once"]).ends();
    assert!(unset.status == Some(2) && unset.stderr.contains("needs the variable `HOOK_URL`"), "{}", unset.said());
    for ran in [refused, away, unset] {
        assert!(!ran.said().contains("token-7731") && !ran.said().contains(secret), "{}", ran.said());
    }
}

#[test]
fn an_issue_is_opened_kept_up_to_date_and_closed_and_the_commit_shows_how_it_stands() {
    let (site, github) = (Site::start(), GitHub::start());
    let workshop = project(&site, "monitor: { github-issue: true, commit-status: true }\n");
    let payload = json!({ "repository": { "default_branch": "main" } });
    let once = || {
        let invocation = workshop.shipgate(&["monitor", "--once"]);
        let ran = invocation.envs(&job(&github, &workshop, "schedule", &payload, 1)).ends();
        assert!(!ran.stderr.contains("was not"), "{}", ran.said());
        ran
    };
    once();
    assert!(github.state().issues.is_empty());
    assert_eq!(github.state().statuses[0]["state"], "success");

    site.answers(503);
    assert_eq!(once().status, Some(1));
    {
        let state = github.state();
        let [issue] = state.issues.as_slice() else { panic!("{:?}", state.issues) };
        assert_eq!((issue.title.as_str(), issue.state.as_str()), ("Health of production: 2 of 2 failed", "open"));
        assert!(issue.body.starts_with("<!-- shipgate-monitor:production -->\n2 failed."), "{}", issue.body);
        assert!(
            issue.body.contains("| failed | `GET /api/health` |") && issue.body.contains("got 503"),
            "{}",
            issue.body
        );
        assert_eq!(state.statuses[0]["state"], "failure");
        assert_eq!(state.statuses[0]["description"], "2 failed");
    }
    // The same again: nothing is written to the issue.
    once();
    let changed = |call: Call| github.calls().iter().filter(|it| **it == call).count();
    assert_eq!((changed(Call::OpenIssue), changed(Call::ChangeIssue)), (1, 0));
    site.answers(500);
    once();
    assert_eq!((changed(Call::OpenIssue), changed(Call::ChangeIssue)), (1, 1));

    site.answers(200);
    assert_eq!(once().status, Some(0));
    let state = github.state();
    assert_eq!((state.issues.len(), state.issues[0].state.as_str()), (1, "closed"));
    assert_eq!(state.issues[0].title, "Health of production: well again");
}

#[test]
fn an_issue_of_somebody_else_is_left_alone_whatever_it_says() {
    let (site, github) = (Site::start(), GitHub::start());
    site.answers(500);
    github.state().issues.push(crate::github::server::Issue {
        number: 1,
        title: "mine".into(),
        body: "<!-- shipgate-monitor:production -->\nmine".into(),
        state: "open".into(),
        is_ours: false,
    });
    let workshop = project(&site, "monitor: { github-issue: true }\n");
    let payload = json!({ "repository": { "default_branch": "main" } });
    workshop.shipgate(&["monitor", "--once"]).envs(&job(&github, &workshop, "schedule", &payload, 1)).ends();
    let state = github.state();
    assert_eq!((state.issues.len(), state.issues[0].title.as_str()), (2, "mine"));
}
