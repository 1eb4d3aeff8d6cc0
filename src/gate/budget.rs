//! Limits on what routes and files weigh, by pattern, and what made a size break its limit: the route, the file, the
//! modules that grew most and how they came in.

use super::help::how_to_mend;
use super::judge::{broken, holds};
use super::{Condition, ConditionStatus, Increase, Limit, Measure, Threshold};
use crate::record::{AssetKind, Bundle, Compression, Route, Sizes};
use globset::{GlobBuilder, GlobMatcher};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Which routes or files a limit is on: `/blog/**`, `_astro/*.js`. `*` stays within a part of the path.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    matcher: GlobMatcher,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Pattern {
    /// # Errors
    /// Why it is no glob.
    pub fn parse(text: &str) -> Result<Self, String> {
        let glob = GlobBuilder::new(text).literal_separator(true).build().map_err(|error| error.kind().to_string())?;
        Ok(Self { text: text.to_owned(), matcher: glob.compile_matcher() })
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// By the address, with or without a slash at its end, or by the framework's own pattern, as `/blog/[slug]`.
    #[must_use]
    pub fn fits_route(&self, route: &Route) -> bool {
        route.pattern.as_deref() == Some(self.text.as_str()) || self.fits_address(&route.path)
    }

    /// By an address or a framework's own pattern, as [`Self::fits_route`].
    #[must_use]
    pub fn fits_address(&self, address: &str) -> bool {
        let short = address.strip_suffix('/').filter(|short| !short.is_empty()).unwrap_or(address);
        address == self.text || self.matcher.is_match(short)
    }

    /// By the path without hashes, or the path.
    #[must_use]
    pub fn fits_asset(&self, name: &str, path: &str) -> bool {
        self.matcher.is_match(name) || self.matcher.is_match(path)
    }
}

/// A limit on all routes or files that a pattern fits. Its measure is [`Measure::RouteSize`],
/// [`Measure::RouteRequests`] or [`Measure::AssetSize`].
#[derive(Debug, Clone, PartialEq)]
pub struct Budget {
    pub pattern: Pattern,
    pub threshold: Threshold,
}

/// What was built, or why that is not known.
#[derive(Debug, Clone, Copy)]
pub enum Built<'a> {
    Known(&'a Bundle),
    Unknown(&'a str),
}

/// What the sizes are compared with.
#[derive(Debug, Clone, Copy)]
pub enum BuiltBase<'a> {
    Known(&'a Bundle),
    Absent,
    Unreadable(&'a str),
}

/// One thing that a budget is on.
struct Item<'a> {
    name: &'a str,
    now: f64,
    base: Option<f64>,
}

/// One condition a limit: about the route or file that is farthest beyond it, or nearest to it.
#[must_use]
pub fn judge_budgets(budgets: &[Budget], now: Built<'_>, base: BuiltBase<'_>) -> Vec<Condition> {
    budgets.iter().flat_map(|budget| judge_budget(budget, now, base)).collect()
}

fn judge_budget(budget: &Budget, now: Built<'_>, base: BuiltBase<'_>) -> Vec<Condition> {
    let threshold = &budget.threshold;
    let increase = threshold.max_increase.map(|increase| match increase {
        Increase::Absolute(value) => Limit::MaxIncrease { value },
        Increase::Percent(value) => Limit::MaxIncreasePercent { value },
    });
    let max = threshold.max.map(|value| Limit::Max { value });
    max.into_iter().chain(increase).map(|limit| check(budget, limit, now, base)).collect()
}

fn check(budget: &Budget, limit: Limit, now: Built<'_>, base: BuiltBase<'_>) -> Condition {
    let Threshold { measure, on_exceed, .. } = budget.threshold;
    let of = |compression: Compression| {
        if compression == Compression::Raw { String::new() } else { format!(" ({})", compression.as_str()) }
    };
    let suffix = measure.compression().map(of).unwrap_or_default();
    let mut condition = Condition {
        measure: format!("{}.{}{suffix}", measure.key(), budget.pattern.text),
        unit: measure.unit(),
        limit,
        actual: None,
        base: None,
        status: ConditionStatus::Unknown,
        on_exceed,
        help: None,
        scatter: None,
    };
    let bundle = match now {
        Built::Known(bundle) => bundle,
        Built::Unknown(why) => {
            condition.help = Some(why.to_owned());
            return condition;
        }
    };
    if measure.compression().is_some_and(|compression| !bundle.is_measured(compression)) {
        condition.help = Some(NOT_MEASURED.to_owned());
        return condition;
    }
    let is_against_base = matches!(limit, Limit::MaxIncrease { .. } | Limit::MaxIncreasePercent { .. });
    let before = match base {
        BuiltBase::Known(bundle) => Some(bundle),
        BuiltBase::Unreadable(why) if is_against_base => {
            condition.help = Some(why.to_owned());
            return condition;
        }
        BuiltBase::Absent | BuiltBase::Unreadable(_) => None,
    };
    let items = items(budget, bundle, before);
    if items.is_empty() {
        let what = if matches!(measure, Measure::AssetSize(_)) { "file" } else { "route" };
        condition.help =
            Some(format!("no {what} of the build fits `{}`: mend the pattern, or take it out", budget.pattern.text));
        return condition;
    }
    let beyond = |item: &&Item<'_>| match (limit, item.base) {
        (Limit::MaxIncrease { value }, Some(base)) => item.now - base - value,
        (Limit::MaxIncreasePercent { value }, Some(base)) => item.now - base - value * base / 100.0,
        _ => item.now,
    };
    let compared = items.iter().filter(|item| !is_against_base || item.base.is_some());
    let Some(worst) = compared.max_by(|a, b| beyond(a).total_cmp(&beyond(b)).then_with(|| b.name.cmp(a.name))) else {
        condition.status = ConditionStatus::NotApplicable;
        condition.help = Some("nothing recorded yet to compare with".to_owned());
        return condition;
    };
    (condition.actual, condition.base) = (Some(worst.now), worst.base);
    let is_held = holds(limit, worst.now, worst.base) == Some(true);
    condition.status = if is_held { ConditionStatus::Passed } else { broken(on_exceed) };
    if !is_held {
        let over = items.iter().filter(|item| holds(limit, item.now, item.base) == Some(false)).count();
        let more = if over > 1 { format!(" (and {} more)", over - 1) } else { String::new() };
        let cause = cause_of_item(measure, worst.name, bundle, before);
        let mend = how_to_mend(measure, limit);
        condition.help = Some(format!("`{}`{more}{cause}; {mend}", worst.name));
    }
    condition
}

fn items<'a>(budget: &Budget, bundle: &'a Bundle, before: Option<&'a Bundle>) -> Vec<Item<'a>> {
    let pattern = &budget.pattern;
    match budget.threshold.measure {
        Measure::AssetSize(compression) => {
            let then =
                before.filter(|before| before.is_measured(compression)).map(|before| by_name(before, compression));
            let fits = by_name_with_path(bundle, compression)
                .into_iter()
                .filter(|(name, (path, _))| pattern.fits_asset(name, path));
            fits.map(|(name, (_, now))| Item {
                name,
                now,
                base: then.as_ref().and_then(|then| then.get(name).copied()),
            })
            .collect()
        }
        measure => {
            let value = |route: &Route| match measure {
                Measure::RouteSize(compression) => route.sizes.of(compression).map(|size| size as f64),
                _ => Some(f64::from(route.requests)),
            };
            let pages = bundle.routes.iter().filter(|route| route.kind.is_page() && pattern.fits_route(route));
            let then = |route: &Route| {
                before.and_then(|before| before.routes.iter().find(|it| it.path == route.path && it.kind.is_page()))
            };
            let item = |route: &'a Route| {
                Some(Item { name: &route.path, now: value(route)?, base: then(route).and_then(value) })
            };
            pages.filter_map(item).collect()
        }
    }
}

