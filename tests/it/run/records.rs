//! Records that cannot be written or read: told about, never overwritten, never a change of the verdict
//! but where it hangs on them.

use crate::workshop::{Ran, SHIPGATE, Workshop};
use shipgate::gate::{Outcome, ReasonKind};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;

fn green() -> Workshop {
    Workshop::with_check("tsc", "exit 0\n")
}

/// A run as somebody who may not write into the project, whoever runs the tests.
fn run_as_a_stranger(workshop: &Workshop) -> Ran {
    let invocation = workshop.shipgate_in_shell(
        &format!("exec '{}' \"$@\"", workshop.beside("shipgate").display()),
        &["run", "--report", "json"],
    );
    let mut invocation = invocation.env("HOME", "/nonexistent");
    if fs::metadata(workshop.path("")).unwrap().uid() == 0 {
        // Root may write anywhere.
        invocation.command.uid(65534).gid(65534);
    }
    invocation.ends()
}

#[test]
fn a_project_that_may_not_be_written_to_is_judged_all_the_same() {
    let workshop = green();
    // The folders above the program may be closed to the stranger.
    fs::copy(SHIPGATE, workshop.beside("shipgate")).unwrap();
    for (folder, mode) in [(workshop.beside(""), 0o755), (workshop.path(""), 0o555)] {
        fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
    }
    let ran = run_as_a_stranger(&workshop);
    fs::set_permissions(workshop.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    let report = ran.printed_report();
    assert_eq!((ran.status, report.verdict.outcome), (Some(0), Outcome::Passed), "{}", ran.stderr);
    let told: Vec<_> = report.notices.iter().filter(|notice| notice.message.contains("was not recorded")).collect();
    assert!(told.len() == 1 && told[0].help.is_some(), "{:?}", report.notices);
    assert!(!workshop.path(".shipgate").exists());
}

#[test]
fn a_file_in_the_place_of_the_store_is_told_about_and_stays() {
    let workshop = green().with(".shipgate", "mine");
    let ran = workshop.gate().ends();
    assert!(ran.notices().contains("was not recorded"), "{}", ran.notices());
    assert_eq!(workshop.read(".shipgate"), "mine");
    // What is there and cannot be read may hold a base.
    ran.is(Outcome::Inconclusive);
    assert_eq!(ran.reasons(), [ReasonKind::BaseUnreadable]);
}

#[test]
fn damaged_and_newer_records_are_never_overwritten() {
    let workshop = green();
    workshop.gate().ends().is(Outcome::Passed);
    for name in ["typescript_errors.json", "build_configs.json"] {
        let file = format!(".shipgate/{name}");
        // A store without errors has no file for them yet.
        let good = fs::read_to_string(workshop.path(&file))
            .unwrap_or_else(|_| "{ \"version\": 1, \"records\": [] }".to_owned());
        let newer = good.replace("\"version\": 1", "\"version\": 99");
        assert_ne!(good, newer);
        for bad in [newer.as_str(), "{ \"version\": 1, \"rec", "", "[]", "<<<<<<< HEAD\n"] {
            workshop.put(&file, bad);
            let before = workshop.snapshot(&[]);
            let ran = workshop.gate().ends();
            ran.is(Outcome::Inconclusive);
            assert_eq!(
                (ran.reasons(), ran.report().base.kind.as_str()),
                (vec![ReasonKind::BaseUnreadable], "unreadable")
            );
            assert!(ran.report().verdict.reasons[0].message.contains(name), "{:?}", ran.report().verdict.reasons);
            assert!(ran.notices().contains("was not recorded"), "{}", ran.notices());
            assert!(workshop.snapshot(&[]) == before, "{file} with {bad:?}");
        }
        workshop.put(&file, good);
        workshop.gate().ends().is(Outcome::Passed);
    }
}

#[test]
fn a_failed_gate_stays_failed_whatever_the_records_are() {
    let workshop = Workshop::with_check("tsc", "exit 1\n").with(".shipgate/build_configs.json", "{");
    let ran = workshop.gate().ends();
    ran.is(Outcome::Failed);
    assert_eq!(workshop.read(".shipgate/build_configs.json"), "{");
}

/// Runs the program where no file may grow, as on a full disk.
fn run_without_space(workshop: &Workshop, arguments: &[&str]) -> Ran {
    workshop.shipgate_in_shell("trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"", arguments).ends()
}

#[test]
fn no_space_left_is_told_about_and_changes_nothing_about_the_verdict() {
    let workshop = green();
    let report = workshop.beside("out/report.json");
    let target = format!("json={}", report.display());
    let ran = run_without_space(&workshop, &["run", "--report", &target, "--report", "json"]);
    let printed = ran.printed_report();
    assert_eq!((ran.status, printed.verdict.outcome), (Some(0), Outcome::Passed), "{}", ran.stderr);
    let notices: Vec<_> = printed.notices.iter().map(|notice| notice.message.as_str()).collect();
    assert!(notices.iter().any(|notice| notice.contains("was not recorded")), "{notices:?}");
    assert!(notices.iter().any(|notice| notice.contains("json view was not written")), "{notices:?}");
    assert!(!report.exists(), "half a report is none");
}

#[test]
fn no_space_left_loses_nothing_that_was_recorded() {
    let workshop = green();
    workshop.gate().ends().is(Outcome::Passed);
    let before = workshop.snapshot(&[]);
    let ran = run_without_space(&workshop, &["run", "--report", "json"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert!(ran.printed_report().notices.iter().any(|notice| notice.message.contains("was not recorded")));
    assert!(workshop.snapshot(&[]) == before);
    workshop.gate().ends().is(Outcome::Passed);
}

#[test]
fn a_full_device_in_the_place_of_the_report_is_told_about() {
    let ran = green().shipgate(&["run", "--report", "json=/dev/full", "--report", "json"]).ends();
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let notices = ran.printed_report().notices;
    assert!(notices.iter().any(|notice| notice.message.contains("/dev/full")), "{notices:?}");
}

#[test]
fn a_full_device_in_the_place_of_standard_output_changes_nothing_about_the_verdict() {
    let workshop = green();
    let ran = workshop.shipgate_in_shell("exec \"$0\" \"$@\" > /dev/full", &["run"]).ends();
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    workshop.put("check.sh", "exit 1\n");
    let ran = workshop.shipgate_in_shell("exec \"$0\" \"$@\" > /dev/full", &["run"]).ends();
    assert_eq!(ran.status, Some(1), "{}", ran.stderr);
}
