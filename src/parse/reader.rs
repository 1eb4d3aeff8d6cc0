//! What a format is made of: a [`Reader`] understands the lines of one tool.

use super::draft::Out;
use super::line::Line;

/// What a reader did with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Not mine. If something was open, it has been closed and emitted.
    Pass,
    /// Understood, by the rule of this name.
    Took(&'static str),
}

/// Reads the lines of one tool, in order. Several readers look at the same output: one that is in
/// the middle of something is asked first, the others in the order of the table.
pub(crate) trait Reader {
    /// Whether the next line may belong to what was read so far. Only then are lines without any
    /// marker word shown at all (apart from [`LOOK_BACK`] lines before one with a marker).
    fn is_open(&self) -> bool;

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step;

    /// Reads what it can of complete lines that would be shown to it alone, while it is open: as many as nobody else could
    /// take for something of his, whatever was printed before them. Returns how many bytes and lines that are.
    fn run(&mut self, _data: &[u8], _out: &mut Out<'_, '_>) -> (usize, u64) {
        (0, 0)
    }

    /// The output, or the part of it that belongs to one command, is over.
    fn finish(&mut self, out: &mut Out<'_, '_>);
}

/// How many lines before one with a marker are shown to readers that are not open.
pub(crate) const LOOK_BACK: usize = 3;

/// One row of the table of readers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReaderSpec {
    /// Also the first word of the rules it names.
    pub(crate) name: &'static str,
    /// Every line that begins or marks something this reader wants has one of these in it.
    pub(crate) markers: &'static [&'static str],
    pub(crate) new: fn() -> Box<dyn Reader>,
}

impl ReaderSpec {
    /// Whether it reads documents of many lines, or of one that may be very long. While it is in the
    /// middle of one, nothing in a line is a runner's.
    pub(crate) fn reads_documents(&self) -> bool {
        matches!(self.name, "json" | "xml")
    }

    /// Whether a line without any marker word may begin something, that a later line then marks. The others
    /// need not see such lines while nothing of theirs is open.
    pub(crate) fn looks_back(&self) -> bool {
        const ONLY_MARKED: [&str; 13] = [
            "cargo", "crash", "deno", "esbuild", "github", "go", "listed", "mypy", "prettier", "pylint", "pyright",
            "tap", "testing",
        ];
        !ONLY_MARKED.contains(&self.name)
    }
}

/// The readers that go by what the user gives.
pub(crate) const PROBLEM_MATCHER: &str = "problem-matcher";
pub(crate) const ERRORFORMAT: &str = "errorformat";

/// Reports that are one document are kept until they end; larger ones are refused.
pub(crate) const LARGEST_DOCUMENT: usize = 64 << 20;

/// Stands where the user has given nothing that could be read by.
pub(crate) struct Nobody;

impl Reader for Nobody {
    fn is_open(&self) -> bool {
        false
    }

    fn line(&mut self, _: &Line<'_>, _: &mut Out<'_, '_>) -> Step {
        Step::Pass
    }

    fn finish(&mut self, _: &mut Out<'_, '_>) {}
}
