//! Checks of what runs: a sweep of 1,000 endpoints beside `wrk`, `oha` and `hurl --parallel`, where they are
//! installed, a database with 20 samples, and a monitor at work; all on loopback, in one run.
//!
//! `cargo bench --bench health`, or one of `-- requests`, `database`, `monitor`: medians. The goals: at most 1.5 times
//! the time of wrk or oha for as many requests at the same concurrency, each with a connection of its own as a check
//! has it, and less than Hurl's (`cargo install --locked oha@1.16.0 hurl@8.0.1`); a database under 50 ms; a monitor of
//! 1,000 endpoints at 10-second intervals under 5 % of a core and 60 MB, 99 of 100 checks within 100 ms of their time.
//! The sweep is measured alone, as wrk's rate is, and as the whole program, which starts, reads its configuration and
//! says what it found, as oha and Hurl are.

#![expect(clippy::print_stdout, reason = "a benchmark shows its figures")]
#![cfg(target_os = "linux")]

#[expect(dead_code, clippy::unwrap_used, reason = "the tests' servers; a benchmark needs some of them")]
#[path = "../tests/it/workshop/database.rs"]
mod database;

use database::Place;
use shipgate::config::api::StatusPattern;
use shipgate::health::api::{Client, Endpoint, Redirects, Request, Settings, sweep};
use shipgate::health::database::{OwnTables, Target, check};
use shipgate::record::{HealthStatus, HttpMethod};
use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use url::Url;

const ENDPOINTS: usize = 1000;
const CONCURRENCY: usize = 100;
const ROUNDS: usize = 7;
const WATCHED: Duration = Duration::from_secs(45);

/// Where npm keeps what it has downloaded for these tests.
const NPM_CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/npm-cache");

fn now<T>(answer: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(answer)
}

/// When each path was asked for.
type Asked = Arc<Mutex<HashMap<String, Vec<Instant>>>>;

/// Answers 200 to everything, on two threads of its own; tells `asked` of each request, where there is one.
fn serve(asked: Option<&Asked>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    for _ in 0..2 {
        let (listener, asked) = (listener.try_clone().expect("a listener"), asked.cloned());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _gone = answer(stream, asked.as_ref());
            }
        });
    }
    port
}

