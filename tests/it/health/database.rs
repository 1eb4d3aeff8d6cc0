//! `shipgate check database`, and the same in `run`, against real servers, poolers and what goes wrong with them.

use super::server::{free_port, silent};
use crate::workshop::database::{PASSWORD, Place, USER, fresh_schema};
use crate::workshop::{Ran, Workshop, now};
use shipgate::gate::{Outcome, ReasonKind};
use shipgate::record::{ConnectionPhase, ConnectionStatus, HealthStatus, Measured, QueryStatus};
use shipgate::store::postgres::known_version;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};
use std::time::Duration;

/// A project that has one step and one database.
fn project(keys: &str, more: &str) -> Workshop {
    Workshop::configured(&format!(
        "steps: [{{ name: check, run: \"true\", format: exit-status }}]\n\
         databases:\n  main: {{ url: \"${{MAIN_URL}}\"{keys} }}\n{more}"
    ))
}

/// `check database` of one database; says nothing of a password.
#[track_caller]
fn check(url: &str, keys: &str, more: &str) -> Ran {
    let ran = project(keys, more).shipgate(&["check", "database"]).env("MAIN_URL", url).ends();
    for part in [PASSWORD, "p@ss", "p%40ss", "w%2Fo"] {
        assert!(!ran.said().contains(part), "{}", ran.said());
    }
    ran
}

#[track_caller]
fn says(ran: &Ran, status: i32, words: &[&str]) {
    let said = ran.said().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(ran.status, Some(status), "{}", ran.said());
    for words in words {
        assert!(said.contains(words), "`{words}` is not in:\n{}", ran.said());
    }
}

async fn raw(place: Place) -> PgConnection {
    let options: PgConnectOptions = place.url().parse().unwrap();
    PgConnection::connect_with(&options.application_name("test")).await.unwrap()
}

fn execute(place: Place, sql: &str) {
    now(async {
        let mut connection = raw(place).await;
        connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await.unwrap_or_else(|error| {
            panic!("{sql}: {error}");
        });
        connection.close().await.unwrap();
    });
}

fn number(place: Place, sql: &str) -> i64 {
    now(async {
        let mut connection = raw(place).await;
        let row = sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(false).fetch_one(&mut connection).await;
        row.unwrap_or_else(|error| panic!("{sql}: {error}")).get(0)
    })
}

/// A role that may log in and nothing else.
fn role(place: Place, options: &str) -> String {
    let name = format!("role_of_{}", fresh_schema());
    execute(place, &format!("create role {name} login password 'only-for-tests' {options}"));
    name
}

fn url_of(place: Place, role: &str) -> String {
    place.url_of(role, "only-for-tests", "sslmode=disable")
}

#[test]
fn a_database_that_is_well_is_so_directly_and_through_poolers_of_both_modes() {
    for place in [Place::Oldest, Place::Newest, Place::Pooler, Place::SessionPooler] {
        let ran = check(&place.url(), ", samples: 20, warm-up: 2", "");
        says(
            &ran,
            0,
            &["Databases 1 healthy", "ms in 20", "dns ", "connect ", "log in ", " connections", "in the clear"],
        );
        assert!(!ran.stdout.contains("unknown"), "the owner sees everything: {}", ran.stdout);
    }
}

#[test]
fn a_check_opens_one_session_and_leaves_none() {
    let place = Place::Newest;
    let name = role(place, "connection limit 1");
    for _ in 0..3 {
        says(&check(&url_of(place, &name), "", ""), 0, &["1 healthy"]);
    }
    let sessions = format!("select count(*) from pg_stat_activity where usename = '{name}'");
    let begun = std::time::Instant::now();
    // It was told, and takes a moment to be gone.
    while number(place, &sessions) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "a session was left");
    }
}

