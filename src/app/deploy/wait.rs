//! `shipgate deploy wait`: a deployment followed to its end, then checked, then rolled back where that is said.
//!
//! All that is known stands in the record, so that who is interrupted and starts again goes on where it was.

use super::keep::keep;
use super::place::Place;
use super::record::{commit, known, options, show, unknown};
use super::{Shape, Wait, back, check_deployment, is_called, write};
use crate::app::console::Console;
use crate::app::{Error, ExitStatus};
use crate::config::deploy::OnUnhealthy;
use crate::deploy::{self, Provider};
use crate::gate::Outcome;
use crate::record::{DeploymentStatus, ProductionDeployment};
use crate::redact::Redactor;
use crate::report::{quantity, render_api};
use crate::step::Cancel;
use crate::time::{Clock, Timestamp};
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// The longest wait between two questions.
const SLOWEST: Duration = Duration::from_secs(30);
/// Lines of the platform's log that are shown at the first look and when it failed.
const TAIL: usize = 20;

/// How following ended.
pub(super) enum Ended {
    At(Box<ProductionDeployment>),
    /// Not within the time, or it was stopped: with what was last seen.
    Unfinished(String),
}

pub(super) async fn wait(
    place: &Place,
    wanted: &Wait,
    clock: &dyn Clock,
    cancel: &Cancel,
    console: &mut dyn Console,
) -> Result<ExitStatus, Error> {
    let Some(provider) = &place.provider else {
        return Err(Error::Deployment(
            "nobody can be asked how the deployment stands: `provider: manual`".to_owned(),
            "say it: `shipgate deploy record --status success`".to_owned(),
        ));
    };
    let limit = wanted.timeout.unwrap_or(place.deploy.timeout);
    let deadline = Instant::now() + limit;
    let id = find(place, provider.as_ref(), wanted, deadline, cancel, console).await?;
    let Some(id) = id else {
        console.aside(
            "error: no deployment of this commit has begun in time\nhelp: name one, or give more time: `--timeout 30m`",
        );
        return Ok(ExitStatus::Inconclusive);
    };
    let record = match follow(place, provider.as_ref(), &id, deadline, clock, cancel, console).await? {
        Ended::At(record) => *record,
        Ended::Unfinished(why) => {
            let help = "run it again: it goes on where it was";
            console.aside(&format!("error: {why}\nhelp: {help}"));
            return Ok(ExitStatus::Inconclusive);
        }
    };
    show(&record, Shape::Text, &place.redactor, console);
    if record.deployment_status != DeploymentStatus::Success {
        return Ok(ExitStatus::GateFailed);
    }
    let outcome = health(place, &record, wanted.url.as_ref(), clock, cancel, console).await?;
    if outcome != Outcome::Failed || place.deploy.on_unhealthy == OnUnhealthy::Fail {
        return Ok(outcome.into());
    }
    let reason = "it does not pass its health checks";
    let Some(after) =
        back::replace(place, &record, None, reason, deadline.max(Instant::now() + limit), clock, cancel, console)
            .await?
    else {
        return Ok(ExitStatus::Inconclusive);
    };
    console.phase("checking what is live again");
    health(place, &after, wanted.url.as_ref(), clock, cancel, console).await?;
    // What was to be deployed is not.
    Ok(ExitStatus::GateFailed)
}

/// The checks of a deployment, shown. Nothing to check is said, and no failure.
pub(super) async fn health(
    place: &Place,
    record: &ProductionDeployment,
    url: Option<&Url>,
    clock: &dyn Clock,
    cancel: &Cancel,
    console: &mut dyn Console,
) -> Result<Outcome, Error> {
    let Some(checked) = check_deployment(place, record, url, clock, cancel).await? else {
        console.phase("no health check is configured: see `api` and `deploy.health-path` in `shipgate.yml`");
        return Ok(Outcome::Passed);
    };
    let text = render_api(&checked.api, &checked.notices, &options(console));
    write(console, text.trim_start_matches('\n'));
    Ok(checked.verdict.outcome)
}

