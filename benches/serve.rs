//! The server on a real Postgres that keeps what it acknowledges (`fsync`, `synchronous_commit`): memory at rest, the
//! first page of the dashboard beside 1,000,000 errors and 10,000 builds, and the intake of webhooks.
//!
//! `cargo bench --bench serve`: medians. The goals: at rest under 30 MB; the page under 50 ms and 100 kB on the wire;
//! at least 2,000 deliveries a second acknowledged for good, with memory that does not grow. `SHIPGATE_BENCH_SECONDS`
//! (90) is how long they come.

#![expect(clippy::print_stdout, reason = "a benchmark shows its figures")]
#![cfg(target_os = "linux")]

#[expect(dead_code, clippy::unwrap_used, reason = "the tests' servers; a benchmark needs some of them")]
#[path = "../tests/it/workshop/database.rs"]
mod database;

use chrono::{DateTime, TimeDelta, Utc};
use database::{Place, fresh_schema};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;
use shipgate::diagnostic::{Diagnostic, Level};
use shipgate::gate::{Outcome, StepOutcome};
use shipgate::record::{ApiHealthCheck, BuildConfiguration, BuildStatus, Environment, HealthStatus, HttpMethod, Valid};
use shipgate::store::{PostgresStore, RunRecord, Store};
use shipgate::time::{Clock as _, SystemClock};
use shipgate::track::{Found, StepReading};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

const ERRORS: u32 = 1_000_000;
const BUILDS: u32 = 10_000;
const PAGES: usize = 41;
const SENDERS: usize = 64;
/// Memory is flat when the last third of the time has at most so much more of it than the first.
const FLAT: f64 = 1.1;
/// Until every connection and every thread has what it needs.
const WARM: usize = 5;
/// Deployments that the deliveries are about.
const DEPLOYMENTS: u64 = 500;
const SECRET: &str = "a secret of the benchmark";

/// Where npm keeps what it has downloaded for these tests.
const NPM_CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/npm-cache");

fn now<T>(answer: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(answer)
}

async fn execute(connection: &mut PgConnection, sql: String) {
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.expect("a statement");
}

async fn count(connection: &mut PgConnection, sql: String) -> i64 {
    connection.fetch_one(sqlx::raw_sql(AssertSqlSafe(sql))).await.expect("an answer").get(0)
}

/// One run with one error, which are copied in the database.
fn run(at: DateTime<Utc>) -> RunRecord {
    let mut build = BuildConfiguration::pending(Uuid::now_v7(), Environment::Production, "npm run build".into(), at);
    build.transition(BuildStatus::Building, at).expect("it begins");
    build.transition(BuildStatus::Success, at).expect("it ends");
    (build.build_time, build.bundle_size) = (Some(31.5), Some(1_234_567));
    let sizes = json!({ "raw": 400_000, "gzip": 120_000, "brotli": 100_000 });
    let metrics = json!({
        "start": "warm", "caches": ["node_modules"],
        "steps": [{ "step": "check", "seconds": 12.0, "cpu_seconds": 20.0, "peak_memory": 400_000_000 },
            { "step": "build", "seconds": 31.5, "cpu_seconds": 50.0, "peak_memory": 900_000_000 }],
        "phases": [{ "name": "client", "seconds": 9.0 }, { "name": "server", "seconds": 7.0 }, { "name": "pages", "seconds": 12.0 }],
        "sizes": { "client_script": sizes, "style": sizes, "html": sizes, "image": sizes },
    });
    build.metrics = Some(serde_json::from_value(metrics).expect("metrics"));
    let diagnostic = Diagnostic {
        file: Some("src/components/part.ts".into()),
        line: Some(7),
        column: Some(3),
        ..Diagnostic::new(
            "typescript",
            Level::Error,
            Some("ts2322".into()),
            "Type 'string' is not assignable to type 'Booking'.\n  Type 'string' is no 'Seat'.".to_owned(),
        )
    };
    RunRecord {
        run_id: Uuid::now_v7(),
        branch: "main".into(),
        commit: Some("0123456789abcdef0123456789abcdef01234567".into()),
        recorded_at: at,
        build,
        verdict: Some(Outcome::Warned),
        steps: vec![StepReading { step: "check".into(), completeness: StepOutcome::Errors.into() }],
        found: vec![Found::new("check", diagnostic)],
        variables: None,
    }
}

/// Twenty endpoints over two days.
fn checks(at: DateTime<Utc>) -> Vec<Valid<ApiHealthCheck>> {
    let check = |number: i64| ApiHealthCheck {
        id: Uuid::now_v7(),
        endpoint_path: format!("/api/part/{}", number % 20),
        http_method: HttpMethod::Get,
        expected_status: 200,
        actual_status: Some(200),
        response_time: Some(20.0 + (number % 37) as f64),
        error_message: None,
        status: HealthStatus::Healthy,
        last_checked: at - TimeDelta::minutes(number * 3),
        consecutive_failures: 0,
        environment: Environment::Production,
        deployment_id: None,
    };
    (0..960).map(|number| Valid::new(check(number)).expect("a check")).collect()
}

