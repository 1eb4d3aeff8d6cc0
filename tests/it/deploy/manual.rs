//! The caller says what happened.

use super::{head, listed, pass_the_gate, project};
use serde_json::Value;

const MANUAL: &str = "deploy: { provider: manual, domain: app.example.com, health-path: /api/health }\n";

#[test]
fn a_commit_that_never_passed_the_gate_is_a_broken_condition() {
    let (workshop, commit) = project(MANUAL);
    let ran = workshop.shipgate(&["deploy", "record", "--status", "queued", "--dry-run"]).ends();
    assert_eq!(ran.status, Some(1), "{ran:#?}");
    assert!(ran.stderr.contains(&format!("the gate never ran on the commit `{}`", &commit[..7])), "{ran:#?}");
    assert!(ran.stderr.contains("shipgate run --record"));
    assert_eq!(listed(&workshop)["deployments"], Value::Array(Vec::new()), "a dry run records nothing");

    pass_the_gate(&workshop);
    let ran = workshop.shipgate(&["deploy", "record", "--status", "queued"]).ends();
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{ran:#?}");

    // The gate fails on the next one, though its build goes well.
    let yaml = workshop.read("shipgate.yml").replace("\"true\"", "\"false\"");
    workshop.put("shipgate.yml", yaml);
    workshop.git(&["commit", "-qam", "two"]);
    assert_eq!(workshop.shipgate(&["run", "--record", "--quiet"]).ends().status, Some(1));
    let ran = workshop.shipgate(&["deploy", "record", "--status", "queued", "--id", "two"]).ends();
    assert_eq!(ran.status, Some(1), "{ran:#?}");
    assert!(ran.stderr.contains("the gate failed on the commit"), "{ran:#?}");
}

#[test]
fn a_deployment_goes_its_way_refers_to_its_build_and_is_superseded_not_rolled_back() {
    let (workshop, first) = project(MANUAL);
    pass_the_gate(&workshop);
    let record = |arguments: &[&str]| {
        let mut all = vec!["deploy", "record", "--json"];
        all.extend(arguments);
        let ran = workshop.shipgate(&all).ends();
        assert_eq!(ran.status, Some(0), "{ran:#?}");
        serde_json::from_str::<Value>(&ran.stdout).unwrap()
    };
    let queued = record(&["--status", "queued"]);
    assert_eq!((&queued["version"], &queued["commit_hash"]), (&Value::from("2.3.4"), &Value::from(first.as_str())));
    assert_eq!(queued["domain"], "app.example.com");
    assert_eq!(queued["health_check_url"], "https://app.example.com/api/health");
    assert!(queued["build_id"].is_string() && queued["committed_at"].is_string());
    assert_eq!(queued["rollback_available"], false);
    // The one that has not ended is meant.
    let live = record(&["--status", "success"]);
    assert_eq!((&live["id"], &live["deployment_status"]), (&queued["id"], &Value::from("success")));
    let states: Vec<&str> = live["history"].as_array().unwrap().iter().map(|it| it["to"].as_str().unwrap()).collect();
    assert_eq!(states, ["deploying", "success"]);
    // What comes late moves nothing back.
    let id = live["platform_id"].as_str().unwrap();
    assert_eq!(record(&["--status", "deploying", "--id", id])["deployment_status"], "success");

    workshop.put("more.txt", "x");
    workshop.git(&["add", "-A"]);
    workshop.git(&["commit", "-qm", "two"]);
    workshop.git(&["tag", "v2.4.0"]);
    pass_the_gate(&workshop);
    let second = record(&["--status", "success", "--id", "second"]);
    assert_eq!((&second["version"], &second["commit_hash"]), (&Value::from("2.4.0"), &Value::from(head(&workshop))));
    let all = listed(&workshop);
    let of_first = all["deployments"].as_array().unwrap().iter().find(|it| it["id"] == live["id"]).unwrap();
    assert_eq!(of_first["deployment_status"], "success");
    assert!(of_first["superseded_at"].is_string(), "{of_first:#}");
    assert_eq!(all["reliability"]["success_rate"], 1.0);

    let text = workshop.shipgate(&["deploy", "list"]).ends().stdout;
    assert!(text.contains("success, superseded") && text.contains("2 deployments, 100% successful"), "{text}");
    let back = record(&["--status", "rolled_back", "--id", "second", "--error", "too slow"]);
    assert_eq!(
        (&back["deployment_status"], &back["rollback_reason"]),
        (&Value::from("rolled_back"), &Value::from("too slow"))
    );
}

#[test]
fn the_build_that_was_deployed_is_found_behind_however_many_later_ones() {
    let (workshop, _) = project(MANUAL);
    pass_the_gate(&workshop);
    let mut builds: Value = serde_json::from_str(&workshop.read(".shipgate/build_configs.json")).unwrap();
    let records = builds["records"].as_array_mut().unwrap();
    let good = records[0].clone();
    for number in 1..=130 {
        let mut later = good.clone();
        for key in ["id", "run_id"] {
            let id = format!("{}{number:04x}", good[key].as_str().unwrap().split_at(32).0);
            later[key] = id.into();
        }
        for key in ["created_at", "completed_at", "recorded_at"] {
            later[key] = format!("2030-01-01T{:02}:{:02}:00Z", number / 60, number % 60).into();
        }
        later["sequence"] = (good["sequence"].as_u64().unwrap() + number).into();
        later["build_status"] = "failed".into();
        records.push(later);
    }
    workshop.put(".shipgate/build_configs.json", builds.to_string());
    let record = |id: &str| {
        let ran = workshop.shipgate(&["deploy", "record", "--json", "--status", "queued", "--id", id]).ends();
        assert_eq!(ran.status, Some(0), "{ran:#?}");
        serde_json::from_str::<Value>(&ran.stdout).unwrap()
    };
    assert_eq!(record("one")["build_id"], good["id"]);
    assert_eq!(record("two")["build_id"], Value::Null, "a build is deployed once");
}

#[test]
fn what_is_missing_or_wrong_is_named_with_the_way_out() {
    let none = crate::workshop::Workshop::configured("environment: production\n");
    let ran = none.shipgate(&["deploy", "list"]).ends();
    assert_eq!(ran.status, Some(2));
    assert!(
        ran.stderr.contains("does not say who deploys") && ran.stderr.contains("help: add it: `deploy:"),
        "{ran:#?}"
    );

    let (workshop, _) = project(MANUAL);
    let said = |arguments: &[&str], status: i32, words: &str| {
        let ran = workshop.shipgate(arguments).ends();
        assert_eq!(ran.status, Some(status), "{ran:#?}");
        assert!(ran.stderr.contains(words) && ran.stderr.contains("help: "), "{words}: {ran:#?}");
    };
    said(&["deploy", "record", "--commit", "nowhere"], 2, "git knows no commit `nowhere`");
    said(&["deploy", "wait"], 2, "nobody can be asked");
    said(&["deploy", "status", "abcd1234"], 2, "no deployment is called `abcd1234`");
    said(&["deploy", "rollback"], 2, "no deployment is live");
    workshop.put("package.json", "{}");
    said(&["deploy", "record"], 2, "the version that is deployed is not known");
    let ran = workshop.shipgate(&["deploy", "record", "--app-version", "1.0"]).ends();
    assert_eq!(ran.status, Some(2), "{ran:#?}");
    let ran = workshop.shipgate(&["deploy", "wait", "--timeout", "15"]).ends();
    assert!(ran.status == Some(2) && ran.stderr.contains("write it with its unit"), "{ran:#?}");
}
