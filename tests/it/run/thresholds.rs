//! Every measure that a limit can be set on, from what a project does to the verdict.

use crate::workshop::{Ran, Workshop};
use shipgate::gate::{ConditionStatus, Outcome};

/// Two errors and a warning, as ESLint prints them, and two type errors; in all four errors, one warning.
const FINDINGS: &str = r"cat <<EOF
src/a.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.
src/a.ts(5,20): error TS7006: Parameter 'x' implicitly has an 'any' type.

$PWD/src/b.ts
  1:7   error    'unused' is assigned a value but never used  no-unused-vars
  2:1   error    Unexpected var, use let or const instead     no-var
  3:1   warning  Unexpected console statement                 no-console

✖ 3 problems (2 errors, 1 warning)

EOF
exit 1
";

fn findings(thresholds: &str) -> Workshop {
    let lines: Vec<String> = thresholds.lines().map(|line| format!("  {line}\n")).collect();
    let steps = "steps: [{ name: check, run: sh ./check.sh }]";
    let yaml = format!("{steps}\nthresholds:\n  new-errors: off\n{}", lines.concat());
    Workshop::configured(&yaml).with("check.sh", FINDINGS)
}

/// The condition on `measure` is the only one that is broken, and it has this value.
#[track_caller]
fn broken(ran: &Ran, measure: &str, actual: f64, outcome: Outcome) {
    ran.is(outcome);
    let wanted = if outcome == Outcome::Failed { ConditionStatus::Failed } else { ConditionStatus::Warned };
    let sound = [ConditionStatus::Passed, ConditionStatus::NotApplicable];
    let all = &ran.report().verdict.conditions;
    let broken: Vec<_> = all.iter().filter(|condition| !sound.contains(&condition.status)).collect();
    assert_eq!(broken.len(), 1, "{all:#?}");
    let (name, value) = (broken[0].measure.as_str(), broken[0].actual.unwrap());
    assert_eq!((name, value, broken[0].status), (measure, actual, wanted));
    assert!(broken[0].help.is_some(), "how to mend it: {:?}", broken[0]);
    assert_eq!(ran.report().verdict.reasons, []);
}

#[test]
fn each_count_of_findings_has_a_limit_that_fails_or_warns() {
    let measures = [
        ("errors", 4),
        ("new-errors", 4),
        ("warnings", 1),
        ("new-warnings", 1),
        ("severity.medium", 1),
        ("category.type-mismatch", 1),
        ("category.implicit-any", 1),
    ];
    for (measure, count) in measures {
        let limit = |limit: &str| match measure.split_once('.') {
            Some((group, name)) => format!("{group}: {{ {name}: {limit} }}"),
            None => format!("{measure}: {limit}"),
        };
        // `new-errors` is named twice otherwise.
        let with = |text: &str| {
            let workshop = findings(&limit(text));
            if measure == "new-errors" {
                workshop.put("shipgate.yml", workshop.read("shipgate.yml").replacen("  new-errors: off\n", "", 1));
            }
            workshop.gate().ends()
        };
        with(&count.to_string()).is(Outcome::Passed);
        broken(&with(&(count - 1).to_string()), measure, f64::from(count), Outcome::Failed);
        broken(
            &with(&format!("{{ max: {}, on-exceed: warn }}", count - 1)),
            measure,
            f64::from(count),
            Outcome::Warned,
        );
    }
}

#[test]
fn without_thresholds_new_errors_stop_it_and_limits_can_be_switched_off() {
    findings("errors: off").gate().ends().is(Outcome::Passed);
    let workshop = findings("");
    workshop.put("shipgate.yml", "steps: [{ name: check, run: sh ./check.sh }]\n");
    broken(&workshop.gate().ends(), "new-errors", 4.0, Outcome::Failed);
    // Recorded, they are known.
    workshop.gate().ends().is(Outcome::Passed);
}

#[test]
fn an_increase_is_measured_against_the_base() {
    let workshop = findings("errors: { max-increase: 1 }\nwarnings: { max-increase: 10% }");
    let first = workshop.gate().ends();
    first.is(Outcome::Passed);
    assert_eq!(first.conditions("errors")[0].status, ConditionStatus::NotApplicable, "there is no base yet");
    let error = |line: u32| format!("echo \"src/c.ts({line},1): error TS2304: Cannot find name 'n{line}'.\"\n");
    workshop.put("check.sh", format!("{}{FINDINGS}", error(1)));
    let second = workshop.gate().ends();
    second.is(Outcome::Passed);
    let condition = second.conditions("errors")[0];
    assert_eq!((condition.base, condition.actual), (Some(4.0), Some(5.0)));
    // Two more than the base are one too many.
    let more: String = (1..=3).map(error).collect();
    workshop.put("check.sh", format!("{more}{FINDINGS}"));
    broken(&workshop.gate().ends(), "errors", 7.0, Outcome::Failed);
}

