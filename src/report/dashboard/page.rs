//! The page itself.

use super::plot::{Bar, bars};
use super::{Data, Gate};
use crate::diagnostic::{Level, Severity};
use crate::gate::Outcome;
use crate::record::{
    ApiHealthCheck, BuildStatus, ConnectionStatus, DatabaseHealth, DeploymentStatus, HealthStatus,
    ProductionDeployment, QueryStatus, TypeScriptError,
};
use crate::report::deployments::{Reliability, percent, state, summary};
use crate::report::trends::{Series, draw_series};
use crate::report::{digest::short_commit, quantity};
use crate::time::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::collections::BTreeMap;

/// Checks in a bar.
const BARS: usize = 60;

/// The style of the page; a server names its hash instead of allowing all styles.
pub const STYLE: &str = "\
:root{color-scheme:light dark;--back:#fff;--card:#f6f8fa;--ink:#1f2328;--text:#59636e;--grid:#d1d9e0;--line:#0b57d0;\
--mark:#b3370b;--good:#116329;--warn:#7d4e00;--bad:#b3261e;--none:#6e7781}\
@media(prefers-color-scheme:dark){:root{--back:#0d1117;--card:#151b23;--ink:#e6edf3;--text:#9da7b3;--grid:#3d444d;\
--line:#79b8ff;--mark:#ff9a5c;--good:#56d364;--warn:#e3b341;--bad:#ff7b72;--none:#8b949e}}\
*{box-sizing:border-box}html{scroll-padding-top:1rem}\
body{background:var(--back);color:var(--ink);font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:1080px;padding:0 1rem 4rem}\
a{color:var(--line)}a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:3px solid var(--line);outline-offset:2px}\
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--back);padding:.4rem .8rem}\
header{display:flex;flex-wrap:wrap;gap:.3rem 1.5rem;align-items:baseline;padding:1.2rem 0 .6rem}\
h1{font-size:1.35rem;margin:0}h2{font-size:1.15rem;margin:2.4rem 0 .6rem}h3{font-size:1rem;margin:1.2rem 0 .2rem}\
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;list-style:none;margin:0;padding:0}\
p{margin:.3rem 0}.soft{color:var(--text)}code{font:13px/1.45 ui-monospace,monospace;overflow-wrap:anywhere}\
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(12rem,1fr));gap:.8rem;margin:.6rem 0}\
.card{background:var(--card);border:1px solid var(--grid);border-radius:8px;padding:.8rem 1rem}\
.card b{display:block;font-size:1.5rem;line-height:1.3}.card span{color:var(--text)}\
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(26rem,100%),1fr));gap:0 1.5rem}\
.plot svg{width:100%;height:auto;display:block}\
[stroke='#1C64D2']{stroke:var(--line)}[fill='#1C64D2']{fill:var(--line)}[stroke='#C2410C']{stroke:var(--mark)}\
[fill='#C2410C']{fill:var(--mark)}[stroke='#D8DEE4']{stroke:var(--grid)}[fill='#59636E']{fill:var(--text)}\
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}caption{text-align:left;color:var(--text);padding:.2rem 0}\
td code,td time{white-space:nowrap}td,th{text-align:left;padding:.3rem .9rem .3rem 0;border-bottom:1px solid var(--grid);vertical-align:top;font-variant-numeric:tabular-nums}\
th{color:var(--text);font-weight:600;white-space:nowrap}td.n,th.n{text-align:right}tr:target,details:target,.card:target{outline:2px solid var(--line)}\
.good{color:var(--good);fill:var(--good)}.warn{color:var(--warn);fill:var(--warn)}.bad{color:var(--bad);fill:var(--bad)}\
.none{color:var(--none);fill:var(--none)}.tag{font-weight:600;white-space:nowrap}.msg{min-width:14rem;overflow-wrap:anywhere}\
.bars{max-width:100%;vertical-align:middle}summary{cursor:pointer;color:var(--line);padding:.2rem 0}";

