//! Ends that are no diagnostics: out of memory, segmentation faults, panics, exceptions, missing
//! modules, missing commands, kills. Read in every format, also when only the exit status counts.

use super::draft::Out;
use super::line::Line;
use super::python;
use super::reader::{Reader, ReaderSpec, Step};
use super::words::find;
use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

pub(super) const READER: ReaderSpec = ReaderSpec {
    name: "crash",
    markers: &[
        "ut of memory",
        "tation fault",
        "SIG",
        "panic",
        "not found",
        "is not recognized",
        "Killed",
        "rror",
        "ERR",
        "ailed",
        "env: ",
        "dumped",
        "Traceback (most recent call last)",
    ],
    new: || Box::new(Crashes::default()),
};

#[derive(Debug, Default)]
struct Crashes {
    /// The last line that looks like an exception's message, and where it was.
    exception: Option<(Vec<u8>, u64)>,
    /// Lines of a panic's trace are passed over.
    trace: bool,
    traceback: Traceback,
}

/// A traceback of Python's. It is the end of the process if nothing of its own comes behind it.
#[derive(Debug, Default, PartialEq, Eq)]
enum Traceback {
    #[default]
    None,
    /// In its frames; where it began.
    Frames(u64),
    /// Behind the exception.
    Told(u64, Vec<u8>),
}

impl Traceback {
    fn takes(&mut self, text: &[u8], out: &mut Out<'_, '_>) -> bool {
        if text.starts_with(b"Traceback (most recent call last):") {
            *self = Self::Frames(out.number);
            return true;
        }
        match self {
            Self::None => false,
            Self::Frames(_) if text.is_empty() || text.starts_with(b" ") => true,
            Self::Frames(began) => {
                let told = python::is_exception(text);
                *self = if told { Self::Told(*began, text.to_vec()) } else { Self::None };
                told
            }
            Self::Told(..) if text.trim_ascii().is_empty() => true,
            // One exception leads to another.
            Self::Told(..) if text.ends_with(b" exception occurred:") || text.ends_with(b" following exception:") => {
                true
            }
            Self::Told(..) => {
                // Who started it says that it failed.
                if find!(text, b"rror").is_some()
                    || find!(text, b"ELIFECYCLE").is_some()
                    || find!(text, b"exit").is_some()
                {
                    self.end(out);
                }
                *self = Self::None;
                false
            }
        }
    }

    fn end(&mut self, out: &mut Out<'_, '_>) {
        if let Self::Told(began, words) = std::mem::take(self)
            && !python::BROKEN.iter().any(|kind| words.starts_with(kind))
        {
            let missing = words.starts_with(b"ModuleNotFoundError: ");
            let now = std::mem::replace(&mut out.number, began);
            out.crash(if missing { "missing-module" } else { "exception" }, &words);
            out.number = now;
        }
    }
}

impl Reader for Crashes {
    fn is_open(&self) -> bool {
        self.trace || self.exception.is_some() || self.traceback != Traceback::None
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        if self.traceback.takes(text, out) {
            // Its frames may be somebody's, who knows more of them.
            let frames = matches!(self.traceback, Traceback::Frames(_));
            return if frames { Step::Pass } else { Step::Took("crash: traceback") };
        }
        if self.trace {
            // A Go trace: goroutines, functions, indented places, blank lines.
            if text.is_empty()
                || text.starts_with(b"goroutine ")
                || text.starts_with(b"\t")
                || text.starts_with(b"created by ")
                || text.ends_with(b")")
                || text.starts_with(b"[signal ")
            {
                return Step::Took("crash: trace");
            }
            self.trace = false;
        }
        if let Some((words, number)) = self.exception.take() {
            let trace = text.starts_with(b"    at ")
                || text.is_empty()
                || text.starts_with(b"  ")
                || text.starts_with(b"}")
                || text.starts_with(b"Require stack:")
                || text.starts_with(b"- ");
            if text.starts_with(b"Node.js v") {
                let kind = if find!(&words, b"Cannot find module '").is_some()
                    || find!(&words, b"Cannot find package '").is_some()
                {
                    "missing-module"
                } else {
                    "exception"
                };
                let now = std::mem::replace(&mut out.number, number);
                out.crash(kind, &words);
                out.number = now;
                return Step::Took("crash");
            }
            if trace && out.number < number + 200 {
                self.exception = Some((words, number));
                return Step::Took("crash: trace");
            }
        }
        if let Some(kind) = may_be_sudden(text).then(|| sudden_end(text)).flatten() {
            self.trace = kind == "panic" && text.starts_with(b"panic: ");
            out.crash(kind, text);
            return Step::Took("crash");
        }
        if is_exception(text) {
            self.exception = Some((text.to_vec(), out.number));
        }
        Step::Pass
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.traceback.end(out);
        self.traceback = Traceback::None;
        self.exception = None;
        self.trace = false;
    }
}