#[test]
fn what_it_finds_is_in_the_report_and_in_the_records() {
    let workshop = project(", exposure: false", "");
    let gate = workshop.gate_with(&["--record"]).env("MAIN_URL", Place::Oldest.url()).ends();
    gate.is(Outcome::Passed);
    let databases = gate.report().databases.as_ref().unwrap();
    let check = &databases.checks[0];
    assert_eq!(check.record.connection_status, ConnectionStatus::Connected);
    assert_eq!(check.record.query_test_status, QueryStatus::Success);
    assert_eq!((check.record.host.as_str(), check.record.database_name.as_str()), ("localhost", "postgres"));
    let server = check.server.as_ref().unwrap();
    assert!(server.version.starts_with("15."), "{}", server.version);
    let connections = server.connections.known().unwrap();
    // `max_connections = 60`, three of them for superusers.
    assert_eq!((connections.limit, connections.used > 0), (57, true));
    assert_eq!(check.record.connection_pool_size.map(std::num::NonZeroU32::get), Some(connections.used));
    assert_eq!((&server.replication_lag, &server.exposures), (&Measured::Absent, &Measured::Absent));
    let (min, max) = (check.phases.query_min.unwrap(), check.phases.query_max.unwrap());
    let average = check.record.average_query_time.unwrap();
    assert!(min <= average && average <= max && min > 0.0, "{min} {average} {max}");
    let said = format!("{}{}", gate.said(), workshop.read(".shipgate/database_health.json"));
    assert!(!said.contains("p@ss") && !said.contains("p%40ss"), "{said}");

    let last = workshop.shipgate(&["check", "database", "--last"]).ends();
    says(&last, 0, &["1 healthy", "main", "at 20"]);
    let none = project("", "").shipgate(&["check", "database", "--last"]).ends();
    says(&none, 3, &["no check of the environment `production` is recorded", "check database --record"]);
}

#[test]
fn each_phase_that_fails_has_its_name_its_status_and_a_way_out() {
    let place = Place::Newest;
    let closed = format!("postgres://u:p@127.0.0.1:{}/x?sslmode=disable", free_port());
    let ran = check(&closed, "", "");
    says(&ran, 1, &["`main` has failed (connect)", "refused", "check host and port"]);
    assert!(!ran.stdout.contains("pending-migrations"), "{}", ran.stdout);
    // A limit on what could not be found out leaves the answer open, were it not for the failure.
    let limits = "thresholds: { failed-databases: off, query-time: 1s }\n";
    says(&check(&closed, "", limits), 3, &["`query-time` is unknown"]);
    let nowhere = "postgres://u:p@no-such-host.invalid/x";
    says(&check(nowhere, "", ""), 1, &["`main` has failed (dns)", "is not found"]);
    says(&check(&place.url_of(USER, "wrong", "sslmode=disable"), "", ""), 1, &["(auth)", "refuses user or password"]);
    let elsewhere = place.url().replace("/postgres?", "/nowhere?");
    says(&check(&elsewhere, "", ""), 1, &["(auth)", "does not exist"]);
    let strict = place.url_of(USER, PASSWORD, "sslmode=verify-full");
    says(&check(&strict, "", ""), 1, &["(tls)", "is not trusted", "ca-file"]);
    let ran = check(&place.url(), ", query: select x from no_such_table", "");
    says(&ran, 1, &["(query)", "no_such_table", "42P01", "correct `query`"]);
}

#[test]
fn a_certificate_is_verified_by_the_authority_that_is_named() {
    let place = Place::Newest;
    let workshop = project(", ca-file: ca.crt", "").with("ca.crt", std::fs::read(place.ca_file()).unwrap());
    let url = place.url_of(USER, PASSWORD, "sslmode=verify-full");
    let ran = workshop.shipgate(&["check", "database"]).env("MAIN_URL", url).ends();
    says(&ran, 0, &["1 healthy", "TLS, verified"]);
}

