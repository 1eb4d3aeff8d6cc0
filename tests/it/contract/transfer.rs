//! Everything from one store into another, and back.

use super::arbitrary::{ledger, sorted};
use super::contract;
use crate::store::{own_errors, run};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use shipgate::store::{Error, Ledger, Store};
use std::sync::Arc;
use uuid::Uuid;

contract!(
    every_record_survives_the_round_trip,
    everything_moves_into_files_and_back_without_loss,
    what_is_there_already_stays_as_it_is,
    a_relation_that_leads_nowhere_is_refused_with_both_ends,
);

/// Always the same ones, and many of them.
fn samples(count: usize) -> Vec<Ledger> {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    (0..count).map(|_| ledger().new_tree(&mut runner).unwrap().current()).collect()
}

async fn every_record_survives_the_round_trip(store: Arc<dyn Store>) {
    let mut all = Ledger::default();
    for sample in samples(24) {
        let added = store.import(&sample).await.unwrap();
        assert_eq!((added.errors, added.builds, added.deployments), (sample.errors.len(), 2, 2));
        // Facts about an environment are told apart by its name and theirs alone.
        let known: Vec<_> = all
            .variables
            .iter()
            .map(|it: &shipgate::store::VariableRecord| (it.environment, it.variable.key.clone()))
            .collect();
        let is_new = |it: &shipgate::store::VariableRecord| !known.contains(&(it.environment, it.variable.key.clone()));
        all.variables.extend(sample.variables.into_iter().filter(is_new));
        all.errors.extend(sample.errors);
        all.builds.extend(sample.builds);
        all.api_health.extend(sample.api_health);
        all.database_health.extend(sample.database_health);
        all.deployments.extend(sample.deployments);
        assert_eq!(sorted(store.contents().await.unwrap()), sorted(all.clone()));
    }
}

async fn everything_moves_into_files_and_back_without_loss(store: Arc<dyn Store>) {
    for sample in samples(3) {
        store.import(&sample).await.unwrap();
    }
    store.record(&run(1, own_errors(1))).await.unwrap();
    let all = store.contents().await.unwrap();
    // Into files, through the document of an export, and back into a store of the same kind.
    let files = super::files(shipgate::store::Retention::default()).store;
    let document = all.to_document().unwrap();
    files.import(&Ledger::parse_document(&document).unwrap()).await.unwrap();
    assert_eq!(sorted(files.contents().await.unwrap()), sorted(all.clone()));
    let base = files.base("main").await.unwrap();
    assert_eq!(base.map(|it| it.found.len()), Some(40));
    let before = sorted(all);
    let back = store.import(&files.contents().await.unwrap()).await.unwrap();
    assert_eq!(back, shipgate::store::Imported::default());
    assert_eq!(sorted(store.contents().await.unwrap()), before);
}

async fn what_is_there_already_stays_as_it_is(store: Arc<dyn Store>) {
    let sample = samples(8).into_iter().find(|it| !it.errors.is_empty()).unwrap();
    store.import(&sample).await.unwrap();
    let mut other = sample.clone();
    other.errors[0].resolution_notes = Some("changed".into());
    other.deployments[0].error_message = Some("changed".into());
    assert_eq!(store.import(&other).await.unwrap(), shipgate::store::Imported::default());
    assert_eq!(sorted(store.contents().await.unwrap()), sorted(sample));
}

async fn a_relation_that_leads_nowhere_is_refused_with_both_ends(store: Arc<dyn Store>) {
    let sample = samples(8).into_iter().find(|it| !it.errors.is_empty()).unwrap();
    let nowhere = Uuid::now_v7();
    let refused = async |change: &dyn Fn(&mut Ledger)| {
        let mut broken = sample.clone();
        change(&mut broken);
        let error = store.import(&broken).await.unwrap_err();
        assert!(matches!(error, Error::Dangling { .. }) && error.to_string().contains(&nowhere.to_string()), "{error}");
        assert_eq!(store.contents().await.unwrap(), Ledger::default());
    };
    refused(&|it| it.errors[0].build_id = nowhere).await;
    refused(&|it| it.deployments[0].build_id = Some(nowhere)).await;
    refused(&|it| it.api_health[0].deployment_id = Some(nowhere)).await;
}
