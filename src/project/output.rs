//! Where a build's output lies, and which part of it visitors can download.
//!
//! Astro: <https://docs.astro.build/en/reference/configuration-reference/#outdir> · Vite:
//! <https://vite.dev/config/build-options#build-outdir> · Next: `distDir` · SvelteKit: its adapters · Vercel:
//! <https://vercel.com/docs/build-output-api/v3>.

use super::source::{Literal, string_property};
use super::{Error, Framework, Package, warning};
use crate::report::model::Notice;
use std::io;
use std::path::{Component, Path, PathBuf};

const EXTENSIONS: [&str; 6] = ["mjs", "js", "ts", "mts", "cjs", "cts"];

/// The output folder of a framework's build, relative to the project; a notice when it cannot be told.
pub(super) fn find(
    directory: &Path,
    framework: Framework,
    package: Option<&Package>,
) -> Result<(Option<PathBuf>, Option<Notice>), Error> {
    let (config, property, usual) = match framework {
        Framework::Astro => ("astro.config", "outDir", "dist"),
        Framework::Vite => ("vite.config", "outDir", "dist"),
        Framework::Next => ("next.config", "distDir", ".next"),
        Framework::SvelteKit => {
            let writes_build = ["@sveltejs/adapter-node", "@sveltejs/adapter-static"];
            let in_build = package.is_some_and(|package| writes_build.iter().any(|name| package.depends_on(name)));
            return Ok((Some(PathBuf::from(if in_build { "build" } else { ".svelte-kit/output" })), None));
        }
        Framework::Plain => return Ok((None, None)),
    };
    let Some((file, source)) = read_config(directory, config)? else { return Ok((Some(usual.into()), None)) };
    let unreadable = |name: &str| {
        let message = format!("`{name}` in `{file}` is computed, so the output folder is taken to be `{usual}`");
        Some(warning(message, "name it in `shipgate.yml`: `output: DIR` at the build step"))
    };
    if framework == Framework::Next && string_property(&source, "output") == Literal::Text("export".to_owned()) {
        return Ok((Some(PathBuf::from("out")), None));
    }
    // Vite's and Astro's output lies in their root, Next's in the project.
    let root = match string_property(&source, "root") {
        _ if framework == Framework::Next => PathBuf::new(),
        Literal::Text(root) => PathBuf::from(root),
        Literal::Absent => PathBuf::new(),
        Literal::Computed => return Ok((Some(usual.into()), unreadable("root"))),
    };
    Ok(match string_property(&source, property) {
        Literal::Text(folder) => (Some(tidy(&root.join(folder))), None),
        Literal::Absent => (Some(tidy(&root.join(usual))), None),
        Literal::Computed => (Some(usual.into()), unreadable(property)),
    })
}