fn by_name_with_path(bundle: &Bundle, compression: Compression) -> BTreeMap<&str, (&str, f64)> {
    let mut sizes = BTreeMap::<&str, (&str, f64)>::new();
    for asset in bundle.assets.iter().filter(|asset| asset.kind != AssetKind::SourceMap) {
        sizes.entry(&asset.name).or_insert((&asset.path, 0.0)).1 +=
            asset.sizes.of(compression).unwrap_or_default() as f64;
    }
    sizes
}

fn by_name(bundle: &Bundle, compression: Compression) -> BTreeMap<&str, f64> {
    by_name_with_path(bundle, compression).into_iter().map(|(name, (_, size))| (name, size)).collect()
}

/// How many modules a cause names.
const MOST_CAUSES: usize = 3;

fn cause_of_item(measure: Measure, name: &str, now: &Bundle, before: Option<&Bundle>) -> String {
    let of_route = |bundle: &Bundle| {
        let route = bundle.routes.iter().find(|route| route.path == name);
        route.map(|route| route.first.iter().copied().collect::<BTreeSet<u32>>()).unwrap_or_default()
    };
    let of_asset = |bundle: &Bundle| numbers(bundle, |asset| asset.name == name);
    if matches!(measure, Measure::AssetSize(_)) {
        return cause(now, before, &of_asset, None);
    }
    let route = now.routes.iter().find(|route| route.path == name);
    cause(now, before, &of_route, route.and_then(|route| route.entrypoint.as_deref()))
}

