//! A run's record, and the base that the next one is compared with.

use super::read::{all_of, builds};
use super::row::{Table, selected};
use super::session::{Session, query};
use super::write::{Conflict, insert, merge, prune_runs};
use super::{PostgresStore, Trouble};
use crate::record::TypeScriptError;
use crate::store::{BaseRecord, BuildQuery, BuildRecord, Bundles, Ledger, RecordOutcome, Recorded, RunRecord};
use crate::track::Tally;
use sqlx::Row as _;
use std::collections::HashMap;
use uuid::Uuid;

async fn errors_of(session: &mut Session, branch: &str, rest: &str) -> Result<Vec<TypeScriptError>, Trouble> {
    let columns = selected::<TypeScriptError>();
    let sql = format!("select {columns} from {} t where t.branch = $1 {rest}", TypeScriptError::TABLE);
    all_of(&query(sql).bind(branch).fetch_all(&mut session.connection).await?)
}

pub(super) async fn base(session: &mut Session, branch: &str) -> Result<Option<BaseRecord>, Trouble> {
    let wanted = "select id from (
        (select id from production_build_configs where branch = $1 and is_base
         order by sequence desc, recorded_at desc, run_id desc limit 1)
        union
        (select id from production_build_configs where branch = $1 and is_base and build_status = 'success'
         order by sequence desc, recorded_at desc, run_id desc limit 1)) needed";
    let sql = format!("select {} from {} t where t.id in ({wanted})", selected::<BuildRecord>(), BuildRecord::TABLE);
    let builds = all_of(&query(sql).bind(branch).fetch_all(&mut session.connection).await?)?;
    if builds.is_empty() {
        return Ok(None);
    }
    let errors = errors_of(session, branch, "and t.status <> 'resolved' order by t.id").await?;
    Ok(Ledger { errors, builds, ..Ledger::default() }.base(branch))
}

pub(super) async fn record(store: &PostgresStore, session: &mut Session, run: &RunRecord) -> Result<Recorded, Trouble> {
    let known = query("select exists (select from production_build_configs where run_id = $1)").bind(run.run_id);
    if known.fetch_one(&mut session.connection).await?.try_get(0)? {
        return Ok(Recorded { outcome: RecordOutcome::AlreadyRecorded, tally: Tally::default() });
    }
    let all = BuildQuery { bundles: Bundles::LeftOut, ..BuildQuery::of_branch(&run.branch) };
    let mut ledger = Ledger {
        builds: builds(session, &all).await?,
        errors: errors_of(session, &run.branch, "order by t.id").await?,
        ..Ledger::default()
    };
    let before: HashMap<Uuid, TypeScriptError> = ledger.errors.iter().map(|it| (it.id, it.clone())).collect();
    let recorded = ledger.advance(run)?;
    if let Some(build) = ledger.builds.last() {
        insert(session, [build]).await?;
    }
    insert(session, ledger.errors.iter().filter(|it| !before.contains_key(&it.id))).await?;
    let changed = ledger.errors.iter().filter(|it| before.get(&it.id).is_some_and(|old| old != *it));
    merge(session, changed, Conflict::Replace).await?;
    if run.variables.is_some() {
        let sql = "delete from production_environment_variables where deployment_id is null and environment = $1";
        query(sql).bind(run.build.environment.as_str()).execute(&mut session.connection).await?;
        insert(session, &ledger.variables).await?;
    }
    prune_runs(store, session, run.recorded_at).await?;
    Ok(recorded)
}
