//! `shipgate monitor`: looks at what runs again and again, writes down what it finds, and tells of changes only.
//!
//! * `board` how everything stands · `schedule` when it is looked at · `watch` for ever · `tell` who is told

mod board;
mod schedule;
mod tell;
mod watch;

use super::check::policy_of_health;
use super::health::{Site, api, database, keep};
use super::run::Hands;
use super::settings::Settings;
use super::store::Checks;
use super::{Error, ExitStatus};
use crate::gate::{Facts, judge};
use crate::record::{Environment, HealthStatus};
use crate::redact::Redactor;
use crate::report::{Notice, NoticeLevel};
use crate::store::HealthQuery;
use board::{Board, Change, database_name, endpoint_name};
use std::collections::BTreeSet;
use std::path::PathBuf;
use tell::Teller;

/// How often it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Once,
    /// Until it is told to stop.
    Forever,
}

/// What `monitor` was asked for.
#[derive(Debug, Clone)]
pub struct Input {
    /// The project's folder, absolute.
    pub directory: PathBuf,
    pub config: Option<PathBuf>,
    pub environment: Option<Environment>,
    pub mode: Mode,
}

/// Watches what runs.
///
/// # Errors
/// When the configuration is wrong, or names nothing to watch. What goes wrong later is told and survived.
pub async fn monitor(mut hands: Hands<'_>, input: &Input) -> Result<ExitStatus, Error> {
    let settings = Settings::read(&input.directory, input.config.as_deref(), hands.console.colour())?;
    let environment = input.environment.unwrap_or(settings.config.environment);
    let config = &settings.config;
    if config.api.is_none() && config.databases.is_empty() {
        return Err(Error::NothingToWatch);
    }
    match input.mode {
        Mode::Once => {
            let (cancel, process) = (hands.cancel.clone(), hands.process);
            let site = Site { directory: &input.directory, config, environment, process, cancel: &cancel };
            once(&mut hands, &site).await
        }
        Mode::Forever => watch::watch(&mut hands, &input.directory, settings.config, environment).await,
    }
}

/// Looks once, compares with the records, and says by the thresholds whether it may be so.
async fn once(hands: &mut Hands<'_>, site: &Site<'_>) -> Result<ExitStatus, Error> {
    let (teller, secrets) = Teller::open(site, &site.values()?, std::sync::Arc::clone(&hands.timer))?;
    let redactor = site.redactor(secrets.into_iter())?;
    let (mut board, notice) = read_board(site).await;
    let mut notices: Vec<Notice> = notice.into_iter().collect();
    let found_api = site.check_api(None, hands.clock).await?;
    let databases = site.check_databases(hands.clock).await?;
    let api = found_api.map(|(api, said)| {
        notices.extend(said);
        api
    });
    let at = hands.clock.now();
    let mut changes: Vec<Change> = Vec::new();
    let mut names = BTreeSet::new();
    let mut see = |name: String, status: HealthStatus, message: Option<String>| {
        names.insert(name.clone());
        changes.extend(board.see(name, status, message, at));
    };
    for check in api.iter().flat_map(|api| &api.checks) {
        see(endpoint_name(&check.record), check.record.status, check.record.error_message.clone());
    }
    if let Some(database) = &databases {
        for check in &database.checks {
            see(database_name(&check.record.connection_name), check.status, check.record.error_message.clone());
        }
        for one in &database.not_tried {
            // It leaves no record, so that nobody could say whether this is news.
            let message = format!("{} could not be checked: {}", database_name(&one.name), one.why);
            notices.push(Notice { level: NoticeLevel::Warning, message, help: one.help.clone() });
        }
    }
    board.keep_only(&names);
    notices.extend(keep(site, Checks::of(api.as_ref(), databases.as_ref())).await);
    notices.extend(teller.tell(&changes, &board, at).await);
    for change in &changes {
        say(hands, &redactor, &change.to_string());
    }
    warn(hands, &redactor, &notices);
    let policy = policy_of_health(&site.config.policy);
    let facts = api::facts(api.as_ref()).into_iter().chain(database::facts(databases.as_ref())).collect();
    let of_api = api.iter().flat_map(|api| api::reasons(api, &policy));
    let of_databases = databases.iter().flat_map(|databases| database::reasons(databases, &policy));
    let reasons = of_api.chain(of_databases).collect();
    Ok(judge(&policy, &Facts::of_now(facts), reasons).outcome.into())
}

/// How everything stood, by the records; an empty board and why, where they cannot be read.
async fn read_board(site: &Site<'_>) -> (Board, Option<Notice>) {
    let query = HealthQuery { environment: Some(site.environment), ..HealthQuery::default() };
    let read = async {
        let opened = site.open()?;
        let endpoints = opened.as_store().api_health(&query).await?;
        Ok((endpoints, opened.as_store().database_health(&query).await?))
    };
    match read.await {
        Ok((endpoints, databases)) => (Board::of_records(&endpoints, &databases), None),
        Err(error) => (Board::default(), Some(api::unread(&error))),
    }
}

fn say(hands: &mut Hands<'_>, redactor: &Redactor, text: &str) {
    let out = hands.console.standard_output();
    let _closed_pipe = writeln!(out, "{}", redactor.redact(text)).and_then(|()| out.flush());
}

/// Beside the changes, which others may read.
fn warn(hands: &mut Hands<'_>, redactor: &Redactor, notices: &[Notice]) {
    for notice in notices {
        let help = notice.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        hands.console.aside(&redactor.redact(&format!("{}{help}", notice.message)));
    }
}
