//! Servers of Postgres that are frozen, killed and started again, and a replica that falls behind.

use crate::workshop::database::Own;
use crate::workshop::{Ran, Workshop, now};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use shipgate::record::{ConnectionStatus, Measured, ServerState};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};
use std::time::{Duration, Instant};

/// A process that does nothing any more, until this is dropped.
struct Frozen(Pid);

impl Frozen {
    fn new(pid: i32) -> Self {
        let pid = Pid::from_raw(pid);
        kill(pid, Signal::SIGSTOP).unwrap();
        Self(pid)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        let _gone = kill(self.0, Signal::SIGCONT);
    }
}

fn project(more: &str) -> Workshop {
    Workshop::configured(&format!(
        "steps: [{{ name: check, run: \"true\", format: exit-status }}]\n\
         databases:\n  main: {{ url: \"${{MAIN_URL}}\", warm-up: 0, samples: 1{more}\n"
    ))
}

const SLEEPING: &str = ", query: select pg_sleep(20), timeout: 2s }";

/// The answer of a server to one question.
fn asked(server: &Own, sql: &str) -> Option<String> {
    now(async {
        let options: PgConnectOptions = server.url().parse().unwrap();
        let mut connection = PgConnection::connect_with(&options.application_name("test")).await.unwrap();
        let row = sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(false).fetch_optional(&mut connection).await;
        let answer = row.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let answer = answer.and_then(|row| row.try_get::<Option<String>, _>(0).unwrap());
        connection.close().await.unwrap();
        answer
    })
}

fn execute(server: &Own, sql: &str) {
    now(async {
        let options: PgConnectOptions = server.url().parse().unwrap();
        let mut connection = PgConnection::connect_with(&options).await.unwrap();
        connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await.unwrap();
        connection.close().await.unwrap();
    });
}

fn wait_for(mut there: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !there() {
        assert!(begun.elapsed() < Duration::from_mins(2), "what was waited for never came");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The process that answers a check's query.
const ASLEEP: &str = "select pid::text from pg_stat_activity where query = 'select pg_sleep(20)' and state = 'active'";

#[track_caller]
fn says(ran: &Ran, status: i32, words: &[&str]) {
    let said = ran.said().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(ran.status, Some(status), "{}", ran.said());
    for words in words {
        assert!(said.contains(words), "`{words}` is not in:\n{}", ran.said());
    }
}

#[test]
fn a_server_that_freezes_is_given_up_in_time_and_one_that_is_killed_has_failed_until_it_is_back() {
    let server = Own::start();
    let workshop = project(SLEEPING);
    let check = || workshop.shipgate(&["check", "database"]).env("MAIN_URL", server.url());
    let asleep = || {
        let mut pid = None;
        wait_for(|| {
            pid = asked(&server, ASLEEP);
            pid.is_some()
        });
        pid.unwrap().parse().unwrap()
    };

    // In the middle of the query: its own limit cannot end it, so ours does.
    let running = check().start();
    let frozen = Frozen::new(asleep());
    let ran = running.end();
    says(&ran, 1, &["`main` has failed (query)", "did not end in time"]);
    assert!(ran.seconds < 10.0, "{}", ran.seconds);
    drop(frozen);

    // Before anybody is let in: the system takes the connection, and nobody comes.
    let frozen = Frozen::new(server.pid());
    let ran = check().ends();
    says(&ran, 1, &["`main` has failed (auth)", "no connection within 2 s"]);
    assert!(ran.seconds < 10.0, "{}", ran.seconds);
    drop(frozen);

    let running = check().start();
    let _pid: i32 = asleep();
    server.control(&["stop", "-m", "immediate"]);
    let ran = running.end();
    says(&ran, 1, &["`main` has failed (query)", "the connection to", "broke"]);
    assert!(ran.seconds < 10.0, "{}", ran.seconds);
    says(&check().ends(), 1, &["`main` has failed (connect)", "refused"]);

    workshop.put("shipgate.yml", workshop.read("shipgate.yml").replace("pg_sleep(20)", "1"));
    server.control(&["start", "-w", "-l", "/dev/null"]);
    says(&check().ends(), 0, &["1 healthy"]);
}

/// What a check finds of a server.
fn state(server: &Own) -> ServerState {
    let gate = project(" }").gate().env("MAIN_URL", server.url()).ends();
    let check = &gate.report().databases.as_ref().unwrap().checks[0];
    assert_eq!(check.record.connection_status, ConnectionStatus::Connected, "{}", gate.said());
    check.server.clone().unwrap()
}

fn lag(server: &Own) -> f64 {
    match state(server).replication_lag {
        Measured::Known(seconds) => seconds,
        other => panic!("{other:?}"),
    }
}

#[test]
fn how_far_a_replica_is_behind_is_known_from_both_ends() {
    let (primary, replica) = Own::pair();
    let replayed = || {
        // What was inserted, not what was written: commits are not waited for.
        let at = asked(&primary, "select pg_current_wal_insert_lsn()::text").unwrap();
        wait_for(|| {
            asked(&replica, &format!("select (pg_last_wal_replay_lsn() >= '{at}')::text")).as_deref() == Some("true")
        });
    };
    wait_for(|| asked(&primary, "select state from pg_stat_replication").as_deref() == Some("streaming"));
    execute(&primary, "create table seen (at timestamptz default now()); insert into seen default values");
    replayed();
    let is_near = || wait_for(|| lag(&primary) < 1.0 && lag(&replica) < 1.0);
    is_near();

    execute(&replica, "select pg_wal_replay_pause()");
    wait_for(|| asked(&replica, "select pg_get_wal_replay_pause_state()").as_deref() == Some("paused"));
    execute(&primary, "insert into seen default values");
    // The replica tells the primary of itself every second.
    wait_for(|| lag(&replica) > 3.0);
    wait_for(|| lag(&primary) > 1.0);
    let limited = project(" }\nthresholds: { replication-lag: 1s }");
    for server in [&primary, &replica] {
        let ran = limited.shipgate(&["check", "database"]).env("MAIN_URL", server.url()).ends();
        says(&ran, 1, &["`replication-lag` is", "at most 1s"]);
    }
    execute(&replica, "select pg_wal_replay_resume()");
    replayed();
    is_near();

    // What a role may not see of the others is said to be so, and its own lag a replica tells everybody.
    execute(&primary, "create role plain login password 'only-for-tests'");
    replayed();
    for (server, words) in [(&primary, "replication lag unknown"), (&replica, "1 healthy")] {
        let whole = server.url();
        let url = format!("postgres://plain:only-for-tests@{}", whole.rsplit('@').next().unwrap());
        says(&project(" }").shipgate(&["check", "database"]).env("MAIN_URL", url).ends(), 0, &[words]);
    }
}
