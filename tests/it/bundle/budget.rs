//! Budgets on a real run, and what the program says of builds.

use crate::workshop::Workshop;
use shipgate::gate::{ConditionStatus, Outcome};

const SCRIPT: &str = "mkdir -p dist/_astro dist/about
head -c \"$(cat size)\" /dev/zero | tr '\\0' 'x' > dist/_astro/app.CkH2x9aB.js
echo '<script type=module src=/_astro/app.CkH2x9aB.js></script>' > dist/index.html
echo '<p>about' > dist/about/index.html
";

const BUDGETS: &str = "thresholds:
  new-assets: { max: 0, on-exceed: warn }
  route-size:
    /: { max: 50 kB, max-increase: 10% }
    /about: 1 kB
  route-requests: { \"/**\": 2 }
  asset-size: { \"_astro/*.js\": { max: 45 kB, compression: gzip } }
";

fn site(thresholds: &str) -> Workshop {
    Workshop::with_build(SCRIPT, thresholds).with("size", "40000")
}

#[test]
fn a_route_over_its_budget_fails_and_is_named_with_the_file_that_grew() {
    let site = site(BUDGETS);
    site.gate_with(&["--record"]).ends().is(Outcome::Passed);
    site.put("size", "60000");
    let ran = site.gate().ends();
    ran.is(Outcome::Failed);
    let conditions = ran.conditions("route-size./");
    let statuses: Vec<_> = conditions.iter().map(|condition| condition.status).collect();
    assert_eq!(statuses, [ConditionStatus::Failed, ConditionStatus::Failed], "{conditions:#?}");
    let help = conditions[0].help.as_deref().unwrap();
    assert!(help.starts_with("`/`: `_astro/app.js` grew by 20.0 kB"), "{help}");
    assert_eq!(ran.conditions("route-size./about")[0].status, ConditionStatus::Passed);
    assert_eq!(ran.conditions("route-requests./**")[0].actual, Some(2.0));
    assert_eq!(ran.conditions("asset-size._astro/*.js (gzip)")[0].status, ConditionStatus::Passed);
    assert_eq!(ran.conditions("new-assets")[0].status, ConditionStatus::Passed);
}

#[test]
fn a_pattern_that_nothing_fits_is_not_green() {
    let ran = site("thresholds: { route-size: { /gone/**: 1 kB } }\n").gate().ends();
    ran.is(Outcome::Inconclusive);
    let condition = ran.conditions("route-size./gone/**")[0];
    assert!(condition.help.as_deref().unwrap().contains("no route of the build fits"), "{condition:#?}");
}

#[test]
fn duplicated_packages_cannot_be_told_without_the_integration_and_that_is_not_green() {
    let ran = site("thresholds: { duplicated-packages: 0 }\n").gate().ends();
    ran.is(Outcome::Inconclusive);
    assert!(ran.conditions("duplicated-packages")[0].help.as_deref().unwrap().contains("@shipgate/astro"));
}

#[test]
fn new_and_lost_files_are_counted_and_named() {
    let site = site("thresholds: { new-assets: 0, lost-assets: 0 }\n");
    let first = site.gate_with(&["--record"]).ends();
    first.is(Outcome::Passed);
    assert_eq!(first.conditions("new-assets")[0].status, ConditionStatus::NotApplicable);
    site.put("build.sh", SCRIPT.replace("about", "contact"));
    std::fs::remove_dir_all(site.path("dist")).unwrap();
    let ran = site.gate().ends();
    ran.is(Outcome::Failed);
    let help = |measure| ran.conditions(measure)[0].help.clone().unwrap();
    assert!(help("new-assets").starts_with("`contact/index.html`"), "{}", help("new-assets"));
    assert!(help("lost-assets").starts_with("`about/index.html`"), "{}", help("lost-assets"));
}

#[test]
fn a_build_is_shown_compared_with_the_base_and_named_by_its_commit_or_its_report() {
    let site = site("thresholds: { new-errors: 0 }\n");
    site.git(&["init", "-q", "-b", "main"]);
    site.git(&["add", "-A"]);
    site.git(&["commit", "-qm", "one"]);
    site.gate().ends().is(Outcome::Passed);
    let report = site.beside("saved.json");
    std::fs::copy(site.beside("report.json"), &report).unwrap();
    let same = site.shipgate(&["bundle", "diff"]).ends();
    assert!(same.status == Some(0) && same.stdout.contains("nothing changed"), "{same:#?}");
    site.put("dist/_astro/app.Ck-_x9aB.js", "x".repeat(50_000));
    std::fs::remove_file(site.path("dist/_astro/app.CkH2x9aB.js")).unwrap();
    site.put("dist/index.html", "<script type=module src=/_astro/app.Ck-_x9aB.js></script>\n");
    let diff = site.shipgate(&["bundle", "diff", "--json"]).ends();
    let diff: serde_json::Value = serde_json::from_str(&diff.stdout).unwrap();
    let named: Vec<_> =
        diff["changes"]["assets"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(named, ["_astro/app.js"], "the hash is no name");
    assert_eq!(diff["changes"]["routes"][0]["name"], "/");
    let of_report = site.shipgate(&["bundle", "show", report.to_str().unwrap()]).ends();
    assert!(of_report.stdout.contains("2 prerendered"), "{of_report:#?}");
    for (arguments, words) in [
        (&["bundle", "show", "nothing"][..], "is no folder, no file, and no recorded build"),
        (&["bundle", "why", "x"], "is not known"),
        (&["bundle", "show", "--route", "["], "is not a glob"),
    ] {
        let refused = site.shipgate(arguments).ends();
        assert_eq!(refused.status, Some(2), "{refused:#?}");
        assert!(
            refused.stderr.contains(words) && (words.contains("glob") || refused.stderr.contains("help:")),
            "{refused:#?}"
        );
    }
}

/// The times of builds scatter; the alarm knows by how much.
#[test]
fn a_build_time_within_the_scatter_of_the_last_builds_is_no_alarm_and_one_beyond_it_says_so() {
    let script = "mkdir -p dist && echo x > dist/index.html && sleep \"$(cat pause)\"\n";
    let yaml = "thresholds: { build-time: { max-increase: 20% } }\n";
    let site = Workshop::with_build(script, yaml);
    for pause in ["0.2", "0.4", "0.3", "0.2", "0.4", "0.3"] {
        site.put("pause", pause);
        site.shipgate(&["run", "--record", "--quiet"]).ends();
    }
    site.put("pause", "0.42");
    let within = site.gate().ends();
    within.is(Outcome::Passed);
    let condition = within.conditions("build-time")[0];
    let scatter = condition.scatter.as_ref().unwrap();
    assert!(scatter.samples >= 5 && scatter.of == "cold builds" && scatter.mad > 0.0, "{condition:#?}");
    site.put("pause", "2.5");
    let beyond = site.gate().ends();
    beyond.is(Outcome::Failed);
    assert!(beyond.stdout.contains("cold builds"), "{}", beyond.stdout);
}
