//! The first run of a project that nobody configured.

use crate::examples::installed;
use crate::workshop::{Ran, Workshop};
use shipgate::gate::{Outcome, StepOutcome};
use shipgate::record::BuildStatus;
use std::process::Command;

/// A TypeScript project whose compiler is the one of an example, so that nothing is downloaded.
fn plain(source: &str) -> Workshop {
    let compiler = installed("astro-site").join("node_modules/typescript");
    let package = serde_json::json!({
        "name": "tiny", "version": "1.0.0", "private": true,
        "scripts": { "build": "tsc -p . --outDir dist" },
        "devDependencies": { "typescript": format!("file:{}", compiler.display()) },
    });
    Workshop::new()
        .with("package.json", package.to_string())
        .with("tsconfig.json", r#"{ "compilerOptions": { "strict": true, "types": [] }, "include": ["src"] }"#)
        .with("src/a.ts", source)
}

/// With a lock file, made without asking npm's servers.
fn locked(workshop: Workshop) -> Workshop {
    npm(&workshop, &["install", "--package-lock-only", "--offline", "--no-audit"]);
    workshop
}

fn npm(workshop: &Workshop, arguments: &[&str]) {
    let npm = Command::new("npm").args(arguments).current_dir(workshop.path("")).output().unwrap();
    assert!(npm.status.success(), "npm {arguments:?}: {}", String::from_utf8_lossy(&npm.stderr));
}

fn steps(ran: &Ran) -> Vec<&str> {
    ran.report().steps.iter().map(|step| step.name.as_str()).collect()
}

#[test]
fn a_plain_typescript_project_is_installed_once_checked_and_built() {
    let workshop = locked(plain("export const a: number = 1;\n"));
    let first = workshop.gate().ends();
    first.is(Outcome::Passed);
    let report = first.report();
    assert_eq!((report.project.plan.as_str(), report.project.name.as_str()), ("detected", "tiny"));
    assert_eq!(report.project.package_manager.as_deref(), Some("npm"));
    assert_eq!((steps(&first)[0], first.step("install").command.as_str()), ("install", "npm ci"));
    let build = report.build.as_ref().unwrap();
    assert_eq!((build.build_status, build.astro_version.clone()), (BuildStatus::Success, None));
    assert_eq!(build.typescript_version.as_ref().unwrap().to_string(), "5.9.3", "as installed by this very run");
    assert!(build.node_version.is_some());

    let second = workshop.gate().ends();
    second.is(Outcome::Passed);
    assert!(!steps(&second).contains(&"install"), "{:?}", steps(&second));
    assert_eq!(second.report().base.kind, "store");
}

#[test]
fn its_errors_are_found_and_the_files_counted() {
    let workshop = locked(plain("export const a: number = 'x';\n"));
    // A build of another kind, so that the check is a step of its own.
    workshop.put(
        "package.json",
        workshop.read("package.json").replace("tsc -p . --outDir dist", "mkdir -p dist && cp src/a.ts dist/a.js"),
    );
    let ran = workshop.gate().ends();
    ran.is(Outcome::Failed);
    assert_eq!(steps(&ran), ["install", "check", "build"]);
    assert_eq!((ran.check(), ran.step("build").outcome), (StepOutcome::Errors, StepOutcome::Clean));
    assert_eq!(ran.report().counts.errors, 1);
    assert!(ran.report().counts.checked_files.is_some_and(|files| files > 1), "the libraries and the one file");
    let found = &ran.report().diagnostics[0].diagnostic;
    assert_eq!((found.file.as_deref(), found.line, found.code.as_deref()), (Some("src/a.ts"), Some(1), Some("ts2322")));
}

#[test]
fn a_project_without_a_lock_file_is_told_about_it() {
    let workshop = plain("export const a = 1;\n");
    npm(&workshop, &["install", "--no-package-lock", "--offline", "--no-audit"]);
    let ran = workshop.gate().ends();
    ran.is(Outcome::Passed);
    assert!(!steps(&ran).contains(&"install"), "{:?}", steps(&ran));
    assert!(ran.notices().contains("no lock file"), "{}", ran.notices());
}

#[test]
fn an_installation_that_fails_stops_the_rest() {
    let workshop = locked(plain("export const a = 1;\n"));
    workshop.put(
        "package.json",
        workshop
            .read("package.json")
            .replace("\"devDependencies\":{", "\"devDependencies\":{\"left-out\":\"file:./gone\","),
    );
    let ran = workshop.gate().ends();
    ran.is(Outcome::Failed);
    assert_eq!(ran.step("install").outcome, StepOutcome::Failed);
    assert!(ran.report().steps[1..].iter().all(|step| step.outcome == StepOutcome::Skipped));
}