/// The whole page.
///
/// # Errors
/// What the drawing of a plot fails with, in words.
pub fn render_dashboard(data: &Data) -> Result<String, String> {
    let mut plots = Vec::new();
    for series in data.trends.series.iter().filter(|series| series.values.iter().any(Option::is_some)) {
        plots.push((series, draw_series(series)?));
    }
    let title = format!("{} · shipgate", data.branch);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a class="skip" href="#main" { "Skip to content" }
                header {
                    h1 { "shipgate · " code { (data.branch) } }
                    nav aria-label="Sections" { ul {
                        @for (id, name) in [("gate", "Gate"), ("errors", "Errors"), ("builds", "Builds"), ("endpoints", "Endpoints"), ("databases", "Databases"), ("deployments", "Deployments")] {
                            li { a href=(format!("#{id}")) { (name) } }
                        }
                    } }
                }
                main id="main" {
                    (gate(data))
                    (errors(data))
                    (builds(data, &plots))
                    (endpoints(&data.endpoints))
                    (databases(&data.databases))
                    (deployments(data))
                }
                footer { p class="soft" { "As of " (moment(data.now)) }}
            }
        }
    };
    Ok(page.into_string())
}

/// A measure as the end of an address.
fn slug(measure: &str) -> String {
    let dashed = measure.chars().map(|it| if it.is_ascii_alphanumeric() { it } else { '-' });
    dashed.collect::<String>().trim_matches('-').to_owned()
}

fn moment(at: Timestamp) -> Markup {
    html! { time datetime=(at.to_rfc3339()) { (at.format("%Y-%m-%d %H:%M UTC")) } }
}

fn commit(hash: Option<&str>) -> Markup {
    html! { @if let Some(hash) = hash { code { (short_commit(hash)) } } @else { "–" } }
}

fn seconds(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), quantity::duration)
}

/// Checks give milliseconds.
fn milliseconds(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |time| quantity::duration(time / 1000.0))
}

fn outcome(verdict: Option<Outcome>, status: BuildStatus) -> (&'static str, &'static str) {
    match (verdict, status) {
        (Some(Outcome::Passed), _) => ("good", "passed"),
        (Some(Outcome::Warned), _) => ("warn", "warned"),
        (Some(Outcome::Failed), _) => ("bad", "failed"),
        (Some(Outcome::Inconclusive), _) => ("warn", "inconclusive"),
        (None, status) => (if status == BuildStatus::Success { "good" } else { "bad" }, status.as_str()),
    }
}

fn gate(data: &Data) -> Markup {
    let open = |level: Level| -> u64 { data.tally.iter().filter(|it| it.0 == level).map(|it| it.2).sum() };
    let critical: u64 =
        data.tally.iter().filter(|it| it.0 == Level::Error && it.1 <= Severity::High).map(|it| it.2).sum();
    let newest = newest(&data.endpoints);
    let unwell = newest.values().filter(|it| it.status != HealthStatus::Healthy).count();
    let live = data
        .deployments
        .iter()
        .find(|it| it.deployment_status == DeploymentStatus::Success && it.superseded_at.is_none());
    html! {
        section id="gate" aria-labelledby="gate-title" {
            h2 id="gate-title" { "Gate" }
            div class="cards" {
                @match &data.gate {
                    Some(Gate { verdict, status, commit: hash, at, build }) => {
                        @let (class, word) = outcome(*verdict, *status);
                        div class="card" { span { "last run" } b class=(class) { (word) } span { (commit(hash.as_deref())) ", " (moment(*at)) " · " a href=(format!("#build-{build}")) { "build" } } }
                    }
                    None => div class="card" { span { "last run" } b class="none" { "none yet" } span { "record one: " code { "shipgate run --record" } } }
                }
                div class="card" { span { "open errors" } b class=(if open(Level::Error) > 0 { "bad" } else { "good" }) data-count="errors" { (quantity::count(open(Level::Error))) } span { (quantity::count(critical)) " critical or high, " (quantity::count(open(Level::Warning))) " warnings" } }
                div class="card" { span { "endpoints" } b class=(if newest.is_empty() { "none" } else if unwell > 0 { "bad" } else { "good" }) { (newest.len() - unwell) "/" (newest.len()) } span { "healthy at their last check" } }
                div class="card" { span { "live" } @match live {
                    Some(live) => { b { (live.version.to_string()) } span { (commit(Some(&live.commit_hash))) " on " (live.deployment_platform) " · " a href=(format!("#deployment-{}", live.id)) { "deployment" } } }
                    None => { b class="none" { "–" } span { "no deployment is recorded" } }
                } }
            }
        }
    }
}

fn severity_class(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "bad",
        Severity::Medium => "warn",
        Severity::Low => "none",
    }
}

