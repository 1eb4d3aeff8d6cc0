//! One check: there, in, a few queries, what the server says, and out again.

use super::server::{Asker, ask_server};
use super::{Observation, Target};
use crate::postgres::connect::{Lost, Way, go, log_in};
use crate::postgres::{Failure, FailureKind, Tls};
use crate::record::{ConnectionPhase, ConnectionPhases, ConnectionStatus, HealthStatus, QueryStatus};
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// Checks a database.
pub async fn check(target: &Target) -> Observation {
    let mut phases = ConnectionPhases::default();
    match go(&target.address, target.timeout).await {
        Ok(Way { dns, connect }) => {
            phases.dns = Some(millis(dns));
            phases.connect = Some(millis(connect));
        }
        Err(Lost::Dns(failure)) => return unconnected(&failure, ConnectionPhase::Dns, phases),
        Err(Lost::Connect(failure)) => return unconnected(&failure, ConnectionPhase::Connect, phases),
    }
    let begun = Instant::now();
    let connection = match log_in(&target.address, target.timeout).await {
        Ok(connection) => connection,
        Err(failure) => return unconnected(&failure, phase_of(&failure, target.address.tls), phases),
    };
    phases.log_in = Some(millis(begun.elapsed()));
    asked(target, connection, phases).await
}

fn unconnected(failure: &Failure, phase: ConnectionPhase, phases: ConnectionPhases) -> Observation {
    let (connection, status) = match failure.kind {
        // This machine's own trouble says nothing of the database.
        FailureKind::NoIpv6 | FailureKind::NoNetwork => (ConnectionStatus::Disconnected, HealthStatus::Unknown),
        FailureKind::Unreachable | FailureKind::Lost | FailureKind::Paused => {
            (ConnectionStatus::Disconnected, HealthStatus::Failed)
        }
        FailureKind::TimedOut => (ConnectionStatus::Timeout, HealthStatus::Failed),
        _ => (ConnectionStatus::Error, HealthStatus::Failed),
    };
    let message = match failure.kind {
        FailureKind::Lost => lost(failure),
        _ => failure.to_string(),
    };
    Observation {
        connection,
        query: QueryStatus::NotTested,
        status,
        failed_in: Some(phase),
        phases,
        samples: 0,
        average: None,
        server: None,
        message: Some(message),
        help: Some(failure.help()),
    }
}

/// Which part of logging in it was.
fn phase_of(failure: &Failure, tls: Tls) -> ConnectionPhase {
    match failure.kind {
        FailureKind::NoTls | FailureKind::Untrusted => ConnectionPhase::Tls,
        FailureKind::NoIpv6 | FailureKind::NoNetwork | FailureKind::Unreachable => ConnectionPhase::Connect,
        // The first question is about TLS, and it was not answered.
        FailureKind::TimedOut if tls != Tls::Off => ConnectionPhase::Tls,
        _ => ConnectionPhase::Auth,
    }
}

async fn asked(target: &Target, connection: PgConnection, mut phases: ConnectionPhases) -> Observation {
    let mut asker = Asker { connection, limit: target.timeout, is_broken: false };
    let timed = time_queries(target, &mut asker).await;
    let mut observation = Observation {
        connection: ConnectionStatus::Connected,
        query: QueryStatus::Success,
        status: HealthStatus::Healthy,
        failed_in: None,
        phases,
        samples: 0,
        average: None,
        server: None,
        message: None,
        help: None,
    };
    match timed {
        Ok(times) => {
            let average = times.iter().sum::<f64>() / times.len().max(1) as f64;
            phases.query_min = times.iter().copied().reduce(f64::min);
            phases.query_max = times.iter().copied().reduce(f64::max);
            observation.phases = phases;
            observation.samples = times.len() as u32;
            // A record's time is positive.
            observation.average = Some(average.max(0.001));
            if let Some(limit) = target.slow_after.map(millis).filter(|limit| average > *limit) {
                observation.query = QueryStatus::Slow;
                observation.status = HealthStatus::Degraded;
                observation.message =
                    Some(format!("the query takes {average:.1} ms on average, and at most {limit:.0} ms is well"));
                observation.help =
                    Some("see its plan (`explain analyze`), and how far away the database is".to_owned());
            }
        }
        Err((message, help)) => {
            observation.query = QueryStatus::Failed;
            observation.status = HealthStatus::Failed;
            observation.failed_in = Some(ConnectionPhase::Query);
            if asker.is_broken {
                observation.connection = ConnectionStatus::Disconnected;
            }
            observation.message = Some(message);
            observation.help = Some(help);
        }
    }
    observation.server = ask_server(target, &mut asker).await;
    // The server is told, so that it keeps nothing for us; one that does not listen will see.
    let _gone = timeout(GOODBYE, asker.connection.close()).await;
    observation
}

/// How long each query took, in milliseconds; or what is wrong, and what to do about it.
async fn time_queries(target: &Target, asker: &mut Asker) -> Result<Vec<f64>, (String, String)> {
    let mut times = Vec::with_capacity(target.samples as usize);
    let begin = format!(
        "begin read only; set local statement_timeout to {limit}; \
         set local idle_in_transaction_session_timeout to {limit}",
        limit = target.timeout.as_millis()
    );
    let queries = async {
        asker.run(&begin).await?;
        for round in 0..target.warm_up + target.samples {
            let begun = Instant::now();
            asker.run(&target.query).await?;
            if round >= target.warm_up {
                times.push(millis(begun.elapsed()));
            }
        }
        asker.run("commit").await
    };
    match queries.await {
        Ok(()) => Ok(times),
        Err(error) => {
            let failure = Failure::of(&target.address, &error);
            asker.recover(&failure).await;
            Err(query_failure(&failure))
        }
    }
}

fn query_failure(failure: &Failure) -> (String, String) {
    let Failure { kind, place, detail } = failure;
    match kind {
        FailureKind::TimedOut => (
            format!("the query at `{place}` did not end in time: {detail}"),
            "see what it waits for, or give it more time: `timeout: 30s` beside its `url`".to_owned(),
        ),
        FailureKind::Lost | FailureKind::Unreachable => (lost(failure), "see the server's log".to_owned()),
        FailureKind::TooManyConnections => (failure.to_string(), failure.help()),
        FailureKind::Forbidden => (
            format!("the query at `{place}` is not allowed: {detail}"),
            "grant the role what the query reads".to_owned(),
        ),
        FailureKind::ReadOnly => {
            (format!("the query at `{place}` writes: {detail}"), "a check may only read; give it a `select`".to_owned())
        }
        _ => (format!("the query at `{place}` failed: {detail}"), "correct `query` beside the `url`".to_owned()),
    }
}

fn lost(failure: &Failure) -> String {
    format!("the connection to `{}` broke: {}", failure.place, failure.detail)
}

/// Milliseconds, to the microsecond.
fn millis(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}
