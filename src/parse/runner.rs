//! Runners put the name of a package before each line and run several at once: pnpm
//! (`apps/web build: `), turbo (`@shop/core:build: `), lerna (`@shop/api: `), concurrently and
//! run-p (`[0] `, `[build    ] `). Each prefix is a stream of its own with its own readers, and
//! where the package's folder is known, paths start there.
//!
//! A prefix is believed only when something shows that it is one: a declaration by the runner, a
//! script header, a diagnostic behind it, a number before a path, or the same bracket on two lines in a row.
//! A path may have a colon and a blank in it too.

use super::tsc::parse_head;
use super::words::find;
use std::collections::HashMap;

/// Words of runners that a search for markers must not pass over.
pub(super) const MARKERS: &[&str] = &["\n> ", " > ", "m> ", "Scope: ", "🏃 [", "✅ [", "❌ ["];

/// Which stream a line belongs to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// No prefix.
    Root,
    /// The stream's number and the length of the prefix.
    Stream(usize, usize),
    /// A new prefix of this length; the folder, where the prefix names it.
    New(usize, Option<String>),
}

/// What is known about prefixes so far.
#[derive(Debug, Default)]
pub(super) struct Runner {
    known: HashMap<Vec<u8>, usize>,
    last: Option<(Vec<u8>, usize)>,
    /// The bracket of the line before.
    bracket: Vec<u8>,
    /// pnpm has said that it runs a script in several folders.
    recursive: bool,
    /// The scripts that wireit runs at the moment, which print without any prefix.
    running: Vec<Vec<u8>>,
}

impl Runner {
    /// More prefixes than this are not told apart.
    const MOST: usize = 1000;

    /// `Scope: 5 of 6 workspace projects`, as pnpm begins.
    pub(super) fn heed(&mut self, text: &[u8]) {
        self.recursive |= text.starts_with(b"Scope: ") && text.ends_with(b" workspace projects");
    }

    /// wireit's own lines: `🏃 [apps/web:build] Running command "tsc"`, `❌ [apps/web:build] Failed with
    /// exit status 2`, `❌ [apps/web:build] exited with exit code 2. Output:`. The folder in which what
    /// follows was printed; empty while several scripts print at once.
    pub(super) fn wireit(&mut self, text: &[u8]) -> Option<String> {
        let rest = ["🏃 [", "✅ [", "❌ ["].iter().find_map(|mark| text.strip_prefix(mark.as_bytes()))?;
        let close = find!(rest, b"] ")?;
        let (script, words) = (&rest[..close], &rest[close + 2..]);
        // The root's own scripts have no folder before them.
        let folder = |script: &[u8]| {
            let end = memchr::memrchr(b':', script).unwrap_or(0);
            String::from_utf8_lossy(&script[..end]).into_owned()
        };
        if words.starts_with(b"exited with exit code ") && words.ends_with(b" Output:") {
            return Some(folder(script));
        }
        self.running.retain(|running| running != script);
        if words.starts_with(b"Running command ") && self.running.len() < Self::MOST {
            self.running.push(script.to_vec());
        }
        let [only] = &self.running[..] else { return Some(String::new()) };
        Some(folder(only))
    }

    pub(super) fn register(&mut self, prefix: &[u8], stream: usize) {
        self.known.insert(prefix.trim_ascii_end().to_vec(), stream);
    }

    /// Lines that have no prefix were read.
    pub(super) fn passed(&mut self) {
        self.bracket.clear();
    }

    pub(super) fn split(&mut self, text: &[u8]) -> Split {
        if let Some((prefix, stream)) = &self.last
            && text.starts_with(prefix)
        {
            match text.get(prefix.len()) {
                Some(b' ') => return Split::Stream(*stream, prefix.len() + 1),
                None => return Split::Stream(*stream, prefix.len()),
                Some(_) => {}
            }
        }
        let Some(&first) = text.first() else {
            self.bracket.clear();
            return Split::Root;
        };
        let split = if first == b'[' { self.split_bracket(text) } else { self.split_colon(text) };
        if first != b'[' {
            self.bracket.clear();
        }
        if let Split::Stream(stream, length) = split {
            self.last = Some((text[..length].trim_ascii_end().to_vec(), stream));
        }
        split
    }

