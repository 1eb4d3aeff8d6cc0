//! Errors of `astro build`, `astro sync` and `astro check` themselves: `[Name] message`, and below it
//! `  Hint:`, `  Error reference:`, `  Location:` with `    path:4:5` (0 where it is not known), `  Stack trace:`.
//! What a library threw has no name before its message. What vite or a
//! page threw has none either; it follows `[ERROR] [vite] ✗ Build failed in 2s`, or the route on the same line. There
//! stands what a page prints, too: then the route's time follows, which one that failed never gets.
//!
//! Follows <https://github.com/withastro/astro/blob/main/packages/astro/src/core/messages.ts>.

use super::super::draft::{Draft, Out};
use super::super::line::Line;
use super::super::reader::{Reader, ReaderSpec, Step};
use super::super::words::find;
use super::named::{file_in, file_of_frame, is_of_a_package, without_frame};
use super::{is_stack, place_at_end, rolldown, rollup};

pub(in super::super) const READER: ReaderSpec = ReaderSpec {
    name: "astro",
    markers: &["rror", "ailed", "  Hint:", "Location:", "Stack trace:", "not supported by", "found issue(s)"],
    new: || {
        Box::new(Astro {
            draft: Draft::new("astro"),
            candidate: Vec::new(),
            section: Section::None,
            thrown: false,
            doubtful: false,
            behind: Vec::new(),
            page: Vec::new(),
        })
    },
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    None,
    /// Text that changes nothing.
    Other,
    Location,
    /// In the message of something without a name.
    Thrown,
    /// In what an error was caused by.
    Cause,
    /// In the list of what is wrong with the configuration.
    Config,
}

/// Messages are not longer.
const LONGEST_MESSAGE: usize = 4000;

struct Astro {
    draft: Draft,
    /// The line that may be the head, and what follows it.
    candidate: Vec<u8>,
    section: Section,
    /// It has no name: rollup and esbuild count columns from 0.
    thrown: bool,
    /// It follows a route and may be what the page printed; it is held back until something tells.
    doubtful: bool,
    /// The line before, where it may be the message of something without a name.
    behind: Vec<u8>,
    /// Which page was said to have failed.
    page: Vec<u8>,
}

impl Astro {
    fn close(&mut self, out: &mut Out<'_, '_>) {
        if self.section != Section::None && !self.doubtful {
            self.emit(out);
        }
        self.section = Section::None;
        self.candidate.clear();
        self.thrown = false;
    }

    fn emit(&mut self, out: &mut Out<'_, '_>) {
        let draft = &mut self.draft;
        if !draft.message.is_empty() {
            if draft.file.is_empty() {
                draft.file.extend_from_slice(file_in(&draft.message).unwrap_or(&self.page));
            }
            self.page.clear();
            out.emit(draft);
        }
        self.doubtful = false;
    }

    /// What was held back is an error.
    fn believe(&mut self, out: &mut Out<'_, '_>) {
        if self.doubtful && self.section == Section::None {
            self.emit(out);
        }
    }

    /// Something without a name, or with the name in what it threw; its message begins here.
    fn throw(&mut self, message: &[u8]) {
        let (name, message) = head(message).unwrap_or((b"", message));
        self.draft.clear();
        self.draft.code.extend_from_slice(name);
        self.draft.message.extend_from_slice(message);
        self.section = Section::Thrown;
        self.thrown = true;
    }

    /// A line of its message, or of the frame below.
    fn in_thrown(&mut self, text: &[u8]) {
        let draft = &mut self.draft;
        if let Some(file) = text.strip_prefix(b"file: ") {
            let (path, place) = match place_at_end(file) {
                Some((path, line, column)) => (path, Some((line, column + 1))),
                None => (file, None),
            };
            draft.file.clear();
            draft.file.extend_from_slice(path);
            draft.at(place.map(|place| place.0), place.map(|place| place.1));
            self.section = Section::Other;
        } else if !draft.message.is_empty()
            && (text.is_empty() || text.trim_ascii_start().starts_with("╭─[".as_bytes()))
        {
            self.section = Section::Other;
        } else if !draft.message.is_empty() {
            draft.continue_message(text);
        } else if let Some((.., rest)) = rollup::place(text).filter(|(.., rest)| !rest.is_empty()) {
            draft.message.extend_from_slice(rest);
        } else {
            let (code, message) = rolldown::code(text).unwrap_or((b"", text));
            draft.code.extend_from_slice(code);
            draft.message.extend_from_slice(message);
        }
    }
}

