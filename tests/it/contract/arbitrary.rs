//! Records of every kind: one fixed, and any that keeps the rules.

use chrono::{DateTime, TimeZone, Utc};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use shipgate::diagnostic::{Category, Diagnostic, Level, Severity};
use shipgate::gate::StepOutcome;
use shipgate::record::{
    Actor, ApiHealthCheck, Asset, AssetKind, BuildConfiguration, BuildMetrics, BuildStatus, Bundle, Cause,
    ConnectionStatus, DatabaseHealth, Deferral, DeploymentStatus, Detected, Environment, EnvironmentVariable,
    ErrorStatus, HealthStatus, HttpMethod, LinePrint, Phase, ProductionDeployment, QueryStatus, RouteWeight, Sighting,
    Sizes, Start, StepUse, TypeScriptError, ValidationStatus,
};
use shipgate::store::{BuildRecord, Ledger, VariableRecord};
use shipgate::track::{Found, StepReading};
use std::num::NonZeroU32;
use uuid::Uuid;

pub(crate) fn api_health() -> ApiHealthCheck {
    ApiHealthCheck {
        id: Uuid::now_v7(),
        endpoint_path: "/api/user/profile".into(),
        http_method: HttpMethod::Get,
        expected_status: 200,
        actual_status: Some(503),
        response_time: Some(12.5),
        error_message: Some("a\0b".into()),
        status: HealthStatus::Failed,
        last_checked: crate::store::start(),
        consecutive_failures: 2,
        environment: Environment::Production,
        deployment_id: None,
    }
}

pub(crate) fn database_health() -> DatabaseHealth {
    DatabaseHealth {
        id: Uuid::now_v7(),
        connection_name: "supabase_main".into(),
        host: "::1".into(),
        database_name: "postgres".into(),
        connection_status: ConnectionStatus::Connected,
        query_test_status: QueryStatus::Slow,
        average_query_time: Some(812.25),
        connection_pool_size: NonZeroU32::new(u32::MAX),
        error_message: None,
        last_tested: crate::store::start(),
        environment: Environment::Staging,
    }
}

fn variable(key: &str) -> EnvironmentVariable {
    EnvironmentVariable {
        key: key.into(),
        is_set: true,
        is_sensitive: true,
        validation_status: ValidationStatus::NotValidated,
    }
}

pub(crate) fn deployment() -> ProductionDeployment {
    let id = Uuid::now_v7();
    ProductionDeployment {
        id,
        version: "1.2.3-beta.1+build.5".parse().unwrap(),
        commit_hash: "0123456789abcdef0123456789abcdef01234567".into(),
        deployment_status: DeploymentStatus::Queued,
        deployment_platform: "zeabur".into(),
        domain: "app.example.com".into(),
        deployment_url: Some("https://app.example.com/".into()),
        health_check_url: Some("https://app.example.com/api/health".into()),
        environment_variables: vec![variable("A"), variable("DATABASE_URL")],
        deployment_time: Some(12.125),
        rollback_available: true,
        created_at: crate::store::start(),
        deployed_at: None,
        error_message: None,
        build_id: None,
        platform_id: Some(id.to_string()),
        environment: Environment::Production,
        branch: Some("main".into()),
        platform_status: Some("RUNNING".into()),
        rollback_reason: Some("an earlier deployment is still there".into()),
        committed_at: Some(crate::store::start()),
        superseded_at: Some(crate::store::start()),
        history: Vec::new(),
    }
}

/// Text with what escaping may get wrong.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[\\\\\\\\Nntr.\0\u{1a}\t\r\n'\"%_0 {}]{0,12}"]
}

/// To the microsecond: what every store can keep.
fn time() -> impl Strategy<Value = DateTime<Utc>> {
    (0i64..4_000_000_000, 0u32..1_000_000).prop_map(|(second, micro)| Utc.timestamp_opt(second, micro * 1000).unwrap())
}

fn environment() -> impl Strategy<Value = Environment> {
    select(&Environment::ALL[..])
}

fn positive() -> impl Strategy<Value = f64> {
    prop_oneof![1e-9f64..1e9, Just(f64::MIN_POSITIVE), Just(f64::MAX), Just(0.1 + 0.2)]
}

fn version() -> impl Strategy<Value = semver::Version> {
    select(&["0.0.0", "20.1.0", "1.2.3-rc.1", "5.0.0-dev.20261122+a-b.0"][..]).prop_map(|text| text.parse().unwrap())
}

