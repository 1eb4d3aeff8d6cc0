//! The variables of the two example projects, as they are committed.

use shipgate::config::{ValueFormat, VariableSpec, VariablesConfig};
use shipgate::record::{Environment, VariableCheck};
use shipgate::variable::{self, Checked, Inputs, search_leaks};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

fn spec(format: Option<ValueFormat>, is_sensitive: Option<bool>) -> VariableSpec {
    VariableSpec { format, is_sensitive, ..VariableSpec::default() }
}

fn check(project: &Path, config: &VariablesConfig) -> Checked {
    let process = BTreeMap::new();
    variable::check(Inputs { project, config, process: &process, environment: Environment::Production })
        .expect("the files of the example can be read")
}

fn keys(checked: &Checked, test: fn(&VariableCheck) -> bool) -> Vec<&str> {
    checked.checks.iter().filter(|check| test(check)).map(|check| check.variable.key.as_str()).collect()
}

#[test]
fn the_good_example_has_what_it_needs_with_and_without_a_configuration() {
    let project = example("astro-site");
    let config = VariablesConfig {
        required: [
            ("PUBLIC_SITE_URL".to_owned(), spec(Some(ValueFormat::Url), None)),
            ("CONTACT_EMAIL".to_owned(), spec(Some(ValueFormat::Email), None)),
        ]
        .into(),
        optional: [("BOOKING_API_TOKEN".to_owned(), spec(None, Some(true)))].into(),
        ..VariablesConfig::default()
    };
    for config in [config, VariablesConfig::default()] {
        let checked = check(&project, &config);
        assert_eq!(checked.checks.len(), 3);
        assert!(checked.checks.iter().all(|check| check.problem.is_none()), "{:?}", checked.checks);
        assert!(checked.undeclared.is_empty(), "{:?}", checked.undeclared);
        assert!(checked.notices.is_empty(), "{:?}", checked.notices);
    }
}

#[test]
fn the_broken_example_fails_for_what_it_says_and_nothing_else() {
    let project = example("broken-site");
    let config = VariablesConfig {
        required: [
            ("PUBLIC_SITE_URL".to_owned(), spec(Some(ValueFormat::Url), None)),
            ("BOOKINGS_EMAIL".to_owned(), spec(Some(ValueFormat::Email), None)),
            ("PAYMENT_SECRET_KEY".to_owned(), spec(None, Some(true))),
        ]
        .into(),
        ..VariablesConfig::default()
    };
    let checked = check(&project, &config);
    assert_eq!(keys(&checked, VariableCheck::is_missing), ["BOOKINGS_EMAIL"]);
    assert_eq!(keys(&checked, VariableCheck::is_invalid), ["PUBLIC_SITE_URL"]);
    let url = checked.checks.iter().find(|check| check.is_invalid()).unwrap();
    assert_eq!(url.problem.as_deref(), Some("is not a URL: it has no scheme"));
    assert!(checked.undeclared.is_empty(), "{:?}", checked.undeclared);

    // What its build does with the secret: into a script, as JSON.
    let output = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let secret = checked.secrets.iter().find(|secret| secret.key() == "PAYMENT_SECRET_KEY").unwrap();
    fs::create_dir(output.path().join("hire")).unwrap();
    fs::write(output.path().join("hire/index.html"), format!("<p>\n<form data-key=\"{}\">", secret.expose())).unwrap();
    let found = search_leaks(output.path(), output.path(), &checked.secrets).unwrap();
    let places: Vec<_> = found.leaks.iter().map(|it| (it.key.as_str(), it.file.as_str(), it.line)).collect();
    assert_eq!(places, [("PAYMENT_SECRET_KEY", "hire/index.html", 2)]);
}
