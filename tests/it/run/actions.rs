//! Whole runs as a step of a GitHub Actions job.

use super::github::{TOKEN, job, merge_group_payload, pull_request, pull_request_payload};
use crate::github::server::{Call, GitHub};
use crate::workshop::{Ran, Workshop, takes};
use nix::sys::signal::Signal;
use serde_json::json;
use shipgate::gate::{Outcome, ReasonKind};
use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

const ERROR: &str = "src/a.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.";

fn with_error() -> Workshop {
    Workshop::with_check("tsc", &format!("echo \"{ERROR}\"\nexit 2\n"))
}

fn on_pull_request(workshop: &Workshop, github: &GitHub, run: u64) -> Ran {
    workshop.gate().envs(&pull_request(github, workshop, run)).ends()
}

/// The step's outputs, which stand between delimiters.
fn outputs(workshop: &Workshop) -> BTreeMap<String, String> {
    let text = fs::read_to_string(workshop.beside("outputs")).unwrap();
    let mut lines = text.lines();
    let mut outputs = BTreeMap::new();
    while let Some(line) = lines.next() {
        let (name, delimiter) = line.split_once("<<").unwrap();
        let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        outputs.insert(name.to_owned(), value.join("\n"));
    }
    outputs
}

#[test]
fn a_comment_is_posted_and_then_updated_in_its_place() {
    let (workshop, github) = (with_error(), GitHub::start());
    let first = on_pull_request(&workshop, &github, 1);
    first.is(Outcome::Failed);
    assert_eq!(first.notices(), "");
    let posted = github.bodies();
    assert_eq!(posted.len(), 1);
    assert!(
        posted[0].starts_with("<!-- shipgate") && posted[0].contains("Type 'string' is not assignable"),
        "{}",
        posted[0]
    );
    assert_eq!(github.calls(), [Call::Read, Call::Create, Call::Read]);
    let id = github.state().comments[0].id;

    workshop.put("check.sh", "exit 0\n");
    on_pull_request(&workshop, &github, 2).is(Outcome::Passed);
    assert_eq!(github.calls()[3..], [Call::Read, Call::Update, Call::Read]);
    let updated = github.bodies();
    assert_eq!((updated.len(), github.state().comments[0].id), (1, id));
    assert!(!updated[0].contains("is not assignable"), "{}", updated[0]);

    // A run that began earlier and ends later leaves it.
    workshop.put("check.sh", "exit 1\n");
    let late = on_pull_request(&workshop, &github, 1);
    late.is(Outcome::Failed);
    assert_eq!(github.bodies(), updated);
    assert!(late.notices().contains("newer run"), "{}", late.notices());
}

#[test]
fn a_pull_request_reads_the_records_and_never_writes_them() {
    let (workshop, github) = (with_error(), GitHub::start());
    on_pull_request(&workshop, &github, 1);
    assert!(!workshop.path(".shipgate").exists());
    let push = |reference: &str, event: &str, run: u64| {
        let payload = json!({ "repository": { "default_branch": "main" } });
        let invocation = workshop.gate().envs(&job(&github, &workshop, event, &payload, run));
        invocation.env("GITHUB_REF", reference).ends()
    };
    // Neither does a push to another branch, a tag, or a run on behalf of anybody.
    push("refs/heads/feature", "push", 2);
    push("refs/tags/v1", "push", 3);
    push("refs/heads/main", "workflow_run", 4);
    assert!(!workshop.path(".shipgate").exists());
    push("refs/heads/main", "push", 5).is(Outcome::Failed);
    assert!(workshop.path(".shipgate/typescript_errors.json").exists());
    let before = workshop.snapshot(&[]);
    let known = on_pull_request(&workshop, &github, 6);
    known.is(Outcome::Passed);
    let report = known.report();
    assert_eq!((report.base.branch.as_deref(), report.base.commit.clone()), (Some("main"), Some("1".repeat(40))));
    assert_eq!((report.run.pull_request, report.run.commit.clone()), (Some(7), Some("2".repeat(40))));
    assert!(workshop.snapshot(&[]) == before);
}

