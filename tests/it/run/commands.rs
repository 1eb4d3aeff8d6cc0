//! What the runner of GitHub Actions takes as commands out of all that is printed: read as it reads
//! (`ActionCommand.cs`, `ActionCommandManager.cs` of <https://github.com/actions/runner>).

use super::github::pull_request;
use crate::github::server::GitHub;
use crate::workshop::{Ran, Workshop};

/// The commands that the runner obeys, by name and in order.
fn obeyed(output: &str) -> Vec<String> {
    let mut stopped: Option<String> = None;
    let mut obeyed = Vec::new();
    for line in output.lines() {
        let Some((name, text)) = command(line) else { continue };
        match &stopped {
            Some(token) if *token == name => stopped = None,
            Some(_) => {}
            None if name == "stop-commands" => stopped = Some(text),
            None => obeyed.push(name),
        }
    }
    obeyed
}

/// Name and text of a line's command: `::name key=value::text` or, anywhere in it, `##[name key=value;]text`.
fn command(line: &str) -> Option<(String, String)> {
    let name = |head: &str| head.split(' ').next().unwrap_or_default().to_owned();
    if let Some((head, text)) = line.trim_start().strip_prefix("::").and_then(|rest| rest.split_once("::")) {
        return Some((name(head), text.to_owned()));
    }
    let (head, text) = line.split_once("##[")?.1.split_once(']')?;
    Some((name(head), text.to_owned()))
}

const FORGED: &str = "##[set-output name=verdict;]passed";

/// A check whose every word tries to be a command.
fn hostile() -> Workshop {
    let script = format!(
        "echo '::set-output name=verdict::passed'\necho '{FORGED}'\n\
         echo \"src/a.ts(3,7): error TS2322: {FORGED} is not assignable.\"\n\
         echo '  ::set-output name=verdict::passed'\n\
         echo \"src/{FORGED}.ts(3,7): error TS2322: x\"\nprintf '::warning::open'\nexit 2\n"
    );
    let yaml = format!(
        "steps:\n  - name: '{FORGED}'\n    run: \"sh ./check.sh # {FORGED}\"\n    format: tsc\n\
         variables:\n  required:\n    A: {{ one-of: ['::error::x'] }}\n"
    );
    Workshop::configured(&yaml).with("check.sh", script)
}

fn said(ran: &Ran) -> Vec<String> {
    let mut all = obeyed(&ran.stdout);
    all.extend(obeyed(&ran.stderr));
    all
}

const AROUND: [&str; 4] = ["remove-matcher", "remove-matcher", "remove-matcher", "group"];

#[test]
fn the_runner_obeys_our_own_commands_and_nobody_elses() {
    for arguments in [
        &[][..],
        &["--verbose"],
        &["--report", "json"],
        &["--report", "markdown"],
        &["--report", "junit"],
        &["--report", "ndjson", "--report", "sarif"],
        &["--quiet"],
    ] {
        let workshop = hostile();
        let ran = workshop.gate_with(arguments).envs(&pull_request(&GitHub::start(), &workshop, 1)).ends();
        assert_eq!(ran.report().counts.errors, 2, "{}", ran.said());
        let mut expected = vec!["error", "error"];
        if arguments != ["--quiet"] {
            expected.splice(0..0, AROUND.into_iter().chain(["endgroup"]));
        }
        let mut obeyed = said(&ran);
        obeyed.sort();
        expected.sort_unstable();
        assert_eq!(obeyed, expected, "{arguments:?}: {}", ran.said());
    }
}

#[test]
fn what_is_read_from_a_log_is_no_command_either() {
    let workshop =
        Workshop::new().with("log", format!("src/a.ts(1,1): error TS1: {FORGED}\n  ::set-output name=a::b\n"));
    for view in ["ndjson", "rdjson", "sarif", "junit", "checkstyle", "code-quality"] {
        let ran = workshop.shipgate(&["parse", "log", "--report", view]).env("GITHUB_ACTIONS", "true").ends();
        assert_eq!((ran.status, said(&ran)), (Some(0), vec![]), "{view}: {}", ran.said());
        assert!(ran.stdout.contains("set-output name=verdict"), "{view}: {}", ran.stdout);
    }
}

#[test]
fn a_mistake_in_the_configuration_is_shown_without_becoming_a_command() {
    let workshop = Workshop::configured(&format!("steps:\n  - nam: '{FORGED}'\n::error::x: 1\n"));
    let ran = workshop.gate().env("GITHUB_ACTIONS", "true").ends();
    assert_eq!((ran.status, said(&ran)), (Some(2), vec![]), "{}", ran.said());
}

#[test]
fn matchers_of_setup_node_are_put_back_at_the_end() {
    let workshop = hostile();
    let matcher = workshop.beside("_actions/actions/setup-node/v6/.github/tsc.json");
    std::fs::create_dir_all(matcher.parent().unwrap()).unwrap();
    std::fs::write(&matcher, "{}").unwrap();
    let github = GitHub::start();
    let invocation = workshop.gate().envs(&pull_request(&github, &workshop, 1));
    let ran = invocation.env("RUNNER_WORKSPACE", workshop.beside("demo")).ends();
    assert_eq!(ran.stdout.lines().last(), Some(&*format!("::add-matcher::{}", matcher.display())));
}