#[test]
fn a_server_that_takes_connections_and_never_answers_is_given_up_in_time() {
    let server = silent();
    let port = server.local_addr().unwrap().port();
    for (mode, phase) in [("verify-full", "(tls)"), ("disable", "(auth)")] {
        let url = format!("postgres://u:p@127.0.0.1:{port}/x?sslmode={mode}");
        let ran = check(&url, ", timeout: 700ms", "");
        says(&ran, 1, &[phase, "did not answer in time", "no connection within 0.7 s"]);
        assert!(ran.seconds < 5.0, "{}", ran.seconds);
    }
}

#[test]
fn a_server_without_a_connection_left_says_so() {
    let place = Place::Oldest;
    let name = role(place, "connection limit 1");
    let url = url_of(place, &name);
    now(async {
        let options: PgConnectOptions = url.parse().unwrap();
        let held = PgConnection::connect_with(&options).await.unwrap();
        says(&check(&url, "", ""), 1, &["(auth)", "has no connection left", "53300"]);
        held.close().await.unwrap();
    });
}

#[test]
fn a_server_that_ends_the_connection_in_the_middle_has_failed_in_the_query() {
    let place = Place::Newest;
    let name = role(place, "");
    let workshop = project(", query: select pg_sleep(20), warm-up: 0, samples: 1, timeout: 30s", "");
    let running = workshop.shipgate(&["check", "database"]).env("MAIN_URL", url_of(place, &name)).start();
    let ended = format!(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity \
         where usename = '{name}' and query like '%pg_sleep%' and state = 'active'"
    );
    running.wait_for(|| number(place, &ended) > 0);
    let ran = running.end();
    says(&ran, 1, &["`main` has failed (query)", "the connection to", "broke", "57P01"]);
    assert!(ran.seconds < 15.0, "{}", ran.seconds);
}

#[test]
fn a_role_without_rights_will_do_and_what_it_may_not_see_is_never_taken_for_nothing() {
    let place = Place::Newest;
    let url = url_of(place, &role(place, ""));
    says(&check(&url, "", ""), 0, &["1 healthy", "connections", "long transactions unknown", "pg_read_all_stats"]);
    let limit = "thresholds: { long-transactions: 0 }\n";
    says(&check(&url, "", limit), 3, &["long-transactions", "may not see other sessions"]);
    execute(place, "create table if not exists kept_from_roles (x int)");
    let ran = check(&url, ", query: select * from kept_from_roles", "");
    says(&ran, 1, &["(query)", "is not allowed", "42501", "grant the role what the query reads"]);
    // The owner sees all, and there is nothing.
    says(&check(&place.url(), "", "thresholds: { replication-lag: 5s }\n"), 0, &["1 healthy"]);
}

#[test]
fn a_check_may_only_read_and_ends_in_time() {
    let place = Place::Oldest;
    let table = format!("written_by_{}", fresh_schema());
    execute(place, &format!("create table {table} (x int)"));
    let ran = check(&place.url(), &format!(", query: insert into {table} values (1)"), "");
    says(&ran, 1, &["(query)", "writes", "25006", "give it a `select`"]);
    assert_eq!(number(place, &format!("select count(*) from {table}")), 0);
    let ran = check(&place.url(), ", query: select pg_sleep(9), timeout: 2s", "");
    says(&ran, 1, &["(query)", "did not end in time", "give it more time"]);
    assert!(ran.seconds < 8.0, "{}", ran.seconds);
}

#[test]
fn a_slow_query_is_a_warning_and_a_limit_on_its_time_is_a_limit() {
    let place = Place::Oldest;
    let slow = ", query: select pg_sleep(0.05), samples: 2, slow-after: 20ms";
    says(&check(&place.url(), slow, ""), 0, &["1 slow", "`main` is slow", "at most 20 ms"]);
    says(&check(&place.url(), slow, "thresholds: { slow-databases: 0 }\n"), 1, &["1 slow"]);
    let limited = "thresholds: { query-time: 10ms }\n";
    says(&check(&place.url(), ", query: select pg_sleep(0.05)", limited), 1, &["`query-time` is 5", "at most 10ms"]);
    says(&check(&place.url(), "", "thresholds: { pool-use: 100% }\n"), 0, &["1 healthy"]);
    says(&check(&place.url(), "", "thresholds: { pool-use: 0.5% }\n"), 1, &["`pool-use` is"]);
}

