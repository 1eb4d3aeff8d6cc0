//! Several reports as one: what was said twice is said once, paths are from the repository's root where
//! the parts are of several folders, and limits on numbers of diagnostics hold for all of them together.

use super::parts::{Expectation, Found, check, incomplete};
use crate::app::run::facts::{count, judged};
use crate::app::run::sorted;
use crate::diagnostic::{Category, Diagnostic, Severity};
use crate::gate::{Measure, Reason, combine, conclude};
use crate::record::{UndeclaredRead, VariableCheck};
use crate::report::finding::from_repository_root;
use crate::report::{
    ApiHealth, Base, Counts, DatabasesHealth, Project, Report, Run, Step, ToolInfo, Tracked, Variables,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What the parts do not say: who merged them, when and where.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) run: Run,
    pub(super) tool: ToolInfo,
}

pub(super) fn join(frame: Frame, mut parts: Vec<Found>, unreadable: Vec<Reason>, expectation: &Expectation) -> Report {
    let mut reasons = unreadable;
    reasons.extend(check(&mut parts, expectation));
    if parts.is_empty() {
        reasons.push(incomplete("there is no report to merge".to_owned()));
    }
    let labels = labels(&parts);
    let mut reports: Vec<Report> = parts.into_iter().map(|part| part.report).collect();
    let project = project(&reports);
    for (report, label) in reports.iter_mut().zip(&labels) {
        put_label(report, label);
        put_root(report, &project.directory);
    }
    let fixed = fixed(&reports);
    let diagnostics = diagnostics(&reports);
    let steps: Vec<Step> = reports.iter().flat_map(|report| report.steps.clone()).collect();
    let judged = judged(&diagnostics, frame.run.finished_at);
    let deferred = (diagnostics.len() - judged.len()) as u64;
    let judged = count(&judged, &fixed, &steps);
    let counts = Counts { deferred, ..count(&diagnostics, &fixed, &steps) };
    let conditions: Vec<_> = reports.iter().map(|report| report.verdict.conditions.as_slice()).collect();
    let conditions = combine(&conditions, &counted(&judged));
    reasons.extend(reports.iter().flat_map(|report| report.verdict.reasons.clone()));
    let mut notices = Vec::new();
    for notice in reports.iter().flat_map(|report| &report.notices) {
        if !notices.contains(notice) {
            notices.push(notice.clone());
        }
    }
    let mut builds = reports.iter().filter_map(|report| report.build.clone());
    Report {
        schema_version: Report::SCHEMA_VERSION,
        tool: frame.tool,
        run: run(frame.run, &reports),
        project,
        verdict: conclude(conditions, reasons),
        counts,
        base: base(&reports),
        steps,
        // Of several builds none is the one.
        build: builds.next().filter(|_| reports.len() == 1),
        variables: variables(&reports),
        api: api(&reports),
        databases: databases(&reports),
        diagnostics,
        fixed,
        notices,
    }
}

/// What steps of a part are called after: `2/4`, the project where each part has its own, or its place.
fn labels(parts: &[Found]) -> Vec<String> {
    if parts.len() < 2 {
        return vec![String::new(); parts.len()];
    }
    let names: BTreeSet<&str> = parts.iter().map(|part| part.report.project.name.as_str()).collect();
    let has_names = names.len() == parts.len();
    let label = |(index, part): (usize, &Found)| match part.report.run.part {
        _ if has_names => part.report.project.name.clone(),
        Some(part) => part.to_string(),
        None => (index + 1).to_string(),
    };
    parts.iter().enumerate().map(label).collect()
}

fn put_label(report: &mut Report, label: &str) {
    if label.is_empty() {
        return;
    }
    let steps = report.steps.iter_mut().map(|step| &mut step.name);
    let reasons = report.verdict.reasons.iter_mut().filter_map(|reason| reason.step.as_mut());
    let tracked = report.diagnostics.iter_mut().map(|tracked| &mut tracked.step);
    for name in steps.chain(reasons).chain(tracked) {
        *name = format!("{label}: {name}");
    }
}

