//! How many there are: what a store adds up beforehand is what counting would say, whatever happened.

use super::{contract, tables};
use crate::store::{error, own_errors, run, start};
use crate::workshop::database::Place;
use crate::workshop::now;
use shipgate::diagnostic::{Diagnostic, Level};
use shipgate::record::{Cause, ErrorStatus, TypeScriptError};
use shipgate::store::{ErrorQuery, Ledger, Limit, Retention, Store};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use std::collections::BTreeMap;
use std::sync::Arc;

contract!(sums_are_what_counting_says_after_every_kind_of_write keeping few_resolved);

fn few_resolved() -> Retention {
    Retention { resolved_errors: Limit { count: Some(5), age: None }, ..Retention::default() }
}

async fn hold(store: &dyn Store, when: &str) {
    let mut all = Vec::new();
    for branch in ["main", "other"] {
        let errors = store.errors(&ErrorQuery::all(branch)).await.unwrap().errors;
        let mut counted = BTreeMap::new();
        for error in errors.iter().filter(|it| it.status.is_open()) {
            *counted.entry((error.level, error.severity)).or_insert(0_u64) += 1;
        }
        let counted: Vec<_> = counted.into_iter().map(|((level, severity), count)| (level, severity, count)).collect();
        assert_eq!(store.tally_errors(branch).await.unwrap(), counted, "{when}: {branch}");
        all.extend(errors);
    }
    let open = all.iter().filter(|it| it.status.is_open()).count();
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.open_errors, counts.resolved_errors), (open, all.len() - open), "{when}");
}

async fn sums_are_what_counting_says_after_every_kind_of_write(store: Arc<dyn Store>) {
    hold(&*store, "nothing").await;
    let mut first = own_errors(1);
    first.push(shipgate::track::Found::new(
        "check",
        Diagnostic {
            file: Some("w.ts".into()),
            line: Some(1),
            column: Some(1),
            ..Diagnostic::new("typescript", Level::Warning, Some("ts6133".into()), "unused")
        },
    ));
    store.record(&run(1, first)).await.unwrap();
    hold(&*store, "recorded").await;
    let mut elsewhere = run(2, own_errors(2));
    elsewhere.branch = "other".into();
    store.record(&elsewhere).await.unwrap();
    hold(&*store, "another branch").await;
    // Ten are resolved, and retention keeps five of them.
    store.record(&run(3, own_errors(1).split_off(10))).await.unwrap();
    hold(&*store, "resolved").await;
    let id = store.errors(&ErrorQuery::active("main")).await.unwrap().errors[0].id;
    let change = |error: &mut TypeScriptError| {
        error.transition(ErrorStatus::InProgress, Cause::Person { at: start() })?;
        Ok(())
    };
    store.change_error(id, ErrorStatus::Identified, &change).await.unwrap();
    hold(&*store, "changed").await;
    store.prune(start()).await.unwrap();
    hold(&*store, "pruned").await;
    let mut ledger: Ledger = store.contents().await.unwrap();
    for error in &mut ledger.errors {
        error.id = uuid::Uuid::now_v7();
    }
    assert!(store.import(&ledger).await.unwrap().errors > 0);
    hold(&*store, "imported").await;
    store.record(&run(4, vec![error("a.ts", 1, "x")])).await.unwrap();
    hold(&*store, "most are gone").await;
}

#[test]
fn sums_hold_whoever_writes_past_the_store() {
    now(async {
        for place in [Place::Oldest, Place::Newest] {
            let store = tables(place, Retention::default()).await;
            store.record(&run(1, own_errors(1))).await.unwrap();
            let schema = store.schema().to_owned();
            let mut past = PgConnection::connect(&place.url()).await.unwrap();
            // Without the store's search path, as `psql` has it.
            for statement in [
                "update production_typescript_errors set severity = 'critical' where line_number < 9",
                "update production_typescript_errors set branch = 'other' where line_number > 30",
                "delete from production_typescript_errors where line_number = 20",
                "delete from production_typescript_errors where false",
                "truncate production_typescript_errors",
            ] {
                let sql = statement.replace("production_", &format!("{schema}.production_"));
                past.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
                hold(&store, statement).await;
            }
        }
    });
}
