//! The `thresholds` of the file: for each measure of [`gate`](crate::gate) a number, a group of limits, or `off`.

use super::amount::{expected, read_amount, read_increase, unit_sample, whole_number};
use super::choice::Choice;
use super::pattern::BudgetPattern;
use super::read::{At, Read, ReadKey, Reader};
use super::suggest::quoted;
use super::tree::{Content, Entry, Node};
use super::{schema, unit};
use crate::diagnostic::{Category, Severity};
use crate::gate::{Budget, Measure, OnExceed, Threshold, Unit};
use crate::record::{AssetKind, Compression};
use serde_json::{Map, Value, json};

/// The measures that have a key of their own, and what editors say of them.
const MEASURES: [(Measure, &str); 28] = [
    (Measure::Errors, "Errors in all. No limit by default."),
    (Measure::NewErrors, "Errors that the base does not have. Default: 0."),
    (Measure::Warnings, "Warnings in all. No limit by default."),
    (Measure::NewWarnings, "Warnings that the base does not have. No limit by default."),
    (Measure::BuildTime, "How long the build takes. No limit by default."),
    (Measure::BundleSize(Compression::Raw), "What the build ships, source maps not counted. No limit by default."),
    (Measure::NewAssets, "Files that the base has not, by their names without hashes. No limit by default."),
    (Measure::LostAssets, "Files that only the base has. No limit by default."),
    (
        Measure::DuplicatedPackages,
        "Packages in the client's scripts in more than one version; needs the Astro integration. No limit by default.",
    ),
    (Measure::MissingVariables, "Required variables without a value. Default: 0."),
    (Measure::InvalidVariables, "Variables whose value is not what it must be. Default: 0."),
    (Measure::UndeclaredVariables, "Variables that the code reads and nobody declares. No limit by default."),
    (Measure::LeakedSecrets, "Values of sensitive variables found in what would be published. Default: 0."),
    (Measure::FailedEndpoints, "Endpoints of the API that have failed. Default: 0."),
    (Measure::DegradedEndpoints, "Endpoints that are slow or not as they should be. Default: a warning above 0."),
    (
        Measure::UnknownEndpoints,
        "Endpoints that could not be checked. Without a limit, one of them leaves the answer open.",
    ),
    (Measure::UncalledOperations, "Operations of the OpenAPI document that could not be called. No limit by default."),
    (Measure::FailedDatabases, "Databases that cannot be reached or whose query fails. Default: 0."),
    (Measure::SlowDatabases, "Databases whose query is slow. Default: a warning above 0."),
    (
        Measure::UnknownDatabases,
        "Databases that could not be checked. Without a limit, one of them leaves the answer open.",
    ),
    (Measure::QueryTime, "The average time of the slowest database's query. No limit by default."),
    (Measure::PoolUse, "How much of a server's connections is in use. No limit by default."),
    (Measure::ReplicationLag, "How far a replica is behind. No limit by default."),
    (Measure::LongTransactions, "Transactions that have been open for long. No limit by default."),
    (Measure::LockWaits, "Locks that somebody waits for. No limit by default."),
    (Measure::PendingMigrations, "Versions of shipgate's tables to be made. Default: a warning above 0."),
    (Measure::ExposedTables, "Tables that Supabase's Data API shows to everybody, where `exposure` is on. Default: 0."),
    (Measure::CheckedFiles, "Files that the checker looked at; `{ min: 1 }` is how it is limited."),
];

/// The groups of measures, and what editors say of them.
const GROUPS: [(&str, &str); 6] = [
    ("severity", "Errors of one severity."),
    ("category", "Errors of one category."),
    ("bundle-size-by-kind", "What the build ships of one kind of file."),
    ("route-size", "What a first visit loads, of all routes that a pattern fits: `/blog/**`."),
    ("route-requests", "How many requests a first visit makes, of all routes that a pattern fits."),
    ("asset-size", "Files by a pattern of their names without hashes: `_astro/*.js`."),
];

pub(super) const MAX: &str = "max";
pub(super) const MIN: &str = "min";
pub(super) const MAX_INCREASE: &str = "max-increase";
const ON_EXCEED: &str = "on-exceed";
const COMPRESSION: &str = "compression";

/// What the file says.
#[derive(Debug, Default)]
pub(super) struct RawThresholds {
    /// Of each measure it names; `None` switches it off.
    pub(super) measures: Vec<(Measure, Option<Threshold>)>,
    pub(super) budgets: Vec<Budget>,
}

/// The keys of `thresholds`.
pub(super) fn keys() -> Vec<String> {
    MEASURES.iter().map(|(measure, _)| measure.name()).chain(GROUPS.map(|(group, _)| group.to_owned())).collect()
}

