//! Projects and outputs that are not as they should be.

use crate::workshop::{Ran, Workshop};
use shipgate::gate::{Outcome, ReasonKind, StepOutcome};
use shipgate::record::BuildStatus;
use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Refused before anything is run, in words that hold all of `parts`.
#[track_caller]
fn refused(workshop: &Workshop, parts: &[&str]) {
    let begun = Instant::now();
    let ran = workshop.gate().ends();
    assert_eq!((ran.status, ran.stdout.as_str(), ran.has_report()), (Some(2), "", false), "{}", ran.stderr);
    for part in parts {
        assert!(ran.stderr.contains(part), "no {part:?} in {}", ran.stderr);
    }
    assert!(ran.stderr.contains("help:"), "{}", ran.stderr);
    assert!(!workshop.path("ran").exists(), "nothing may be run");
    assert!(begun.elapsed() < Duration::from_secs(10), "it took {:?}", begun.elapsed());
}

#[test]
fn a_mistake_in_the_configuration_is_shown_in_its_place() {
    let workshop = Workshop::configured("steps:\n  - name: a\n    run: touch ran\n    timeuot: 5m\n    output: 5\n");
    refused(&workshop, &["shipgate.yml:4:5", "timeuot", "`timeout`", "shipgate.yml:5:"]);
}

#[test]
fn a_configuration_of_nested_anchors_is_refused_quickly() {
    let mut yaml = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    let mut number = 0;
    while yaml.len() < 10_000_000 {
        let refers = format!("*a{number}, ").repeat(9);
        number += 1;
        let _ = writeln!(yaml, "a{number}: &a{number} [{refers}*a0]");
    }
    let begun = Instant::now();
    let ran = Workshop::configured(&yaml).gate().ends();
    assert_eq!((ran.status, ran.has_report()), (Some(2), false), "{}", ran.stderr);
    assert!(ran.stderr.contains("shipgate.yml") && ran.stderr.len() < 10_000, "{}", ran.stderr.len());
    assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
}

#[test]
fn a_configuration_that_is_a_folder_or_not_there_is_named() {
    let workshop = Workshop::new().with("shipgate.yml/x", "");
    refused(&workshop, &["shipgate.yml", "is a folder"]);
    let ran = Workshop::new().gate_with(&["--config", "gone.yml"]).ends();
    assert!(ran.status == Some(2) && ran.stderr.contains("gone.yml"), "{}", ran.stderr);
}