    fn split_bracket(&mut self, text: &[u8]) -> Split {
        let window = &text[..text.len().min(64)];
        let Some(close) = memchr::memchr(b']', window) else { return Split::Root };
        let prefix = &text[..=close];
        let rest = match text.get(close + 1) {
            None => &[][..],
            Some(b' ') => &text[close + 2..],
            Some(_) => return Split::Root,
        };
        let length = text.len() - rest.len();
        if let Some(&stream) = self.known.get(prefix) {
            return Split::Stream(stream, length);
        }
        let name = prefix[1..close].trim_ascii();
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'@');
        // Of the words that tools print so themselves, more is wanted than that they come again.
        let own_words: [&[u8]; 8] = [b"warn", b"error", b"info", b"debug", b"tsl", b"warning", b"plugin", b"check"];
        let digits = name.iter().all(u8::is_ascii_digit);
        let shouted = !digits && !name.iter().any(u8::is_ascii_lowercase);
        if name.is_empty() || !name.iter().all(allowed) || shouted {
            self.bracket.clear();
            return Split::Root;
        }
        let repeated = !own_words.contains(&name)
            && (self.bracket == prefix || (!self.known.is_empty() && self.known.keys().any(|key| key[0] == b'[')));
        // concurrently's own names are numbers, and no path begins with such a folder and a blank.
        let is_numbered = digits && rest.starts_with(b"/");
        let is_believed = repeated || is_numbered || is_script_header(rest) || parse_head(rest).is_some();
        if self.known.len() < Self::MOST && is_believed {
            return Split::New(length, None);
        }
        self.bracket.clear();
        self.bracket.extend_from_slice(prefix);
        Split::Root
    }

    fn split_colon(&mut self, text: &[u8]) -> Split {
        let window = &text[..text.len().min(200)];
        let mut end = None;
        for colon in memchr::memchr_iter(b':', window) {
            // Prefixes end like words; `path(1,2): ` does not.
            if !text[..colon]
                .last()
                .is_some_and(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
            {
                return Split::Root;
            }
            match window.get(colon + 1) {
                Some(b' ') => {
                    end = Some(colon);
                    break;
                }
                // Editors and some logs take blanks off the end of lines.
                None if window.len() == text.len() => {
                    end = Some(colon);
                    break;
                }
                _ => {}
            }
        }
        let Some(end) = end else { return Split::Root };
        if !self.known.is_empty()
            && let Some(&stream) = self.known.get(&text[..=end])
        {
            return Split::Stream(stream, text.len().min(end + 2));
        }
        if end + 2 >= text.len() || self.known.len() >= Self::MOST {
            return Split::Root;
        }
        let (prefix, rest) = (&text[..end], &text[end + 2..]);
        let folder = match shape(prefix) {
            Shape::Other => return Split::Root,
            Shape::Package => None,
            Shape::Folder(folder) => Some(folder),
        };
        let task = rest.starts_with(b"cache ")
            && [&b"cache bypass, "[..], b"cache miss, ", b"cache hit, "].iter().any(|words| rest.starts_with(words));
        if task
            || (self.recursive && folder.is_some())
            || is_script_header(rest)
            || (rest.len() > 8 && find!(rest, b"rror ").is_some() && parse_head(rest).is_some())
        {
            return Split::New(end + 2, folder);
        }
        Split::Root
    }

    /// `apps/web build$ tsc -p .` declares the prefix `apps/web build:` and its folder.
    pub(super) fn declaration(text: &[u8]) -> Option<(Vec<u8>, String)> {
        let window = &text[..text.len().min(200)];
        let at = memchr::memchr(b'$', window).filter(|&at| window.get(at + 1) == Some(&b' '))?;
        let head = &text[..at];
        let (folder, script) = two_words(head)?;
        if script.is_empty() || script.iter().any(|byte| matches!(byte, b'/' | b'\'' | b'"')) {
            return None;
        }
        let mut prefix = head.to_vec();
        prefix.push(b':');
        Some((prefix, String::from_utf8_lossy(folder).into_owned()))
    }
}

fn two_words(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(b' ', text)?;
    let (first, second) = (&text[..at], &text[at + 1..]);
    (!first.is_empty() && !second.is_empty() && !second.contains(&b' ')).then_some((first, second))
}

/// What text before a colon can be.
enum Shape {
    /// The name of a package, perhaps with a task.
    Package,
    /// A folder, with a script.
    Folder(String),
    /// No prefix of a runner.
    Other,
}

fn shape(prefix: &[u8]) -> Shape {
    let word = |text: &[u8]| {
        text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'@'))
    };
    if let Some((folder, script)) = two_words(prefix) {
        let script_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
        let fits = word(folder) && script.iter().all(script_word) && script[0].is_ascii_lowercase();
        return if fits { Shape::Folder(String::from_utf8_lossy(folder).into_owned()) } else { Shape::Other };
    }
    let fits = if let Some(at) = memchr::memchr(b':', prefix) {
        // `@scope/name:task`; a number would be a line.
        let (name, task) = (&prefix[..at], &prefix[at + 1..]);
        let task_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
        let fits = name.len() > 1 && word(name) && task.first().is_some_and(u8::is_ascii_alphabetic);
        fits && task.iter().all(task_word)
    } else {
        // `Error: src/a.ts(1,2): …` quotes a diagnostic. Packages have lower-case names.
        let spoken: [&[u8]; 8] = [b"error", b"warning", b"warn", b"info", b"note", b"fatal", b"message", b"help"];
        let name = prefix.first().is_some_and(|&byte| byte.is_ascii_lowercase() || byte == b'@');
        name && word(prefix) && !spoken.contains(&prefix)
    };
    if fits { Shape::Package } else { Shape::Other }
}

