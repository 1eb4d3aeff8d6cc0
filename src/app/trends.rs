//! `shipgate trends`: the recorded builds of a branch over time, and the health of what runs.

use super::bundle::parse_route;
use super::console::Console;
use super::run::{Scene, process_redactor};
use super::serve::overview::{Asked, overview};
use super::settings::Settings;
use super::{Error, ExitStatus, Process, file};
use crate::record::{Environment, Period};
use crate::report::RenderOptions;
use crate::report::dashboard::{Links, render_dashboard};
use crate::report::deployments::{Reliability, summary};
use crate::report::trends::{HealthTrend, Reading, RouteChoice, Trends, render_trends};
use crate::store::{BuildQuery, DeploymentQuery, SpanQuery};
use crate::time::Clock;
use chrono::{NaiveDate, NaiveTime};
use std::path::PathBuf;

/// Which builds, and how they are shown.
#[derive(Debug, Clone)]
pub struct Input {
    /// The project's folder, absolute.
    pub directory: PathBuf,
    pub config: Option<PathBuf>,
    /// `None`: the default branch.
    pub branch: Option<String>,
    pub environment: Option<Environment>,
    pub since: Option<NaiveDate>,
    /// The newest so many builds, and hours or days.
    pub limit: usize,
    /// Of routes, those that this fits, instead of the heaviest.
    pub route: Option<String>,
    /// How the health of what runs is added up.
    pub by: Period,
    pub shape: Shape,
}

/// How the answer is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    Text,
    Json,
    /// The dashboard as one file; `-` is standard output.
    Page(PathBuf),
}

/// Shows the trends.
///
/// # Errors
/// When the configuration is wrong, the store cannot be read, or the page cannot be written.
pub async fn trends(
    input: &Input,
    process: &Process,
    clock: &dyn Clock,
    console: &mut dyn Console,
) -> Result<ExitStatus, Error> {
    let settings = Settings::read(&input.directory, input.config.as_deref(), console.colour())?;
    let route = parse_route(input.route.as_deref())?;
    let branch = match &input.branch {
        Some(branch) => branch.clone(),
        None => Scene::look(&input.directory, process, &settings.config, false).await?.base_branch,
    };
    let query = BuildQuery {
        environment: input.environment,
        since: input.since.map(|day| day.and_time(NaiveTime::MIN).and_utc()),
        limit: Some(input.limit),
        ..BuildQuery::of_branch(branch.clone())
    };
    let opened = settings.open_store(&input.directory, process)?;
    let store = opened.as_store();
    let spans = SpanQuery { environment: input.environment, since: query.since };
    if let Shape::Page(path) = &input.shape {
        let asked = Asked { builds: query, spans, by: input.by, periods: input.limit, links: Links::Within };
        let data = overview(store, &asked, clock.now()).await?;
        let page = render_dashboard(&data)
            .map_err(|problem| Error::Write { path: path.clone(), source: std::io::Error::other(problem) })?;
        let page = process_redactor(process).redact(&page).into_owned();
        if path.as_os_str() == "-" {
            print(console, &page);
        } else {
            let path = input.directory.join(path);
            file::replace(&path, page.as_bytes()).map_err(|source| Error::Write { path: path.clone(), source })?;
            console.phase(&format!("wrote `{}`", path.display()));
        }
        return Ok(ExitStatus::Success);
    }
    let records = store.builds(&query).await?;
    let reading = |is_base: bool| if is_base { Reading::Whole } else { Reading::Partial };
    let routes = route.as_ref().map_or(RouteChoice::Heaviest, RouteChoice::Fitting);
    let builds = records.iter().map(|record| (&record.build, reading(record.is_base)));
    let mut trends = Trends::new(&branch, builds, routes);
    trends.health = HealthTrend::all(store.health_spans(&spans).await?, input.by, input.limit);
    let wanted = DeploymentQuery { environment: input.environment, since: query.since, ..DeploymentQuery::default() };
    let deployments = Reliability::of(&store.deployments(&wanted).await?);
    if input.shape == Shape::Json {
        let mut value = serde_json::to_value(&trends).unwrap_or_default();
        value["deployments"] = serde_json::to_value(&deployments).unwrap_or_default();
        print(console, &format!("{value:#}\n"));
        return Ok(ExitStatus::Success);
    }
    let width = console.width().unwrap_or(100);
    let options = RenderOptions { width, colour: console.colour(), ..RenderOptions::default() };
    let text = render_trends(&trends, &options);
    print(console, &if deployments.total == 0 { text } else { format!("{text}\n{}\n", summary(&deployments)) });
    Ok(ExitStatus::Success)
}

fn print(console: &mut dyn Console, text: &str) {
    let out = console.standard_output();
    let _closed_pipe = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
