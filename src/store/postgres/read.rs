//! What is asked of the tables. The order of an answer is that of [`crate::store::query`].

use super::Trouble;
use super::row::{Table, read, selected};
use super::session::{Session, query};
use crate::diagnostic::{Level, Severity};
use crate::record::{
    ApiHealthCheck, DatabaseHealth, Environment, ErrorStatus, HealthSpan, Period, ProductionDeployment, Record as _,
    TypeScriptError,
};
use crate::store::query::latest;
use crate::store::{
    BuildQuery, BuildRecord, Bundles, Counts, DeploymentQuery, Error, ErrorPage, ErrorPlace, ErrorQuery, HealthQuery,
    IdPart, Ledger, Moment, SpanQuery, VariableRecord,
};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{Postgres, QueryBuilder, Row as _};
use uuid::Uuid;

/// Rows that are looked at in one go for what SQL cannot tell.
const BATCH: usize = 2_000;

/// How an [`ErrorQuery`] is ordered: a long path is compared by its beginning first, because that is
/// what the index holds.
const ERROR_ORDER: &str = "t.severity_rank, left(t.file_path, 256), t.file_path, t.line_number, t.column_number, t.id";

pub(super) fn all_of<T: Table>(rows: &[PgRow]) -> Result<Vec<T>, Trouble> {
    rows.iter().map(read).collect()
}

/// All rows of a table, or those that a condition without parameters names.
pub(super) async fn all<T: Table>(session: &mut Session, rest: &str) -> Result<Vec<T>, Trouble> {
    let sql = format!("select {} from {} t {rest}", selected::<T>(), T::TABLE);
    all_of(&query(sql).fetch_all(&mut session.connection).await?)
}

/// Rows of a table that a statement with parameters gives.
async fn fetch(session: &mut Session, mut builder: QueryBuilder<Postgres>) -> Result<Vec<PgRow>, Trouble> {
    let statement: Query<'_, Postgres, PgArguments> = builder.build().persistent(false);
    Ok(statement.fetch_all(&mut session.connection).await?)
}

fn select<T: Table>() -> QueryBuilder<Postgres> {
    QueryBuilder::new(format!("select {} from {} t where true", selected::<T>(), T::TABLE))
}

/// `and t.column in ('a', 'b')`, for words of an enum of ours.
fn push_words<'w>(builder: &mut QueryBuilder<Postgres>, column: &str, words: impl Iterator<Item = &'w str>) {
    let words: Vec<String> = words.map(|word| format!("'{word}'")).collect();
    if !words.is_empty() {
        builder.push(format!(" and t.{column} in ({})", words.join(", ")));
    }
}

fn push_before(builder: &mut QueryBuilder<Postgres>, at: &str, before: Option<Moment>) {
    if let Some((time, id)) = before {
        builder.push(format!(" and (t.{at}, t.id) < (")).push_bind(time).push(", ").push_bind(id).push(")");
    }
}

fn errors_statement(wanted: &ErrorQuery, after: Option<&ErrorPlace>, limit: Option<usize>) -> QueryBuilder<Postgres> {
    let mut builder = select::<TypeScriptError>();
    builder.push(" and t.branch = ").push_bind(wanted.branch.clone());
    push_words(&mut builder, "status", wanted.statuses.iter().map(|it| it.as_str()));
    if !wanted.statuses.is_empty() && wanted.statuses.iter().all(|status| status.is_open()) {
        // What the index of active errors is for.
        builder.push(format!(" and t.status <> '{}'", ErrorStatus::Resolved.as_str()));
    }
    push_words(&mut builder, "severity", wanted.severities.iter().map(|it| it.as_str()));
    push_words(&mut builder, "category", wanted.categories.iter().map(|it| it.as_str()));
    push_words(&mut builder, "level", wanted.levels.iter().map(|it| it.as_str()));
    if !wanted.codes.is_empty() {
        builder.push(" and t.error_code = any(").push_bind(wanted.codes.clone()).push(")");
    }
    if let Some(after) = after {
        let rank = after.severity as i16;
        let path = after.file_path.clone();
        builder.push(format!(" and ({ERROR_ORDER}) > (")).push_bind(rank);
        builder.push(", left(").push_bind(path.clone()).push(", 256), ").push_bind(path);
        builder.push(", ").push_bind(i64::from(after.line));
        builder.push(", ").push_bind(i64::from(after.column));
        builder.push(", ").push_bind(after.id).push(")");
    }
    builder.push(format!(" order by {ERROR_ORDER}"));
    if let Some(limit) = limit {
        builder.push(format!(" limit {limit}"));
    }
    builder
}

