//! Reports for tests and benches: the same five for every view.

mod database;
mod failed;
mod health;
mod part;

use super::model::{Base, Counts, Project, Report, State, Step, ToolInfo, Tracked, Variables};
use crate::diagnostic::{Account, Diagnostic, Exit, Level, Severity, Total};
use crate::gate::{
    Condition, ConditionStatus, Limit, OnExceed, Outcome, Reason, ReasonKind, StepOutcome, Unit, Verdict,
};
use crate::record::{BuildStatus, VariableCheck};
use part::{BASE, at, build, bundle, checked, error, max, place, run, step, total, undeclared, variable};
use std::collections::BTreeMap;

pub use failed::failed;

/// Every sample with its name.
#[must_use]
pub fn all() -> Vec<(&'static str, Report)> {
    vec![
        ("passed", passed()),
        ("warned", warned()),
        ("failed", failed()),
        ("inconclusive", inconclusive()),
        ("cancelled", cancelled()),
    ]
}

/// A green run: everything checked, compared, nothing broken.
#[must_use]
pub fn passed() -> Report {
    let conditions = vec![
        max("new-errors", 0.0, 0.0, ConditionStatus::Passed),
        max("missing-variables", 0.0, 0.0, ConditionStatus::Passed),
        max("invalid-variables", 0.0, 0.0, ConditionStatus::Passed),
        max("leaked-secrets", 0.0, 0.0, ConditionStatus::Passed),
        Condition {
            unit: Unit::Bytes,
            base: Some(311_820.0),
            ..max("bundle-size", 312_406.0, 2_000_000.0, ConditionStatus::Passed)
        },
        Condition {
            unit: Unit::Seconds,
            limit: Limit::MaxIncreasePercent { value: 25.0 },
            base: Some(8.02),
            ..max("build-time", 7.61, 0.0, ConditionStatus::Passed)
        },
    ];
    let steps = vec![
        step("check", "npx astro check", "astro-check", StepOutcome::Clean, 4.21, checked(41)),
        step("build", "npm run build", "auto", StepOutcome::Clean, 7.61, Account::default()),
    ];
    let mut report = Report {
        schema_version: Report::SCHEMA_VERSION,
        tool: ToolInfo { name: "shipgate".into(), version: "0.1.0".into() },
        run: run(),
        project: Project {
            name: "astro-site".into(),
            directory: "examples/astro-site".into(),
            package_manager: Some("npm".into()),
            plan: "shipgate.yml".into(),
        },
        verdict: Verdict { outcome: Outcome::Passed, conditions, reasons: Vec::new() },
        counts: Counts { checked_files: Some(41), ..Counts::default() },
        base: Base {
            kind: "store".into(),
            commit: Some(BASE.into()),
            branch: Some("main".into()),
            recorded_at: Some(at(-86_400)),
            build_time: Some(8.02),
            errors: Some(0),
            warnings: Some(0),
            bundle: Some(bundle(64_000)),
            history: Vec::new(),
        },
        steps,
        build: Some(build(bundle(64_586))),
        variables: Variables {
            checks: vec![
                variable("DATABASE_URL", ".env.production", "shipgate.yml"),
                VariableCheck { is_required: true, ..variable("PUBLIC_SITE_URL", "process", ".env.example") },
            ],
            undeclared: Vec::new(),
            leaks: Some(Vec::new()),
        },
        api: None,
        databases: None,
        diagnostics: Vec::new(),
        fixed: Vec::new(),
        notices: Vec::new(),
    };
    report.counts.fixed_errors = 1;
    report.fixed =
        vec![place(error("ts2304", "Cannot find name 'Astroo'.", Severity::High), "src/pages/about.astro", 8, 3)];
    report
}

/// Known errors within a limit that only warns, and a variable that nobody declares.
#[must_use]
pub fn warned() -> Report {
    let mut report = passed();
    report.verdict.outcome = Outcome::Warned;
    report.verdict.conditions[0] = Condition {
        on_exceed: OnExceed::Warn,
        base: Some(23.0),
        help: Some(
            "mend errors with `shipgate errors list --severity high`, or raise `thresholds: { errors: 25 }`".into(),
        ),
        ..max("errors", 24.0, 20.0, ConditionStatus::Warned)
    };
    report.diagnostics = (0..24)
        .map(|index| {
            let known = place(
                error("ts7006", "Parameter 'event' implicitly has an 'any' type.", Severity::Medium),
                &format!("src/components/Form{:02}.tsx", index / 3),
                10 + index,
                17,
            );
            Tracked { state: if index == 7 { State::Moved } else { State::Known }, ..Tracked::new("check", known) }
        })
        .collect();
    report.counts = Counts {
        errors: 24,
        checked_files: Some(41),
        errors_by_severity: BTreeMap::from([("medium".into(), 24)]),
        errors_by_category: BTreeMap::from([("implicit_any".into(), 24)]),
        ..Counts::default()
    };
    report.fixed.clear();
    report.base.errors = Some(23);
    report.steps[0].outcome = StepOutcome::Errors;
    report.steps[0].exit = Some(Exit::Code { code: 1 });
    report.steps[0].account = Account {
        errors: 24,
        totals: vec![Total { errors: Some(24), parsed_errors: 24, ..total(41, "Result (41 files): 24 errors") }],
        ..checked(41)
    };
    report.variables.undeclared = vec![undeclared("PUBLIC_ANALYTICS_ID", "src/layouts/Base.astro", 14, 33)];
    report
}

