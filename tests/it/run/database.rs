//! A project whose records are in a database: from the first table to a database that is away.

use crate::workshop::database::{PASSWORD, Place, USER, fresh_schema};
use crate::workshop::{Invocation, Ran, Workshop};
use shipgate::gate::{Outcome, ReasonKind};
use std::fs;

/// A project with a step that says what `said` holds, and a store in a schema of its own.
fn project(said: &str) -> Workshop {
    let yaml = format!(
        "steps:\n  - {{ name: check, run: cat said; test ! -s said, format: tsc }}\nthresholds: {{ errors: off }}\n\
         store: {{ kind: postgres, url: \"${{RECORDS_URL}}\", schema: {} }}\n",
        fresh_schema()
    );
    Workshop::configured(&yaml).with("said", said)
}

fn error(line: u32) -> String {
    format!("src/a.ts({line},1): error TS2322: of line {line}\n")
}

/// Says something, and no part of the password with it.
#[track_caller]
fn ends(invocation: Invocation) -> Ran {
    let ran = invocation.ends();
    let said =
        format!("{}{}", ran.said(), if ran.has_report() { format!("{:?}", ran.report()) } else { String::new() });
    for part in [PASSWORD, "p@ss", "p%40ss", "w%2Fo"] {
        assert!(!said.contains(part), "{said}");
    }
    ran
}

fn store(workshop: &Workshop, url: &str, arguments: &[&str]) -> Ran {
    let all: Vec<&str> = ["store"].iter().chain(arguments).copied().collect();
    ends(workshop.shipgate(&all).env("RECORDS_URL", url))
}

fn gate(workshop: &Workshop, url: &str) -> Ran {
    ends(workshop.gate().env("RECORDS_URL", url))
}

#[test]
fn records_go_through_a_pooler_into_the_database_and_are_the_base_of_the_next_run() {
    let (workshop, url) = (project(""), Place::Pooler.url());
    let before = gate(&workshop, &url);
    before.is(Outcome::Inconclusive);
    assert!(before.report().verdict.reasons[0].help.as_ref().unwrap().contains("shipgate store migrate"));
    // What it found was kept; it is recorded later.
    fs::remove_dir_all(workshop.path(".shipgate/spool")).unwrap();

    let made = store(&workshop, &url, &["migrate"]);
    assert_eq!((made.status, made.stdout.contains("from version 0 to")), (Some(0), true), "{}", made.said());
    assert!(store(&workshop, &url, &["migrate"]).stdout.contains("already"));

    let first = gate(&workshop, &url);
    first.is(Outcome::Passed);
    assert!(!workshop.path(".shipgate").join("build_configs.json").exists());
    workshop.put("said", error(1));
    let second = gate(&workshop, &url);
    second.is(Outcome::Failed);
    assert_eq!((second.report().base.kind.as_str(), second.report().counts.new_errors), ("store", 1));
    let third = gate(&workshop, &url);
    third.is(Outcome::Passed);
    assert_eq!(third.report().counts.new_errors, 0);
    let history = |gated: &Ran| gated.report().base.history.iter().map(|past| past.errors).collect::<Vec<_>>();
    assert_eq!((history(&second), history(&third)), (vec![0], vec![0, 1]));

    let status = store(&workshop, &url, &["status"]);
    let words: Vec<_> = status.stdout.split_whitespace().collect();
    assert!(words.windows(3).any(|it| it == ["open", "errors", "1"]), "{}", status.stdout);
    assert!(words.windows(2).any(|it| it == ["builds", "3"]), "{}", status.stdout);
    assert!(status.stdout.contains("in the clear"), "{}", status.stdout);
}

#[test]
fn a_database_that_is_away_is_never_green_and_what_the_run_found_is_recorded_by_the_next() {
    let (workshop, url) = (project(&error(1)), Place::Newest.url());
    store(&workshop, &url, &["migrate"]);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let away = format!("postgres://{USER}:p%40ss@127.0.0.1:{closed}/postgres");
    let ran = gate(&workshop, &away);
    ran.is(Outcome::Inconclusive);
    assert_eq!(ran.reasons(), [ReasonKind::BaseUnreadable]);
    let notices = ran.notices();
    assert!(notices.contains("was not recorded") && notices.contains(".shipgate/spool/"), "{notices}");
    assert_eq!(spooled(&workshop).len(), 1);
    assert_eq!(store(&workshop, &away, &["status"]).status, Some(3));

    workshop.put("said", "");
    let next = gate(&workshop, &url);
    assert!(next.notices().contains("1 run that could not be recorded before"), "{}", next.notices());
    assert_eq!(spooled(&workshop).len(), 0);
    let status = store(&workshop, &url, &["status"]).stdout;
    let words: Vec<_> = status.split_whitespace().collect();
    // The error of the run that waited was there, and is gone.
    assert!(words.windows(3).any(|it| it == ["resolved", "errors", "1"]), "{status}");

    // By hand, and twice: the second time it is known.
    gate(&workshop, &away);
    let file = spooled(&workshop).remove(0);
    let again = store(&workshop, &url, &["import", &file]);
    assert!(again.stdout.contains("recorded, it is the base now"), "{}", again.said());
    assert!(store(&workshop, &url, &["import", &file]).stdout.contains("recorded before"));
    let all = store(&workshop, &url, &["import"]);
    assert!(all.stdout.contains("1 files of the spool, recorded now: nothing"), "{}", all.said());
    // Without the secret, as on a fork's pull request.
    let without = ends(workshop.gate());
    without.is(Outcome::Inconclusive);
    assert!(without.report().verdict.reasons[0].message.contains("`RECORDS_URL` is not set"));
}

