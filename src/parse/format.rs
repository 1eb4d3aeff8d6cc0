//! The table of formats. It drives the values of the command line, the documentation and the test
//! that every format has fixtures.

use super::reader::{ERRORFORMAT, PROBLEM_MATCHER, ReaderSpec};
use super::{
    biome, bundler, cargo, deno, errorformat, github, gnu, go, javac, json, listed, matcher, miette, mypy, prettier,
    pylint, pyright, python, ruff, stylish, svelte, tap, testing, tsc, unix, xml,
};

/// One row of the table.
#[derive(Debug)]
pub struct FormatSpec {
    /// As written on the command line and in `shipgate.yml`.
    pub name: &'static str,
    pub title: &'static str,
    /// The tools and modes whose output it reads.
    pub tools: &'static str,
    pub(super) readers: &'static [ReaderSpec],
}

const AUTO: &str = "auto";
const EXIT_STATUS: &str = "exit-status";

/// Every format. `auto` uses the readers of all of them, in this order.
pub const FORMATS: &[FormatSpec] = &[
    FormatSpec {
        name: AUTO,
        title: "Automatic",
        tools: "everything below, recognised line by line, also mixed in one log",
        readers: &[],
    },
    FormatSpec {
        name: "tsc",
        title: "TypeScript",
        tools: "tsc and tsgo 5 to 7: plain, pretty, --watch, --build, --listFiles; deno check; all that prints tsc's format",
        readers: &[tsc::READER, listed::READER, deno::READER],
    },
    FormatSpec {
        name: "vue-tsc",
        title: "vue-tsc",
        tools: "vue-tsc, in all modes of tsc",
        readers: &[tsc::READER, listed::READER],
    },
    FormatSpec {
        name: "astro-check",
        title: "astro check",
        tools: "astro check and astro-check, with their result; Astro's own errors",
        readers: &[tsc::READER, listed::READER, bundler::astro::READER],
    },
    FormatSpec {
        name: "svelte-check",
        title: "svelte-check",
        tools: "svelte-check 4: human, human-verbose, machine, machine-verbose",
        readers: &[svelte::READER],
    },
    FormatSpec {
        name: "eslint",
        title: "ESLint",
        tools: "ESLint 8 to 10: stylish, unix, compact, visualstudio, json, checkstyle, junit, tap",
        readers: &[stylish::READER, unix::READER, json::READER, xml::READER, tap::READER],
    },
    FormatSpec {
        name: "biome",
        title: "Biome",
        tools: "Biome 2: default, concise, json, github, junit, sarif, checkstyle",
        readers: &[biome::READER, github::READER, json::READER, xml::READER],
    },
    FormatSpec {
        name: "oxlint",
        title: "oxlint",
        tools: "oxlint: default, agent, unix, stylish, json, github, junit, sarif, checkstyle",
        readers: &[miette::READER, stylish::READER, unix::READER, github::READER, json::READER, xml::READER],
    },
    FormatSpec { name: "prettier", title: "Prettier", tools: "prettier --check", readers: &[prettier::READER] },
    FormatSpec {
        name: "vitest",
        title: "Vitest",
        tools: "Vitest 4: default reporter, github-actions, json, junit, tap",
        readers: &[testing::READER, github::READER, tsc::READER, json::READER, xml::READER, tap::READER],
    },
    FormatSpec {
        name: "jest",
        title: "Jest",
        tools: "Jest 30: default reporter, json, junit; with ts-jest",
        readers: &[testing::READER, tsc::READER, json::READER, xml::READER],
    },
    FormatSpec { name: "sarif", title: "SARIF", tools: "any tool that writes SARIF 2.1.0", readers: &[json::READER] },
    FormatSpec {
        name: "rdjson",
        title: "rdjson",
        tools: "reviewdog's diagnostic format, all in one document",
        readers: &[json::READER],
    },
    FormatSpec {
        name: "rdjsonl",
        title: "rdjsonl",
        tools: "reviewdog's diagnostic format, a diagnostic a line",
        readers: &[json::READER],
    },
    FormatSpec {
        name: "checkstyle",
        title: "Checkstyle",
        tools: "checkstyle XML of any tool",
        readers: &[xml::READER],
    },
    FormatSpec {
        name: "junit",
        title: "JUnit",
        tools: "JUnit XML of test runners and linters: failures and errors",
        readers: &[xml::READER],
    },
    FormatSpec {
        name: "tap",
        title: "TAP",
        tools: "Test Anything Protocol 13 and 14 of test runners and linters",
        readers: &[tap::READER],
    },
    FormatSpec {
        name: "code-quality",
        title: "GitLab code quality",
        tools: "any tool that writes GitLab's code quality report",
        readers: &[json::gitlab::READER],
    },
    FormatSpec {
        name: "shipgate",
        title: "shipgate",
        tools: "`shipgate parse --report ndjson`",
        readers: &[json::READER],
    },
    FormatSpec {
        name: "github",
        title: "GitHub workflow commands",
        tools: "any tool: ::error file=…,line=…::message, ::warning, ::notice",
        readers: &[github::READER],
    },
    FormatSpec {
        name: "stylelint",
        title: "Stylelint",
        tools: "Stylelint 17: string, verbose, unix, compact, json, tap",
        readers: &[stylish::READER, unix::READER, json::READER, tap::READER],
    },
    FormatSpec {
        name: "astro-build",
        title: "astro build",
        tools: "astro build and sync: Astro's own errors and those of vite beneath",
        readers: &[
            bundler::astro::READER,
            bundler::rolldown::READER,
            bundler::esbuild::READER,
            bundler::rollup::READER,
            tsc::READER,
        ],
    },
    FormatSpec {
        name: "vite",
        title: "vite",
        tools: "vite build (rolldown, or rollup up to 7) with vite-plugin-checker and @rollup/plugin-typescript",
        readers: &[bundler::rolldown::READER, bundler::esbuild::READER, bundler::rollup::READER, tsc::READER],
    },
    FormatSpec {
        name: "rollup",
        title: "rollup",
        tools: "rollup, with @rollup/plugin-typescript",
        readers: &[bundler::rollup::READER, bundler::rolldown::READER, tsc::READER],
    },
    FormatSpec {
        name: "esbuild",
        title: "esbuild",
        tools: "esbuild and tsup",
        readers: &[bundler::esbuild::READER, tsc::READER],
    },
    FormatSpec {
        name: "webpack",
        title: "webpack",
        tools: "webpack 5 with ts-loader or fork-ts-checker-webpack-plugin, Rspack, Rsbuild",
        readers: &[bundler::webpack::READER, tsc::READER],
    },
    FormatSpec {
        name: "next",
        title: "Next.js",
        tools: "next build 13 to 16, with Turbopack or webpack",
        readers: &[bundler::next::READER, tsc::READER],
    },
    FormatSpec {
        name: "cargo",
        title: "Rust",
        tools: "rustc, cargo and clippy: with frames, short, JSON; ty",
        readers: &[cargo::READER, json::READER],
    },
    FormatSpec {
        name: "gcc",
        title: "gcc",
        tools: "gcc and g++: text with and without frames, JSON, SARIF; ld; what prints the same way",
        readers: &[gnu::READER, json::READER],
    },
    FormatSpec {
        name: "clang",
        title: "clang",
        tools: "clang, clang++ and clang-tidy: text with and without frames, msvc, source ranges, SARIF",
        readers: &[gnu::READER, json::READER],
    },
    FormatSpec {
        name: "mypy",
        title: "mypy",
        tools: "mypy: text, --pretty, --output json",
        readers: &[mypy::READER, json::READER],
    },
    FormatSpec {
        name: "pyright",
        title: "pyright",
        tools: "pyright and basedpyright: text, --outputjson",
        readers: &[pyright::READER, json::READER],
    },
    FormatSpec {
        name: "ruff",
        title: "Ruff",
        tools: "ruff check: full, concise, grouped, pylint, json, json-lines, github, junit, gitlab, rdjson, sarif",
        readers: &[ruff::READER, github::READER, json::READER, xml::READER],
    },
    FormatSpec { name: "flake8", title: "Flake8", tools: "flake8: default, pylint", readers: &[ruff::READER] },
    FormatSpec {
        name: "pylint",
        title: "Pylint",
        tools: "pylint: text, parseable, msvs, json, json2",
        readers: &[pylint::READER, json::READER],
    },
    FormatSpec {
        name: "python",
        title: "Python",
        tools: "python itself: what it cannot compile, its warnings; tracebacks are crashes",
        readers: &[python::READER],
    },
    FormatSpec {
        name: "go",
        title: "Go",
        tools: "go build, vet and test, as far as they compile",
        readers: &[go::READER, json::READER],
    },
    FormatSpec { name: "javac", title: "javac", tools: "javac: text and -XDrawDiagnostics", readers: &[javac::READER] },
    FormatSpec {
        name: PROBLEM_MATCHER,
        title: "GitHub problem matcher",
        tools: "any tool, by a problem-matcher file of yours",
        readers: &[matcher::READER],
    },
    FormatSpec {
        name: ERRORFORMAT,
        title: "Vim errorformat",
        tools: "any tool, by an errorformat of yours",
        readers: &[errorformat::READER],
    },
    FormatSpec {
        name: EXIT_STATUS,
        title: "Exit status",
        tools: "any command: nothing is read as a diagnostic, only crashes are noticed",
        readers: &[],
    },
];