/// A build that writes so many bytes of each kind.
fn built(html: u32, script: u32, thresholds: &str) -> Workshop {
    let workshop = Workshop::with_build("", &format!("thresholds:\n  {thresholds}\n"));
    rebuild(&workshop, html, script);
    workshop
}

fn rebuild(workshop: &Workshop, html: u32, script: u32) {
    let write = |bytes: u32, file: &str| format!("head -c {bytes} /dev/zero | tr '\\0' x > dist/{file}\n");
    let script = format!("mkdir -p dist\n{}{}", write(html, "index.html"), write(script, "app.js"));
    workshop.put("build.sh", script);
}

#[test]
fn the_size_of_what_is_built_has_limits_in_all_and_by_kind() {
    built(1000, 500, "bundle-size: 1500 B").gate().ends().is(Outcome::Passed);
    broken(&built(1000, 501, "bundle-size: 1500 B").gate().ends(), "bundle-size", 1501.0, Outcome::Failed);
    let warned = built(1000, 501, "bundle-size: { max: 1.5 kB, on-exceed: warn }").gate().ends();
    broken(&warned, "bundle-size", 1501.0, Outcome::Warned);
    let small = built(10, 10, "bundle-size: { min: 1 kB }").gate().ends();
    broken(&small, "bundle-size", 20.0, Outcome::Failed);
    built(1000, 500, "bundle-size-by-kind: { client-script: 500 B, html: 1 kB, image: 0 B }")
        .gate()
        .ends()
        .is(Outcome::Passed);
    let scripts = built(1000, 501, "bundle-size-by-kind: { client-script: 500 B, html: 1 kB }").gate().ends();
    broken(&scripts, "bundle-size-by-kind.client-script", 501.0, Outcome::Failed);
}

#[test]
fn without_brotli_all_else_is_measured_and_nothing_is_said_of_it() {
    let yaml = "  bundle-size: { max: 1500 B, compression: gzip }\nbundle: { brotli: false }";
    let workshop = built(1000, 500, yaml.trim_start());
    let ran = workshop.gate().ends();
    ran.is(Outcome::Passed);
    let total = ran.report().build.as_ref().unwrap().bundle.as_ref().unwrap().total();
    assert!(total.raw == 1500 && total.gzip < 100 && total.brotli.is_none(), "{total:?}");
    let shown = workshop.shipgate(&["bundle", "show", "base"]).ends();
    assert!(shown.stdout.contains("–"), "{}", shown.stdout);
    let asked = workshop.shipgate(&["bundle", "show", "--compression", "brotli"]).ends();
    assert_eq!(asked.status, Some(2));
    assert!(asked.stderr.contains("dist under brotli were not measured"), "{}", asked.stderr);

    // Compared with a build of before, there is no growth to speak of.
    workshop.put("shipgate.yml", workshop.read("shipgate.yml").replace("brotli: false", "brotli: true"));
    workshop.gate().ends().is(Outcome::Passed);
    let diff = workshop.shipgate(&["bundle", "diff", "base", "now"]).ends();
    assert_eq!(diff.status, Some(0), "{}", diff.stderr);
}

#[test]
fn the_growth_of_what_is_built_has_limits_in_parts_and_in_bytes() {
    for limit in ["10%", "150 B"] {
        let yaml = format!("bundle-size: {{ max-increase: {limit} }}");
        let workshop = built(1000, 500, &yaml);
        workshop.gate().ends().is(Outcome::Passed);
        rebuild(&workshop, 1000, 650);
        let grown = workshop.gate().ends();
        grown.is(Outcome::Passed);
        assert_eq!(
            (grown.conditions("bundle-size")[0].base, grown.conditions("bundle-size")[0].actual),
            (Some(1500.0), Some(1650.0))
        );
        rebuild(&workshop, 1000, 900);
        broken(&workshop.gate().ends(), "bundle-size", 1900.0, Outcome::Failed);
    }
    let workshop = built(1000, 500, "bundle-size-by-kind: { client-script: { max-increase: 5%, on-exceed: warn } }");
    workshop.gate().ends().is(Outcome::Passed);
    rebuild(&workshop, 1000, 600);
    broken(&workshop.gate().ends(), "bundle-size-by-kind.client-script", 600.0, Outcome::Warned);
}

