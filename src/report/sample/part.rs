//! What the samples are put together from.

use crate::diagnostic::{Account, Category, Diagnostic, Exit, Level, Severity, Total};
use crate::gate::{Condition, ConditionStatus, Limit, OnExceed, StepOutcome, Unit};
use crate::record::{
    Asset, AssetKind, BuildConfiguration, BuildStatus, Bundle, Environment, EnvironmentVariable, Sizes, UndeclaredRead,
    ValidationStatus, VariableCheck,
};
use crate::report::model::{Run, Step};
use crate::time::Timestamp;
use chrono::{DateTime, TimeDelta};
use semver::Version;
use uuid::Uuid;

const HEAD: &str = "3f2c1ab9d0e4f5a6b7c8d9e0f1a2b3c4d5e6f708";
pub(super) const BASE: &str = "77aa01c2b3d4e5f60718293a4b5c6d7e8f901234";

pub(super) fn at(seconds: i64) -> Timestamp {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_795_341_600 + seconds)
}

pub(super) fn run() -> Run {
    Run {
        id: Uuid::from_u128(0x019a_a000_0000_7000_8000_0000_0000_0001),
        started_at: at(0),
        finished_at: at(13),
        environment: Environment::Production,
        repository: Some("acme/astro-site".into()),
        commit: Some(HEAD.into()),
        branch: Some("feature/checkout".into()),
        pull_request: Some(42),
        url: Some("https://github.com/acme/astro-site/actions/runs/17000000001".into()),
        is_dry_run: false,
        part: None,
    }
}

pub(super) fn max(measure: &str, actual: f64, limit: f64, status: ConditionStatus) -> Condition {
    Condition {
        measure: measure.into(),
        unit: Unit::Count,
        limit: Limit::Max { value: limit },
        actual: Some(actual),
        base: None,
        status,
        on_exceed: OnExceed::Fail,
        help: None,
        scatter: None,
    }
}

pub(super) fn step(
    name: &str,
    command: &str,
    format: &str,
    outcome: StepOutcome,
    seconds: f64,
    account: Account,
) -> Step {
    Step {
        name: name.into(),
        command: command.into(),
        format: format.into(),
        exit: Some(Exit::Code { code: 0 }),
        outcome,
        seconds: Some(seconds),
        cpu_seconds: None,
        peak_memory: None,
        account,
        log_tail: None,
    }
}

pub(super) fn total(files: u64, text: &str) -> Total {
    Total { tool: "astro check".into(), files_checked: Some(files), text: text.into(), ..Total::default() }
}

pub(super) fn checked(files: u64) -> Account {
    Account {
        bytes: 2048,
        lines: 31,
        totals: vec![Total { errors: Some(0), ..total(files, &format!("Result ({files} files): 0 errors")) }],
        ..Account::default()
    }
}

pub(super) fn error(code: &str, message: &str, severity: Severity) -> Diagnostic {
    let category = match code {
        "ts2307" => Category::ImportExport,
        "ts2339" => Category::PropertyViolation,
        "ts7006" => Category::ImplicitAny,
        "ts18003" => Category::Configuration,
        "ts18048" => Category::StrictMode,
        _ => Category::TypeMismatch,
    };
    Diagnostic { category, severity, ..Diagnostic::new("typescript", Level::Error, Some(code.into()), message) }
}

pub(super) fn place(diagnostic: Diagnostic, file: &str, line: u32, column: u32) -> Diagnostic {
    Diagnostic { file: Some(file.into()), line: Some(line), column: Some(column), ..diagnostic }
}

pub(super) fn key(name: &str) -> EnvironmentVariable {
    EnvironmentVariable {
        key: name.into(),
        is_set: true,
        is_sensitive: !name.starts_with("PUBLIC_"),
        validation_status: ValidationStatus::Valid,
    }
}

pub(super) fn variable(name: &str, source: &str, declared_in: &str) -> VariableCheck {
    VariableCheck {
        variable: key(name),
        is_required: true,
        source: Some(source.into()),
        declared_in: declared_in.into(),
        problem: None,
        help: None,
    }
}

pub(super) fn undeclared(name: &str, file: &str, line: u32, column: u32) -> UndeclaredRead {
    UndeclaredRead { key: name.into(), file: file.into(), line, column }
}

pub(super) fn asset(path: &str, name: &str, kind: AssetKind, raw: u64) -> Asset {
    Asset {
        path: path.into(),
        name: name.into(),
        kind,
        sizes: Sizes { raw, gzip: raw * 31 / 100, brotli: Some(raw * 27 / 100) },
        inline: None,
    }
}

/// Sums to 247,820 bytes and the script.
pub(super) fn bundle(script: u64) -> Bundle {
    Bundle {
        assets: vec![
            asset("_astro/Counter.CkH2x9aB.js", "_astro/Counter.js", AssetKind::ClientScript, script),
            asset("_astro/Counter.CkH2x9aB.js.map", "_astro/Counter.js.map", AssetKind::SourceMap, 190_204),
            asset("_astro/base.D9s8aQ1f.css", "_astro/base.css", AssetKind::Style, 18_420),
            asset("about/index.html", "about/index.html", AssetKind::Html, 9_180),
            asset("hero.webp", "hero.webp", AssetKind::Image, 182_900),
            asset("index.html", "index.html", AssetKind::Html, 12_120),
            asset("inter.woff2", "inter.woff2", AssetKind::Font, 25_200),
        ],
        ..Bundle::default()
    }
}

pub(super) fn build(bundle: Bundle) -> BuildConfiguration {
    let mut build =
        BuildConfiguration::pending(Uuid::from_u128(2), Environment::Production, "npm run build".into(), at(5));
    build.node_version = Some(Version::new(22, 20, 0));
    build.typescript_version = Some(Version::new(5, 9, 3));
    build.astro_version = Some(Version::new(5, 15, 4));
    build.build_status = BuildStatus::Success;
    build.build_time = Some(7.61);
    build.bundle_size = Some(bundle.total().raw);
    build.completed_at = Some(at(13));
    build.commit = Some(HEAD.into());
    build.branch = Some("feature/checkout".into());
    build.pull_request = Some(42);
    build.bundle = Some(bundle);
    build
}