fn metrics(text: &str) -> BuildMetrics {
    let sizes = Sizes { raw: 3, gzip: 2, brotli: Some(1) };
    BuildMetrics {
        start: Start::Warm,
        caches: vec![text.to_owned()],
        steps: vec![StepUse {
            step: text.to_owned(),
            seconds: Some(1.5),
            cpu_seconds: None,
            peak_memory: Some(1 << 40),
        }],
        phases: vec![Phase { name: text.to_owned(), seconds: 0.125 }],
        sizes: [(AssetKind::InlineScript, sizes)].into(),
        routes: vec![RouteWeight { route: text.to_owned(), sizes, requests: u32::MAX }],
        adapter: Some(text.to_owned()),
        warnings: vec![text.to_owned()],
    }
}

prop_compose! {
    fn ended_build()(
        environment in environment(), versions in (option::of(version()), option::of(version()), option::of(version())),
        command in "[a-z]\\PC{0,20}", texts in (option::of(text()), option::of(text()), "\\PC{1,8}"),
        times in (time(), 0i64..1_000_000, time()), status in select(&[BuildStatus::Success, BuildStatus::Failed, BuildStatus::Cancelled][..]),
        numbers in (option::of(positive()), option::of(0u64..1 << 62), 0u64..1 << 62, any::<u32>(), option::of(any::<u32>())),
        path in text(), sequence in 1u64..1 << 40, flags in any::<(bool, bool)>(),
    ) -> BuildRecord {
        let mut build = BuildConfiguration::pending(Uuid::now_v7(), environment, command, times.0);
        build.transition(BuildStatus::Building, times.0).unwrap();
        build.transition(status, times.0 + chrono::Duration::microseconds(times.1)).unwrap();
        (build.node_version, build.typescript_version, build.astro_version) = versions;
        (build.build_time, build.bundle_size, build.error_count) = (numbers.0, numbers.1, numbers.2);
        (build.warning_count, build.pull_request) = (numbers.3.into(), numbers.4.map(u64::from));
        (build.error_log, build.commit, build.branch) = (texts.0, texts.1, Some(texts.2));
        let sizes = Sizes { raw: u64::MAX, gzip: 1, brotli: None };
        let asset = Asset { path: path.clone(), name: path.clone(), kind: AssetKind::Style, sizes, inline: None };
        build.bundle = flags.0.then(|| Bundle { assets: vec![asset], ..Bundle::default() });
        build.metrics = flags.1.then(|| metrics(&path));
        let mut record = BuildRecord::new(build, Uuid::now_v7(), sequence, times.2);
        record.is_base = flags.1;
        record.verdict = flags.0.then_some(shipgate::gate::Outcome::Inconclusive);
        record.steps = vec![StepReading { step: path.clone(), completeness: StepOutcome::Clean.into() }];
        let diagnostic = Diagnostic::new("vite", Level::Note, None, path.clone());
        record.loose = vec![Found::new(path, diagnostic)];
        record
    }
}

prop_compose! {
    fn error_of(build: Uuid)(
        path in "[a-zä \\\\]{1,9}(/[a-z.]{3,9}){0,3}", place in (1u32.., 1u32..), message in text(), notes in option::of(text()),
        classes in (select(&Category::ALL[..]), select(&Severity::ALL[..]), select(&Level::ALL[..])),
        tool in select(&[("typescript", "ts2322"), ("eslint", "@a/no-b"), ("rustc", "E0308")][..]),
        names in ("\\PC{1,9}", "\\PC{1,9}", option::of(text())), at in time(),
        events in prop::collection::vec((0usize..4, any::<bool>(), time()), 0..6),
        line in option::of((any::<u64>(), any::<u32>(), any::<u32>())), reason in text(),
    ) -> TypeScriptError {
        let diagnostic = Diagnostic {
            file: Some(path.trim_start_matches(['\\', '/']).to_owned() + "x"), line: Some(place.0), column: Some(place.1),
            category: classes.0, severity: classes.1,
            ..Diagnostic::new(tool.0, classes.2, Some(tool.1.into()), message)
        };
        let seen = |at| Sighting { build_id: build, commit: names.2.clone(), at };
        let line = line.map(|(text, before, after)| LinePrint { text, before, after });
        let detected = Detected::new(&names.0, &diagnostic).unwrap().on_line(line);
        let mut error = TypeScriptError::identified(Uuid::now_v7(), &names.1, detected, &seen(at));
        for (to, by_run, at) in events {
            let seen = seen(at);
            let cause = if by_run { Cause::Run(&seen) } else { Cause::Person { at } };
            // Not every event is a transition.
            let _refused = error.transition(ErrorStatus::ALL[to], cause);
            assert!(error.history.last().is_none_or(|it| it.by == Actor::Run || it.by == Actor::Person));
        }
        if error.status == ErrorStatus::Deferred {
            error.defer(Deferral { until: at.date_naive(), reason }, at).unwrap();
        }
        error.resolution_notes = notes;
        error.last_seen = (error.status == ErrorStatus::Resolved).then(|| seen(at));
        error
    }
}

