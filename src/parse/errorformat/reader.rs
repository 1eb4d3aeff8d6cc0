//! Lines → diagnostics by an `errorformat`, as Vim's quickfix list reads them.

use super::super::draft::{Draft, Out};
use super::super::line::Line;
use super::super::path::is_absolute;
use super::super::reader::{ERRORFORMAT, Nobody, Reader, ReaderSpec, Step};
use super::{Errorformat, Flag, Kind, Pattern, vim};
use crate::diagnostic::Level;
use regex::Captures;
use std::sync::Arc;

pub(in crate::parse) const READER: ReaderSpec = ReaderSpec {
    name: ERRORFORMAT,
    // Any line may match.
    markers: &["\n"],
    new: || Box::new(Nobody),
};

/// The longest line that is matched.
const LONGEST: usize = 64 << 10;

/// Folders and files are not nested deeper.
const DEEPEST: usize = 100;

/// Messages do not grow beyond this.
const LARGEST: usize = 1 << 20;

#[derive(Debug)]
pub(in crate::parse) struct ByErrorformat {
    format: Arc<Errorformat>,
    folders: Vec<String>,
    files: Vec<String>,
    /// `%>`: where matching starts.
    start: usize,
    /// Between the first and the last line of a message.
    in_message: bool,
    /// The lines of that message are passed over.
    ignores: bool,
    /// The message is kept until it is known to be complete.
    has_draft: bool,
    draft: Draft,
}

impl ByErrorformat {
    pub(in crate::parse) fn new(format: Arc<Errorformat>) -> Self {
        Self {
            format,
            folders: Vec::new(),
            files: Vec::new(),
            start: 0,
            in_message: false,
            ignores: false,
            has_draft: false,
            draft: Draft::new("errorformat"),
        }
    }

    fn close(&mut self, out: &mut Out<'_, '_>) {
        if std::mem::take(&mut self.has_draft) {
            out.emit(&mut self.draft);
        }
    }

