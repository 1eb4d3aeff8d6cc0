//! Deliveries of webhooks in their table.

use super::Trouble;
use super::session::{Session, query};
use crate::store::delivery::KNOWN_FOR;
use crate::store::{Delivery, Worked};
use crate::time::Timestamp;
use sqlx::Row as _;

/// Adds those that are new, and says how many these are.
pub(super) async fn add(session: &mut Session, deliveries: &[Delivery]) -> Result<usize, Trouble> {
    let column = |pick: fn(&Delivery) -> &String| deliveries.iter().map(pick).cloned().collect::<Vec<_>>();
    let times: Vec<Timestamp> = deliveries.iter().map(|it| it.received_at).collect();
    let sightings: Vec<String> = deliveries.iter().map(|it| it.sighting.to_string()).collect();
    let sql = "insert into production_webhook_deliveries (provider, delivery_id, received_at, sighting)
        select provider, id, received_at, sighting::json
        from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[]) as it (provider, id, received_at, sighting)
        on conflict do nothing";
    let done = query(sql).bind(column(|it| &it.provider)).bind(column(|it| &it.id)).bind(times).bind(sightings);
    Ok(done.execute(&mut session.connection).await?.rows_affected() as usize)
}

pub(super) async fn waiting(session: &mut Session, limit: usize) -> Result<Vec<Delivery>, Trouble> {
    let sql = format!(
        "select provider, delivery_id, received_at, sighting::text from production_webhook_deliveries
         where processed_at is null order by number limit {limit}"
    );
    let rows = query(sql).fetch_all(&mut session.connection).await?;
    let read = |row: &sqlx::postgres::PgRow| {
        let sighting: String = row.try_get(3)?;
        Ok(Delivery {
            provider: row.try_get(0)?,
            id: row.try_get(1)?,
            received_at: row.try_get(2)?,
            sighting: serde_json::from_slice(sighting.as_bytes())?,
        })
    };
    rows.iter().map(read).collect()
}

/// Marks them, and forgets what is known long enough.
pub(super) async fn work_off(session: &mut Session, done: &[Worked], now: Timestamp) -> Result<(), Trouble> {
    let column = |pick: fn(&Worked) -> &String| done.iter().map(pick).cloned().collect::<Vec<_>>();
    let sql = "update production_webhook_deliveries t set processed_at = $4, outcome = it.outcome
        from unnest($1::text[], $2::text[], $3::text[]) as it (provider, id, outcome)
        where t.provider = it.provider and t.delivery_id = it.id and t.processed_at is null";
    let marked = query(sql).bind(column(|it| &it.provider)).bind(column(|it| &it.id)).bind(column(|it| &it.outcome));
    marked.bind(now).execute(&mut session.connection).await?;
    let sql = "delete from production_webhook_deliveries where received_at < $1 and processed_at is not null";
    query(sql).bind(now - KNOWN_FOR).execute(&mut session.connection).await?;
    Ok(())
}
