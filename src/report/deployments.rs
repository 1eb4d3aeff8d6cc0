//! Deployments for people, and how well they went: success rate, how long they took, lead time from the
//! commit, failures and rollbacks, as a whole and by week.

use super::terminal::canvas::{Align, Canvas, Column, Span, Tone};
use super::terminal::{WIDTHS, heading};
use super::{RenderOptions, digest, quantity};
use crate::gate::{Outcome, Reason};
use crate::record::{DeploymentStatus, Environment, ProductionDeployment, ValidationStatus};
use chrono::{Datelike as _, Days, NaiveDate};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How deployments went.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Reliability {
    pub total: usize,
    /// Those that were live, also where they were rolled back.
    pub succeeded: usize,
    pub failed: usize,
    pub rolled_back: usize,
    pub cancelled: usize,
    /// Not ended yet.
    pub open: usize,
    /// Of those that ended and were not cancelled; `None` where there are none.
    pub success_rate: Option<f64>,
    /// Seconds; of those that were live.
    pub median_duration: Option<f64>,
    /// Seconds from the commit until it was live.
    pub median_lead_time: Option<f64>,
    /// By the Monday they began with, in UTC, the oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weeks: Vec<Week>,
}

/// One week of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Week {
    pub monday: NaiveDate,
    #[serde(flatten)]
    pub of: Reliability,
}

impl Reliability {
    #[must_use]
    pub fn of<'d>(deployments: impl IntoIterator<Item = &'d ProductionDeployment>) -> Self {
        let all: Vec<&ProductionDeployment> = deployments.into_iter().collect();
        let mut weeks: BTreeMap<NaiveDate, Vec<&ProductionDeployment>> = BTreeMap::new();
        for one in &all {
            let day = one.created_at.date_naive();
            let monday = day - Days::new(u64::from(day.weekday().num_days_from_monday()));
            weeks.entry(monday).or_default().push(one);
        }
        let weeks = weeks.into_iter().map(|(monday, these)| Week { monday, of: Self::sum(&these) }).collect();
        Self { weeks, ..Self::sum(&all) }
    }

    fn sum(all: &[&ProductionDeployment]) -> Self {
        let count = |status| all.iter().filter(|it| it.deployment_status == status).count();
        let succeeded = all.iter().filter(|it| it.deployment_status.was_deployed()).count();
        let failed = count(DeploymentStatus::Failed);
        let live = || all.iter().filter(|it| it.deployment_status.was_deployed());
        Self {
            total: all.len(),
            succeeded,
            failed,
            rolled_back: count(DeploymentStatus::RolledBack),
            cancelled: count(DeploymentStatus::Cancelled),
            open: all.iter().filter(|it| !it.deployment_status.is_final()).count(),
            success_rate: (succeeded + failed > 0).then(|| succeeded as f64 / (succeeded + failed) as f64),
            median_duration: median(live().filter_map(|it| it.deployment_time).collect()),
            median_lead_time: median(live().filter_map(|it| it.lead_time()).collect()),
            weeks: Vec::new(),
        }
    }
}

/// The middle one; of an even number the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

/// `94%`, `66.7%`.
#[must_use]
pub fn percent(part: f64) -> String {
    let text = format!("{:.1}", part * 100.0);
    format!("{}%", text.strip_suffix(".0").unwrap_or(&text))
}

fn tone(status: DeploymentStatus) -> Tone {
    match status {
        DeploymentStatus::Success => Tone::Good,
        DeploymentStatus::Failed | DeploymentStatus::RolledBack => Tone::Bad,
        DeploymentStatus::Queued | DeploymentStatus::Deploying => Tone::Warn,
        DeploymentStatus::Cancelled => Tone::Dim,
    }
}

fn canvas(options: &RenderOptions) -> Canvas {
    Canvas::new(options.width.clamp(*WIDTHS.start(), *WIDTHS.end()), options.colour, options.detail)
}

/// The state in words: what was superseded is no longer live.
#[must_use]
pub fn state(deployment: &ProductionDeployment) -> String {
    let word = deployment.deployment_status.as_str().replace('_', " ");
    match (deployment.deployment_status, deployment.superseded_at) {
        (DeploymentStatus::Success, Some(_)) => format!("{word}, superseded"),
        _ => word,
    }
}

