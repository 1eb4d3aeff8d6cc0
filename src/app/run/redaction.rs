//! One redactor before every output: every text of a report that came from outside goes through it.

use crate::diagnostic::{Account, Diagnostic, Exit};
use crate::record::{Bundle, EndpointCheck, Measured, NotCalled, NotTried};
use crate::redact::Redactor;
use crate::report::{ApiHealth, DatabasesHealth, Report, Step};
use std::borrow::Cow;

/// Masks every secret in the report. Names of our own, numbers and times stay as they are.
pub(in crate::app) fn redact(report: &mut Report, redactor: &Redactor) {
    if redactor.is_empty() {
        return;
    }
    let Report {
        run,
        project,
        verdict,
        base,
        steps,
        build,
        variables,
        api,
        databases,
        diagnostics,
        fixed,
        notices,
        ..
    } = report;
    let mut texts: Vec<&mut String> = vec![&mut project.name, &mut project.directory];
    texts.extend([&mut run.repository, &mut run.commit, &mut run.branch, &mut run.url].into_iter().flatten());
    texts.extend([&mut base.commit, &mut base.branch].into_iter().flatten());
    for condition in &mut verdict.conditions {
        texts.push(&mut condition.measure);
        texts.extend(&mut condition.help);
    }
    for reason in &mut verdict.reasons {
        texts.push(&mut reason.message);
        texts.extend([&mut reason.step, &mut reason.help].into_iter().flatten());
    }
    for notice in notices {
        texts.push(&mut notice.message);
        texts.extend(&mut notice.help);
    }
    if let Some(build) = build {
        texts.push(&mut build.build_command);
        texts.extend([&mut build.commit, &mut build.branch, &mut build.error_log].into_iter().flatten());
        if let Some(metrics) = &mut build.metrics {
            texts.extend(metrics.phases.iter_mut().map(|phase| &mut phase.name));
            texts.extend(metrics.steps.iter_mut().map(|used| &mut used.step));
            texts.extend(&mut metrics.caches);
            texts.extend(metrics.routes.iter_mut().map(|weight| &mut weight.route));
            texts.extend(metrics.adapter.iter_mut().chain(&mut metrics.warnings));
        }
        for bundle in build.bundle.iter_mut().chain(&mut base.bundle) {
            bundle_texts(bundle, &mut texts);
        }
    }
    for check in &mut variables.checks {
        texts.push(&mut check.declared_in);
        texts.extend([&mut check.source, &mut check.problem, &mut check.help].into_iter().flatten());
    }
    if let Some(api) = api {
        api_texts(api, &mut texts);
    }
    if let Some(databases) = databases {
        database_texts(databases, &mut texts);
    }
    texts.extend(variables.undeclared.iter_mut().map(|read| &mut read.file));
    texts.extend(variables.leaks.iter_mut().flatten().map(|leak| &mut leak.file));
    for step in steps {
        step_texts(step, &mut texts);
    }
    for tracked in diagnostics {
        texts.push(&mut tracked.step);
        diagnostic_texts(&mut tracked.diagnostic, &mut texts);
        texts.extend(tracked.before.as_mut().and_then(|before| before.file.as_mut()));
        texts.extend(tracked.deferral.as_mut().map(|deferral| &mut deferral.reason));
    }
    for diagnostic in fixed {
        diagnostic_texts(diagnostic, &mut texts);
    }
    mask(texts, redactor);
}

/// Masks every secret in what was found of an API.
pub(in crate::app) fn redact_api(api: &mut ApiHealth, redactor: &Redactor) {
    let mut texts = Vec::new();
    api_texts(api, &mut texts);
    mask(texts, redactor);
}

fn api_texts<'a>(api: &'a mut ApiHealth, texts: &mut Vec<&'a mut String>) {
    let ApiHealth { base_url, checks, not_called } = api;
    texts.extend(base_url);
    for EndpointCheck { record, retried, assertion, expected, actual, help, .. } in checks {
        texts.push(&mut record.endpoint_path);
        texts.extend(retried);
        texts.extend([&mut record.error_message, assertion, expected, actual, help].into_iter().flatten());
    }
    for NotCalled { operation, why, help } in not_called {
        texts.extend([operation, why]);
        texts.extend(help);
    }
}

