use super::*;

#[test]
fn a_required_variable_without_a_value_is_missing_with_its_remedy() {
    let scene = Scene::new(&[(".env.example", "API_TOKEN=\nPORT=4321\n# optional\nEXTRA=\n")]).process("PORT", " ");
    let checked = scene.check();
    let token = found(&checked, "API_TOKEN");
    assert!(token.is_missing() && !token.is_invalid() && token.variable.is_sensitive && token.source.is_none());
    assert_eq!(token.problem.as_deref(), Some("is not set"));
    assert!(token.help.as_ref().unwrap().contains("`API_TOKEN: ${{ secrets.API_TOKEN }}`"));
    let port = found(&checked, "PORT");
    assert!(port.is_missing());
    assert_eq!(port.problem.as_deref(), Some("is empty in the environment of the process"));
    assert!(port.help.as_ref().unwrap().contains("vars.PORT"));
    let extra = found(&checked, "EXTRA");
    assert!(!extra.is_missing() && !extra.variable.is_set && extra.problem.is_none() && !extra.is_required);
}

#[test]
fn the_process_wins_over_files_and_later_files_over_earlier_ones() {
    let files = [
        (".env", "A=1\nB=1\nC=1\nD=1\nE=1"),
        (".env.local", "B=2\nC=2\nD=2\nE=2"),
        (".env.production", "C=3\nD=3\nE=3"),
        (".env.production.local", "D=4\nE=4"),
        (".env.development", "A=9"),
    ];
    let mut scene = Scene::new(&files).process("E", "5");
    for key in ["A", "B", "C", "D", "E"] {
        scene.config.required.insert(key.to_owned(), VariableSpec::default());
    }
    let sources = |scene: &Scene| -> Vec<String> {
        scene.check().checks.into_iter().map(|check| check.source.unwrap_or_default()).collect()
    };
    assert_eq!(sources(&scene), [".env", ".env.local", ".env.production", ".env.production.local", "process"]);
    scene.environment = Environment::Development;
    assert_eq!(sources(&scene)[0], ".env.development");
    scene.config.files = Some(vec![PathBuf::from(".env.local"), PathBuf::from(".env"), PathBuf::from("gone.env")]);
    assert_eq!(sources(&scene), [".env", ".env", ".env", ".env", "process"]);
    assert!(scene.check().notices.iter().any(|notice| notice.message.contains("`gone.env`")));
}

#[test]
fn an_empty_value_of_the_process_hides_that_of_a_file() {
    let scene = Scene::new(&[(".env", "A=1")]).require("A", VariableSpec::default()).process("A", "");
    assert!(found(&scene.check(), "A").is_missing());
}

#[test]
fn values_of_files_are_expanded() {
    let scene = Scene::new(&[(".env", "HOST_NAME=db.test\nURL=https://${HOST_NAME}/$PATH_PART\nBAD=$HOST_NAME")])
        .require("URL", format(ValueFormat::Url))
        .require("BAD", format(ValueFormat::Url))
        .process("PATH_PART", "x");
    let checked = scene.check();
    assert_eq!(found(&checked, "URL").variable.validation_status, ValidationStatus::Valid);
    assert_eq!(problem(&checked, "BAD"), "is not a URL: it has no scheme");
}

#[test]
fn placeholders_are_not_set_and_defaults_of_the_example_are() {
    let example = "PORT=4321\nSITE_URL=https://example.com\nAPI_TOKEN=sk_test_xxx\nHARBOUR=https://harbour.example\nMODE_NAME=xxx";
    let mut scene = Scene::new(&[(".env.example", example), (".env", example)]).process("OTHER", "changeme");
    scene.config.required.insert("OTHER".into(), VariableSpec::default());
    scene
        .config
        .required
        .insert("MODE_NAME".into(), VariableSpec { one_of: vec!["xxx".into()], ..VariableSpec::default() });
    let checked = scene.check();
    let missing: Vec<_> =
        checked.checks.iter().filter(|check| check.is_missing()).map(|check| check.variable.key.as_str()).collect();
    assert_eq!(missing, ["API_TOKEN", "OTHER", "SITE_URL"]);
    assert_eq!(problem(&checked, "SITE_URL"), "still holds a placeholder in `.env`");
    assert!(checked.secrets.is_empty(), "{:?}", checked.secrets);
}

