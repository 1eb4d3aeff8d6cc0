//! The dashboard in Chromium: it loads, shows what the records say, and is accessible (axe-core).

use super::Server;
use crate::store::{own_errors, run};
use crate::workshop::{NPM_CACHE, Workshop, installation, now};
use serde_json::Value;
use shipgate::store::{BuildQuery, JsonStore, Store};
use std::path::{Path, PathBuf};
use std::process::Command;

/// playwright-core and axe-core, as `tests/fixtures/browser/package-lock.json` has them.
fn driver() -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/browser");
    let into = installation(&from, &Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser"));
    std::fs::copy(from.join("look.mjs"), into.join("look.mjs")).unwrap();
    into
}

fn filled() -> Workshop {
    let workshop = Workshop::configured("default-branch: main\n");
    let store = JsonStore::new(workshop.path(".shipgate"));
    for number in 1..=6 {
        let mut one = run(number, own_errors(if number < 4 { 1 } else { 2 }));
        one.verdict = Some(shipgate::gate::Outcome::Warned);
        one.build.build_time = Some(10.0 + f64::from(number));
        one.build.bundle_size = Some(100_000 + u64::from(number) * 1_000);
        now(store.record(&one)).unwrap();
    }
    for minute in 0..20 {
        let mut check = crate::contract::arbitrary::api_health();
        check.last_checked += chrono::Duration::minutes(minute);
        now(store.add_api_health(&[shipgate::record::Valid::new(check).unwrap()])).unwrap();
    }
    let database = shipgate::record::Valid::new(crate::contract::arbitrary::database_health()).unwrap();
    now(store.add_database_health(&[database])).unwrap();
    let deployment = shipgate::record::Valid::new(crate::contract::arbitrary::deployment()).unwrap();
    now(store.add_deployment(&deployment)).unwrap();
    workshop
}

#[test]
fn the_page_says_what_the_records_say_and_everybody_can_read_it() {
    let workshop = filled();
    let server = Server::start(&workshop);
    let plain = server.get("/");
    assert_eq!(plain.status, 200, "{}", plain.body);
    assert!(plain.header("content-security-policy").unwrap().starts_with("default-src 'none'; style-src 'sha256-"));
    assert!(!plain.body.contains("<script") && !plain.body.contains(" style="), "nothing that the policy refuses");
    let packed = server.ask("GET", "/", &[("accept-encoding", "gzip")], b"");
    assert!(packed.header("content-encoding") == Some("gzip") && packed.body.len() < 100_000);

    let into = driver();
    let output = Command::new("node")
        .arg(into.join("look.mjs"))
        .arg(format!("http://127.0.0.1:{}/", server.port))
        .arg(workshop.beside("shots"))
        .env("npm_config_cache", NPM_CACHE)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(seen["console"], Value::Array(Vec::new()), "the policy refuses nothing of our own");
    assert_eq!(seen["violations"], Value::Array(Vec::new()));
    assert_eq!(seen["brokenLinks"], Value::Array(Vec::new()));
    assert_eq!(seen["overflow"], 0, "nothing is wider than a phone");
    let store = JsonStore::new(workshop.path(".shipgate"));
    let builds = now(store.builds(&BuildQuery::of_branch("main"))).unwrap();
    let of = |key: &str| seen[key].as_array().unwrap().iter().map(|it| it.as_f64().unwrap()).collect::<Vec<_>>();
    let newest_first =
        |value: &dyn Fn(&shipgate::store::BuildRecord) -> f64| builds.iter().rev().map(value).collect::<Vec<_>>();
    assert_eq!(of("seconds"), newest_first(&|it| it.build.build_time.unwrap()));
    assert_eq!(of("bytes"), newest_first(&|it| it.build.bundle_size.unwrap() as f64));
    assert_eq!(seen["openErrors"], "40");
    // A point a build, and the later ones higher: the times only grow.
    let heights: Vec<f64> = of("timePlot");
    assert!(heights.len() == builds.len() && heights.windows(2).all(|two| two[1] < two[0]), "{heights:?}");
    assert_eq!(seen["bars"], 20);
}

#[test]
fn the_same_page_is_one_file_that_needs_nothing_else() {
    let workshop = filled();
    let ran = workshop.shipgate(&["trends", "--report", "html=page.html"]).ends();
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    let page = workshop.read("page.html");
    let addresses = page.matches("http").count() - page.matches("http://www.w3.org/2000/svg").count();
    assert_eq!((addresses, page.matches("<script").count(), page.matches("<link").count()), (0, 0, 0));
    assert!(page.contains("id=\"deployments\"") && page.contains("id=\"plot-build-time\""));
}