/// The statement that asks for errors, its first page: to look at its plan.
#[must_use]
pub fn errors_sql(wanted: &ErrorQuery) -> String {
    let needed = wanted.limit.map(|limit| limit.saturating_add(1));
    errors_statement(wanted, wanted.after.as_ref(), needed).sql().as_str().to_owned()
}

pub(super) async fn errors(session: &mut Session, wanted: &ErrorQuery) -> Result<ErrorPage, Trouble> {
    let needed = wanted.limit.map(|limit| limit.saturating_add(1));
    let mut found: Vec<TypeScriptError> = Vec::new();
    let mut last = wanted.after.clone();
    loop {
        // A pattern of files is judged here, batch by batch, by the code that judges it for every store.
        let batch = if wanted.file.is_some() { Some(BATCH) } else { needed };
        let rows = fetch(session, errors_statement(wanted, last.as_ref(), batch)).await?;
        let is_end = wanted.file.is_none() || rows.len() < BATCH;
        let errors: Vec<TypeScriptError> = all_of(&rows)?;
        last = errors.last().map(ErrorPlace::of);
        found.extend(errors.into_iter().filter(|error| wanted.matches(error)));
        if is_end || needed.is_some_and(|needed| found.len() >= needed) {
            break;
        }
    }
    let has_more = wanted.limit.is_some_and(|limit| found.len() > limit);
    found.truncate(wanted.limit.unwrap_or(usize::MAX));
    Ok(ErrorPage { errors: found, has_more })
}

pub(super) async fn error(session: &mut Session, id: &IdPart) -> Result<TypeScriptError, Trouble> {
    let mut builder = select::<TypeScriptError>();
    if let Some(id) = id.whole() {
        builder.push(" and t.id = ").push_bind(id);
    } else {
        let padded = |with: &str| Uuid::parse_str(&format!("{:<32}", id.digits()).replace(' ', with));
        let bounds = (padded("0").unwrap_or_default(), padded("f").unwrap_or_default());
        builder.push(" and (t.id between ").push_bind(bounds.0).push(" and ").push_bind(bounds.1);
        builder.push(" or replace(t.id::text, '-', '') like ").push_bind(format!("%{}", id.digits()));
        builder.push(") order by t.id limit 100");
    }
    let mut found: Vec<TypeScriptError> = all_of(&fetch(session, builder).await?)?;
    let record = TypeScriptError::NAME;
    if found.len() > 1 {
        let candidates = found.iter().map(|error| error.id).collect();
        return Err(Error::Ambiguous { record, id: id.clone(), candidates }.into());
    }
    Ok(found.pop().ok_or_else(|| Error::Unknown { record, id: id.clone() })?)
}

pub(super) async fn builds(session: &mut Session, wanted: &BuildQuery) -> Result<Vec<BuildRecord>, Trouble> {
    let mut columns = selected::<BuildRecord>();
    if wanted.bundles == Bundles::LeftOut {
        columns = columns.replace("t.\"bundle\"::text", "null::text");
    }
    let mut builder = QueryBuilder::new(format!("select {columns} from {} t where true", BuildRecord::TABLE));
    if let Some(branch) = &wanted.branch {
        builder.push(" and t.branch = ").push_bind(branch.clone());
    }
    push_words(&mut builder, "environment", wanted.environment.iter().map(|it| it.as_str()));
    if let Some(since) = wanted.since {
        builder.push(" and t.recorded_at >= ").push_bind(since);
    }
    if let Some(commit) = &wanted.commit {
        builder.push(" and t.\"commit\" = ").push_bind(commit.clone());
    }
    if let Some(before) = wanted.before {
        if wanted.branch.is_some() {
            let sequence = i64::try_from(before.sequence).unwrap_or(i64::MAX);
            builder.push(" and (t.sequence, t.recorded_at, t.run_id) < (").push_bind(sequence);
            builder.push(", ");
        } else {
            builder.push(" and (t.recorded_at, t.run_id) < (");
        }
        builder.push_bind(before.recorded_at).push(", ").push_bind(before.run_id).push(")");
    }
    builder.push(match wanted.branch {
        Some(_) => " order by t.sequence desc, t.recorded_at desc, t.run_id desc",
        None => " order by t.recorded_at desc, t.run_id desc",
    });
    if let Some(limit) = wanted.limit {
        builder.push(format!(" limit {limit}"));
    }
    let mut builds: Vec<BuildRecord> = all_of(&fetch(session, builder).await?)?;
    builds.reverse();
    Ok(builds)
}