/// Makes all paths start at `directory`, which is the parts' own or the repository's root.
fn put_root(report: &mut Report, directory: &str) {
    if report.project.directory == directory {
        return;
    }
    let own = report.project.directory.clone();
    let root = |file: &mut String| *file = from_repository_root(&own, file).into_owned();
    let said = report.diagnostics.iter_mut().map(|tracked| &mut tracked.diagnostic).chain(&mut report.fixed);
    for diagnostic in said {
        diagnostic.file.iter_mut().for_each(root);
        diagnostic.related.iter_mut().filter_map(|related| related.file.as_mut()).for_each(root);
    }
    report.variables.undeclared.iter_mut().map(|read| &mut read.file).for_each(root);
    report.variables.leaks.iter_mut().flatten().map(|leak| &mut leak.file).for_each(root);
}

fn project(reports: &[Report]) -> Project {
    let same = |pick: fn(&Report) -> &str| {
        let first = reports.first().map(pick)?;
        reports.iter().all(|report| pick(report) == first).then(|| first.to_owned())
    };
    let names: BTreeSet<&str> = reports.iter().map(|report| report.project.name.as_str()).collect();
    let manager = reports.first().and_then(|report| report.project.package_manager.clone());
    let is_same = |report: &Report| report.project.package_manager == manager;
    Project {
        name: names.into_iter().collect::<Vec<_>>().join(", "),
        directory: same(|report| &report.project.directory).unwrap_or_default(),
        package_manager: manager.clone().filter(|_| reports.iter().all(is_same)),
        plan: "merged".to_owned(),
    }
}

/// Where and when; the parts know what a merge outside of CI does not.
fn run(frame: Run, reports: &[Report]) -> Run {
    let first = reports.first().map(|report| &report.run);
    let started = reports.iter().map(|report| report.run.started_at).min();
    let finished = reports.iter().map(|report| report.run.finished_at).max();
    Run {
        started_at: started.unwrap_or(frame.started_at),
        finished_at: finished.unwrap_or(frame.finished_at),
        environment: first.map_or(frame.environment, |run| run.environment),
        repository: frame.repository.or_else(|| first?.repository.clone()),
        commit: frame.commit.or_else(|| first?.commit.clone()),
        branch: frame.branch.or_else(|| first?.branch.clone()),
        pull_request: frame.pull_request.or_else(|| first?.pull_request),
        url: frame.url.or_else(|| first?.url.clone()),
        ..frame
    }
}

/// The parts' base, where they have one; its numbers were those of a part each.
fn base(reports: &[Report]) -> Base {
    let rank = |base: &Base| ["store", "none", "unreadable"].iter().position(|kind| *kind == base.kind);
    let worst = reports.iter().map(|report| &report.base).max_by_key(|base| rank(base));
    let nothing = Base {
        kind: "none".to_owned(),
        commit: None,
        branch: None,
        recorded_at: None,
        build_time: None,
        errors: None,
        warnings: None,
        bundle: None,
        history: Vec::new(),
    };
    match worst {
        None => nothing,
        Some(base) if reports.len() == 1 => base.clone(),
        Some(base) => {
            let is_same = reports.iter().all(|report| report.base.commit == base.commit);
            let commit = base.commit.clone().filter(|_| is_same);
            Base { kind: base.kind.clone(), commit, branch: base.branch.clone(), ..nothing }
        }
    }
}

