//! `shipgate deploy record` and `status`.

use super::keep::{Known, keep};
use super::place::Place;
use super::{Shape, Told, Writing, condition, is_called, write};
use crate::app::console::Console;
use crate::app::{Error, ExitStatus};
use crate::deploy::{MANUAL, Reading, Sighting};
use crate::gate::{Reason, conclude};
use crate::record::{DeploymentStatus, ProductionDeployment};
use crate::redact::Redactor;
use crate::report::RenderOptions;
use crate::report::deployments::{render_deployment, render_reasons};
use crate::time::Clock;

/// How many of the platform's deployments are looked through for a commit.
const LOOKED_THROUGH: usize = 30;

/// Records one deployment, with what speaks against it.
pub(super) async fn record(
    place: &Place,
    told: &Told,
    clock: &dyn Clock,
    console: &mut dyn Console,
) -> Result<ExitStatus, Error> {
    let sighting = sighting(place, told).await?;
    let commit = sighting.commit.clone();
    let found = condition::look(place, commit.as_deref()).await?;
    let mut known = known(place, commit.as_deref(), &found.redactor).await?;
    known.version = told.version.clone();
    known.variables.clone_from(&found.variables);
    known.domain = told.domain.clone().or(known.domain);
    if known.version.is_none() && known.usual_version.is_none() {
        return Err(Error::Deployment(
            "the version that is deployed is not known".to_owned(),
            "give it with `--version`, tag the commit (`git tag v1.2.3`), or write it into `package.json`".to_owned(),
        ));
    }
    for note in &found.notes {
        console.phase(&found.redactor.redact(note));
    }
    if told.writing == Writing::No {
        console.phase("dry run: nothing was recorded");
        return Ok(answer(found.reasons, &found.redactor, console));
    }
    let record = keep(place.store(), &sighting, &known, clock.now()).await?.record()?;
    show(&record, told.shape, &found.redactor, console);
    Ok(answer(found.reasons, &found.redactor, console))
}

/// Says what speaks against it, and ends with what that means.
fn answer(reasons: Vec<Reason>, redactor: &Redactor, console: &mut dyn Console) -> ExitStatus {
    let verdict = conclude(Vec::new(), reasons);
    let text = render_reasons(&verdict.reasons, &options(console));
    if !text.is_empty() {
        console.aside(redactor.redact(text.trim_end()).as_ref());
    }
    verdict.outcome.into()
}

/// Asks the platform how a deployment stands, and shows its record.
pub(super) async fn status(
    place: &Place,
    id: Option<&str>,
    shape: Shape,
    clock: &dyn Clock,
    console: &mut dyn Console,
) -> Result<ExitStatus, Error> {
    let all = place.deployments().await?;
    let known_one = match id {
        None => all.first(),
        Some(id) => all.iter().find(|it| is_called(it, id)),
    };
    let platform_id = known_one.map_or_else(|| id.map(str::to_owned), |it| it.platform_id.clone());
    let is_asked = known_one.is_none_or(|it| it.deployment_platform == place.platform());
    let record = match (&place.provider, platform_id) {
        (Some(provider), Some(platform_id)) if is_asked => {
            let sighting = provider.look(&platform_id).await?;
            let known = known(place, sighting.commit.as_deref(), &place.redactor).await?;
            keep(place.store(), &sighting, &known, clock.now()).await?.record()?
        }
        (Some(provider), None) => {
            let newest = provider.newest(1).await?.into_iter().next();
            let sighting = newest.ok_or_else(|| nothing(place))?;
            let known = known(place, sighting.commit.as_deref(), &place.redactor).await?;
            keep(place.store(), &sighting, &known, clock.now()).await?.record()?
        }
        _ => known_one.cloned().ok_or_else(|| match id {
            Some(id) => unknown(id),
            None => nothing(place),
        })?,
    };
    show(&record, shape, &place.redactor, console);
    Ok(match record.deployment_status {
        DeploymentStatus::Failed => ExitStatus::GateFailed,
        _ => ExitStatus::Success,
    })
}

pub(super) fn unknown(id: &str) -> Error {
    Error::Deployment(
        format!("no deployment is called `{}`", id.escape_debug()),
        "list what there is: `shipgate deploy list`".to_owned(),
    )
}

fn nothing(place: &Place) -> Error {
    Error::Deployment(
        format!("there is no deployment of {} at {}", place.environment.as_str(), place.platform()),
        "record one: `shipgate deploy record`".to_owned(),
    )
}

