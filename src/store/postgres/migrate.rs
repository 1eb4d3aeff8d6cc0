//! The tables and their versions.
//!
//! sqlx's own migrator holds a lock of the session and prepares statements under names, which a pooler
//! in transaction mode gives to others; this one does all in one transaction.

use super::session::{Access, Session, query};
use super::{PostgresStore, Trouble};
use crate::postgres::{Failure, FailureKind};
use crate::store::Error;
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use std::fmt::Write as _;

/// All versions, oldest first. A released one never changes.
const MIGRATIONS: &[(&str, &str)] = &[
    ("records", include_str!("0001_records.sql")),
    ("deployments", include_str!("0002_deployments.sql")),
    ("health", include_str!("0003_health.sql")),
    ("build_metrics", include_str!("0004_build_metrics.sql")),
    ("error_counts", include_str!("0005_error_counts.sql")),
];

/// The version that this program knows.
#[must_use]
pub fn known_version() -> u64 {
    MIGRATIONS.len() as u64
}

/// What `migrate` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// 0: there was nothing.
    pub from: u64,
    pub to: u64,
}

impl PostgresStore {
    /// Makes the schema and its tables, or brings them to the version of this program. Doing it again
    /// changes nothing; two at once wait for each other.
    ///
    /// # Errors
    /// [`Error::Newer`] for tables of a newer version, or a failure of the database.
    pub async fn migrate(&self) -> Result<Migrated, Error> {
        let mut session = self.begin(Access::Migrate).await?;
        let result = Self::within(migrate(self, &mut session)).await;
        self.end(session, result).await
    }
}

async fn migrate(store: &PostgresStore, session: &mut Session) -> Result<Migrated, Trouble> {
    session
        .run(format!(
            "create schema if not exists \"{}\"; create table if not exists production_migrations (
               version bigint primary key, name text not null, checksum text not null,
               applied_at timestamptz not null default now())",
            store.schema
        ))
        .await?;
    let applied = query("select version, checksum from production_migrations order by version")
        .fetch_all(&mut session.connection)
        .await?;
    let from = applied.len();
    for (index, row) in applied.iter().enumerate() {
        let (version, checksum): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
        let Some((_, sql)) = MIGRATIONS.get(index).filter(|_| version == number(index)) else {
            return Err(newer(store, version).into());
        };
        if checksum != self::checksum(sql) {
            let detail = format!("the tables are not those of version {version}; were they changed by hand?");
            let failure = Failure::new(FailureKind::Other, store.address.to_string(), detail);
            return Err(Error::from(failure).into());
        }
    }
    for (index, (name, sql)) in MIGRATIONS.iter().enumerate().skip(from) {
        session.run((*sql).to_owned()).await?;
        query("insert into production_migrations (version, name, checksum) values ($1, $2, $3)")
            .bind(number(index))
            .bind(*name)
            .bind(checksum(sql))
            .execute(&mut session.connection)
            .await?;
    }
    Ok(Migrated { from: from as u64, to: known_version() })
}

/// What is asked at the beginning of every transaction: the version of the tables, and whether their rows are hidden.
pub(super) const CHECK: &str = "select coalesce((select max(version) from production_migrations), 0), \
                                pg_catalog.row_security_active('production_build_configs')";

/// Holds the tables to this program's version, and the user to seeing their rows: without a policy
/// row-level security shows an empty table to all but its owner, and empty is not what is there.
pub(super) fn check(store: &PostgresStore, answer: Option<&PgRow>) -> Result<(), Trouble> {
    let row = answer.ok_or(sqlx::Error::RowNotFound)?;
    let (version, is_hidden): (i64, bool) = (row.try_get(0)?, row.try_get(1)?);
    let failure = |kind, detail: String| Trouble::Store(Failure::new(kind, store.address.to_string(), detail).into());
    if is_hidden {
        let detail =
            format!("`{}` is not the owner of the tables, and row-level security hides them", store.address.user);
        return Err(failure(FailureKind::Forbidden, detail));
    }
    if version > known_version().cast_signed() {
        return Err(newer(store, version).into());
    }
    if version < known_version().cast_signed() {
        return Err(failure(FailureKind::NotMigrated, format!("schema `{}` has version {version}", store.schema)));
    }
    Ok(())
}

fn newer(store: &PostgresStore, version: i64) -> Error {
    Error::Newer {
        path: format!("{}, schema {}", store.address, store.schema).into(),
        found: u64::try_from(version).unwrap_or(u64::MAX),
        known: known_version(),
    }
}

/// The version of the migration at an index.
fn number(index: usize) -> i64 {
    (index as u64).cast_signed() + 1
}

fn checksum(sql: &str) -> String {
    Sha256::digest(sql.as_bytes()).iter().fold(String::new(), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
