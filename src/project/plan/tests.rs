use super::*;
use crate::report::model::NoticeLevel;

struct Site(tempfile::TempDir);

impl Site {
    fn new(package: &str, files: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in [("package.json", package), (".git/HEAD", "")].iter().chain(files) {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(root)
    }

    fn plan(&self) -> Result<Plan, Error> {
        Plan::of(&Project::detect(self.0.path()).unwrap())
    }

    fn commands(&self) -> Vec<String> {
        let steps = self.plan().unwrap().steps;
        steps.into_iter().map(|step| format!("{} [{}]", step.config.run, step.config.format)).collect()
    }
}

const ASTRO: &str = r#"{"scripts": {"build": "astro build"}, "dependencies": {"astro": "5", "@astrojs/check": "0.9"}}"#;

#[test]
fn an_astro_site_is_installed_checked_and_built() {
    let plan = Site::new(ASTRO, &[("package-lock.json", "{}")]).plan().unwrap();
    let kinds: Vec<StepKind> = plan.steps.iter().map(|step| step.kind).collect();
    assert_eq!(kinds, [StepKind::Install, StepKind::Check, StepKind::Build]);
    assert_eq!(plan.steps[0].config.run, "npm ci");
    assert_eq!(plan.steps[0].reason, "`node_modules` is missing");
    assert_eq!(plan.steps[1].config.run, "npx --no -- astro check");
    assert_eq!(plan.steps[1].config.format, "astro-check");
    assert_eq!(plan.steps[2].config.run, "npm run build");
    assert_eq!(plan.steps[2].config.output.as_deref(), Some(Path::new("dist")));
    assert_eq!(plan.notices, []);
}

#[test]
fn each_manager_has_its_own_commands() {
    let cases = [
        ("pnpm-lock.yaml", "", ["pnpm install --frozen-lockfile", "pnpm exec astro check", "pnpm run build"]),
        (
            "yarn.lock",
            "# yarn lockfile v1",
            ["yarn install --frozen-lockfile", "yarn run astro check", "yarn run build"],
        ),
        ("yarn.lock", "__metadata:", ["yarn install --immutable", "yarn run astro check", "yarn run build"]),
        ("bun.lock", "", ["bun install --frozen-lockfile", "bun run astro check", "bun run build"]),
    ];
    for (file, text, commands) in cases {
        let plan = Site::new(ASTRO, &[(file, text)]).plan().unwrap();
        let runs: Vec<&str> = plan.steps.iter().map(|step| step.config.run.as_str()).collect();
        assert_eq!(runs, commands);
    }
}

#[test]
fn astro_check_without_its_package_is_planned_with_a_warning() {
    let package = r#"{"scripts": {"build": "astro check && astro build"}, "dependencies": {"astro": "5"}}"#;
    let plan = Site::new(package, &[("package-lock.json", "{}")]).plan().unwrap();
    assert_eq!(plan.steps[1].config.run, "npx --no -- astro check");
    assert_eq!(plan.steps[1].config.env.get("CI").map(String::as_str), Some("true"));
    assert_eq!(plan.notices[0].level, NoticeLevel::Warning);
    assert_eq!(plan.notices[0].help.as_deref(), Some("npm install -D @astrojs/check typescript"));
}

#[test]
fn a_build_script_that_checks_first_is_not_checked_twice() {
    let package = ASTRO.replace("astro build", "astro check && astro build");
    let site = Site::new(&package, &[("package-lock.json", "{}")]);
    assert_eq!(site.commands(), ["npm ci [exit-status]", "npm run build [auto]"]);
}

#[test]
fn a_swallowed_check_in_the_build_script_does_not_count() {
    let package = ASTRO.replace("astro build", "astro check || true && astro build");
    assert_eq!(Site::new(&package, &[("package-lock.json", "{}")]).commands().len(), 3);
}

const VITE: &str = r#"{"scripts": {"build": "BUILD"}, "devDependencies": {"vite": "7", "typescript": "5"}}"#;

#[test]
fn tsc_checks_a_project_with_a_tsconfig() {
    let site = |build: &str, tsconfig: &str| {
        Site::new(&VITE.replace("BUILD", build), &[("bun.lock", ""), ("tsconfig.json", tsconfig)]).commands()[1..]
            .to_vec()
    };
    let references = r#"{"files": [], "references": [{"path": "./tsconfig.app.json"}]}"#;
    assert_eq!(site("vite build", "{}"), ["bun run tsc --noEmit --listFiles [tsc]", "bun run build [auto]"]);
    assert_eq!(site("tsc && vite build", "{}"), ["bun run build [auto]"]);
    assert_eq!(site("tsc", "{}"), ["bun run build [tsc]"]);
    assert_eq!(site("tsc -b && vite build", references), ["bun run build [auto]"]);
    // Without `-b` it checks nothing there.
    let check = "bun run tsc -b --force --noEmit --listFiles [tsc]";
    assert_eq!(site("tsc && vite build", references), [check, "bun run build [auto]"]);
    assert_eq!(site("tsc -p tsconfig.build.json && vite build", "{}").len(), 2);
}

#[test]
fn an_old_compiler_gets_no_options_that_it_refuses() {
    let files = [
        ("tsconfig.json", r#"{"files": [], /* x */ "references": [{"path": "a"},]}"#),
        ("node_modules/typescript/package.json", r#"{"version": "5.5.4"}"#),
        ("bun.lock", ""),
    ];
    let site = Site::new(&VITE.replace("BUILD", "vite build"), &files);
    assert_eq!(site.commands()[1], "bun run tsc -b --force --listFiles [tsc]");
}

#[test]
fn vue_and_svelte_are_checked_by_what_knows_their_files() {
    let vue = r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7", "vue-tsc": "3"}}"#;
    let site = Site::new(vue, &[("tsconfig.json", "{}"), ("pnpm-lock.yaml", "")]);
    assert_eq!(site.commands()[1], "pnpm exec vue-tsc --noEmit --listFiles [tsc]");
    let kit =
        r#"{"scripts": {"build": "vite build", "check": "svelte-check"}, "devDependencies": {"@sveltejs/kit": "2"}}"#;
    let site = Site::new(kit, &[("tsconfig.json", "{}"), ("pnpm-lock.yaml", "")]);
    assert_eq!(site.commands()[1], "pnpm run check [auto]");
}

#[test]
fn the_root_of_a_workspace_is_checked_by_its_own_script() {
    let root = |name: &str| {
        let package =
            format!(r#"{{"workspaces": ["apps/*"], "scripts": {{"build": "turbo build", "{name}": "turbo {name}"}}}}"#);
        let member = ("apps/web/package.json", r#"{"name": "web"}"#);
        Site::new(&package, &[("package-lock.json", "{}"), member]).commands()
    };
    assert_eq!(root("check-types")[1], "npm run check-types [auto]");
    assert_eq!(root("check")[1], "npm run check [auto]");
    assert_eq!(root("lint")[1], "npm run build [auto]");
    // Outside of one it may look at anything.
    let alone = Site::new(r#"{"scripts": {"build": "make", "check": "prettier --check ."}}"#, &[("bun.lock", "")]);
    assert_eq!(alone.commands()[1..], ["bun run build [auto]"]);
}

#[test]
fn an_install_in_a_workspace_runs_at_its_root() {
    let site =
        Site::new(r#"{"workspaces": ["apps/*"]}"#, &[("package-lock.json", "{}"), ("apps/web/package.json", ASTRO)]);
    let plan = Plan::of(&Project::detect(&site.0.path().join("apps/web")).unwrap()).unwrap();
    assert_eq!(plan.steps[0].config.directory.as_deref(), Some(Path::new("../..")));
    assert_eq!(plan.steps[2].config.directory, None);
}

#[test]
fn without_a_lock_file_what_is_missing_is_installed_and_none_is_written() {
    let plan = Site::new(ASTRO, &[]).plan().unwrap();
    assert_eq!(plan.steps[0].config.run, "npm install --no-package-lock");
    assert!(plan.notices[0].message.contains("no lock file"));
    let installed = [("node_modules/astro/package.json", "{}"), ("node_modules/@astrojs/check/package.json", "{}")];
    assert_eq!(Site::new(ASTRO, &installed).plan().unwrap().steps[0].kind, StepKind::Check);
}

#[test]
fn a_plain_build_says_that_its_output_is_not_known() {
    let plan = Site::new(r#"{"scripts": {"build": "node build.js"}}"#, &[]).plan().unwrap();
    assert_eq!(plan.steps.len(), 1);
    assert!(plan.notices[0].help.as_deref().unwrap().contains("output: DIR"));
}

#[test]
fn nothing_to_do_says_what_to_write_into_the_configuration() {
    let error = Site::new("{}", &[]).plan().unwrap_err();
    assert!(error.to_string().contains("no `build` script"), "{error}");
    assert!(error.help().unwrap().contains("steps:\n  - name: check\n    run:"), "{:?}", error.help());
    let empty = tempfile::tempdir().unwrap();
    let error = Plan::of(&Project::detect(empty.path()).unwrap()).unwrap_err();
    assert!(error.to_string().contains("no `package.json`"), "{error}");
}

#[test]
fn two_lock_files_stop_the_plan_and_not_the_look() {
    let site = Site::new(ASTRO, &[("package-lock.json", "{}"), ("yarn.lock", "")]);
    assert!(Project::detect(site.0.path()).is_ok());
    assert!(matches!(site.plan(), Err(Error::TwoLockFiles { .. })));
}
