//! Raw → [`Config`]: what no key can know alone.

use super::api::check_api;
use super::choice::StoreKind;
use super::classification::check_rules;
use super::collection::{OneOrMore, Table};
use super::database::check_databases;
use super::deploy::check_deploy;
use super::monitor::check_monitor;
use super::pattern::{self, ErrorformatText};
use super::raw::{
    RawAge, RawBundle, RawConfig, RawLimit, RawRetention, RawStep, RawStore, RawVariable, RawVariables, Variable,
};
use super::read::{At, Read, Reader};
use super::serve::check_serve;
use super::suggest::quoted;
use super::text::{RelativePath, StoreUrl};
use super::threshold::RawThresholds;
use super::tree::{Content, Node, Span};
use super::value::{Count, VariableName};
use super::{Config, LimitConfig, RetentionConfig, StepConfig, StoreConfig, VariableSpec, VariablesConfig};
use crate::gate::{Measure, Policy, Threshold};
use crate::parse::{Errorformat, Format, Needs};
use crate::record::{Compression, Compressors, SpanLimit};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The checked configuration. `None` when a mistake was found that leaves none.
pub(super) fn check(root: &Node, reader: &mut Reader) -> Option<Config> {
    let raw = RawConfig::read(root, reader)?;
    let (has_api, has_databases) = (raw.api.is_some(), raw.databases.is_some());
    let (store, retention) = raw.store.map(|store| check_store(store.value, reader)).unwrap_or_default();
    let thresholds = raw.thresholds.map(|thresholds| thresholds.value).unwrap_or_default();
    let compressors = check_bundle(raw.bundle.map(|bundle| bundle.value), &thresholds, reader);
    Some(Config {
        environment: raw.environment.map(|environment| environment.value.0).unwrap_or_default(),
        default_branch: raw.default_branch.map(|branch| branch.value.0),
        steps: raw.steps.map(|steps| check_steps(steps.value.0, reader)),
        variables: raw.variables.map(|variables| check_variables(variables.value, reader)).unwrap_or_default(),
        api: raw.api.map(|api| check_api(api, reader)),
        databases: raw.databases.map(|databases| check_databases(databases, reader)).unwrap_or_default(),
        monitor: raw.monitor.map(|monitor| check_monitor(monitor.value, reader)).unwrap_or_default(),
        classification: raw.classification.map(|rules| check_rules(rules.value.0)).unwrap_or_default(),
        policy: policy(
            thresholds,
            has_api.then(Policy::of_api).into_iter().flatten(),
            has_databases.then(Policy::of_databases).into_iter().flatten(),
        ),
        compressors,
        store,
        retention,
        deploy: raw.deploy.and_then(|deploy| check_deploy(deploy, reader)),
        serve: raw.serve.map(|serve| check_serve(serve.value, reader)).unwrap_or_default(),
        comment: raw.comment.map(|comment| comment.value.0).unwrap_or_default(),
        commit_check: raw.commit_check.map(|check| check.value.0).unwrap_or_default(),
    })
}

/// What is not measured cannot be limited.
fn check_bundle(raw: Option<RawBundle>, thresholds: &RawThresholds, reader: &mut Reader) -> Compressors {
    let Some(flag) = raw.and_then(|raw| raw.brotli).filter(|flag| !flag.value.0) else {
        return Compressors::GzipAndBrotli;
    };
    let limits = thresholds.measures.iter().filter_map(|(_, threshold)| threshold.as_ref());
    let mut limits = limits.chain(thresholds.budgets.iter().map(|budget| &budget.threshold));
    if let Some(limit) = limits.find(|it| it.measure.compression() == Some(Compression::Brotli)) {
        let measure = quoted(&limit.measure.name());
        let message = format!("`bundle.brotli` is `false`, and `thresholds` limit {measure}");
        reader.mistake(&flag.span, message, "take `brotli: false` out, or limit the size under `gzip`");
    }
    Compressors::Gzip
}

/// Whether a file says nothing: no value, or a group without keys.
pub(super) fn says_nothing(root: &Node) -> bool {
    root.is_null() || matches!(&*root.content, Content::Map(entries) if entries.is_empty())
}

fn check_steps(steps: Vec<At<RawStep>>, reader: &mut Reader) -> Vec<StepConfig> {
    let mut names: HashMap<String, Span> = HashMap::new();
    let mut checked = Vec::with_capacity(steps.len());
    for At { value: step, .. } in steps {
        check_patterns(&step, reader);
        let Some(name) = step.name else { continue };
        match names.get(&name.value.0) {
            Some(first) => {
                let message = format!("two steps are called {} in `steps.name`", quoted(&name.value.0));
                reader.mistake_about(&name.span, message, "give each step its own name", first, "first used here");
            }
            None => {
                names.insert(name.value.0.clone(), name.span.clone());
            }
        }
        let Some(run) = step.run else { continue };
        checked.push(StepConfig {
            name: name.value.0,
            run: run.value.0,
            format: step.format.map_or_else(|| "auto".to_owned(), |format| format.value.0),
            matcher: step.matcher.map(|matcher| matcher.value.0),
            errorformat: step.errorformat.and_then(|patterns| errorformat(patterns, reader)),
            output: step.output.map(|output| output.value.0),
            timeout: step.timeout.map(|timeout| timeout.value.0),
            directory: step.directory.map(|directory| directory.value.0),
            env: step.env.map(|env| check_env(env.value)).unwrap_or_default(),
        });
    }
    checked
}