/// `Error: message`, `TypeError [CODE]: message` at the beginning of a line.
fn is_exception(text: &[u8]) -> bool {
    let name = text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    if !text[..name].ends_with(b"Error") && !text[..name].ends_with(b"Exception") {
        return false;
    }
    matches!(&text[name..], [b':', b' ', ..] | [b' ', b'[', ..])
}

/// One of these is in every line that tells a sudden end.
static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = [
        "memory",
        "fault",
        "SIG",
        "panic",
        "goroutines",
        "Killed",
        "killed",
        "dumped",
        "not found",
        "not recognized",
        "ENOENT",
        "No such file",
        "bad_alloc",
    ];
    AhoCorasick::new(words).ok()
});

fn may_be_sudden(text: &[u8]) -> bool {
    WORDS.as_ref().is_none_or(|words| words.is_match(text))
}

/// The kind of an end that one line tells.
fn sudden_end(text: &[u8]) -> Option<&'static str> {
    let has = |words: &str| find(text, words.as_bytes()).is_some();
    let trimmed = text.trim_ascii();
    // A diagnostic's message, a quotation or a frame may hold these words; a crash begins its line with them.
    if has("JavaScript heap out of memory")
        || text.starts_with(b"fatal error: runtime: out of memory")
        || text.starts_with(b"runtime: out of memory")
        || (text.starts_with(b"memory allocation of ") && has(" bytes failed"))
        || text.starts_with(b"terminate called after throwing an instance of 'std::bad_alloc'")
    {
        return Some("out-of-memory");
    }
    if trimmed.starts_with(b"Segmentation fault")
        || has(": Segmentation fault")
        || (has(" Segmentation fault ") && has("line "))
        || (has("segmentation fault") && (has("core dumped") || trimmed.ends_with(b"segmentation fault")))
        || (text.starts_with(b"[signal SIGSEGV"))
        || has(" signal SIGSEGV")
        || has("exited with SIGSEGV")
    {
        return Some("segmentation-fault");
    }
    if text.starts_with(b"panic: ")
        || (text.starts_with(b"thread '") && has("panicked at "))
        || text.starts_with(b"fatal error: all goroutines are asleep")
        || text.starts_with(b"error: the compiler unexpectedly panicked")
        || text.starts_with(b"error: internal compiler error")
    {
        return Some("panic");
    }
    if trimmed == b"Killed"
        || trimmed.starts_with(b"Killed: 9")
        || has(" signal SIGKILL")
        || has("was killed with SIGKILL")
        || trimmed == b"Aborted (core dumped)"
        || (has(" Killed ")
            && has(": line ")
            && text.first().is_some_and(|byte| byte.is_ascii_lowercase() || *byte == b'/'))
    {
        return Some("killed");
    }
    command_not_found(text).then_some("command-not-found")
}

/// The ways in which shells and package managers say that there is no such command.
fn command_not_found(text: &[u8]) -> bool {
    let has = |words: &str| find(text, words.as_bytes()).is_some();
    let shell = |text: &[u8]| {
        [
            &b"sh: "[..],
            b"bash: ",
            b"/bin/sh: ",
            b"/bin/bash: ",
            b"dash: ",
            b"ash: ",
            b"zsh:",
            b"/usr/bin/env: ",
            b"env: ",
        ]
        .iter()
        .any(|shell| text.starts_with(shell))
            || (text.starts_with(b"/") && has(": line "))
    };
    if shell(text) {
        return text.ends_with(b": not found")
            || has("command not found")
            || ((text.starts_with(b"env: ") || text.starts_with(b"/usr/bin/env: "))
                && has("No such file or directory"));
    }
    has("is not recognized as an internal or external command")
        || (text.starts_with(b"error Command \"") && text.ends_with(b"\" not found."))
        || (has("ERR_PNPM_RECURSIVE_EXEC_FIRST_FAIL") && text.ends_with(b"\" not found"))
        || (has("spawn ") && text.ends_with(b" ENOENT") && (text.starts_with(b"Error: ") || has("npm ")))
        || (has(": ") && text.ends_with(b": command not found"))
        || (text.starts_with(b"/") && text.ends_with(b": not found") && has(": "))
}

