//! Deployments with their checks, and how they went week by week.

use super::Data;
use super::page::{commit, moment, seconds};
use super::shell::list_heads;
use crate::record::{ApiHealthCheck, DeploymentStatus, HealthStatus, ProductionDeployment};
use crate::report::deployments::{Reliability, percent, state, summary};
use maud::{Markup, html};

/// Checks of a deployment that are named because they did not go well.
const UNWELL: usize = 3;

const HEADS: [&str; 8] = ["Began", "Version", "Commit", "State", "Checks", "Took", "Lead time", "Where"];

pub(super) fn deployments(data: &Data) -> Markup {
    let sum = Reliability::of(&data.deployments);
    html! {
        section id="deployments" aria-labelledby="deployments-title" {
            h2 id="deployments-title" { "Deployments" }
            @if data.deployments.is_empty() { p class="soft" { "No deployment is recorded." } } @else {
                p id="deployments-summary" { (summary(&sum)) }
                div class="scroll" tabindex="0" role="region" aria-label="Deployments" { table class="list" role="table" {
                    (list_heads(&HEADS))
                    tbody role="rowgroup" { @for one in &data.deployments { (row(one, &data.checks)) } }
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

fn row(one: &ProductionDeployment, checks: &[ApiHealthCheck]) -> Markup {
    let class = match one.deployment_status {
        DeploymentStatus::Success => "good",
        DeploymentStatus::Failed | DeploymentStatus::RolledBack => "bad",
        DeploymentStatus::Queued | DeploymentStatus::Deploying => "warn",
        DeploymentStatus::Cancelled => "none",
    };
    let of: Vec<&ApiHealthCheck> = checks.iter().filter(|it| it.deployment_id == Some(one.id)).collect();
    let well = of.iter().filter(|it| it.status == HealthStatus::Healthy).count();
    html! {
        tr id=(format!("deployment-{}", one.id)) role="row" {
            td role="cell" { a href=(format!("#deployment-{}", one.id)) { (moment(one.created_at)) } }
            td role="cell" { (one.version.to_string()) } td role="cell" { (commit(Some(&one.commit_hash))) }
            td role="cell" class=[one.error_message.as_ref().map(|_| "wide")] { span class=(format!("tag {class}")) { (state(one)) } @if let Some(problem) = &one.error_message { br; span class="soft" { (problem) } } }
            td role="cell" class=[(well < of.len()).then_some("wide")] data-head=(HEADS[4]) { @if of.is_empty() { "–" } @else {
                span class=(if well == of.len() { "good" } else { "bad" }) { (well) "/" (of.len()) " healthy" }
                @for it in of.iter().filter(|it| it.status != HealthStatus::Healthy).take(UNWELL) {
                    br; span class="soft" { (it.http_method.as_str()) " " code { (it.endpoint_path) } " " (it.status.as_str()) }
                }
            } }
            td role="cell" data-head=(HEADS[5]) { (seconds(one.deployment_time)) }
            td role="cell" data-head=(HEADS[6]) { (seconds(one.lead_time())) }
            td role="cell" { (one.deployment_platform) " " span class="soft" { (one.environment.as_str()) } }
        }
    }
}
