//! How rows come into their tables, change, and go.

use super::copy::Rows;
use super::read::{all_of, with_variables};
use super::row::{Table, named, selected};
use super::session::{Session, query};
use super::{PostgresStore, Trouble};
use crate::record::health_span::fold;
use crate::record::{
    ApiHealthCheck, DatabaseHealth, DeploymentStatus, HealthSpan, Period, ProductionDeployment, Record, Valid,
};
use crate::store::retention::BuildAge;
use crate::store::{Change, Error, Imported, Ledger, Limit, Pruned, VariableRecord, compare_and_set};
use crate::time::Timestamp;
use sqlx::Row as _;
use std::collections::HashSet;
use uuid::Uuid;

/// What happens to a row whose key is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conflict {
    Keep,
    Replace,
}

/// `COPY` into a table, which is given these columns.
async fn copy<T: Table>(session: &mut Session, table: &str, rows: &Rows) -> Result<(), Trouble> {
    let statement = format!("copy {table} ({}) from stdin", named::<T>());
    let mut copying = session.connection.copy_in_raw(&statement).await?;
    copying.send(rows.as_bytes()).await?;
    copying.finish().await?;
    Ok(())
}

fn rows_of<'r, T: Table + 'r>(records: impl IntoIterator<Item = &'r T>) -> Result<Rows, Trouble> {
    let mut rows = Rows::default();
    for record in records {
        record.write(&mut rows)?;
    }
    Ok(rows)
}

/// Adds rows whose keys are new.
pub(super) async fn insert<'r, T: Table + 'r>(
    session: &mut Session,
    records: impl IntoIterator<Item = &'r T>,
) -> Result<(), Trouble> {
    let rows = rows_of(records)?;
    if rows.is_empty() { Ok(()) } else { copy::<T>(session, T::TABLE, &rows).await }
}

/// Adds rows whose keys may be there. Says how many were written.
pub(super) async fn merge<'r, T: Table + 'r>(
    session: &mut Session,
    records: impl IntoIterator<Item = &'r T>,
    conflict: Conflict,
) -> Result<u64, Trouble> {
    let rows = rows_of(records)?;
    if rows.is_empty() {
        return Ok(0);
    }
    let (name, columns) = (T::TABLE, named::<T>());
    let staged = format!("pg_temp.staged_{name}");
    session
        .run(format!(
            "drop table if exists {staged};
             create temporary table staged_{name} on commit drop as select {columns} from {name} with no data"
        ))
        .await?;
    copy::<T>(session, &staged, &rows).await?;
    let then = match conflict {
        // Also one that has another key in common: a run's id, a build's deployment.
        Conflict::Keep => "do nothing".to_owned(),
        Conflict::Replace => {
            let columns = T::COLUMNS.iter().filter(|column| !T::KEY.split(", ").any(|key| key == **column));
            let set: Vec<String> = columns.map(|column| format!("\"{column}\" = excluded.\"{column}\"")).collect();
            format!("({}) do update set {}", T::KEY, set.join(", "))
        }
    };
    session.run(format!("insert into {name} ({columns}) select {columns} from {staged} on conflict {then}")).await
}

async fn delete(session: &mut Session, table: &str, ids: &HashSet<Uuid>) -> Result<usize, Trouble> {
    if ids.is_empty() {
        return Ok(0);
    }
    let ids: Vec<Uuid> = ids.iter().copied().collect();
    let done = query(format!("delete from {table} where id = any($1)")).bind(ids);
    Ok(done.execute(&mut session.connection).await?.rows_affected() as usize)
}

async fn locked<T: Table + Record>(session: &mut Session, id: Uuid) -> Result<T, Trouble> {
    let sql = format!("select {} from {} t where t.id = $1 for update", selected::<T>(), T::TABLE);
    let rows = query(sql).bind(id).fetch_all(&mut session.connection).await?;
    let unknown = || Error::Unknown { record: T::NAME, id: id.into() };
    Ok(all_of(&rows)?.pop().ok_or_else(unknown)?)
}

