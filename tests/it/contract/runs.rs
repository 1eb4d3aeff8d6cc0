//! Runs, their builds, and the base.

use super::contract;
use crate::store::{error, own_errors, run, start};
use chrono::{Duration, TimeDelta};
use shipgate::diagnostic::{Diagnostic, Level};
use shipgate::gate::StepOutcome;
use shipgate::record::{Asset, AssetKind, Bundle, Sizes};
use shipgate::store::{BuildQuery, Bundles, Error, ErrorQuery, Limit, RecordOutcome, Retention, RunRecord, Store};
use shipgate::track::{Found, StepReading};
use std::sync::Arc;

contract!(
    a_recorded_run_is_the_base_of_the_next,
    a_run_with_a_known_id_records_nothing_whatever_it_holds,
    a_clock_that_goes_back_does_not_hold_the_base,
    branches_have_errors_and_bases_of_their_own,
    builds_come_oldest_first_with_their_files_where_wanted,
    eight_writers_at_once_lose_nothing,
    old_builds_and_resolved_errors_go_on_write_and_open_ones_stay keeping small,
    the_facts_about_variables_are_those_of_the_last_check,
    a_run_that_breaks_a_rule_leaves_nothing_behind,
);

fn small() -> Retention {
    let limit = |count| Limit { count: Some(count), age: None };
    Retention { builds: limit(3), bundles: 1, resolved_errors: limit(2), ..Retention::default() }
}

async fn a_recorded_run_is_the_base_of_the_next(store: Arc<dyn Store>) {
    assert_eq!(store.base("main").await.unwrap(), None);
    let mut first = run(1, vec![error("a.ts", 3, "x"), error("b.ts", 9, "y")]);
    let no_place = Found::new("check", Diagnostic::new("vite", Level::Warning, None, "w\0"));
    first.found.push(no_place.clone());
    let recorded = store.record(&first).await.unwrap();
    assert_eq!((recorded.outcome, recorded.tally.identified), (RecordOutcome::BaseMoved, 2));
    let base = store.base("main").await.unwrap().unwrap();
    assert_eq!((base.run_id, &base.commit, base.recorded_at), (first.run_id, &first.commit, first.recorded_at));
    assert_eq!((base.count(Level::Error), base.count(Level::Warning)), (2, 1));
    assert!(base.found.contains(&no_place));
    assert_eq!(base.steps, first.steps);
    assert_eq!(base.last_success.map(|build| build.id), Some(first.build.id));

    let second = run(2, vec![error("b.ts", 11, "y"), error("c.ts", 1, "z")]);
    let tally = store.record(&second).await.unwrap().tally;
    assert_eq!((tally.identified, tally.reopened, tally.resolved), (1, 0, 1));
    let errors = store.errors(&ErrorQuery::all("main")).await.unwrap().errors;
    let moved = errors.iter().find(|it| it.error_message == "y").unwrap();
    assert_eq!((moved.line_number.get(), moved.build_id), (11, first.build.id));
    let gone = errors.iter().find(|it| it.error_message == "x").unwrap();
    assert_eq!((gone.resolved_at, gone.history.len()), (Some(second.recorded_at), 1));
    assert_eq!(gone.last_seen.as_ref().map(|it| it.build_id), Some(first.build.id));

    let third = run(3, vec![error("a.ts", 3, "x")]);
    assert_eq!(store.record(&third).await.unwrap().tally.reopened, 1);
    let again = store.errors(&ErrorQuery::active("main")).await.unwrap().errors;
    assert_eq!((again.len(), again[0].id, again[0].history.len()), (1, gone.id, 2));
}

async fn a_run_with_a_known_id_records_nothing_whatever_it_holds(store: Arc<dyn Store>) {
    let first = run(1, own_errors(1));
    store.record(&first).await.unwrap();
    let before = store.contents().await.unwrap();
    let mut other = run(2, vec![]);
    other.run_id = first.run_id;
    for again in [first.clone(), other, RunRecord { branch: "other".into(), ..first }] {
        assert_eq!(store.record(&again).await.unwrap().outcome, RecordOutcome::AlreadyRecorded);
    }
    assert_eq!(store.contents().await.unwrap(), before);
}

