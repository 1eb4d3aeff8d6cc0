//! What only a database can do, or do wrong.

use super::tables;
use crate::store::{own_errors, run};
use crate::workshop::database::{PASSWORD, Place, USER, fresh_schema};
use crate::workshop::now;
use shipgate::record::{ErrorStatus, TypeScriptError};
use shipgate::store::postgres::{Address, FailureKind, known_version};
use shipgate::store::{Error, ErrorQuery, PostgresStore, RecordOutcome, Retention, Store};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// A connection past the store.
async fn raw(place: Place) -> PgConnection {
    let options: PgConnectOptions = place.url().parse().unwrap();
    // A pooler refuses what it does not know.
    PgConnection::connect_with(&options.extra_float_digits(None)).await.unwrap()
}

async fn execute(connection: &mut PgConnection, sql: impl Into<String>) {
    let sql = sql.into();
    connection
        .execute(sqlx::raw_sql(AssertSqlSafe(sql.clone())))
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

async fn number(connection: &mut PgConnection, sql: impl Into<String>) -> i64 {
    let sql = sql.into();
    // In one step: between two, a pooler may change the server.
    let row = connection.fetch_one(sqlx::raw_sql(AssertSqlSafe(sql.clone()))).await;
    row.unwrap_or_else(|error| panic!("{sql}: {error}")).get(0)
}

fn schema_of(store: &PostgresStore) -> String {
    let shown = format!("{store:?}");
    shown.rsplit_once("schema ").unwrap().1.trim_end_matches(')').to_owned()
}

#[track_caller]
fn failure(error: Error) -> (FailureKind, String, String) {
    let help = error.help();
    let Error::Postgres(failure) = error else { panic!("{error:?}") };
    assert!(!help.is_empty());
    let text = failure.to_string();
    // Nothing of it, however it is spelled.
    for part in [PASSWORD, "p%40ss", "ss:w/o", "w%2Fo"] {
        assert!(!text.contains(part) && !help.contains(part), "{text}\n{help}");
    }
    (failure.kind, text, help)
}

#[test]
fn migrating_twice_and_by_eight_at_once_makes_the_tables_once() {
    for place in Place::ALL {
        now(async {
            let schema = fresh_schema();
            let tries: Vec<_> = (0..8)
                .map(|_| {
                    let store = PostgresStore::new(place.address(), &schema).unwrap();
                    tokio::spawn(async move { store.migrate().await.unwrap() })
                })
                .collect();
            let mut made = 0;
            for one in tries {
                let done = one.await.unwrap();
                made += usize::from(done.from == 0);
                assert_eq!(done.to, known_version());
            }
            assert_eq!(made, 1, "{place:?}");
            let store = PostgresStore::new(place.address(), &schema).unwrap();
            assert_eq!(store.migrate().await.unwrap().from, known_version());
            store.record(&run(1, own_errors(1))).await.unwrap();
        });
    }
}

#[test]
fn without_tables_or_with_newer_ones_nothing_is_read_and_nothing_written() {
    now(async {
        let place = Place::Newest;
        let store = place.empty_store();
        let (kind, text, help) = failure(store.base("main").await.unwrap_err());
        assert_eq!(kind, FailureKind::NotMigrated, "{text}");
        assert!(help.contains("shipgate store migrate"));

        let store = tables(place, Retention::default()).await;
        let schema = schema_of(&store);
        let mut past = raw(place).await;
        execute(&mut past, format!("insert into {schema}.production_migrations values (99, 'x', 'y')")).await;
        for error in [
            store.base("main").await.unwrap_err(),
            store.record(&run(1, own_errors(1))).await.unwrap_err(),
            store.migrate().await.unwrap_err(),
        ] {
            assert!(matches!(error, Error::Newer { found: 99, .. }), "{error}");
            assert!(error.help().contains("update shipgate"));
        }
        assert_eq!(number(&mut past, format!("select count(*) from {schema}.production_build_configs")).await, 0);
    });
}

#[test]
fn every_table_has_row_level_security_and_nobody_is_granted_anything() {
    for place in [Place::Oldest, Place::Newest] {
        now(async {
            let mut past = raw(place).await;
            // As Supabase has them, with what it used to grant on everything new.
            for role in ["anon", "authenticated", "service_role"] {
                execute(
                    &mut past,
                    format!(
                        "do $$ begin if not exists (select from pg_roles where rolname = '{role}') then \
                         create role {role}; end if; end $$; \
                         alter default privileges grant all on tables to {role}; \
                         alter default privileges grant usage on schemas to {role}"
                    ),
                )
                .await;
            }
            let store = tables(place, Retention::default()).await;
            let schema = schema_of(&store);
            let open = number(
                &mut past,
                format!(
                    "select count(*) from pg_class where relnamespace = '{schema}'::regnamespace and relkind = 'r' \
                     and not relrowsecurity"
                ),
            )
            .await;
            assert_eq!(open, 0, "tables without row-level security");
            let count = format!("select count(*) from information_schema.tables where table_schema = '{schema}'");
            assert_eq!(number(&mut past, count).await, 10);
            for role in ["anon", "authenticated", "service_role", "public"] {
                let granted = number(
                    &mut past,
                    format!(
                        "select count(*) from information_schema.role_table_grants \
                         where table_schema = '{schema}' and lower(grantee) = '{role}'"
                    ),
                )
                .await;
                assert_eq!(granted, 0, "{role}");
                if role != "public" {
                    let usage = format!("select has_schema_privilege('{role}', '{schema}', 'usage')::int::bigint");
                    assert_eq!(number(&mut past, usage).await, 0, "{role}");
                }
            }
            for role in ["anon", "authenticated", "service_role"] {
                execute(
                    &mut past,
                    format!(
                        "alter default privileges revoke all on tables from {role}; \
                         alter default privileges revoke usage on schemas from {role}"
                    ),
                )
                .await;
            }
        });
    }
}

#[test]
fn a_user_from_whom_rows_are_hidden_is_told_so_and_sees_no_empty_base() {
    now(async {
        let place = Place::Newest;
        let store = tables(place, Retention::default()).await;
        store.record(&run(1, own_errors(1))).await.unwrap();
        let schema = schema_of(&store);
        let mut past = raw(place).await;
        execute(
            &mut past,
            format!(
                "drop role if exists hidden; create role hidden login password 'x'; \
                 grant usage on schema {schema} to hidden; grant all on all tables in schema {schema} to hidden"
            ),
        )
        .await;
        let address = Address::parse(&place.url_of("hidden", "x", "sslmode=disable"), None).unwrap();
        let stranger = PostgresStore::new(address, &schema).unwrap();
        let (kind, text, _) = failure(stranger.base("main").await.unwrap_err());
        assert_eq!(kind, FailureKind::Forbidden, "{text}");
        assert!(text.contains("row-level security"), "{text}");
        execute(&mut past, format!("revoke all on all tables in schema {schema} from hidden")).await;
        let (kind, text, _) = failure(stranger.base("main").await.unwrap_err());
        assert_eq!(kind, FailureKind::Forbidden, "{text}");
    });
}

#[test]
fn the_checks_of_the_tables_repeat_the_rules() {
    now(async {
        let place = Place::Oldest;
        let store = tables(place, Retention::default()).await;
        store.record(&run(1, own_errors(1))).await.unwrap();
        let schema = schema_of(&store);
        let mut past = raw(place).await;
        for (table, change) in [
            ("typescript_errors", "line_number = 0"),
            ("typescript_errors", "column_number = -1"),
            ("typescript_errors", "file_path = '/etc/passwd'"),
            ("typescript_errors", "file_path = 'a/../../b'"),
            ("typescript_errors", "file_path = 'C:/a'"),
            ("typescript_errors", "error_code = 'TS1'"),
            ("typescript_errors", "severity = 'urgent'"),
            ("typescript_errors", "status = 'resolved'"),
            ("typescript_errors", "resolved_at = now()"),
            ("typescript_errors", "id = gen_random_uuid()"),
            ("typescript_errors", "build_id = gen_random_uuid()"),
            ("build_configs", "build_time = 0"),
            ("build_configs", "build_time = 'nan'"),
            ("build_configs", "error_count = -1"),
            ("build_configs", "node_version = '20'"),
            ("build_configs", "build_status = 'building'"),
            ("build_configs", "completed_at = created_at - interval '1 s'"),
            ("environment_variables", "key = '1A'"),
            ("environment_variables", "validation_status = 'ok'"),
        ] {
            let sql = format!("update {schema}.production_{table} set {change}");
            let refused = past.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await;
            let code = refused.as_ref().err().and_then(|it| it.as_database_error()?.code().map(Cow::into_owned));
            assert!(code.is_some_and(|code| code.starts_with("23")), "{table}: {change}");
        }
    });
}

#[test]
fn a_row_edited_past_the_checks_is_named_and_nothing_is_overwritten() {
    now(async {
        let place = Place::Newest;
        let store = tables(place, Retention::default()).await;
        store.record(&run(1, own_errors(1))).await.unwrap();
        let schema = schema_of(&store);
        let id = store.errors(&ErrorQuery::all("main")).await.unwrap().errors[0].id;
        let mut past = raw(place).await;
        let table = format!("{schema}.production_typescript_errors");
        execute(&mut past, format!("update {table} set history = '[{{\"from\": \"lost\"}}]' where id = '{id}'")).await;
        for error in [store.base("main").await.unwrap_err(), store.record(&run(2, vec![])).await.unwrap_err()] {
            let text = error.to_string();
            assert!(matches!(error, Error::InvalidRow { .. }), "{text}");
            assert!(text.contains(&id.to_string()) && text.contains("history"), "{text}");
        }
        assert_eq!(number(&mut past, format!("select count(*) from {schema}.production_build_configs")).await, 1);
    });
}

#[test]
fn tls_is_verified_by_default_and_a_ca_file_is_what_it_takes() {
    now(async {
        let place = Place::Newest;
        let schema = fresh_schema();
        let open = |ca_file: Option<&std::path::Path>, parameters: &str| {
            let address = Address::parse(&place.url_of(USER, PASSWORD, parameters), ca_file).unwrap();
            PostgresStore::new(address, &schema).unwrap()
        };
        let (kind, text, help) = failure(open(None, "").migrate().await.unwrap_err());
        assert_eq!(kind, FailureKind::Untrusted, "{text}");
        assert!(help.contains("ca-file"), "{help}");
        let file = place.ca_file();
        open(Some(&file), "").migrate().await.unwrap();
        open(None, &format!("sslrootcert={}", file.display())).base("main").await.unwrap();
        open(None, "sslmode=require").base("main").await.unwrap();
        // The certificate is for `localhost`, not for its address.
        let by_address = place.url_of(USER, PASSWORD, "").replace("localhost", "127.0.0.1");
        let store = PostgresStore::new(Address::parse(&by_address, Some(&file)).unwrap(), &schema).unwrap();
        assert_eq!(failure(store.base("main").await.unwrap_err()).0, FailureKind::Untrusted);
        let missing = open(Some(std::path::Path::new("/nowhere/ca.crt")), "").base("main").await.unwrap_err();
        assert!(matches!(missing, Error::Unreadable { .. }), "{missing}");
        // The pooler has no certificate: nothing is sent in the clear.
        let address = Address::parse(&Place::Pooler.url_of(USER, PASSWORD, ""), None).unwrap();
        let (kind, text, help) = failure(PostgresStore::new(address, &schema).unwrap().base("main").await.unwrap_err());
        assert_eq!(kind, FailureKind::NoTls, "{text}");
        assert!(help.contains("sslmode=disable"));
    });
}

#[test]
fn who_cannot_be_let_in_or_reached_is_told_why_and_the_password_never_shown() {
    now(async {
        let refused = async |url: String| {
            let store = PostgresStore::new(Address::parse(&url, None).unwrap(), "x").unwrap();
            failure(store.base("main").await.unwrap_err())
        };
        for place in Place::ALL {
            let (kind, text, _) = refused(place.url_of(USER, &format!("{PASSWORD}!"), "sslmode=disable")).await;
            assert_eq!(kind, FailureKind::Denied, "{place:?}: {text}");
        }
        let (kind, text, _) = refused(Place::Newest.url().replace("/postgres?", "/nothing?")).await;
        assert_eq!(kind, FailureKind::NoDatabase, "{text}");
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (kind, text, _) = refused(format!("postgres://u:p%40ss@127.0.0.1:{closed}/d")).await;
        assert_eq!(kind, FailureKind::Unreachable, "{text}");
        let (kind, text, _) = refused("postgres://u:p%40ss@no-such-host.invalid/d".into()).await;
        assert_eq!(kind, FailureKind::Unreachable, "{text}");
    });
}

#[test]
fn a_database_that_goes_away_in_the_middle_leaves_nothing_half_and_the_run_is_recorded_the_second_time() {
    for place in Place::ALL {
        now(async {
            let store = Arc::new(tables(place, Retention::default()).await);
            store.record(&run(1, own_errors(1))).await.unwrap();
            let schema = schema_of(&store);
            let direct = if place == Place::Pooler { Place::Oldest } else { place };
            let mut past = raw(direct).await;
            // The writer waits for this lock after it has written the build.
            execute(&mut past, format!("begin; lock table {schema}.production_typescript_errors in share mode")).await;
            let second = run(2, own_errors(2));
            let writing = tokio::spawn({
                let (store, second) = (Arc::clone(&store), second.clone());
                async move { store.record(&second).await }
            });
            let mut killer = raw(direct).await;
            let mut killed = 0;
            while killed == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
                killed = number(
                    &mut killer,
                    format!(
                        "select count(pg_terminate_backend(l.pid)) from pg_locks l \
                         where l.relation = '{schema}.production_typescript_errors'::regclass and not l.granted"
                    ),
                )
                .await;
            }
            // Nothing of the run is there; it is done again by itself, and waits again.
            assert_eq!(number(&mut killer, format!("select count(*) from {schema}.production_build_configs")).await, 1);
            execute(&mut past, "rollback").await;
            assert_eq!(writing.await.unwrap().unwrap().outcome, RecordOutcome::BaseMoved, "{place:?}");
            assert_eq!(store.record(&second).await.unwrap().outcome, RecordOutcome::AlreadyRecorded);
            assert_eq!(store.base("main").await.unwrap().unwrap().run_id, second.run_id);
        });
    }
}

