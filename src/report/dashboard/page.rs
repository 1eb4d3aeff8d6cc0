//! The page itself.

use super::deployments::deployments;
use super::errors::errors;
use super::health::{databases, endpoints, newest};
use super::shell::shell;
use super::{Data, Gate};
use crate::diagnostic::{Level, Severity};
use crate::gate::Outcome;
use crate::record::{BuildStatus, DeploymentStatus, HealthStatus};
use crate::report::trends::{Series, draw_series};
use crate::report::{digest::short_commit, quantity};
use crate::time::Timestamp;
use maud::{Markup, PreEscaped, html};

/// The whole page.
///
/// # Errors
/// What the drawing of a plot fails with, in words.
pub fn render_dashboard(data: &Data) -> Result<String, String> {
    let mut plots = Vec::new();
    for series in data.trends.series.iter().filter(|series| series.values.iter().any(Option::is_some)) {
        plots.push((series, draw_series(series)?));
    }
    let sections = ["Gate", "Errors", "Builds", "Endpoints", "Databases", "Deployments"];
    let leads = sections.map(|name| (format!("#{}", name.to_lowercase()), name));
    let heading = html! { "shipgate · " code { (data.branch) } };
    let main = html! {
        (gate(data))
        (errors(data))
        (builds(data, &plots))
        (endpoints(data))
        (databases(data))
        (deployments(data))
    };
    let foot = html! { "As of " (moment(data.now)) };
    Ok(shell(&format!("{} · shipgate", data.branch), &heading, &leads, &main, &foot))
}

/// A measure as the end of an address.
pub(super) fn slug(measure: &str) -> String {
    let dashed = measure.chars().map(|it| if it.is_ascii_alphanumeric() { it } else { '-' });
    dashed.collect::<String>().trim_matches('-').to_owned()
}

pub(super) fn moment(at: Timestamp) -> Markup {
    html! { time datetime=(at.format("%Y-%m-%dT%H:%MZ")) { (at.format("%Y-%m-%d %H:%M UTC")) } }
}

pub(super) fn commit(hash: Option<&str>) -> Markup {
    html! { @if let Some(hash) = hash { code { (short_commit(hash)) } } @else { "–" } }
}

pub(super) fn seconds(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), quantity::duration)
}

pub(super) fn outcome(verdict: Option<Outcome>, status: BuildStatus) -> (&'static str, &'static str) {
    match (verdict, status) {
        (Some(Outcome::Passed), _) => ("good", "passed"),
        (Some(Outcome::Warned), _) => ("warn", "warned"),
        (Some(Outcome::Failed), _) => ("bad", "failed"),
        (Some(Outcome::Inconclusive), _) => ("warn", "inconclusive"),
        // What nobody judged is not green.
        (None, BuildStatus::Success) => ("none", "built, not judged"),
        (None, status) => ("bad", status.as_str()),
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
    // None is good only where the last run has looked.
    let errors_class = match data.gate.as_ref().and_then(|gate| gate.verdict) {
        _ if open(Level::Error) > 0 => "bad",
        Some(Outcome::Passed | Outcome::Warned | Outcome::Failed) => "good",
        Some(Outcome::Inconclusive) | None => "none",
    };
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
                div class="card" { span { "open errors" } @if data.is_unknown() { b class="none" { "–" } span { "no run is recorded" } } @else {
                    b class=(errors_class) data-count="errors" { (quantity::count(open(Level::Error))) } span { (quantity::count(critical)) " critical or high, " (quantity::count(open(Level::Warning))) " warnings" }
                } }
                div class="card" { span { "endpoints" } b class=(if newest.is_empty() { "none" } else if unwell > 0 { "bad" } else { "good" }) { (newest.len() - unwell) "/" (newest.len()) } span { "healthy at their last check" } }
                div class="card" { span { "live" } @match live {
                    Some(live) => { b { (live.version.to_string()) } span { (commit(Some(&live.commit_hash))) " on " (live.deployment_platform) " · " a href=(format!("#deployment-{}", live.id)) { "deployment" } } }
                    None => { b class="none" { "–" } span { "no deployment is recorded" } }
                } }
            }
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
