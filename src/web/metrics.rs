//! `/metrics` in the text format of Prometheus (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use super::{Shared, answer};
use axum::extract::State;
use axum::response::Response;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) async fn metrics(State(web): Shared) -> Response {
    let counts = match web.service.store().counts().await {
        Ok(counts) => counts,
        Err(error) => return answer::unavailable(&web, &error),
    };
    let counters = &web.service.counters;
    let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let mut text = String::from(
        "# HELP shipgate_webhook_deliveries_total Webhook deliveries since the start, by what became of them.\n\
         # TYPE shipgate_webhook_deliveries_total counter\n",
    );
    for (word, counter) in [
        ("accepted", &counters.accepted),
        ("repeated", &counters.repeated),
        ("refused", &counters.refused),
        ("worked_off", &counters.worked_off),
    ] {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "shipgate_webhook_deliveries_total{{result=\"{word}\"}} {}", get(counter));
    }
    text.push_str("# HELP shipgate_records Records in the store, by kind.\n# TYPE shipgate_records gauge\n");
    for (kind, count) in [
        ("open_errors", counts.open_errors),
        ("resolved_errors", counts.resolved_errors),
        ("builds", counts.builds),
        ("api_health", counts.api_health),
        ("database_health", counts.database_health),
        ("deployments", counts.deployments),
    ] {
        let _ = writeln!(text, "shipgate_records{{kind=\"{kind}\"}} {count}");
    }
    answer::plain("text/plain; version=0.0.4; charset=utf-8", text)
}