const ID: &str = "overlay(overlay(gen_random_uuid()::text placing '7' from 15) placing '8' from 20)::uuid";

async fn fill(store: &PostgresStore, past: &mut PgConnection) {
    let at = SystemClock.now();
    store.record(&run(at - TimeDelta::days(200))).await.expect("recorded");
    store.add_api_health(&checks(at)).await.expect("recorded");
    let schema = store.schema();
    let builds = format!(
        "insert into production_build_configs (id, environment, build_command, build_status, build_time, bundle_size, \
         error_count, warning_count, created_at, completed_at, \"commit\", branch, metrics, run_id, sequence, recorded_at, \
         verdict, is_base, steps, loose) \
         select {ID}, environment, build_command, build_status, build_time + n % 7, bundle_size + n, n % 50, n % 90, \
         created_at + n * interval '20 minutes', completed_at + n * interval '20 minutes', \"commit\", branch, metrics, {ID}, \
         n + 1, recorded_at + n * interval '20 minutes', verdict, is_base, steps, loose \
         from production_build_configs, generate_series(1, {BUILDS} - 1) n"
    );
    let errors = format!(
        "insert into production_typescript_errors (id, file_path, line_number, column_number, error_code, error_message, \
         category, severity, status, created_at, resolved_at, tool, level, step, branch, build_id, \"commit\", history) \
         select {ID}, 'src/' || n % 5000 || '.ts', 1 + n % 900, 1, error_code, error_message || n, category, \
         (array['low', 'medium', 'high', 'critical'])[1 + (n % 1000 > 500)::int + (n % 1000 > 900)::int + (n % 1000 > 998)::int], \
         case n % 4 when 0 then 'resolved' when 1 then 'in_progress' else 'identified' end, created_at, \
         case n % 4 when 0 then created_at end, tool, level, step, branch, build_id, \"commit\", history \
         from production_typescript_errors, generate_series(1, {ERRORS} - 1) n"
    );
    for sql in [builds, errors] {
        execute(past, format!("set search_path to {schema}; {sql}")).await;
    }
    // As autovacuum does.
    execute(past, "vacuum analyze".to_owned()).await;
}

/// The program, serving.
struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

