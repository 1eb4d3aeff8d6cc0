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