#[test]
fn the_time_of_the_build_has_a_limit_and_may_grow_so_much() {
    let workshop = Workshop::with_build(
        "mkdir -p dist; echo x > dist/index.html; sleep 0.3",
        "thresholds: { build-time: 100ms }\n",
    );
    let slow = workshop.gate().ends();
    slow.is(Outcome::Failed);
    assert!(slow.conditions("build-time")[0].actual.unwrap() >= 0.3);
    workshop.put(
        "shipgate.yml",
        workshop.read("shipgate.yml").replace("100ms", "{ max: 1m, max-increase: 100%, on-exceed: warn }"),
    );
    workshop.put("build.sh", workshop.read("build.sh").replace("0.3", "2.5"));
    let slower = workshop.gate().ends();
    slower.is(Outcome::Warned);
    let statuses: Vec<_> = slower.conditions("build-time").iter().map(|condition| condition.status).collect();
    assert_eq!(statuses, [ConditionStatus::Passed, ConditionStatus::Warned]);
}

#[test]
fn a_size_that_cannot_be_known_is_not_green() {
    let ran =
        Workshop::configured("steps: [{ name: a, run: 'true' }]\nthresholds: { bundle-size: 1 MB }").gate().ends();
    ran.is(Outcome::Inconclusive);
    assert_eq!(ran.conditions("bundle-size")[0].status, ConditionStatus::Unknown);
}

#[test]
fn missing_invalid_and_undeclared_variables_are_counted() {
    let yaml = |thresholds: &str| {
        let variables = "variables: { required: { SITE_URL: { format: url }, INBOX: } }\n";
        let text = format!("steps: [{{ name: a, run: 'true' }}]\n{variables}thresholds: {{ {thresholds} }}\n");
        Workshop::configured(&text).with("src/a.ts", "export const a = import.meta.env.PUBLIC_NOBODY;\n")
    };
    let with = |thresholds: &str, site: &str, inbox: &str| {
        yaml(thresholds).gate().env("SITE_URL", site).env("INBOX", inbox).ends()
    };
    with("", "https://a.example", "x").is(Outcome::Passed);
    broken(&with("", "https://a.example", ""), "missing-variables", 1.0, Outcome::Failed);
    broken(&with("", "a.example", "x"), "invalid-variables", 1.0, Outcome::Failed);
    let lenient = "missing-variables: { max: 0, on-exceed: warn }";
    broken(&with(lenient, "https://a.example", ""), "missing-variables", 1.0, Outcome::Warned);
    let undeclared = with("undeclared-variables: 0", "https://a.example", "x");
    broken(&undeclared, "undeclared-variables", 1.0, Outcome::Failed);
    let read = &undeclared.report().variables.undeclared[0];
    assert_eq!((read.key.as_str(), read.file.as_str(), read.line), ("PUBLIC_NOBODY", "src/a.ts", 1));
}

#[test]
fn a_secret_in_what_would_be_published_is_a_leak_in_every_spelling() {
    const VALUE: &str = "lantern-heron/42+oar teapot";
    let spellings = [
        ("printf %s \"$BOOKING_TOKEN\"", "plain"),
        ("printf %s \"$BOOKING_TOKEN\" | base64 -w0", "base64"),
        ("printf %s 'lantern-heron%2F42%2Boar%20teapot'", "url"),
    ];
    for (print, encoding) in spellings {
        let script = format!("mkdir -p dist\n{{ echo x; {print}; }} > dist/index.html\n");
        let yaml = "variables: { required: { BOOKING_TOKEN: { sensitive: true } } }\n";
        let ran = Workshop::with_build(&script, yaml).gate().env("BOOKING_TOKEN", VALUE).ends();
        broken(&ran, "leaked-secrets", 1.0, Outcome::Failed);
        let leaks = ran.report().variables.leaks.as_ref().unwrap();
        let leak = &leaks[0];
        assert_eq!((leak.key.as_str(), leak.file.as_str(), leak.line), ("BOOKING_TOKEN", "dist/index.html", 2));
        assert_eq!(leak.encoding, encoding);
        assert!(!ran.said().contains(VALUE));
    }
    let clean = Workshop::with_build(
        "mkdir -p dist\necho x > dist/index.html\n",
        "variables: { required: { BOOKING_TOKEN: } }\n",
    );
    clean.gate().env("BOOKING_TOKEN", VALUE).ends().is(Outcome::Passed);
}

#[test]
fn a_checker_that_looked_at_too_few_files_is_stopped() {
    let listing =
        "for file in /x/node_modules/typescript/lib/lib.es5.d.ts $PWD/src/a.ts $PWD/src/b.ts; do echo $file; done\n";
    let with = |limit: &str| {
        let workshop = Workshop::with_check("tsc", listing);
        workshop.put(
            "shipgate.yml",
            format!("{}thresholds: {{ checked-files: {limit} }}\n", workshop.read("shipgate.yml")),
        );
        workshop.gate().ends()
    };
    with("{ min: 3 }").is(Outcome::Passed);
    broken(&with("{ min: 4 }"), "checked-files", 3.0, Outcome::Failed);
    broken(&with("{ min: 4, on-exceed: warn }"), "checked-files", 3.0, Outcome::Warned);
}