prop_compose! {
    fn any_api_health(deployment: Option<Uuid>)(
        path in "/[a-z0-9/._~-]{0,12}", method in select(&HttpMethod::ALL[..]), expected in 100u16..600,
        actual in option::of(100u16..600), time_taken in option::of(prop_oneof![positive(), Just(0.0)]),
        message in option::of(text()), status in select(&HealthStatus::ALL[..]), at in time(), failures in any::<u32>(),
        environment in environment(),
    ) -> ApiHealthCheck {
        ApiHealthCheck {
            id: Uuid::now_v7(), endpoint_path: path, http_method: method, expected_status: expected,
            actual_status: actual, response_time: time_taken, error_message: message, status, last_checked: at,
            consecutive_failures: failures, environment, deployment_id: deployment,
        }
    }
}

prop_compose! {
    fn any_database_health()(
        name in "[a-z]\\PC{0,9}", host in select(&["localhost", "10.0.0.1", "2001:db8::1", "[::1]", "db.a-b.example"][..]),
        database in text(), connection in select(&ConnectionStatus::ALL[..]), query in select(&QueryStatus::ALL[..]),
        average in option::of(positive()), pool in option::of(1u32..), message in option::of(text()), at in time(),
        environment in environment(),
    ) -> DatabaseHealth {
        DatabaseHealth {
            id: Uuid::now_v7(), connection_name: name, host: host.into(), database_name: format!("d{database}"),
            connection_status: connection, query_test_status: query, average_query_time: average,
            connection_pool_size: pool.and_then(NonZeroU32::new), error_message: message, last_tested: at, environment,
        }
    }
}

prop_compose! {
    fn any_deployment(build: Option<Uuid>)(
        version in version(), platform in "[a-z]\\PC{0,9}", message in option::of(text()), branch in option::of(text()),
        seconds in option::of(positive()), rollback in any::<bool>(), environment in environment(),
        times in (time(), time()), path in 0usize..5, keys in prop::collection::btree_set("[A-Z_]{1,9}", 0..4),
        long in any::<bool>(),
    ) -> ProductionDeployment {
        use DeploymentStatus::{Cancelled, Deploying, Failed, RolledBack, Success};
        let mut deployed = ProductionDeployment {
            version, deployment_platform: platform, error_message: message, branch, deployment_time: seconds,
            rollback_available: rollback, environment, created_at: times.0, build_id: build,
            environment_variables: keys.iter().map(|key| variable(key)).collect(), ..deployment()
        };
        if long {
            deployed.commit_hash = "f".repeat(64);
            (deployed.deployment_url, deployed.health_check_url, deployed.platform_id) = (None, None, None);
            (deployed.platform_status, deployed.rollback_reason) = (None, None);
            (deployed.committed_at, deployed.superseded_at) = (None, None);
        }
        let ways: [&[DeploymentStatus]; 5] =
            [&[], &[Deploying, Success], &[Deploying, Failed], &[Deploying, Success, RolledBack], &[Cancelled]];
        for &to in ways[path] {
            deployed.transition(to, times.1).unwrap();
        }
        deployed
    }
}

/// Everything that a store may hold, with relations that lead somewhere.
pub(super) fn ledger() -> impl Strategy<Value = Ledger> {
    let of_builds = |(build, other): (BuildRecord, BuildRecord)| {
        let id = build.build.id;
        let deployments = (any_deployment(Some(id)), any_deployment(None));
        let checks = prop::collection::vec(any_api_health(None), 1..4);
        let databases = prop::collection::vec(any_database_health(), 0..3);
        let keys = prop::collection::btree_set("[A-Za-z_][A-Za-z0-9_]{0,9}", 0..4);
        let errors = prop::collection::vec(error_of(id), 0..6);
        (Just(vec![build, other]), errors, deployments, checks, databases, keys, environment())
    };
    (ended_build(), ended_build()).prop_flat_map(of_builds).prop_map(
        |(builds, errors, deployments, mut checks, databases, keys, environment)| {
            checks[0].deployment_id = Some(deployments.0.id);
            Ledger {
                errors,
                builds,
                variables: keys.iter().map(|key| VariableRecord::new(environment, variable(key))).collect(),
                api_health: checks,
                database_health: databases,
                deployments: vec![deployments.0, deployments.1],
                health_spans: Vec::new(),
            }
        },
    )
}

/// In one order, whatever the store's is.
pub(super) fn sorted(mut ledger: Ledger) -> Ledger {
    ledger.errors.sort_by_key(|it| it.id);
    ledger.builds.sort_by_key(|it| it.build.id);
    ledger.api_health.sort_by_key(|it| it.id);
    ledger.database_health.sort_by_key(|it| it.id);
    ledger.deployments.sort_by_key(|it| it.id);
    ledger.variables.sort_by(|a, b| (a.environment, &a.variable.key).cmp(&(b.environment, &b.variable.key)));
    ledger
}