fn errors(data: &Data) -> Markup {
    html! {
        section id="errors" aria-labelledby="errors-title" {
            h2 id="errors-title" { "Active errors" }
            @if data.tally.is_empty() { p class="soft" { "Nothing is open." } } @else {
                div class="cards" {
                    @for severity in Severity::ALL {
                        @let count: u64 = data.tally.iter().filter(|it| it.0 == Level::Error && it.1 == severity).map(|it| it.2).sum();
                        div class="card" { span { (severity.as_str()) } b class=(if count > 0 { severity_class(severity) } else { "none" }) data-severity=(severity.as_str()) { (quantity::count(count)) } }
                    }
                }
                div class="scroll" tabindex="0" role="region" aria-label="Active errors" {
                    table {
                        caption { "The " (data.errors.len()) " most severe of all that is open" }
                        thead { tr { th scope="col" { "Severity" } th scope="col" { "Status" } th scope="col" { "Code" } th scope="col" { "Place" } th scope="col" { "Message" } th scope="col" { "Since" } } }
                        tbody { @for error in &data.errors { (error_row(error)) } }
                    }
                }
            }
        }
    }
}

fn error_row(error: &TypeScriptError) -> Markup {
    let headline: String = error.error_message.lines().next().unwrap_or_default().chars().take(240).collect();
    let status = error.status.as_str().replace('_', " ");
    html! {
        tr id=(format!("error-{}", error.id)) {
            td { span class=(format!("tag {}", severity_class(error.severity))) { (error.severity.as_str()) } }
            td { (status) @if let Some(deferral) = &error.deferral { " until " (deferral.until.to_string()) } }
            td { code { (error.error_code) } }
            td { code { (error.file_path.as_str()) ":" (error.line_number) } }
            td class="msg" { (headline) }
            td { a href=(format!("#error-{}", error.id)) aria-label=(format!("link to the error of {}", error.created_at.date_naive())) { (error.created_at.format("%Y-%m-%d")) } }
        }
    }
}

fn builds(data: &Data, plots: &[(&Series, String)]) -> Markup {
    html! {
        section id="builds" aria-labelledby="builds-title" {
            h2 id="builds-title" { "Builds" }
            @if data.builds.is_empty() { p class="soft" { "No build is recorded." } }
            div class="plots" {
                @for (series, svg) in plots {
                    @let known: Vec<f64> = series.values.iter().flatten().copied().collect();
                    @let last = known.last().map(|it| quantity::value(series.unit, *it)).unwrap_or_default();
                    div class="plot" id=(format!("plot-{}", slug(&series.measure))) {
                        h3 { (series.measure) " " span class="soft" { "last " (last) } }
                        @for jump in series.jumps.iter().rev().take(3) {
                            @let build = &data.trends.builds[jump.build];
                            p class="soft" { "jump: " (quantity::value(series.unit, jump.from)) " → " (quantity::value(series.unit, jump.to)) ", first " a href=(format!("#build-{}", build.build)) { (build.at.format("%Y-%m-%d %H:%M")) } }
                        }
                        (PreEscaped(svg.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{} over the last {} builds\" ", series.measure, series.values.len()), 1)))
                    }
                }
            }
            @if !data.builds.is_empty() {
                details id="builds-table" { summary { "The numbers" }
                    div class="scroll" tabindex="0" role="region" aria-label="Builds" { table {
                        caption { "Builds of " (data.branch) ", the newest first" }
                        thead { tr { th scope="col" { "Began" } th scope="col" { "Commit" } th scope="col" { "Gate" } th scope="col" class="n" { "Time" } th scope="col" class="n" { "Size" } th scope="col" class="n" { "Errors" } th scope="col" class="n" { "Warnings" } } }
                        tbody { @for (build, verdict) in data.builds.iter().rev() {
                            @let (class, word) = outcome(*verdict, build.build_status);
                            tr id=(format!("build-{}", build.id)) {
                                td { (moment(build.created_at)) } td { (commit(build.commit.as_deref())) }
                                td { span class=(format!("tag {class}")) { (word) } }
                                td class="n" data-seconds=[build.build_time] { (seconds(build.build_time)) }
                                td class="n" data-bytes=[build.bundle_size] { (build.bundle_size.map_or_else(|| "–".to_owned(), quantity::bytes)) }
                                td class="n" { (quantity::count(build.error_count)) } td class="n" { (quantity::count(build.warning_count)) }
                            }
                        } }
                    } }
                }
            }
        }
    }
}