/// Formats that read by what the user gives need it, and other formats have no use for it.
fn check_patterns(step: &RawStep, reader: &mut Reader) {
    let Some(format) = &step.format else { return };
    let needs = Format::named(&format.value.0).and_then(Format::needs);
    let takes_all = format.value.0 == Format::AUTO.name();
    let given = [
        (Needs::Matcher, "matcher", "problem-matcher", "ci/matcher.json", step.matcher.as_ref().map(|it| &it.span)),
        (
            Needs::Errorformat,
            "errorformat",
            "errorformat",
            "'%f:%l:%c: %m'",
            step.errorformat.as_ref().map(|it| &it.span),
        ),
    ];
    for (need, key, name, sample, span) in given {
        match span {
            None if needs == Some(need) => {
                let message = format!("`steps.format` is `{name}`, and the step has no `{key}`");
                reader.mistake(&format.span, message, format!("add `{key}: {sample}` to the step"));
            }
            Some(span) if needs != Some(need) && !takes_all => {
                let message = format!("`steps.{key}` does not go with the format {}", quoted(&format.value.0));
                let help = format!("write `format: {name}`, or leave `format` out");
                reader.mistake_about(span, message, help, &format.span, "`format`");
            }
            _ => {}
        }
    }
}

/// All patterns together; each was read by itself already.
fn errorformat(patterns: At<OneOrMore<ErrorformatText>>, reader: &mut Reader) -> Option<Arc<Errorformat>> {
    let texts: Vec<String> = patterns.value.0.into_iter().map(|pattern| pattern.value.0).collect();
    match Errorformat::parse(&texts.join(",")) {
        Ok(errorformat) => Some(Arc::new(errorformat)),
        Err(error) => {
            pattern::refuse_errorformat(&error, &patterns.span, reader);
            None
        }
    }
}

fn check_env<T: Into<String>>(table: Table<VariableName, T>) -> BTreeMap<String, String> {
    table.0.into_iter().map(|(name, value)| (name.value.0, value.value.into())).collect()
}

fn check_variables(raw: RawVariables, reader: &mut Reader) -> VariablesConfig {
    let required = raw.required.map(|table| table.value.0).unwrap_or_default();
    let optional = raw.optional.map(|table| table.value.0).unwrap_or_default();
    let firsts: BTreeMap<&VariableName, &Span> = required.iter().map(|(name, _)| (&name.value, &name.span)).collect();
    for (name, _) in &optional {
        if let Some(first) = firsts.get(&name.value) {
            let message = format!("`variables.optional.{0}` is `variables.required.{0}` too", name.value.0);
            reader.mistake_about(&name.span, message, "keep it in one of the two", first, "required here");
        }
    }
    let files = raw.files.map(|files| files.value);
    refuse_repeats(
        "variables.files",
        files.iter().flatten().map(|file| (file.value.0.to_string_lossy(), &file.span)),
        reader,
    );
    let ignore = raw.ignore.map(|ignore| ignore.value).unwrap_or_default();
    refuse_repeats("variables.ignore", ignore.iter().map(|name| (name.value.0.as_str().into(), &name.span)), reader);
    VariablesConfig {
        example: raw.example.map(|example| example.value.0),
        files: files.map(|files| files.into_iter().map(|At { value: RelativePath(path), .. }| path).collect()),
        required: check_specs("required", required, reader),
        optional: check_specs("optional", optional, reader),
        ignore: ignore.into_iter().map(|name| name.value.0).collect(),
    }
}

pub(super) fn refuse_repeats<'a>(
    key: &str,
    items: impl Iterator<Item = (std::borrow::Cow<'a, str>, &'a Span)>,
    reader: &mut Reader,
) {
    let mut firsts: HashMap<_, &Span> = HashMap::new();
    for (item, span) in items {
        if let Some(first) = firsts.get(&item) {
            let message = format!("{} is listed twice in `{key}`", quoted(&item));
            reader.mistake_about(span, message, "keep one of the two", first, "first listed here");
        } else {
            firsts.insert(item, span);
        }
    }
}

fn check_specs(
    group: &str,
    table: Vec<(At<VariableName>, At<Variable>)>,
    reader: &mut Reader,
) -> BTreeMap<String, VariableSpec> {
    let mut specs = BTreeMap::new();
    for (At { value: VariableName(name), .. }, At { value: Variable(raw), .. }) in table {
        let spec = raw.map(|raw| check_spec(&format!("variables.{group}.{name}"), raw, reader)).unwrap_or_default();
        specs.insert(name, spec);
    }
    specs
}