#[cfg(test)]
mod tests {
    use crate::parse::{Format, LogParser, Options};

    fn crashes(log: &str) -> Vec<(String, u64)> {
        let format = Format::named("exit-status").unwrap();
        let mut parser = LogParser::new(format, Options::default());
        parser.feed(log.as_bytes(), &mut |diagnostic| panic!("{diagnostic:?}"));
        let account = parser.finish(&mut |diagnostic| panic!("{diagnostic:?}"));
        account.crashes.into_iter().map(|crash| (crash.kind, crash.output_line)).collect()
    }

    #[test]
    fn sudden_ends_are_told_apart() {
        for (line, kind) in [
            ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", "out-of-memory"),
            ("memory allocation of 1024 bytes failed", "out-of-memory"),
            ("Segmentation fault (core dumped)", "segmentation-fault"),
            ("sh: line 1: 1234 Segmentation fault      tsc", "segmentation-fault"),
            ("npm error signal SIGSEGV", "segmentation-fault"),
            ("panic: runtime error: index out of range [3] with length 2", "panic"),
            ("thread 'main' panicked at src/main.rs:2:5:", "panic"),
            ("Killed", "killed"),
            ("npm error signal SIGKILL", "killed"),
            ("bash: line 1:  1234 Killed                  node x", "killed"),
            ("sh: 1: tsc: not found", "command-not-found"),
            ("/bin/sh: astro: not found", "command-not-found"),
            ("bash: line 1: vite: command not found", "command-not-found"),
            ("zsh: command not found: tsc", "command-not-found"),
            ("zsh:1: command not found: tsc", "command-not-found"),
            ("/home/x/run.sh: line 3: tsc: command not found", "command-not-found"),
            ("'tsc' is not recognized as an internal or external command,", "command-not-found"),
            ("error Command \"tsc\" not found.", "command-not-found"),
            ("env: ‘node’: No such file or directory", "command-not-found"),
            ("Error: spawn tsc ENOENT", "command-not-found"),
        ] {
            assert_eq!(crashes(&format!("before\n\n\n\n\n{line}\nafter\n")), [(kind.to_owned(), 6)], "{line}");
        }
    }

    #[test]
    fn exceptions_need_the_end_of_a_process() {
        let trace = "/x/tsc.js:1\n      throw e;\n      ^\n\nError: Debug Failure.\n    at f (/x/tsc.js:1:2)\n\nNode.js v20.20.2\n";
        assert_eq!(crashes(trace), [("exception".to_owned(), 5)]);
        let missing = "node:internal/modules:1\n\nError: Cannot find module '/x/tsc'\n    at f (a:1)\n  code: 'MODULE_NOT_FOUND',\n  requireStack: []\n}\n\nNode.js v20.20.2\n";
        assert_eq!(crashes(missing), [("missing-module".to_owned(), 3)]);
        assert_eq!(crashes("Error: told and handled\nall is well\n"), []);
        assert_eq!(crashes("error TS2307: Cannot find module 'x'.\nNode.js v20 is new\n"), []);
        assert_eq!(crashes("The page was not found\nKilled the process\n"), []);
    }

    #[test]
    fn a_traceback_is_a_crash_unless_the_process_goes_on() {
        let trace = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\nValueError: bad\n";
        let kind = |text: &str| crashes(text);
        assert_eq!(kind(trace), [("exception".to_owned(), 1)]);
        assert_eq!(
            kind(&format!("{trace}\nThe above exception was the direct cause of the following exception:\n\n{trace}")),
            [("exception".to_owned(), 6 + 2)]
        );
        assert_eq!(kind(&format!("{trace}npm error code 1\n")), [("exception".to_owned(), 1)]);
        assert_eq!(kind(&format!("{trace}INFO going on\n")), []);
        assert_eq!(
            kind(&trace.replace("ValueError: bad", "ModuleNotFoundError: No module named 'x'")),
            [("missing-module".to_owned(), 1)]
        );
        assert_eq!(kind(&trace.replace("ValueError: bad", "SyntaxError: invalid syntax")), []);
    }

    #[test]
    fn a_go_trace_is_one_crash() {
        let trace =
            "panic: boom [recovered]\n\ngoroutine 252 [running]:\nmain.f(0x1)\n\tx.go:1 +0x1\npanic({0x1})\n\tx.go:2\n";
        assert_eq!(crashes(trace), [("panic".to_owned(), 1)]);
    }
}
