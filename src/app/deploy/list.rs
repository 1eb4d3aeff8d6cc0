//! `shipgate deploy list`: deployments, and how well they went over time.

use super::place::Place;
use super::record::options;
use super::{Shape, Wanted, write};
use crate::app::console::Console;
use crate::app::{Error, ExitStatus};
use crate::report::deployments::{Reliability, render_deployments};
use crate::store::DeploymentQuery;
use chrono::NaiveTime;
use serde_json::json;

pub(super) async fn list(place: &Place, wanted: &Wanted, console: &mut dyn Console) -> Result<ExitStatus, Error> {
    let query = DeploymentQuery {
        environment: Some(place.environment),
        statuses: wanted.statuses.clone(),
        since: wanted.since.map(|day| day.and_time(NaiveTime::MIN).and_utc()),
        limit: Some(wanted.limit),
        ..DeploymentQuery::default()
    };
    let deployments = place.store().deployments(&query).await?;
    let reliability = Reliability::of(&deployments);
    let text = match wanted.shape {
        Shape::Text => render_deployments(&deployments, &reliability, place.environment, &options(console)),
        Shape::Json => {
            let value =
                json!({ "environment": place.environment, "deployments": deployments, "reliability": reliability });
            format!("{value:#}\n")
        }
    };
    write(console, &place.redactor.redact(&text));
    Ok(ExitStatus::Success)
}
