//! One endpoint: request, answer, expectations; again where the network failed it and that is harmless.

use super::assertion::first_unmet;
use super::dial::{Dialler, Place};
use super::exchange::{Answer, exchange};
use super::phase::{Phase, Stopwatch};
use super::problem::{Problem, Repeat};
use super::{Endpoint, Observation, Request};
use crate::record::{HealthStatus, HttpMethod, Phases};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Before the first repetition; twice as long before each further one, up to the most.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Checks an endpoint.
pub(super) async fn probe(dialler: &Dialler, endpoint: &Endpoint, max_size: u64) -> Observation {
    let request = match &endpoint.request {
        Ok(request) => request,
        Err(problem) => return Observation::without_request(problem.clone()),
    };
    let mut retried = Vec::new();
    let mut pause = FIRST_PAUSE;
    loop {
        let tried = attempt(dialler, endpoint, request, max_size).await;
        let attempts = retried.len() as u32 + 1;
        if let Some(problem) = &tried.problem
            && attempts <= endpoint.retries
            && may_be_repeated(problem.repeat, endpoint.method)
        {
            retried.push(problem.message.clone());
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            continue;
        }
        return Observation {
            finding: tried.problem.as_ref().map_or(HealthStatus::Healthy, |problem| problem.finding),
            status: tried.status,
            phases: tried.phases,
            problem: tried.problem,
            attempts,
            retried,
        };
    }
}

fn may_be_repeated(repeat: Repeat, method: HttpMethod) -> bool {
    match repeat {
        Repeat::Always => true,
        // RFC 9110, 9.2.2.
        Repeat::IfHarmless => matches!(method, HttpMethod::Get | HttpMethod::Put | HttpMethod::Delete),
        Repeat::Useless => false,
    }
}

struct Tried {
    status: Option<u16>,
    phases: Phases,
    problem: Option<Problem>,
}

async fn attempt(dialler: &Dialler, endpoint: &Endpoint, request: &Request, max_size: u64) -> Tried {
    let total = dialler.timeouts.total;
    // Nobody learns more from waiting longer than the limit.
    let limit = endpoint.failed_after.map_or(total, |failed_after| failed_after.min(total));
    let mut watch = Stopwatch::start();
    let answered = timeout(limit, exchange(dialler, request, endpoint.redirects, max_size, &mut watch)).await;
    let phase = watch.current();
    let phases = watch.stop();
    match answered {
        Ok(Ok(answer)) => Tried {
            status: Some(answer.status.as_u16()),
            phases,
            problem: judge(endpoint, &answer, phases.total.unwrap_or_default()),
        },
        Ok(Err(problem)) => Tried { status: None, phases, problem: Some(problem) },
        Err(_) => Tried { status: None, phases, problem: Some(too_slow(endpoint, request, phase, limit)) },
    }
}

fn too_slow(endpoint: &Endpoint, request: &Request, phase: Phase, limit: Duration) -> Problem {
    let place = Place::of(&request.url).map(|place| place.to_string()).unwrap_or_default();
    let late = Problem::timed_out(phase, limit, &place);
    match endpoint.failed_after {
        Some(failed_after) if failed_after == limit => {
            let slow = response_time(HealthStatus::Failed, limit, "more than that".to_owned(), "failed-after");
            // A name server or a route that is slow is as bad as a slow answer, and worth another try.
            slow.repeatable(if phase < Phase::FirstByte { late.repeat } else { Repeat::Useless })
        }
        _ => late,
    }
}

/// Whatever is wrong comes before how long it took: a slow 500 is a 500.
fn judge(endpoint: &Endpoint, answer: &Answer, millis: f64) -> Option<Problem> {
    let status = answer.status.as_u16();
    if !endpoint.statuses.iter().any(|pattern| pattern.matches(status)) {
        let expected: Vec<String> = endpoint.statuses.iter().map(ToString::to_string).collect();
        let mut problem =
            Problem::unmet(HealthStatus::Failed, "status".to_owned(), expected.join(" or "), status.to_string());
        problem.help = help_for(status).map(str::to_owned);
        return Some(problem);
    }
    let exceeds = |limit: Duration| millis > limit.as_micros() as f64 / 1000.0;
    let failed_after = endpoint.failed_after.filter(|limit| exceeds(*limit));
    let degraded_after = endpoint.degraded_after.filter(|limit| exceeds(*limit));
    first_unmet(&endpoint.must, answer, HealthStatus::Failed)
        .or_else(|| failed_after.map(|limit| response_time(HealthStatus::Failed, limit, shown(millis), "failed-after")))
        .or_else(|| first_unmet(&endpoint.should, answer, HealthStatus::Degraded))
        .or_else(|| {
            degraded_after.map(|limit| response_time(HealthStatus::Degraded, limit, shown(millis), "degraded-after"))
        })
}

fn shown(millis: f64) -> String {
    format!("{millis:.0} ms")
}

fn response_time(finding: HealthStatus, limit: Duration, actual: String, key: &str) -> Problem {
    let expected = format!("at most {} ms", limit.as_millis());
    let mut problem = Problem::unmet(finding, "response time".to_owned(), expected, actual);
    problem.help = Some(format!("see what the server is busy with, or change `{key}`"));
    problem
}

fn help_for(status: u16) -> Option<&'static str> {
    Some(match status {
        300..=399 => "expect the redirect, or follow it: `redirects: 5`",
        401 | 403 => "see `auth` of the endpoint or of `api`, and whether its variables are set",
        404 => "see whether the path and `api.base-url` are right and the deployment has this endpoint",
        405 => "see `method` of the endpoint",
        429 => "check less often, or with a lower `api.concurrency`",
        500..=599 => "see the log of the server",
        _ => return None,
    })
}