impl Read for RawThresholds {
    const SAMPLE: &'static str = "{ new-errors: 0 }";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let keys = keys();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let mut raw = Self::default();
        let thresholds = &mut raw.measures;
        for entry in reader.entries(node, Self::SAMPLE)? {
            if reader.is_full() {
                break;
            }
            let measure = MEASURES.iter().find(|(measure, _)| measure.name() == entry.key).map(|(measure, _)| *measure);
            if let Some(measure) = measure {
                thresholds.extend(read_threshold(measure, entry, reader));
                continue;
            }
            match entry.key.as_str() {
                "severity" => read_group::<Severity>(Measure::Severity, entry, reader, thresholds),
                "category" => read_group::<Category>(Measure::Category, entry, reader, thresholds),
                "bundle-size-by-kind" => {
                    let measure = |kind| Measure::BundleKind(kind, Compression::Raw);
                    read_group::<AssetKind>(measure, entry, reader, thresholds);
                }
                "route-size" => read_budgets(Measure::RouteSize(Compression::Raw), entry, reader, &mut raw.budgets),
                "route-requests" => read_budgets(Measure::RouteRequests, entry, reader, &mut raw.budgets),
                "asset-size" => read_budgets(Measure::AssetSize(Compression::Raw), entry, reader, &mut raw.budgets),
                _ => reader.unknown_key(entry, &keys),
            }
        }
        Some(raw)
    }

    fn schema() -> Value {
        let mut entries: Vec<(&str, String, Value)> = Vec::new();
        let names: Vec<String> = MEASURES.iter().map(|(measure, _)| measure.name()).collect();
        for ((measure, doc), name) in MEASURES.iter().zip(&names) {
            entries.push((name, (*doc).to_owned(), reference(*measure)));
        }
        let tables = [
            Choice::<Severity>::table_schema(&reference(Measure::Severity(Severity::Critical))),
            Choice::<Category>::table_schema(&reference(Measure::Category(Category::Other))),
            Choice::<AssetKind>::table_schema(&reference(Measure::BundleKind(AssetKind::Other, Compression::Raw))),
            BudgetPattern::table_schema(&reference(Measure::RouteSize(Compression::Raw))),
            BudgetPattern::table_schema(&reference(Measure::RouteRequests)),
            BudgetPattern::table_schema(&reference(Measure::AssetSize(Compression::Raw))),
        ];
        for ((group, doc), table) in GROUPS.iter().zip(tables) {
            entries.push((group, (*doc).to_owned(), table));
        }
        schema::group(entries, &[])
    }
}

fn read_group<T>(
    measure: impl Fn(T) -> Measure,
    entry: &Entry,
    reader: &mut Reader,
    thresholds: &mut Vec<(Measure, Option<Threshold>)>,
) where
    Choice<T>: ReadKey,
{
    reader.under(&entry.key, |reader| {
        let sample = "{ … }";
        for entry in reader.entries(&entry.value, sample).unwrap_or_default() {
            if reader.is_full() {
                break;
            }
            if let Some(Choice(word)) = Choice::<T>::read_key(&entry.key, &entry.key_span, reader) {
                thresholds.extend(read_threshold(measure(word), entry, reader));
            }
        }
    });
}

/// Limits on what patterns fit.
fn read_budgets(measure: Measure, entry: &Entry, reader: &mut Reader, budgets: &mut Vec<Budget>) {
    reader.under(&entry.key, |reader| {
        for entry in reader.entries(&entry.value, "{ … }").unwrap_or_default() {
            if reader.is_full() {
                break;
            }
            let Some(pattern) = BudgetPattern::read(measure, entry, reader) else { continue };
            if let Some((_, Some(threshold))) = read_threshold(measure, entry, reader) {
                budgets.push(Budget { pattern: pattern.0, threshold });
            }
        }
    });
}

/// The limits that make sense for a measure.
fn limits(measure: Measure) -> &'static [&'static str] {
    match measure {
        // More files are never worse.
        Measure::CheckedFiles => &[MIN, ON_EXCEED],
        // They are an increase already, or of this moment alone.
        Measure::NewErrors
        | Measure::NewWarnings
        | Measure::NewAssets
        | Measure::LostAssets
        | Measure::FailedDatabases
        | Measure::SlowDatabases
        | Measure::UnknownDatabases
        | Measure::QueryTime
        | Measure::PoolUse
        | Measure::ReplicationLag
        | Measure::LongTransactions
        | Measure::LockWaits
        | Measure::PendingMigrations
        | Measure::ExposedTables => &[MAX, ON_EXCEED],
        // A build that ships almost nothing went wrong.
        Measure::BundleSize(_) | Measure::BundleKind(..) => &[MAX, MIN, MAX_INCREASE, COMPRESSION, ON_EXCEED],
        Measure::RouteSize(_) | Measure::AssetSize(_) => &[MAX, MAX_INCREASE, COMPRESSION, ON_EXCEED],
        _ => &[MAX, MAX_INCREASE, ON_EXCEED],
    }
}