/// Each as often as the part that says it most often, and as new as any part says.
fn diagnostics(reports: &[Report]) -> Vec<Tracked> {
    let mut places: HashMap<&Diagnostic, Vec<usize>> = HashMap::new();
    let mut all: Vec<Tracked> = Vec::new();
    for report in reports {
        let mut said: HashMap<&Diagnostic, usize> = HashMap::new();
        for tracked in &report.diagnostics {
            let nth = said.entry(&tracked.diagnostic).or_default();
            let known = places.entry(&tracked.diagnostic).or_default();
            if let Some(place) = known.get(*nth) {
                // New comes first.
                all[*place].state = all[*place].state.min(tracked.state);
            } else {
                known.push(all.len());
                all.push(tracked.clone());
            }
            *nth += 1;
        }
    }
    sorted(all)
}

/// What no part has any more.
fn fixed(reports: &[Report]) -> Vec<Diagnostic> {
    let there: BTreeSet<&Diagnostic> =
        reports.iter().flat_map(|report| report.diagnostics.iter().map(|tracked| &tracked.diagnostic)).collect();
    let mut fixed: Vec<Diagnostic> = Vec::new();
    let mut seen = BTreeSet::new();
    for diagnostic in reports.iter().flat_map(|report| &report.fixed) {
        if !there.contains(diagnostic) && seen.insert(diagnostic) {
            fixed.push(diagnostic.clone());
        }
    }
    fixed
}

/// What the limits on diagnostics are held to, by the measures' names.
fn counted(counts: &Counts) -> BTreeMap<String, f64> {
    let by_name = [
        (Measure::Errors, counts.errors),
        (Measure::NewErrors, counts.new_errors),
        (Measure::Warnings, counts.warnings),
        (Measure::NewWarnings, counts.new_warnings),
    ];
    let severities = Severity::ALL.into_iter().map(|severity| {
        let count = counts.errors_by_severity.get(severity.as_str()).copied().unwrap_or_default();
        (Measure::Severity(severity), count)
    });
    let categories = Category::ALL.into_iter().map(|category| {
        let count = counts.errors_by_category.get(category.as_str()).copied().unwrap_or_default();
        (Measure::Category(category), count)
    });
    let all = by_name.into_iter().chain(severities).chain(categories);
    all.map(|(measure, count)| (measure.name(), count as f64)).collect()
}

/// Each variable once, as the part that has most to say about it.
/// All endpoints that any part looked at.
fn api(reports: &[Report]) -> Option<ApiHealth> {
    let mut parts = reports.iter().filter_map(|report| report.api.clone());
    let mut all = parts.next()?;
    for part in parts {
        all.base_url = all.base_url.filter(|url| part.base_url.as_ref() == Some(url));
        all.checks.extend(part.checks);
        all.not_called.extend(part.not_called);
    }
    Some(all)
}

/// All databases that any part looked at.
fn databases(reports: &[Report]) -> Option<DatabasesHealth> {
    let mut parts = reports.iter().filter_map(|report| report.databases.clone());
    let mut all = parts.next()?;
    for part in parts {
        all.checks.extend(part.checks);
        all.not_tried.extend(part.not_tried);
    }
    Some(all)
}

fn variables(reports: &[Report]) -> Variables {
    let worse = |check: &VariableCheck| (check.is_missing(), check.is_invalid());
    let mut checks: BTreeMap<&str, &VariableCheck> = BTreeMap::new();
    for check in reports.iter().flat_map(|report| &report.variables.checks) {
        let known = checks.entry(&check.variable.key).or_insert(check);
        if worse(check) > worse(known) {
            *known = check;
        }
    }
    let mut undeclared: Vec<UndeclaredRead> = Vec::new();
    for read in reports.iter().flat_map(|report| &report.variables.undeclared) {
        if !undeclared.contains(read) {
            undeclared.push(read.clone());
        }
    }
    let searched = reports.iter().filter_map(|report| report.variables.leaks.as_ref());
    let leaks = searched.fold(None, |all: Option<Vec<_>>, leaks| {
        let mut all = all.unwrap_or_default();
        for leak in leaks {
            if !all.contains(leak) {
                all.push(leak.clone());
            }
        }
        Some(all)
    });
    Variables { checks: checks.into_values().cloned().collect(), undeclared, leaks }
}