/// `> @shop/web@0.1.0 build`
fn is_script_header(text: &[u8]) -> bool {
    script_header(text).is_some()
}

/// `> name@version script [folder]`, as npm and pnpm print before a script: name and folder.
pub(super) fn script_header(text: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let rest = text.strip_prefix(b"> ")?;
    let words = memchr::memchr(b' ', rest)?;
    let package = &rest[..words];
    let at = package.iter().rposition(|&byte| byte == b'@').filter(|&at| at > 0)?;
    let (name, version) = (&package[..at], &package[at + 1..]);
    let fits = version.first().is_some_and(u8::is_ascii_digit);
    if !fits || name.contains(&b'(') {
        return None;
    }
    let after = &rest[words + 1..];
    // pnpm adds the folder; npm does not. Script names have no blank.
    let folder = memchr::memchr(b' ', after).map(|at| &after[at + 1..]);
    let folder = folder.filter(|folder| folder.starts_with(b"/") || folder.get(1) == Some(&b':'));
    Some((name, folder))
}

/// The package of a prefix: `@shop/core:build:` → `@shop/core`, `@shop/api:` → `@shop/api`.
pub(super) fn package_of(prefix: &[u8]) -> &[u8] {
    let end = memchr::memchr(b':', prefix).unwrap_or(prefix.len());
    &prefix[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_believed_when_something_shows_them() {
        let mut runner = Runner::default();
        assert_eq!(runner.split(b"@shop/core:build: hello"), Split::Root);
        assert_eq!(runner.split(b"@shop/core:build: cache miss, executing 1"), Split::New(18, None));
        runner.register(b"@shop/core:build: ", 1);
        assert_eq!(runner.split(b"@shop/core:build: hello"), Split::Stream(1, 18));
        assert_eq!(runner.split(b"@shop/core:build:"), Split::Stream(1, 17));
        let folder = Some("apps/web".to_owned());
        assert_eq!(runner.split(b"apps/web build: a.ts(1,2): error TS1: m"), Split::New(16, folder));
        assert_eq!(runner.split(b"@shop/api: > @shop/api@0.1.0 build"), Split::New(11, None));
        assert_eq!(runner.split(b"src/a.ts:1:10: error: x"), Split::Root);
        assert_eq!(runner.split(b"a b c: x.ts(1,2): error TS1: m"), Split::Root);
    }

    #[test]
    fn brackets_need_a_second_line_a_diagnostic_or_a_number_before_a_path() {
        let mut runner = Runner::default();
        assert_eq!(runner.split(b"[warn] a.ts"), Split::Root);
        assert_eq!(runner.split(b"[warn] b.ts"), Split::Root);
        assert_eq!(runner.split(b"[UNRESOLVED_IMPORT] x"), Split::Root);
        assert_eq!(runner.split(b"[slug].tsx(1,2): error TS1: m"), Split::Root);
        assert_eq!(runner.split(b"[0] a.ts(1,2): error TS1: m"), Split::New(4, None));
        assert_eq!(Runner::default().split(b"[0] /repo/a.js:1:2: m [Error/semi]"), Split::New(4, None));
        assert_eq!(Runner::default().split(b"[plugin] /repo/a.js: m"), Split::Root);
        assert_eq!(Runner::default().split(b"[build    ] > shop@1.0.0 build"), Split::New(12, None));
        let mut runner = Runner::default();
        assert_eq!(runner.split(b"[lint] "), Split::Root);
        assert_eq!(runner.split(b"[lint] /a.ts"), Split::New(7, None));
    }

    #[test]
    fn wireit_names_the_folder_of_the_only_script_that_runs() {
        let mut runner = Runner::default();
        let web = Some("apps/web".to_owned());
        assert_eq!(runner.wireit("❌ [apps/web:w] exited with exit code 2. Output:".as_bytes()), web);
        assert_eq!(runner.wireit("🏃 [apps/web:w] Running command \"tsc\"".as_bytes()), web);
        assert_eq!(runner.wireit("🏃 [build] Running command \"tsc\"".as_bytes()), Some(String::new()));
        assert_eq!(runner.wireit("✅ [build] Executed successfully".as_bytes()), web);
        assert_eq!(runner.wireit("❌ [apps/web:w] Failed with exit status 2".as_bytes()), Some(String::new()));
        assert_eq!(runner.wireit("❌ 2 scripts failed.".as_bytes()), None);
    }

    #[test]
    fn headers_and_declarations_name_folders() {
        assert_eq!(script_header(b"> @a/b@1.0.0 build /x/y z"), Some((&b"@a/b"[..], Some(&b"/x/y z"[..]))));
        assert_eq!(script_header(b"> app@1.0.0-rc.1 build"), Some((&b"app"[..], None)));
        assert_eq!(script_header(b"> tsc -p . --noEmit"), None);
        assert_eq!(
            Runner::declaration(b"apps/web build$ tsc -p ."),
            Some((b"apps/web build:".to_vec(), "apps/web".to_owned()))
        );
        assert_eq!(Runner::declaration(b"costs 5 $ each"), None);
    }
}
