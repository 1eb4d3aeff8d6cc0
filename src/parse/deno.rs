//! What `deno check`, and `deno test` before it runs anything, says of types: `TS2322 [ERROR]: message`, a line of the
//! source with its underline, `    at file:///srv/a.ts:1:7`; related places follow a blank line, indented by four more.
//!
//! Follows <https://github.com/denoland/deno/blob/main/cli/tsc/diagnostics.rs>. Its total is that of `tsc`.

use super::bundler::place_at_end;
use super::draft::{Draft, Out, RelatedDraft};
use super::line::{Line, indent};
use super::reader::{Reader, ReaderSpec, Step};
use super::tsc::number;
use crate::diagnostic::Level;

pub(super) const READER: ReaderSpec = ReaderSpec {
    name: "deno",
    markers: &["[ERROR]: "],
    new: || Box::new(Deno { draft: Draft::new("typescript"), lines: Vec::new(), phase: Phase::Idle }),
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    /// In the message and the line of the source below it.
    Message,
    /// Behind its place.
    After,
    /// In what is related.
    Related,
}

struct Deno {
    draft: Draft,
    /// The message so far, with what may be the source below it.
    lines: Vec<Vec<u8>>,
    phase: Phase,
}

/// Longer messages are none of Deno's.
const MOST_LINES: usize = 200;
const LONGEST_LINE: usize = 1 << 16;

impl Deno {
    fn close(&mut self, out: &mut Out<'_, '_>) {
        if self.phase == Phase::Message {
            self.draft.message = self.message(0);
        }
        if self.phase != Phase::Idle {
            out.emit(&mut self.draft);
        }
        self.phase = Phase::Idle;
        self.lines.clear();
    }

    /// The lines that are the message: those before the source that is underlined.
    fn message(&mut self, unindented: usize) -> Vec<u8> {
        let is_mark = |line: &Vec<u8>| {
            let words = line.trim_ascii();
            !words.is_empty() && words.iter().all(|byte| matches!(byte, b'^' | b'~'))
        };
        if self.lines.len() > 2 && self.lines.last().is_some_and(is_mark) {
            self.lines.truncate(self.lines.len() - 2);
        }
        let lines: Vec<&[u8]> = self.lines.iter().map(|line| &line[unindented.min(indent(line))..]).collect();
        let message = lines.join(&b'\n');
        self.lines.clear();
        message
    }
}

impl Reader for Deno {
    fn is_open(&self) -> bool {
        self.phase != Phase::Idle
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        if let Some((code, message)) = head(text) {
            self.close(out);
            self.draft.clear();
            self.draft.level = Level::Error;
            self.draft.code.extend_from_slice(b"ts");
            self.draft.code.extend_from_slice(code);
            self.lines.push(message.to_vec());
            self.phase = Phase::Message;
            return Step::Took("deno: diagnostic");
        }
        let fits = self.lines.len() < MOST_LINES && text.len() < LONGEST_LINE;
        let place = text.trim_ascii_start().strip_prefix(b"at ").and_then(place_at_end);
        match self.phase {
            Phase::Idle => return Step::Pass,
            Phase::Message if indent(text) == 4 && place.is_some() => {
                self.draft.message = self.message(0);
                if let Some((path, row, column)) = place {
                    self.draft.file.extend_from_slice(path);
                    self.draft.at(Some(row), Some(column));
                }
                self.phase = Phase::After;
                return Step::Took("deno: place");
            }
            Phase::Message if !line.is_blank() && fits => {
                self.lines.push(text.to_vec());
                return Step::Took("deno: message");
            }
            Phase::After | Phase::Related if line.is_blank() => {
                self.phase = Phase::Related;
                self.lines.clear();
                return Step::Took("deno: blank");
            }
            Phase::Related if indent(text) == 8 && place.is_some() => {
                let message = self.message(4);
                if let Some((path, row, column)) = place {
                    let file = Some(path.to_vec());
                    self.draft.related.push(RelatedDraft { file, line: Some(row), column: Some(column), message });
                }
                return Step::Took("deno: related place");
            }
            Phase::Related if text.starts_with(b"    ") && fits => {
                self.lines.push(text.to_vec());
                return Step::Took("deno: related message");
            }
            _ => {}
        }
        self.close(out);
        Step::Pass
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.close(out);
    }
}

/// `TS2322 [ERROR]: message`: the code and the message.
fn head(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = text.strip_prefix(b"TS")?;
    let (_, length) = number(rest)?;
    Some((&rest[..length], rest[length..].strip_prefix(b" [ERROR]: ")?))
}
