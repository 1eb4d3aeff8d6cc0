//! `shipgate monitor`: looks at what runs again and again, writes down what it finds, and tells of changes only.
//!
//! * `board` how everything stands · `schedule` when it is looked at · `watch` for ever · `tell` who is told

mod board;
mod schedule;
mod tell;
mod watch;

use super::check::policy_on;
use super::health::api::{self, History};
use super::health::{Site, database, keep};
use super::run::Hands;
use super::settings::Subject;
use super::store::Checks;
use super::{Error, ExitStatus};
use crate::gate::{Facts, judge};
use crate::record::HealthStatus;
use crate::redact::Redactor;
use crate::report::{Notice, NoticeLevel};
use board::{Board, Change, database_name, endpoint_name};
use std::collections::BTreeSet;
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
    pub subject: Subject,
    pub mode: Mode,
}

/// Watches what runs.
///
/// # Errors
/// When the configuration is wrong, or names nothing to watch. What goes wrong later is told and survived.
pub async fn monitor(mut hands: Hands<'_>, input: &Input) -> Result<ExitStatus, Error> {
    let settings = input.subject.settings(hands.console.colour())?;
    let config = &settings.config;
    if config.api.is_none() && config.databases.is_empty() {
        return Err(Error::NothingToWatch);
    }
    match input.mode {
        Mode::Once => {
            let (cancel, process) = (hands.cancel.clone(), hands.process);
            once(&mut hands, &Site::of(&input.subject, &settings, process, &cancel)).await
        }
        Mode::Forever => watch::watch(&mut hands, &input.subject.directory, settings.config).await,
    }
}

/// Looks once, compares with the records, and says by the thresholds whether it may be so.
async fn once(hands: &mut Hands<'_>, site: &Site<'_>) -> Result<ExitStatus, Error> {
    let (teller, secrets) = Teller::open(site, &site.values()?, std::sync::Arc::clone(&hands.timer))?;
    let redactor = site.redactor(secrets.into_iter())?;
    let (mut board, _, notice) = read_records(site).await;
    let mut notices: Vec<Notice> = notice.into_iter().collect();
    let found_api = site.check_api(None, hands.clock).await?;
    let databases = site.check_databases(hands.clock).await?;
    let api = found_api.map(|(api, said)| {
        // That the records cannot be read is known already.
        notices.extend(said.into_iter().filter(|notice| !notices.contains(notice)).collect::<Vec<_>>());
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
        let record = &check.record;
        let name = endpoint_name(record.http_method, &record.endpoint_path);
        see(name, record.status, record.error_message.clone());
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
    let measures = [api::MEASURES.as_slice(), &database::MEASURES].concat();
    let policy = policy_on(&measures, &site.config.policy, []);
    let facts = api::facts(api.as_ref()).into_iter().chain(database::facts(databases.as_ref())).collect();
    let of_api = api.iter().flat_map(|api| api::reasons(api, &policy));
    let of_databases = databases.iter().flat_map(|databases| database::reasons(databases, &policy));
    let reasons = of_api.chain(of_databases).collect();
    Ok(judge(&policy, &Facts::of_now(facts), reasons).outcome.into())
}

/// How everything stood, by the records; nothing and why, where they cannot be read.
async fn read_records(site: &Site<'_>) -> (Board, History, Option<Notice>) {
    let query = api::query(site.environment);
    let read = async {
        let opened = site.open()?;
        let endpoints = opened.as_store().api_health(&query).await?;
        Ok((endpoints, opened.as_store().database_health(&query).await?))
    };
    match read.await {
        Ok((endpoints, databases)) => (Board::of_records(&endpoints, &databases), History::of_records(endpoints), None),
        Err(error) => (Board::default(), History::default(), Some(api::unread(&error))),
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