pub(super) async fn change<T: Table + Record + Clone>(
    session: &mut Session,
    id: Uuid,
    status: impl Fn(&T) -> &'static str,
    expected: &'static str,
    change: Change<'_, T>,
) -> Result<T, Trouble> {
    let record: T = locked(session, id).await?;
    let changed = compare_and_set(&record, status, expected, change)?;
    merge(session, [&changed], Conflict::Replace).await?;
    Ok(changed)
}

pub(super) async fn change_deployment(
    session: &mut Session,
    id: Uuid,
    expected: DeploymentStatus,
    change: Change<'_, ProductionDeployment>,
) -> Result<ProductionDeployment, Trouble> {
    let record: ProductionDeployment = locked(session, id).await?;
    let record = with_variables(session, vec![record]).await?.remove(0);
    let status = |it: &ProductionDeployment| it.deployment_status.as_str();
    let changed = compare_and_set(&record, status, expected.as_str(), change)?;
    merge(session, [&changed], Conflict::Replace).await?;
    if changed.environment_variables != record.environment_variables {
        let gone = query("delete from production_environment_variables where deployment_id = $1").bind(id);
        gone.execute(&mut session.connection).await?;
        insert(session, &variables_of(&changed)).await?;
    }
    Ok(changed)
}

fn variables_of(deployment: &ProductionDeployment) -> Vec<VariableRecord> {
    let variables = deployment.environment_variables.iter().cloned();
    variables.map(|variable| VariableRecord::of_deployment(deployment, variable)).collect()
}

pub(super) async fn add_deployment(
    store: &PostgresStore,
    session: &mut Session,
    deployment: &Valid<ProductionDeployment>,
) -> Result<(), Trouble> {
    if merge(session, [&**deployment], Conflict::Keep).await? > 0 {
        insert(session, &variables_of(deployment)).await?;
        prune_deployments(store, session, deployment.created_at).await?;
    }
    Ok(())
}

pub(super) async fn add_api_health(
    store: &PostgresStore,
    session: &mut Session,
    checks: &[Valid<ApiHealthCheck>],
) -> Result<(), Trouble> {
    let Some(now) = checks.iter().map(|it| it.last_checked).max() else { return Ok(()) };
    count_fresh(store, session, checks, now, HealthSpan::of_endpoint).await?;
    merge(session, checks.iter().map(|it| &**it), Conflict::Keep).await?;
    prune_table::<ApiHealthCheck>(session, "last_checked", store.retention.api_health, now).await?;
    Ok(())
}

pub(super) async fn add_database_health(
    store: &PostgresStore,
    session: &mut Session,
    checks: &[Valid<DatabaseHealth>],
) -> Result<(), Trouble> {
    let Some(now) = checks.iter().map(|it| it.last_tested).max() else { return Ok(()) };
    count_fresh(store, session, checks, now, HealthSpan::of_database).await?;
    merge(session, checks.iter().map(|it| &**it), Conflict::Keep).await?;
    prune_table::<DatabaseHealth>(session, "last_tested", store.retention.database_health, now).await?;
    Ok(())
}

