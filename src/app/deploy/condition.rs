//! May this commit be deployed there: did it pass the gate, and does the platform have the variables.

use super::place::Place;
use crate::app::Error;
use crate::gate::{Outcome, Reason, ReasonKind};
use crate::record::EnvironmentVariable;
use crate::redact::Redactor;
use crate::report::digest::short_commit;
use crate::store::BuildQuery;
use crate::variable::{Given, check_given};

/// What was found before anything is deployed.
pub(super) struct Found {
    /// What does not hold.
    pub(super) reasons: Vec<Reason>,
    /// The platform's variables; `None` where it keeps none.
    pub(super) variables: Option<Vec<EnvironmentVariable>>,
    pub(super) redactor: Redactor,
    pub(super) notes: Vec<String>,
}

fn broken(kind: ReasonKind, message: String, help: String) -> Reason {
    Reason { kind, outcome: Outcome::Failed, step: None, message, help: Some(help) }
}

/// Looks at the gate's records and at the platform's variables.
pub(super) async fn look(place: &Place, commit: Option<&str>) -> Result<Found, Error> {
    let mut found = drift(place).await?;
    if let (Some(commit), true) = (commit, place.deploy.requires_gate) {
        found.reasons.extend(gate(place, commit).await?);
    }
    Ok(found)
}

/// What the platform has, as facts; `None` where it keeps none.
pub(in crate::app) async fn platform_variables(place: &Place) -> Result<Option<Vec<EnvironmentVariable>>, Error> {
    Ok(drift(place).await?.variables)
}

/// The newest build of the commit says it.
async fn gate(place: &Place, commit: &str) -> Result<Option<Reason>, Error> {
    let short = short_commit(commit);
    let help = "run `shipgate run --record` on this commit, or allow it with `deploy: { require-gate: false }`";
    let query = BuildQuery { commit: Some(commit.to_owned()), limit: Some(1), ..BuildQuery::all() };
    let Some(newest) = place.store().builds(&query).await?.pop() else {
        let message = format!("the gate never ran on the commit `{short}`");
        return Ok(Some(broken(ReasonKind::GateNotPassed, message, help.to_owned())));
    };
    let problem = match newest.verdict {
        Some(Outcome::Inconclusive) => "was inconclusive",
        Some(Outcome::Passed | Outcome::Warned) => return Ok(None),
        // Recorded before verdicts were.
        None if newest.is_success() => return Ok(None),
        Some(Outcome::Failed) | None => "failed",
    };
    let message = format!("the gate {problem} on the commit `{short}`");
    Ok(Some(broken(ReasonKind::GateNotPassed, message, help.to_owned())))
}

/// The contract against what the platform has for the environment.
async fn drift(place: &Place) -> Result<Found, Error> {
    let mut found = Found { reasons: Vec::new(), variables: None, redactor: place.redactor.clone(), notes: Vec::new() };
    let Some(provider) = &place.provider else { return Ok(found) };
    let Some(list) = provider.variables().await? else { return Ok(found) };
    let given: Vec<Given> =
        list.into_iter().map(|it| Given { key: it.key, value: it.value, is_secret: it.is_secret }).collect();
    let platform = provider.platform();
    let config = &place.settings.config.variables;
    let checked = check_given(&place.directory, config, place.environment, platform, &given)?;
    drop(given);
    for check in &checked.checks {
        let key = &check.variable.key;
        let help = check.help.clone().unwrap_or_else(|| format!("correct `{key}` on {platform}"));
        if check.is_missing() {
            let message = format!(
                "`{key}` is required by `{}` and not set for {} on {platform}",
                check.declared_in,
                place.environment.as_str()
            );
            found.reasons.push(broken(ReasonKind::VariableDrift, message, help));
        } else if check.is_invalid() {
            let problem = check.problem.as_deref().unwrap_or("is invalid");
            let message = format!("`{key}` on {platform}: {problem}");
            found.reasons.push(broken(ReasonKind::VariableDrift, message, help));
        }
    }
    let others: Vec<String> = checked.others.iter().map(|it| format!("`{}`", it.key)).collect();
    if !others.is_empty() {
        let shown = others.iter().take(12).cloned().collect::<Vec<_>>().join(", ");
        let more = if others.len() > 12 { ", …" } else { "" };
        found.notes.push(format!("{platform} has what the contract does not name: {shown}{more}"));
    }
    let secrets = checked.secrets.iter().map(|it| (it.key().to_owned(), it.expose().to_owned()));
    let own = crate::variable::process_secrets(&place.process.variables);
    let own = own.iter().map(|it| (it.key().to_owned(), it.expose().to_owned()));
    found.redactor = Redactor::new(secrets.chain(own).collect::<Vec<_>>());
    let variables = checked.checks.into_iter().map(|check| check.variable).chain(checked.others);
    found.variables = Some(variables.filter(is_recordable).collect());
    Ok(found)
}

/// Platforms allow names that no shell can set.
fn is_recordable(variable: &EnvironmentVariable) -> bool {
    variable.validate().is_ok()
}
