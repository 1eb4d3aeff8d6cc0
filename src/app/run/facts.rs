//! From what was found to the numbers that the gate judges.

use crate::app::health::{api, database};
use crate::diagnostic::{Category, Diagnostic, Level, Severity};
use crate::gate::{BaseFacts, Built, Fact, Facts, Measure, NOT_MEASURED, Scatter, only_in, size_facts};
use crate::record::{Bundle, BundleSource, Deferral, VariableCheck};
use crate::report::quantity::counted;
use crate::report::{ApiHealth, Base, Counts, DatabasesHealth, Notice, NoticeLevel, State, Step, Tracked, Variables};
use crate::time::Timestamp;
use crate::track::Found;
use std::collections::{BTreeMap, HashSet};

/// Drops what a later step says again word for word (`astro check` in the build script, after the
/// check); within one step every diagnostic counts, as the tool counts it.
pub(super) fn without_echoes(steps: Vec<(String, Vec<Diagnostic>)>) -> Vec<Found> {
    let mut earlier: HashSet<Diagnostic> = HashSet::new();
    let mut kept = Vec::new();
    let last = steps.len().saturating_sub(1);
    for (index, (step, mut diagnostics)) in steps.into_iter().enumerate() {
        diagnostics.retain(|diagnostic| !earlier.contains(diagnostic));
        if index != last {
            earlier.extend(diagnostics.iter().cloned());
        }
        kept.extend(diagnostics.into_iter().map(|diagnostic| Found::new(step.clone(), diagnostic)));
    }
    kept
}

/// What conditions count: all but what is deferred at this time.
pub(in crate::app) fn judged(diagnostics: &[Tracked], now: Timestamp) -> Vec<Tracked> {
    let counts = |tracked: &&Tracked| !is_deferred(tracked.deferral.as_ref(), now);
    diagnostics.iter().filter(counts).cloned().collect()
}

fn is_deferred(deferral: Option<&Deferral>, now: Timestamp) -> bool {
    deferral.is_some_and(|deferral| !deferral.has_ended(now))
}

/// Says what does not count, and what counts again.
pub(super) fn about_deferrals(diagnostics: &[Tracked], now: Timestamp) -> Vec<Notice> {
    let deferrals = || diagnostics.iter().filter_map(|it| Some((it, it.deferral.as_ref()?)));
    let (ended, open): (Vec<_>, Vec<_>) = deferrals().partition(|(_, deferral)| deferral.has_ended(now));
    let mut notices = Vec::new();
    if let Some(first) = open.iter().map(|(_, deferral)| deferral.until).min() {
        let what = counted(open.len() as u64, "deferred error");
        let verb = if open.len() == 1 { "does" } else { "do" };
        let message = format!("{what} {verb} not count; the next deferral ends on {first}");
        notices.push(Notice { level: NoticeLevel::Info, message, help: None });
    }
    for (tracked, deferral) in ended.iter().take(MOST_ENDED) {
        let it = &tracked.diagnostic;
        let place = format!("{}:{}", it.file.as_deref().unwrap_or_default(), it.line.unwrap_or_default());
        let code = it.code.as_deref().unwrap_or_default();
        let message = format!("`{code}` in `{place}` was deferred until {} and counts again", deferral.until);
        let help = "mend it, or defer it anew: `shipgate errors list --status deferred`".to_owned();
        notices.push(Notice { level: NoticeLevel::Warning, message, help: Some(help) });
    }
    if let Some(more) = ended.len().checked_sub(MOST_ENDED).filter(|more| *more > 0) {
        let message = format!("{} more were deferred and count again", counted(more as u64, "error"));
        notices.push(Notice { level: NoticeLevel::Warning, message, help: None });
    }
    notices
}

/// How many deferrals that have ended are told one by one.
const MOST_ENDED: usize = 5;

