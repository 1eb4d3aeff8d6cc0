//! `shipgate init`: a commented `shipgate.yml` and the workflows for the project that is there.

use super::console::Console;
use super::settings::FILE_NAME;
use super::{Error, ExitStatus, Process};
use crate::project::{self, Framework, Managed, Manager, Plan, Project, StepKind};
use std::fmt::Write as _;
use std::path::Path;

const WORKFLOW: &str = ".github/workflows/shipgate.yml";
const COMMENT_WORKFLOW: &str = ".github/workflows/shipgate-comment.yml";
const MONITOR_WORKFLOW: &str = ".github/workflows/shipgate-monitor.yml";
const CHECKOUT: &str = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1";

/// What happens to files that would be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Files that are there already are an error.
    Write,
    Replace,
    /// Nothing is written, everything shown.
    Show,
}

/// Whether a workflow that watches what runs is written, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watching {
    Yes,
    No,
}

/// Writes its files for the project in `directory`.
///
/// # Errors
/// When the project cannot be read, a file is there already, or cannot be written.
pub async fn init(
    directory: &Path,
    process: &Process,
    mode: Mode,
    watching: Watching,
    console: &mut dyn Console,
) -> Result<ExitStatus, Error> {
    let project = Project::detect(directory)?;
    let plan = Plan::of(&project)?;
    let repository = project::find_git(directory, process.search_path()).await?;
    let root = repository.as_ref().map_or(directory, |repository| repository.root.as_path());
    let branch = repository.as_ref().and_then(|it| it.default_branch.clone().or_else(|| it.branch.clone()));
    let below = directory.strip_prefix(root).unwrap_or(Path::new(""));
    let mut files = vec![
        (directory.join(FILE_NAME), configuration(&project, &plan, directory)),
        (root.join(WORKFLOW), workflow(&project, branch.as_deref().unwrap_or("main"), below)),
        (root.join(COMMENT_WORKFLOW), comment_workflow()),
    ];
    if watching == Watching::Yes {
        files.push((root.join(MONITOR_WORKFLOW), monitor_workflow(below)));
    }
    if mode == Mode::Write
        && let Some((path, _)) = files.iter().find(|(path, _)| path.exists())
    {
        return Err(Error::AlreadyThere(path.clone()));
    }
    for (path, text) in &files {
        let shown = path.strip_prefix(root).unwrap_or(path).display();
        if mode == Mode::Show {
            say(console, &format!("# {shown}\n{text}\n"));
            continue;
        }
        write(path, text)?;
        say(console, &format!("wrote `{shown}`\n"));
    }
    if mode != Mode::Show {
        say(console, "try it: `shipgate run --dry-run`\n");
    }
    if let Some(hint) = integration_hint(&project) {
        say(console, &hint);
    }
    Ok(ExitStatus::Success)
}

/// What to type for the sizes by route to be known to the module, where that is not done yet.
fn integration_hint(project: &Project) -> Option<String> {
    const PACKAGE: &str = "@shipgate/astro";
    let has_it = project.package.as_ref().is_some_and(|package| package.depends_on(PACKAGE));
    (project.framework == Framework::Astro && !has_it).then(|| {
        let (astro, add) = match project.managed.manager() {
            Ok(Manager::Pnpm) => ("pnpm", "pnpm add -D"),
            Ok(Manager::YarnClassic | Manager::YarnBerry) => ("yarn", "yarn add -D"),
            Ok(Manager::Bun) => ("bunx", "bun add -d"),
            Ok(Manager::Npm) | Err(_) => ("npx", "npm install --save-dev"),
        };
        format!(
            "\nfor routes, modules and phases of the build, add the Astro integration:\n  {astro} astro add {PACKAGE}\n\
             or by hand `{add} {PACKAGE}`, and in `astro.config`:\n  import shipgate from '{PACKAGE}';\n  \
             integrations: [shipgate()],\n"
        )
    })
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    super::file::replace(path, text.as_bytes()).map_err(failed)
}

