//! Databases, in the samples.

use super::part::at;
use crate::record::{
    ConnectionPhase, ConnectionPhases, ConnectionStatus, Connections, DatabaseCheck, DatabaseHealth, Environment,
    Exposure, HealthStatus, Measured, NotTried, QueryStatus, ServerState,
};
use crate::report::DatabasesHealth;
use std::num::NonZeroU32;
use uuid::Uuid;

/// One database of each state, and one that could not be tried.
pub(super) fn databases() -> DatabasesHealth {
    let slow = "the query takes 312.0 ms on average, and at most 200 ms is well";
    let refused = "the database `db.example.org:5432/reports` refuses user or password: password authentication failed \
                   for user \"reports\" (SQLSTATE 28P01)";
    let far = "cannot reach `db.abc.supabase.co:5432/postgres`: this host has IPv6 addresses only, and this machine \
               has no IPv6";
    DatabasesHealth {
        checks: vec![
            database(1, "main", HealthStatus::Healthy, Some(1.4), None),
            database(2, "search", HealthStatus::Degraded, Some(312.0), Some(slow)),
            DatabaseCheck {
                failed_in: Some(ConnectionPhase::Auth),
                help: Some(
                    "check user and password; special characters have to be percent-encoded (`@` is `%40`)".into(),
                ),
                ..database(3, "reports", HealthStatus::Failed, None, Some(refused))
            },
            DatabaseCheck {
                failed_in: Some(ConnectionPhase::Connect),
                help: Some("use the session pooler of Supabase's dashboard".into()),
                ..database(4, "supabase", HealthStatus::Unknown, None, Some(far))
            },
        ],
        not_tried: vec![NotTried {
            name: "archive".into(),
            why: "the connection string cannot be used: the variable `ARCHIVE_URL` is not set".into(),
            help: Some("write it as `postgres://user:password@host:5432/database`".into()),
        }],
    }
}

fn database(id: u128, name: &str, status: HealthStatus, average: Option<f64>, message: Option<&str>) -> DatabaseCheck {
    let exposures = vec![Exposure {
        relation: "public.bookings".into(),
        problem: "row-level security is off, and `anon` may select, insert".into(),
        help: "alter table public.bookings enable row level security".into(),
    }];
    DatabaseCheck {
        record: DatabaseHealth {
            id: Uuid::from_u128(0x019a_a000_0000_7000_8000_0000_0002_0000 + id),
            connection_name: name.into(),
            host: "db.example.org".into(),
            database_name: "app".into(),
            connection_status: match status {
                HealthStatus::Healthy | HealthStatus::Degraded => ConnectionStatus::Connected,
                HealthStatus::Failed => ConnectionStatus::Error,
                HealthStatus::Unknown => ConnectionStatus::Disconnected,
            },
            query_test_status: match status {
                HealthStatus::Healthy => QueryStatus::Success,
                HealthStatus::Degraded => QueryStatus::Slow,
                HealthStatus::Failed | HealthStatus::Unknown => QueryStatus::NotTested,
            },
            average_query_time: average,
            connection_pool_size: average.and_then(|_| NonZeroU32::new(12)),
            error_message: message.map(str::to_owned),
            last_tested: at(12),
            environment: Environment::Production,
        },
        status,
        failed_in: None,
        phases: ConnectionPhases {
            dns: Some(0.4),
            connect: average.map(|_| 1.1),
            log_in: average.map(|_| 9.6),
            query_min: average.map(|time| time * 0.8),
            query_max: average.map(|time| time * 1.3),
        },
        samples: if average.is_some() { 5 } else { 0 },
        provider: "Postgres".into(),
        tls: "TLS, verified".into(),
        server: average.map(|_| ServerState {
            version: "17.2".into(),
            connections: Measured::Known(Connections { used: 12, limit: 57 }),
            replication_lag: Measured::Absent,
            long_transactions: Measured::Unknown(
                "`app` may not see other sessions; `grant pg_read_all_stats to app`".into(),
            ),
            lock_waits: Measured::Known(2),
            pending_migrations: Measured::Known(1),
            exposures: if id == 1 { Measured::Known(exposures) } else { Measured::Absent },
        }),
        help: None,
    }
}
