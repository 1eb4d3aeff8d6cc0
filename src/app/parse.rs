//! `shipgate parse`: reads logs as `run` reads the output of its steps.

use super::console::Console;
use super::matcher::read_matcher;
use super::run::redaction::redact_diagnostic;
use super::run::{Target, forward_slashes};
use super::settings::Settings;
use super::{Error, ExitStatus};
use crate::diagnostic::{Account, Classification, Diagnostic};
use crate::parse::{Errorformat, FORMATS, Folders, Format, LogParser, Needs, Options, Told};
use crate::project::workspace::members;
use crate::redact::Redactor;
use crate::report::{
    Findings, Listing, View, count::render_count, escape, ndjson::append_diagnostic, rdjson, render_findings,
};
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes read at a time.
const PIECE: usize = 256 * 1024;

/// What `parse` was asked for.
#[derive(Debug, Clone)]
pub struct Input {
    /// Relative paths of the command line start here.
    pub directory: PathBuf,
    /// Instead of the `shipgate.yml` of `directory`, whose `classification` holds here, too.
    pub config: Option<PathBuf>,
    pub format: String,
    /// Paths are made relative to it.
    pub root: Option<PathBuf>,
    /// `-` is standard input, as is none at all.
    pub files: Vec<PathBuf>,
    /// A problem-matcher file, for the formats `problem-matcher` and `auto`.
    pub matcher: Option<PathBuf>,
    /// Vim's patterns, for the formats `errorformat` and `auto`; none: not given.
    pub errorformats: Vec<String>,
    /// Views that need no run; none: what `shows` says.
    pub targets: Vec<Target>,
    pub shows: Shows,
}

/// What goes to standard output unless a view is asked for there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// `ndjson`.
    Diagnostics,
    /// What became of each line, and why.
    Lines,
}

/// Reads the logs, one after another. What was found does not change the exit status, only whether
/// all of it was understood: an empty log was not.
///
/// # Errors
/// An unknown format or view, patterns that cannot be used, or a file that cannot be read or written.
pub fn parse(input: &Input, redactor: &Redactor, console: &mut dyn Console) -> Result<ExitStatus, Error> {
    let format = Format::named(&input.format).ok_or_else(|| unknown_format(&input.format))?;
    let files = if input.files.is_empty() { vec![PathBuf::from("-")] } else { input.files.clone() };
    let options = options(input, format)?;
    let settings = Settings::read(&input.directory, input.config.as_deref(), console.colour())?;
    let mut sinks = Sinks::open(input, redactor, settings.config.classification)?;
    let mut doubts = Vec::new();
    let workspace = input.root.as_ref().map_or_else(|| input.directory.clone(), |root| input.directory.join(root));
    // Whatever is wrong with a project is no reason to leave its log unread.
    let packages = members(&workspace).unwrap_or_else(|error| {
        console.aside(&format!("paths of a workspace's packages may lack their folders: {error}"));
        Vec::new()
    });
    for file in &files {
        let mut parser = LogParser::new(format, options.clone());
        // The second look at a log that names packages.
        let failed = Arc::new(Mutex::new(None));
        if !sinks.only_count() {
            let (file, directory, failed) = (file.clone(), input.directory.clone(), Arc::clone(&failed));
            parser = parser.with_packages(packages.iter().cloned()).with_packages_when_named(move || {
                folders(&file, &directory).unwrap_or_else(|error| {
                    *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    Vec::new()
                })
            });
        }
        let account = if input.shows == Shows::Lines {
            explain(parser, file, input, &mut sinks, console)?
        } else if sinks.only_count() {
            read_pieces(file, &input.directory, |piece| parser.count(piece))?;
            parser.finish_count()
        } else {
            read_pieces(file, &input.directory, |piece| {
                parser.feed_lent(piece, &mut |diagnostic| sinks.write(diagnostic));
            })?;
            parser.finish_lent(&mut |diagnostic| sinks.write(diagnostic))
        };
        if let Some(error) = failed.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error);
        }
        sinks.errors += account.errors;
        sinks.warnings += account.warnings;
        doubts.extend(doubt(&account).map(|doubt| format!("{}: {doubt}", file.display())));
    }
    sinks.finish()?;
    for doubt in &doubts {
        console.aside(&redactor.redact(doubt));
    }
    Ok(if doubts.is_empty() { ExitStatus::Success } else { ExitStatus::Inconclusive })
}

/// Reads a log and lists what became of its lines.
fn explain(
    mut parser: LogParser,
    file: &Path,
    input: &Input,
    sinks: &mut Sinks,
    console: &mut dyn Console,
) -> Result<Account, Error> {
    let (colour, width) = (console.colour(), console.width());
    let out = console.standard_output();
    let mut listing = Listing::new(colour, width);
    let mut written = match &input.files[..] {
        [_, _, ..] => writeln!(out, "{}", escape::terminal(&file.display().to_string())),
        _ => Ok(()),
    };
    written = written.and_then(|()| listing.head(out));
    let mut hear = |told: Told<'_>| match told {
        Told::Found(mut diagnostic) => sinks.write(&mut diagnostic),
        Told::Line(line) if written.is_ok() => written = listing.line(&line, out),
        Told::Line(_) => {}
    };
    read_pieces(file, &input.directory, |piece| parser.explain(piece, &mut hear))?;
    let account = parser.finish_explained(&mut hear);
    match written.and_then(|()| listing.end(&account, out)) {
        Err(source) if source.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::Write { path: PathBuf::from("-"), source })
        }
        _ => Ok(account),
    }
}

