//! The commands around the gate: `init`, `schema`, `completions`, `man`, and how mistakes are answered.

use crate::workshop::Workshop;
use std::fs;

fn astro_like() -> Workshop {
    Workshop::new()
        .with(
            "package.json",
            r#"{ "name": "site", "scripts": { "build": "astro build" }, "dependencies": { "astro": "^5.0.0" } }"#,
        )
        .with("package-lock.json", r#"{ "name": "site", "lockfileVersion": 3, "packages": {} }"#)
        .with(".env.example", "PUBLIC_SITE_URL=https://example.org\n")
}

#[test]
fn init_writes_a_configuration_without_mistakes_and_workflows_and_replaces_nothing_unasked() {
    let project = astro_like();
    let first = project.shipgate(&["init", "--monitor"]).ends();
    assert_eq!(first.status, Some(0), "{first:?}");
    let yaml = project.read("shipgate.yml");
    assert!(
        yaml.contains("astro check") && yaml.contains("output: dist") && yaml.contains("example: .env.example"),
        "{yaml}"
    );
    let workflow = project.read(".github/workflows/shipgate.yml");
    // The examples are what `init` writes; scripts/lint-workflows looks at them.
    for (name, example) in
        [("shipgate.yml", "gate.yml"), ("shipgate-comment.yml", "comment.yml"), ("shipgate-monitor.yml", "monitor.yml")]
    {
        let written = project.read(&format!(".github/workflows/{name}"));
        let example = format!("{}/examples/workflows/{example}", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(written, fs::read_to_string(example).unwrap());
    }
    assert!(workflow.contains("merge_group:") && workflow.contains("pull-requests: write"), "{workflow}");
    assert_eq!(project.shipgate(&["check", "config"]).ends().status, Some(0));

    project.put("shipgate.yml", "environment: staging\n");
    let again = project.shipgate(&["init"]).ends();
    assert_eq!(again.status, Some(2), "{again:?}");
    assert!(again.stderr.contains("shipgate.yml") && again.stderr.contains("--force"), "{}", again.stderr);
    assert_eq!(project.read("shipgate.yml"), "environment: staging\n");
    assert_eq!(project.shipgate(&["init", "--force"]).ends().status, Some(0));
    assert_eq!(project.read("shipgate.yml"), yaml);
}

#[test]
fn init_shows_its_files_in_a_dry_run_and_writes_none() {
    let project = astro_like();
    let before = project.snapshot(&[]);
    let shown = project.shipgate(&["init", "--dry-run"]).ends();
    assert!(shown.stdout.contains("steps:") && shown.stdout.contains("jobs:"), "{}", shown.stdout);
    assert_eq!(project.snapshot(&[]), before);
}

#[test]
fn init_proposes_the_astro_integration_to_a_project_that_has_it_not() {
    let site = crate::examples::copy_of("astro-site");
    fs::remove_file(site.path("shipgate.yml")).unwrap();
    let said = || site.shipgate(&["init", "--force"]).ends().stdout;
    let proposal = "  npx astro add @shipgate/astro\nor by hand `npm install --save-dev @shipgate/astro`, and in \
                    `astro.config`:\n  import shipgate from '@shipgate/astro';\n  integrations: [shipgate()],\n";
    assert!(said().ends_with(proposal), "{}", said());
    assert_eq!(site.shipgate(&["check", "config"]).ends().status, Some(0));

    fs::rename(site.path("package-lock.json"), site.path("lock")).unwrap();
    site.put("pnpm-lock.yaml", "lockfileVersion: '9.0'\n");
    assert!(said().contains("  pnpm astro add @shipgate/astro\nor by hand `pnpm add -D"), "{}", said());

    let package = site.read("package.json");
    site.put("package.json", package.replace("\"typescript\"", "\"@shipgate/astro\": \"0.1.0\",\n    \"typescript\""));
    assert!(!said().contains("@shipgate/astro"), "{}", said());
    let plain = Workshop::new().with("package.json", r#"{ "scripts": { "build": "vite build" } }"#);
    assert!(!plain.shipgate(&["init"]).ends().stdout.contains("astro"));
}

#[test]
fn schemas_are_printed_as_they_are_committed() {
    for (name, file) in [("config", "shipgate.schema.json"), ("report", "report.schema.json")] {
        let printed = Workshop::new().shipgate(&["schema", name]).ends().stdout;
        let committed = fs::read_to_string(format!("{}/schema/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert!(printed == committed, "run `cargo run -- schema {name} > schema/{file}`");
    }
}

#[test]
fn every_shell_gets_completions_and_every_command_a_manual_page() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = Workshop::new().shipgate(&["completions", shell]).ends();
        assert!(script.status == Some(0) && script.stdout.contains("dry-run"), "{shell}");
    }
    let project = Workshop::new();
    assert_eq!(project.shipgate(&["man", "pages"]).ends().status, Some(0));
    for page in ["shipgate.1", "shipgate-run.1", "shipgate-parse.1", "shipgate-check-variables.1"] {
        assert!(project.read(&format!("pages/{page}")).contains(".TH"), "{page}");
    }
}

#[test]
fn a_wrong_command_line_is_exit_status_2_and_says_what_is_meant() {
    let mistakes: [(&[&str], &str); 4] = [
        (&["rnu"], "'rnu'"),
        (&["run", "--reprot", "json"], "--report"),
        (&["run", "--report", "jsn"], "`json`"),
        (&["run", "--dry-run", "--record"], "--record"),
    ];
    for (arguments, words) in mistakes {
        let answer = Workshop::new().shipgate(arguments).ends();
        assert_eq!(answer.status, Some(2), "{arguments:?}: {answer:?}");
        assert!(answer.stderr.contains(words), "{arguments:?}: {}", answer.stderr);
    }
}
