//! What a run is compared with, when it is not the records: a saved report, or the merge base.

use crate::workshop::{Invocation, Ran, Workshop};
use nix::sys::signal::Signal;
use shipgate::gate::{Outcome, ReasonKind};
use shipgate::report::{Recognition, State};
use std::fs;

/// Says `TS2322` for each line with `BAD` in a source, as tsc does.
const CHECK: &str = r#"status=0
for file in src/*.ts; do
  while read -r line; do
    echo "$file(${line%%:*},1): error TS2322: Type 'string' is not assignable to type 'number'."
    status=2
  done <<END
$(grep -n BAD "$file")
END
done 2>/dev/null | grep -v '(,1)' ; grep -q BAD src/*.ts && exit 2; exit 0
"#;

/// A repository whose branch `main` has one error in `src/a.ts` and whose branch `change` is at work on it.
fn repository() -> Workshop {
    let workshop = Workshop::with_check("tsc", CHECK)
        .with("src/a.ts", "one\ntwo\nBAD three\nfour\nfive\n")
        .with(".gitignore", "node_modules\n.shipgate\n.env\nready\n");
    workshop.git(&["init", "--quiet", "--initial-branch=main"]);
    workshop.git(&["add", "--all"]);
    workshop.git(&["commit", "--quiet", "--message", "one"]);
    workshop.git(&["checkout", "--quiet", "-b", "change"]);
    fs::create_dir(workshop.beside("tmp")).unwrap();
    workshop
}

fn in_own_folder(workshop: &Workshop, arguments: &[&str]) -> Invocation {
    workshop.gate_with(arguments).env("TMPDIR", workshop.beside("tmp"))
}

/// Nothing is left of a base: no folder, and nothing that git knows.
#[track_caller]
fn is_cleared_up(workshop: &Workshop) {
    let left: Vec<_> = fs::read_dir(workshop.beside("tmp")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(!workshop.path(".git/worktrees").exists(), "git still knows a worktree");
}

fn states(ran: &Ran) -> Vec<State> {
    ran.report().diagnostics.iter().map(|it| it.state).collect()
}

#[test]
fn a_saved_report_tells_what_is_known_moved_new_and_fixed() {
    let workshop = Workshop::with_check("tsc", CHECK).with("src/a.ts", "BAD one\ntwo\nBAD three\nfour\nBAD five\n");
    let saved = workshop.beside("saved.json");
    let target = format!("json={}", saved.display());
    workshop.shipgate(&["run", "--report", &target]).ends();
    workshop.put("src/a.ts", "BAD one\ntwo\nmore\nBAD three\nfour\n6\n7\n8\n9\n10\n11\nBAD new\n");
    let ran = workshop.gate_with(&["--base-report", saved.to_str().unwrap()]).ends();
    assert_eq!(states(&ran), [State::New, State::Known, State::Moved]);
    let moved = &ran.report().diagnostics[2];
    let before = moved.before.as_ref().unwrap();
    assert_eq!((before.line, before.recognised_by), (Some(3), Recognition::MovedLine));
    assert_eq!((ran.report().counts.fixed_errors, ran.report().base.kind.as_str()), (1, "report"));
    ran.is(Outcome::Failed);
    let explained = workshop.shipgate(&["run", "--explain", "--base-report", saved.to_str().unwrap()]).ends();
    assert!(explained.stdout.contains("elsewhere in the file; it was src/a.ts:3"), "{}", explained.stdout);
}

#[test]
fn one_command_is_compared_with_a_saved_report_too() {
    let workshop = Workshop::new();
    let saved = workshop.beside("saved.json");
    let target = format!("json={}", saved.display());
    let error = "echo 'src/a.ts(1,1): error TS2322: no'; exit 2";
    workshop.shipgate(&["run", "--report", &target, "--", error]).ends();
    let ran = workshop.gate_with(&["--base-report", saved.to_str().unwrap(), "--", error]).ends();
    ran.is(Outcome::Passed);
    assert_eq!(states(&ran), [State::Known]);
}

#[test]
fn what_is_no_report_is_refused_and_named() {
    let workshop = Workshop::with_check("tsc", "exit 0\n");
    for (text, status) in [(None, 3), (Some("{}"), 2), (Some("{ \"schema_version\": 99 }"), 2), (Some("log"), 2)] {
        if let Some(text) = text {
            workshop.put("base.json", text);
        }
        let ran = workshop.gate_with(&["--base-report", "base.json"]).ends();
        assert_eq!(ran.status, Some(status), "{text:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("base.json"), "{}", ran.stderr);
    }
}

#[test]
fn where_the_saved_run_broke_off_nothing_can_be_told_to_be_new() {
    let workshop = Workshop::with_check("tsc", "echo 'FATAL ERROR: heap out of memory'; exit 134\n");
    let saved = workshop.beside("saved.json");
    let target = format!("json={}", saved.display());
    workshop.shipgate(&["run", "--report", &target]).ends();
    workshop.put("check.sh", "echo 'src/a.ts(1,1): error TS2322: no'; exit 2\n");
    let ran = workshop.gate_with(&["--base-report", saved.to_str().unwrap()]).ends();
    assert_eq!(ran.reasons(), [ReasonKind::BaseUnreadable]);
    workshop.put("check.sh", "exit 0\n");
    workshop.gate_with(&["--base-report", saved.to_str().unwrap()]).ends().is(Outcome::Passed);
}

#[test]
fn the_merge_base_is_built_and_the_change_alone_is_judged() {
    let workshop = repository();
    workshop.git(&["mv", "src/a.ts", "src/renamed.ts"]);
    workshop.put("src/renamed.ts", "zero\none\ntwo\nBAD three\nfour\nfive\n");
    workshop.git(&["commit", "--quiet", "--all", "--message", "two"]);
    // What comes to `main` afterwards is not part of the base.
    workshop.git(&["checkout", "--quiet", "main"]);
    workshop.put("src/a.ts", "one\ntwo\nfour\nfive\n");
    workshop.git(&["commit", "--quiet", "--all", "--message", "three"]);
    workshop.git(&["checkout", "--quiet", "change"]);
    let before = workshop.snapshot(&[".git", ".shipgate"]);
    let ran = in_own_folder(&workshop, &["--base-ref", "main"]).ends();
    ran.is(Outcome::Passed);
    assert_eq!((states(&ran), ran.report().base.kind.as_str()), (vec![State::Moved], "reference"));
    let was = ran.report().diagnostics[0].before.clone().unwrap();
    assert_eq!(
        (was.file.as_deref(), was.line, was.recognised_by),
        (Some("src/a.ts"), Some(3), Recognition::RenamedFile)
    );
    assert!(workshop.snapshot(&[".git", ".shipgate"]) == before, "the work tree was touched");
    is_cleared_up(&workshop);

    workshop.put("src/renamed.ts", "BAD zero\none\ntwo\nBAD three\nfour\nfive\n");
    let ran = in_own_folder(&workshop, &["--base-ref", "main"]).ends();
    ran.is(Outcome::Failed);
    assert_eq!(states(&ran), [State::New, State::Moved]);
    is_cleared_up(&workshop);
}

#[test]
fn installed_packages_and_dotenv_files_are_shared_and_caches_are_not() {
    let workshop = repository();
    workshop.put("package.json", "{ \"name\": \"site\" }");
    let lock = "{ \"name\": \"site\", \"lockfileVersion\": 3, \"packages\": { \"\": { \"name\": \"site\" } } }";
    workshop.put("package-lock.json", lock);
    let script = "test \"$(cat .env)\" = NAME=value || exit 9\ncat node_modules/@scope/one/tool.txt node_modules/two/tool.txt || exit 9\n\
                  test -e node_modules/.cache/kept && exit 0\nmkdir -p node_modules/.cache && touch node_modules/.cache/made\n";
    workshop.put("check.sh", script);
    workshop.git(&["add", "--all"]);
    workshop.git(&["commit", "--quiet", "--message", "two"]);
    workshop.put(".env", "NAME=value");
    workshop.put("node_modules/@scope/one/tool.txt", "1");
    workshop.put("node_modules/two/tool.txt", "2");
    workshop.put("node_modules/.cache/kept", "");
    workshop.put("node_modules/.package-lock.json", "{ \"packages\": {} }");
    let ran = in_own_folder(&workshop, &["--base-ref", "change"]).ends();
    ran.is(Outcome::Passed);
    assert_eq!(ran.report().base.errors, Some(0));
    assert!(!workshop.path("node_modules/.cache/made").exists(), "the base wrote into the project's cache");
    assert!(workshop.path("node_modules/two/tool.txt").exists(), "the packages went with the worktree");
    is_cleared_up(&workshop);

    // With another lock file the base gets packages of its own.
    workshop
        .put("package-lock.json", lock.replace("\"lockfileVersion\"", "\"version\": \"2.0.0\", \"lockfileVersion\""));
    let ran = in_own_folder(&workshop, &["--base-ref", "change"]).ends();
    assert!(ran.notices().contains("another lock file"), "{}", ran.notices());
    is_cleared_up(&workshop);
}

#[test]
fn a_reference_that_nobody_knows_is_a_doubt_with_a_way_out() {
    let workshop = repository();
    for name in ["nowhere", "--output=x", "main..change"] {
        let ran = in_own_folder(&workshop, &[&format!("--base-ref={name}")]).ends();
        ran.is(Outcome::Inconclusive);
        let reason = &ran.report().verdict.reasons[0];
        assert_eq!(reason.kind, ReasonKind::BaseUnreadable);
        assert!(reason.message.contains(name) && reason.help.as_ref().unwrap().contains("fetch-depth"), "{reason:?}");
        is_cleared_up(&workshop);
    }
    let bare = Workshop::with_check("tsc", "exit 0\n");
    bare.gate_with(&["--base-ref", "main"]).ends().is(Outcome::Inconclusive);
}

/// Waits in the base alone, where there is no file `here`.
const SLOW_BASE: &str = "if [ ! -e here ]; then touch \"$MARK\"; while :; do sleep 0.1; done; fi\nexit 0\n";

#[test]
fn an_interrupted_run_clears_up_and_one_that_was_killed_is_cleared_up_by_the_next() {
    let workshop = repository();
    workshop.put("check.sh", SLOW_BASE);
    workshop.git(&["commit", "--quiet", "--all", "--message", "slow"]);
    workshop.put("here", "");
    let mark = workshop.beside("mark");
    let start = || in_own_folder(&workshop, &["--base-ref", "change"]).env("MARK", &mark).start();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let running = start();
        running.wait_for(|| mark.exists());
        running.signal(signal);
        let ran = running.end();
        ran.is(Outcome::Inconclusive);
        is_cleared_up(&workshop);
        fs::remove_file(&mark).unwrap();
    }
    let running = start();
    running.wait_for(|| mark.exists());
    running.signal(Signal::SIGKILL);
    running.end();
    assert!(workshop.path(".git/worktrees").exists());
    // The next run takes it away before it makes its own; one at work is left alone.
    workshop.put("check.sh", "exit 0\n");
    workshop.git(&["commit", "--quiet", "--all", "--message", "quick"]);
    in_own_folder(&workshop, &["--base-ref", "change"]).ends().is(Outcome::Passed);
    is_cleared_up(&workshop);
}