/// Counts over all steps.
pub(in crate::app) fn count(diagnostics: &[Tracked], fixed: &[Diagnostic], steps: &[Step]) -> Counts {
    let mut counts = Counts::default();
    for tracked in diagnostics {
        let is_new = u64::from(tracked.state == State::New);
        match tracked.diagnostic.level {
            Level::Error => {
                counts.errors += 1;
                counts.new_errors += is_new;
                *counts.errors_by_severity.entry(tracked.diagnostic.severity.as_str().to_owned()).or_default() += 1;
                *counts.errors_by_category.entry(tracked.diagnostic.category.as_str().to_owned()).or_default() += 1;
            }
            Level::Warning => {
                counts.warnings += 1;
                counts.new_warnings += is_new;
            }
            Level::Note => counts.notes += 1,
        }
    }
    for diagnostic in fixed {
        match diagnostic.level {
            Level::Error => counts.fixed_errors += 1,
            Level::Warning => counts.fixed_warnings += 1,
            Level::Note => {}
        }
    }
    counts.unrecognised = steps.iter().map(|step| step.account.unrecognised_count).sum();
    counts.checked_files = steps.iter().filter_map(|step| step.account.files_checked()).reduce(|a, b| a + b);
    counts
}

/// What was measured of the build's output.
#[derive(Debug, Clone, Default)]
pub(super) enum Output {
    Measured(Bundle),
    /// The plan has no step with an output.
    #[default]
    None,
    /// There should be one, and there is not.
    Missing(String),
    /// The run was told to stop while it was measured.
    Stopped(String),
}

impl Output {
    /// The bundle, or why there is none.
    pub(super) fn built(&self) -> Built<'_> {
        match self {
            Self::Measured(bundle) => Built::Known(bundle),
            Self::None => Built::Unknown("no step has an `output`"),
            Self::Missing(why) | Self::Stopped(why) => Built::Unknown(why),
        }
    }
}

/// Everything that the facts are made of.
pub(super) struct Measurements<'a> {
    /// Without what is deferred.
    pub(super) counts: &'a Counts,
    pub(super) variables: &'a Variables,
    pub(super) api: Option<&'a ApiHealth>,
    pub(super) databases: Option<&'a DatabasesHealth>,
    pub(super) output: &'a Output,
    /// Seconds, where the build ended by itself.
    pub(super) build_time: Option<f64>,
    pub(super) base: &'a Base,
    /// How the build's time scatters, where that is known.
    pub(super) scatter: Option<Scatter>,
    /// `None` where there is no base.
    pub(super) base_found: Option<&'a [Found]>,
    pub(super) now: Timestamp,
    /// Why the base could not be read, if so.
    pub(super) unreadable_base: Option<&'a str>,
}

/// The numbers of this run and of its base.
pub(super) fn facts(found: &Measurements<'_>) -> Facts {
    let mut now = diagnostic_facts(found.counts);
    now.insert(
        Measure::BuildTime,
        found.build_time.map_or_else(|| Fact::Unknown("the build did not end by itself".to_owned()), Fact::Known),
    );
    bundle_facts(found, &mut now);
    variable_facts(found.variables, found.output, &mut now);
    now.extend(api::facts(found.api));
    now.extend(database::facts(found.databases));
    let base = match (found.unreadable_base, found.base_found) {
        (Some(why), _) => BaseFacts::Unreadable(why.to_owned()),
        (None, Some(known)) => BaseFacts::Known(base_facts(found.base, known, found.now)),
        (None, None) => BaseFacts::Absent,
    };
    let scatter = found.scatter.iter().map(|scatter| (Measure::BuildTime, scatter.clone())).collect();
    Facts { now, base, scatter }
}

fn diagnostic_facts(counts: &Counts) -> BTreeMap<Measure, Fact> {
    let known = |count: u64| Fact::Known(count as f64);
    let mut now = BTreeMap::from([
        (Measure::Errors, known(counts.errors)),
        (Measure::NewErrors, known(counts.new_errors)),
        (Measure::Warnings, known(counts.warnings)),
        (Measure::NewWarnings, known(counts.new_warnings)),
        (
            Measure::CheckedFiles,
            counts.checked_files.map_or_else(|| Fact::Unknown("no step says which files it checked".to_owned()), known),
        ),
    ]);
    for severity in Severity::ALL {
        let count = counts.errors_by_severity.get(severity.as_str()).copied().unwrap_or_default();
        now.insert(Measure::Severity(severity), known(count));
    }
    for category in Category::ALL {
        let count = counts.errors_by_category.get(category.as_str()).copied().unwrap_or_default();
        now.insert(Measure::Category(category), known(count));
    }
    now
}

