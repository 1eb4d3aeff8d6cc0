//! What runs, in the samples.

use super::part::at;
use crate::record::{ApiHealthCheck, EndpointCheck, Environment, HealthStatus, HttpMethod, NotCalled, Phases};
use crate::report::ApiHealth;
use uuid::Uuid;

/// One endpoint of each state, and an operation that was not called.
pub(super) fn api() -> ApiHealth {
    ApiHealth {
        base_url: Some("https://astro-site.example.org".into()),
        checks: vec![
            endpoint(1, "/api/health", HealthStatus::Healthy, Some(200), None),
            EndpointCheck {
                assertion: Some("status".into()),
                expected: Some("200".into()),
                actual: Some("500".into()),
                help: Some("see the log of the server".into()),
                ..endpoint(2, "/api/bookings", HealthStatus::Failed, Some(500), Some("status: expected 200, got 500"))
            },
            EndpointCheck {
                assertion: Some("response time".into()),
                expected: Some("at most 500 ms".into()),
                actual: Some("812 ms".into()),
                ..endpoint(
                    3,
                    "/api/timetable",
                    HealthStatus::Degraded,
                    Some(200),
                    Some("response time: expected at most 500 ms, got 812 ms"),
                )
            },
            EndpointCheck {
                phases: Phases::default(),
                attempts: 0,
                help: Some("set it where shipgate runs, or in a dotenv file".into()),
                ..endpoint(
                    4,
                    "/api/account",
                    HealthStatus::Unknown,
                    None,
                    Some("the variable `API_TOKEN`, which the request needs, is not set"),
                )
            },
        ],
        not_called: vec![NotCalled {
            operation: "POST /api/bookings".into(),
            why: "it writes".into(),
            help: Some("allow it: `api: { allow-writes: [createBooking] }`".into()),
        }],
    }
}

fn endpoint(id: u128, path: &str, status: HealthStatus, answer: Option<u16>, message: Option<&str>) -> EndpointCheck {
    let time = answer.map(|_| if status == HealthStatus::Degraded { 812.0 } else { 31.4 });
    EndpointCheck {
        record: ApiHealthCheck {
            id: Uuid::from_u128(0x019a_a000_0000_7000_8000_0000_0001_0000 + id),
            endpoint_path: path.into(),
            http_method: HttpMethod::Get,
            expected_status: 200,
            actual_status: answer,
            response_time: time,
            error_message: message.map(str::to_owned),
            status,
            last_checked: at(12),
            consecutive_failures: if status == HealthStatus::Failed { 3 } else { 0 },
            environment: Environment::Production,
            deployment_id: None,
        },
        phases: Phases {
            dns: time.map(|_| 1.2),
            connect: time.map(|_| 3.5),
            tls: time.map(|_| 9.0),
            first_byte: time.map(|time| time - 14.0),
            total: time,
        },
        attempts: 1,
        retried: Vec::new(),
        assertion: None,
        expected: None,
        actual: None,
        help: None,
    }
}
