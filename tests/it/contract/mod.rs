//! What every store must do, run on every store: files, Postgres of the oldest and the newest version,
//! and Postgres behind pgbouncer in transaction mode.

pub(crate) mod arbitrary;
mod database;
mod deliveries;
mod errors;
mod figures;
mod health;
mod runs;
mod sums;
mod transfer;

use crate::workshop::database::Place;
use crate::workshop::now;
use shipgate::store::{JsonStore, PostgresStore, Retention, Store};
use std::sync::Arc;
use tempfile::TempDir;

/// A store with nothing in it.
pub(crate) struct Fresh {
    pub(crate) store: Arc<dyn Store>,
    _folder: Option<TempDir>,
}

fn files(retention: Retention) -> Fresh {
    let folder = TempDir::new().unwrap();
    let store = JsonStore::new(folder.path().join(".shipgate")).with_retention(retention);
    Fresh { store: Arc::new(store), _folder: Some(folder) }
}

/// A store in a database, with its tables. They are made directly, as pools are not for that.
pub(crate) async fn tables(place: Place, retention: Retention) -> PostgresStore {
    let store = place.empty_store().with_retention(retention);
    store.migrate().await.unwrap();
    store
}

async fn in_database(place: Place, retention: Retention) -> Fresh {
    Fresh { store: Arc::new(tables(place, retention).await), _folder: None }
}

/// One rule of the contract as a test of each store.
macro_rules! contract {
    ($($(#[$meta:meta])* $rule:ident $(keeping $retention:ident)?),* $(,)?) => { $(
        mod $rule {
            fn retention() -> shipgate::store::Retention {
                let chosen: Option<shipgate::store::Retention> = None $(.or(Some(super::$retention())))?;
                chosen.unwrap_or_default()
            }

            #[test]
            fn in_files() {
                crate::contract::check(async { crate::contract::files(retention()) }, super::$rule);
            }

            #[test]
            fn in_the_oldest_postgres() {
                let place = crate::workshop::database::Place::Oldest;
                crate::contract::check(crate::contract::in_database(place, retention()), super::$rule);
            }

            #[test]
            fn in_the_newest_postgres() {
                let place = crate::workshop::database::Place::Newest;
                crate::contract::check(crate::contract::in_database(place, retention()), super::$rule);
            }

            #[test]
            fn through_a_transaction_pooler() {
                let place = crate::workshop::database::Place::Pooler;
                crate::contract::check(crate::contract::in_database(place, retention()), super::$rule);
            }
        }
    )* };
}
pub(crate) use contract;

fn check<R: Future<Output = ()>>(fresh: impl Future<Output = Fresh>, rule: impl Fn(Arc<dyn Store>) -> R) {
    now(async {
        let fresh = fresh.await;
        rule(Arc::clone(&fresh.store)).await;
    });
}