fn read_threshold(measure: Measure, entry: &Entry, reader: &mut Reader) -> Option<(Measure, Option<Threshold>)> {
    reader.under(&entry.key, |reader| {
        let node = &entry.value;
        let threshold = match &*node.content {
            Content::Scalar(scalar) if scalar.text.is_empty() => {
                let message = format!("{} has no value", reader.subject());
                let help = format!("write `{}`, or `{}: off` for no limit", sample(measure), reader.key());
                reader.mistake(&node.span, message, help);
                return None;
            }
            Content::Scalar(scalar) if node.is_null() || scalar.text == "off" => None,
            Content::Scalar(scalar) if matches!(scalar.text.as_str(), "false" | "no" | "none" | "disabled") => {
                let message = format!("{} cannot be {}", reader.subject(), quoted(&scalar.text));
                reader.mistake(&node.span, message, format!("write `{}: off` for no limit", reader.key()));
                return None;
            }
            Content::Scalar(scalar) if measure == Measure::CheckedFiles => {
                let min = whole_number(scalar).unwrap_or(1.0);
                let help = format!("write {}: more files are never worse", reader.line(&format!("{{ min: {min} }}")));
                reader.wrong_type(node, "a group of keys", help);
                return None;
            }
            Content::List(_) => {
                reader.wrong_type(node, expected(measure.unit()), format!("write `{}`", sample(measure)));
                return None;
            }
            Content::Scalar(_) => Some(Threshold::max(measure, read_amount(measure.unit(), node, reader)?)),
            _ => Some(read_limits(measure, node, reader)?),
        };
        Some((threshold.as_ref().map_or(measure, |threshold| threshold.measure), threshold))
    })
}

/// A line that sets a limit on a measure.
fn sample(measure: Measure) -> String {
    let name = measure.name();
    let key = name.rsplit('.').next().unwrap_or_default();
    match (measure, measure.unit()) {
        (Measure::CheckedFiles, _) => format!("{key}: {{ min: 1 }}"),
        (_, Unit::Count) => format!("{key}: 0"),
        (_, Unit::Seconds) => format!("{key}: 5m"),
        (_, Unit::Bytes) => format!("{key}: 2 MB"),
        (_, Unit::Percent) => format!("{key}: 80%"),
    }
}

fn read_limits(measure: Measure, node: &Node, reader: &mut Reader) -> Option<Threshold> {
    let mut threshold = Threshold { measure, max: None, min: None, max_increase: None, on_exceed: OnExceed::Fail };
    let (mut max, mut min) = (None, None);
    let mut names_limit = false;
    for entry in reader.entries(node, "{ max: 0 }")? {
        if reader.is_full() {
            break;
        }
        let key = entry.key.as_str();
        if !limits(measure).contains(&key) {
            if [MAX, MIN, MAX_INCREASE].contains(&key) {
                refuse_limit(measure, entry, reader);
                names_limit = true;
            } else {
                reader.unknown_key(entry, limits(measure));
            }
            continue;
        }
        names_limit |= ![ON_EXCEED, COMPRESSION].contains(&key);
        match key {
            MAX => max = reader.under(key, |reader| read_limit(measure, entry, reader)),
            MIN => min = reader.under(key, |reader| read_limit(measure, entry, reader)),
            MAX_INCREASE => {
                threshold.max_increase = reader.under(key, |reader| read_increase(measure, &entry.value, reader));
            }
            COMPRESSION => {
                let choice = reader.value::<Choice<Compression>>(entry);
                threshold.measure = measure.compressed(choice.map(|choice| choice.value.0).unwrap_or_default());
            }
            _ => {
                let choice = reader.value::<Choice<OnExceed>>(entry);
                threshold.on_exceed = choice.map_or(OnExceed::Fail, |choice| choice.value.0);
            }
        }
    }
    if !names_limit {
        let message = format!("{} sets no limit", reader.subject());
        let help = match measure {
            Measure::CheckedFiles => "add `min: 1`".to_owned(),
            _ => format!("add `max: {}`, or write `{}: off` for no limit", unit_sample(measure.unit()), reader.key()),
        };
        reader.mistake(&node.span, message, help);
    }
    if let (Some(max), Some(min)) = (&max, &min)
        && min.value > max.value
    {
        let message = format!("{} can never hold: `min` is larger than `max`", reader.subject());
        reader.mistake_about(&min.span, message, "swap them", &max.span, "`max`");
    }
    threshold.max = max.map(|max| max.value);
    threshold.min = min.map(|min| min.value);
    Some(threshold)
}