fn newest(checks: &[ApiHealthCheck]) -> BTreeMap<(String, &'static str, &'static str), &ApiHealthCheck> {
    let mut newest = BTreeMap::new();
    for check in checks {
        newest
            .entry((check.endpoint_path.clone(), check.http_method.as_str(), check.environment.as_str()))
            .or_insert(check);
    }
    newest
}

fn endpoints(checks: &[ApiHealthCheck]) -> Markup {
    let class = |status: HealthStatus| match status {
        HealthStatus::Healthy => "good",
        HealthStatus::Degraded => "warn",
        HealthStatus::Failed => "bad",
        HealthStatus::Unknown => "none",
    };
    html! {
        section id="endpoints" aria-labelledby="endpoints-title" {
            h2 id="endpoints-title" { "Endpoints" }
            @if checks.is_empty() { p class="soft" { "No endpoint was checked yet." } } @else {
                div class="scroll" tabindex="0" role="region" aria-label="Endpoints" { table {
                    thead { tr { th scope="col" { "Endpoint" } th scope="col" { "Now" } th scope="col" class="n" { "Available" } th scope="col" class="n" { "Response" } th scope="col" { "Last checks" } } }
                    tbody { @for ((path, method, environment), last) in newest(checks) {
                        @let of: Vec<&ApiHealthCheck> = checks.iter().filter(|it| (it.endpoint_path.as_str(), it.http_method.as_str(), it.environment.as_str()) == (path.as_str(), method, environment)).collect();
                        @let known = of.iter().filter(|it| it.status != HealthStatus::Unknown).count();
                        @let good = of.iter().filter(|it| matches!(it.status, HealthStatus::Healthy | HealthStatus::Degraded)).count();
                        @let slowest = of.iter().filter_map(|it| it.response_time).fold(1.0, f64::max);
                        tr id=(format!("endpoint-{}", last.id)) {
                            td { code { (method) " " (path) } " " span class="soft" { (environment) } @if let Some(problem) = &last.error_message { br; span class="soft" { (problem) } } }
                            td { span class=(format!("tag {}", class(last.status))) { (last.status.as_str()) } }
                            td class="n" { @if known > 0 { (percent(good as f64 / known as f64)) } @else { "–" } }
                            td class="n" { (milliseconds(last.response_time)) }
                            td { (bars(&format!("{good} of {known} checks of {method} {path} went well"), &of.iter().take(BARS).rev().map(|it| Bar {
                                class: class(it.status),
                                title: format!("{}: {}, {}", it.last_checked.format("%Y-%m-%d %H:%M"), it.status.as_str(), milliseconds(it.response_time)),
                                height: it.response_time.map_or(1.0, |time| time / slowest),
                            }).collect::<Vec<_>>())) }
                        }
                    } }
                } }
            }
        }
    }
}

fn databases(checks: &[DatabaseHealth]) -> Markup {
    let class = |check: &DatabaseHealth| match (check.connection_status, check.query_test_status) {
        (ConnectionStatus::Connected, QueryStatus::Success) => "good",
        (ConnectionStatus::Connected, QueryStatus::Slow | QueryStatus::NotTested) => "warn",
        _ => "bad",
    };
    let mut newest: BTreeMap<(&str, &str), &DatabaseHealth> = BTreeMap::new();
    for check in checks {
        newest.entry((&check.connection_name, check.environment.as_str())).or_insert(check);
    }
    html! {
        section id="databases" aria-labelledby="databases-title" {
            h2 id="databases-title" { "Databases" }
            @if checks.is_empty() { p class="soft" { "No database was checked yet." } } @else {
                div class="scroll" tabindex="0" role="region" aria-label="Databases" { table {
                    thead { tr { th scope="col" { "Connection" } th scope="col" { "Now" } th scope="col" class="n" { "Query" } th scope="col" { "Last checks" } } }
                    tbody { @for ((name, environment), last) in newest {
                        @let of: Vec<&DatabaseHealth> = checks.iter().filter(|it| (it.connection_name.as_str(), it.environment.as_str()) == (name, environment)).collect();
                        @let good = of.iter().filter(|it| class(it) != "bad").count();
                        @let slowest = of.iter().filter_map(|it| it.average_query_time).fold(1.0, f64::max);
                        tr id=(format!("database-{}", last.id)) {
                            td { code { (name) } " " span class="soft" { (environment) } @if let Some(problem) = &last.error_message { br; span class="soft" { (problem) } } }
                            td { span class=(format!("tag {}", class(last))) { (last.connection_status.as_str()) ", " (last.query_test_status.as_str().replace('_', " ")) } }
                            td class="n" { (milliseconds(last.average_query_time)) }
                            td { (bars(&format!("{good} of {} checks of {name} went well", of.len()), &of.iter().take(BARS).rev().map(|it| Bar {
                                class: class(it),
                                title: format!("{}: {}, {}", it.last_tested.format("%Y-%m-%d %H:%M"), it.connection_status.as_str(), milliseconds(it.average_query_time)),
                                height: it.average_query_time.map_or(1.0, |time| time / slowest),
                            }).collect::<Vec<_>>())) }
                        }
                    } }
                } }
            }
        }
    }
}

