//! Checks of endpoints and databases, and deployments.

use super::arbitrary::{api_health, database_health, deployment};
use super::contract;
use crate::store::{run, start};
use chrono::Duration;
use shipgate::record::{
    DeploymentStatus, Environment, EnvironmentVariable, HealthSpan, HealthStatus, HttpMethod, Period,
    ProductionDeployment, Record as _, Refused, SpanKind, SpanLimit, Valid, ValidationStatus,
};
use shipgate::store::{DeploymentQuery, Error, HealthQuery, Limit, Retention, SpanQuery, Store};
use std::sync::Arc;
use uuid::Uuid;

contract!(
    checks_are_appended_once_and_come_newest_first,
    a_deployment_goes_its_way_and_keeps_its_variables,
    old_checks_and_deployments_go_on_write keeping two_of_each,
    the_newest_check_of_each_is_how_it_stands,
    checks_of_a_deployment_are_found_among_all_others,
    hours_and_days_outlive_the_checks_and_count_each_once keeping two_of_each,
    hours_and_days_are_kept_as_long_as_is_said keeping a_week_of_hours,
);

fn two_of_each() -> Retention {
    let two = Limit { count: Some(2), age: None };
    Retention { api_health: two, database_health: two, deployments: two, ..Retention::default() }
}

fn a_week_of_hours() -> Retention {
    let health_spans = SpanLimit { hours: Duration::days(7), days: Duration::days(30) };
    Retention { health_spans, ..two_of_each() }
}