fn check_spec(key: &str, raw: RawVariable, reader: &mut Reader) -> VariableSpec {
    if let (Some(min), Some(max)) = (&raw.min_length, &raw.max_length)
        && min.value.0 > max.value.0
    {
        let message = format!("no value of `{key}` can be right: `min-length` is larger than `max-length`");
        reader.mistake_about(&min.span, message, "swap them", &max.span, "`max-length`");
    }
    let one_of = raw.one_of.map(|list| list.value.0).unwrap_or_default();
    refuse_repeats(
        &format!("{key}.one-of"),
        one_of.iter().map(|item| (item.value.0.as_str().into(), &item.span)),
        reader,
    );
    VariableSpec {
        format: raw.format.map(|format| format.value.0),
        is_sensitive: raw.sensitive.map(|sensitive| sensitive.value.0),
        one_of: one_of.into_iter().map(|item| item.value.0).collect(),
        pattern: raw.pattern.map(|pattern| pattern.value.0),
        min_length: raw.min_length.map(|length| length.value.0 as usize),
        max_length: raw.max_length.map(|length| length.value.0 as usize),
    }
}

fn check_store(raw: RawStore, reader: &mut Reader) -> (StoreConfig, RetentionConfig) {
    let retention = raw.retention.map(|retention| check_retention(&retention.value, reader)).unwrap_or_default();
    let Some(kind) = raw.kind else { return (StoreConfig::default(), retention) };
    let mut misplaced = |key: &str, span: Option<&Span>, kind: &str| {
        if let Some(span) = span {
            let message = format!("`store.{key}` has no meaning with `kind: {kind}`");
            reader.mistake(span, message, format!("remove `{key}`, or choose the other `kind`"));
        }
    };
    let store = match kind.value.0 {
        StoreKind::Json => {
            misplaced("url", raw.url.as_ref().map(|it| &it.span), "json");
            misplaced("schema", raw.schema.as_ref().map(|it| &it.span), "json");
            misplaced("ca-file", raw.ca_file.as_ref().map(|it| &it.span), "json");
            raw.path.map_or_else(StoreConfig::default, |path| StoreConfig::Json { path: path.value.0 })
        }
        StoreKind::Postgres => {
            misplaced("path", raw.path.as_ref().map(|it| &it.span), "postgres");
            let Some(url) = raw.url else {
                let help = format!("add `url: {}`", StoreUrl::SAMPLE);
                reader.mistake(&kind.span, "`store` has no `url`", help);
                return (StoreConfig::default(), retention);
            };
            StoreConfig::Postgres {
                url: url.value.0,
                schema: raw.schema.map(|schema| schema.value.0),
                ca_file: raw.ca_file.map(|file| file.value.0),
            }
        }
    };
    (store, retention)
}

fn check_retention(raw: &RawRetention, reader: &mut Reader) -> RetentionConfig {
    let limit = |raw: &Option<At<RawLimit>>| {
        let count = |raw: &Option<At<Count>>| raw.as_ref().map(|it| it.value.0);
        raw.as_ref().map_or_else(LimitConfig::default, |limit| LimitConfig {
            count: count(&limit.value.count),
            days: count(&limit.value.days),
        })
    };
    let age = |raw: &Option<At<RawAge>>| raw.as_ref()?.value.days.as_ref().map(|days| days.value.0);
    let (health_by_hour, health_by_day) = (age(&raw.health_by_hour), age(&raw.health_by_day));
    let hours = health_by_hour.unwrap_or(SpanLimit::HOURS_IN_DAYS);
    let days = health_by_day.unwrap_or(SpanLimit::DAYS);
    if let Some(named) = raw.health_by_day.as_ref().or(raw.health_by_hour.as_ref()).filter(|_| days < hours) {
        let message =
            format!("`health-by-day` is kept for {days} days, and `health-by-hour`, which becomes it, for {hours}");
        reader.mistake(&named.span, message, format!("keep it as long at least: `health-by-day: {{ days: {hours} }}`"));
    }
    RetentionConfig {
        builds: limit(&raw.builds),
        bundles: raw.bundles.as_ref().map(|it| it.value.0),
        resolved_errors: limit(&raw.resolved_errors),
        api_health: limit(&raw.api_health),
        database_health: limit(&raw.database_health),
        health_by_hour,
        health_by_day,
        deployments: limit(&raw.deployments),
    }
}

/// What the file says over what holds without it.
fn policy(
    named: RawThresholds,
    of_api: impl Iterator<Item = Threshold>,
    of_databases: impl Iterator<Item = Threshold>,
) -> Policy {
    let defaults = Policy::default().thresholds.into_iter().chain(of_api).chain(of_databases);
    let mut thresholds: BTreeMap<Measure, Threshold> =
        defaults.map(|threshold| (threshold.measure, threshold)).collect();
    for (measure, threshold) in named.measures {
        match threshold {
            Some(threshold) => thresholds.insert(measure, threshold),
            None => thresholds.remove(&measure),
        };
    }
    Policy { thresholds: thresholds.into_values().collect(), budgets: named.budgets }
}
