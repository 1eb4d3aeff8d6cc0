//! `shipgate bundle`: what a build ships, what changed between two, and why a module is in it.

mod source;

use super::console::Console;
use super::settings::Settings;
use super::{Error, ExitStatus, Process, file};
use crate::gate::Pattern;
use crate::record::{Bundle, Compression};
use crate::redact::Redactor;
use crate::report::RenderOptions;
use crate::report::bundle::{Comparison, find_modules, render_diff, render_page, render_show, render_why};
use serde_json::json;
use source::{Found, Look};
use std::path::PathBuf;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Input {
    /// The project's folder, absolute.
    pub directory: PathBuf,
    pub config: Option<PathBuf>,
    pub question: Question,
    /// What sizes are shown and sorted by.
    pub compression: Compression,
    /// Only routes that this fits.
    pub route: Option<String>,
    pub shape: Shape,
}

/// The builds that are looked at: `now`, `base`, a folder, a saved report, or a recorded build by its commit or id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    Show { of: String },
    Diff { base: String, now: String },
    Why { module: String, of: String },
}

/// How the answer is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    Text,
    Json,
    /// A page, into a file; `-` is standard output.
    Page(PathBuf),
}

/// Answers it.
///
/// # Errors
/// When the configuration is wrong, there is no such build, or the page cannot be written.
pub async fn bundle(
    input: &Input,
    process: &Process,
    redactor: &Redactor,
    console: &mut dyn Console,
) -> Result<ExitStatus, Error> {
    let settings = Settings::read(&input.directory, input.config.as_deref(), console.colour())?;
    let pattern = parse_route(input.route.as_deref())?;
    let look = Look { input, settings: &settings, process };
    let options = RenderOptions {
        width: console.width().unwrap_or(100),
        colour: console.colour(),
        detail: console.detail(),
        ..RenderOptions::default()
    };
    let get = async |name: &str, console: &mut dyn Console| {
        let mut found = look.find(name).await?;
        super::run::redaction::redact_bundle(&mut found.bundle, redactor);
        for notice in &found.notices {
            console.aside(&redactor.redact(&notice.message));
        }
        if !found.bundle.is_measured(input.compression) {
            let (title, by) = (&found.title, input.compression.as_str());
            let way_out = "leave `--compression` out, or take `brotli: false` out of `bundle` and measure again";
            return Err(Error::Usage(format!("the sizes of {title} under {by} were not measured: {way_out}")));
        }
        if let Some(pattern) = &pattern {
            found.bundle.routes.retain(|route| pattern.fits_route(route));
        }
        Ok::<Found, Error>(found)
    };
    let text = match &input.question {
        Question::Show { of } => {
            let Found { title, bundle, .. } = get(of, console).await?;
            match &input.shape {
                Shape::Text => render_show(&title, &bundle, input.compression, &options),
                Shape::Json => document(&json!({ "build": title, "bundle": bundle })),
                Shape::Page(path) => return page(input, path, &title, &bundle, console),
            }
        }
        Question::Diff { base, now } => {
            let (base, now) = (get(base, console).await?, get(now, console).await?);
            let comparison = Comparison::new(&base.bundle, &now.bundle, input.compression);
            let title = format!("{} → {}", base.title, now.title);
            match &input.shape {
                Shape::Text => render_diff(&title, &comparison, input.compression, &options),
                Shape::Json | Shape::Page(_) => {
                    document(&json!({ "base": base.title, "now": now.title, "changes": comparison }))
                }
            }
        }
        Question::Why { module, of } => {
            let Found { title, bundle, .. } = get(of, console).await?;
            if bundle.modules.is_empty() {
                return Err(Error::NoModules(title));
            }
            let unknown = || Error::NoModule { name: module.clone(), build: title.clone() };
            match &input.shape {
                Shape::Text => render_why(&bundle, module, &options).ok_or_else(unknown)?,
                Shape::Json | Shape::Page(_) => {
                    let found = find_modules(&bundle, module);
                    if found.is_empty() {
                        return Err(unknown());
                    }
                    why_document(&bundle, &found)
                }
            }
        }
    };
    let out = console.standard_output();
    let _closed_pipe = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    Ok(ExitStatus::Success)
}

/// The glob of `--route`.
pub(super) fn parse_route(text: Option<&str>) -> Result<Option<Pattern>, Error> {
    text.map(Pattern::parse).transpose().map_err(|why| Error::Usage(format!("`--route` is not a glob: {why}")))
}

fn document(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

fn why_document(bundle: &Bundle, found: &[usize]) -> String {
    const CHAINS: usize = 20;
    let name = |index: &usize| bundle.modules[*index].id.as_str();
    let modules = found.iter().map(|index| {
        let module = &bundle.modules[*index];
        let files: Vec<_> = module.parts.iter().map(|part| part.asset).collect();
        let files: Vec<&str> = bundle.numbered(&files).map(|asset| asset.name.as_str()).collect();
        let chains: Vec<Vec<&str>> =
            bundle.import_chains(*index, CHAINS).iter().map(|chain| chain.iter().map(name).collect()).collect();
        json!({ "module": module.id, "package": module.package, "bytes": module.bytes(), "files": files, "chains": chains })
    });
    document(&serde_json::Value::Array(modules.collect()))
}

fn page(
    input: &Input,
    path: &std::path::Path,
    title: &str,
    bundle: &Bundle,
    console: &mut dyn Console,
) -> Result<ExitStatus, Error> {
    let page = render_page(title, bundle, input.compression);
    if path.as_os_str() == "-" {
        let out = console.standard_output();
        let _closed_pipe = out.write_all(page.as_bytes()).and_then(|()| out.flush());
    } else {
        let path = input.directory.join(path);
        file::replace(&path, page.as_bytes()).map_err(|source| Error::Write { path: path.clone(), source })?;
        console.aside(&format!("wrote `{}`", path.display()));
    }
    Ok(ExitStatus::Success)
}