#[test]
fn without_rules_a_value_is_set_and_not_validated() {
    let scene = Scene::new(&[]).require("A", VariableSpec::default()).process("A", "something");
    let checked = scene.check();
    let check = found(&checked, "A");
    assert!(check.variable.is_set);
    assert_eq!(check.variable.validation_status, ValidationStatus::NotValidated);
}

#[test]
fn a_malformed_value_is_invalid_also_when_the_variable_is_optional() {
    let scene = Scene::new(&[]).optional("PORT", format(ValueFormat::Port)).process("PORT", "eighty");
    let checked = scene.check();
    assert!(found(&checked, "PORT").is_invalid());
    assert_eq!(problem(&checked, "PORT"), "is not a port: it is no number");
    assert!(found(&checked, "PORT").help.as_ref().unwrap().contains("the environment of the process"));
}

#[test]
fn a_sensitive_variable_under_a_public_prefix_is_invalid() {
    for key in ["PUBLIC_X", "VITE_X", "NEXT_PUBLIC_X", "NUXT_PUBLIC_X", "GATSBY_X", "REACT_APP_X"] {
        let scene = Scene::new(&[]).require(key, sensitive(true)).process(key, "teapot-heron-oar");
        let checked = scene.check();
        assert!(found(&checked, key).is_invalid());
        assert!(problem(&checked, key).starts_with("is declared sensitive, and what begins with"), "{key}");
        assert!(found(&checked, key).help.as_ref().unwrap().contains("rename it to `X`"));
    }
    let scene = Scene::new(&[])
        .optional("PUBLIC_API_SECRET", VariableSpec::default())
        .process("PUBLIC_API_SECRET", "teapot-heron");
    assert!(problem(&scene.check(), "PUBLIC_API_SECRET").contains("is by its name a secret (`API_SECRET`)"));
    let scene =
        Scene::new(&[]).optional("PUBLIC_API_SECRET", sensitive(false)).process("PUBLIC_API_SECRET", "teapot-heron");
    assert!(!found(&scene.check(), "PUBLIC_API_SECRET").is_invalid());
    let scene = Scene::new(&[]).require("PUBLIC_K", sensitive(false)).process("PUBLIC_K", "sb_secret_0123456789");
    assert!(problem(&scene.check(), "PUBLIC_K").starts_with("holds a secret key of Supabase"));
}

#[test]
fn a_public_secret_outside_the_contract_is_invalid_too() {
    let scene = Scene::new(&[(".env", "PUBLIC_DB_PASSWORD=teapot-heron\nPUBLIC_TITLE=hello\n")])
        .process("VITE_DB", "postgres://user:teapot-heron@db.test/x");
    let checked = scene.check();
    let keys: Vec<_> =
        checked.checks.iter().map(|check| (check.variable.key.as_str(), check.declared_in.as_str())).collect();
    assert_eq!(keys, [("PUBLIC_DB_PASSWORD", ".env"), ("VITE_DB", "process")]);
    assert!(checked.checks.iter().all(VariableCheck::is_invalid));
}

#[test]
fn a_public_variable_with_the_value_of_a_secret_one_is_invalid() {
    let scene = Scene::new(&[(".env", "API_TOKEN=teapot-heron-oar\nPUBLIC_GREETING=$API_TOKEN")])
        .require("PUBLIC_GREETING", VariableSpec::default());
    assert!(problem(&scene.check(), "PUBLIC_GREETING").starts_with("has the value of `API_TOKEN`, which is sensitive"));
}

#[test]
fn a_public_key_by_name_is_only_pointed_out() {
    let scene =
        Scene::new(&[]).require("PUBLIC_MAPS_KEY", VariableSpec::default()).process("PUBLIC_MAPS_KEY", "teapot-heron");
    let checked = scene.check();
    assert!(!found(&checked, "PUBLIC_MAPS_KEY").is_invalid());
    assert!(checked.notices[0].help.as_ref().unwrap().contains("PUBLIC_MAPS_KEY: { sensitive: false }"));
    let scene = Scene::new(&[]).require("PUBLIC_MAPS_KEY", sensitive(false)).process("PUBLIC_MAPS_KEY", "teapot-heron");
    assert!(scene.check().notices.is_empty());
}

