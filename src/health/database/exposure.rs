//! What Supabase's Data API shows to more than it should.
//!
//! After the lints of <https://github.com/supabase/splinter>: 0013 `rls_disabled_in_public`, 0010
//! `security_definer_view`, 0016 `materialized_view_in_api`, 0017 `foreign_table_in_api`. Exposed are the schemas of
//! `pgrst.db_schemas` (<https://docs.postgrest.org/en/stable/references/configuration.html#db-schemas>), else
//! `public`. What belongs to an extension is the extension's business.

use super::Target;
use super::server::Asker;
use crate::record::{Exposure, Measured};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

const ROLES: &str = "select count(*)::int8 from pg_catalog.pg_roles where rolname in ('anon', 'authenticated')";

const RELATIONS: &str = "
select pg_catalog.format('%I.%I', n.nspname, c.relname), c.relkind::text, c.relrowsecurity,
  coalesce(c.reloptions && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1'], false),
  coalesce((
    select pg_catalog.string_agg(pg_catalog.format('`%s` may %s', g.rolname, g.rights), ' and ' order by g.rolname) from (
      select r.rolname, pg_catalog.string_agg(p.name, ', ' order by p.place) as rights
      from pg_catalog.pg_roles r
      cross join (values (1, 'select'), (2, 'insert'), (3, 'update'), (4, 'delete')) as p (place, name)
      where r.rolname in ('anon', 'authenticated')
        and pg_catalog.has_schema_privilege(r.oid, n.oid, 'usage')
        and pg_catalog.has_table_privilege(r.oid, c.oid, p.name)
      group by r.rolname
    ) g
  ), '')
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f')
  and n.nspname = any (pg_catalog.string_to_array(
    pg_catalog.replace(coalesce(nullif(current_setting('pgrst.db_schemas', true), ''), 'public'), ' ', ''), ','))
  and not exists (
    select from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')
order by 1";

pub(super) async fn ask_exposures(target: &Target, asker: &mut Asker) -> Measured<Vec<Exposure>> {
    match asker.ask(target, ROLES).await.map(|rows| rows.first().and_then(|row| row.try_get::<i64, _>(0).ok())) {
        Err(why) => return Measured::Unknown(why),
        Ok(None | Some(0)) => {
            let why = "there is neither a role `anon` nor `authenticated`: this is no database of Supabase's";
            return Measured::Unknown(why.to_owned());
        }
        Ok(Some(_)) => {}
    }
    match asker.ask(target, RELATIONS).await {
        Ok(rows) => match rows.iter().map(exposure).collect::<Result<Vec<_>, _>>() {
            Ok(found) => Measured::Known(found.into_iter().flatten().collect()),
            Err(error) => Measured::Unknown(error.to_string()),
        },
        Err(why) => Measured::Unknown(why),
    }
}

fn exposure(row: &PgRow) -> Result<Option<Exposure>, sqlx::Error> {
    let (relation, kind): (String, String) = (row.try_get(0)?, row.try_get(1)?);
    let (has_row_security, asks_as_invoker): (bool, bool) = (row.try_get(2)?, row.try_get(3)?);
    let grants: String = row.try_get(4)?;
    let (problem, help) = match kind.as_str() {
        "r" | "p" if !has_row_security && grants.is_empty() => (
            "row-level security is off; nothing is granted to `anon` and `authenticated` yet".to_owned(),
            format!("alter table {relation} enable row level security"),
        ),
        "r" | "p" if !has_row_security => (
            format!("row-level security is off, and {grants}"),
            format!("alter table {relation} enable row level security"),
        ),
        "v" if !asks_as_invoker && !grants.is_empty() => (
            format!("it shows what its owner may see, and {grants}"),
            format!("alter view {relation} set (security_invoker = on)"),
        ),
        "m" | "f" if !grants.is_empty() => (
            format!("it can have no row-level security, and {grants}"),
            format!("revoke all on {relation} from anon, authenticated"),
        ),
        _ => return Ok(None),
    };
    Ok(Some(Exposure { relation, problem, help }))
}