impl Server {
    fn start(folder: &std::path::Path, url: &str, schema: &str) -> Self {
        let yaml = format!(
            "default-branch: main\nstore: {{ kind: postgres, url: \"${{DB}}\", schema: {schema}, retention: {{ deployments: {{ count: 100000 }} }} }}\n\
             serve: {{ rate-limit: 1000000, webhooks: {{ generic: \"${{SECRET}}\" }} }}\n"
        );
        std::fs::write(folder.join("shipgate.yml"), yaml).expect("a configuration");
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let mut command = Command::new(env!("CARGO_BIN_EXE_shipgate"));
        command.arg("-C").arg(folder).args(["--quiet", "serve", "--listen", &format!("127.0.0.1:{port}")]);
        let child = command.env("DB", url).env("SECRET", SECRET).stdout(Stdio::null()).spawn().expect("the program");
        let server = Self { child, port };
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// Resident memory in MB.
    fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("its status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1000.0
    }

    /// How long an answer took and how many bytes it had, headers and all.
    fn page(&self, path: &str) -> (f64, usize) {
        let begun = Instant::now();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        let head =
            format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
        (begun.elapsed().as_secs_f64() * 1000.0, answer.len())
    }

    fn pages(&self, path: &str) {
        let (first, bytes) = self.page(path);
        let mut times: Vec<f64> = (0..PAGES).map(|_| self.page(path).0).collect();
        times.sort_by(f64::total_cmp);
        println!(
            "  {path}: {:.1} ms, the slowest of {PAGES} {:.1} ms, the very first {first:.1} ms; {:.1} kB on the wire",
            times[PAGES / 2],
            times[PAGES - 1],
            bytes as f64 / 1000.0
        );
    }
}

fn delivery(number: u64) -> Vec<u8> {
    let body =
        json!({ "delivery": format!("d-{number}"), "platform": "script", "id": format!("dep-{}", number % DEPLOYMENTS),
        "status": "deploying", "commit": "0123456789abcdef0123456789abcdef01234567", "url": "https://app.example.com",
        "at": "2026-11-01T10:00:00Z" })
        .to_string();
    let time = SystemClock.now().timestamp();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
    mac.update(format!("{time}.{body}").as_bytes());
    let hex = mac.finalize().into_bytes().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    format!(
        "POST /webhooks/generic HTTP/1.1\r\nhost: 127.0.0.1\r\nx-shipgate-timestamp: {time}\r\n\
         x-shipgate-signature: sha256={hex}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Sends one after the other on one connection.
fn send(port: u16, next: &AtomicU64, acknowledged: &AtomicU64, until: Instant) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    stream.set_nodelay(true).expect("a socket");
    let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
    while Instant::now() < until {
        stream.write_all(&delivery(next.fetch_add(1, Ordering::Relaxed))).expect("sent");
        let (mut line, mut status, mut length) = (String::new(), String::new(), 0);
        while reader.read_line(&mut line).expect("an answer") > 2 {
            if status.is_empty() {
                status.clone_from(&line);
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
            line.clear();
        }
        assert!(status.contains(" 202 "), "{status}");
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("a body");
        acknowledged.fetch_add(1, Ordering::Relaxed);
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark run by hand is steered by the environment")]
fn intake_time() -> Duration {
    let seconds = std::env::var("SHIPGATE_BENCH_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(90))
}

fn intake(server: &Server, url: &str, schema: &str) {
    let time = intake_time();
    let (next, acknowledged) = (AtomicU64::new(0), AtomicU64::new(0));
    let begun = Instant::now();
    let mut memory = Vec::new();
    std::thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| send(server.port, &next, &acknowledged, begun + time));
        }
        while begun.elapsed() < time {
            std::thread::sleep(Duration::from_secs(1));
            memory.push(server.memory());
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    let acknowledged = acknowledged.load(Ordering::Relaxed);
    let kept = now(async {
        let mut past = PgConnection::connect(url).await.expect("a connection");
        count(&mut past, format!("select count(*) from {schema}.production_webhook_deliveries")).await
    });
    assert_eq!(kept.unsigned_abs(), acknowledged, "what was acknowledged is there");
    let rate = acknowledged as f64 / seconds;
    let alone = alone(url, schema);
    println!("  {acknowledged} acknowledged in {seconds:.0} s: {rate:.0} a second, all of them in the table");
    println!(
        "  one commit a delivery, on a connection of its own: {alone:.0} a second, ours is {:.1} times that",
        rate / alone
    );
    let shown: Vec<String> = memory.iter().skip(WARM).step_by(5).map(|it| format!("{it:.1}")).collect();
    println!("  memory every 5 s, in MB: {}", shown.join(", "));
    let growth = Growth::of(&memory[WARM.min(memory.len())..]);
    let per_million = growth.slope / rate * 1e6;
    println!(
        "  first third {:.1} MB, last third {:.1} MB: {:.2} times that, at most {FLAT} is flat; least squares: {per_million:+.1} MB a million deliveries",
        growth.first,
        growth.last,
        growth.last / growth.first,
    );
}

/// How a measure that is taken every second grows.
struct Growth {
    /// On average over the first and the last third.
    first: f64,
    last: f64,
    /// By least squares, in a second.
    slope: f64,
}

impl Growth {
    fn of(samples: &[f64]) -> Self {
        let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
        let third = samples.len() / 3;
        let (middle, average) = ((samples.len() - 1) as f64 / 2.0, mean(samples));
        let beside = samples.iter().enumerate().map(|(at, it)| (at as f64 - middle, it - average));
        let (above, below) = beside.fold((0.0, 0.0), |(above, below), (x, y)| (above + x * y, below + x * x));
        Self { first: mean(&samples[..third]), last: mean(&samples[samples.len() - third..]), slope: above / below }
    }
}

/// Rows a second where each is committed by itself.
fn alone(url: &str, schema: &str) -> f64 {
    now(async {
        let mut past = PgConnection::connect(url).await.expect("a connection");
        let begun = Instant::now();
        let mut rows = 0_u32;
        while begun.elapsed() < Duration::from_secs(2) {
            let sql = format!(
                "insert into {schema}.production_webhook_deliveries (provider, delivery_id, received_at, sighting, processed_at) \
                 values ('alone', '{rows}', now(), '{{}}', now())"
            );
            execute(&mut past, sql).await;
            rows += 1;
        }
        f64::from(rows) / begun.elapsed().as_secs_f64()
    })
}

fn main() {
    // `cargo test --benches` runs this binary to see that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let (place, schema) = (Place::Newest, fresh_schema());
    let url = place.url();
    let store = PostgresStore::new(place.address(), &schema).expect("a store");
    now(async {
        let mut past = PgConnection::connect(&url).await.expect("a connection");
        // The tests' servers forget what a crash takes; this one does not.
        for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
            execute(&mut past, format!("alter system set {setting} = on")).await;
        }
        execute(&mut past, "select pg_reload_conf()".to_owned()).await;
        store.migrate().await.expect("tables");
        let begun = Instant::now();
        fill(&store, &mut past).await;
        println!("{ERRORS} errors and {BUILDS} builds, made in {:.0} s", begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        let sql = "select level, severity, count(*) from production_typescript_errors where branch = 'main' and status <> 'resolved' group by 1, 2";
        execute(&mut past, format!("set search_path to {schema}; {sql}")).await;
        println!("  counting them once, which the page does not: {:.0} ms", begun.elapsed().as_secs_f64() * 1000.0);
    });
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path(), &url, &schema);
    std::thread::sleep(Duration::from_secs(3));
    println!("at rest: {:.1} MB", server.memory());
    println!("dashboard:");
    for path in ["/", "/?by=day", "/errors"] {
        server.pages(path);
    }
    println!("  memory after that: {:.1} MB", server.memory());
    println!("webhooks, {SENDERS} senders:");
    intake(&server, &url, &schema);
}