/// A framework's configuration file, if the project has one: its name and text.
pub(super) fn read_config(directory: &Path, stem: &str) -> Result<Option<(String, String)>, Error> {
    for extension in EXTENSIONS {
        let name = format!("{stem}.{extension}");
        let path = directory.join(&name);
        match std::fs::read(&path) {
            Ok(bytes) => return Ok(Some((name, String::from_utf8_lossy(&bytes).into_owned()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::read(&path, error)),
        }
    }
    Ok(None)
}

/// `./build/` → `build`, `a/../b` → `b`.
fn tidy(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// What a file of the output is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Visitors can download it.
    Client,
    /// Only the server reads it.
    Server,
    /// The build tool's own: caches, traces, copies.
    Unshipped,
}

/// Where Cloudflare's adapters put the server's code, in the midst of what visitors download: a file or a folder.
const CLOUDFLARE_WORKER: &str = "_worker.js";

/// How an output folder is divided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    client: Option<Vec<PathBuf>>,
    unshipped: Vec<PathBuf>,
}

impl Layout {
    /// Everything is for visitors: a static site.
    #[must_use]
    pub fn all_client() -> Self {
        Self::default()
    }

    /// Looks how a finished output folder is divided. With `client` and `server` side by side, or `client` alone (Astro's
    /// adapters, SvelteKit, Vite's server rendering) everything outside `client` and `prerendered` is the
    /// server's; in `.next` and in what is built for Vercel everything outside `static`.
    #[must_use]
    pub fn of(output: &Path) -> Self {
        let has = |name: &str| output.join(name).is_dir();
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        if output.join("BUILD_ID").is_file() && has("server") {
            let unshipped =
                ["cache", "dev", "types", "diagnostics", "standalone", "build", "trace", "trace-build", "lock"];
            Self { client: Some(paths(&["static"])), unshipped: paths(&unshipped) }
        } else if is_of_vercel(output) {
            // `_functions` is what Astro's adapter makes the functions from; Vercel never looks there.
            Self { client: Some(paths(&["static"])), unshipped: paths(&["_functions"]) }
        } else if has("client") && (has("server") || has_nothing_but_client(output)) {
            Self { client: Some(paths(&["client", "prerendered"])), unshipped: Vec::new() }
        } else {
            Self::all_client()
        }
    }

    /// The folders below the output that visitors can download from; the output itself where it is not divided.
    #[must_use]
    pub fn client_roots(&self) -> Vec<&Path> {
        match &self.client {
            Some(roots) => roots.iter().map(PathBuf::as_path).collect(),
            None => vec![Path::new("")],
        }
    }

    /// What the file at `path`, relative to the output, is there for.
    #[must_use]
    pub fn part(&self, path: &Path) -> Part {
        if path.starts_with(CLOUDFLARE_WORKER) {
            Part::Server
        } else if self.unshipped.iter().any(|folder| path.starts_with(folder)) {
            Part::Unshipped
        } else if self.client_roots().iter().any(|folder| path.starts_with(folder)) {
            Part::Client
        } else {
            Part::Server
        }
    }
}

/// Astro's adapter of Vercel takes `server` away when it has made a function of it.
fn has_nothing_but_client(output: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(output) else { return false };
    let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
    names.into_iter().all(|name| name.is_ok_and(|name| name == "client" || name.starts_with('.')))
}

/// Whether adapters put it together for Vercel (<https://vercel.com/docs/build-output-api/v3>).
fn is_of_vercel(output: &Path) -> bool {
    let is_named_so = output.ends_with(".vercel/output") || output.join("functions").is_dir();
    is_named_so && output.join("static").is_dir() && output.join("config.json").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    fn output_of(framework: Framework, files: &[(&str, &str)]) -> (Option<String>, bool) {
        let root = folder_with(files);
        let package = Package::read(root.path()).unwrap();
        let (path, notice) = find(root.path(), framework, package.as_ref()).unwrap();
        (path.map(|path| path.to_string_lossy().replace('\\', "/")), notice.is_some())
    }

    #[test]
    fn each_framework_has_its_usual_folder() {
        let some = |text: &str| (Some(text.to_owned()), false);
        assert_eq!(output_of(Framework::Astro, &[]), some("dist"));
        assert_eq!(output_of(Framework::Vite, &[("vite.config.ts", "export default {}")]), some("dist"));
        assert_eq!(output_of(Framework::Next, &[]), some(".next"));
        assert_eq!(output_of(Framework::SvelteKit, &[]), some(".svelte-kit/output"));
        assert_eq!(output_of(Framework::Plain, &[]), (None, false));
        let adapter = r#"{"devDependencies": {"@sveltejs/adapter-static": "3"}}"#;
        assert_eq!(output_of(Framework::SvelteKit, &[("package.json", adapter)]), some("build"));
    }

    #[test]
    fn a_literal_out_dir_is_honoured() {
        let astro = |text| output_of(Framework::Astro, &[("astro.config.mjs", text)]);
        assert_eq!(astro("defineConfig({ outDir: './build/' })"), (Some("build".into()), false));
        assert_eq!(astro("defineConfig({ outDir: '../out' })"), (Some("../out".into()), false));
        assert_eq!(astro("defineConfig({ outDir: where() })"), (Some("dist".into()), true));
        let vite = |text| output_of(Framework::Vite, &[("vite.config.js", text)]);
        assert_eq!(vite("{ root: 'src', build: { outDir: '../public' } }"), (Some("public".into()), false));
        let next = |text| output_of(Framework::Next, &[("next.config.ts", text)]);
        assert_eq!(next("{ output: 'export' }"), (Some("out".into()), false));
        assert_eq!(next("{ output: 'standalone', distDir: 'build' }"), (Some("build".into()), false));
    }

    #[test]
    fn only_the_client_part_is_what_visitors_download() {
        let astro = folder_with(&[("client/a.js", ""), ("server/entry.mjs", ""), ("prerendered/x.html", "")]);
        let layout = Layout::of(astro.path());
        assert_eq!(layout.part(Path::new("client/a.js")), Part::Client);
        assert_eq!(layout.part(Path::new("prerendered/x.html")), Part::Client);
        assert_eq!(layout.part(Path::new("server/entry.mjs")), Part::Server);
        assert_eq!(layout.part(Path::new("index.js")), Part::Server);

        let next = folder_with(&[("BUILD_ID", ""), ("server/x.js", ""), ("cache/y", ""), ("static/z.js", "")]);
        let layout = Layout::of(next.path());
        assert_eq!(layout.part(Path::new("static/z.js")), Part::Client);
        assert_eq!(layout.part(Path::new("cache/y")), Part::Unshipped);
        assert_eq!(layout.part(Path::new("server/x.js")), Part::Server);

        let made =
            [("static/a.js", ""), ("functions/_render.func/x.mjs", ""), ("_functions/x.mjs", ""), ("config.json", "")];
        let vercel = folder_with(&made);
        let layout = Layout::of(vercel.path());
        assert_eq!(layout.part(Path::new("static/a.js")), Part::Client);
        assert_eq!(layout.part(Path::new("functions/_render.func/x.mjs")), Part::Server);
        assert_eq!(layout.part(Path::new("_functions/x.mjs")), Part::Unshipped);

        let rest = folder_with(&[("client/page/index.html", "")]);
        assert_eq!(Layout::of(rest.path()).client_roots(), [Path::new("client"), Path::new("prerendered")]);
        let site = folder_with(&[("client/index.html", ""), ("a.js", "")]);
        assert_eq!(Layout::of(site.path()), Layout::all_client());
        assert_eq!(Layout::all_client().part(Path::new("a.js")), Part::Client);
        assert_eq!(Layout::all_client().part(Path::new("_worker.js/index.js")), Part::Server);
    }
}
