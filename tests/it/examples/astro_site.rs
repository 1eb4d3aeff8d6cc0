//! The example that passes, and what becomes of it when somebody works on it.

use super::{copy_of, installed_copy_of};
use crate::workshop::{Ran, Workshop};
use shipgate::diagnostic::Exit;
use shipgate::gate::{Outcome, StepOutcome};
use shipgate::record::{BuildStatus, Record as _};
use shipgate::report::State;

const LIBRARY: &str = "src/lib/booking.ts";
const MISTAKE: &str = "\nexport const broken: number = 'not a number';\n";

/// The check of the site without its build.
const CHECK_ONLY: &str = "thresholds: { errors: 0 }
steps: [{ name: check, run: npx astro check, format: astro-check }]
";

fn check(site: &Workshop) -> Ran {
    let file = site.beside("check.yml");
    std::fs::write(&file, CHECK_ONLY).unwrap();
    site.gate_with(&["--config", file.to_str().unwrap()]).ends()
}

/// What the build made of `src/pages/api/health.json.ts`, served by Astro itself.
#[cfg(unix)]
fn the_endpoint_that_was_built_is_healthy(site: &Workshop) {
    use crate::health::server::{Server, free_port};
    let port = free_port();
    let mut astro = std::process::Command::new(site.path("node_modules/.bin/astro"));
    astro.args(["preview", "--host", "127.0.0.1", "--port", &port.to_string()]).current_dir(site.path(""));
    let server = Server::start(astro.env("ASTRO_TELEMETRY_DISABLED", "1"), port);
    let file = site.beside("api.yml");
    let expect =
        "{ headers: { content-type: { contains: application/json } }, json: { $.status: ok, $.crossings: 4 } }";
    let api = |path: &str| {
        let yaml =
            format!("api: {{ base-url: \"{}\", endpoints: [{{ path: {path}, expect: {expect} }}] }}\n", server.url());
        std::fs::write(&file, yaml).unwrap();
        site.shipgate(&["check", "api", "--config", file.to_str().unwrap()]).ends()
    };
    let there = api("/api/health.json");
    assert_eq!(there.status, Some(0), "{there:#?}");
    let gone = api("/api/gone.json");
    assert_eq!(gone.status, Some(1), "{gone:#?}");
    assert!(gone.stdout.contains("status: expected 200, got 404"), "{gone:#?}");
}

#[test]
fn the_site_passes_and_an_error_is_new_then_moved_then_fixed() {
    let site = installed_copy_of("astro-site");
    let right = site.read(LIBRARY);

    let first = site.gate().ends();
    first.is(Outcome::Passed);
    let report = first.report();
    assert_eq!((report.base.kind.as_str(), report.project.plan.as_str()), ("none", "shipgate.yml"));
    assert_eq!(report.steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(), ["check", "build"]);
    assert!(report.steps.iter().all(|step| step.outcome == StepOutcome::Clean), "{:#?}", report.steps);
    assert!(report.counts.checked_files.is_some_and(|files| files > 5), "{:?}", report.counts);
    let build = report.build.as_ref().unwrap();
    build.validate().unwrap();
    assert_eq!((build.build_status, build.build_command.as_str()), (BuildStatus::Success, "npm run build"));
    assert_eq!(build.astro_version.as_ref().unwrap().to_string(), "5.18.2");
    assert_eq!(build.typescript_version.as_ref().unwrap().to_string(), "5.9.3");
    assert!(build.node_version.is_some() && build.build_time.is_some_and(|seconds| seconds > 0.0), "{build:?}");
    let bundle = build.bundle.as_ref().unwrap();
    assert_eq!(build.bundle_size, Some(bundle.total().raw));
    assert!(bundle.assets.iter().any(|asset| asset.name == "index.html"), "{bundle:#?}");

    #[cfg(unix)]
    the_endpoint_that_was_built_is_healthy(&site);

    // The same again: nothing is new, and hash-free names find every asset again.
    site.git(&["checkout", "-qb", "change"]);
    let second = site.gate().ends();
    second.is(Outcome::Passed);
    let base = &second.report().base;
    assert_eq!((base.kind.as_str(), base.errors, base.branch.as_deref()), ("store", Some(0), Some("main")));
    assert_eq!(base.bundle.as_ref().map(|bundle| bundle.total().raw), build.bundle_size);

    // One mistake on the default branch is one new error, and recorded.
    site.git(&["checkout", "-q", "main"]);
    site.put(LIBRARY, format!("{right}{MISTAKE}"));
    let mistaken = check(&site);
    mistaken.is(Outcome::Failed);
    let counts = &mistaken.report().counts;
    assert_eq!((counts.errors, counts.new_errors, counts.fixed_errors), (1, 1, 0));
    let found = &mistaken.report().diagnostics[0];
    assert_eq!((found.state, found.diagnostic.code.as_deref()), (State::New, Some("ts2322")));
    assert_eq!(found.diagnostic.file.as_deref(), Some(LIBRARY));

    // Then the lines shift on a branch: it is known, and not new.
    site.git(&["checkout", "-q", "change"]);
    site.put(LIBRARY, format!("// one\n// two\n{right}{MISTAKE}"));
    let moved = check(&site);
    moved.is(Outcome::Failed);
    assert_eq!((moved.report().counts.errors, moved.report().counts.new_errors), (1, 0));
    assert_eq!(moved.report().diagnostics[0].state, State::Moved);

    site.put(LIBRARY, right);
    let mended = check(&site);
    mended.is(Outcome::Passed);
    assert_eq!((mended.report().counts.fixed_errors, mended.report().fixed.len()), (1, 1));
}

#[test]
fn without_a_configuration_or_packages_everything_is_found_out() {
    let site = copy_of("astro-site");
    std::fs::remove_file(site.path("shipgate.yml")).unwrap();
    let ran = site.gate().ends();
    ran.is(Outcome::Passed);
    let report = ran.report();
    assert_eq!((report.project.plan.as_str(), report.project.package_manager.as_deref()), ("detected", Some("npm")));
    let steps: Vec<_> = report.steps.iter().map(|step| (step.name.as_str(), step.command.as_str())).collect();
    assert_eq!(steps[0], ("install", "npm ci"));
    assert!(steps[1].0 == "check" && steps[1].1.contains("astro check"), "{steps:?}");
    assert_eq!(steps[2], ("build", "npm run build"));
    assert!(report.steps.iter().all(|step| step.exit == Some(Exit::Code { code: 0 })));
    let build = report.build.as_ref().unwrap();
    assert!(build.bundle_size.is_some_and(|bytes| bytes > 1000), "{build:?}");
    assert_eq!(build.astro_version.as_ref().unwrap().to_string(), "5.18.2", "as installed by this very run");
}

#[test]
fn astro_check_without_its_package_is_never_green() {
    let site = installed_copy_of("astro-site");
    std::fs::remove_dir_all(site.path("node_modules/@astrojs/check")).unwrap();
    site.put("package.json", site.read("package.json").replace("    \"@astrojs/check\": \"0.9.10\",\n", ""));
    for file in ["package-lock.json", "node_modules/.package-lock.json"] {
        // Without its own lock files npm has nothing to compare with, and installs nothing.
        std::fs::remove_file(site.path(file)).unwrap();
    }
    let ran = check(&site);
    ran.is(Outcome::Inconclusive);
    assert_eq!(ran.check(), StepOutcome::Inconclusive);
    let step = ran.step("check");
    assert_eq!(step.exit, Some(Exit::Code { code: 0 }), "astro itself says that all is well: {step:#?}");
}