fn numbers(bundle: &Bundle, test: impl Fn(&crate::record::Asset) -> bool) -> BTreeSet<u32> {
    let fits = bundle.assets.iter().enumerate().filter(|(_, asset)| test(asset));
    fits.map(|(index, _)| crate::record::number(index)).collect()
}

/// Names, behind the help of every broken condition on a size, what grew most; and which assets and packages those are
/// that conditions count.
pub fn name_causes(conditions: &mut [Condition], measures: &[Measure], now: &Bundle, before: Option<&Bundle>) {
    for condition in conditions {
        let is_broken = matches!(condition.status, ConditionStatus::Failed | ConditionStatus::Warned);
        let Some(measure) = measures.iter().find(|it| it.name() == condition.measure).filter(|_| is_broken) else {
            continue;
        };
        let cause = match measure {
            Measure::BundleSize(_) => {
                cause(now, before, &|bundle| numbers(bundle, |it| it.kind != AssetKind::SourceMap), None)
            }
            Measure::BundleKind(AssetKind::InlineScript | AssetKind::InlineStyle, _) => continue,
            Measure::BundleKind(kind, _) => cause(now, before, &|bundle| numbers(bundle, |it| it.kind == *kind), None),
            Measure::NewAssets => listed(&before.map(|before| only_in(now, before)).unwrap_or_default()),
            Measure::LostAssets => listed(&before.map(|before| only_in(before, now)).unwrap_or_default()),
            Measure::DuplicatedPackages => duplicates(now),
            _ => continue,
        };
        if let (Some(help), false) = (&mut condition.help, cause.is_empty()) {
            *help = format!("{}; {help}", cause.trim_start_matches([':', ' ']));
        }
    }
}

/// Names of assets that another bundle has not.
#[must_use]
pub fn only_in<'a>(bundle: &'a Bundle, other: &'a Bundle) -> Vec<&'a str> {
    let counted = |asset: &&crate::record::Asset| asset.kind != AssetKind::SourceMap;
    let names: BTreeSet<&str> = other.assets.iter().filter(counted).map(|asset| asset.name.as_str()).collect();
    let own: BTreeSet<&str> = bundle.assets.iter().filter(counted).map(|asset| asset.name.as_str()).collect();
    own.difference(&names).copied().collect()
}

fn listed(names: &[&str]) -> String {
    let more = names.len().saturating_sub(MOST_CAUSES);
    let mut text = names.iter().take(MOST_CAUSES).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if more > 0 {
        let _infallible = write!(text, " and {more} more");
    }
    text
}

fn duplicates(bundle: &Bundle) -> String {
    let named = bundle.duplicated_packages().into_iter().map(|(name, versions)| {
        let chains: Vec<String> = versions
            .iter()
            .filter_map(|version| {
                let package = format!("{name}@{version}");
                let at =
                    bundle.modules.iter().position(|it| it.package.as_deref() == Some(&package) && it.bytes() > 0)?;
                Some(format!("`{version}`{}", chain_words(bundle, at, None)))
            })
            .collect();
        format!("`{name}` is there as {}", chains.join(" and as "))
    });
    named.take(MOST_CAUSES).collect::<Vec<_>>().join("; ")
}

