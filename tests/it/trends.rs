//! `shipgate trends` on builds that real runs recorded.

use crate::workshop::Workshop;
use serde_json::Value;

/// Four builds of one size, then two that are half as large again.
fn recorded() -> Workshop {
    let build = "mkdir -p dist && head -c \"$(cat size)\" /dev/zero | tr '\\0' 'x' > dist/app.js\n";
    let workshop = Workshop::with_build(build, "thresholds: { new-errors: 0 }\n");
    for size in [40_000, 40_100, 40_050, 40_000, 60_000, 60_100] {
        workshop.put("size", size.to_string());
        assert_eq!(workshop.shipgate(&["run", "--record", "--quiet"]).ends().status, Some(0));
    }
    workshop
}

#[test]
fn builds_over_time_are_shown_and_the_first_one_of_a_jump_is_named() {
    let workshop = recorded();
    let json: Value = serde_json::from_str(&workshop.shipgate(&["trends", "--json"]).ends().stdout).unwrap();
    let sizes = json["series"].as_array().unwrap().iter().find(|it| it["measure"] == "bundle-size").unwrap();
    assert_eq!(sizes["values"].as_array().unwrap().len(), 6);
    assert_eq!(sizes["jumps"].as_array().unwrap().len(), 1);
    assert_eq!((&sizes["jumps"][0]["build"], &sizes["jumps"][0]["to"]), (&Value::from(4), &Value::from(60_000.0)));

    let text = workshop.shipgate(&["trends"]).ends().stdout;
    for part in ["6 builds of `local`", "bundle-size", "▁▁▁▁██", "40 kB →", "60 kB"] {
        assert!(text.replace(".0 kB", " kB").contains(part), "{part}: {text}");
    }
    let newest: Value =
        serde_json::from_str(&workshop.shipgate(&["trends", "--json", "--limit", "2"]).ends().stdout).unwrap();
    assert_eq!(newest["builds"].as_array().unwrap().len(), 2);
    let none = workshop.shipgate(&["trends", "--since", "9999-01-01"]).ends();
    assert!(none.stdout.contains("no build is recorded"), "{}", none.stdout);
}

const SITE: &str = "mkdir -p dist/about && head -c \"$(cat size)\" /dev/zero | tr '\\0' 'x' > dist/app.js
echo '<script src=/app.js></script>' > dist/index.html
echo '<p>about' > dist/about/index.html
";

#[test]
fn what_a_first_visit_loads_is_followed_by_route_and_outlives_the_list_of_files() {
    let retention =
        "thresholds: { new-errors: 0 }\nstore: { kind: json, path: .shipgate, retention: { bundles: 1 } }\n";
    let workshop = Workshop::with_build(SITE, retention);
    for size in [40_000, 40_000, 40_000, 60_000, 60_000] {
        workshop.put("size", size.to_string());
        assert_eq!(workshop.shipgate(&["run", "--record", "--quiet"]).ends().status, Some(0));
    }
    let all = |arguments: &[&str]| -> Vec<(String, Value)> {
        let said = workshop.shipgate(&[&["trends", "--json"], arguments].concat()).ends();
        let json: Value = serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {said:#?}"));
        let series = json["series"].as_array().unwrap().iter();
        let of_routes = series.filter(|it| it["measure"].as_str().unwrap().starts_with("route-"));
        of_routes.map(|it| (it["measure"].as_str().unwrap().to_owned(), it.clone())).collect()
    };
    let named = |all: &[(String, Value)]| all.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let heaviest = all(&[]);
    assert_eq!(named(&heaviest), ["route-size./", "route-size./about/"]);
    let values: Vec<u64> =
        heaviest[0].1["values"].as_array().unwrap().iter().map(|it| it.as_f64().unwrap() as u64).collect();
    assert_eq!(values, [40_030, 40_030, 40_030, 60_030, 60_030], "of builds whose files are no longer known, too");
    assert_eq!(heaviest[0].1["jumps"][0]["build"], 3);
    let records = workshop.read(".shipgate/build_configs.json");
    assert_eq!(records.matches("\"known_from\"").count(), 1, "one list of files is kept");
    assert_eq!(
        named(&all(&["--route", "/about"])),
        ["route-size./about/", "route-size./about/ (gzip)", "route-size./about/ (brotli)", "route-requests./about/"]
    );
    let text = workshop.shipgate(&["trends"]).ends().stdout;
    assert!(text.contains("route-size./") && text.contains("▁▁▁██"), "{text}");
    let refused = workshop.shipgate(&["trends", "--route", "["]).ends();
    assert!(refused.status == Some(2) && refused.stderr.contains("`--route` is not a glob"), "{refused:#?}");
}

#[test]
fn the_page_needs_nothing_else_and_holds_nothing_hostile() {
    let workshop = recorded();
    let ran = workshop.shipgate(&["trends", "--report", "html=trends.html"]).ends();
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let page = workshop.read("trends.html");
    assert!(page.matches("<svg ").count() >= 3 && page.contains("prefers-color-scheme:dark"));
    let addresses = page.matches("http").count() - page.matches("http://www.w3.org/2000/svg").count();
    assert_eq!((addresses, page.matches("<script").count(), page.matches("<link").count()), (0, 0, 0));
    let printed = workshop.shipgate(&["trends", "--report", "html", "--branch", "<script>alert(1)</script>"]).ends();
    assert!(printed.stdout.contains("&lt;script&gt;") && !printed.stdout.contains("<script"), "{}", printed.stdout);
}