/// What a format cannot read without; see [`Options`](super::Options).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    Matcher,
    Errorformat,
}

/// A row of [`FORMATS`], by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format(usize);

impl Format {
    /// Recognises everything that any format does.
    pub const AUTO: Self = Self(0);

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        FORMATS.iter().position(|spec| spec.name == name).map(Self)
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        FORMATS[self.0].name
    }

    /// All names, in the order of the table.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FORMATS.iter().map(|spec| spec.name)
    }
    /// What the user has to give for this format, if anything.
    #[must_use]
    pub fn needs(self) -> Option<Needs> {
        match self.name() {
            PROBLEM_MATCHER => Some(Needs::Matcher),
            ERRORFORMAT => Some(Needs::Errorformat),
            _ => None,
        }
    }

    /// Its place in [`FORMATS`].
    pub(super) fn index(self) -> usize {
        self.0
    }

    pub(super) fn is_exit_status(self) -> bool {
        self.name() == EXIT_STATUS
    }

    pub(super) fn readers(self) -> Vec<ReaderSpec> {
        let rows = if self == Self::AUTO { FORMATS } else { &FORMATS[self.0..=self.0] };
        let mut readers: Vec<ReaderSpec> = Vec::new();
        for reader in rows.iter().flat_map(|spec| spec.readers) {
            if readers.iter().all(|known| known.name != reader.name) {
                readers.push(*reader);
            }
        }
        // What the user gave comes first; then what marks its lines beyond doubt: it may cite anything.
        readers.sort_by_key(|reader| match reader.name {
            PROBLEM_MATCHER | ERRORFORMAT => 0,
            "json" | "xml" | "github" | "testing" | "tap" => 1,
            _ => 2,
        });
        readers
    }
}