/// Checks of endpoints or databases; `name` and `at` are their columns.
pub(super) async fn health<T: Table>(
    session: &mut Session,
    wanted: &HealthQuery,
    name: &str,
    at: &str,
) -> Result<Vec<T>, Trouble> {
    let mut builder = select::<T>();
    push_words(&mut builder, "environment", wanted.environment.iter().map(|it| it.as_str()));
    if let Some(wanted) = &wanted.name {
        builder.push(format!(" and t.{name} = ")).push_bind(wanted.clone());
    }
    if let Some(since) = wanted.since {
        builder.push(format!(" and t.{at} >= ")).push_bind(since);
    }
    push_before(&mut builder, at, wanted.before);
    // Databases are checked whatever is deployed.
    if !wanted.deployments.is_empty() && T::COLUMNS.contains(&"deployment_id") {
        builder.push(" and t.deployment_id = any(").push_bind(wanted.deployments.clone()).push(")");
    }
    let limit = wanted.limit.map(|limit| format!(" limit {limit}")).unwrap_or_default();
    builder.push(format!(" order by t.{at} desc, t.id desc{limit}"));
    all_of(&fetch(session, builder).await?)
}

/// The newest row of each name: from one name to the next by the index, however many rows each has.
fn latest_statement<T: Table>(environment: Environment, names: &[&str], at: &str) -> String {
    let (table, columns, key) = (T::TABLE, selected::<T>(), names.join(", "));
    let of_environment = format!("environment = '{}'", environment.as_str());
    let known = names.iter().map(|name| format!("known.{name}")).collect::<Vec<_>>().join(", ");
    let same = names.iter().map(|name| format!("n.{name} = known.{name}")).collect::<Vec<_>>().join(" and ");
    format!(
        "with recursive known as (
           (select {key} from {table} where {of_environment} order by {key} limit 1)
           union all
           select next.* from known, lateral (
             select {key} from {table} where {of_environment} and ({key}) > ({known}) order by {key} limit 1
           ) next
         )
         select {columns} from known, lateral (
           select n.* from {table} n where n.{of_environment} and {same} order by n.{at} desc, n.id desc limit 1
         ) t"
    )
}

/// The statement that asks how endpoints are: to look at its plan.
#[must_use]
pub fn latest_api_health_sql(environment: Environment) -> String {
    latest_statement::<ApiHealthCheck>(environment, &["endpoint_path", "http_method"], "last_checked")
}

pub(super) async fn latest_api_health(
    session: &mut Session,
    environment: Environment,
) -> Result<Vec<ApiHealthCheck>, Trouble> {
    let found = query(latest_api_health_sql(environment)).fetch_all(&mut session.connection).await?;
    Ok(latest(all_of(&found)?, |it: &ApiHealthCheck| (it.endpoint_path.clone(), it.http_method.as_str())))
}

pub(super) async fn latest_database_health(
    session: &mut Session,
    environment: Environment,
) -> Result<Vec<DatabaseHealth>, Trouble> {
    let sql = latest_statement::<DatabaseHealth>(environment, &["connection_name"], "last_tested");
    let found = query(sql).fetch_all(&mut session.connection).await?;
    Ok(latest(all_of(&found)?, |it: &DatabaseHealth| it.connection_name.clone()))
}

pub(super) async fn health_spans(session: &mut Session, wanted: &SpanQuery) -> Result<Vec<HealthSpan>, Trouble> {
    let mut builder = select::<HealthSpan>();
    push_words(&mut builder, "environment", wanted.environment.iter().map(|it| it.as_str()));
    if let Some(since) = wanted.since {
        builder.push(" and t.begins_at >= ").push_bind(Period::Day.begin(since));
    }
    Ok(wanted.select(all_of(&fetch(session, builder).await?)?))
}

