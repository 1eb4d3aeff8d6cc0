//! The file that the Astro integration (`integrations/astro`) writes during a build. Its form is described in
//! `integrations/astro/index.d.ts`. Whatever is in it is somebody's file: numbers that lead nowhere are passed over.

use super::{info, warning};
use crate::record::{Asset, AssetKind, Importer, Module, ModulePart, number};
use crate::report::model::{Notice, NoticeLevel};
use crate::time::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};

/// Where it lies, below the project's folder.
pub const FILE: &str = "node_modules/.cache/shipgate/astro-build.json";
/// The version that this program knows.
const VERSION: u64 = 1;
const MAX_BYTES: u64 = 256 * 1024 * 1024;
/// The environment variable that binds the file to a run …
pub const BUILD_ID: &str = "SHIPGATE_BUILD_ID";
/// … and the one that says where it is to be written instead, absolute.
pub const BUILD_FILE: &str = "SHIPGATE_BUILD_FILE";

/// Which build the file has to be of, besides having made the very output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of<'a> {
    /// The one that a run just made, by its mark; where that did not reach it, by when it began.
    Run { build_id: &'a str, since: Timestamp },
    /// Whichever made the output.
    Output,
}

/// Which file is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Sought<'a> {
    /// Folders of projects, each with the file at its usual place.
    pub projects: &'a [PathBuf],
    /// Where it was told to write instead.
    pub file: Option<&'a Path>,
    pub of: Of<'a>,
}

#[derive(Deserialize)]
struct Head {
    version: Option<u64>,
}

