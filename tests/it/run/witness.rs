//! The witness table: what a step's exit status, its output and its tool's own total say together. Every
//! row both ways, green and not green.

use crate::examples::installed;
use crate::workshop::{Ran, Workshop};
use shipgate::diagnostic::Exit;
use shipgate::gate::{Outcome, ReasonKind, StepOutcome};

const ERROR: &str = "src/a.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.";

fn checked(format: &str, script: &str) -> Ran {
    Workshop::with_check(format, script).gate().ends()
}

/// A project with the real compiler that `npx tsc` finds.
fn typescript(source: &str) -> Workshop {
    let workshop = Workshop::configured("steps: [{ name: check, run: npx tsc --noEmit, format: tsc }]")
        .with("package.json", r#"{ "name": "tiny", "private": true, "devDependencies": { "typescript": "5.9.3" } }"#)
        .with("tsconfig.json", r#"{ "compilerOptions": { "strict": true, "types": [] }, "include": ["src"] }"#)
        .with("src/a.ts", source);
    link_typescript(&workshop);
    workshop
}

fn link_typescript(workshop: &Workshop) {
    use std::os::unix::fs::symlink;
    std::fs::create_dir_all(workshop.path("node_modules/.bin")).unwrap();
    symlink(installed("astro-site").join("node_modules/typescript"), workshop.path("node_modules/typescript")).unwrap();
    symlink("../typescript/bin/tsc", workshop.path("node_modules/.bin/tsc")).unwrap();
}

#[test]
fn a_clean_tsc_which_says_nothing_is_green() {
    let ran = typescript("export const a: number = 1;\n").gate().ends();
    ran.is(Outcome::Passed);
    assert_eq!((ran.check(), ran.step("check").account.bytes), (StepOutcome::Clean, 0));
}

#[test]
fn the_errors_of_tsc_decide() {
    let workshop = typescript("export const a: number = 'x';\nexport const b: string = 1;\n");
    let ran = workshop.gate().ends();
    ran.is(Outcome::Failed);
    assert_eq!((ran.check(), ran.reasons()), (StepOutcome::Errors, vec![]));
    assert_eq!(ran.step("check").exit, Some(Exit::Code { code: 2 }));
    let places: Vec<_> = ran.report().diagnostics.iter().map(|it| (it.diagnostic.line, it.diagnostic.column)).collect();
    assert_eq!(places, [(Some(1), Some(14)), (Some(2), Some(14))]);
    // And where errors are allowed, they are no reason to stop.
    let allowed = format!("{}\nthresholds: {{ new-errors: 2 }}\n", workshop.read("shipgate.yml"));
    workshop.put("shipgate.yml", allowed);
    workshop.gate().ends().is(Outcome::Passed);
}

#[test]
fn pretty_and_coloured_output_of_tsc_has_its_total_as_a_witness() {
    let workshop = typescript("export const a: number = 'x';\n");
    workshop.put("shipgate.yml", "steps: [{ name: check, run: npx tsc --noEmit --pretty, format: tsc }]");
    let ran = workshop.gate().ends();
    ran.is(Outcome::Failed);
    let totals = &ran.step("check").account.totals;
    assert!(totals.len() == 1 && totals[0].errors == Some(1) && totals[0].agrees(), "{totals:?}");
}

#[test]
fn tsc_that_checks_no_file_is_not_green() {
    let workshop = typescript("");
    workshop.put("tsconfig.json", r#"{ "compilerOptions": { "types": [], "noLib": true }, "files": [] }"#);
    let ran = workshop.gate().ends();
    assert_ne!(ran.status, Some(0), "{}", ran.said());
    assert_ne!(ran.check(), StepOutcome::Clean);
}

#[test]
fn a_tool_that_says_nothing_and_fails_is_a_failure_of_its_own() {
    for code in [1, 2] {
        let ran = checked("tsc", &format!("exit {code}\n"));
        ran.is(Outcome::Failed);
        assert_eq!((ran.check(), ran.reasons()), (StepOutcome::Failed, vec![ReasonKind::StepFailed]));
    }
    // Silence is how `tsc` says that all is well, and not how `astro check` does.
    checked("tsc", "exit 0\n").is(Outcome::Passed);
    checked("astro-check", "exit 0\n").is(Outcome::Inconclusive);
    checked("exit-status", "exit 0\n").is(Outcome::Passed);
}

#[test]
fn an_exit_status_without_an_error_keeps_the_end_of_the_log() {
    let ran = checked("tsc", "for i in $(seq 1 500); do echo \"line $i of the log\"; done\nexit 1\n");
    ran.is(Outcome::Failed);
    assert_eq!((ran.check(), ran.reasons()), (StepOutcome::Failed, vec![ReasonKind::StepFailed]));
    let tail = ran.step("check").log_tail.as_deref().unwrap();
    assert!(tail.ends_with("line 500 of the log\n") && !tail.contains("line 5 of"), "{tail}");
}

#[test]
fn what_is_killed_is_a_failure_and_what_it_said_is_kept() {
    for (signal, number) in [("SEGV", 11), ("KILL", 9)] {
        let yaml = format!(
            "steps:\n  - name: check\n    format: tsc\n    run: |\n      echo \"{ERROR}\"\n      kill -{signal} $$\n"
        );
        let ran = Workshop::configured(&yaml).gate().ends();
        ran.is(Outcome::Failed);
        assert_eq!((ran.check(), ran.reasons()), (StepOutcome::Failed, vec![ReasonKind::StepFailed]));
        let exit = ran.step("check").exit.clone();
        assert!(matches!(exit, Some(Exit::Signal { number: found, .. }) if found == number), "{exit:?}");
        assert_eq!(ran.report().counts.errors, 1);
        // A shell in between makes a status of it.
        let behind = checked("tsc", &format!("echo \"{ERROR}\"\nkill -{signal} $$\n"));
        behind.is(Outcome::Failed);
        assert_eq!((behind.check(), behind.reasons()), (StepOutcome::Failed, vec![ReasonKind::StepFailed]));
    }
}

#[test]
fn what_a_shell_says_of_a_killed_command_is_a_failure_too() {
    for code in [134, 137, 139, 143] {
        // With an error in its output, a step that ends so may not have come to the end of its work.
        let ran = checked("tsc", &format!("echo \"{ERROR}\"\nexit {code}\n"));
        ran.is(Outcome::Failed);
        assert_eq!(ran.check(), StepOutcome::Failed);
    }
}

#[test]
fn a_full_heap_is_a_failure_that_is_named() {
    let text = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory";
    let ran = checked("tsc", &format!("echo \"<--- Last few GCs --->\"\necho \"{text}\" >&2\nexit 134\n"));
    ran.is(Outcome::Failed);
    assert_eq!(ran.check(), StepOutcome::Failed);
    assert_eq!(ran.step("check").account.crashes[0].kind, "out-of-memory");
    assert!(ran.report().verdict.reasons[0].message.contains("heap out of memory"));
    // A pipe that hides the exit status does not make it green.
    let hidden = checked("tsc", &format!("echo \"{text}\"\nexit 0\n"));
    hidden.is(Outcome::Inconclusive);
}

#[test]
fn an_unknown_command_is_a_failure() {
    let ran = checked("tsc", "no-such-command-anywhere --noEmit\n");
    ran.is(Outcome::Failed);
    assert_eq!(ran.step("check").exit, Some(Exit::Code { code: 127 }));
    assert_eq!((ran.check(), ran.reasons()), (StepOutcome::Failed, vec![ReasonKind::StepFailed]));
}

#[test]
fn a_folder_that_is_not_there_is_a_failure_before_the_start() {
    let ran = Workshop::configured("steps: [{ name: check, run: 'true', directory: packages/gone }]").gate().ends();
    ran.is(Outcome::Failed);
    assert!(matches!(ran.step("check").exit, Some(Exit::NotStarted { .. })), "{:?}", ran.step("check"));
}

#[test]
fn a_total_that_differs_from_what_was_read_is_inconclusive_with_both_numbers() {
    let two = format!("echo \"{ERROR}\"\necho \"{}\"\n", ERROR.replace("(3,7)", "(4,7)"));
    let ran = checked("tsc", &format!("{two}echo\necho 'Found 3 errors in 2 files.'\nexit 2\n"));
    ran.is(Outcome::Failed);
    assert_eq!((ran.check(), ran.reasons()), (StepOutcome::Inconclusive, vec![ReasonKind::StepInconclusive]));
    let words = &ran.report().verdict.reasons[0].message;
    assert!(words.contains("3 errors") && words.contains('2'), "{words}");
    // Where the errors alone would not stop it, the doubt does; and a total that agrees is no doubt.
    let lenient = |said: u32| {
        let script = format!("{two}echo\necho 'Found {said} errors in 2 files.'\nexit 2\n");
        let workshop = Workshop::with_check("tsc", &script);
        workshop.put("shipgate.yml", format!("{}thresholds: {{ new-errors: off }}\n", workshop.read("shipgate.yml")));
        workshop.gate().ends()
    };
    lenient(3).is(Outcome::Inconclusive);
    lenient(2).is(Outcome::Passed);
    // Also when the step itself says that all is well.
    checked("tsc", "echo 'Found 3 errors in 2 files.'\nexit 0\n").is(Outcome::Inconclusive);
}

#[test]
fn errors_behind_an_exit_status_of_zero_still_count() {
    let ran = checked("tsc", &format!("echo \"{ERROR}\"\nexit 0\n"));
    ran.is(Outcome::Failed);
    assert_eq!((ran.check(), ran.report().counts.errors), (StepOutcome::Errors, 1));
}

/// What `astro check` prints without `@astrojs/check` where it cannot ask, and ends with 0.
const WITHOUT_PACKAGE: &str = r"echo '[check] To continue, Astro requires the following dependency to be installed: @astrojs/check.'
echo '[WARN] [check] You will need to run the following to continue: npm i @astrojs/check typescript'
exit 0";

#[test]
fn astro_check_that_checked_nothing_is_inconclusive_and_one_that_did_is_green() {
    let yaml = "steps: [{ name: check, run: npx astro check }]";
    let with = |script: &str| {
        let workshop = Workshop::configured(yaml).with("package.json", r#"{ "name": "site" }"#);
        workshop.with_program("astro", script).gate().ends()
    };
    let nothing = with(WITHOUT_PACKAGE);
    nothing.is(Outcome::Inconclusive);
    assert_eq!((nothing.check(), nothing.reasons()), (StepOutcome::Inconclusive, vec![ReasonKind::StepInconclusive]));
    with("echo 'Result (0 files): '\necho '- 0 errors'\necho '- 0 warnings'\necho '- 0 hints'")
        .is(Outcome::Inconclusive);
    with("echo 'Result (4 files): '\necho '- 0 errors'\necho '- 0 warnings'\necho '- 0 hints'").is(Outcome::Passed);
    with("echo 'Result (4 files): '\necho '- 1 error'\necho '- 0 warnings'\necho '- 0 hints'\nexit 1")
        .is(Outcome::Failed);
}

#[test]
fn a_time_out_is_a_failure_and_what_was_read_is_kept() {
    let script = format!("echo \"{ERROR}\"\nsleep 30\n");
    let workshop = Workshop::with_check("tsc", &script);
    workshop.put("shipgate.yml", format!("{}    timeout: 500ms\n", workshop.read("shipgate.yml")));
    let ran = workshop.gate().ends();
    ran.is(Outcome::Failed);
    assert!(ran.seconds < 10.0, "{}", ran.seconds);
    assert!(matches!(ran.step("check").exit, Some(Exit::TimedOut { .. })));
    assert_eq!((ran.check(), ran.report().counts.errors), (StepOutcome::Failed, 1));
    // A step that is quicker than its time-out never hears of it.
    workshop.put("check.sh", "exit 0\n");
    workshop.gate().ends().is(Outcome::Passed);
}

#[test]
fn steps_after_a_failed_one_are_skipped_and_steps_after_errors_are_not() {
    let two = |script: &str| {
        let yaml = "steps:\n  - { name: check, run: sh ./check.sh, format: tsc }\n  - { name: after, run: 'true' }\n";
        Workshop::configured(yaml).with("check.sh", script).gate().ends().step("after").outcome
    };
    assert_eq!(two("exit 1\n"), StepOutcome::Skipped);
    assert_eq!(two(&format!("echo \"{ERROR}\"\nexit 2\n")), StepOutcome::Clean);
}