pub(super) async fn deployments(
    session: &mut Session,
    wanted: &DeploymentQuery,
) -> Result<Vec<ProductionDeployment>, Trouble> {
    let mut builder = select::<ProductionDeployment>();
    push_words(&mut builder, "environment", wanted.environment.iter().map(|it| it.as_str()));
    push_words(&mut builder, "deployment_status", wanted.statuses.iter().map(|it| it.as_str()));
    if let Some(since) = wanted.since {
        builder.push(" and t.created_at >= ").push_bind(since);
    }
    push_before(&mut builder, "created_at", wanted.before);
    if let Some((platform, id)) = &wanted.known_as {
        builder.push(" and t.deployment_platform = ").push_bind(platform.clone());
        builder.push(" and t.platform_id = ").push_bind(id.clone());
    }
    if let Some(commit) = &wanted.commit {
        builder.push(" and t.commit_hash = ").push_bind(commit.clone());
    }
    let limit = wanted.limit.map(|limit| format!(" limit {limit}")).unwrap_or_default();
    builder.push(format!(" order by t.created_at desc, t.id desc{limit}"));
    let found: Vec<ProductionDeployment> = all_of(&fetch(session, builder).await?)?;
    with_variables(session, found).await
}

/// Deployments with the variables that stand in a table of their own.
pub(super) async fn with_variables(
    session: &mut Session,
    deployments: Vec<ProductionDeployment>,
) -> Result<Vec<ProductionDeployment>, Trouble> {
    let ids: Vec<Uuid> = deployments.iter().map(|it| it.id).collect();
    let mut builder = select::<VariableRecord>();
    builder.push(" and t.deployment_id = any(").push_bind(ids).push(") order by t.key");
    let variables = all_of(&fetch(session, builder).await?)?;
    let mut ledger = Ledger { variables, deployments, ..Ledger::default() };
    ledger.join_variables();
    Ok(ledger.deployments)
}

pub(super) async fn variables(session: &mut Session) -> Result<Vec<VariableRecord>, Trouble> {
    let mut variables: Vec<VariableRecord> = all(session, "where t.deployment_id is null").await?;
    variables.sort_by(|one, other| {
        one.environment.cmp(&other.environment).then_with(|| one.variable.key.cmp(&other.variable.key))
    });
    Ok(variables)
}

pub(super) async fn counts(session: &mut Session) -> Result<Counts, Trouble> {
    let sql = "select (select coalesce(sum(count), 0)::bigint from production_error_counts where status <> 'resolved'),
        (select coalesce(sum(count), 0)::bigint from production_error_counts where status = 'resolved'),
        (select count(*) from production_build_configs), (select count(*) from production_api_health),
        (select count(*) from production_database_health), (select count(*) from production_deployments)";
    let row = session.one(sql).await?;
    let count = |at: usize| Ok::<_, Trouble>(row.try_get::<i64, _>(at)? as usize);
    Ok(Counts {
        open_errors: count(0)?,
        resolved_errors: count(1)?,
        builds: count(2)?,
        api_health: count(3)?,
        database_health: count(4)?,
        deployments: count(5)?,
    })
}

/// Open errors by level and severity, most severe first.
pub(super) async fn tally_errors(session: &mut Session, branch: &str) -> Result<Vec<(Level, Severity, u64)>, Trouble> {
    let sql = "select level, severity, sum(count)::bigint from production_error_counts
        where branch = $1 and status <> 'resolved' group by level, severity";
    let rows = query(sql).bind(branch.to_owned()).fetch_all(&mut session.connection).await?;
    let mut tally = Vec::with_capacity(rows.len());
    for row in &rows {
        let (level, severity): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
        let level = Level::ALL.into_iter().find(|it| it.as_str() == level);
        let severity = Severity::ALL.into_iter().find(|it| it.as_str() == severity);
        if let (Some(level), Some(severity)) = (level, severity) {
            tally.push((level, severity, row.try_get::<i64, _>(2)? as u64));
        }
    }
    tally.sort_unstable();
    Ok(tally)
}

/// Everything.
pub(super) async fn contents(session: &mut Session) -> Result<Ledger, Trouble> {
    let deployments = all(session, "").await?;
    Ok(Ledger {
        errors: all(session, "").await?,
        builds: all(session, "").await?,
        variables: all(session, "where t.deployment_id is null").await?,
        api_health: all(session, "").await?,
        database_health: all(session, "").await?,
        health_spans: all(session, "").await?,
        deployments: with_variables(session, deployments).await?,
    })
}
