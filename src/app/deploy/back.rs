//! `shipgate deploy rollback`: an earlier deployment in the place of a bad one.

use super::keep::keep;
use super::place::Place;
use super::record::{known, show, unknown};
use super::wait::{Ended, follow, health};
use super::{RollBack as Wanted, Shape, Writing, is_called};
use crate::app::console::Console;
use crate::app::{Error, ExitStatus};
use crate::deploy::{Provider, RollBack, RolledBack};
use crate::record::{DeploymentStatus, ProductionDeployment, Refused};
use crate::report::digest::short_commit;
use crate::step::Cancel;
use crate::time::Clock;
use tokio::time::Instant;

/// How many new deployments are looked through for the one that rolls back.
const NEWEST: usize = 10;

pub(super) async fn roll_back(
    place: &Place,
    wanted: &Wanted,
    clock: &dyn Clock,
    cancel: &Cancel,
    console: &mut dyn Console,
) -> Result<ExitStatus, Error> {
    let all = place.deployments().await?;
    let own: Vec<_> = all.into_iter().filter(|it| it.deployment_platform == place.platform()).collect();
    let bad = match &wanted.id {
        Some(id) => own.iter().find(|it| is_called(it, id)).ok_or_else(|| unknown(id))?,
        None => own
            .iter()
            .filter(|it| it.deployment_status == DeploymentStatus::Success)
            .max_by_key(|it| it.deployed_at)
            .ok_or_else(|| {
                Error::Deployment(
                    "no deployment is live that is recorded".to_owned(),
                    "record it: `shipgate deploy record`".to_owned(),
                )
            })?,
    };
    if wanted.writing == Writing::No {
        let target = target(&own, bad, wanted.to.as_deref())?;
        console.phase(&format!("dry run: {} would be back in the place of {}", named(target), named(bad)));
        return Ok(ExitStatus::Success);
    }
    let deadline = Instant::now() + wanted.timeout.unwrap_or(place.deploy.timeout);
    let after = replace(place, bad, wanted.to.as_deref(), &wanted.reason, deadline, clock, cancel, console).await?;
    let Some(after) = after else { return Ok(ExitStatus::Inconclusive) };
    show(&after, Shape::Text, &place.redactor, console);
    Ok(health(place, &after, wanted.url.as_ref(), clock, cancel, console).await?.into())
}

fn named(deployment: &ProductionDeployment) -> String {
    let commit = short_commit(&deployment.commit_hash);
    format!("`{}` ({} at {commit})", deployment.platform_id.as_deref().unwrap_or("-"), deployment.version)
}

/// What comes back: the one that is named, else the newest that was live before the bad one.
fn target<'d>(
    own: &'d [ProductionDeployment],
    bad: &ProductionDeployment,
    to: Option<&str>,
) -> Result<&'d ProductionDeployment, Error> {
    if bad.deployment_status != DeploymentStatus::Success {
        let message =
            format!("{} is `{}`, and only what is live can be rolled back", named(bad), bad.deployment_status.as_str());
        return Err(Error::Deployment(message, "see what is live: `shipgate deploy list`".to_owned()));
    }
    let good = |it: &&ProductionDeployment| {
        it.id != bad.id && it.deployment_status == DeploymentStatus::Success && it.platform_id.is_some()
    };
    if let Some(to) = to {
        let found = own.iter().find(|it| is_called(it, to)).ok_or_else(|| unknown(to))?;
        if !good(&found) {
            let message = format!("{} was never live, or is the one that is bad", named(found));
            return Err(Error::Deployment(message, "name another one with `--to`".to_owned()));
        }
        return Ok(found);
    }
    let before =
        own.iter().filter(good).filter(|it| it.deployed_at < bad.deployed_at && it.commit_hash != bad.commit_hash);
    before.max_by_key(|it| it.deployed_at).ok_or_else(|| {
        let message = format!("nothing else than {} is recorded as having been live", named(bad));
        Error::Deployment(message, "record what was live before: `shipgate deploy record --id …`".to_owned())
    })
}

