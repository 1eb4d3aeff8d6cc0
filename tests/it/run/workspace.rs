//! Workspaces whose runners print names of packages: the package's folder is part of the path.

use crate::examples;
use crate::workshop::Workshop;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

const BROKEN: &str = "export const size: number = \"1\";\n";

/// Two packages in folders of other names, each with one error.
fn shop() -> Workshop {
    let package = |name| format!(r#"{{ "name": "{name}", "version": "1.0.0", "scripts": {{ "build": "tsc -p ." }} }}"#);
    let tsconfig = r#"{ "compilerOptions": { "strict": true, "noEmit": true, "types": [] }, "include": ["src"] }"#;
    let mut shop = Workshop::new()
        .with("package.json", r#"{ "name": "shop", "private": true, "workspaces": ["packages/*", "apps/**"] }"#);
    for (folder, name) in [("packages/core", "@shop/core"), ("apps/sites/web", "@shop/web")] {
        shop = shop
            .with(&format!("{folder}/package.json"), package(name))
            .with(&format!("{folder}/tsconfig.json"), tsconfig)
            .with(&format!("{folder}/src/a.ts"), BROKEN);
    }
    shop
}

const BOTH: [&str; 2] = ["apps/sites/web/src/a.ts", "packages/core/src/a.ts"];

#[test]
fn paths_of_a_real_run_of_npms_workspaces_begin_with_the_packages_folder() {
    let shop = shop().with(
        "shipgate.yml",
        "steps:\n  - { name: check, run: npm run build --workspaces }\n  - { name: again, run: cd .. && npm run build --workspaces, directory: apps }\n",
    );
    symlink(examples::installed("astro-site").join("node_modules"), shop.path("node_modules")).unwrap();
    let ran = shop.gate().ends();
    let mut files: Vec<_> = ran.report().diagnostics.iter().map(|it| it.diagnostic.file.clone().unwrap()).collect();
    files.sort();
    assert_eq!(files, BOTH, "{}", ran.said());
}

#[test]
fn logs_of_runners_are_read_with_the_names_of_the_workspace() {
    let shop = shop();
    let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/workspace");
    for (runner, expected) in [("npm", &BOTH[..]), ("turbo", &BOTH[1..]), ("lerna", &BOTH), ("nx", &BOTH)] {
        let log = fs::read(logs.join(format!("{runner}.log"))).unwrap();
        let ran = shop.shipgate(&["parse"]).input(&log).ends();
        assert_eq!(ran.status, Some(0), "{runner}: {}", ran.said());
        let file = |line: &str| serde_json::from_str::<Value>(line).unwrap()["file"].as_str().unwrap().to_owned();
        let mut files: Vec<String> = ran.stdout.lines().map(file).collect();
        files.sort();
        assert_eq!(files, expected, "{runner}");
        // Without the workspace the names say nothing.
        let elsewhere = Workshop::new().shipgate(&["parse"]).input(&log).ends();
        assert!(elsewhere.stdout.lines().all(|line| file(line) == "src/a.ts"), "{runner}: {}", elsewhere.stdout);
    }
}

#[test]
fn a_workspace_that_cannot_be_read_is_said_and_the_log_is_read_all_the_same() {
    let workshop = Workshop::new().with("pnpm-workspace.yaml", "packages: { a: 1 }\n");
    let ran = workshop.shipgate(&["parse"]).input(b"a.ts(1,2): error TS2322: No.\n").ends();
    assert_eq!((ran.status, ran.stdout.lines().count()), (Some(0), 1));
    assert!(ran.stderr.contains("pnpm-workspace.yaml"), "{}", ran.stderr);
}