pub(super) fn show(record: &ProductionDeployment, shape: Shape, redactor: &Redactor, console: &mut dyn Console) {
    let text = match shape {
        Shape::Text => render_deployment(record, &options(console)),
        Shape::Json => format!("{:#}\n", serde_json::to_value(record).unwrap_or_default()),
    };
    write(console, &redactor.redact(&text));
}

pub(super) fn options(console: &dyn Console) -> RenderOptions {
    RenderOptions { width: console.width().unwrap_or(100), colour: console.colour(), ..RenderOptions::default() }
}

/// What the project knows of a deployment of this commit.
pub(in crate::app) async fn known(place: &Place, commit: Option<&str>, redactor: &Redactor) -> Result<Known, Error> {
    let address = match (&place.provider, &place.deploy.domain) {
        (Some(provider), None) => provider.address().await?,
        _ => None,
    };
    let (usual_version, committed_at) = match commit {
        Some(commit) => {
            let at = if let Some(git) = place.git() { git.committed_at(commit).await } else { None };
            (place.version_of(commit).await, at)
        }
        None => (None, None),
    };
    Ok(Known {
        environment: place.environment,
        version: None,
        usual_version,
        domain: place.deploy.domain.clone(),
        address,
        health_path: place.deploy.health_path.clone(),
        committed_at,
        variables: None,
        redactor: redactor.clone(),
    })
}

/// What the caller says over what the platform says.
async fn sighting(place: &Place, told: &Told) -> Result<Sighting, Error> {
    let commit = commit(place, told.commit.as_deref()).await?;
    let mut seen = match &place.provider {
        Some(provider) => {
            let found = if let Some(id) = &told.id {
                Some(provider.look(id).await?)
            } else {
                let all = provider.newest(LOOKED_THROUGH).await?;
                all.into_iter().find(|it| it.commit == commit)
            };
            found.ok_or_else(|| {
                let shown = commit.as_deref().map(crate::report::digest::short_commit).unwrap_or_default().to_owned();
                Error::Deployment(
                    format!("{} has no deployment of the commit `{shown}` among its newest", provider.platform()),
                    "wait until it has begun, or name one: `--id`".to_owned(),
                )
            })?
        }
        None => manual(place, told, commit.clone()).await?,
    };
    if let Some(status) = told.status {
        seen.reading = Reading::Is(status);
        status.as_str().clone_into(&mut seen.word);
    }
    if told.commit.is_some() && seen.commit.is_some() && seen.commit != commit {
        return Err(Error::Deployment(
            format!("the deployment `{}` is of another commit than `--commit`", seen.id),
            "leave `--commit` away, or name the right `--id`".to_owned(),
        ));
    }
    seen.commit = seen.commit.or(commit);
    seen.url = told.url.as_ref().map(ToString::to_string).or(seen.url);
    seen.message = told.error.clone().or(seen.message);
    seen.environment = seen.environment.or(Some(place.environment));
    Ok(seen)
}

/// Nobody is asked: the one that has not ended yet is meant, where none is named, else a new one.
async fn manual(place: &Place, told: &Told, commit: Option<String>) -> Result<Sighting, Error> {
    let status = told.status.unwrap_or(DeploymentStatus::Success);
    let open = place.deployments().await?.into_iter().find(|it| {
        it.deployment_platform == MANUAL
            && !it.deployment_status.is_final()
            && commit.as_ref().is_none_or(|commit| it.commit_hash == *commit)
    });
    let id = told.id.clone().or_else(|| open.and_then(|it| it.platform_id));
    let id = id.unwrap_or_else(|| uuid::Uuid::now_v7().simple().to_string());
    Ok(Sighting { commit, ..Sighting::new(MANUAL, &id, Reading::Is(status), status.as_str()) })
}

/// The whole hash of what the caller names, or of what is checked out.
pub(super) async fn commit(place: &Place, named: Option<&str>) -> Result<Option<String>, Error> {
    let is_whole = |name: &str| crate::record::name::is_commit_hash(name);
    match (place.git(), named) {
        (_, Some(name)) if is_whole(name) => Ok(Some(name.to_owned())),
        (Some(git), Some(name)) => Ok(Some(git.resolve(name).await?)),
        // Before the first commit there is none.
        (Some(git), None) => Ok(git.resolve("HEAD").await.ok()),
        (None, Some(name)) => Err(Error::Deployment(
            format!("`{}` is no whole commit hash, and there is no repository to look it up in", name.escape_debug()),
            "give 40 hex digits".to_owned(),
        )),
        (None, None) => Ok(None),
    }
}