async fn a_clock_that_goes_back_does_not_hold_the_base(store: Arc<dyn Store>) {
    store.record(&run(90, vec![error("a.ts", 1, "x")])).await.unwrap();
    let early = run(1, vec![error("a.ts", 1, "y")]);
    assert_eq!(store.record(&early).await.unwrap().outcome, RecordOutcome::BaseMoved);
    assert_eq!(store.base("main").await.unwrap().unwrap().run_id, early.run_id);
    let builds = store.builds(&BuildQuery::of_branch("main")).await.unwrap();
    assert_eq!(builds.last().unwrap().run_id, early.run_id);
    assert_eq!(builds.iter().map(|build| build.sequence).collect::<Vec<_>>(), [1, 2]);
}

async fn branches_have_errors_and_bases_of_their_own(store: Arc<dyn Store>) {
    let on = |branch: &str, number, found| RunRecord { branch: branch.into(), ..run(number, found) };
    store.record(&on("main", 1, vec![error("a.ts", 1, "x")])).await.unwrap();
    store.record(&on("release/ä 1", 2, vec![error("a.ts", 1, "x"), error("a.ts", 2, "y")])).await.unwrap();
    store.record(&on("main", 3, vec![])).await.unwrap();
    assert_eq!(store.base("main").await.unwrap().unwrap().found.len(), 0);
    assert_eq!(store.base("release/ä 1").await.unwrap().unwrap().found.len(), 2);
    assert_eq!(store.base("none").await.unwrap(), None);
}

fn bundle(bytes: u64) -> Bundle {
    let sizes = Sizes { raw: bytes, gzip: bytes / 2, brotli: Some(bytes / 3) };
    let asset = Asset { path: "a.js".into(), name: "a.js".into(), kind: AssetKind::ClientScript, sizes, inline: None };
    Bundle { assets: vec![asset], ..Bundle::default() }
}

async fn builds_come_oldest_first_with_their_files_where_wanted(store: Arc<dyn Store>) {
    let mut ids = Vec::new();
    for number in 1..=5 {
        let mut run = run(number, vec![]);
        run.build.build_time = Some(f64::from(number) + 0.123);
        run.build.bundle_size = Some(1000);
        run.build.bundle = Some(bundle(1000));
        run.build.node_version = Some("22.1.0-rc.1+x".parse().unwrap());
        run.branch = if number == 2 { "other".into() } else { "main".into() };
        ids.push(run.build.id);
        store.record(&run).await.unwrap();
    }
    let asked = async |query: BuildQuery| {
        let builds = store.builds(&query).await.unwrap();
        builds.iter().map(|it| it.build.id).collect::<Vec<_>>()
    };
    let main = BuildQuery::of_branch("main");
    assert_eq!(asked(main.clone()).await, [ids[0], ids[2], ids[3], ids[4]]);
    assert_eq!(asked(BuildQuery { limit: Some(2), ..main.clone() }).await, ids[3..]);
    assert_eq!(asked(BuildQuery { branch: None, ..main.clone() }).await, ids);
    let since = Some(start() + Duration::minutes(4));
    assert_eq!(asked(BuildQuery { since, ..main.clone() }).await, ids[3..]);
    let without = store.builds(&main).await.unwrap();
    assert!(without.iter().all(|it| it.build.bundle.is_none() && it.build.bundle_size == Some(1000)));
    assert_eq!(without[3].build.build_time, Some(5.123));
    assert_eq!(without[3].build.node_version.as_ref().unwrap().to_string(), "22.1.0-rc.1+x");
    let with = store.builds(&BuildQuery { bundles: Bundles::Included, ..main }).await.unwrap();
    assert!(with.iter().all(|it| it.build.bundle == Some(bundle(1000))));
}