/// The folders of packages that a log names at its end. What cannot be read twice is not looked at.
fn folders(file: &Path, directory: &Path) -> Result<Vec<(String, String)>, Error> {
    if !directory.join(file).is_file() {
        return Ok(Vec::new());
    }
    let mut folders = Folders::default();
    read_pieces(file, directory, |piece| folders.feed(piece))?;
    Ok(folders.finish().collect())
}

/// What the parser is told besides its format.
fn options(input: &Input, format: Format) -> Result<Options, Error> {
    let goes_with = |needs: Needs| format == Format::AUTO || format.needs() == Some(needs);
    let matcher = match &input.matcher {
        Some(_) if !goes_with(Needs::Matcher) => return Err(misplaced("--matcher", "problem-matcher")),
        None if format.needs() == Some(Needs::Matcher) => {
            return Err(missing("problem-matcher", "--matcher FILE"));
        }
        None => None,
        Some(file) => Some(read_matcher(&input.directory.join(file), &file.display().to_string())?),
    };
    let errorformat = match &input.errorformats[..] {
        [] if format.needs() == Some(Needs::Errorformat) => {
            return Err(missing("errorformat", "--errorformat '%f:%l:%c: %m'"));
        }
        [] => None,
        _ if !goes_with(Needs::Errorformat) => return Err(misplaced("--errorformat", "errorformat")),
        patterns => {
            let errorformat = Errorformat::parse(&patterns.join(","));
            Some(Arc::new(errorformat.map_err(|error| Error::Usage(error.to_string()))?))
        }
    };
    let root = input.root.as_ref().map(|root| forward_slashes(&input.directory.join(root)));
    Ok(Options { root, matcher, errorformat, ..Options::default() })
}

fn misplaced(argument: &str, format: &str) -> Error {
    Error::Usage(format!(
        "`{argument}` does not go with this format\nhelp: give it with `--format {format}`, or without `--format`"
    ))
}

fn missing(format: &str, argument: &str) -> Error {
    Error::Usage(format!("the format `{format}` reads by patterns that are not given\nhelp: add `{argument}`"))
}

/// Shows the formats with what they read.
pub fn list(console: &mut dyn Console) {
    let widest = FORMATS.iter().map(|spec| spec.name.len()).max().unwrap_or_default();
    let out = console.standard_output();
    for spec in FORMATS {
        let _closed_pipe = writeln!(out, "{:widest$}  {}", spec.name, spec.tools);
    }
}

fn unknown_format(name: &str) -> Error {
    let names: Vec<&str> = Format::names().collect();
    Error::Usage(format!("there is no format `{name}`\nhelp: one of {}", names.join(", ")))
}

/// Why a log was not understood.
fn doubt(account: &Account) -> Option<String> {
    if account.bytes == 0 {
        return Some("the log is empty".to_owned());
    }
    if let Some(total) = account.totals.iter().find(|total| !total.agrees()) {
        return Some(format!("{} says `{}`, which is not what was found", total.tool, total.text.trim()));
    }
    if let Some(broken) = account.crashes.iter().find(|crash| crash.kind == "unreadable") {
        return Some(broken.text.clone());
    }
    if let Some(crash) = account.crashes.first() {
        return Some(format!("line {} tells of a crash: `{}`", crash.output_line, crash.text));
    }
    if account.errors + account.warnings + account.notes > 0 {
        return None;
    }
    if let Some(line) = account.unrecognised.first() {
        return Some(format!("line {} looks like an error that no rule understood: `{}`", line.output_line, line.text));
    }
    account.tools.is_empty().then(|| "no tool was recognised in it".to_owned())
}