/// Rolls back and follows it to its end; what is live then. `None`: it did not come to an end, and that was said.
#[expect(clippy::too_many_arguments, reason = "each is another edge")]
pub(super) async fn replace(
    place: &Place,
    bad: &ProductionDeployment,
    to: Option<&str>,
    reason: &str,
    deadline: Instant,
    clock: &dyn Clock,
    cancel: &Cancel,
    console: &mut dyn Console,
) -> Result<Option<ProductionDeployment>, Error> {
    let Some(provider) = &place.provider else {
        return Err(Error::Deployment(
            "nobody can be asked to roll back: `provider: manual`".to_owned(),
            "roll back by hand, then say so: `shipgate deploy record --id … --status rolled_back`".to_owned(),
        ));
    };
    let provider = provider.as_ref();
    let all = place.deployments().await?;
    let own: Vec<_> = all.into_iter().filter(|it| it.deployment_platform == provider.platform()).collect();
    let target = target(&own, bad, to)?;
    let (bad_id, target_id) =
        (bad.platform_id.clone().unwrap_or_default(), target.platform_id.clone().unwrap_or_default());
    let reason = place.redactor.redact(reason).into_owned();
    console.phase(&format!("rolling back from {} to {}: {reason}", named(bad), named(target)));
    let before: Vec<String> = provider.newest(NEWEST).await?.into_iter().map(|it| it.id).collect();
    let asked = RollBack { bad: &bad_id, target: &target_id, commit: &target.commit_hash, reason: &reason };
    let done = provider.roll_back(asked).await?;
    let live = match done {
        RolledBack::Again => {
            let again = |it: &mut ProductionDeployment| {
                it.superseded_at = None;
                Ok::<_, Refused>(())
            };
            place.store().change_deployment(target.id, target.deployment_status, &again).await?
        }
        RolledBack::ByNew(id) => {
            let id = match id {
                Some(id) => Some(id),
                None => appeared(place, provider, &before, &target.commit_hash, deadline, cancel).await?,
            };
            let Some(id) = id else {
                console.aside("error: the platform agreed to roll back, and no new deployment has begun in time\nhelp: look at it there, then `shipgate deploy status`");
                return Ok(None);
            };
            match follow(place, provider, &id, deadline, clock, cancel, console).await? {
                Ended::At(record) if record.deployment_status == DeploymentStatus::Success => *record,
                Ended::At(record) => {
                    console.aside(&format!(
                        "error: the rollback itself is `{}`; {} is live still",
                        record.deployment_status.as_str(),
                        named(bad)
                    ));
                    return Ok(None);
                }
                Ended::Unfinished(why) => {
                    console.aside(&format!("error: {why}\nhelp: follow it: `shipgate deploy wait {id}`"));
                    return Ok(None);
                }
            }
        }
    };
    let at = clock.now();
    let bad_now = |it: &mut ProductionDeployment| {
        it.rollback_reason = Some(reason.clone());
        it.rollback_available = false;
        it.transition(DeploymentStatus::RolledBack, at).map_err(Refused::from)
    };
    place.store().change_deployment(bad.id, DeploymentStatus::Success, &bad_now).await?;
    if let Err(error) = provider.retire(&bad_id).await {
        console.phase(&format!("the platform was not told that {} is rolled back: {error}", named(bad)));
    }
    // What the platform says of both by now.
    if let Ok(sighting) = provider.look(live.platform_id.as_deref().unwrap_or_default()).await {
        let known = known(place, sighting.commit.as_deref(), &place.redactor).await?;
        return Ok(Some(keep(place.store(), &sighting, &known, clock.now()).await?.record()?));
    }
    Ok(Some(live))
}

/// The deployment that was not there before and is of the old commit.
async fn appeared(
    place: &Place,
    provider: &dyn Provider,
    before: &[String],
    commit: &str,
    deadline: Instant,
    cancel: &Cancel,
) -> Result<Option<String>, Error> {
    loop {
        let newest = provider.newest(NEWEST).await?;
        let new = newest.into_iter().find(|it| !before.contains(&it.id) && it.commit.as_deref() == Some(commit));
        if let Some(new) = new {
            return Ok(Some(new.id));
        }
        if Instant::now() + place.deploy.poll >= deadline || cancel.requested().is_some() {
            return Ok(None);
        }
        tokio::time::sleep(place.deploy.poll).await;
    }
}
