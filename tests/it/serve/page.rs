//! The dashboard in Chromium: it loads, shows what the records say, and is accessible (axe-core).

use super::Server;
use crate::store::{own_errors, run};
use crate::workshop::{NPM_CACHE, Workshop, installation, now};
use serde_json::Value;
use shipgate::record::{ConnectionStatus, ErrorStatus, HealthStatus, Period, QueryStatus, Valid};
use shipgate::store::{BuildQuery, ErrorQuery, JsonStore, Store};
use shipgate::time::{Clock as _, SystemClock};
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
    // Within one hour, not long ago.
    let hour = Period::Hour.begin(SystemClock.now()) - chrono::Duration::hours(1);
    for minute in 0..20 {
        let mut check = crate::contract::arbitrary::api_health();
        check.last_checked = hour + chrono::Duration::minutes(minute);
        (check.status, check.actual_status, check.response_time) = (HealthStatus::Healthy, Some(200), Some(40.0));
        if minute == 7 {
            check.status = HealthStatus::Failed;
        }
        now(store.add_api_health(&[Valid::new(check).unwrap()])).unwrap();
    }
    let mut database = crate::contract::arbitrary::database_health();
    database.last_tested = hour;
    (database.connection_status, database.query_test_status) = (ConnectionStatus::Connected, QueryStatus::Success);
    database.average_query_time = Some(3.0);
    now(store.add_database_health(&[Valid::new(database).unwrap()])).unwrap();
    let deployment = Valid::new(crate::contract::arbitrary::deployment()).unwrap();
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

    let seen = look(&server, &workshop, "/", "");
    assert!(seen["away"].as_array().unwrap().len() > 40, "errors have pages of their own");
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
    // Nineteen of twenty checks of the endpoint went well in their hour, and so did the one of the database.
    assert_eq!(of("availability"), [95.0, 100.0]);
    assert_eq!(seen["availableBars"], serde_json::json!([1]));
    assert!(of("p95").iter().all(|millis| *millis > 0.0), "{seen}");

    let by_day = look(&server, &workshop, "/?by=day", "day-");
    assert_eq!(by_day["availability"], seen["availability"]);
    assert_eq!(server.get("/?by=week").status, 400);
}

#[test]
fn an_error_has_a_page_with_its_life_and_lists_lead_to_it() {
    let workshop = filled();
    let store = JsonStore::new(workshop.path(".shipgate"));
    let gone = &now(store.errors(&ErrorQuery { statuses: vec![ErrorStatus::Resolved], ..ErrorQuery::all("main") }))
        .unwrap()
        .errors[0];
    let server = Server::start(&workshop);
    let path = format!("/errors/{}", gone.id);
    let seen = look(&server, &workshop, &path, "error-");
    assert_eq!(seen["saw"], serde_json::json!(["false", "false", "false", "true", "true", "true"]), "the newest first");
    let page = server.get(&path);
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    for part in ["data-status=\"resolved\"", "In 3 of the last 6 builds that looked for it", "of run 1", "a run, "] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let tag = page.header("etag").unwrap();
    assert_eq!(server.ask("GET", &path, &[("if-none-match", tag)], b"").status, 304);

    let list = look(&server, &workshop, "/errors?status=resolved&limit=30", "errors-");
    assert!(list["away"].as_array().unwrap().iter().any(|it| it.as_str().unwrap().contains("cursor=")), "{list}");
    let first = server.get("/errors?status=resolved&limit=30").body;
    let next = first.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let second = server.get(&next).body;
    assert_eq!((first.matches("<tr id=\"error-").count(), second.matches("<tr id=\"error-").count()), (30, 10));
    for (path, status) in
        [("/errors?status=done", 400), ("/errors/nope", 404), ("/errors/01890000-0000-7000-8000-000000000000", 404)]
    {
        assert_eq!(server.get(path).status, status, "{path}");
    }
}

/// Everything that is to hold of a page for everybody, and what was seen on it.
fn look(server: &Server, workshop: &Workshop, path: &str, prefix: &str) -> Value {
    let into = driver();
    let output = Command::new("node")
        .arg(into.join("look.mjs"))
        .arg(format!("http://127.0.0.1:{}{path}", server.port))
        .arg(workshop.beside("shots"))
        .arg(prefix)
        .env("npm_config_cache", NPM_CACHE)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(seen["console"], Value::Array(Vec::new()), "{path}: the policy refuses nothing of our own");
    assert_eq!(seen["violations"], Value::Array(Vec::new()), "{path}");
    assert_eq!(seen["brokenLinks"], Value::Array(Vec::new()), "{path}");
    assert_eq!(seen["overflow"], 0, "{path}: nothing is wider than a phone");
    assert_eq!(seen["cut"], 0, "{path}: on a phone, too, lists are read without moving anything aside");
    seen
}

#[test]
fn nothing_is_green_before_anything_was_checked() {
    let workshop = Workshop::configured("default-branch: main\n");
    let page = Server::start(&workshop).get("/").body;
    assert!(page.contains("no run is recorded") && !page.contains("class=\"good\""), "{page}");
    let mut unread = run(1, Vec::new());
    unread.verdict = Some(shipgate::gate::Outcome::Inconclusive);
    now(JsonStore::new(workshop.path(".shipgate")).record(&unread)).unwrap();
    let page = Server::start(&workshop).get("/").body;
    assert!(page.contains("inconclusive") && !page.contains("class=\"good\""), "{page}");
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
    // What a server has on pages of their own.
    assert_eq!(page.matches("Changes of its status</caption>").count(), 40);
    assert!(!page.contains("href=\"/") && page.contains("In 3 of the last 3 builds that looked for it"), "{page}");
}