/// A list, and how they went.
#[must_use]
pub fn render_deployments(
    deployments: &[ProductionDeployment],
    reliability: &Reliability,
    environment: Environment,
    options: &RenderOptions,
) -> String {
    let mut canvas = canvas(options);
    if deployments.is_empty() {
        let text = canvas.prose(Tone::Plain, &format!("no deployment of {} is recorded", environment.as_str()));
        canvas.paragraph(0, 0, &text);
        return canvas.finish();
    }
    let column = |title, align, rank| Column { title, align, shrinks_to: 0, rank };
    let columns = [
        column("id", Align::Left, 0),
        column("began", Align::Left, 2),
        column("version", Align::Left, 0),
        column("commit", Align::Left, 1),
        column("state", Align::Left, 0),
        column("took", Align::Right, 3),
        column("lead time", Align::Right, 4),
        column("platform", Align::Left, 5),
    ];
    let rows: Vec<_> = deployments
        .iter()
        .map(|it| {
            let id = it.id.simple().to_string();
            let seconds = |value: Option<f64>| value.map(quantity::duration).unwrap_or_default();
            vec![
                Span::new(Tone::Name, &id[id.len() - 8..]),
                Span::new(Tone::Dim, &it.created_at.format("%Y-%m-%d %H:%M").to_string()),
                Span::new(Tone::Plain, &it.version.to_string()),
                Span::new(Tone::Dim, digest::short_commit(&it.commit_hash)),
                Span::new(tone(it.deployment_status), &state(it)),
                Span::new(Tone::Plain, &seconds(it.deployment_time)),
                Span::new(Tone::Dim, &seconds(it.lead_time())),
                Span::new(Tone::Dim, &it.deployment_platform),
            ]
        })
        .collect();
    canvas.table(0, &columns, &rows);
    canvas.blank();
    let text = canvas.prose(Tone::Plain, &summary(reliability));
    canvas.paragraph(0, 0, &text);
    if reliability.weeks.len() > 1 {
        heading(&mut canvas, "By week", "the Monday it began with");
        let column = |title, align, rank| Column { title, align, shrinks_to: 0, rank };
        let columns = [
            column("week", Align::Left, 0),
            column("deployments", Align::Right, 0),
            column("success", Align::Right, 0),
            column("failed", Align::Right, 1),
            column("rolled back", Align::Right, 1),
            column("took", Align::Right, 2),
            column("lead time", Align::Right, 3),
        ];
        let row = |week: &Week| {
            let seconds = |value: Option<f64>| value.map(quantity::duration).unwrap_or_default();
            let number = |value: usize| Span::new(Tone::Plain, &value.to_string());
            vec![
                Span::new(Tone::Name, &week.monday.to_string()),
                number(week.of.total),
                Span::new(Tone::Plain, &week.of.success_rate.map(percent).unwrap_or_default()),
                number(week.of.failed),
                number(week.of.rolled_back),
                Span::new(Tone::Dim, &seconds(week.of.median_duration)),
                Span::new(Tone::Dim, &seconds(week.of.median_lead_time)),
            ]
        };
        canvas.table(2, &columns, &reliability.weeks.iter().rev().take(12).map(row).collect::<Vec<_>>());
    }
    canvas.finish()
}

/// `12 deployments, 91.7% successful, 1 failed, 1 rolled back; they took 1m 2s, lead time 14m (medians)`.
#[must_use]
pub fn summary(of: &Reliability) -> String {
    let mut text = quantity::counted(of.total as u64, "deployment");
    if let Some(rate) = of.success_rate {
        let _ = write!(text, ", {} successful", percent(rate));
    }
    for (count, word) in
        [(of.failed, "failed"), (of.rolled_back, "rolled back"), (of.cancelled, "cancelled"), (of.open, "not ended")]
    {
        if count > 0 {
            let _ = write!(text, ", {count} {word}");
        }
    }
    match (of.median_duration, of.median_lead_time) {
        (Some(took), Some(lead)) => {
            let _ = write!(text, "; median: took {}, lead time {}", quantity::duration(took), quantity::duration(lead));
        }
        (Some(took), None) => {
            let _ = write!(text, "; median: took {}", quantity::duration(took));
        }
        _ => {}
    }
    text
}