#[test]
fn what_is_wrong_in_a_file_is_named_with_file_line_and_key() {
    let scene = Scene::new(&[(".env", "A=1\nB=\"open\nA=2\nrubbish hunter2\nC=x#y\nhunter2==\nhunter2==\n")])
        .require("A", VariableSpec::default())
        .require("B", VariableSpec::default());
    let checked = scene.check();
    assert_eq!(problem(&checked, "A"), "has two values in `.env`: lines 1 and 3");
    assert_eq!(
        problem(&checked, "B"),
        "cannot be read: `.env`, line 2: the quote that opens the value is never closed"
    );
    assert!(found(&checked, "B").is_invalid() && !found(&checked, "B").is_missing());
    let messages: Vec<_> = checked.notices.iter().map(|notice| notice.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "`.env`, line 2 (`B`): the quote that opens the value is never closed",
            "`.env`, lines 1 and 3 (`A`): the same variable twice",
            "`.env`, line 4: there is no `=`",
            "`.env`, line 5 (`C`): a `#` in the middle of the value begins a comment",
            "`.env`, lines 6 and 7: the same variable twice",
        ]
    );
}

#[test]
fn files_that_are_no_text_are_errors() {
    let scene = Scene::new(&[]);
    scene.write(".env", b"A=1\nB=\xff\n");
    assert_eq!(scene.try_check().unwrap_err().to_string(), "`.env`, line 2, is not UTF-8");
    scene.write(".env", &vec![b'#'; 1024 * 1024 + 1]);
    assert!(scene.try_check().unwrap_err().to_string().contains("larger than 1 MiB"));
    let scene = Scene::new(&[(".env/bin/activate", "")]);
    assert!(scene.try_check().is_ok());
}

#[test]
fn reads_that_nobody_declares_are_named() {
    let mut scene = Scene::new(&[
        (".env.example", "DECLARED=1\n# COMMENTED=\n"),
        (
            "astro.config.mjs",
            "export default { env: { schema: { IN_SCHEMA: envField.string({ access: 'secret' }) } } }",
        ),
        (
            "src/a.ts",
            "process.env.DECLARED; process.env.COMMENTED; process.env.IN_SCHEMA; process.env.NODE_ENV;\nprocess.env.FOO_1; process.env.BAR\nprocess.env.CONFIGURED; import.meta.env.MISSING",
        ),
    ]);
    scene.config.optional.insert("CONFIGURED".into(), VariableSpec::default());
    scene.config.ignore = vec!["FOO_*".into(), "BAR".into()];
    let undeclared = scene.check().undeclared;
    assert_eq!(undeclared.len(), 1, "{undeclared:?}");
    let read = &undeclared[0];
    assert_eq!((read.key.as_str(), read.file.as_str(), read.line, read.column), ("MISSING", "src/a.ts", 3, 41));
}

#[test]
fn what_the_schema_of_astro_says_is_secret_is_sensitive() {
    let schema = "({ schema: { BOOKING: envField.string({ access: 'secret' }), MAPS_KEY: envField.string({ access: 'public' }) } })";
    let scene = Scene::new(&[("astro.config.ts", schema), (".env.example", "BOOKING=\nMAPS_KEY=\n")])
        .process("BOOKING", "teapot-heron")
        .process("MAPS_KEY", "teapot-heron");
    let checked = scene.check();
    assert!(found(&checked, "BOOKING").variable.is_sensitive);
    assert!(!found(&checked, "MAPS_KEY").variable.is_sensitive);
    assert_eq!(checked.secrets, [Secret::new("BOOKING", "teapot-heron")]);
}

