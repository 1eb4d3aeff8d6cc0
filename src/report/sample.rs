//! Reports for tests and benches: the same five for every view.

use super::model::{
    Base, Counts, Notice, NoticeLevel, Project, Report, Run, State, Step, ToolInfo, Tracked, Variables,
};
use crate::diagnostic::{Account, Category, Crash, Diagnostic, Exit, Level, Related, Severity, Total};
use crate::gate::{
    Condition, ConditionStatus, Limit, OnExceed, Outcome, Reason, ReasonKind, StepOutcome, Unit, Verdict,
};
use crate::record::{
    Asset, AssetKind, BuildConfiguration, BuildStatus, Bundle, Environment, EnvironmentVariable, Leak, Sizes,
    UndeclaredRead, ValidationStatus, VariableCheck,
};
use crate::time::Timestamp;
use chrono::{DateTime, TimeDelta};
use semver::Version;
use std::collections::BTreeMap;
use uuid::Uuid;

const HEAD: &str = "3f2c1ab9d0e4f5a6b7c8d9e0f1a2b3c4d5e6f708";
const BASE: &str = "77aa01c2b3d4e5f60718293a4b5c6d7e8f901234";

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
            Tracked {
                state: if index == 7 { State::Moved } else { State::Known },
                step: "check".into(),
                diagnostic: known,
            }
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

/// A red run in which every part of a report has something to say.
#[must_use]
pub fn failed() -> Report {
    let mut report = passed();
    report.verdict = failed_verdict();
    report.diagnostics = failed_diagnostics();
    report.counts = Counts {
        errors: 7,
        new_errors: 6,
        fixed_errors: 1,
        warnings: 1,
        new_warnings: 1,
        notes: 1,
        unrecognised: 1,
        checked_files: Some(41),
        errors_by_severity: BTreeMap::from([("critical".into(), 1), ("high".into(), 4), ("medium".into(), 2)]),
        errors_by_category: BTreeMap::from([("import_export".into(), 1), ("type_mismatch".into(), 3)]),
        ..Counts::default()
    };
    report.base.errors = Some(2);
    report.steps[0].outcome = StepOutcome::Errors;
    report.steps[0].exit = Some(Exit::Code { code: 1 });
    report.steps[0].account = Account {
        errors: 7,
        warnings: 1,
        notes: 1,
        unrecognised_count: 1,
        totals: vec![Total {
            errors: Some(7),
            warnings: Some(1),
            notes: Some(1),
            parsed_errors: 7,
            parsed_warnings: 1,
            parsed_notes: 1,
            ..total(41, "Result (41 files): 7 errors, 1 warning, 1 hint")
        }],
        ..checked(41)
    };
    report.steps.push(Step {
        exit: Some(Exit::Signal { number: 9, name: "SIGKILL".into() }),
        log_tail: Some(
            "> astro-site@1.0.0 e2e\n> playwright test\n\nRunning 12 tests using 2 workers\n\n\
             <--- Last few GCs --->\n\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"
                .into(),
        ),
        account: Account {
            lines: 8,
            crashes: vec![Crash {
                kind: "out-of-memory".into(),
                text: "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory".into(),
                output_line: 8,
            }],
            ..Account::default()
        },
        ..step("e2e", "npm run e2e -- --reporter=line | tee e2e.log", "exit-status", StepOutcome::Failed, 74.0, Account::default())
    });
    report.build = Some(build(bundle(412_000)));
    report.variables.checks.extend([
        VariableCheck {
            variable: EnvironmentVariable {
                is_set: false,
                validation_status: ValidationStatus::NotValidated,
                ..key("RESEND_API_KEY")
            },
            is_required: true,
            source: None,
            problem: Some("it is not set".into()),
            help: Some("add it to `.env.production` or to the environment of the job".into()),
            ..variable("RESEND_API_KEY", "", ".env.example")
        },
        VariableCheck {
            variable: EnvironmentVariable { validation_status: ValidationStatus::Invalid, ..key("SUPABASE_URL") },
            problem: Some("it is no URL: the scheme is missing".into()),
            help: Some("write it as `https://HOST/PATH`".into()),
            ..variable("SUPABASE_URL", ".env.production", "shipgate.yml")
        },
    ]);
    report.variables.undeclared = vec![
        undeclared("PUBLIC_ANALYTICS_ID", "src/layouts/Base.astro", 14, 33),
        undeclared("STRIPE_SECRET_KEY", "src/pages/api/checkout.ts", 5, 28),
    ];
    report.variables.leaks = Some(vec![Leak {
        key: "DATABASE_URL".into(),
        file: "dist/_astro/Counter.CkH2x9aB.js".into(),
        line: 1,
        encoding: "base64".into(),
    }]);
    report.notices = vec![
        Notice {
            level: NoticeLevel::Warning,
            message: "two lock files: `package-lock.json` and `pnpm-lock.yaml`; `npm` was taken".into(),
            help: Some("delete the one that is not used".into()),
        },
        Notice { level: NoticeLevel::Info, message: "nothing was recorded: this is not `main`".into(), help: None },
    ];
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
    };
    report.fixed.clear();
    report.counts.fixed_errors = 0;
    report.counts.errors = 2;
    report.diagnostics = failed_diagnostics().into_iter().take(2).collect();
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
            Tracked { state, step: "check".into(), diagnostic: place(Diagnostic { level, ..found }, &file, line, 7) }
        })
        .collect();
    report.diagnostics.sort_by_key(|tracked| tracked.diagnostic.level);
    report.counts.errors = number as u64;
    report
}