#[test]
fn a_connection_that_was_ended_while_idle_is_replaced() {
    for place in [Place::Oldest, Place::Newest] {
        now(async {
            let mut past = raw(place).await;
            let name = format!("idle_{}", fresh_schema());
            execute(&mut past, format!("create role {name} superuser login password 'x'")).await;
            let address = Address::parse(&place.url_of(&name, "x", "sslmode=disable"), None).unwrap();
            let store = PostgresStore::new(address, &fresh_schema()).unwrap();
            store.migrate().await.unwrap();
            store.record(&run(1, own_errors(1))).await.unwrap();
            let ended = "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename";
            assert_eq!(number(&mut past, format!("{ended} = '{name}'")).await, 1);
            assert_eq!(store.base("main").await.unwrap().unwrap().found.len(), 40);
        });
    }
}

#[test]
fn a_database_that_can_only_be_read_says_so_and_is_read() {
    now(async {
        let place = Place::Newest;
        let store = tables(place, Retention::default()).await;
        store.record(&run(1, own_errors(1))).await.unwrap();
        let schema = schema_of(&store);
        let mut past = raw(place).await;
        execute(
            &mut past,
            "drop role if exists reader; create role reader superuser login password 'x'; \
             alter role reader set default_transaction_read_only = on",
        )
        .await;
        let address = Address::parse(&place.url_of("reader", "x", "sslmode=disable"), None).unwrap();
        let reader = PostgresStore::new(address, &schema).unwrap();
        let (kind, text, _) = failure(reader.record(&run(2, vec![])).await.unwrap_err());
        assert_eq!(kind, FailureKind::ReadOnly, "{text}");
        assert_eq!(reader.base("main").await.unwrap().unwrap().found.len(), 40);
    });
}