/// Masks every secret in what was found of databases. Where they are is no secret, whoever may come in.
pub(in crate::app) fn redact_databases(databases: &mut DatabasesHealth, redactor: &Redactor) {
    let mut texts = Vec::new();
    database_texts(databases, &mut texts);
    mask(texts, redactor);
}

fn database_texts<'a>(databases: &'a mut DatabasesHealth, texts: &mut Vec<&'a mut String>) {
    let DatabasesHealth { checks, not_tried } = databases;
    for check in checks {
        texts.extend([&mut check.record.error_message, &mut check.help].into_iter().flatten());
        let Some(server) = &mut check.server else { continue };
        texts.push(&mut server.version);
        texts.extend(server.connections.why_mut());
        texts.extend(server.replication_lag.why_mut());
        texts.extend(server.long_transactions.why_mut());
        texts.extend(server.lock_waits.why_mut());
        texts.extend(server.pending_migrations.why_mut());
        match &mut server.exposures {
            Measured::Known(found) => {
                texts.extend(found.iter_mut().flat_map(|it| [&mut it.relation, &mut it.problem, &mut it.help]));
            }
            Measured::Unknown(why) => texts.push(why),
            Measured::Absent => {}
        }
    }
    for NotTried { why, help, .. } in not_tried {
        texts.push(why);
        texts.extend(help);
    }
}

/// Masks every secret in what was read from a log.
pub(in crate::app) fn redact_diagnostic(diagnostic: &mut Diagnostic, redactor: &Redactor) {
    if !redactor.is_empty() {
        let mut texts = Vec::new();
        diagnostic_texts(diagnostic, &mut texts);
        mask(texts, redactor);
    }
}

/// Masks every secret in what was found of an output.
pub(in crate::app) fn redact_bundle(bundle: &mut Bundle, redactor: &Redactor) {
    let mut texts = Vec::new();
    bundle_texts(bundle, &mut texts);
    mask(texts, redactor);
}

fn bundle_texts<'a>(bundle: &'a mut Bundle, texts: &mut Vec<&'a mut String>) {
    let Bundle { assets, known_from: _, routes, modules, unknown } = bundle;
    for asset in assets {
        texts.extend([&mut asset.path, &mut asset.name]);
    }
    for route in routes {
        texts.push(&mut route.path);
        texts.extend([&mut route.pattern, &mut route.entrypoint].into_iter().flatten());
        texts.extend(&mut route.unknown);
    }
    for module in modules {
        texts.push(&mut module.id);
        texts.extend(&mut module.package);
    }
    texts.extend(unknown);
}

fn mask(texts: Vec<&mut String>, redactor: &Redactor) {
    for text in texts {
        if let Cow::Owned(masked) = redactor.redact(text) {
            *text = masked;
        }
    }
}

fn step_texts<'a>(step: &'a mut Step, texts: &mut Vec<&'a mut String>) {
    let Step { name, command, exit, account, log_tail, .. } = step;
    texts.extend([name, command]);
    texts.extend(log_tail);
    if let Some(Exit::NotStarted { error }) = exit {
        texts.push(error);
    }
    let Account { totals, crashes, unrecognised, .. } = account;
    texts.extend(totals.iter_mut().flat_map(|total| [&mut total.tool, &mut total.text]));
    texts.extend(crashes.iter_mut().map(|crash| &mut crash.text));
    texts.extend(unrecognised.iter_mut().map(|line| &mut line.text));
}

fn diagnostic_texts<'a>(diagnostic: &'a mut Diagnostic, texts: &mut Vec<&'a mut String>) {
    texts.push(&mut diagnostic.message);
    if let Cow::Owned(tool) = &mut diagnostic.tool {
        texts.push(tool);
    }
    texts.extend([&mut diagnostic.code, &mut diagnostic.file].into_iter().flatten());
    for related in &mut diagnostic.related {
        texts.push(&mut related.message);
        texts.extend(&mut related.file);
    }
}