fn failed_verdict() -> Verdict {
    let help = |text: &str| Some(String::from(text));
    Verdict {
        outcome: Outcome::Failed,
        reasons: vec![
            Reason {
                kind: ReasonKind::MeasurementFailed,
                outcome: Outcome::Warned,
                step: None,
                message: "the version of `typescript` could not be read".into(),
                help: help("install the packages with `npm ci`"),
            },
            Reason {
                kind: ReasonKind::StepFailed,
                outcome: Outcome::Failed,
                step: Some("e2e".into()),
                message: "`e2e` ran out of memory and was killed by SIGKILL".into(),
                help: help(
                    "give Node more memory:\nsteps:\n  - name: e2e\n    env: { NODE_OPTIONS: --max-old-space-size=4096 }",
                ),
            },
        ],
        conditions: vec![
            Condition {
                help: help("mend the new errors listed below, or allow them with `thresholds: { new-errors: 6 }`"),
                ..max("new-errors", 6.0, 0.0, ConditionStatus::Failed)
            },
            Condition {
                base: Some(2.0),
                on_exceed: OnExceed::Warn,
                help: help("mend 2 errors, or raise `thresholds: { errors: 7 }`"),
                ..max("errors", 7.0, 5.0, ConditionStatus::Warned)
            },
            Condition {
                unit: Unit::Bytes,
                limit: Limit::MaxIncreasePercent { value: 5.0 },
                base: Some(311_820.0),
                help: help(
                    "see what grew with `shipgate bundle diff`, or raise `thresholds: { bundle-size: { max-increase: 120% } }`",
                ),
                ..max("bundle-size", 659_820.0, 0.0, ConditionStatus::Failed)
            },
            Condition {
                unit: Unit::Bytes,
                base: Some(311_820.0),
                ..max("bundle-size", 659_820.0, 2e6, ConditionStatus::Passed)
            },
            Condition {
                unit: Unit::Seconds,
                base: Some(8.02),
                ..max("build-time", 7.61, 300.0, ConditionStatus::Passed)
            },
            Condition {
                help: help("set `RESEND_API_KEY`"),
                ..max("missing-variables", 1.0, 0.0, ConditionStatus::Failed)
            },
            Condition {
                help: help("correct `SUPABASE_URL`"),
                ..max("invalid-variables", 1.0, 0.0, ConditionStatus::Failed)
            },
            Condition {
                help: help(
                    "do not read `DATABASE_URL` in code that runs in the browser, and replace its value: it was built into a public file",
                ),
                ..max("leaked-secrets", 1.0, 0.0, ConditionStatus::Failed)
            },
            Condition { limit: Limit::Min { value: 1.0 }, ..max("checked-files", 41.0, 0.0, ConditionStatus::Passed) },
        ],
    }
}