fn bundle_facts(found: &Measurements<'_>, now: &mut BTreeMap<Measure, Fact>) {
    match found.output.built() {
        Built::Known(bundle) => {
            let fact = |bytes: Option<f64>| bytes.map_or_else(|| Fact::Unknown(NOT_MEASURED.to_owned()), Fact::Known);
            now.extend(size_facts(bundle).into_iter().map(|(measure, bytes)| (measure, fact(bytes))));
            if let Some(base) = &found.base.bundle {
                now.insert(Measure::NewAssets, Fact::Known(only_in(bundle, base).len() as f64));
                now.insert(Measure::LostAssets, Fact::Known(only_in(base, bundle).len() as f64));
            } else {
                let fact = match found.unreadable_base {
                    Some(why) => Fact::Unknown(why.to_owned()),
                    None => Fact::Inapplicable("nothing recorded yet to compare with".to_owned()),
                };
                now.extend([Measure::NewAssets, Measure::LostAssets].map(|measure| (measure, fact.clone())));
            }
            let duplicated = match bundle.known_from {
                BundleSource::AstroIntegration => Fact::Known(bundle.duplicated_packages().len() as f64),
                BundleSource::Output => Fact::Unknown(
                    "which modules are in the scripts is not known: add `@shipgate/astro` to `astro.config`".to_owned(),
                ),
            };
            now.insert(Measure::DuplicatedPackages, duplicated);
        }
        Built::Unknown(why) => {
            let sizes = size_facts(&Bundle::default()).into_keys();
            let others = [Measure::NewAssets, Measure::LostAssets, Measure::DuplicatedPackages];
            now.extend(sizes.chain(others).map(|measure| (measure, Fact::Unknown(why.to_owned()))));
        }
    }
}

fn variable_facts(variables: &Variables, output: &Output, now: &mut BTreeMap<Measure, Fact>) {
    let count = |test: fn(&VariableCheck) -> bool| {
        Fact::Known(variables.checks.iter().filter(|check| test(check)).count() as f64)
    };
    now.insert(Measure::MissingVariables, count(VariableCheck::is_missing));
    now.insert(Measure::InvalidVariables, count(VariableCheck::is_invalid));
    now.insert(Measure::UndeclaredVariables, Fact::Known(variables.undeclared.len() as f64));
    let leaks = match (&variables.leaks, output) {
        (Some(leaks), _) => Fact::Known(leaks.len() as f64),
        (None, Output::None) => Fact::Inapplicable("nothing that this run made would be published".to_owned()),
        (None, Output::Missing(why) | Output::Stopped(why)) => Fact::Unknown(why.clone()),
        (None, Output::Measured(_)) => Fact::Unknown("the output could not be searched".to_owned()),
    };
    now.insert(Measure::LeakedSecrets, leaks);
}

fn base_facts(base: &Base, found: &[Found], now: Timestamp) -> BTreeMap<Measure, f64> {
    let mut facts = BTreeMap::new();
    let found: Vec<&Found> = found.iter().filter(|it| !is_deferred(it.deferral.as_ref(), now)).collect();
    let count =
        |test: &dyn Fn(&Diagnostic) -> bool| found.iter().filter(|found| test(&found.diagnostic)).count() as f64;
    facts.insert(Measure::Errors, count(&|it| it.level == Level::Error));
    facts.insert(Measure::Warnings, count(&|it| it.level == Level::Warning));
    for severity in Severity::ALL {
        facts.insert(Measure::Severity(severity), count(&|it| it.level == Level::Error && it.severity == severity));
    }
    for category in Category::ALL {
        facts.insert(Measure::Category(category), count(&|it| it.level == Level::Error && it.category == category));
    }
    facts.extend(base.build_time.map(|seconds| (Measure::BuildTime, seconds)));
    if let Some(bundle) = &base.bundle {
        facts.extend(size_facts(bundle).into_iter().filter_map(|(measure, bytes)| Some((measure, bytes?))));
    }
    facts
}