fn say(console: &mut dyn Console, text: &str) {
    let out = console.standard_output();
    let _closed_pipe = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn configuration(project: &Project, plan: &Plan, directory: &Path) -> String {
    let mut text = format!(
        "# What has to hold before {} ships. All keys: `shipgate schema config`; check this file with\n\
         # `shipgate check config`, and run the gate with `shipgate run --dry-run`.\n\
         environment: production\n\n\
         # Packages are installed first where they are missing or stale.\nsteps:\n",
        project.name()
    );
    for step in plan.steps.iter().filter(|step| step.kind != StepKind::Install) {
        let _infallible = writeln!(text, "  - name: {}\n    run: {}", step.config.name, scalar(&step.config.run));
        if step.config.format != "auto" {
            let _infallible = writeln!(text, "    format: {}", step.config.format);
        }
        if let Some(output) = &step.config.output {
            let _infallible = writeln!(
                text,
                "    output: {}        # measured, and searched for secrets",
                scalar(&output.to_string_lossy())
            );
        }
        text.push_str("    timeout: 15m\n");
    }
    text.push_str("\nvariables:\n");
    if directory.join(".env.example").is_file() {
        text.push_str("  example: .env.example        # each key in it is required, unless `optional` has it\n");
    }
    text.push_str(
        "  # required:\n  #   DATABASE_URL: { format: url, sensitive: true }\n  #   PUBLIC_SITE_URL: { format: url }\n  \
         ignore: []                   # read by the code and nobody's business\n\n\
         thresholds:\n  new-errors: 0                # against the default branch\n  \
         missing-variables: 0\n  invalid-variables: 0\n  leaked-secrets: 0\n  \
         # errors: { max: 20, on-exceed: warn }\n  # build-time: { max: 5m, max-increase: 25% }\n  \
         # bundle-size: { max: 2 MB, max-increase: 5% }\n\n\
         store: { kind: json, path: .shipgate }\n",
    );
    text
}

/// A YAML scalar that holds this text and nothing else.
fn scalar(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || " -_./=@&|".contains(c));
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

/// The action as a workflow names it: by the commit of the release that this program is of, where it is of one.
fn action(folder: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    match option_env!("SHIPGATE_RELEASE_COMMIT") {
        Some(commit) => format!("shipgate/shipgate{folder}@{commit} # v{version}"),
        None => format!("shipgate/shipgate{folder}@v{version}"),
    }
}

fn workflow(project: &Project, branch: &str, below: &Path) -> String {
    let folder = super::run::forward_slashes(below);
    let branch = scalar(branch);
    let mut text = format!(
        "# The gate: on every pull request, in the merge queue, and on the branch that changes are compared with.\n\
         name: shipgate\n\non:\n  pull_request:\n  merge_group:\n  push:\n    branches: [{branch}]\n\n\
         permissions: {{}}\n\n\
         # One run a pull request: an older one that ends last would have nothing to say any more.\n\
         concurrency:\n  group: shipgate-${{{{ github.event.pull_request.number || github.ref }}}}\n  \
         cancel-in-progress: ${{{{ github.event_name == 'pull_request' }}}}\n\n\
         jobs:\n  gate:\n    name: gate\n    runs-on: ubuntu-latest\n    timeout-minutes: 30\n    \
         permissions:\n      contents: read # to check the source out\n      pull-requests: write # the comment\n    \
         steps:\n      - uses: {CHECKOUT}\n        with:\n          persist-credentials: false\n"
    );
    if let Some(setup) = package_manager_setup(&project.managed) {
        let _infallible = writeln!(text, "      - run: {setup}");
    }
    let _infallible = writeln!(text, "      - uses: {}", action(""));
    if !folder.is_empty() {
        let _infallible = writeln!(text, "        with:\n          working-directory: {}", scalar(&folder));
    }
    text
}

/// The token of a pull request from a fork is read-only, so its comment is posted from here, where the
/// token is not and nothing of the fork's is run.
fn comment_workflow() -> String {
    format!(
        "# Posts the comment where the gate's own token may not: on pull requests from forks and by Dependabot.\n\
         # Nothing of theirs is checked out or run here; the report is read as a stranger's.\n\
         name: shipgate comment\n\non:\n  workflow_run: # zizmor: ignore[dangerous-triggers] see above\n    \
         workflows: [shipgate]\n    types: [completed]\n\n\
         permissions: {{}}\n\n\
         concurrency:\n  group: shipgate-comment-${{{{ github.event.workflow_run.head_sha }}}}\n  \
         cancel-in-progress: false\n\n\
         jobs:\n  comment:\n    name: comment\n    if: ${{{{ github.event.workflow_run.event == 'pull_request' }}}}\n    \
         runs-on: ubuntu-latest\n    timeout-minutes: 10\n    \
         permissions:\n      actions: read # to download the report\n      pull-requests: write # the comment\n    \
         steps:\n      - uses: {}\n",
        action("/comment")
    )
}

/// GitHub starts scheduled workflows late, most of all at full hours, and never more often than every five minutes.
fn monitor_workflow(below: &Path) -> String {
    let folder = super::run::forward_slashes(below);
    let mut text = format!(
        "# Looks at the endpoints and databases of `shipgate.yml`, and tells of changes.\n\
         name: shipgate monitor\n\non:\n  schedule:\n    - cron: \"7,22,37,52 * * * *\"\n  workflow_dispatch:\n\n\
         permissions: {{}}\n\n\
         concurrency:\n  group: shipgate-monitor\n  cancel-in-progress: false\n\n\
         jobs:\n  monitor:\n    name: monitor\n    runs-on: ubuntu-latest\n    timeout-minutes: 10\n    \
         permissions:\n      contents: read # to check the source out\n      \
         issues: write # monitor.github-issue\n      statuses: write # monitor.commit-status\n    \
         steps:\n      - uses: {CHECKOUT}\n        with:\n          persist-credentials: false\n      \
         # What `shipgate.yml` needs of secrets is named here, under `env`: DATABASE_URL: ${{{{ secrets.DATABASE_URL }}}}\n      \
         - uses: {}\n",
        action("/monitor")
    );
    if !folder.is_empty() {
        let _infallible = writeln!(text, "        with:\n          working-directory: {}", scalar(&folder));
    }
    text
}

/// What a runner needs beside Node and npm, which it has.
fn package_manager_setup(managed: &Managed) -> Option<&'static str> {
    match managed.manager().ok()? {
        Manager::Npm => None,
        Manager::Pnpm | Manager::YarnClassic | Manager::YarnBerry => Some("corepack enable"),
        Manager::Bun => Some("npm install --global bun"),
    }
}