fn failed_diagnostics() -> Vec<Tracked> {
    let new = |diagnostic| Tracked { state: State::New, step: "check".into(), diagnostic };
    let mismatch = "Type '{ title: string; tags: string; }' is not assignable to type 'IntrinsicAttributes & Props'.\n  \
                    Types of property 'tags' are incompatible.\n    Type 'string' is not assignable to type 'string[]'.";
    let related = Related {
        message: "The expected type comes from property 'tags' which is declared here on type 'Props'".into(),
        file: Some("src/layouts/Base.astro".into()),
        line: Some(6),
        column: Some(3),
    };
    let mut detailed = place(error("ts2322", mismatch, Severity::High), "src/pages/blog/[...slug].astro", 12, 7);
    detailed.related.push(related);
    let warning = Diagnostic {
        level: Level::Warning,
        severity: Severity::Low,
        category: Category::UnusedCode,
        ..error("ts6133", "'headline' is declared but its value is never read.", Severity::Low)
    };
    vec![
        new(place(
            error(
                "ts2307",
                "Cannot find module '@/lib/db' or its corresponding type declarations.",
                Severity::Critical,
            ),
            "src/pages/api/checkout.ts",
            1,
            20,
        )),
        new(detailed),
        new(place(
            error("ts2339", "Property 'slug' does not exist on type 'CollectionEntry<\"blog\">'.", Severity::High),
            "src/pages/blog/[...slug].astro",
            31,
            14,
        )),
        new(place(
            error(
                "ts2345",
                "Argument of type 'number | undefined' is not assignable to parameter of type 'number'.\n  Type 'undefined' is not assignable to type 'number'.",
                Severity::High,
            ),
            "src/components/Counter.tsx",
            18,
            22,
        )),
        new(place(
            error("ts18048", "'props.start' is possibly 'undefined'.", Severity::Medium),
            "src/components/Counter.tsx",
            9,
            31,
        )),
        new(error("ts18003", "No inputs were found in config file 'tsconfig.node.json'.", Severity::High)),
        Tracked {
            state: State::Known,
            ..new(place(
                error("ts7006", "Parameter 'event' implicitly has an 'any' type.", Severity::Medium),
                "src/components/Form.tsx",
                10,
                17,
            ))
        },
        new(place(warning, "src/layouts/Base.astro", 22, 9)),
        new(Diagnostic {
            level: Level::Note,
            ..error("ts6387", "The signature of 'substr' is deprecated.", Severity::Low)
        }),
    ]
}

fn at(seconds: i64) -> Timestamp {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_795_341_600 + seconds)
}

fn run() -> Run {
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
    }
}

fn max(measure: &str, actual: f64, limit: f64, status: ConditionStatus) -> Condition {
    Condition {
        measure: measure.into(),
        unit: Unit::Count,
        limit: Limit::Max { value: limit },
        actual: Some(actual),
        base: None,
        status,
        on_exceed: OnExceed::Fail,
        help: None,
    }
}

fn step(name: &str, command: &str, format: &str, outcome: StepOutcome, seconds: f64, account: Account) -> Step {
    Step {
        name: name.into(),
        command: command.into(),
        format: format.into(),
        exit: Some(Exit::Code { code: 0 }),
        outcome,
        seconds: Some(seconds),
        account,
        log_tail: None,
    }
}

fn total(files: u64, text: &str) -> Total {
    Total { tool: "astro check".into(), files_checked: Some(files), text: text.into(), ..Total::default() }
}

fn checked(files: u64) -> Account {
    Account {
        bytes: 2048,
        lines: 31,
        totals: vec![Total { errors: Some(0), ..total(files, &format!("Result ({files} files): 0 errors")) }],
        ..Account::default()
    }
}

fn error(code: &str, message: &str, severity: Severity) -> Diagnostic {
    let category = match code {
        "ts2307" => Category::ImportExport,
        "ts2339" => Category::PropertyViolation,
        "ts7006" => Category::ImplicitAny,
        "ts18003" => Category::Configuration,
        "ts18048" => Category::StrictMode,
        _ => Category::TypeMismatch,
    };
    Diagnostic { severity, category, ..Diagnostic::new("typescript", Level::Error, Some(code.into()), message) }
}

fn place(diagnostic: Diagnostic, file: &str, line: u32, column: u32) -> Diagnostic {
    Diagnostic { file: Some(file.into()), line: Some(line), column: Some(column), ..diagnostic }
}

fn key(name: &str) -> EnvironmentVariable {
    EnvironmentVariable {
        key: name.into(),
        is_set: true,
        is_sensitive: !name.starts_with("PUBLIC_"),
        validation_status: ValidationStatus::Valid,
    }
}

fn variable(name: &str, source: &str, declared_in: &str) -> VariableCheck {
    VariableCheck {
        variable: key(name),
        is_required: true,
        source: Some(source.into()),
        declared_in: declared_in.into(),
        problem: None,
        help: None,
    }
}

fn undeclared(name: &str, file: &str, line: u32, column: u32) -> UndeclaredRead {
    UndeclaredRead { key: name.into(), file: file.into(), line, column }
}

fn asset(path: &str, name: &str, kind: AssetKind, raw: u64) -> Asset {
    Asset {
        path: path.into(),
        name: name.into(),
        kind,
        sizes: Sizes { raw, gzip: raw * 31 / 100, brotli: raw * 27 / 100 },
    }
}

/// Sums to 247,820 bytes and the script.
fn bundle(script: u64) -> Bundle {
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
    }
}

fn build(bundle: Bundle) -> BuildConfiguration {
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