impl Reader for Astro {
    fn is_open(&self) -> bool {
        self.section != Section::None || self.doubtful || !self.candidate.is_empty()
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        if self.doubtful && is_time(text) {
            (self.section, self.thrown, self.doubtful) = (Section::None, false, false);
            self.candidate.clear();
            return Step::Took("astro: what a page printed");
        }
        if let Some(words) = clock(text).and_then(|words| words.strip_prefix(b"[ERROR] ")) {
            // Astro 6 and newer: said at once, and again behind the announcement.
            if words.starts_with(b"[build] Caught error rendering ") {
                (self.section, self.thrown, self.doubtful) = (Section::None, false, false);
                self.candidate.clear();
                self.behind.clear();
                out.tool("astro");
                return Step::Took("astro: announcement");
            }
            if self.doubtful && !words.starts_with(b"[") {
                return Step::Took("astro: announcement");
            }
        }
        let title = match text.trim_ascii_end() {
            b"  Location:" | b"  File:" => Some(Section::Location),
            b"  Caused by:" => Some(Section::Cause),
            b"  Stack trace:" | b"  Hint:" | b"  Error reference:" | b"  Code:" | b"  Cause:" => Some(Section::Other),
            _ => None,
        };
        if let Some(section) = title {
            if self.section == Section::None {
                let (candidate, behind) = (std::mem::take(&mut self.candidate), std::mem::take(&mut self.behind));
                let (name, message) = match head(&candidate) {
                    Some(found) => found,
                    None if !behind.is_empty() && matches!(text, b"  Location:" | b"  Stack trace:") => {
                        (&b""[..], &behind[..])
                    }
                    None => return Step::Pass,
                };
                self.believe(out);
                self.draft.clear();
                self.draft.code.extend_from_slice(name);
                self.draft.message.extend_from_slice(without_frame(message.trim_ascii()));
            }
            self.section = section;
            self.doubtful = false;
            return Step::Took("astro: section");
        }
        let own = clock(text).is_some();
        if text == b"[config] Astro found issue(s) with your configuration:" {
            self.close(out);
            self.believe(out);
            self.draft.clear();
            self.section = Section::Config;
            out.tool("astro");
            return Step::Took("astro: configuration");
        }
        if self.section == Section::Config && !own {
            if let Some(message) = text.trim_ascii_start().strip_prefix(b"! ") {
                self.emit(out);
                self.draft.clear();
                self.draft.message.extend_from_slice(message);
                return Step::Took("astro: configuration");
            }
            let empty = self.draft.message.is_empty();
            if line.is_blank() == empty {
                if !empty {
                    self.draft.continue_message(text);
                }
                return Step::Took("astro: configuration");
            }
        }
        if self.section == Section::Thrown && self.draft.message.is_empty() && head(text).is_some() {
            // It has a name after all.
            self.section = Section::None;
            self.thrown = false;
        }
        if self.thrown && matches!(self.section, Section::Thrown | Section::Other) && !own && !is_stack(text) {
            // Nothing but a title ends it: the message and the frame may look like anything.
            if self.section == Section::Thrown && self.draft.message.len() < LONGEST_MESSAGE {
                self.in_thrown(text);
                return Step::Took("astro: message");
            }
            if self.section == Section::Other && text.starts_with(b"file: ") {
                self.in_thrown(text);
                return Step::Took("astro: place");
            }
            let frame = text.first().is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'>'))
                || text.starts_with("─".as_bytes());
            if self.section == Section::Other && (line.is_blank() || frame) {
                return Step::Took("astro: frame");
            }
        }
        if self.section != Section::None {
            let indent: &[u8] = if self.section == Section::Cause { b"  " } else { b"    " };
            if line.is_blank() || text.starts_with(indent) {
                if self.section == Section::Location
                    && self.draft.file.is_empty()
                    && let Some((path, row, column)) = place_at_end(text.trim_ascii())
                {
                    let known = |number: u32| Some(number).filter(|&number| number > 0);
                    // Of a parser that counts columns from 0; its message names the file.
                    let nameless = path == b"undefined";
                    if nameless || !is_of_a_package(path) {
                        self.draft.file.extend_from_slice(if nameless { b"" } else { path });
                        self.draft.at(known(row), known(row).and(known(column + u32::from(self.thrown || nameless))));
                    }
                } else if self.section == Section::Cause
                    && self.draft.file.is_empty()
                    && let Some(path) = file_of_frame(text)
                {
                    self.draft.file.extend_from_slice(path);
                }
                return Step::Took("astro: section");
            }
            self.close(out);
        }
        if let Some(words) = clock(text) {
            self.believe(out);
            let failed = words.starts_with(b"[ERROR] [vite] ") && find!(words, b" Build failed in ").is_some();
            let route = route_that_failed(words);
            if failed || route.is_some() {
                self.candidate.clear();
                self.throw(route.unwrap_or_default());
                self.doubtful = route.is_some();
                out.tool("astro");
                return Step::Took("astro: announcement");
            }
            // What went wrong follows, as anywhere.
            if let Some(page) = words.strip_prefix(b"[ERROR] [build] Failed to call getStaticPaths for ") {
                self.candidate.clear();
                self.behind.clear();
                self.page.clear();
                self.page.extend_from_slice(page.trim_ascii_end());
                return Step::Took("astro: announcement");
            }
        }
        if text.starts_with(b"Node.js v") && text.ends_with(b" is not supported by Astro!") {
            out.tool("astro");
            out.crash("unsupported-runtime", text);
            return Step::Took("astro: own words");
        }
        // Of this the place follows.
        if !text.starts_with(b"At file: ") {
            self.behind.clear();
            if !own && !line.is_blank() && text.len() < LONGEST_MESSAGE {
                self.behind.extend_from_slice(text);
            }
        }
        if !self.candidate.is_empty() {
            // Paragraphs are part of a message; a line of Astro's own log is not.
            if !own && self.candidate.len() < LONGEST_MESSAGE && head(text).is_none() {
                self.candidate.push(b'\n');
                self.candidate.extend_from_slice(text);
                return Step::Pass;
            }
            self.candidate.clear();
        }
        if head(text).is_some() {
            self.candidate.extend_from_slice(text);
        }
        Step::Pass
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.close(out);
        self.believe(out);
    }
}