/// Counts the checks that are not there yet. Writers wait for each other, so none comes in between.
async fn count_fresh<R: Table + Record>(
    store: &PostgresStore,
    session: &mut Session,
    checks: &[Valid<R>],
    now: Timestamp,
    span: impl Fn(&R) -> HealthSpan,
) -> Result<(), Trouble> {
    let ids: Vec<Uuid> = checks.iter().map(|it| it.id()).collect();
    let there = query(format!("select id from {} where id = any($1)", R::TABLE)).bind(ids);
    let rows = there.fetch_all(&mut session.connection).await?;
    let mut known = rows.iter().map(|row| row.try_get(0)).collect::<Result<HashSet<Uuid>, _>>()?;
    let fresh: Vec<HealthSpan> = checks.iter().filter(|it| known.insert(it.id())).map(|it| span(it)).collect();
    let hours: Vec<Timestamp> = fresh.iter().map(|span| span.begins_at).collect::<HashSet<_>>().into_iter().collect();
    let sql = format!(
        "select {} from {} t where t.period = 'hour' and t.begins_at = any($1)",
        selected::<HealthSpan>(),
        HealthSpan::TABLE
    );
    let rows = query(sql).bind(hours).fetch_all(&mut session.connection).await?;
    let mut spans: Vec<HealthSpan> = all_of(&rows)?;
    fold(&mut spans, fresh);
    merge(session, &spans, Conflict::Replace).await?;
    condense_spans(store, session, now).await
}

/// Makes days of old hours and drops old days.
async fn condense_spans(store: &PostgresStore, session: &mut Session, now: Timestamp) -> Result<(), Trouble> {
    let limit = store.retention.health_spans;
    let last_hour = Period::Day.begin(now - limit.hours);
    let old = query(format!(
        "select {} from {} t where t.period = 'hour' and t.begins_at < $1",
        selected::<HealthSpan>(),
        HealthSpan::TABLE
    ));
    let hours: Vec<HealthSpan> = all_of(&old.bind(last_hour).fetch_all(&mut session.connection).await?)?;
    if !hours.is_empty() {
        let days: Vec<Timestamp> = hours.iter().map(|span| Period::Day.begin(span.begins_at)).collect();
        let there = query(format!(
            "select {} from {} t where t.period = 'day' and t.begins_at = any($1)",
            selected::<HealthSpan>(),
            HealthSpan::TABLE
        ));
        let mut spans: Vec<HealthSpan> = all_of(&there.bind(days).fetch_all(&mut session.connection).await?)?;
        fold(&mut spans, hours.iter().map(HealthSpan::as_day));
        merge(session, &spans, Conflict::Replace).await?;
        let gone = query("delete from production_health_spans where period = 'hour' and begins_at < $1");
        gone.bind(last_hour).execute(&mut session.connection).await?;
    }
    let gone = query("delete from production_health_spans where period = 'day' and begins_at < $1");
    gone.bind(now - limit.days).execute(&mut session.connection).await?;
    Ok(())
}

/// Drops what is too much or too old of a table; `at` is a column with a time, null for what stays.
async fn prune_table<T: Table>(
    session: &mut Session,
    at: &str,
    limit: Limit,
    now: Timestamp,
) -> Result<usize, Trouble> {
    let sql = format!("select {at}, id from {} where {at} is not null", T::TABLE);
    let rows = query(sql).fetch_all(&mut session.connection).await?;
    let ages = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_, sqlx::Error>>()?;
    delete(session, T::TABLE, &limit.surplus(ages, now)).await
}

async fn prune_deployments(store: &PostgresStore, session: &mut Session, now: Timestamp) -> Result<usize, Trouble> {
    let sql = "select environment, created_at, id from production_deployments";
    let rows = query(sql).fetch_all(&mut session.connection).await?;
    let ages = rows.iter().map(|row| Ok((row.try_get::<&str, _>(0)?, row.try_get(1)?, row.try_get(2)?)));
    let ages: Vec<(&str, Timestamp, Uuid)> = ages.collect::<Result<_, sqlx::Error>>()?;
    delete(session, "production_deployments", &store.retention.old_deployments(&ages, now)).await
}