fn read_limit(measure: Measure, entry: &Entry, reader: &mut Reader) -> Option<At<f64>> {
    let value = read_amount(measure.unit(), &entry.value, reader)?;
    Some(At { value, span: entry.value.span.clone() })
}

/// A limit that makes no sense for the measure.
fn refuse_limit(measure: Measure, entry: &Entry, reader: &mut Reader) {
    let key = &entry.key;
    let reason = match (measure, key.as_str()) {
        (Measure::CheckedFiles, _) => "more files are never worse; write `min` for the fewest",
        (Measure::NewErrors | Measure::NewWarnings | Measure::NewAssets | Measure::LostAssets, MAX_INCREASE) => {
            "it counts only what is new; write `max`"
        }
        (_, MAX_INCREASE) => "nothing of it is known of the base; write `max`",
        _ => "less is never worse; write `max` for the most",
    };
    let message = format!("`{key}` makes no sense for {}", reader.subject());
    reader.mistake(&entry.key_span, message, reason);
}

/// Measures that stand for all that have the same schema, and the name of it.
const DEFINITIONS: [(&str, Measure); 8] = [
    ("count-threshold", Measure::Errors),
    ("new-count-threshold", Measure::NewErrors),
    ("checked-files-threshold", Measure::CheckedFiles),
    ("duration-threshold", Measure::BuildTime),
    ("size-threshold", Measure::BundleSize(Compression::Raw)),
    ("budget", Measure::RouteSize(Compression::Raw)),
    ("time-threshold", Measure::QueryTime),
    ("percentage-threshold", Measure::PoolUse),
];

fn reference(measure: Measure) -> Value {
    let like = |other: Measure| other.unit() == measure.unit() && limits(other) == limits(measure);
    let name = DEFINITIONS.iter().find(|(_, other)| like(*other)).map_or("count-threshold", |(name, _)| *name);
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// The schemas that thresholds refer to.
pub(super) fn definitions() -> Map<String, Value> {
    DEFINITIONS.iter().map(|(name, measure)| ((*name).to_owned(), definition(*measure))).collect()
}

fn definition(measure: Measure) -> Value {
    let whole = json!({ "type": "integer", "minimum": 0 });
    let mut amounts = vec![whole];
    match measure.unit() {
        Unit::Count => {}
        Unit::Seconds => amounts.push(json!({ "type": "string", "pattern": unit::DURATION })),
        Unit::Bytes => amounts.push(json!({ "type": "string", "pattern": unit::SIZE })),
        Unit::Percent => amounts = vec![json!({ "type": "string", "pattern": unit::PERCENTAGE })],
    }
    let amount = json!({ "anyOf": amounts });
    amounts.push(json!({ "type": "string", "pattern": unit::PERCENTAGE }));
    let increase = json!({ "anyOf": amounts });
    let entries = limits(measure)
        .iter()
        .map(|&key| match key {
            MAX => (key, "The most that is allowed.".to_owned(), amount.clone()),
            MIN => (key, "The least that is allowed.".to_owned(), amount.clone()),
            MAX_INCREASE => {
                (key, "How much more than the base is allowed: `25%`, or an amount.".to_owned(), increase.clone())
            }
            COMPRESSION => {
                let doc = "How the bytes are counted: as they are, or compressed. Default: `raw`.".to_owned();
                (key, doc, Choice::<Compression>::schema())
            }
            _ => (key, "What a broken limit does. Default: `fail`.".to_owned(), Choice::<OnExceed>::schema()),
        })
        .collect();
    let mut group = schema::group(entries, &[]);
    let one_limit: Vec<Value> = limits(measure)
        .iter()
        .filter(|key| ![ON_EXCEED, COMPRESSION].contains(key))
        .map(|key| json!({ "required": [key] }))
        .collect();
    group["anyOf"] = json!(one_limit);
    let mut any = vec![group, json!({ "const": "off" }), json!({ "type": "null" })];
    if measure != Measure::CheckedFiles {
        any.insert(0, amount);
    }
    json!({ "anyOf": any })
}

/// Every measure that the file can limit.
#[cfg(test)]
pub(super) fn measures() -> Vec<Measure> {
    let plain = MEASURES.iter().map(|(measure, _)| *measure);
    let severities = Severity::ALL.map(Measure::Severity);
    let categories = Category::ALL.map(Measure::Category);
    let kinds = AssetKind::ALL.map(|kind| Measure::BundleKind(kind, Compression::Raw));
    plain.chain(severities).chain(categories).chain(kinds).collect()
}