#[test]
fn long_transactions_and_waits_for_locks_are_seen() {
    let place = Place::Oldest;
    let table = format!("locked_{}", fresh_schema());
    execute(place, &format!("create table {table} (x int)"));
    now(async {
        let mut holder = raw(place).await;
        let lock = format!("begin; lock table {table} in access exclusive mode");
        holder.execute(sqlx::raw_sql(AssertSqlSafe(lock))).await.unwrap();
        let mut waiter = raw(place).await;
        let wait = format!("select * from {table}");
        let waiting = tokio::spawn(async move { waiter.execute(AssertSqlSafe(wait)).await.map(|_| ()) });
        tokio::time::sleep(Duration::from_secs(1)).await;
        let keys = ", long-transaction-after: 100ms";
        let limits = "thresholds: { long-transactions: 0, lock-waits: 0 }\n";
        let ran = tokio::task::spawn_blocking(move || check(&place.url(), keys, limits)).await.unwrap();
        says(&ran, 1, &["long transaction", "lock wait", "`long-transactions` is", "`lock-waits` is"]);
        holder.execute("rollback").await.unwrap();
        waiting.await.unwrap().unwrap();
    });
}

#[test]
fn tables_of_shipgates_own_that_are_to_be_made_are_counted() {
    let place = Place::Newest;
    let schema = fresh_schema();
    let store = format!("store: {{ kind: postgres, url: \"${{MAIN_URL}}\", schema: {schema} }}\n");
    assert!(!check(&place.url(), "", &store).stdout.contains("pending"), "there are none at all");
    execute(place, &format!("create schema {schema}; create table {schema}.production_migrations (version bigint)"));
    let ran = check(&place.url(), "", &store);
    let pending = format!("{} pending migrations", known_version());
    says(&ran, 0, &[&pending, "`pending-migrations` is", "shipgate store migrate"]);
    // One who may not read them learns that he may not.
    let url = url_of(place, &role(place, ""));
    says(&check(&url, "", &store), 0, &["pending migrations unknown", "permission denied"]);
}

#[test]
fn what_supabases_data_api_shows_to_everybody_is_listed_with_the_sql_that_mends_it() {
    let place = Place::Newest;
    let schema = fresh_schema();
    let name = role(place, "");
    for role in ["anon", "authenticated"] {
        execute(
            place,
            &format!(
                "do $$ begin create role {role}; exception when duplicate_object or unique_violation then null; end $$"
            ),
        );
    }
    execute(
        place,
        &format!(
            "create schema {schema}; grant usage on schema {schema} to anon, {name}; \
             create table {schema}.\"Open Orders\" (x int); grant select, insert on {schema}.\"Open Orders\" to anon; \
             create table {schema}.closed (x int); alter table {schema}.closed enable row level security; \
             grant all on {schema}.closed to anon; \
             create table {schema}.dormant (x int); revoke all on {schema}.dormant from anon, authenticated; \
             create view {schema}.peep as select * from {schema}.closed; grant select on {schema}.peep to anon; \
             create view {schema}.modest with (security_invoker = on) as select * from {schema}.closed; \
             grant select on {schema}.modest to anon; \
             create materialized view {schema}.copy as select * from {schema}.closed; grant select on {schema}.copy to anon; \
             alter role {name} set pgrst.db_schemas = 'nowhere, {schema}'"
        ),
    );
    let ran = check(&url_of(place, &name), ", exposure: true", "");
    let relation = |name: &str| format!("`{schema}.{name}` of `main`:");
    says(
        &ran,
        1,
        &[
            "Exposed 4",
            &format!("{} row-level security is off, and `anon` may select, insert", relation("\"Open Orders\"")),
            &format!("`alter table {schema}.\"Open Orders\" enable row level security;`"),
            &format!("{} row-level security is off; nothing is granted", relation("dormant")),
            &format!("{} it shows what its owner may see, and `anon` may select", relation("peep")),
            &format!("{} it can have no row-level security, and", relation("copy")),
        ],
    );
    assert!(!ran.stdout.contains(&relation("closed")) && !ran.stdout.contains(&relation("modest")), "{}", ran.stdout);
    says(&check(&url_of(place, &name), "", ""), 0, &["1 healthy"]);
}