/// Drops old errors and builds. Says how many of each.
pub(super) async fn prune_runs(
    store: &PostgresStore,
    session: &mut Session,
    now: Timestamp,
) -> Result<(usize, usize), Trouble> {
    let errors =
        prune_table::<crate::record::TypeScriptError>(session, "resolved_at", store.retention.resolved_errors, now)
            .await?;
    let sql = "select id, branch, sequence, recorded_at, run_id, is_base, build_status = 'success' \
               from production_build_configs";
    let rows = query(sql).fetch_all(&mut session.connection).await?;
    let age = |row: &sqlx::postgres::PgRow| -> Result<BuildAge, sqlx::Error> {
        let sequence = u64::try_from(row.try_get::<i64, _>(2)?).unwrap_or_default();
        Ok(BuildAge {
            id: row.try_get(0)?,
            branch: row.try_get(1)?,
            order: (sequence, row.try_get(3)?, row.try_get(4)?),
            is_base: row.try_get(5)?,
            is_success: row.try_get(6)?,
        })
    };
    let ages = rows.iter().map(age).collect::<Result<Vec<_>, _>>()?;
    // Only for those that would go it matters whether another record names them.
    let mut old = store.retention.old_builds(ages.clone(), &HashSet::new(), now);
    if !old.dropped.is_empty() {
        let sql = "select id from unnest($1) as old (id) \
                   where exists (select from production_typescript_errors where build_id = old.id) \
                   or exists (select from production_deployments where build_id = old.id)";
        let candidates: Vec<Uuid> = old.dropped.iter().copied().collect();
        let rows = query(sql).bind(candidates).fetch_all(&mut session.connection).await?;
        let named = rows.iter().map(|row| row.try_get(0)).collect::<Result<HashSet<Uuid>, _>>()?;
        old = store.retention.old_builds(ages, &named, now);
    }
    for (set, ids) in [
        ("bundle = null where bundle is not null", &old.without_bundle),
        ("loose = '[]' where loose::text <> '[]'", &old.without_loose),
    ] {
        let ids: Vec<Uuid> = ids.iter().copied().collect();
        let sql = format!("update production_build_configs set {set} and id = any($1)");
        query(sql).bind(ids).execute(&mut session.connection).await?;
    }
    let builds = delete(session, "production_build_configs", &old.dropped).await?;
    Ok((errors, builds))
}

pub(super) async fn prune(store: &PostgresStore, session: &mut Session, now: Timestamp) -> Result<Pruned, Trouble> {
    let retention = &store.retention;
    let deployments = prune_deployments(store, session, now).await?;
    let (errors, builds) = prune_runs(store, session, now).await?;
    let api_health = prune_table::<ApiHealthCheck>(session, "last_checked", retention.api_health, now).await?;
    let database_health = prune_table::<DatabaseHealth>(session, "last_tested", retention.database_health, now).await?;
    condense_spans(store, session, now).await?;
    Ok(Pruned { errors, builds, api_health, database_health, deployments })
}

/// Adds what is not there yet.
pub(super) async fn import(session: &mut Session, ledger: &Ledger) -> Result<Imported, Trouble> {
    let mut known = HashSet::new();
    for table in ["production_build_configs", "production_deployments"] {
        let rows = query(format!("select id from {table}")).fetch_all(&mut session.connection).await?;
        for row in &rows {
            known.insert(row.try_get(0)?);
        }
    }
    ledger.check_relations(&known)?;
    let mut split = Ledger { deployments: ledger.deployments.clone(), ..Ledger::default() };
    split.split_variables();
    let builds = merge(session, &ledger.builds, Conflict::Keep).await?;
    let errors = merge(session, &ledger.errors, Conflict::Keep).await?;
    let deployments = merge(session, &ledger.deployments, Conflict::Keep).await?;
    let variables = split.variables.iter().chain(&ledger.variables);
    merge(session, variables, Conflict::Keep).await?;
    merge(session, &ledger.health_spans, Conflict::Keep).await?;
    Ok(Imported {
        builds: builds as usize,
        errors: errors as usize,
        deployments: deployments as usize,
        api_health: merge(session, &ledger.api_health, Conflict::Keep).await? as usize,
        database_health: merge(session, &ledger.database_health, Conflict::Keep).await? as usize,
    })
}