fn spooled(workshop: &Workshop) -> Vec<String> {
    let files = fs::read_dir(workshop.path(".shipgate/spool")).into_iter().flatten().flatten();
    let names = files.map(|it| it.file_name().into_string().unwrap()).filter(|name| name != ".gitignore");
    names.map(|name| format!(".shipgate/spool/{name}")).collect()
}

#[test]
fn everything_moves_from_files_into_the_database_and_back_by_hand() {
    let (workshop, url) = (project(&error(1)), Place::Oldest.url());
    let yaml = workshop.read("shipgate.yml");
    let files = format!("{}store: {{ kind: json }}\n", yaml.split("store:").next().unwrap());
    workshop.put("shipgate.yml", &files);
    gate(&workshop, &url);
    let before = store(&workshop, &url, &["export"]).stdout;
    store(&workshop, &url, &["export", "all.json"]);
    assert_eq!(workshop.read("all.json"), before);

    workshop.put("shipgate.yml", &yaml);
    store(&workshop, &url, &["migrate"]);
    let would = store(&workshop, &url, &["import", "--dry-run", "all.json"]);
    assert!(would.stdout.contains("1 errors, 1 builds, 0 checks, 0 deployments would be added"), "{}", would.said());
    let done = store(&workshop, &url, &["import", "all.json"]);
    assert!(done.stdout.contains("1 errors, 1 builds, 0 checks, 0 deployments were added"), "{}", done.said());
    let again = store(&workshop, &url, &["import", "all.json"]);
    assert!(again.stdout.contains("0 errors, 0 builds"), "{}", again.said());
    assert_eq!(store(&workshop, &url, &["export"]).stdout, before);
    let pruned = store(&workshop, &url, &["prune", "--dry-run"]);
    assert_eq!((pruned.status, pruned.stdout.contains("would be dropped")), (Some(0), true), "{}", pruned.said());
    store(&workshop, &url, &["prune"]);
    assert_eq!(store(&workshop, &url, &["export"]).stdout, before);
    // A document that is cut, newer or none at all changes nothing.
    for bad in [&before[..before.len() / 2], &before.replace("\"version\": 1", "\"version\": 9"), "{}", "no"] {
        workshop.put("bad.json", bad);
        let refused = store(&workshop, &url, &["import", "bad.json"]);
        assert!(matches!(refused.status, Some(2 | 3)) && refused.stderr.contains("help:"), "{}", refused.said());
    }
    assert_eq!(store(&workshop, &url, &["export"]).stdout, before);
}

#[test]
fn errors_and_trends_are_answered_and_changed_in_the_database() {
    let (workshop, url) = (project(&error(1)), Place::Pooler.url());
    assert_eq!(store(&workshop, &url, &["migrate"]).status, Some(0));
    gate(&workshop, &url);
    workshop.put("said", error(1) + &error(2));
    gate(&workshop, &url);
    let ask = |arguments: &[&str]| {
        let ran = ends(workshop.shipgate(arguments).env("RECORDS_URL", &url));
        assert_eq!(ran.status, Some(0), "{}", ran.said());
        ran
    };
    let list = |status: &str| -> serde_json::Value {
        let answer: serde_json::Value =
            serde_json::from_str(&ask(&["errors", "list", "--json", "--status", status]).stdout).unwrap();
        answer["errors"].clone()
    };
    let open = list("active");
    assert_eq!(open.as_array().unwrap().len(), 2);
    assert_eq!((&open[0]["line_number"], &open[1]["line_number"]), (&1.into(), &2.into()));
    assert_ne!(open[0]["fingerprint"], open[1]["fingerprint"]);
    let id = open[0]["id"].as_str().unwrap();
    ask(&["errors", "start", id]);
    ask(&["errors", "resolve", id, "--note", "cast away"]);
    let resolved = list("resolved");
    assert_eq!((resolved.as_array().unwrap().len(), &resolved[0]["resolution_notes"]), (1, &"cast away".into()));
    assert!(ask(&["errors", "show", id]).stdout.contains("in_progress → resolved"));
    ask(&["errors", "reopen", id]);
    ask(&["errors", "defer", id, "--until", "2999-01-01", "--reason", "later"]);
    assert_eq!(list("deferred")[0]["id"], id);

    let trends: serde_json::Value = serde_json::from_str(&ask(&["trends", "--json"]).stdout).unwrap();
    let errors = trends["series"].as_array().unwrap().iter().find(|it| it["measure"] == "errors").unwrap();
    assert_eq!(errors["values"], serde_json::json!([1.0, 2.0]), "{trends}");
}
