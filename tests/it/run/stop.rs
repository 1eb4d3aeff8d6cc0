//! Ctrl-C and SIGTERM: everything ends within two seconds, and what was found out is kept.

use crate::workshop::{Invocation, Ran, Workshop, takes};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use shipgate::diagnostic::Exit;
use shipgate::gate::{Outcome, ReasonKind, StepOutcome};
use shipgate::record::BuildStatus;
use std::fs;
use std::time::{Duration, Instant};

/// Whatever the machine is doing; the program itself needs 1.2 seconds for the most stubborn group.
const SOON: Duration = Duration::from_secs(2);

const ERROR: &str = "src/a.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.";

/// Sends the signal some time after the project has a file `ready`.
#[track_caller]
fn stopped_after(wait: Duration, workshop: &Workshop, invocation: impl Fn() -> Invocation, signal: Signal) -> Ran {
    takes(..SOON, || {
        let _none = fs::remove_file(workshop.path("ready"));
        let running = invocation().start();
        running.wait_for(|| workshop.path("ready").exists());
        std::thread::sleep(wait);
        let asked = Instant::now();
        running.signal(signal);
        let ran = running.end();
        (asked.elapsed(), ran)
    })
}

/// Sends the signal as soon as the project has a file `ready`.
#[track_caller]
fn stopped(workshop: &Workshop, invocation: impl Fn() -> Invocation, signal: Signal) -> Ran {
    stopped_after(Duration::ZERO, workshop, invocation, signal)
}

fn is_alive(workshop: &Workshop, file: &str) -> bool {
    let pid = workshop.read(file).trim().parse().unwrap();
    // A zombie that nobody waits for is dead, too.
    let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let is_zombie = state.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'));
    !is_zombie && nix::sys::signal::kill(Pid::from_raw(pid), None).is_ok()
}

fn recorded_builds(workshop: &Workshop) -> serde_json::Value {
    let document: serde_json::Value = serde_json::from_str(&workshop.read(".shipgate/build_configs.json")).unwrap();
    document["records"].clone()
}

/// A step with a child and a grandchild that both ignore SIGTERM and SIGINT.
const STUBBORN: &str = r#"trap '' TERM INT
sh -c 'trap "" TERM INT; sh -c "trap \"\" TERM INT; echo \$\$ > grandchild; while :; do sleep 1; done" & echo $$ > child; wait' &
while [ ! -s grandchild ] || [ ! -s child ]; do sleep 0.02; done
"#;

#[test]
fn a_signal_ends_the_whole_group_and_keeps_what_was_read() {
    for (signal, name) in [(Signal::SIGINT, "SIGINT"), (Signal::SIGTERM, "SIGTERM"), (Signal::SIGHUP, "SIGHUP")] {
        let script = format!("echo \"{ERROR}\"\n{STUBBORN}touch ready\nwhile :; do sleep 1; done\n");
        let workshop = Workshop::with_check("tsc", &script);
        workshop.put("shipgate.yml", format!("{}thresholds: {{ new-errors: off }}\n", workshop.read("shipgate.yml")));
        let ran = stopped(&workshop, || workshop.gate(), signal);
        ran.is(Outcome::Inconclusive);
        assert_eq!((ran.check(), ran.reasons()), (StepOutcome::Cancelled, vec![ReasonKind::Cancelled]));
        assert_eq!(ran.step("check").exit, Some(Exit::Cancelled { signal: name.to_owned() }));
        assert_eq!((ran.report().counts.errors, ran.report().diagnostics.len()), (1, 1));
        assert_eq!(ran.report().build.as_ref().unwrap().build_status, BuildStatus::Cancelled);
        assert!(!is_alive(&workshop, "child") && !is_alive(&workshop, "grandchild"));
        assert_eq!(recorded_builds(&workshop)[0]["build_status"], "cancelled");
    }
}

#[test]
fn a_second_signal_leaves_nobody_any_time() {
    let workshop = Workshop::with_check("tsc", &format!("{STUBBORN}touch ready\nwhile :; do sleep 1; done\n"));
    let ran = takes(..SOON / 2, || {
        let _none = fs::remove_file(workshop.path("ready"));
        let running = workshop.gate().start();
        running.wait_for(|| workshop.path("ready").exists());
        let asked = Instant::now();
        running.signal(Signal::SIGINT);
        std::thread::sleep(Duration::from_millis(50));
        running.signal(Signal::SIGINT);
        let ran = running.end();
        (asked.elapsed(), ran)
    });
    ran.is(Outcome::Inconclusive);
    assert!(!is_alive(&workshop, "grandchild"));
}

#[test]
fn steps_that_had_not_begun_are_skipped_and_a_cancelled_run_is_no_base() {
    let yaml = "steps:\n  - { name: check, run: sh ./check.sh, format: tsc }\n  - { name: build, run: touch built, output: dist }\n";
    let workshop = Workshop::configured(yaml).with("check.sh", "exit 0\n").with("dist/index.html", "<p>x</p>");
    workshop.gate().ends().is(Outcome::Passed);
    fs::remove_file(workshop.path("built")).unwrap();
    workshop.put("check.sh", format!("echo \"{ERROR}\"\ntouch ready\nsleep 30\n"));
    let ran = stopped(&workshop, || workshop.gate(), Signal::SIGTERM);
    // What was found before is too much already, however it would have gone on.
    ran.is(Outcome::Failed);
    assert_eq!(ran.reasons(), [ReasonKind::Cancelled]);
    assert_eq!(ran.step("build").outcome, StepOutcome::Skipped);
    assert!(!workshop.path("built").exists());
    let builds = recorded_builds(&workshop);
    let statuses: Vec<_> = builds.as_array().unwrap().iter().map(|build| build["build_status"].clone()).collect();
    assert!(statuses.len() > 1 && statuses.contains(&"cancelled".into()), "{statuses:?}");
    workshop.put("check.sh", format!("echo \"{ERROR}\"\nexit 2\n"));
    let next = workshop.gate().ends();
    assert_eq!(next.report().counts.new_errors, 1, "half a run tells nothing about what was known before");
}

#[test]
fn the_measuring_of_a_large_output_is_not_waited_for() {
    // Twenty megabytes take Brotli most of a minute.
    let script = "mkdir -p dist\nhead -c 8000000 /dev/urandom | od -An -x > dist/large.js\ntouch ready\n";
    let workshop = Workshop::with_build(script, "");
    let ran = stopped_after(Duration::from_millis(700), &workshop, || workshop.gate(), Signal::SIGTERM);
    ran.is(Outcome::Inconclusive);
    assert_eq!((ran.step("build").outcome, ran.reasons()), (StepOutcome::Clean, vec![ReasonKind::Cancelled]));
    let build = ran.report().build.as_ref().unwrap();
    assert_eq!((build.build_status, build.bundle_size), (BuildStatus::Cancelled, None));
    assert_eq!(ran.report().variables.leaks, None);
    assert_eq!(recorded_builds(&workshop)[0]["build_status"], "cancelled");
}

#[test]
fn a_flood_of_output_does_not_keep_a_signal_away() {
    let workshop = Workshop::with_check("tsc", "touch ready\nyes 'nothing to see here'\n");
    let ran = stopped(&workshop, || workshop.gate_with(&["--quiet"]), Signal::SIGINT);
    ran.is(Outcome::Inconclusive);
    assert_eq!(ran.check(), StepOutcome::Cancelled);
}