/// `: \`a.js\` grew by 30 kB; of its modules \`x\` by 28 kB, imported by …`; empty when nothing can be named.
/// Chains of imports begin at `from` where they can.
fn cause(
    now: &Bundle,
    before: Option<&Bundle>,
    within: &dyn Fn(&Bundle) -> BTreeSet<u32>,
    from: Option<&str>,
) -> String {
    let verb = if before.is_some() { "grew by" } else { "has" };
    let own = within(now);
    let then = before.map(|before| (before, within(before)));
    let sizes = |bundle: &Bundle, numbers: &BTreeSet<u32>| {
        let mut sizes = BTreeMap::<String, i64>::new();
        let list: Vec<u32> = numbers.iter().copied().collect();
        for asset in bundle.numbered(&list) {
            *sizes.entry(asset.name.clone()).or_default() += signed(asset.sizes.raw);
        }
        sizes
    };
    let mut files = sizes(now, &own);
    if let Some((before, numbers)) = &then {
        for (name, size) in sizes(before, numbers) {
            *files.entry(name).or_default() -= size;
        }
    }
    let mut text = String::new();
    if let Some((name, size)) = largest(files.iter().map(|(name, size)| (name.as_str(), *size))).first() {
        let _infallible = write!(text, ": `{name}` {verb} {}", bytes(*size));
    }
    let mut modules = module_sizes(now, &own);
    if let Some((before, numbers)) = &then {
        for (id, (size, _)) in module_sizes(before, numbers) {
            if let Some(found) = modules.get_mut(id) {
                found.0 -= size;
            }
        }
    }
    let grown = largest(modules.iter().map(|(id, (size, _))| (*id, *size)));
    for (at, (id, size)) in grown.iter().enumerate() {
        let index = modules.get(id).map(|found| found.1).unwrap_or_default();
        let package = now.modules[index].package.as_deref().map(|package| format!(" ({package})")).unwrap_or_default();
        let lead = if at == 0 { "; in the scripts" } else { "," };
        let _infallible =
            write!(text, "{lead} `{id}`{package} {verb} {}{}", bytes(*size), chain_words(now, index, from));
    }
    text
}

/// The few that are largest, if they are more than nothing.
fn largest<'a>(all: impl Iterator<Item = (&'a str, i64)>) -> Vec<(&'a str, i64)> {
    let mut all: Vec<_> = all.filter(|(_, size)| *size > 0).collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    all.truncate(MOST_CAUSES);
    all
}

fn module_sizes<'a>(bundle: &'a Bundle, within: &BTreeSet<u32>) -> BTreeMap<&'a str, (i64, usize)> {
    let mut sizes = BTreeMap::<&str, (i64, usize)>::new();
    for (index, module) in bundle.modules.iter().enumerate() {
        let bytes: u64 = module.parts.iter().filter(|part| within.contains(&part.asset)).map(|part| part.bytes).sum();
        if bytes > 0 {
            sizes.entry(&module.id).or_insert((0, index)).0 += signed(bytes);
        }
    }
    sizes
}

/// `, imported by \`src/pages/index.astro\` → \`src/components/Chart.tsx\``; empty for what nothing imports.
fn chain_words(bundle: &Bundle, module: usize, from: Option<&str>) -> String {
    const MOST_LINKS: usize = 6;
    const MOST_ORIGINS: usize = 1000;
    let chains = bundle.import_chains(module, if from.is_some() { MOST_ORIGINS } else { 1 });
    let begins_there = |chain: &&Vec<usize>| {
        chain.first().and_then(|index| bundle.modules.get(*index)).is_some_and(|it| Some(it.id.as_str()) == from)
    };
    let chain = chains.iter().find(begins_there).or_else(|| chains.first());
    let Some(chain) = chain.filter(|chain| chain.len() > 1) else { return String::new() };
    let names: Vec<String> =
        chain[..chain.len() - 1].iter().map(|index| format!("`{}`", bundle.modules[*index].id)).collect();
    let shown = if names.len() > MOST_LINKS {
        format!("{} → … → {}", names[..MOST_LINKS / 2].join(" → "), names[names.len() - MOST_LINKS / 2..].join(" → "))
    } else {
        names.join(" → ")
    };
    format!(", imported by {shown}")
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn bytes(size: i64) -> String {
    let size = size as f64;
    match size {
        _ if size < 1000.0 => format!("{size} B"),
        _ if size < 1_000_000.0 => format!("{:.1} kB", size / 1000.0),
        _ => format!("{:.2} MB", size / 1_000_000.0),
    }
}

/// What is said of a limit on sizes under Brotli where there are none.
pub const NOT_MEASURED: &str = "sizes under Brotli were not measured: take `brotli: false` out of `bundle`";

/// The sizes of everything that is counted, and by kind, under every compression; `None` was not measured.
#[must_use]
pub fn size_facts(bundle: &Bundle) -> BTreeMap<Measure, Option<f64>> {
    let by_kind = bundle.by_kind();
    let total = bundle.total();
    let kind = |kind: AssetKind| by_kind.get(&kind).copied().unwrap_or_default();
    let of = |measure: fn(AssetKind, Compression) -> Measure, compression: Compression| {
        AssetKind::ALL.map(|it| (measure(it, compression), kind(it).of(compression).map(|size| size as f64)))
    };
    let all = |sizes: Sizes| Compression::ALL.map(|it| (Measure::BundleSize(it), sizes.of(it).map(|size| size as f64)));
    Compression::ALL.into_iter().flat_map(|it| of(Measure::BundleKind, it)).chain(all(total)).collect()
}
