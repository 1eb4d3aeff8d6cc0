//! Whatever goes wrong on GitHub, at whichever call: the verdict is that of the project, and nothing is
//! there twice. Run within this process, so that waits need not be waited for.

use super::github::{job, merge_group_payload, pull_request};
use crate::github::Skipped;
use crate::github::http::End;
use crate::github::server::{Call, Fault, GitHub};
use crate::workshop::Workshop;
use shipgate::app::console::{Announced, Colour, Console, Detail, Ended};
use shipgate::app::run::{Hands, Input, Source, Writing, run};
use shipgate::app::{ExitStatus, Process};
use shipgate::config::CommitCheck;
use shipgate::github::Patience;
use shipgate::step::Cancel;
use shipgate::time::FixedClock;
use std::ffi::OsString;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

/// What is shown is not looked at here.
#[derive(Default)]
struct Nowhere(Vec<u8>);

impl Console for Nowhere {
    fn phase(&mut self, _: &str) {}
    fn step_started(&mut self, _: Announced<'_>) {}
    fn step_output(&mut self, _: &[u8]) {}
    fn step_ended(&mut self, _: Ended<'_>) {}
    fn aside(&mut self, _: &str) {}
    fn commands(&mut self, _: &[String]) {}
    fn standard_output(&mut self) -> &mut dyn Write {
        &mut self.0
    }
    fn width(&self) -> Option<usize> {
        None
    }
    fn colour(&self) -> Colour {
        Colour::Plain
    }
    fn detail(&self) -> Detail {
        Detail::default()
    }
}

/// The whole gate with these variables in its environment.
#[expect(clippy::disallowed_methods, reason = "the shell of the step is found by the path of the tests")]
fn gate(workshop: &Workshop, variables: Vec<(&'static str, OsString)>, check: CommitCheck) -> ExitStatus {
    let mut environment: Vec<(OsString, OsString)> =
        variables.into_iter().map(|(name, value)| (name.into(), value)).collect();
    environment.push(("PATH".into(), std::env::var_os("PATH").unwrap()));
    let text = |text: &OsString| text.to_str().unwrap().to_owned();
    let process = Process {
        variables: environment.iter().map(|(name, value)| (text(name), text(value))).collect(),
        environment,
        directory: workshop.path(""),
    };
    let input = Input {
        directory: workshop.path("").canonicalize().unwrap(),
        config: None,
        environment: None,
        command: Vec::new(),
        writing: Writing::AsUsual,
        base: Source::Store,
        comment: None,
        is_comment_required: false,
        commit_check: Some(check),
        targets: Vec::new(),
        detail: None,
        part: None,
        key: "default".to_owned(),
    };
    let hands = Hands {
        // A result of the same length is the same result.
        clock: &FixedClock(chrono::DateTime::from_timestamp(1_763_800_000, 0).unwrap()),
        timer: Arc::new(Skipped::default()),
        patience: Patience { request: Duration::from_secs(2), ..Patience::default() },
        process: &process,
        cancel: Cancel::never(),
        console: &mut Nowhere::default(),
    };
    crate::github::wait_for(Box::pin(run(hands, &input))).unwrap()
}

const LIMIT: &str =
    r#"{"message":"You have exceeded a secondary rate limit","documentation_url":"https://docs.github.com"}"#;
const REFUSED: &str = r#"{"message":"Refused","documentation_url":"https://docs.github.com/rest"}"#;
const INVALID: &str =
    r#"{"message":"Validation Failed","documentation_url":"https://docs.github.com/rest","errors":[]}"#;

fn faults() -> Vec<Fault> {
    vec![
        Fault::Status(401, &[], REFUSED),
        Fault::Status(403, &[], REFUSED),
        Fault::Status(403, &[("retry-after", "7")], LIMIT),
        Fault::Status(403, &[], LIMIT),
        Fault::Status(404, &[], REFUSED),
        Fault::Status(409, &[], REFUSED),
        Fault::Status(422, &[], INVALID),
        Fault::Status(429, &[("retry-after", "60")], LIMIT),
        Fault::Status(429, &[("retry-after", "86400")], LIMIT),
        Fault::Status(429, &[], LIMIT),
        Fault::Status(500, &[], ""),
        Fault::Status(502, &[], "<html>bad gateway</html>"),
        Fault::Slow(Duration::from_secs(6)),
        Fault::Cut,
        Fault::DoneThenCut(End::Cut),
        Fault::DoneThenCut(End::CutInside),
        Fault::DoneThenStatus(502),
    ]
}

const FAILS: &str = "echo \"src/a.ts(3,7): error TS2322: Type 'string' is not assignable.\"\nexit 2\n";

#[track_caller]
fn holds(call: Call, check: CommitCheck, fault: &Fault) {
    for (script, status) in [("exit 0\n", ExitStatus::Success), (FAILS, ExitStatus::GateFailed)] {
        // Once, and for good; what is slow for good is waited for in real time.
        for times in if matches!(fault, Fault::Slow(_)) { &[1][..] } else { &[1, 50] } {
            let times = *times;
            let mut github = GitHub::start();
            for _ in 0..times {
                github = github.fails(call, fault.clone());
            }
            let workshop = Workshop::with_check("tsc", script);
            if call == Call::Update {
                let before = "<!-- shipgate:v1 key=default run=1 attempt=1 sha=1 -->\nbefore";
                github.state().add(before, true);
            }
            let name = format!("{call:?} {fault:?} {times} times");
            let ended = gate(&workshop, pull_request(&github, &workshop, 5), check);
            assert_eq!(ended, status, "{name}");
            let state = github.state();
            assert!(state.calls.iter().any(|(made, _)| *made == call), "{name}: {:?}", state.calls);
            assert!(state.ours().len() <= 1, "{name}: {:?}", state.calls);
            assert!(state.checks.len() <= 1 && state.statuses.len() <= 2, "{name}: {:?}", state.calls);
            let annotations = state.checks.iter().map(|check| check["annotations"].as_array().unwrap().len());
            assert!(annotations.sum::<usize>() <= 1, "{name}");
            let is_refusal = match fault {
                Fault::Status(401 | 404 | 409 | 422, ..) => true,
                Fault::Status(_, _, text) => *text == REFUSED,
                _ => false,
            };
            let is_short =
                !matches!(fault, Fault::Status(_, headers, _) if headers.contains(&("retry-after", "86400")));
            if times == 1 && !is_refusal && is_short {
                assert_eq!(state.ours().len(), 1, "{name}: posted after all: {:?}", state.calls);
                assert!(state.ours()[0].body.contains("run=5 "), "{name}");
                let is_there = state.checks.first().is_some_and(|one| one["status"] == "completed");
                assert!(check != CommitCheck::CheckRun || is_there, "{name}: {:?}", state.checks);
            }
        }
    }
}

#[test]
fn every_fault_at_every_call_leaves_the_verdict_as_it_is_and_nothing_twice() {
    let calls = [
        (Call::Read, CommitCheck::None),
        (Call::Create, CommitCheck::None),
        (Call::Update, CommitCheck::None),
        (Call::OpenCheck, CommitCheck::CheckRun),
        (Call::EndCheck, CommitCheck::CheckRun),
        (Call::SetStatus, CommitCheck::Status),
    ];
    let faults = faults();
    for (call, check) in calls {
        std::thread::scope(|scope| {
            for fault in &faults {
                scope.spawn(move || holds(call, check, fault));
            }
        });
    }
}

#[test]
fn calls_are_three_with_an_update_and_one_without() {
    let (workshop, github) = (Workshop::with_check("tsc", "exit 0\n"), GitHub::start());
    let gate = |run: u64, check| gate(&workshop, pull_request(&github, &workshop, run), check);
    gate(1, CommitCheck::None);
    assert_eq!(github.calls(), [Call::Read, Call::Create, Call::Read]);
    github.state().calls.clear();
    workshop.put("check.sh", FAILS);
    gate(2, CommitCheck::None);
    assert_eq!(github.calls(), [Call::Read, Call::Update, Call::Read]);
    // A result that is overtaken already is not written.
    github.state().calls.clear();
    gate(1, CommitCheck::None);
    assert_eq!(github.calls(), [Call::Read]);
    let queue = job(&github, &workshop, "merge_group", &merge_group_payload(), 3);
    github.state().calls.clear();
    self::gate(&workshop, queue, CommitCheck::None);
    assert_eq!(github.calls(), []);
}