/// One deployment with all that is known of it.
#[must_use]
pub fn render_deployment(deployment: &ProductionDeployment, options: &RenderOptions) -> String {
    let mut canvas = canvas(options);
    let commit = digest::short_commit(&deployment.commit_hash);
    let title = [
        Span::new(tone(deployment.deployment_status), &state(deployment)),
        Span::new(Tone::Strong, &format!("  {} at {commit}", deployment.version)),
        Span::new(Tone::Dim, &format!("  {} on {}", deployment.environment.as_str(), deployment.deployment_platform)),
    ];
    canvas.paragraph(0, 2, &title);
    let mut rows: Vec<(&str, String)> = vec![("id", deployment.id.to_string())];
    let mut add = |name, value: Option<String>| rows.extend(value.map(|value| (name, value)));
    add("platform's id", deployment.platform_id.clone());
    add("platform says", deployment.platform_status.clone());
    add("address", deployment.deployment_url.clone().or_else(|| Some(deployment.domain.clone())));
    add("branch", deployment.branch.clone());
    add("build", deployment.build_id.map(|id| id.to_string()));
    add("began", Some(deployment.created_at.format("%Y-%m-%d %H:%M:%S UTC").to_string()));
    add("took", deployment.deployment_time.map(quantity::duration));
    add("lead time", deployment.lead_time().map(quantity::duration));
    add("error", deployment.error_message.clone());
    let can = if deployment.rollback_available { "possible" } else { "not possible" };
    let why = deployment.rollback_reason.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
    add(
        "rollback",
        Some(if deployment.deployment_status == DeploymentStatus::RolledBack {
            format!("done{why}")
        } else {
            format!("{can}{why}")
        }),
    );
    let variables = &deployment.environment_variables;
    if !variables.is_empty() {
        let missing = variables.iter().filter(|it| !it.is_set).count();
        let invalid = variables.iter().filter(|it| it.validation_status == ValidationStatus::Invalid).count();
        add("variables", Some(format!("{}, {missing} not set, {invalid} invalid", variables.len())));
    }
    for (name, value) in rows {
        canvas.paragraph(2, 18, &[Span::new(Tone::Dim, &format!("{name:<16}")), Span::new(Tone::Plain, &value)]);
    }
    canvas.finish()
}

/// What speaks against it, each with the way out; empty where nothing does.
#[must_use]
pub fn render_reasons(reasons: &[Reason], options: &RenderOptions) -> String {
    let mut canvas = canvas(options);
    for reason in reasons {
        let tone = if reason.outcome == Outcome::Failed { Tone::Bad } else { Tone::Warn };
        canvas.paragraph(0, 2, &[Span::new(tone, "✘ "), Span::new(Tone::Plain, &reason.message)]);
        if let Some(help) = &reason.help {
            canvas.paragraph(2, 2, &[Span::new(Tone::Dim, "help: "), Span::new(Tone::Plain, help)]);
        }
    }
    if reasons.is_empty() { String::new() } else { canvas.finish() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    fn deployed(number: u32, status: DeploymentStatus) -> ProductionDeployment {
        let mut it = sample::deployment(number.into());
        it.created_at = sample::at(0) + chrono::Duration::days(number.into());
        it.committed_at = Some(it.created_at - chrono::Duration::minutes(10));
        for &to in DeploymentStatus::Queued.way_to(status).unwrap() {
            it.transition(to, it.created_at + chrono::Duration::minutes(number.into())).unwrap();
        }
        it.deployment_time = it.deployed_at.map(|_| 60.0 * f64::from(number));
        it
    }

    #[test]
    fn what_was_rolled_back_had_been_live_and_what_was_cancelled_counts_nowhere() {
        use DeploymentStatus::{Cancelled, Failed, Queued, RolledBack, Success};
        let all: Vec<_> = [Success, Failed, RolledBack, Cancelled, Queued, Success, Success]
            .into_iter()
            .zip(1..)
            .map(|(status, number)| deployed(number, status))
            .collect();
        let sum = Reliability::of(&all);
        assert_eq!(
            (sum.total, sum.succeeded, sum.failed, sum.rolled_back, sum.cancelled, sum.open),
            (7, 4, 1, 1, 1, 1)
        );
        assert_eq!(sum.success_rate, Some(0.8));
        assert_eq!(sum.median_duration, Some(f64::midpoint(180.0, 360.0)));
        assert_eq!(sum.median_lead_time, Some(f64::midpoint(780.0, 960.0)));
        // The samples begin on a Sunday; the seven days after it are of one week, and the last of the next.
        assert_eq!(sum.weeks.iter().map(|it| it.of.total).collect::<Vec<_>>(), [7]);
        assert!(
            summary(&sum)
                .starts_with("7 deployments, 80% successful, 1 failed, 1 rolled back, 1 cancelled, 1 not ended")
        );
        assert_eq!(Reliability::of(&[]).success_rate, None);
    }

    #[test]
    fn what_another_took_the_place_of_is_not_rolled_back() {
        let mut it = deployed(1, DeploymentStatus::Success);
        assert_eq!(state(&it), "success");
        it.superseded_at = Some(sample::at(9));
        assert_eq!(state(&it), "success, superseded");
    }
}
