//! Errors one by one: what is asked of them, and how their status changes.

use super::contract;
use crate::store::{error, run, start};
use shipgate::diagnostic::{Category, Diagnostic, Level, Severity};
use shipgate::record::{Cause, ErrorStatus, Refused, TypeScriptError};
use shipgate::store::{Error, ErrorQuery, IdPart, Store};
use shipgate::track::Found;
use std::sync::Arc;
use uuid::Uuid;

contract!(
    active_errors_come_by_severity_and_every_filter_holds,
    a_pattern_of_files_reaches_past_any_page,
    an_error_is_found_by_its_id_or_a_part_that_only_it_has,
    a_status_changes_once_and_only_as_it_was_seen,
    of_eight_who_want_the_same_change_one_gets_it,
    a_message_of_a_megabyte_with_nul_and_broken_utf8_comes_back_as_it_was,
);

fn found(file: &str, line: u32, code: &str, severity: Severity, category: Category, level: Level) -> Found {
    let diagnostic = Diagnostic {
        file: Some(file.into()),
        line: Some(line),
        column: Some(1),
        severity,
        category,
        ..Diagnostic::new("typescript", level, Some(code.into()), format!("{file}:{line}"))
    };
    Found::new("check", diagnostic)
}

fn messages(errors: &[TypeScriptError]) -> Vec<&str> {
    errors.iter().map(|it| it.error_message.as_str()).collect()
}