/// The platform's id of what is meant; waits for one of the commit to begin.
async fn find(
    place: &Place,
    provider: &dyn Provider,
    wanted: &Wait,
    deadline: Instant,
    cancel: &Cancel,
    console: &mut dyn Console,
) -> Result<Option<String>, Error> {
    let all = place.deployments().await?;
    let own = |it: &&ProductionDeployment| it.deployment_platform == provider.platform() && it.platform_id.is_some();
    if let Some(name) = &wanted.id {
        let known = all.iter().filter(own).find(|it| is_called(it, name)).and_then(|it| it.platform_id.clone());
        if known.is_some() {
            return Ok(known);
        }
        return match provider.look(name).await {
            Ok(seen) => Ok(Some(seen.id)),
            Err(deploy::Error::NotFound { .. }) => Err(unknown(name)),
            Err(error) => Err(error.into()),
        };
    }
    let commit = commit(place, wanted.commit.as_deref()).await?;
    let mut has_said = false;
    loop {
        let newest = provider.newest(10).await?;
        let of_commit = |it: &&deploy::Sighting| commit.is_none() || it.commit == commit;
        if let Some(seen) = newest.iter().find(of_commit) {
            return Ok(Some(seen.id.clone()));
        }
        if !has_said {
            console.phase("waiting for a deployment of this commit to begin");
            has_said = true;
        }
        if Instant::now() + place.deploy.poll >= deadline || !pause(place.deploy.poll, cancel).await {
            return Ok(None);
        }
    }
}

/// Whether the pause ended by itself.
async fn pause(time: Duration, cancel: &Cancel) -> bool {
    tokio::select! {
        () = tokio::time::sleep(time) => true,
        () = cancel.clone().asked() => false,
    }
}

/// Follows a deployment to its end, recording every state and showing the end of the platform's log.
pub(super) async fn follow(
    place: &Place,
    provider: &dyn Provider,
    id: &str,
    deadline: Instant,
    clock: &dyn Clock,
    cancel: &Cancel,
    console: &mut dyn Console,
) -> Result<Ended, Error> {
    let first = provider.look(id).await?;
    let found = super::condition::look(place, None).await?;
    let mut known = known(place, first.commit.as_deref(), &found.redactor).await?;
    known.variables = found.variables;
    let mut log = Log { after: None, is_first: true, redactor: found.redactor };
    let (mut seen, mut wait, mut said) = (Some(first), place.deploy.poll, String::new());
    loop {
        if let Some(sighting) = seen.take() {
            let record = keep(place.store(), &sighting, &known, clock.now()).await?.record()?;
            log.show(provider, id, console).await;
            let state = format!("{} ({})", record.deployment_status.as_str(), sighting.word);
            if state != said {
                let took = (clock.now() - record.created_at).num_milliseconds() as f64 / 1000.0;
                console.phase(&format!("{}: {state}, {}", sighting.id, quantity::duration(took.max(0.0))));
                (said, wait) = (state, place.deploy.poll);
            }
            if record.deployment_status.is_final() {
                return Ok(Ended::At(Box::new(record)));
            }
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(Ended::Unfinished(format!("the deployment `{id}` has not ended in time, it is {said}")));
        }
        if !pause(wait.min(left), cancel).await {
            return Ok(Ended::Unfinished(format!("stopped while the deployment `{id}` was {said}")));
        }
        wait = (wait * 3 / 2).min(SLOWEST.max(place.deploy.poll));
        match provider.look(id).await {
            Ok(sighting) => seen = Some(sighting),
            // It goes on there whether it can be seen from here or not.
            Err(error @ (deploy::Error::Unreachable { .. } | deploy::Error::Limited { .. })) => {
                console.phase(&log.redactor.redact(&error.to_string()));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The platform's log as far as it was shown.
struct Log {
    after: Option<Timestamp>,
    is_first: bool,
    redactor: Redactor,
}

impl Log {
    /// New lines; at the first look only the last ones. A log that cannot be had stops nothing.
    async fn show(&mut self, provider: &dyn Provider, id: &str, console: &mut dyn Console) {
        let lines = match provider.log(id, self.after).await {
            Ok(lines) => lines,
            Err(error) => {
                if self.is_first {
                    console.phase(&self.redactor.redact(&format!("its log cannot be read: {error}")));
                }
                self.is_first = false;
                return;
            }
        };
        let skipped = if self.is_first { lines.len().saturating_sub(TAIL) } else { 0 };
        self.is_first = false;
        for line in &lines[skipped..] {
            let text = self.redactor.redact(&line.text);
            console.step_output(format!("  │ {text}\n").as_bytes());
        }
        self.after = lines.iter().filter_map(|line| line.at).max().or(self.after);
    }
}