/// The checker says another number than was read, and the base cannot be read.
#[must_use]
pub fn inconclusive() -> Report {
    let mut report = passed();
    report.verdict.outcome = Outcome::Inconclusive;
    report.verdict.reasons = vec![
        Reason {
            kind: ReasonKind::StepInconclusive,
            outcome: Outcome::Inconclusive,
            step: Some("check".into()),
            message: "`check` says `Found 3 errors in 2 files`, and 2 were read".into(),
            help: Some("look at the output with `shipgate parse --explain check.log`".into()),
        },
        Reason {
            kind: ReasonKind::BaseUnreadable,
            outcome: Outcome::Inconclusive,
            step: None,
            message: "`.shipgate/typescript_errors.json` is not valid JSON at line 12".into(),
            help: Some("restore it with:\ngit checkout main -- .shipgate".into()),
        },
    ];
    report.verdict.conditions[0] = Condition {
        actual: None,
        help: Some("there is no base to tell new errors from known ones".into()),
        ..max("new-errors", 0.0, 0.0, ConditionStatus::Unknown)
    };
    report.verdict.conditions[5].status = ConditionStatus::NotApplicable;
    report.verdict.conditions[5].base = None;
    report.base = Base {
        kind: "unreadable".into(),
        commit: None,
        branch: None,
        recorded_at: None,
        build_time: None,
        errors: None,
        warnings: None,
        bundle: None,
        history: Vec::new(),
    };
    report.fixed.clear();
    report.counts.fixed_errors = 0;
    report.counts.errors = 2;
    report.diagnostics = failed::failed_diagnostics().into_iter().take(2).collect();
    report.steps[0] = Step {
        outcome: StepOutcome::Inconclusive,
        exit: Some(Exit::Code { code: 2 }),
        format: "tsc".into(),
        log_tail: Some("src/a.ts(1,7): error TS2322: Type 'string' is not\nFound 3 errors in 2 files.".into()),
        account: Account {
            errors: 2,
            totals: vec![Total {
                errors: Some(3),
                parsed_errors: 2,
                files_checked: None,
                ..total(0, "Found 3 errors in 2 files")
            }],
            ..checked(0)
        },
        ..report.steps[0].clone()
    };
    report
}

/// Stopped by Ctrl-C during the build.
#[must_use]
pub fn cancelled() -> Report {
    let mut report = passed();
    report.verdict.outcome = Outcome::Failed;
    report.verdict.conditions.clear();
    report.verdict.reasons = vec![Reason {
        kind: ReasonKind::Cancelled,
        outcome: Outcome::Failed,
        step: Some("build".into()),
        message: "`build` was stopped by SIGINT".into(),
        help: None,
    }];
    report.steps[1].outcome = StepOutcome::Cancelled;
    report.steps[1].exit = Some(Exit::Cancelled { signal: "SIGINT".into() });
    report.steps[1].seconds = Some(2.4);
    report.steps[1].log_tail = Some("\u{1b}[32m> astro build\u{1b}[0m\nbuilding client".into());
    report.steps.push(Step {
        exit: None,
        seconds: None,
        cpu_seconds: None,
        peak_memory: None,
        ..step("preview", "npm run preview", "exit-status", StepOutcome::Skipped, 0.0, Account::default())
    });
    report.variables.leaks = None;
    report.fixed.clear();
    report.counts.fixed_errors = 0;
    if let Some(build) = &mut report.build {
        build.build_status = BuildStatus::Cancelled;
        build.build_time = None;
        build.bundle_size = None;
        build.bundle = None;
    }
    report
}

/// A failed run with that many diagnostics.
#[must_use]
pub fn with_diagnostics(number: usize) -> Report {
    let mut report = failed();
    report.diagnostics = (0..number)
        .map(|index| {
            let line = (index % 400) as u32 + 1;
            let message = format!(
                "Type 'string' is not assignable to type 'Props{index}'.\n  Types of property 'id' are incompatible."
            );
            let found = error("ts2322", &message, Severity::High);
            let level = if index % 3 == 2 { Level::Warning } else { Level::Error };
            let state = if index % 2 == 0 { State::New } else { State::Known };
            let file = format!("src/features/area{:03}/component{:04}.tsx", index / 1000, index / 10);
            Tracked { state, ..Tracked::new("check", place(Diagnostic { level, ..found }, &file, line, 7)) }
        })
        .collect();
    report.diagnostics.sort_by_key(|tracked| tracked.diagnostic.level);
    report.counts.errors = number as u64;
    report
}