async fn eight_writers_at_once_lose_nothing(store: Arc<dyn Store>) {
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for number in 1..=4 {
                    let number = writer * 4 + number;
                    store.record(&run(number, own_errors(number))).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let builds = store.builds(&BuildQuery::of_branch("main")).await.unwrap();
    let sequences: Vec<_> = builds.iter().map(|it| it.sequence).collect();
    assert_eq!(sequences, (1..=32).collect::<Vec<_>>());
    // What is open is what one run saw, whichever was the last to begin.
    let open = store.errors(&ErrorQuery::active("main")).await.unwrap().errors;
    let messages: std::collections::HashSet<_> = open.iter().map(|it| &it.error_message).collect();
    assert_eq!((open.len(), messages.len()), (40, 1));
}

async fn old_builds_and_resolved_errors_go_on_write_and_open_ones_stay(store: Arc<dyn Store>) {
    let with_files = |number, found| {
        let mut run = run(number, found);
        run.build.bundle = Some(bundle(10));
        run
    };
    for number in 1..=9 {
        let found = vec![error("a.ts", 1, "always"), error("b.ts", 1, &format!("e{number}"))];
        store.record(&with_files(number, found)).await.unwrap();
    }
    let contents = store.contents().await.unwrap();
    let mut messages: Vec<_> = contents.errors.iter().map(|it| it.error_message.as_str()).collect();
    messages.sort_unstable();
    assert_eq!(messages, ["always", "e7", "e8", "e9"]);
    // The last three, and the first, which found the error that is still open.
    let mut builds: Vec<_> = contents.builds.iter().map(|it| it.sequence).collect();
    builds.sort_unstable();
    assert_eq!(builds, [1, 7, 8, 9]);
    assert_eq!(contents.builds.iter().filter(|it| it.build.bundle.is_some()).count(), 1);

    let far = start() + TimeDelta::days(4000);
    let pruned = store.prune(far).await.unwrap();
    assert_eq!((pruned.errors, pruned.builds), (0, 0), "nothing is too old where age has no bound");
    assert_eq!(store.base("main").await.unwrap().unwrap().found.len(), 2);
}

async fn the_facts_about_variables_are_those_of_the_last_check(store: Arc<dyn Store>) {
    store.record(&run(1, vec![])).await.unwrap();
    assert!(!store.variables().await.unwrap()[0].variable.is_set);
    store.record(&run(2, vec![])).await.unwrap();
    store.record(&RunRecord { variables: None, ..run(3, vec![]) }).await.unwrap();
    let variables = store.variables().await.unwrap();
    assert_eq!(variables.len(), 1);
    assert!(variables[0].variable.is_set && variables[0].variable.key == "DATABASE_URL");
}

async fn a_run_that_breaks_a_rule_leaves_nothing_behind(store: Arc<dyn Store>) {
    store.record(&run(1, own_errors(1))).await.unwrap();
    let before = store.contents().await.unwrap();
    let mut bad = run(2, vec![]);
    bad.build.build_time = Some(-1.0);
    assert!(matches!(store.record(&bad).await, Err(Error::Invalid(_))));
    let mut bad = run(2, vec![error("a.ts", 1, "x")]);
    bad.variables.as_mut().unwrap()[0].key = "no-name".into();
    assert!(matches!(store.record(&bad).await, Err(Error::Invalid(_))));
    assert_eq!(store.contents().await.unwrap(), before);
    // A step that was not read whole moves nothing but the list of builds.
    let unread = StepReading { step: "check".into(), completeness: StepOutcome::Failed.into() };
    let partial = RunRecord { steps: vec![unread], ..run(3, vec![]) };
    assert_eq!(store.record(&partial).await.unwrap().outcome, RecordOutcome::NothingRead);
    assert_eq!(store.errors(&ErrorQuery::active("main")).await.unwrap().errors.len(), 40);
}