async fn active_errors_come_by_severity_and_every_filter_holds(store: Arc<dyn Store>) {
    use Level::{Error as E, Warning as W};
    use Severity::{Critical, High, Low, Medium};
    let (mismatch, unused, any) = (Category::TypeMismatch, Category::UnusedCode, Category::ImplicitAny);
    // A path longer than an index entry, alike for longer than what the index compares.
    let long = |end: &str| format!("src/{}/{end}.ts", "d".repeat(3000));
    let all = vec![
        found("b.ts", 2, "ts1", Low, unused, W),
        found(&long("b"), 1, "ts2", High, mismatch, E),
        found(&long("a"), 1, "ts2", High, mismatch, E),
        found("Z.ts", 1, "ts2", High, mismatch, E),
        found("b.ts", 10, "ts3", Critical, any, E),
        found("b.ts", 9, "ts3", Critical, any, E),
        found("ä.ts", 1, "ts3", Medium, any, W),
    ];
    store.record(&run(1, all.clone())).await.unwrap();
    let gone = found("gone.ts", 1, "ts2", Critical, mismatch, E);
    store.record(&run(2, all.iter().cloned().chain([gone]).collect())).await.unwrap();
    store.record(&run(3, all)).await.unwrap();

    let (a, b) = (format!("{}:1", long("a")), format!("{}:1", long("b")));
    let order = ["b.ts:9", "b.ts:10", "Z.ts:1", a.as_str(), b.as_str(), "ä.ts:1", "b.ts:2"];
    let active = ErrorQuery::active("main");
    let page = store.errors(&active).await.unwrap();
    assert_eq!((messages(&page.errors), page.has_more), (order.to_vec(), false));
    for limit in 0..=7 {
        let page = store.errors(&ErrorQuery { limit: Some(limit), ..active.clone() }).await.unwrap();
        assert_eq!((messages(&page.errors), page.has_more), (order[..limit].to_vec(), limit < 7));
    }
    let asked = async |query: ErrorQuery| {
        let errors = store.errors(&query).await.unwrap().errors;
        errors.iter().map(|it| it.error_message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        asked(ErrorQuery { severities: vec![Critical, Low], ..active.clone() }).await,
        [order[0], order[1], order[6]]
    );
    assert_eq!(asked(ErrorQuery { categories: vec![unused], ..active.clone() }).await, order[6..]);
    assert_eq!(asked(ErrorQuery { levels: vec![W], ..active.clone() }).await, order[5..]);
    let codes = vec!["ts1".to_owned(), "ts3".to_owned()];
    assert_eq!(asked(ErrorQuery { codes, ..active.clone() }).await.len(), 4);
    assert_eq!(asked(ErrorQuery { codes: vec!["' or true --".into()], ..active.clone() }).await.len(), 0);
    let file = Some("src/**".parse().unwrap());
    assert_eq!(asked(ErrorQuery { file, ..active }).await, order[3..5]);
    assert_eq!(asked(ErrorQuery::all("main")).await.len(), 8);
    let resolved = ErrorQuery { statuses: vec![ErrorStatus::Resolved], ..ErrorQuery::all("main") };
    assert_eq!(asked(resolved).await, ["gone.ts:1"]);
    assert_eq!(asked(ErrorQuery::all("other")).await.len(), 0);
}

async fn a_pattern_of_files_reaches_past_any_page(store: Arc<dyn Store>) {
    let all = (1..=4500).map(|line| {
        let folder = if line % 1500 == 0 { "z" } else { "a" };
        error(&format!("{folder}/{}.ts", line % 50), line, &line.to_string())
    });
    store.record(&run(1, all.collect())).await.unwrap();
    let file = Some("z/*.ts".parse().unwrap());
    let query = ErrorQuery { file, limit: Some(2), ..ErrorQuery::active("main") };
    let page = store.errors(&query).await.unwrap();
    assert_eq!((messages(&page.errors), page.has_more), (vec!["1500", "3000"], true));
    let all = store.errors(&ErrorQuery { limit: None, ..query }).await.unwrap();
    assert_eq!((all.errors.len(), all.has_more), (3, false));
}

async fn an_error_is_found_by_its_id_or_a_part_that_only_it_has(store: Arc<dyn Store>) {
    store.record(&run(1, vec![error("a.ts", 1, "x"), error("b.ts", 2, "y")])).await.unwrap();
    let errors = store.errors(&ErrorQuery::all("main")).await.unwrap().errors;
    let id = errors[0].id.to_string();
    for part in [id.clone(), id.to_uppercase(), id[24..].to_owned(), id[..30].to_owned()] {
        assert_eq!(store.error(&part.parse().unwrap()).await.unwrap(), errors[0], "{part}");
    }
    // Both are of the same run, so their ids begin with the same time.
    let refused = store.error(&id[..8].parse().unwrap()).await.unwrap_err();
    let Error::Ambiguous { candidates, .. } = &refused else { panic!("{refused}") };
    assert_eq!(candidates.len(), 2);
    assert!(refused.to_string().contains(&id));
    for unknown in [IdPart::from(Uuid::now_v7()), "fffffffff".parse().unwrap()] {
        let refused = store.error(&unknown).await.unwrap_err();
        assert!(matches!(refused, Error::Unknown { .. }) && refused.to_string().contains(&unknown.to_string()));
    }
    let refused = store.change_error(Uuid::now_v7(), ErrorStatus::Identified, &|_| Ok(())).await.unwrap_err();
    assert!(matches!(refused, Error::Unknown { .. }), "{refused}");
}

fn to(status: ErrorStatus) -> impl Fn(&mut TypeScriptError) -> Result<(), Refused> + Send + Sync {
    move |error| Ok(error.transition(status, Cause::Person { at: start() })?)
}

async fn a_status_changes_once_and_only_as_it_was_seen(store: Arc<dyn Store>) {
    use ErrorStatus::{Deferred, Identified, InProgress, Resolved};
    store.record(&run(1, vec![error("a.ts", 1, "x"), error("b.ts", 2, "y")])).await.unwrap();
    let before = store.contents().await.unwrap();
    let id = store.errors(&ErrorQuery::all("main")).await.unwrap().errors[0].id;

    let refused = store.change_error(id, Identified, &to(Resolved)).await.unwrap_err();
    let text = refused.to_string();
    assert!(text.contains("`identified`") && text.contains("`resolved`") && text.contains(&id.to_string()), "{text}");
    let past = |error: &mut TypeScriptError| {
        (error.status, error.resolved_at) = (Resolved, None);
        Ok(())
    };
    assert!(matches!(store.change_error(id, Identified, &past).await, Err(Error::Refused { .. })));
    assert_eq!(store.contents().await.unwrap(), before);

    let started = store.change_error(id, Identified, &to(InProgress)).await.unwrap();
    assert_eq!((started.status, started.history.len()), (InProgress, 1));
    assert_eq!(store.error(&id.into()).await.unwrap(), started);
    let refused = store.change_error(id, Identified, &to(Deferred)).await.unwrap_err();
    let Error::Overtaken { expected: "identified", found: "in_progress", .. } = refused else { panic!("{refused}") };
    let with_notes = |error: &mut TypeScriptError| {
        error.resolution_notes = Some("with\tnotes\\n\n".into());
        to(Resolved)(error)
    };
    let resolved = store.change_error(id, InProgress, &with_notes).await.unwrap();
    assert_eq!(store.error(&id.into()).await.unwrap(), resolved);
    assert_eq!(resolved.resolution_notes.as_deref(), Some("with\tnotes\\n\n"));
    assert_eq!(store.errors(&ErrorQuery::active("main")).await.unwrap().errors.len(), 1);
}

async fn of_eight_who_want_the_same_change_one_gets_it(store: Arc<dyn Store>) {
    store.record(&run(1, vec![error("a.ts", 1, "x")])).await.unwrap();
    let id = store.errors(&ErrorQuery::all("main")).await.unwrap().errors[0].id;
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let change = to(ErrorStatus::InProgress);
                store.change_error(id, ErrorStatus::Identified, &change).await
            })
        })
        .collect();
    let mut changed = 0;
    for one in tries {
        match one.await.unwrap() {
            Ok(_) => changed += 1,
            Err(error) => assert!(matches!(error, Error::Overtaken { .. }), "{error}"),
        }
    }
    assert_eq!(changed, 1);
    assert_eq!(store.error(&id.into()).await.unwrap().history.len(), 1);
}

async fn a_message_of_a_megabyte_with_nul_and_broken_utf8_comes_back_as_it_was(store: Arc<dyn Store>) {
    let broken = String::from_utf8_lossy(b"caf\xe9 \x00\x1a0\x1a\x1a \\N\t\r\n\\.\n \xf0\x9f").into_owned();
    let message = format!("{broken}{}", "0123456789abcde\n".repeat(65_536));
    assert!(message.len() > 1_000_000);
    store.record(&run(1, vec![error("a.ts", 1, &message), error("b.ts", 1, "\\.")])).await.unwrap();
    let errors = store.errors(&ErrorQuery::active("main")).await.unwrap().errors;
    assert!(errors[0].error_message == message, "the message changed");
    assert_eq!(errors[1].error_message, "\\.");
    let base = store.base("main").await.unwrap().unwrap();
    assert!(base.found.iter().any(|found| found.diagnostic.message == message));
    // It is the same error tomorrow.
    let tally = store.record(&run(2, vec![error("a.ts", 9, &message)])).await.unwrap().tally;
    assert_eq!((tally.identified, tally.resolved), (0, 1));
}
