//! The merge base, built on the spot: the same steps in a temporary worktree.

use super::{Known, Standing, readings};
use crate::app::run::build::{Built, Keeping, measure_output};
use crate::app::run::execute::{Workshop, execute, forward_slashes, packages};
use crate::app::run::lines::read_lines;
use crate::app::run::plan::Plan;
use crate::app::run::scene::Scene;
use crate::app::run::{Hands, Input, facts, plan};
use crate::project::astro_build::{BUILD_FILE, BUILD_ID};
use crate::project::{Git, Project, Sharing, Worktree};
use crate::record::build::ToolVersions;
use crate::record::{BuildStatus, Compressors, Environment};
use crate::report::{Notice, NoticeLevel, Step};
use crate::step::Cancel;
use crate::variable::Checked;

/// What the base is built with: all of it is the run's own.
pub(in crate::app::run) struct Stage<'a> {
    pub(in crate::app::run) scene: &'a Scene,
    pub(in crate::app::run) plan: &'a Plan,
    pub(in crate::app::run) environment: Environment,
    pub(in crate::app::run) workshop: &'a Workshop<'a>,
    pub(in crate::app::run) checked: &'a Checked,
    pub(in crate::app::run) compressors: Compressors,
}

/// Runs the plan's steps on what HEAD and `reference` have in common. The worktree is gone afterwards,
/// also when the run is told to stop meanwhile.
pub(in crate::app::run) async fn build(
    hands: &mut Hands<'_>,
    input: &Input,
    stage: &Stage<'_>,
    reference: &str,
) -> (Standing, Vec<Notice>) {
    match attempt(hands, input, stage, reference).await {
        Ok(done) => done,
        Err(why) => (why, Vec::new()),
    }
}

fn unreadable(why: impl Into<String>, help: Option<String>) -> Standing {
    Standing::Unreadable { why: why.into(), help }
}

fn of_project(error: &crate::project::Error) -> Standing {
    unreadable(error.to_string(), error.help())
}

async fn attempt(
    hands: &mut Hands<'_>,
    input: &Input,
    stage: &Stage<'_>,
    reference: &str,
) -> Result<(Standing, Vec<Notice>), Standing> {
    let project = stage.scene.project.as_ref();
    let (Some(git), Some(project)) = (Git::find(&input.directory, hands.process.search_path()), project) else {
        let help = "compare with a saved report instead: `--base-report FILE`".to_owned();
        return Err(unreadable("this folder lies in no git repository, or there is no `git`", Some(help)));
    };
    let cancel = hands.cancel.clone();
    let commit = unless_stopped(&cancel, git.merge_base(reference)).await?;
    let short = commit.get(..7).unwrap_or(&commit).to_owned();
    hands.console.phase(&format!("base: checking out `{short}`, which this has in common with `{reference}`"));
    let tree = unless_stopped(&cancel, Worktree::check_out(&git, &commit)).await?;
    let sharing = unless_stopped(&cancel, tree.furnish(project)).await?;
    let below = project.directory.strip_prefix(git.root().canonicalize().as_deref().unwrap_or(git.root()));
    let directory = tree.root().join(below.unwrap_or(project.directory.as_path()));
    if !directory.is_dir() {
        let message = format!("this folder is not yet in `{short}`, so everything in it is new");
        return Ok((Standing::Absent, vec![Notice { level: NoticeLevel::Info, message, help: None }]));
    }
    let there = Project::detect(&directory).map_err(|error| of_project(&error))?;
    let plan = plan::of_base(stage.plan, &there).map_err(|error| unreadable(error.to_string(), error.help()))?;
    let mut notices = Vec::new();
    if sharing == Sharing::Nothing && plan.installs() {
        let message = format!("`{short}` has another lock file, so its packages were installed for the comparison");
        notices.push(Notice { level: NoticeLevel::Info, message, help: None });
    }
    let at = hands.clock.now();
    let built = Built::begin(&plan, stage.scene, stage.environment, at);
    // Its packages may be the run's own, and the file of its build lies among them.
    let file = tree.root().join(".shipgate-astro-build.json");
    let mut environment = stage.workshop.environment.to_vec();
    environment.retain(|(name, _)| name != BUILD_ID);
    environment.extend([(BUILD_ID.into(), built.id().into()), (BUILD_FILE.into(), file.clone().into_os_string())]);
    let keeping = Keeping { cache: None, with: stage.compressors, build_id: built.id(), since: at, file: Some(file) };
    let workshop = Workshop {
        environment: &environment,
        directory: &directory,
        root: forward_slashes(&directory),
        packages: packages(&directory).map_err(|error| of_project(&error))?,
        ..*stage.workshop
    };
    let executed = execute(&workshop, &plan.steps, &mut hands.cancel, hands.console).await;
    let measured =
        measure_output(&plan, &executed, &directory, stage.checked, &keeping, &hands.cancel, hands.console).await;
    if let Some(signal) = hands.cancel.requested() {
        return Err(unreadable(format!("the run was stopped by {}", signal.as_str()), None));
    }
    let said = executed.into_iter().map(|done| ((done.step.name.clone(), done.diagnostics), done.step));
    let (said, steps): (Vec<_>, Vec<Step>) = said.unzip();
    let mut found = facts::without_echoes(said);
    read_lines(&mut found, &directory);
    let counts = facts::count(&[], &[], &steps);
    let record =
        built.end(&steps, None, &counts, (&measured.output, measured.seen), ToolVersions::default(), hands.clock.now());
    let known = Known {
        kind: "reference",
        commit: Some(commit),
        branch: Some(reference.to_owned()),
        recorded_at: at,
        builds: Vec::new(),
        success: Some(record).filter(|build| build.build_status == BuildStatus::Success),
        steps: readings(&steps),
        found,
        history: Vec::new(),
    };
    Ok((Standing::Known(Box::new(known)), notices))
}

/// The work, unless it fails or the run is told to stop meanwhile.
async fn unless_stopped<T>(
    cancel: &Cancel,
    work: impl Future<Output = Result<T, crate::project::Error>>,
) -> Result<T, Standing> {
    tokio::select! {
        biased;
        done = work => done.map_err(|error| of_project(&error)),
        () = cancel.clone().asked() => Err(unreadable("the run was stopped", Some("run it again".to_owned()))),
    }
}