#[test]
fn the_summary_and_the_outputs_say_what_the_report_says() {
    let (workshop, github) = (with_error(), GitHub::start());
    let ran = on_pull_request(&workshop, &github, 1);
    let outputs = outputs(&workshop);
    let names: Vec<&str> = outputs.keys().map(String::as_str).collect();
    let all =
        ["build-time", "bundle-size", "comment", "errors", "new-errors", "recorded", "report", "verdict", "warnings"];
    assert_eq!(names, all);
    assert_eq!(
        (outputs["verdict"].as_str(), outputs["errors"].as_str(), outputs["new-errors"].as_str()),
        ("failed", "1", "1")
    );
    assert_eq!(outputs["report"], workshop.beside("report.json").display().to_string());
    let summary = fs::read_to_string(workshop.beside("summary.md")).unwrap();
    assert!(summary.contains("Type 'string' is not assignable"), "{summary}");
    let annotation = ran.stdout.lines().find(|line| line.starts_with("::error ")).unwrap();
    assert!(annotation.contains("file=src/a.ts,line=3") && annotation.contains("is not assignable"), "{annotation}");
}

#[test]
fn what_a_step_prints_is_never_a_command_to_the_runner() {
    let workshop =
        Workshop::with_check("exit-status", "echo '::set-output name=x::y'\nprintf '::warning::last line left open'\n");
    let ran = on_pull_request(&workshop, &GitHub::start(), 1);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let stop = lines.iter().position(|line| line.starts_with("::stop-commands::")).unwrap();
    let token = lines[stop].strip_prefix("::stop-commands::").unwrap();
    let resume = lines.iter().position(|line| *line == format!("::{token}::")).unwrap();
    for printed in ["::set-output name=x::y", "::warning::last line left open"] {
        let at: Vec<usize> = (0..lines.len()).filter(|&at| lines[at] == printed).collect();
        assert!(at.len() == 1 && stop < at[0] && at[0] < resume, "{printed}: {at:?} between {stop} and {resume}");
    }
    assert!(token.len() >= 32, "nobody can guess it: {token}");
}