fn deployments(data: &Data) -> Markup {
    let sum = Reliability::of(&data.deployments);
    html! {
        section id="deployments" aria-labelledby="deployments-title" {
            h2 id="deployments-title" { "Deployments" }
            @if data.deployments.is_empty() { p class="soft" { "No deployment is recorded." } } @else {
                p id="deployments-summary" { (summary(&sum)) }
                div class="scroll" tabindex="0" role="region" aria-label="Deployments" { table {
                    thead { tr { th scope="col" { "Began" } th scope="col" { "Version" } th scope="col" { "Commit" } th scope="col" { "State" } th scope="col" { "Checks" } th scope="col" class="n" { "Took" } th scope="col" class="n" { "Lead time" } th scope="col" { "Where" } } }
                    tbody { @for one in &data.deployments { (deployment_row(one, &data.endpoints)) } }
                } }
                @if sum.weeks.len() > 1 {
                    details id="weeks" { summary { "By week" } div class="scroll" tabindex="0" role="region" aria-label="Deployments by week" { table {
                        thead { tr { th scope="col" { "Week of" } th scope="col" class="n" { "Deployments" } th scope="col" class="n" { "Successful" } th scope="col" class="n" { "Failed" } th scope="col" class="n" { "Rolled back" } th scope="col" class="n" { "Took" } th scope="col" class="n" { "Lead time" } } }
                        tbody { @for week in sum.weeks.iter().rev() { tr {
                            td { (week.monday.to_string()) } td class="n" { (week.of.total) } td class="n" { (week.of.success_rate.map_or_else(|| "–".to_owned(), percent)) }
                            td class="n" { (week.of.failed) } td class="n" { (week.of.rolled_back) } td class="n" { (seconds(week.of.median_duration)) } td class="n" { (seconds(week.of.median_lead_time)) }
                        } } }
                    } } }
                }
            }
        }
    }
}

fn deployment_row(one: &ProductionDeployment, endpoints: &[ApiHealthCheck]) -> Markup {
    let class = match one.deployment_status {
        DeploymentStatus::Success => "good",
        DeploymentStatus::Failed | DeploymentStatus::RolledBack => "bad",
        DeploymentStatus::Queued | DeploymentStatus::Deploying => "warn",
        DeploymentStatus::Cancelled => "none",
    };
    let of: Vec<&ApiHealthCheck> = endpoints.iter().filter(|it| it.deployment_id == Some(one.id)).collect();
    let well = of.iter().filter(|it| it.status == HealthStatus::Healthy).count();
    html! {
        tr id=(format!("deployment-{}", one.id)) {
            td { a href=(format!("#deployment-{}", one.id)) { (moment(one.created_at)) } }
            td { (one.version.to_string()) } td { (commit(Some(&one.commit_hash))) }
            td { span class=(format!("tag {class}")) { (state(one)) } @if let Some(problem) = &one.error_message { br; span class="soft" { (problem) } } }
            td { @if of.is_empty() { "–" } @else { span class=(if well == of.len() { "good" } else { "bad" }) { (well) "/" (of.len()) " healthy" } } }
            td class="n" { (seconds(one.deployment_time)) } td class="n" { (seconds(one.lead_time())) }
            td { (one.deployment_platform) " " span class="soft" { (one.environment.as_str()) } }
        }
    }
}