fn read_pieces(file: &Path, directory: &Path, mut take: impl FnMut(&[u8])) -> Result<(), Error> {
    let failed = |source| Error::Read { path: file.to_owned(), source };
    let mut reader: Box<dyn Read> = if file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(directory.join(file)).map_err(failed)?)
    };
    let mut piece = vec![0; PIECE];
    loop {
        match reader.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(length) => take(&piece[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
}

/// Where the views go. The first thing that goes wrong is kept and told at the end.
struct Sinks<'r> {
    redactor: &'r Redactor,
    open: Vec<Sink>,
    /// For views that are written at the end; empty where none is.
    kept: Vec<Diagnostic>,
    classification: Classification,
    errors: u64,
    warnings: u64,
    failure: Option<Error>,
}

struct Sink {
    view: View,
    /// The document that was begun.
    document: Option<rdjson::Document>,
    path: PathBuf,
    writer: BufWriter<Box<dyn Write>>,
    /// Of the view `ndjson`, to be written.
    lines: Vec<u8>,
}

impl<'r> Sinks<'r> {
    fn open(input: &Input, redactor: &'r Redactor, classification: Classification) -> Result<Self, Error> {
        let usual = [Target { view: View::Ndjson, path: None }];
        let targets = match input.shows {
            Shows::Diagnostics if input.targets.is_empty() => &usual[..],
            _ => &input.targets,
        };
        if let (Shows::Lines, Some(target)) = (input.shows, targets.iter().find(|target| target.path.is_none())) {
            let view = target.view;
            return Err(Error::Usage(format!(
                "`--explain` and `--report {view}` both write to standard output\nhelp: give the view a file: \
                 `--report {view}=FILE`"
            )));
        }
        let open = targets.iter().map(|target| Sink::open(target, &input.directory)).collect::<Result<_, _>>()?;
        Ok(Self { redactor, open, kept: Vec::new(), classification, errors: 0, warnings: 0, failure: None })
    }

    /// Whether nobody asks for the diagnostics themselves.
    fn only_count(&self) -> bool {
        self.open.iter().all(|sink| sink.view == View::Count)
    }

    fn write(&mut self, diagnostic: &mut Diagnostic) {
        self.classification.apply(diagnostic);
        redact_diagnostic(diagnostic, self.redactor);
        if self.open.iter().any(Sink::is_written_at_the_end) {
            self.kept.push(diagnostic.clone());
        }
        for sink in &mut self.open {
            let written = match (&mut sink.document, sink.view) {
                (Some(document), _) => document.write(diagnostic, &mut sink.writer),
                (None, View::Ndjson) => {
                    append_diagnostic(diagnostic, &mut sink.lines).and_then(|()| sink.write_lines(PIECE))
                }
                (None, _) => continue,
            };
            if written.is_err() {
                keep_first(&mut self.failure, sink.result(written));
            }
        }
    }

    fn finish(mut self) -> Result<(), Error> {
        let findings = Findings::of_log(&self.kept, env!("CARGO_PKG_VERSION"));
        for sink in &mut self.open {
            let written = match (sink.document.take(), sink.view) {
                (Some(document), _) => document.end(&mut sink.writer),
                (None, View::Count) => render_count(self.errors, self.warnings, &mut sink.writer),
                (None, view) if sink.is_written_at_the_end() => render_findings(view, &findings, &mut sink.writer),
                (None, _) => Ok(()),
            };
            let written = written.and_then(|()| sink.write_lines(1)).and_then(|()| sink.writer.flush());
            keep_first(&mut self.failure, sink.result(written));
        }
        self.failure.map_or(Ok(()), Err)
    }
}

impl Sink {
    fn is_written_at_the_end(&self) -> bool {
        matches!(self.view, View::Sarif | View::JUnit | View::CodeQuality | View::Checkstyle)
    }

    fn open(target: &Target, directory: &Path) -> Result<Self, Error> {
        if matches!(target.view, View::Terminal | View::Markdown | View::Json) {
            let views =
                View::ALL.into_iter().filter(|view| !matches!(view, View::Terminal | View::Markdown | View::Json));
            let views: Vec<String> = views.map(|view| format!("`{view}`")).collect();
            return Err(Error::Usage(format!(
                "a log has no `{}` view\nhelp: `parse` writes {}; the others need a run",
                target.view,
                views.join(", ")
            )));
        }
        let (path, writer): (PathBuf, Box<dyn Write>) = match &target.path {
            None => (PathBuf::from("-"), Box::new(io::stdout())),
            Some(path) => {
                let path = directory.join(path);
                let file = File::create(&path).map_err(|source| Error::Write { path: path.clone(), source })?;
                (path, Box::new(file))
            }
        };
        let mut writer = BufWriter::with_capacity(PIECE, writer);
        let document = match target.view {
            View::Rdjson => {
                let begun = rdjson::Document::begin(&mut writer);
                Some(begun.map_err(|source| Error::Write { path: path.clone(), source })?)
            }
            _ => None,
        };
        Ok(Self { view: target.view, document, path, writer, lines: Vec::new() })
    }

    /// Writes the lines that are there, once they are `enough` bytes.
    fn write_lines(&mut self, enough: usize) -> io::Result<()> {
        if self.lines.len() < enough {
            return Ok(());
        }
        let written = self.writer.write_all(&self.lines);
        self.lines.clear();
        written
    }

    /// A reader that went away has read enough.
    fn result(&self, written: io::Result<()>) -> Result<(), Error> {
        match written {
            Err(source) if source.kind() != io::ErrorKind::BrokenPipe => {
                Err(Error::Write { path: self.path.clone(), source })
            }
            _ => Ok(()),
        }
    }
}

fn keep_first(failure: &mut Option<Error>, result: Result<(), Error>) {
    if let (None, Err(error)) = (&failure, result) {
        *failure = Some(error);
    }
}