/// ` (+5ms)`, as it ends the line of a route.
fn is_time(text: &[u8]) -> bool {
    let time = text.trim_ascii_end().strip_prefix(b" (+").and_then(|rest| rest.strip_suffix(b")"));
    time.is_some_and(|time| time.first().is_some_and(u8::is_ascii_digit) && time.ends_with(b"s"))
}

/// The words behind `14:03:01 `.
fn clock(text: &[u8]) -> Option<&[u8]> {
    let (time, rest) = text.split_at_checked(9)?;
    let shape = time[2] == b':' && time[5] == b':' && time[8] == b' ';
    let digits = [0, 1, 3, 4, 6, 7].iter().all(|&at| time[at].is_ascii_digit());
    (shape && digits).then_some(rest)
}

/// `  └─ /index.htmlmessage`: a route behind which its time should stand, ` (+5ms)`.
fn route_that_failed(words: &[u8]) -> Option<&[u8]> {
    let words = words.trim_ascii_start();
    let route = words.strip_prefix("└─ /".as_bytes()).or_else(|| words.strip_prefix("├─ /".as_bytes()))?;
    let extensions = [&b".html"[..], b".xml", b".json", b".txt"];
    let end = extensions.iter().filter_map(|end| Some(find(route, end)? + end.len()));
    let message = &route[end.min()?..];
    (!message.is_empty() && !message.starts_with(b" (") && clock(message).is_none()).then_some(message)
}

/// `[NoMatchingImport] message`: a name in camel case.
fn head(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = text.strip_prefix(b"[")?;
    let close = memchr::memchr(b']', &rest[..rest.len().min(80)])?;
    let name = &rest[..close];
    let camel = name.first().is_some_and(u8::is_ascii_uppercase)
        && name.iter().all(u8::is_ascii_alphanumeric)
        && name.iter().any(u8::is_ascii_lowercase);
    (camel && rest[close + 1..].starts_with(b" ")).then(|| (name, &rest[close + 2..]))
}

#[cfg(test)]
mod tests {
    use crate::parse::{Format, LogParser, Options};

    #[test]
    fn what_was_held_back_behind_a_route_is_told_before_the_configuration_is() {
        let log = "14:03:01   └─ /a.htmlEntry docs → a was not found.\n    at f (a.mjs:1:2)\n\
                   [config] Astro found issue(s) with your configuration:\n\n! site: Expected type \"string\"\n";
        let mut found = Vec::new();
        let mut parser = LogParser::new(Format::named("astro-build").unwrap(), Options::default());
        parser.feed(log.as_bytes(), &mut |one| found.push(one.message));
        parser.finish(&mut |one| found.push(one.message));
        assert_eq!(found, ["Entry docs → a was not found.", "site: Expected type \"string\""]);
    }
}