async fn checks_are_appended_once_and_come_newest_first(store: Arc<dyn Store>) {
    let checks: Vec<_> = (0..4u32)
        .map(|minute| {
            let mut check = api_health();
            check.last_checked = start() + Duration::minutes(minute.into());
            check.endpoint_path = if minute == 3 { "/other".into() } else { "/api/a".into() };
            Valid::new(check).unwrap()
        })
        .collect();
    store.add_api_health(&checks[..3]).await.unwrap();
    store.add_api_health(&checks).await.unwrap();
    let asked = async |query: HealthQuery| {
        let found = store.api_health(&query).await.unwrap();
        found.iter().map(|it| checks.iter().position(|check| **check == *it).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(asked(HealthQuery::default()).await, [3, 2, 1, 0]);
    assert_eq!(asked(HealthQuery { limit: Some(1), ..HealthQuery::default() }).await, [3]);
    assert_eq!(asked(HealthQuery { name: Some("/api/a".into()), ..HealthQuery::default() }).await, [2, 1, 0]);
    let since = Some(start() + Duration::minutes(2));
    assert_eq!(asked(HealthQuery { since, ..HealthQuery::default() }).await, [3, 2]);
    let environment = Some(Environment::Staging);
    assert_eq!(asked(HealthQuery { environment, ..HealthQuery::default() }).await, [0; 0]);

    let check = Valid::new(database_health()).unwrap();
    for _ in 0..2 {
        store.add_database_health(std::slice::from_ref(&check)).await.unwrap();
    }
    assert_eq!(store.database_health(&HealthQuery::default()).await.unwrap(), [check.into_inner()]);
}

async fn checks_of_a_deployment_are_found_among_all_others(store: Arc<dyn Store>) {
    let deployments = [deployment(), deployment(), deployment()];
    for one in &deployments {
        store.add_deployment(&Valid::new(one.clone()).unwrap()).await.unwrap();
    }
    let ids = deployments.map(|it| it.id);
    let checks: Vec<_> = (0..9_i64)
        .map(|minute| {
            let mut check = api_health();
            check.last_checked = start() + Duration::minutes(minute);
            check.deployment_id = [Some(ids[0]), Some(ids[1]), None][minute as usize % 3];
            Valid::new(check).unwrap()
        })
        .collect();
    store.add_api_health(&checks).await.unwrap();
    let found = async |deployments: Vec<Uuid>, limit| {
        let query = HealthQuery { deployments, limit, ..HealthQuery::default() };
        let found = store.api_health(&query).await.unwrap();
        found.iter().map(|it| (it.last_checked - start()).num_minutes()).collect::<Vec<_>>()
    };
    assert_eq!(found(vec![ids[0]], None).await, [6, 3, 0]);
    assert_eq!(found(vec![ids[1], ids[0]], Some(4)).await, [7, 6, 4, 3]);
    assert_eq!(found(vec![ids[2]], None).await, [0; 0]);
    store.add_database_health(&[Valid::new(database_health()).unwrap()]).await.unwrap();
    let of = HealthQuery { deployments: vec![ids[2]], ..HealthQuery::default() };
    assert_eq!(store.database_health(&of).await.unwrap().len(), 1, "databases are checked whatever is deployed");
}

async fn the_newest_check_of_each_is_how_it_stands(store: Arc<dyn Store>) {
    let check = |minute: i64, path: &str, method| {
        let mut check = api_health();
        check.last_checked = start() + Duration::minutes(minute);
        (check.endpoint_path, check.http_method) = (path.to_owned(), method);
        Valid::new(check).unwrap()
    };
    let (get, post) = (HttpMethod::Get, HttpMethod::Post);
    let checks = [check(3, "/b", get), check(9, "/a", get), check(1, "/a", get), check(2, "/a", post)];
    store.add_api_health(&checks).await.unwrap();
    let environment = checks[0].environment;
    let newest: Vec<_> = [1, 3, 0].map(|index: usize| checks[index].clone().into_inner()).to_vec();
    assert_eq!(store.latest_api_health(environment).await.unwrap(), newest);
    let other = Environment::ALL.into_iter().find(|it| *it != environment).unwrap();
    assert_eq!(store.latest_api_health(other).await.unwrap(), []);

    let look = |minute: i64, name: &str| {
        let mut look = database_health();
        look.last_tested = start() + Duration::minutes(minute);
        look.connection_name = name.to_owned();
        Valid::new(look).unwrap()
    };
    let looks = [look(1, "b"), look(2, "a"), look(3, "b")];
    store.add_database_health(&looks).await.unwrap();
    let newest: Vec<_> = [1, 2].map(|index: usize| looks[index].clone().into_inner()).to_vec();
    assert_eq!(store.latest_database_health(looks[0].environment).await.unwrap(), newest);
}

async fn hours_and_days_outlive_the_checks_and_count_each_once(store: Arc<dyn Store>) {
    let check = |hour: i64| {
        let mut check = api_health();
        check.last_checked = start() + Duration::hours(hour);
        (check.status, check.response_time) = (HealthStatus::Healthy, Some(12.0));
        Valid::new(check).unwrap()
    };
    let checks: Vec<_> = (0..48).map(check).collect();
    // In parts, some of them twice: each counts once.
    store.add_api_health(&checks[..30]).await.unwrap();
    store.add_api_health(&checks[28..]).await.unwrap();
    let look = Valid::new(database_health()).unwrap();
    for _ in 0..2 {
        store.add_database_health(std::slice::from_ref(&look)).await.unwrap();
    }
    assert_eq!(store.api_health(&HealthQuery::default()).await.unwrap().len(), 2, "the others are too many");
    let spans = store.health_spans(&SpanQuery::default()).await.unwrap();
    let of = |kind: SpanKind| spans.iter().filter(move |span| span.kind == kind);
    assert_eq!(of(SpanKind::Endpoint).map(HealthSpan::known).sum::<u64>(), 48);
    assert_eq!(of(SpanKind::Database).count(), 1);
    assert!(spans.windows(2).all(|pair| pair[0].begins_at <= pair[1].begins_at));
    let since = Some(start() + Duration::hours(40));
    let late = store.health_spans(&SpanQuery { since, environment: Some(checks[0].environment) }).await.unwrap();
    assert_eq!(late.iter().filter(|span| span.kind == SpanKind::Endpoint).count(), 8);
    // Three weeks later hours have become days, and nothing is lost.
    store.prune(start() + Duration::days(21)).await.unwrap();
    let spans = store.health_spans(&SpanQuery::default()).await.unwrap();
    assert!(spans.iter().all(|span| span.period == Period::Day), "{spans:?}");
    let of_endpoint = spans.iter().filter(|span| span.kind == SpanKind::Endpoint);
    assert_eq!(of_endpoint.map(HealthSpan::known).sum::<u64>(), 48);
    assert_eq!(store.contents().await.unwrap().health_spans.len(), spans.len());
}

async fn hours_and_days_are_kept_as_long_as_is_said(store: Arc<dyn Store>) {
    // Two a day, of forty days; the newest of an hour ago.
    let now = start() + Duration::days(40);
    let check = |half_days: i64| {
        let mut check = api_health();
        check.last_checked = now - Duration::hours(1 + 12 * half_days);
        Valid::new(check).unwrap()
    };
    store.add_api_health(&(0..80).map(check).collect::<Vec<_>>()).await.unwrap();
    store.prune(now).await.unwrap();
    assert_eq!(store.api_health(&HealthQuery::default()).await.unwrap().len(), 2);
    let spans = store.health_spans(&SpanQuery::default()).await.unwrap();
    let oldest = |period| spans.iter().filter(|span| span.period == period).map(|span| now - span.begins_at).max();
    let days = |period| oldest(period).map(|age| age.num_days());
    // An hour becomes part of a day with its whole day.
    assert!(days(Period::Hour).is_some_and(|age| (7..8).contains(&age)), "{spans:?}");
    assert!(days(Period::Day).is_some_and(|age| (29..=30).contains(&age)), "{spans:?}");
    let known: u64 = spans.iter().map(HealthSpan::known).sum();
    assert!((58..=62).contains(&known), "two a day of thirty days: {known}");
}

async fn a_deployment_goes_its_way_and_keeps_its_variables(store: Arc<dyn Store>) {
    let run = run(1, vec![]);
    store.record(&run).await.unwrap();
    let mut first = deployment();
    first.build_id = Some(run.build.id);
    let first = Valid::new(first).unwrap();
    for _ in 0..2 {
        store.add_deployment(&first).await.unwrap();
    }
    assert_eq!(store.deployments(&DeploymentQuery::default()).await.unwrap(), [first.clone().into_inner()]);
    // What a run finds out about variables leaves a deployment's alone, and the reverse.
    assert_eq!(store.variables().await.unwrap().len(), 1);

    let queued = DeploymentStatus::Queued;
    let begin = |it: &mut ProductionDeployment| {
        it.environment_variables.push(EnvironmentVariable {
            key: "ZZZ".into(),
            is_set: false,
            is_sensitive: false,
            validation_status: ValidationStatus::Invalid,
        });
        Ok(it.transition(DeploymentStatus::Deploying, start())?)
    };
    let begun = store.change_deployment(first.id, queued, &begin).await.unwrap();
    assert_eq!(store.deployments(&DeploymentQuery::default()).await.unwrap(), [begun]);
    let refused = store.change_deployment(first.id, queued, &begin).await.unwrap_err();
    assert!(matches!(refused, Error::Overtaken { found: "deploying", .. }), "{refused}");
    let back =
        |it: &mut ProductionDeployment| it.transition(DeploymentStatus::RolledBack, start()).map_err(Refused::from);
    let refused = store.change_deployment(first.id, DeploymentStatus::Deploying, &back).await.unwrap_err().to_string();
    assert!(refused.contains("`deploying`") && refused.contains("`rolled_back`"), "{refused}");
    let statuses = vec![DeploymentStatus::Success];
    assert!(store.deployments(&DeploymentQuery { statuses, ..DeploymentQuery::default() }).await.unwrap().is_empty());
    let unknown = store.change_deployment(Uuid::now_v7(), queued, &begin).await.unwrap_err();
    assert!(matches!(unknown, Error::Unknown { .. }), "{unknown}");
}

async fn old_checks_and_deployments_go_on_write(store: Arc<dyn Store>) {
    for minute in 0..5i64 {
        let at = start() + Duration::minutes(minute);
        let mut deployed = deployment();
        deployed.created_at = at;
        store.add_deployment(&Valid::new(deployed.clone()).unwrap()).await.unwrap();
        let mut check = api_health();
        (check.last_checked, check.deployment_id) = (at, Some(deployed.id()));
        store.add_api_health(&[Valid::new(check).unwrap()]).await.unwrap();
        let mut check = database_health();
        check.last_tested = at;
        store.add_database_health(&[Valid::new(check).unwrap()]).await.unwrap();
    }
    let contents = store.contents().await.unwrap();
    assert_eq!((contents.api_health.len(), contents.database_health.len(), contents.deployments.len()), (2, 2, 2));
    assert!(contents.api_health.iter().all(|it| it.last_checked >= start() + Duration::minutes(3)));
    assert!(contents.variables.is_empty(), "the variables of a deployment go with it");
}
