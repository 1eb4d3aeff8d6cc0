//! A red run in which every part of a report has something to say.

use super::part::{build, bundle, checked, error, key, max, place, step, total, undeclared, variable};
use super::passed;
use crate::diagnostic::{Account, Category, Crash, Diagnostic, Exit, Level, Related, Severity, Total};
use crate::gate::{
    Condition, ConditionStatus, Limit, OnExceed, Outcome, Reason, ReasonKind, StepOutcome, Unit, Verdict,
};
use crate::record::{EnvironmentVariable, Leak, ValidationStatus, VariableCheck};
use crate::report::model::{Counts, Notice, NoticeLevel, Report, State, Step, Tracked};
use std::collections::BTreeMap;

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
    report.api = Some(super::health::api());
    report.databases = Some(super::database::databases());
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

pub(super) fn failed_diagnostics() -> Vec<Tracked> {
    let new = |diagnostic| Tracked::new("check", diagnostic);
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