#[test]
fn secrets_are_those_of_contract_files_and_process() {
    let scene = Scene::new(&[(".env.local", "FILE_TOKEN=one-two-three\nSHADOWED_KEY=in-the-file\nTITLE=hello")])
        .require("DECLARED", sensitive(true))
        .require("OPEN_KEY", sensitive(false))
        .process("DECLARED", "four-five-six")
        .process("OPEN_KEY", "seven-eight")
        .process("SHADOWED_KEY", "in-the-process")
        .process("GITHUB_TOKEN", "ghs_0123456789")
        .process("EMPTY_TOKEN", "")
        .process("HOME", "/home/somebody");
    let secrets = scene.check().secrets;
    let pairs: Vec<_> = secrets.iter().map(|secret| (secret.key(), secret.expose())).collect();
    assert_eq!(
        pairs,
        [
            ("DECLARED", "four-five-six"),
            ("FILE_TOKEN", "one-two-three"),
            ("GITHUB_TOKEN", "ghs_0123456789"),
            ("SHADOWED_KEY", "in-the-file"),
            ("SHADOWED_KEY", "in-the-process"),
        ]
    );
    assert!(!format!("{secrets:?}").contains("one-two-three"));
}

#[test]
fn a_value_that_cannot_be_read_is_a_secret_all_the_same() {
    let scene =
        Scene::new(&[(".env", "A_TOKEN=\"teapot-heron\nB_TOKEN: one-two-three\nC_TOKEN=x1y2z3\nC_TOKEN=x1y2z4")]);
    let secrets = scene.check().secrets;
    let values: Vec<_> = secrets.iter().map(Secret::expose).collect();
    assert_eq!(values, ["teapot-heron", "one-two-three", "x1y2z3", "x1y2z4"]);
}

#[test]
fn a_file_full_of_rubbish_makes_a_short_list() {
    let checked = Scene::new(&[(".env", &"rubbish\n".repeat(100_000))]).check();
    assert_eq!(checked.notices.len(), 21);
    assert!(checked.notices[20].message.contains("99980 more"));
}

#[test]
fn the_secrets_of_a_process_are_told_without_a_project() {
    let scene =
        Scene::new(&[]).process("NPM_TOKEN", "teapot-heron").process("HOME", "/root").process("A_KEY", "changeme");
    assert_eq!(process_secrets(&scene.process), [Secret::new("NPM_TOKEN", "teapot-heron")]);
}

#[test]
fn an_example_that_cannot_be_read_is_said() {
    let scene = Scene::new(&[(".env.example", "A=\"open\nA=1\n")]);
    let checked = scene.check();
    assert!(found(&checked, "A").is_missing());
    assert_eq!(checked.notices.len(), 1);
    assert!(checked.notices[0].message.starts_with("`.env.example`, line 1 (`A`)"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    /// The value is made of characters that no message has, so that any part of it would be seen.
    #[test]
    fn nothing_that_is_given_back_holds_a_value(
        value in "[ΑΒΓΔΕΖΗΘ@:/.#\"' $%{}=-]{3,40}",
        start in "(|https://|postgres://u:|eyJ|sb_secret_|-----BEGIN PRIVATE KEY-----|\")",
        format_index in 0..10_usize,
        key in "(PUBLIC_SECRET|API_TOKEN|VITE_X|PLAIN)",
    ) {
        let value = format!("{start}{value}");
        let spec = VariableSpec {
            format: ValueFormat::ALL.get(format_index).copied(),
            one_of: if value.len() % 2 == 0 { vec!["ΑΒΓΔ".into()] } else { Vec::new() },
            max_length: Some(12),
            ..VariableSpec::default()
        };
        let scene = Scene::new(&[(".env", &format!("FILE_{key}={value}\n{value}\nX={value}")), (".env.example", &format!("X={value}"))])
            .require(&key, spec)
            .optional(&format!("FILE_{key}"), format(ValueFormat::Uuid))
            .process(&key, &value);
        let checked = scene.check();
        let shown = format!(
            "{}{}{checked:?}{:?}",
            serde_json::to_string(&checked.checks).unwrap(),
            serde_json::to_string(&checked.notices).unwrap(),
            Contract::read(scene.path(), &scene.config).unwrap(),
        );
        proptest::prop_assert!(!shown.contains(['Α', 'Β', 'Γ', 'Δ', 'Ε', 'Ζ', 'Η', 'Θ']), "{}", shown);
    }
}