/// What the integration saw of a build.
#[derive(Debug, Clone, Deserialize)]
pub struct AstroBuild {
    build_id: Option<String>,
    state: String,
    started_at: Timestamp,
    finished_at: Option<Timestamp>,
    pub(super) base: String,
    pub(super) assets_prefix: Option<String>,
    pub adapter: Option<String>,
    output_folder: Option<String>,
    client_folder: Option<String>,
    /// Caches that were there before.
    pub caches: Vec<String>,
    pub phases: Vec<BuiltPhase>,
    pub(super) routes: Vec<BuiltRoute>,
    environments: Vec<BuiltEnvironment>,
    pub warnings: Vec<String>,
    /// Where the client's files lie below the output; with a slash behind unless empty.
    #[serde(skip)]
    client: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct BuiltPhase {
    pub name: String,
    pub seconds: f64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct BuiltRoute {
    pub(super) pattern: String,
    pub(super) kind: String,
    pub(super) is_prerendered: bool,
    pub(super) entrypoint: String,
    pub(super) files: Vec<String>,
    pub(super) scripts: Vec<String>,
    pub(super) styles: Vec<String>,
    pub(super) inline_script: u64,
    pub(super) inline_style: u64,
}

#[derive(Debug, Clone, Deserialize)]
struct BuiltEnvironment {
    name: String,
    chunks: Vec<BuiltChunk>,
    modules: Vec<BuiltModule>,
}

#[derive(Debug, Clone, Deserialize)]
struct BuiltChunk {
    file: String,
    bytes: Option<u64>,
    is_entry: bool,
    facade: Option<String>,
    modules: Vec<(usize, u64)>,
}

#[derive(Debug, Clone, Deserialize)]
struct BuiltModule {
    id: String,
    package: Option<String>,
    importers: Vec<usize>,
    dynamic_importers: Vec<usize>,
}

/// The file of the build that made `output`, whose measured files are `assets`. Every folder of `projects` is looked
/// into. With a notice where there is one that cannot be used; neither where there is none.
#[must_use]
pub fn read_astro_build(sought: Sought<'_>, output: &Path, assets: &[Asset]) -> (Option<AstroBuild>, Option<Notice>) {
    for project in sought.projects {
        let path = sought.file.map_or_else(|| project.join(FILE), Path::to_owned);
        let shown = path.display().to_string();
        let bytes = match std::fs::metadata(&path) {
            Ok(facts) if facts.len() > MAX_BYTES => {
                return (None, Some(warning(format!("`{shown}` is too large to be read"), "build again")));
            }
            Ok(_) => std::fs::read(&path),
            Err(error) => Err(error),
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                return (None, Some(refused(&shown, &format!("cannot be read: {error}"), "make it readable")));
            }
        };
        let build = match AstroBuild::parse(&bytes) {
            Ok(build) => build,
            Err((why, help)) => return (None, Some(refused(&shown, &why, help))),
        };
        // What an adapter copied elsewhere, or another package of the repository, is nobody's mistake.
        if build.is_done() && build.client_below(project, output).is_none() {
            let folder = build.output_folder.as_deref().unwrap_or_default();
            return (None, Some(info(format!("`{shown}` is of `{folder}`, and not of `{}`", output.display()), None)));
        }
        return match build.bound(project, output, assets, sought.of) {
            Ok(build) => (Some(build), None),
            Err((why, help)) => (None, Some(refused(&shown, &why, help))),
        };
    }
    (None, None)
}

fn refused(file: &str, why: &str, help: &'static str) -> Notice {
    Notice {
        level: NoticeLevel::Warning,
        message: format!("`{file}` {why}, so sizes are told from the output alone"),
        help: Some(help.to_owned()),
    }
}

/// The notice that says how the facts about an output were come by.
pub(crate) fn source_notice(output: &str, build: Option<&AstroBuild>) -> Notice {
    match build {
        Some(build) => {
            let adapter = build.adapter.as_deref().map(|name| format!(", built for `{name}`")).unwrap_or_default();
            let words = "sizes from the files, routes and modules from the Astro integration";
            info(format!("`{output}`: {words}{adapter}"), None)
        }
        None => info(format!("`{output}`: sizes and routes from the files alone"), None),
    }
}

type Refusal = (String, &'static str);

impl AstroBuild {
    fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let broken = |error: serde_json::Error| {
            (format!("is not what `@shipgate/astro` writes: {error}"), "build again, or delete the file")
        };
        match serde_json::from_slice::<Head>(bytes).map_err(broken)?.version {
            Some(VERSION) => serde_json::from_slice(bytes).map_err(broken),
            Some(version) if version > VERSION => Err((
                format!("is of version {version}, and this program knows {VERSION}"),
                "update shipgate, or use the `@shipgate/astro` of its own version",
            )),
            _ => Err(("names no version that there is".to_owned(), "build again, or delete the file")),
        }
    }

    fn is_done(&self) -> bool {
        self.state == "done" && self.finished_at.is_some()
    }

    /// Where the client's files lie below this output; `None`: elsewhere.
    fn client_below(&self, project: &Path, output: &Path) -> Option<String> {
        let below = |folder: &Option<String>| {
            let folder = project.join(folder.as_deref()?);
            let (folder, output) = (folder.canonicalize().ok()?, output.canonicalize().ok()?);
            folder.strip_prefix(output).ok().map(|path| path.to_string_lossy().replace('\\', "/"))
        };
        below(&self.client_folder).or_else(|| below(&self.output_folder))
    }

    /// Holds it to the build and to the output that it is to be of.
    fn bound(mut self, project: &Path, output: &Path, assets: &[Asset], of: Of<'_>) -> Result<Self, Refusal> {
        const AGAIN: &str = "build again; if the integration was taken out of `astro.config`, delete the file";
        let other = |how: &str| Err((format!("is of another build ({how})"), AGAIN));
        if !self.is_done() {
            return Err(("is of a build that did not come to its end".to_owned(), AGAIN));
        }
        if let Of::Run { build_id, since } = of {
            match &self.build_id {
                Some(own) if own == build_id => {}
                // Runners of tasks pass few variables on, so its time has to do. Clocks are of this machine.
                None if self.started_at >= since => {}
                Some(_) => return other("another run's"),
                None => return other("an earlier one"),
            }
        }
        let Some(client) = self.client_below(project, output) else { return other("it built another folder") };
        self.client = if client.is_empty() { client } else { client + "/" };
        let lengths: HashMap<&str, u64> = assets.iter().map(|asset| (asset.path.as_str(), asset.sizes.raw)).collect();
        for chunk in self.chunks() {
            let path = format!("{}{}", self.client, chunk.file);
            if chunk.bytes.is_some() && lengths.get(path.as_str()).copied() != chunk.bytes {
                return other(&format!("`{path}` is not as it says"));
            }
        }
        Ok(self)
    }

    fn client_environment(&self) -> Option<&BuiltEnvironment> {
        self.environments.iter().find(|environment| environment.name == "client")
    }

    fn chunks(&self) -> impl Iterator<Item = &BuiltChunk> {
        self.client_environment().into_iter().flat_map(|environment| &environment.chunks)
    }

    /// The module that a file of the output stands for.
    pub(super) fn facades(&self) -> BTreeMap<String, &str> {
        let named = self
            .chunks()
            .filter_map(|chunk| Some((format!("{}{}", self.client, chunk.file), chunk.facade.as_deref()?)));
        named.collect()
    }

    /// Files of the client, below its folder, that the islands of a page need: those of its own modules that are
    /// entries of the client, and what starts them.
    pub(super) fn islands_of(&self, entrypoint: &str) -> Vec<String> {
        let entries: BTreeMap<&str, &str> = self
            .chunks()
            .filter(|chunk| chunk.is_entry && chunk.bytes.is_some())
            .filter_map(|chunk| Some((chunk.facade.as_deref()?, chunk.file.as_str())))
            .collect();
        let mut found = BTreeSet::new();
        for environment in self.environments.iter().filter(|environment| environment.name != "client") {
            let mut imports = BTreeMap::<usize, Vec<usize>>::new();
            for (index, module) in environment.modules.iter().enumerate() {
                for importer in module.importers.iter().chain(&module.dynamic_importers) {
                    imports.entry(*importer).or_default().push(index);
                }
            }
            let start = environment.modules.iter().position(|module| module.id == entrypoint);
            let (mut waiting, mut seen): (Vec<usize>, BTreeSet<usize>) = (start.into_iter().collect(), BTreeSet::new());
            while let Some(at) = waiting.pop() {
                if seen.insert(at) {
                    let id = environment.modules.get(at).map(|module| module.id.as_str()).unwrap_or_default();
                    found.extend(entries.get(id).map(|file| (*file).to_owned()));
                    waiting.extend(imports.get(&at).into_iter().flatten());
                }
            }
        }
        let islands: Vec<&str> =
            entries.iter().filter(|(_, file)| found.contains(**file)).map(|(facade, _)| *facade).collect();
        let starts = |renderer: &str| islands.iter().any(|island| is_started_by(island, renderer));
        let renderers = entries.iter().filter(|(facade, _)| facade.starts_with("node_modules/") && starts(facade));
        found.extend(renderers.map(|(_, file)| (*file).to_owned()));
        found.into_iter().collect()
    }

    /// The modules of the client with their shares of the files, and those of the project that lead to them.
    pub(super) fn modules(&self, assets: &[Asset]) -> Vec<Module> {
        let Some(client) = self.client_environment() else { return Vec::new() };
        let mut modules: Vec<Module> = client
            .modules
            .iter()
            .map(|built| Module {
                id: built.id.clone(),
                package: built.package.clone(),
                parts: Vec::new(),
                importers: importers(built, client.modules.len(), |index| Some(number(index))),
            })
            .collect();
        let by_path: HashMap<&str, usize> =
            assets.iter().enumerate().map(|(at, asset)| (asset.path.as_str(), at)).collect();
        for chunk in client.chunks.iter().filter(|chunk| chunk.bytes.is_some()) {
            let Some(asset) = by_path.get(format!("{}{}", self.client, chunk.file).as_str()) else { continue };
            if assets[*asset].kind != AssetKind::ClientScript {
                continue;
            }
            let total: u128 = chunk.modules.iter().map(|(_, bytes)| u128::from(*bytes)).sum();
            for (index, bytes) in &chunk.modules {
                let share = u128::from(assets[*asset].sizes.raw) * u128::from(*bytes) / total.max(1);
                if let Some(module) = modules.get_mut(*index) {
                    let bytes = u64::try_from(share).unwrap_or_default();
                    module.parts.push(ModulePart { asset: number(*asset), bytes });
                }
            }
        }
        self.add_leading(client, &mut modules);
        merged(modules)
    }

    /// Pages and components that lead to the entries of the client. The server's graph says so, and of entries
    /// alone: what else both have is in the client's scripts for the client's own reasons.
    fn add_leading(&self, client: &BuiltEnvironment, modules: &mut Vec<Module>) {
        let facades = client.chunks.iter().filter(|it| it.is_entry).filter_map(|it| it.facade.as_deref());
        // A page's own script has the page in its name.
        let facades: BTreeSet<&str> =
            facades.flat_map(|it| [it, it.split_once("?astro").map_or(it, |(page, _)| page)]).collect();
        let mut by_id: HashMap<String, usize> =
            modules.iter().enumerate().map(|(at, it)| (it.id.clone(), at)).collect();
        for server in self.environments.iter().filter(|environment| environment.name != "client") {
            let starts = server.modules.iter().enumerate().filter(|(_, module)| facades.contains(module.id.as_str()));
            let mut waiting: Vec<usize> = starts.map(|(index, _)| index).collect();
            let mut seen: BTreeSet<usize> = waiting.iter().copied().collect();
            while let Some(at) = waiting.pop() {
                let mut place = |index: usize| {
                    let id = &server.modules.get(index)?.id;
                    Some(*by_id.entry(id.clone()).or_insert_with(|| {
                        modules.push(Module {
                            id: id.clone(),
                            package: None,
                            parts: Vec::new(),
                            importers: Vec::new(),
                        });
                        modules.len() - 1
                    }))
                };
                let Some(own) = place(at) else { continue };
                let built = &server.modules[at];
                let new = importers(built, server.modules.len(), |index| place(index).map(number));
                for importer in new {
                    if !modules[own].importers.contains(&importer) {
                        modules[own].importers.push(importer);
                    }
                }
                let next = built.importers.iter().chain(&built.dynamic_importers);
                waiting.extend(next.copied().filter(|it| *it < server.modules.len() && seen.insert(*it)));
            }
        }
        for (at, module) in modules.iter_mut().enumerate() {
            let page = module.id.split_once("?astro").and_then(|(page, _)| by_id.get(page).copied());
            if let Some(page) = page.filter(|page| module.importers.is_empty() && *page != at) {
                module.importers.push(Importer { module: number(page), is_dynamic: false });
            }
        }
    }
}

/// Whether a module of a package starts islands like this one, by their files' names: those of Svelte and Vue say
/// whose they are, and JSX is everybody else's.
fn is_started_by(island: &str, renderer: &str) -> bool {
    let own = ["svelte", "vue"].into_iter().find(|name| island.ends_with(&format!(".{name}")));
    match own {
        Some(name) => renderer.contains(name),
        None => !renderer.contains("svelte") && !renderer.contains("vue"),
    }
}

/// One module of each name: Astro 5 puts one of its own before each island, under the island's name.
fn merged(modules: Vec<Module>) -> Vec<Module> {
    let mut places = HashMap::<String, usize>::new();
    let mut moved = Vec::with_capacity(modules.len());
    for module in &modules {
        let next = places.len();
        moved.push(*places.entry(module.id.clone()).or_insert(next));
    }
    let mut merged: Vec<Module> = Vec::with_capacity(places.len());
    for (module, at) in modules.into_iter().zip(&moved) {
        let place = |importer: Importer| {
            let to = *moved.get(usize::try_from(importer.module).ok()?)?;
            (to != *at).then(|| Importer { module: number(to), ..importer })
        };
        let importers: Vec<Importer> = module.importers.iter().copied().filter_map(place).collect();
        if *at == merged.len() {
            merged.push(Module { importers: Vec::new(), parts: Vec::new(), ..module.clone() });
        }
        let own = &mut merged[*at];
        for importer in importers {
            if !own.importers.iter().any(|it| it.module == importer.module) {
                own.importers.push(importer);
            }
        }
        for part in module.parts.iter().filter(|part| part.bytes > 0) {
            match own.parts.iter_mut().find(|it| it.asset == part.asset) {
                Some(found) => found.bytes += part.bytes,
                None => own.parts.push(*part),
            }
        }
    }
    merged
}

fn importers(built: &BuiltModule, most: usize, mut place: impl FnMut(usize) -> Option<u32>) -> Vec<Importer> {
    let both = [(&built.importers, false), (&built.dynamic_importers, true)];
    let all = both.into_iter().flat_map(|(list, is_dynamic)| list.iter().map(move |index| (*index, is_dynamic)));
    all.filter(|(index, _)| *index < most)
        .filter_map(|(index, is_dynamic)| Some(Importer { module: place(index)?, is_dynamic }))
        .collect()
}

#[cfg(test)]
mod tests;