#[test]
fn a_folder_with_nothing_to_run_is_refused_with_a_proposal() {
    refused(&Workshop::new(), &["package.json", "shipgate.yml"]);
    refused(&Workshop::new().with("package.json", r#"{ "name": "x" }"#), &["`build` script", "steps:"]);
    let empty = Workshop::configured("").gate().ends();
    assert!(empty.status == Some(2) && empty.stderr.contains("shipgate.yml"), "{}", empty.stderr);
}

#[test]
fn an_unreadable_package_json_is_shown_in_its_place() {
    let broken = Workshop::new().with("package.json", "{\n  \"name\": \"x\",\n}\n");
    refused(&broken, &["package.json", "line 3"]);
    refused(&Workshop::new().with("package.json", "[]"), &["package.json", "no JSON object"]);
    // Also where the configuration names every step: what is installed could not be told.
    let configured = Workshop::configured("steps: [{ name: a, run: touch ran }]").with("package.json", "{");
    refused(&configured, &["package.json", "line 1"]);
}

#[test]
fn two_lock_files_are_refused_with_the_way_out() {
    let workshop = Workshop::new()
        .with("package.json", r#"{ "name": "x", "scripts": { "build": "touch ran" } }"#)
        .with("package-lock.json", r#"{ "lockfileVersion": 3 }"#)
        .with("yarn.lock", "");
    refused(&workshop, &["package-lock.json", "yarn.lock", "git rm"]);
}

#[test]
fn a_configuration_alone_needs_no_package_json() {
    Workshop::configured("steps: [{ name: check, run: 'true' }]").gate().ends().is(Outcome::Passed);
}

#[test]
fn a_green_build_without_output_is_a_failure() {
    for (script, words) in [("exit 0", "made no folder"), ("mkdir -p dist/empty", "left nothing")] {
        let ran = Workshop::with_build(script, "thresholds: { bundle-size: 1 MB }\n").gate().ends();
        ran.is(Outcome::Failed);
        assert_eq!((ran.step("build").outcome, ran.reasons()), (StepOutcome::Clean, vec![ReasonKind::OutputMissing]));
        assert!(ran.report().verdict.reasons[0].message.contains(words), "{:?}", ran.report().verdict);
        let build = ran.report().build.as_ref().unwrap();
        assert_eq!((build.build_status, build.bundle_size), (BuildStatus::Failed, None));
        assert_eq!(ran.conditions("bundle-size")[0].actual, None);
    }
    let file = Workshop::with_build("echo x > dist", "").gate().ends();
    assert_ne!(file.status, Some(0), "{:?}", file.report().verdict);
}

/// The most memory that a process ever had, in kB.
fn peak_memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// Runs the gate with its output going nowhere; with its peak memory in kB.
fn watched(workshop: &Workshop) -> (Ran, u64) {
    let mut invocation = workshop.gate();
    invocation.command.stdout(Stdio::null());
    let mut running = invocation.start_as_it_is();
    let mut peak = 0;
    while running.child.try_wait().unwrap().is_none() {
        peak = peak.max(peak_memory(running.child.id()).unwrap_or_default());
        std::thread::sleep(Duration::from_millis(20));
    }
    (running.end(), peak)
}

#[test]
fn two_gigabytes_of_output_pass_through_in_a_hundred_megabytes_of_memory() {
    let line = "a line of a log that says nothing about anything and is as long as such lines are";
    let script = format!("yes '{line}' | head -c 2000000000\nsleep 0.3\n");
    let workshop = Workshop::with_check("auto", &script);
    let (ran, peak) = watched(&workshop);
    ran.is(Outcome::Passed);
    assert_eq!(ran.step("check").account.bytes, 2_000_000_000);
    assert!(peak > 1000 && peak < 100_000, "{peak} kB");
}

#[test]
fn lines_without_an_end_do_not_fill_the_memory() {
    let one = "head -c 300000000 /dev/zero | tr '\\0' x\nsleep 0.3\n";
    let five = "for i in 1 2 3 4 5; do head -c 60000000 /dev/zero | tr '\\0' x; echo; done\nsleep 0.3\n";
    // What the program itself takes, whose code is several times as large without optimisation.
    let (_, idle) = watched(&Workshop::with_check("auto", "echo\nsleep 0.3\n"));
    for script in [one, five] {
        let (ran, peak) = watched(&Workshop::with_check("auto", script));
        assert!(ran.step("check").account.bytes >= 300_000_000);
        assert!(idle > 1000 && peak > idle && peak - idle < 80_000, "{peak} kB, {idle} kB when idle");
    }
}

#[test]
fn output_that_is_not_utf8_is_read_all_the_same() {
    let script =
        "printf '\\377\\376 noise \\000\\n'\nprintf \"src/\\344.ts(3,7): error TS2322: caf\\351.\\n\"\nexit 2\n";
    let ran = Workshop::with_check("tsc", script).gate().ends();
    ran.is(Outcome::Failed);
    assert_eq!((ran.check(), ran.report().counts.errors), (StepOutcome::Errors, 1));
    assert_eq!(ran.report().diagnostics[0].diagnostic.message, "caf\u{fffd}.");
}

#[test]
fn a_process_that_keeps_the_pipe_open_is_ended_and_told_about() {
    let ran = Workshop::with_check("exit-status", "sh -c 'trap \"\" TERM; while :; do sleep 1; done' &\nexit 0\n")
        .gate()
        .ends();
    ran.is(Outcome::Passed);
    assert!(ran.seconds < 10.0, "{}", ran.seconds);
    assert!(ran.notices().contains("`check` left a process behind"), "{}", ran.notices());
    let quiet = Workshop::with_check("exit-status", "exit 0\n").gate().ends();
    assert_eq!(quiet.notices(), "");
}

/// Root reads everything, so that the program is somebody else where the tests are run by root.
#[cfg(unix)]
#[test]
fn a_file_of_the_output_that_cannot_be_read_leaves_the_answer_open_and_is_named() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
    use std::os::unix::process::CommandExt as _;
    const NOBODY: u32 = 65_534;
    let script =
        "mkdir -p dist/locked && echo x > dist/locked/a.js && echo y > dist/b.js && chmod 000 \"$(cat what)\"\n";
    for what in ["dist/b.js", "dist/locked"] {
        let workshop = Workshop::with_build(script, "thresholds: { new-errors: 0 }\n").with("what", what);
        let mut gate = workshop.gate();
        if fs::metadata(workshop.path("")).unwrap().uid() == 0 {
            let program = workshop.beside("shipgate");
            fs::copy(crate::workshop::SHIPGATE, &program).unwrap();
            for path in [workshop.beside(""), workshop.path(""), workshop.beside("home")] {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
                chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
            let mut command = std::process::Command::new(program);
            command.args(gate.command.get_args()).env_clear().current_dir(workshop.beside(""));
            command.envs(gate.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
            gate.command = command;
            gate.command.uid(NOBODY).gid(NOBODY);
        }
        let ran = gate.ends();
        ran.is(Outcome::Inconclusive);
        assert_eq!(ran.reasons(), [ReasonKind::MeasurementFailed], "{ran:#?}");
        let message = &ran.report().verdict.reasons[0].message;
        assert!(message.contains(what) && message.contains("ermission denied"), "{message}");
        fs::set_permissions(workshop.path(what), fs::Permissions::from_mode(0o777)).unwrap();
    }
}

#[test]
fn links_and_pipes_in_the_output_are_not_followed_for_ever() {
    let script = "mkdir -p dist/a\necho x > dist/index.html\nln -sfn .. dist/a/up\nln -sfn /etc/passwd dist/passwd\nmkfifo dist/pipe\n";
    let ran = Workshop::with_build(script, "").gate().ends();
    let bundle = ran.report().build.as_ref().unwrap().bundle.as_ref().unwrap();
    assert_eq!(bundle.assets.iter().map(|asset| asset.path.as_str()).collect::<Vec<_>>(), ["index.html"]);
    assert!(ran.seconds < 20.0, "{}", ran.seconds);
}