#[test]
fn a_database_that_could_not_be_tried_is_never_green() {
    let workshop = project("", "");
    let ran = workshop.shipgate(&["check", "database"]).ends();
    says(&ran, 3, &["`main` could not be checked", "the variable `MAIN_URL` is not set"]);
    let gate = workshop.gate().ends();
    gate.is(Outcome::Inconclusive);
    assert_eq!(gate.reasons(), [ReasonKind::HealthUnknown]);
    for (bad, words) in [
        ("hunter2-is-secret", "relative URL without a base"),
        ("mysql://u:hunter2-is-secret@h/d", "does not begin with `postgres://`"),
        (
            "postgres://postgres:hunter2-is-secret@aws-0-eu-central-1.pooler.supabase.com:6543/postgres",
            "postgres.<project>",
        ),
    ] {
        let ran = workshop.shipgate(&["check", "database"]).env("MAIN_URL", bad).ends();
        says(&ran, 3, &["`main` could not be checked", words]);
        assert!(!ran.said().contains("hunter2"), "{}", ran.said());
    }
    // So many may be.
    says(&check("", "", "thresholds: { unknown-databases: 1 }\n"), 0, &["1 unknown"]);
    let none = Workshop::configured("thresholds: { errors: 0 }\n").shipgate(&["check", "database"]).ends();
    says(&none, 2, &["`shipgate.yml` names no database", "databases: { main:"]);
}

#[test]
fn a_failed_database_fails_the_gate_and_stands_in_every_view() {
    let url = format!("postgres://u:p@127.0.0.1:{}/x?sslmode=disable", free_port());
    let workshop = project("", "");
    let gate = workshop.gate_with(&["--report", "markdown=comment.md"]).env("MAIN_URL", &url).ends();
    gate.is(Outcome::Failed);
    let check = &gate.report().databases.as_ref().unwrap().checks[0];
    assert_eq!((check.status, check.failed_in), (HealthStatus::Failed, Some(ConnectionPhase::Connect)));
    assert_eq!(check.record.connection_status, ConnectionStatus::Disconnected);
    assert_eq!(check.record.query_test_status, QueryStatus::NotTested);
    let comment = workshop.read("comment.md");
    assert!(comment.contains("### Databases") && comment.contains("has failed (connect)"), "{comment}");
}

#[test]
fn checks_that_the_store_does_not_take_wait_in_the_spool() {
    let place = Place::Newest;
    let workshop =
        project("", &format!("store: {{ kind: postgres, url: \"${{RECORDS_URL}}\", schema: {} }}\n", fresh_schema()));
    let away = format!("postgres://u:p@127.0.0.1:{}/x?sslmode=disable", free_port());
    let record = |records: &str| {
        let arguments = ["check", "database", "--record"];
        workshop.shipgate(&arguments).env("MAIN_URL", place.url()).env("RECORDS_URL", records).ends()
    };
    let ran = record(&away);
    says(&ran, 0, &["1 healthy", "1 check could not be recorded", "kept in `.shipgate/spool/"]);
    let made = workshop.shipgate(&["store", "migrate"]).env("RECORDS_URL", place.url()).ends();
    says(&made, 0, &[]);
    says(&record(&place.url()), 0, &["1 check that could not be recorded before are recorded now"]);
    let status = workshop.shipgate(&["store", "status"]).env("RECORDS_URL", place.url()).ends();
    says(&status, 0, &["checks of databases 2", "in the spool 0"]);
}