#[test]
fn a_database_without_a_connection_left_says_so() {
    now(async {
        let place = Place::Newest;
        let mut past = raw(place).await;
        execute(&mut past, "drop role if exists single; create role single login password 'x' connection limit 1")
            .await;
        let url = place.url_of("single", "x", "sslmode=disable");
        let _held = PgConnection::connect(&url).await.unwrap();
        let store = PostgresStore::new(Address::parse(&url, None).unwrap(), "x").unwrap();
        let (kind, text, _) = failure(store.base("main").await.unwrap_err());
        assert_eq!(kind, FailureKind::TooManyConnections, "{text}");
    });
}

#[test]
fn another_writer_is_waited_for_and_then_named() {
    now(async {
        let place = Place::Pooler;
        let store = tables(place, Retention::default()).await;
        let schema = schema_of(&store);
        let store = PostgresStore::new(place.address(), &schema).unwrap().with_patience(Duration::from_millis(200));
        let mut past = raw(Place::Oldest).await;
        execute(&mut past, format!("begin; select pg_advisory_xact_lock(hashtextextended('shipgate.{schema}', 0))"))
            .await;
        let (kind, text, _) = failure(store.record(&run(1, vec![])).await.unwrap_err());
        assert_eq!(kind, FailureKind::Locked, "{text}");
        assert_eq!(store.base("main").await.unwrap(), None, "reading waits for nobody");
        execute(&mut past, "rollback").await;
        store.record(&run(1, vec![])).await.unwrap();
    });
}

#[test]
fn nothing_is_prepared_under_a_name_and_no_setting_stays_behind() {
    now(async {
        let store = tables(Place::Pooler, Retention::default()).await;
        store.record(&run(1, own_errors(1))).await.unwrap();
        let errors =
            store.errors(&ErrorQuery { file: Some("**".parse().unwrap()), ..ErrorQuery::active("main") }).await;
        let id = errors.unwrap().errors[0].id;
        let start = |error: &mut TypeScriptError| {
            let cause = shipgate::record::Cause::Person { at: crate::store::start() };
            Ok(error.transition(ErrorStatus::InProgress, cause)?)
        };
        store.change_error(id, ErrorStatus::Identified, &start).await.unwrap();
        store.contents().await.unwrap();
        // Three server connections are behind the pooler: whichever comes is looked at, many times.
        let mut pooled = raw(Place::Pooler).await;
        for _ in 0..30 {
            let left = "select (select count(*) from pg_prepared_statements where name <> '') \
                        + (current_setting('search_path') not like '%public%')::int \
                        + (current_setting('statement_timeout') <> '0')::int";
            assert_eq!(number(&mut pooled, left).await, 0);
        }
    });
}