#[test]
fn a_refused_comment_is_told_about_and_changes_nothing_about_the_verdict() {
    for status in [401, 403, 404] {
        let github = GitHub::start().refuses(status, r#"{ "message": "Resource not accessible by integration" }"#);
        for (script, outcome) in [("exit 0\n", Outcome::Passed), ("exit 1\n", Outcome::Failed)] {
            let workshop = Workshop::with_check("tsc", script);
            let ran = on_pull_request(&workshop, &github, 1);
            ran.is(outcome);
            assert!(ran.notices().contains("the comment was not posted"), "{}", ran.notices());
            assert!(fs::read_to_string(workshop.beside("summary.md")).unwrap().contains("shipgate"));
            assert_eq!(outputs(&workshop)["verdict"], outcome.as_str());
            assert!(ran.seconds < 20.0, "{status} after {} s", ran.seconds);
        }
    }
}

#[test]
fn sinks_of_the_job_that_cannot_be_written_change_nothing_about_the_verdict() {
    let workshop = Workshop::with_check("tsc", "exit 0\n");
    let invocation = workshop.gate().envs(&pull_request(&GitHub::start(), &workshop, 1));
    let ran = invocation.env("GITHUB_STEP_SUMMARY", "/dev/full").env("GITHUB_OUTPUT", "/nowhere/outputs").ends();
    ran.is(Outcome::Passed);
    assert!(
        ran.said().contains("summary was not written") && ran.said().contains("outputs were not written"),
        "{}",
        ran.said()
    );
}

#[test]
fn without_a_token_there_is_no_comment_and_a_notice_says_why() {
    let (workshop, github) = (Workshop::with_check("tsc", "exit 0\n"), GitHub::start());
    let ran = workshop.gate().envs(&pull_request(&github, &workshop, 1)).env("SHIPGATE_GITHUB_TOKEN", "").ends();
    ran.is(Outcome::Passed);
    assert!(ran.notices().contains("no token"), "{}", ran.notices());
    assert!(github.calls().is_empty());
    let never = workshop.gate_with(&["--comment", "never"]).envs(&pull_request(&github, &workshop, 2)).ends();
    assert_eq!((never.notices().as_str(), github.calls().len()), ("", 0));
}

#[test]
fn the_token_is_seen_by_nobody() {
    let workshop = Workshop::with_check(
        "exit-status",
        "env\necho \"$SHIPGATE_GITHUB_TOKEN.\"\necho ghs_0123456789abcdefghijklmnopqrstuvwxyz\nexit 1\n",
    );
    let github = GitHub::start();
    let ran = on_pull_request(&workshop, &github, 1);
    ran.is(Outcome::Failed);
    let report = fs::read_to_string(workshop.beside("report.json")).unwrap();
    let summary = fs::read_to_string(workshop.beside("summary.md")).unwrap();
    for text in [&ran.stdout, &ran.stderr, &report, &summary, &github.bodies()[0]] {
        assert!(!text.contains(TOKEN), "{text}");
    }
    // Nor by the step, which may be anybody's code.
    assert!(ran.stdout.lines().any(|line| line == "."), "{}", ran.stdout);
}

#[test]
fn a_dry_run_asks_github_nothing() {
    let (workshop, github) = (with_error(), GitHub::start());
    let environment = pull_request(&github, &workshop, 1);
    let ran = workshop.shipgate(&["run", "--dry-run"]).envs(&environment).ends();
    assert_eq!(ran.status, Some(1), "{}", ran.said());
    assert!(
        github.calls().is_empty() && !workshop.beside("summary.md").exists() && !workshop.beside("outputs").exists()
    );
    assert!(!ran.stdout.lines().any(|line| line.starts_with("::error")), "{}", ran.stdout);
}

#[test]
fn a_signal_while_the_comment_is_posted_is_heeded() {
    let (workshop, github) = (with_error(), GitHub::start());
    github.state().is_silent = true;
    let ran = takes(..Duration::from_secs(2), || {
        let calls = github.calls().len();
        let running = workshop.gate().envs(&pull_request(&github, &workshop, 1)).start();
        running.wait_for(|| github.calls().len() > calls);
        let asked = Instant::now();
        running.signal(Signal::SIGTERM);
        let ran = running.end();
        (asked.elapsed(), ran)
    });
    ran.is(Outcome::Failed);
    assert!(ran.notices().contains("the run was stopped"), "{}", ran.notices());
}

#[test]
fn an_event_that_is_not_whole_is_told_about() {
    let workshop = with_error();
    let ran = workshop.gate().env("GITHUB_ACTIONS", "true").ends();
    assert_eq!((ran.status, ran.has_report()), (Some(3), false), "{}", ran.stderr);
    assert!(ran.stderr.contains("GITHUB_EVENT_PATH"), "{}", ran.stderr);
}

/// With one step that ends like this.
fn ending(script: &str) -> Workshop {
    Workshop::with_check("tsc", script)
}

#[test]
fn a_merge_queue_gets_the_same_verdict_and_no_call_and_no_annotation() {
    let (workshop, github) = (with_error(), GitHub::start());
    let ran = workshop.gate().envs(&job(&github, &workshop, "merge_group", &merge_group_payload(), 1)).ends();
    ran.is(Outcome::Failed);
    assert_eq!((ran.notices().as_str(), github.calls().len()), ("", 0));
    assert!(!ran.stdout.lines().any(|line| line.starts_with("::error")), "{}", ran.stdout);
    let run = &ran.report().run;
    assert_eq!((run.commit.clone(), run.pull_request), (Some("3".repeat(40)), None));
    assert_eq!(outputs(&workshop)["comment"], "not-wanted");
}

#[test]
fn a_check_run_is_written_where_it_is_asked_for() {
    let github = GitHub::start();
    let workshop = with_error();
    workshop.put("shipgate.yml", format!("{}commit-check: check-run\n", workshop.read("shipgate.yml")));
    on_pull_request(&workshop, &github, 1).is(Outcome::Failed);
    assert_eq!(github.calls(), [Call::OpenCheck, Call::Read, Call::Create, Call::Read, Call::EndCheck]);
    {
        let state = github.state();
        let check = &state.checks[0];
        assert_eq!((&check["name"], &check["conclusion"]), (&json!("shipgate"), &json!("failure")));
        assert_eq!(check["head_sha"], "2".repeat(40));
        assert_eq!(check["output"]["title"], "failed · 1 error, 1 of them new");
        assert!(check["output"]["summary"].as_str().unwrap().contains("is not assignable"), "{check}");
        assert_eq!(
            (&check["annotations"][0]["path"], &check["annotations"][0]["start_line"]),
            (&json!("src/a.ts"), &json!(3))
        );
    }
    // The queue has it too, since branch protection may wait for it, but no notes on lines.
    let queue = job(&github, &workshop, "merge_group", &merge_group_payload(), 2);
    workshop.gate_with(&["--key", "web"]).envs(&queue).ends().is(Outcome::Failed);
    let state = github.state();
    assert_eq!((&state.checks[1]["name"], &state.checks[1]["status"]), (&json!("shipgate / web"), &json!("completed")));
    assert_eq!((&state.checks[1]["head_sha"], &state.checks[1]["annotations"]), (&json!("3".repeat(40)), &json!([])));
}

#[test]
fn a_commit_status_is_pending_and_then_says_how_it_ended() {
    let (workshop, github) = (ending("exit 0\n"), GitHub::start());
    let environment = pull_request(&github, &workshop, 1);
    let arguments = ["--commit-check", "status", "--comment", "never"];
    workshop.gate_with(&arguments).envs(&environment).ends().is(Outcome::Passed);
    let state = github.state();
    let states: Vec<_> =
        state.statuses.iter().rev().map(|one| (one["state"].clone(), one["description"].clone())).collect();
    assert_eq!(
        states,
        [(json!("pending"), json!("the gate is at work")), (json!("success"), json!("passed · 0 errors"))]
    );
}

#[test]
fn a_check_run_that_may_not_be_written_is_told_about_once() {
    let github = GitHub::start().refuses(403, r#"{ "message": "Resource not accessible by integration" }"#);
    let workshop = ending("exit 0\n");
    let arguments = ["--commit-check", "check-run", "--comment", "never"];
    let ran = workshop.gate_with(&arguments).envs(&pull_request(&github, &workshop, 1)).ends();
    ran.is(Outcome::Passed);
    assert_eq!(github.calls(), [Call::OpenCheck]);
    assert_eq!(ran.notices().matches("the check run was not written").count(), 1, "{}", ran.notices());
    assert!(ran.report().notices[0].help.as_ref().unwrap().contains("checks: write"));
}

#[test]
fn a_run_that_is_stopped_ends_its_check_run() {
    let (workshop, github) = (ending("echo begun; exec sleep 60\n"), GitHub::start());
    let invocation = workshop.gate_with(&["--commit-check", "check-run", "--comment", "never"]);
    let running = invocation.envs(&pull_request(&github, &workshop, 1)).start();
    running.wait_for(|| github.calls() == [Call::OpenCheck]);
    // The answer is on its way.
    std::thread::sleep(Duration::from_secs(1));
    running.signal(Signal::SIGTERM);
    running.end();
    let state = github.state();
    assert_eq!((&state.checks[0]["conclusion"], state.checks.len()), (&json!("cancelled"), 1));
}

#[test]
fn a_required_comment_that_cannot_be_posted_makes_the_run_inconclusive() {
    let refused = || GitHub::start().refuses(403, r#"{ "message": "Resource not accessible by integration" }"#);
    for (script, outcome) in [("exit 0\n", Outcome::Inconclusive), ("exit 1\n", Outcome::Failed)] {
        let (workshop, github) = (ending(script), refused());
        let ran = workshop.gate_with(&["--require-comment"]).envs(&pull_request(&github, &workshop, 1)).ends();
        ran.is(outcome);
        assert!(ran.reasons().contains(&ReasonKind::CommentNotPosted), "{:?}", ran.reasons());
        assert_eq!(
            (outputs(&workshop)["verdict"].as_str(), outputs(&workshop)["comment"].as_str()),
            (outcome.as_str(), "failed")
        );
    }
    // Where there is no pull request, there is nothing to require.
    let (workshop, github) = (ending("exit 0\n"), refused());
    let queue = job(&github, &workshop, "merge_group", &merge_group_payload(), 1);
    workshop.gate_with(&["--require-comment"]).envs(&queue).ends().is(Outcome::Passed);
}

#[test]
fn what_the_action_goes_by_is_among_the_outputs() {
    let (workshop, github) = (ending("exit 0\n"), GitHub::start());
    on_pull_request(&workshop, &github, 1);
    let of_pull_request = outputs(&workshop);
    assert_eq!((of_pull_request["comment"].as_str(), of_pull_request["recorded"].as_str()), ("posted", "false"));
    fs::remove_file(workshop.beside("outputs")).unwrap();
    let payload = json!({ "repository": { "default_branch": "main" } });
    workshop.gate().envs(&job(&github, &workshop, "push", &payload, 2)).ends().is(Outcome::Passed);
    let of_push = outputs(&workshop);
    assert_eq!((of_push["comment"].as_str(), of_push["recorded"].as_str()), ("not-wanted", "true"));
}

#[test]
fn the_base_in_the_place_of_the_pull_request_is_never_green() {
    let (workshop, github) = (ending("exit 0\n"), GitHub::start());
    workshop.git(&["init", "-q", "-b", "main"]);
    workshop.git(&["add", "-A"]);
    workshop.git(&["commit", "-q", "-m", "x"]);
    let head = || {
        let output =
            std::process::Command::new("git").args(["rev-parse", "HEAD"]).current_dir(workshop.path("")).output();
        String::from_utf8(output.unwrap().stdout).unwrap().trim().to_owned()
    };
    let run = |event: &str, sha: &str| {
        let environment = job(&github, &workshop, event, &pull_request_payload(), 1);
        workshop.gate().envs(&environment).env("GITHUB_SHA", sha).ends()
    };
    let ran = run("pull_request_target", &head());
    ran.is(Outcome::Inconclusive);
    assert_eq!(ran.reasons(), [ReasonKind::OtherCommit]);
    // A merge commit, or what the workflow checked out itself, is what is proposed.
    run("pull_request", &head()).is(Outcome::Passed);
    run("pull_request_target", &"9".repeat(40)).is(Outcome::Passed);
}

#[test]
fn worktrees_submodules_shallow_and_detached_checkouts_and_folders_below_the_root_have_their_paths_and_no_base_of_their_own()
 {
    let (workshop, github) = (Workshop::new(), GitHub::start());
    let yaml = "steps:\n  - name: check\n    run: sh ./check.sh\n    format: tsc\n";
    workshop.put("packages/web/shipgate.yml", yaml);
    workshop.put("packages/web/check.sh", format!("echo \"{ERROR}\"\nexit 2\n"));
    workshop.git(&["init", "-q", "-b", "main"]);
    workshop.git(&["add", "-A"]);
    workshop.git(&["commit", "-q", "-m", "one"]);
    workshop.git(&["commit", "-q", "--allow-empty", "-m", "two"]);
    let origin = format!("file://{}", workshop.path("").display());
    workshop.git(&["clone", "-q", "--depth", "1", &origin, "../shallow"]);
    workshop.git(&["-C", "../shallow", "checkout", "-q", "--detach"]);
    workshop.git(&["worktree", "add", "-q", "--detach", "../tree"]);
    workshop.git(&["init", "-q", "../outer"]);
    workshop.git(&[
        "-C",
        "../outer",
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        &origin,
        "inner",
    ]);
    for place in ["project", "shallow", "tree", "outer/inner"] {
        let folder = workshop.beside(place).join("packages/web");
        let target = format!("json={}", workshop.beside("report.json").display());
        let script = format!("exec \"$0\" -C '{}' run --report '{target}'", folder.display());
        let ran = workshop.shipgate_in_shell(&script, &[]).envs(&pull_request(&github, &workshop, 1)).ends();
        ran.is(Outcome::Failed);
        let report = ran.report();
        assert_eq!(report.project.directory, "packages/web", "{place}");
        assert_eq!((report.run.commit.clone(), report.run.branch.as_deref()), (Some("2".repeat(40)), Some("feature")));
        assert!(ran.stdout.contains("file=packages/web/src/a.ts,line=3"), "{place}: {}", ran.stdout);
        assert!(!folder.join(".shipgate").exists(), "{place}");
    }
    let body = github.bodies().remove(0);
    assert!(body.contains(&format!("/octo/demo/blob/{}/packages/web/src/a.ts#L3", "2".repeat(40))), "{body}");
}

#[test]
fn a_comment_that_is_not_due_is_not_created_and_one_that_is_there_is_kept_up_to_date() {
    let error_in = |workshop: &Workshop| workshop.put("check.sh", format!("echo \"{ERROR}\"\nexit 2\n"));
    for policy in ["on-failure", "on-change"] {
        let (workshop, github) = (ending("exit 0\n"), GitHub::start());
        let run = |number| {
            let environment = pull_request(&github, &workshop, number);
            workshop.gate_with(&["--comment", policy]).envs(&environment).ends()
        };
        run(1).is(Outcome::Passed);
        assert_eq!((github.calls(), github.bodies().len()), (vec![Call::Read], 0), "{policy}");
        assert_eq!(outputs(&workshop)["comment"], "not-wanted");
        error_in(&workshop);
        run(2).is(Outcome::Failed);
        assert_eq!(github.bodies().len(), 1, "{policy}");
        workshop.put("check.sh", "exit 0\n");
        run(3).is(Outcome::Passed);
        assert!(!github.bodies()[0].contains("is not assignable") && github.bodies().len() == 1, "{policy}");
    }
    // Known errors that are allowed are no change.
    let (workshop, github) = (with_error(), GitHub::start());
    let payload = json!({ "repository": { "default_branch": "main" } });
    workshop.gate().envs(&job(&github, &workshop, "push", &payload, 1)).ends();
    for (policy, comments) in [("on-change", 0), ("on-failure", 0), ("always", 1)] {
        let environment = pull_request(&github, &workshop, 2);
        workshop.gate_with(&["--comment", policy]).envs(&environment).ends().is(Outcome::Passed);
        assert_eq!(github.bodies().len(), comments, "{policy}");
    }
}

#[test]
fn an_enterprise_server_with_a_certificate_of_its_company_is_trusted_where_the_machine_does() {
    let (github, authority) = GitHub::start_tls();
    let workshop = ending("exit 0\n");
    fs::write(workshop.beside("ca.pem"), authority).unwrap();
    let environment = pull_request(&github, &workshop, 1);
    let stranger = workshop.gate().envs(&environment).ends();
    stranger.is(Outcome::Passed);
    assert!(stranger.notices().contains("invalid peer certificate"), "{}", stranger.notices());
    assert!(stranger.report().notices[0].help.as_ref().unwrap().contains("SSL_CERT_FILE"));
    assert!(stranger.seconds < 30.0, "it is not tried again: {} s", stranger.seconds);
    let trusted = workshop.gate().envs(&environment).env("SSL_CERT_FILE", workshop.beside("ca.pem")).ends();
    trusted.is(Outcome::Passed);
    assert_eq!((trusted.notices().as_str(), github.bodies().len()), ("", 1));
}