    /// What matches the text: behind a file's name only what names a file again.
    fn find<'t>(
        &self,
        format: &Errorformat,
        text: &'t str,
        files_only: bool,
        start: usize,
    ) -> Option<(usize, Captures<'t>)> {
        let all = format.patterns.iter().enumerate().skip(start);
        all.filter(|(_, pattern)| match pattern.kind {
            Kind::OneFile | Kind::PushFile | Kind::PopFile => true,
            Kind::Continuation | Kind::Last => self.in_message && !files_only,
            _ => !files_only,
        })
        .find_map(|(index, pattern)| Some((index, pattern.regex.captures(text)?)))
    }

    fn read(&mut self, text: &str, out: &mut Out<'_, '_>) -> Step {
        let format = Arc::clone(&self.format);
        let mut rest = text;
        let mut files_only = false;
        // Each round takes a part off the line.
        loop {
            let start = std::mem::take(&mut self.start);
            let Some((index, captures)) = self.find(&format, rest, files_only, start) else {
                if files_only {
                    return Step::Took("errorformat: file");
                }
                self.close(out);
                self.in_message = false;
                self.ignores = false;
                return Step::Pass;
            };
            let pattern = &format.patterns[index];
            if pattern.stays {
                self.start = index;
            }
            let item = |item: char| captures.name(&vim::group(item)).map(|item| item.as_str());
            match pattern.kind {
                Kind::Enter => {
                    let folder = self.path(item('f').unwrap_or_default());
                    if self.folders.len() < DEEPEST {
                        self.folders.push(folder);
                    }
                    return Step::Took("errorformat: folder");
                }
                Kind::Leave => {
                    self.folders.pop();
                    return Step::Took("errorformat: folder");
                }
                Kind::OneFile | Kind::PushFile | Kind::PopFile => {
                    self.close(out);
                    if pattern.kind == Kind::PushFile && self.files.len() < DEEPEST {
                        self.files.push(self.path(item('f').unwrap_or_default()));
                    } else if pattern.kind == Kind::PopFile {
                        self.files.pop();
                    }
                    let behind = captures.name(&vim::group('r')).map(|behind| behind.range());
                    let behind = behind.map(|range| rest[range].trim_start()).unwrap_or_default();
                    if behind.is_empty() || behind.len() >= rest.len() {
                        return Step::Took("errorformat: file");
                    }
                    rest = behind;
                    files_only = true;
                }
                Kind::First(_) => {
                    self.close(out);
                    self.in_message = true;
                    self.ignores = pattern.flag == Flag::Ignore;
                    if !self.ignores {
                        self.open(pattern, &captures, rest);
                    }
                    return Step::Took("errorformat: first line");
                }
                Kind::Continuation | Kind::Last => {
                    if self.has_draft && !self.ignores {
                        self.go_on(pattern, &captures, rest);
                    }
                    if pattern.kind == Kind::Last {
                        self.close(out);
                        self.in_message = false;
                        self.ignores = false;
                    }
                    return Step::Took("errorformat: further line");
                }
                Kind::Single | Kind::General => {
                    if pattern.flag == Flag::Ignore {
                        self.ignores |= self.in_message;
                        return Step::Took("errorformat: passed over");
                    }
                    self.close(out);
                    if pattern.kind == Kind::General {
                        return Step::Took("errorformat: general");
                    }
                    self.open(pattern, &captures, rest);
                    self.close(out);
                    return Step::Took("errorformat: message");
                }
            }
        }
    }

    fn open(&mut self, pattern: &Pattern, captures: &Captures<'_>, line: &str) {
        self.draft.clear();
        self.has_draft = true;
        self.draft.level = match pattern.kind {
            Kind::First(Some(letter)) => level(letter),
            _ => Level::Error,
        };
        self.go_on(pattern, captures, line);
        if self.draft.file.is_empty()
            && let Some(file) = self.files.last()
        {
            self.draft.file.extend_from_slice(file.as_bytes());
        }
    }

    /// Puts in what is not known yet, and appends to the message.
    fn go_on(&mut self, pattern: &Pattern, captures: &Captures<'_>, line: &str) {
        let item = |item: char| captures.name(&vim::group(item)).map(|item| item.as_str());
        let number =
            |wanted: char| item(wanted).and_then(|digits| digits.parse().ok()).filter(|&number: &u32| number > 0);
        if let Some(letter) = item('t').and_then(|letter| letter.chars().next()) {
            self.draft.level = level(letter);
        }
        if let Some(code) = item('n').filter(|_| self.draft.code.is_empty()) {
            if pattern.typed_number {
                self.draft.code.extend_from_slice(item('t').unwrap_or_default().as_bytes());
            }
            self.draft.code.extend_from_slice(code.as_bytes());
        }
        if let Some(file) = item('f').filter(|_| self.draft.file.is_empty()) {
            let file = self.path(file);
            self.draft.file.extend_from_slice(file.as_bytes());
        }
        let draft = &mut self.draft;
        draft.line = draft.line.or_else(|| number('l'));
        draft.end_line = draft.end_line.or_else(|| number('e'));
        draft.column = draft.column.or_else(|| number('c')).or_else(|| number('v')).or_else(|| pointed_at(item('p')?));
        draft.end_column = draft.end_column.or_else(|| number('k'));
        let message = if pattern.flag == Flag::Whole { Some(line) } else { item('m') };
        for text in [message, item('s')].into_iter().flatten() {
            if draft.message.len() + text.len() > LARGEST {
                break;
            }
            if !draft.message.is_empty() {
                draft.message.push(b'\n');
            }
            draft.message.extend_from_slice(text.as_bytes());
        }
    }

    /// A printed path, in the folder that was entered last.
    fn path(&self, printed: &str) -> String {
        match self.folders.last() {
            Some(folder) if !is_absolute(&printed.replace('\\', "/")) => {
                format!("{}/{printed}", folder.trim_end_matches('/'))
            }
            _ => printed.to_owned(),
        }
    }
}

impl Reader for ByErrorformat {
    fn is_open(&self) -> bool {
        self.has_draft
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = String::from_utf8_lossy(&line.text[..line.text.len().min(LONGEST)]);
        self.read(&text, out)
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.close(out);
        *self = Self::new(Arc::clone(&self.format));
    }
}

/// The letter of a type; pylint's and flake8's among them.
fn level(letter: char) -> Level {
    match letter.to_ascii_uppercase() {
        'W' | 'C' | 'R' => Level::Warning,
        'I' | 'N' | 'H' => Level::Note,
        _ => Level::Error,
    }
}

/// The column under which a line of blanks, dots and dashes ends.
fn pointed_at(pointer: &str) -> Option<u32> {
    let mut column = 0_u32;
    for char in pointer.chars() {
        column = if char == '\t' { (column / 8 + 1) * 8 } else { column + 1 };
    }
    column.checked_add(1)
}