/// One request a connection.
fn answer(mut stream: TcpStream, asked: Option<&Asked>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    while reader.read_line(&mut head)? > 2 {}
    let path = head.split(' ').nth(1).unwrap_or_default();
    if let Some(Ok(mut asked)) = asked.map(|asked| asked.lock()) {
        asked.entry(path.to_owned()).or_default().push(Instant::now());
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
}

fn endpoints(port: u16) -> Vec<Endpoint> {
    let endpoint = |number: usize| {
        let path = format!("/api/{number}");
        let url = Url::parse(&format!("http://127.0.0.1:{port}{path}")).expect("an address");
        Endpoint {
            method: HttpMethod::Get,
            path,
            request: Ok(Request { method: HttpMethod::Get, url, headers: Vec::new(), body: None }),
            statuses: vec![StatusPattern::Exactly(200)],
            must: Vec::new(),
            should: Vec::new(),
            degraded_after: None,
            failed_after: None,
            retries: 0,
            redirects: Redirects::Keep,
        }
    };
    (0..ENDPOINTS).map(endpoint).collect()
}

fn swept(port: u16) -> f64 {
    now(async {
        let settings = Settings { concurrency: CONCURRENCY, per_host: CONCURRENCY, ..Settings::default() };
        let client = Client::new(settings, &BTreeMap::new()).expect("a client");
        let endpoints = endpoints(port).into();
        let begun = Instant::now();
        let found = sweep(client, endpoints, std::future::pending()).await;
        let seconds = begun.elapsed().as_secs_f64();
        assert!(found.iter().all(|it| it.finding == HealthStatus::Healthy), "{:?}", found.first());
        seconds
    })
}

/// Seconds that wrk needs for as many requests, each with a connection of its own.
fn wrk(port: u16) -> Option<f64> {
    let url = format!("http://127.0.0.1:{port}/api/1");
    let connections = format!("-c{CONCURRENCY}");
    let output = Command::new("wrk").args(["-t1", &connections, "-d1s", "-H", "Connection: close", &url]).output();
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    let rate: f64 = text.lines().find_map(|line| line.strip_prefix("Requests/sec:"))?.trim().parse().ok()?;
    Some(ENDPOINTS as f64 / rate)
}

/// Seconds that oha needs as a whole program, which is told how many requests to make.
fn oha(port: u16) -> Option<f64> {
    let url = format!("http://127.0.0.1:{port}/api/1");
    let (requests, connections) = (ENDPOINTS.to_string(), CONCURRENCY.to_string());
    let begun = Instant::now();
    let mut command = Command::new("oha");
    command.args(["--no-tui", "--disable-keepalive", "-n", &requests, "-c", &connections, &url]);
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
    assert!(status.success(), "oha");
    Some(begun.elapsed().as_secs_f64())
}

fn hurl(port: u16) -> Option<f64> {
    let folder = tempfile::tempdir().ok()?;
    let file = |number| folder.path().join(format!("{number}.hurl"));
    for number in 0..ENDPOINTS {
        std::fs::write(file(number), format!("GET http://127.0.0.1:{port}/api/{number}\nHTTP 200\n")).ok()?;
    }
    let jobs = CONCURRENCY.to_string();
    let begun = Instant::now();
    let mut command = Command::new("hurl");
    command.args(["--test", "--parallel", "--jobs", &jobs]).args((0..ENDPOINTS).map(file));
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
    assert!(status.success(), "hurl");
    Some(begun.elapsed().as_secs_f64())
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// A project with all the endpoints.
fn project(port: u16, more: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let list: Vec<String> = (0..ENDPOINTS).map(|number| format!("    - path: /api/{number}\n")).collect();
    let list = list.concat();
    let yaml = format!(
        "api:\n  base-url: http://127.0.0.1:{port}\n  concurrency: {CONCURRENCY}\n  per-host: {CONCURRENCY}\n  \
         endpoints:\n{list}{more}"
    );
    std::fs::write(folder.path().join("shipgate.yml"), yaml).expect("a configuration");
    folder
}

/// The same as the whole program.
fn checked(folder: &std::path::Path) -> f64 {
    let begun = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_shipgate"));
    command.arg("-C").arg(folder).args(["check", "api"]).stdout(Stdio::null());
    assert!(command.status().expect("the program").success());
    begun.elapsed().as_secs_f64()
}

fn requests() {
    let port = serve(None);
    let folder = project(port, "");
    let (mut sweeps, mut programs) = (Vec::new(), Vec::new());
    let (mut wrks, mut ohas, mut hurls) = (Vec::new(), Vec::new(), Vec::new());
    swept(port);
    for _ in 0..ROUNDS {
        sweeps.push(swept(port));
        wrks.extend(wrk(port));
        programs.push(checked(folder.path()));
        ohas.extend(oha(port));
        hurls.extend(hurl(port));
    }
    let others = [("wrk, without its start", median(wrks)), ("oha", median(ohas)), ("hurl --parallel", median(hurls))];
    for (name, ours) in [("the sweep alone", median(sweeps)), ("the whole program", median(programs))] {
        let ours = ours.unwrap_or_default();
        println!("{ENDPOINTS} endpoints, {CONCURRENCY} at a time, {name}: {:.0} ms", ours * 1000.0);
        for (other, theirs) in others {
            match theirs {
                Some(theirs) => {
                    println!("  {other}: {:.0} ms, ours is {:.2} times that", theirs * 1000.0, ours / theirs);
                }
                None => println!("  {other} is not installed"),
            }
        }
    }
}

fn one_database() {
    let target = Target {
        name: "main".to_owned(),
        address: Place::Oldest.address(),
        query: "select 1".to_owned(),
        samples: 20,
        warm_up: 1,
        slow_after: None,
        timeout: Duration::from_secs(10),
        long_transaction_after: Duration::from_mins(5),
        looks_for_exposure: false,
        own_tables: OwnTables { schema: "shipgate".to_owned(), version: 1 },
    };
    let times = (0..=20).map(|_| {
        let begun = Instant::now();
        let found = now(check(&target));
        assert_eq!((found.status, found.samples), (HealthStatus::Healthy, 20), "{found:?}");
        begun.elapsed().as_secs_f64() * 1000.0
    });
    println!("one DatabaseHealth with 20 samples: {:.1} ms", median(times.skip(1).collect()).unwrap_or_default());
}

/// User and system time in seconds, and the most memory in MB.
fn used(pid: u32) -> (f64, f64) {
    let text = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let stat = text("stat");
    let fields: Vec<f64> =
        stat.rsplit(')').next().unwrap_or_default().split(' ').filter_map(|it| it.parse().ok()).collect();
    // utime and stime, the 14th and 15th of proc(5); the state before them is no number.
    let ticks = fields.get(10).zip(fields.get(11)).map_or(0.0, |(user, system)| user + system);
    let status = text("status");
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    (ticks / 100.0, peak.unwrap_or_default() / 1000.0)
}

fn monitor() {
    let asked = Asked::default();
    let port = serve(Some(&asked));
    let folder = project(port, "monitor: { interval: 10s }\n");
    let mut command = Command::new(env!("CARGO_BIN_EXE_shipgate"));
    command.arg("-C").arg(folder.path()).arg("monitor").stdout(Stdio::null());
    let begun = Instant::now();
    let mut child = command.stderr(Stdio::piped()).spawn().expect("the program");
    std::thread::sleep(WATCHED);
    let (seconds, peak) = used(child.id());
    let elapsed = begun.elapsed().as_secs_f64();
    let pid = nix::unistd::Pid::from_raw(child.id().cast_signed());
    let _gone = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
    let said = std::io::read_to_string(child.stderr.take().expect("its words")).unwrap_or_default();
    let _status = child.wait();

    let mut off: Vec<f64> = Vec::new();
    for times in asked.lock().expect("the times").values() {
        let from_first = times
            .iter()
            .enumerate()
            .skip(1)
            .map(|(round, at)| (at.duration_since(times[0]).as_secs_f64() - 10.0 * round as f64).abs() * 1000.0);
        off.extend(from_first);
    }
    off.sort_by(f64::total_cmp);
    let worst = off.get(off.len() * 99 / 100).copied().unwrap_or(f64::NAN);
    println!(
        "monitor, {ENDPOINTS} endpoints every 10 s for {elapsed:.0} s: {:.1} % of a core, {peak:.0} MB at most; as the \
         server saw it, 99 of 100 came within {worst:.0} ms of their time ({} seen)",
        seconds / elapsed * 100.0,
        off.len()
    );
    println!("  {}", said.lines().last().unwrap_or_default());
}

fn main() {
    // One of them by its name, or all; cargo adds options of its own.
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    for (name, measure) in [("requests", requests as fn()), ("database", one_database), ("monitor", monitor)] {
        if wanted.as_ref().is_none_or(|wanted| wanted == name) {
            measure();
        }
    }
}
