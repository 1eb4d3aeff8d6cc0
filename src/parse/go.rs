//! The Go compiler, through go build, vet and test: `path.go:1:2: message`, more lines of it indented
//! by a tab; `vet: ` before what stopped vet. golangci-lint puts ` (linter)` behind.
//!
//! <https://pkg.go.dev/cmd/compile>. What a program prints when it runs has no column, or is indented.

use super::draft::{Draft, Out};
use super::line::Line;
use super::located::located;
use super::reader::{Reader, ReaderSpec, Step};
use super::words::find;

pub(super) const READER: ReaderSpec =
    ReaderSpec { name: "go", markers: &[".go:"], new: || Box::new(Go { draft: Draft::new("go"), open: false }) };

struct Go {
    draft: Draft,
    open: bool,
}

/// The linters that golangci-lint turns on by default, and the commonest others.
const LINTERS: &[&str] = &[
    "asciicheck",
    "bodyclose",
    "cyclop",
    "dupl",
    "errcheck",
    "errorlint",
    "exhaustive",
    "forbidigo",
    "funlen",
    "gci",
    "gochecknoglobals",
    "gocognit",
    "goconst",
    "gocritic",
    "gocyclo",
    "godot",
    "gofmt",
    "gofumpt",
    "goimports",
    "gosec",
    "gosimple",
    "govet",
    "ineffassign",
    "lll",
    "misspell",
    "nakedret",
    "nestif",
    "nilerr",
    "nilnil",
    "noctx",
    "nolintlint",
    "paralleltest",
    "prealloc",
    "predeclared",
    "revive",
    "staticcheck",
    "stylecheck",
    "tagliatelle",
    "testpackage",
    "thelper",
    "typecheck",
    "unconvert",
    "unparam",
    "unused",
    "usestdlibvars",
    "varnamelen",
    "whitespace",
    "wrapcheck",
    "wsl",
];

impl Go {
    fn close(&mut self, out: &mut Out<'_, '_>) {
        if !std::mem::take(&mut self.open) {
            return;
        }
        let draft = &mut self.draft;
        draft.tool = "go".into();
        if draft.take_rule(|rule| LINTERS.iter().any(|linter| linter.as_bytes() == rule)) {
            draft.tool = "golangci-lint".into();
        }
        out.emit(draft);
    }
}

impl Reader for Go {
    fn is_open(&self) -> bool {
        self.open
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        const MOST: usize = 64 << 10;
        let text = line.text;
        if self.open {
            if text.starts_with(b"\t") && self.draft.message.len() < MOST {
                self.draft.continue_message(text);
                return Step::Took("go: message");
            }
            self.close(out);
            if text == b"too many errors" {
                return Step::Took("go: own words");
            }
        }
        if find!(text, b".go:").is_none() {
            return Step::Pass;
        }
        let own = text.strip_prefix(b"vet: ").unwrap_or(text);
        let known = |path: &[u8], _: &[u8]| path.ends_with(b".go").then_some(());
        let Some((place, ())) = located(own, known) else { return Step::Pass };
        let Some(column) = place.column else { return Step::Pass };
        let draft = &mut self.draft;
        draft.clear();
        draft.file.extend_from_slice(place.path);
        draft.at(Some(place.line), Some(column));
        draft.message.extend_from_slice(place.rest);
        self.open = true;
        Step::Took("go: diagnostic")
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.close(out);
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::{Format, LogParser, Options};

    fn read(log: &str) -> Vec<(String, String, Option<u32>, String)> {
        let mut parser = LogParser::new(Format::AUTO, Options::default());
        let mut found = Vec::new();
        parser.feed(log.as_bytes(), &mut |diagnostic| found.push(diagnostic));
        parser.finish(&mut |diagnostic| found.push(diagnostic));
        let row = |it: crate::diagnostic::Diagnostic| (it.tool.into_owned(), it.file.unwrap(), it.line, it.message);
        found.into_iter().map(row).collect()
    }

    #[test]
    fn messages_go_on_behind_a_tab() {
        let log =
            "# x/util\n./a.go:12:16: cannot use s as shape:\n\tsquare has no area\nvet: b.go:1:2: missing return\n";
        let go = |file: &str, line, message: &str| ("go".to_owned(), file.to_owned(), Some(line), message.to_owned());
        let expected =
            [go("a.go", 12, "cannot use s as shape:\n\tsquare has no area"), go("b.go", 1, "missing return")];
        assert_eq!(read(log), expected);
    }

    #[test]
    fn what_programs_print_is_no_diagnostic() {
        let log =
            "main.go:12: started\n    a_test.go:8: want 1\ngoroutine 1:\n\t/x/main.go:5 +0x1d\nsee 'a.go:1:2: x'\n";
        assert_eq!(read(log), []);
        let lint = read("a.go:1:2: Error return value is not checked (errcheck)\n");
        assert_eq!(lint[0].0, "golangci-lint");
    }
}
