//! Recording 100,000 errors: in files, and in a real Postgres beside `COPY` of the same rows into the
//! same table, in turn, in one run.
//!
//! `cargo bench --bench store`: medians. The goals: files under 2 s, Postgres at most 3 times `COPY`.

#![expect(clippy::print_stdout, reason = "a benchmark shows its figures")]
#![cfg(unix)]

#[expect(dead_code, clippy::unwrap_used, reason = "the tests' servers; a benchmark needs some of them")]
#[path = "../tests/it/workshop/database.rs"]
mod database;

use chrono::{DateTime, Utc};
use database::{Place, fresh_schema};
use futures_util::TryStreamExt as _;
use shipgate::diagnostic::{Diagnostic, Level};
use shipgate::gate::StepOutcome;
use shipgate::record::{BuildConfiguration, BuildStatus, Environment};
use shipgate::store::{JsonStore, PostgresStore, RunRecord, Store};
use shipgate::track::{Found, StepReading};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use std::time::{Duration, Instant};
use uuid::Uuid;

const ERRORS: u32 = 100_000;
const FILES: u32 = 2_000;
const ROUNDS: usize = 5;

/// Where npm keeps what it has downloaded for these tests.
const NPM_CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/npm-cache");

const TABLE: &str = "production_typescript_errors";
const COLUMNS: &str = "id, file_path, line_number, column_number, error_code, error_message, category, severity, status, \
                       resolution_notes, created_at, resolved_at, tool, level, step, branch, build_id, commit, last_seen, history";

fn now<T>(answer: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(answer)
}

fn run(at: DateTime<Utc>) -> RunRecord {
    let mut build = BuildConfiguration::pending(Uuid::now_v7(), Environment::Production, "npm run build".into(), at);
    build.transition(BuildStatus::Building, at).expect("it begins");
    build.transition(BuildStatus::Success, at).expect("it ends");
    let found = (0..ERRORS).map(|number| {
        let message =
            format!("Type 'string' is not assignable to type 'Booking{number}'.\n  Type '{number}' is no 'Seat'.");
        let diagnostic = Diagnostic {
            file: Some(format!("src/components/part-{}.ts", number % FILES)),
            line: Some(1 + number / FILES * 7),
            column: Some(1 + number % 80),
            ..Diagnostic::new("typescript", Level::Error, Some("ts2322".into()), message)
        };
        Found::new("check", diagnostic)
    });
    RunRecord {
        run_id: Uuid::now_v7(),
        branch: "main".into(),
        commit: Some("0123456789abcdef0123456789abcdef01234567".into()),
        recorded_at: at,
        build,
        verdict: None,
        steps: vec![StepReading { step: "check".into(), completeness: StepOutcome::Errors.into() }],
        found: found.collect(),
        variables: None,
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

async fn timed<T>(work: impl Future<Output = T>) -> Duration {
    let begin = Instant::now();
    work.await;
    begin.elapsed()
}

fn main() {
    // `cargo test --benches` runs this binary to see that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let at = DateTime::from_timestamp(1_795_000_000, 0).expect("a time");
    now(async {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let folder = tempfile::tempdir().expect("a folder");
            let store = JsonStore::new(folder.path());
            let run = run(at);
            first.push(timed(async { store.record(&run).await.expect("recorded") }).await);
            let again = RunRecord { run_id: Uuid::now_v7(), ..self::run(at) };
            second.push(timed(async { store.record(&again).await.expect("recorded") }).await);
        }
        println!("files: {ERRORS} new errors {:?}, the same again {:?}", median(first), median(second));
    });
    for place in [Place::Oldest, Place::Newest] {
        // The server starts on a runtime of its own.
        let url = place.url();
        now(in_database(place, &url, at));
    }
}

async fn in_database(place: Place, url: &str, at: DateTime<Utc>) {
    let (mut recorded, mut again, mut copied) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let schema = fresh_schema();
        let store = PostgresStore::new(place.address(), &schema).expect("a schema");
        store.migrate().await.expect("tables");
        let run = run(at);
        recorded.push(timed(async { store.record(&run).await.expect("recorded") }).await);
        let same = RunRecord { run_id: Uuid::now_v7(), ..self::run(at) };
        again.push(timed(async { store.record(&same).await.expect("recorded") }).await);

        let mut connection = PgConnection::connect(url).await.expect("a connection");
        let out = format!("copy (select {COLUMNS} from {schema}.{TABLE}) to stdout");
        let rows = connection.copy_out_raw(&out).await.expect("rows");
        let rows: Vec<_> = rows.try_collect().await.expect("rows");
        let rows = rows.concat();
        execute(&mut connection, format!("truncate {schema}.{TABLE}")).await;
        let into = format!("copy {schema}.{TABLE} ({COLUMNS}) from stdin");
        copied.push(
            timed(async {
                execute(&mut connection, "begin".to_owned()).await;
                let mut copying = connection.copy_in_raw(&into).await.expect("copy");
                copying.send(rows.as_slice()).await.expect("copy");
                copying.finish().await.expect("copy");
                execute(&mut connection, "commit".to_owned()).await;
            })
            .await,
        );
        execute(&mut connection, format!("drop schema {schema} cascade")).await;
    }
    let (recorded, again, copied) = (median(recorded), median(again), median(copied));
    println!(
        "{place:?} Postgres: {ERRORS} new errors {recorded:?}, COPY of the same rows {copied:?}: {:.2} times; the same \
         errors again {again:?}",
        recorded.as_secs_f64() / copied.as_secs_f64()
    );
}

async fn execute(connection: &mut PgConnection, sql: String) {
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.expect("a statement");
}
