//! How much a store can take.

use super::tables;
use crate::store::{error, run};
use crate::workshop::database::Place;
use crate::workshop::now;
use shipgate::record::Valid;
use shipgate::store::{ErrorQuery, Retention, Store};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};

#[test]
fn how_endpoints_are_now_is_found_by_the_index_however_long_their_history_is() {
    now(async {
        for place in [Place::Oldest, Place::Newest] {
            let store = tables(place, Retention::default()).await;
            let check = Valid::new(super::arbitrary::api_health()).unwrap();
            store.add_api_health(std::slice::from_ref(&check)).await.unwrap();
            let shown = format!("{store:?}");
            let schema = shown.rsplit_once("schema ").unwrap().1.trim_end_matches(')').to_owned();
            let mut past = PgConnection::connect(&place.url()).await.unwrap();
            let copies = format!(
                "set search_path to {schema}; \
                 insert into production_api_health select overlay(overlay(gen_random_uuid()::text placing '7' from 15) \
                 placing '8' from 20)::uuid, '/api/' || n % 50, http_method, expected_status, actual_status, response_time, \
                 error_message, status, last_checked + n * interval '1 second', 0, environment, null \
                 from production_api_health, generate_series(1, 200000) n; analyze production_api_health"
            );
            past.execute(sqlx::raw_sql(AssertSqlSafe(copies))).await.unwrap();
            let sql = shipgate::store::postgres::latest_api_health_sql(check.environment);
            let explain = format!("explain (analyze, format text) {sql}");
            let plan = past.fetch_all(sqlx::raw_sql(AssertSqlSafe(explain))).await.unwrap();
            let text = plan.iter().map(|row| row.get(0)).collect::<Vec<String>>().join("\n");
            assert!(text.contains("idx_api_health_latest") && !text.contains("Seq Scan"), "{text}");
            let latest = store.latest_api_health(check.environment).await.unwrap();
            assert_eq!(latest.len(), 51, "fifty, and the one that was copied");
        }
    });
}

#[test]
#[expect(clippy::print_stdout, reason = "the figure is worth seeing")]
fn the_most_severe_of_a_million_errors_come_by_the_index() {
    now(async {
        for place in [Place::Oldest, Place::Newest] {
            let store = tables(place, Retention::default()).await;
            store.record(&run(1, vec![error("a.ts", 1, "x")])).await.unwrap();
            let shown = format!("{store:?}");
            let schema = shown.rsplit_once("schema ").unwrap().1.trim_end_matches(')').to_owned();
            let mut past = PgConnection::connect(&place.url()).await.unwrap();
            // The first error a million times over, in many files, of all severities.
            let copies = format!(
                "set search_path to {schema}; \
                 insert into production_typescript_errors select overlay(overlay(gen_random_uuid()::text placing '7' from 15) \
                 placing '8' from 20)::uuid, 'src/' || n % 5000 || '.ts', 1 + n % 900, 1, error_code, 'm' || n, category, \
                 (array['low', 'medium', 'high', 'critical'])[1 + (n % 1000 > 500)::int + (n % 1000 > 900)::int \
                 + (n % 1000 > 998)::int], status, null, created_at, null, tool, level, step, branch, build_id, \
                 \"commit\", null, '[]' from production_typescript_errors, generate_series(1, 1000000) n; \
                 analyze production_typescript_errors"
            );
            past.execute(sqlx::raw_sql(AssertSqlSafe(copies))).await.unwrap();
            let query = ErrorQuery { limit: Some(50), ..ErrorQuery::active("main") };
            let sql = shipgate::store::postgres::errors_sql(&query).replace("$1", "'main'");
            let explain = format!("explain (analyze, format text) {sql}");
            let plan = past.fetch_all(sqlx::raw_sql(AssertSqlSafe(explain))).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
            let text = plan.join("\n");
            assert!(text.contains("idx_ts_errors_active") && !text.contains("Seq Scan"), "{text}");

            let mut taken = Vec::new();
            for _ in 0..4 {
                let begin = std::time::Instant::now();
                let page = store.errors(&query).await.unwrap();
                taken.push(begin.elapsed());
                assert_eq!((page.errors.len(), page.has_more), (50, true));
                assert!(page.errors.iter().all(|it| it.severity.as_str() == "critical"));
            }
            println!("{place:?}: 50 of 1,000,000 in {taken:?}");
            // The goal is 50 ms; a machine that does other things, too, gets some more.
            assert!(taken.iter().any(|it| it.as_millis() < 500), "{taken:?}");
        }
    });
}
