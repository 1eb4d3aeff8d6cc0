//! Checks become records; those that the store does not take wait in the spool.

use super::Site;
use crate::app::Error;
use crate::app::store::{Checks, spool};
use crate::report::{Notice, NoticeLevel, quantity};
use crate::store::Store;

/// Records checks, and those that waited; what the store cannot take now waits for another time.
pub(in crate::app) async fn keep(site: &Site<'_>, checks: Checks) -> Vec<Notice> {
    let mut notices: Vec<Notice> =
        checks.invalid().iter().map(|why| warning(format!("a check was not recorded: {why}"), None)).collect();
    let written = match site.open() {
        Ok(opened) => {
            let store = opened.as_store();
            let written = checks.write(store).await;
            if written.is_ok() && !spool::waiting(site.directory).is_empty() {
                notices.extend(catch_up(site, store).await);
            }
            written
        }
        Err(error) => Err(error),
    };
    let Err(error) = written else { return notices };
    let counted = quantity::counted(checks.len() as u64, "check");
    notices.push(warning(format!("{counted} could not be recorded: {error}"), Some(error.help())));
    if spool::is_worth_it(&error) {
        notices.push(match spool::keep_checks(site.directory, &checks) {
            Ok(path) => {
                let path = path.strip_prefix(site.directory).unwrap_or(&path).display().to_string();
                let message = format!("kept in `{path}`, and recorded by the next run here");
                let help = Some(format!("record it now or elsewhere: `shipgate store import {path}`"));
                Notice { level: NoticeLevel::Info, message, help }
            }
            Err(error) => warning(format!("they could not be kept either: {error}"), error.help()),
        });
    }
    notices
}

async fn catch_up(site: &Site<'_>, store: &dyn Store) -> Option<Notice> {
    match spool::record_waiting(site.directory, store).await {
        Ok(caught) if caught.is_nothing() => None,
        Ok(caught) => {
            let message = format!("{caught} that could not be recorded before are recorded now");
            Some(Notice { level: NoticeLevel::Info, message, help: None })
        }
        // It will be tried again.
        Err(Error::Store(error)) if spool::is_worth_it(&error) => None,
        Err(error) => Some(warning(format!("what waits in the spool was not recorded: {error}"), error.help())),
    }
}

fn warning(message: String, help: Option<String>) -> Notice {
    Notice { level: NoticeLevel::Warning, message, help }
}
