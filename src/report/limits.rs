//! How long a rendered document may be, and how much of a report each try shows.
//!
//! GitHub refuses a comment of more than 65,536 characters ("Body is too long") and a job summary of
//! more than 1 MiB (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>).
//! It does not say what a character is, so the strictest way of counting holds: UTF-16 units, which
//! are never fewer than code points, and a line break as two, which it is in a submitted form.

/// Characters in a comment.
pub const COMMENT_CHARACTERS: usize = 65_536;
/// Bytes in a job summary.
pub const JOB_SUMMARY_BYTES: usize = 1024 * 1024;

/// Where a Markdown document goes, and so how long it may be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Room {
    /// [`COMMENT_CHARACTERS`].
    #[default]
    Comment,
    /// [`JOB_SUMMARY_BYTES`].
    JobSummary,
}

impl Room {
    /// Whether a document of this text is accepted.
    #[must_use]
    pub fn holds(self, text: &str) -> bool {
        match self {
            Self::Comment => comment_length(text) <= COMMENT_CHARACTERS,
            Self::JobSummary => text.len() <= JOB_SUMMARY_BYTES,
        }
    }

    /// Bytes that no accepted document can have more of, known without counting characters.
    pub(super) fn most_bytes(self) -> usize {
        match self {
            // A UTF-16 unit takes at most three bytes of UTF-8.
            Self::Comment => 3 * COMMENT_CHARACTERS,
            Self::JobSummary => JOB_SUMMARY_BYTES,
        }
    }
}

/// Length of a comment, counted in the strictest of GitHub's possible ways.
#[must_use]
pub fn comment_length(text: &str) -> usize {
    text.chars().map(|c| if c == '\n' { 2 } else { c.len_utf16() }).sum()
}

/// How much of a report one try at a document shows. Each number is an upper bound for its list;
/// what is left out is counted in the list's last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budget {
    /// New errors in the open.
    pub errors: usize,
    /// Rows of every other list in the open.
    pub open: usize,
    /// Rows of every folded list; none: the folded part is left out.
    pub folded: usize,
    /// Characters of a message, a path or a command.
    pub text: usize,
    /// Further lines of a message.
    pub lines: usize,
    /// Lines of a log's end.
    pub log: usize,
}

impl Budget {
    /// From the fullest to the one that always fits.
    pub(super) const STEPS: [Self; 9] = [
        Self { errors: 25, open: 25, folded: 1000, text: 2000, lines: 6, log: 100 },
        Self { errors: 25, open: 25, folded: 500, text: 1500, lines: 5, log: 80 },
        Self { errors: 25, open: 25, folded: 200, text: 1000, lines: 4, log: 60 },
        Self { errors: 25, open: 25, folded: 100, text: 500, lines: 3, log: 40 },
        Self { errors: 25, open: 25, folded: 60, text: 400, lines: 3, log: 30 },
        Self { errors: 25, open: 20, folded: 40, text: 300, lines: 2, log: 20 },
        Self { errors: 10, open: 10, folded: 20, text: 200, lines: 1, log: 10 },
        Self { errors: 10, open: 10, folded: 5, text: 120, lines: 0, log: 5 },
        Self { errors: 5, open: 5, folded: 0, text: 60, lines: 0, log: 0 },
    ];
}

/// Where a text is cut when it is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// A sentence: its start says most.
    End,
    /// A path: its start and its end say most.
    Middle,
}

/// At most `max` characters, with `…` where something was left out.
pub(super) fn shortened(text: &str, max: usize, cut: Cut) -> std::borrow::Cow<'_, str> {
    if text.len() <= max || text.chars().nth(max).is_none() {
        return text.into();
    }
    let kept = max.saturating_sub(1);
    let tail = match cut {
        Cut::End => 0,
        Cut::Middle => kept / 2,
    };
    let head = kept - tail;
    let head_end = text.char_indices().nth(head).map_or(text.len(), |(at, _)| at);
    let tail_start = match tail.checked_sub(1) {
        Some(back) => text.char_indices().nth_back(back).map_or(text.len(), |(at, _)| at),
        None => text.len(),
    };
    format!("{}…{}", &text[..head_end], &text[tail_start..]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_counted_in_utf16_units_and_a_line_break_as_two() {
        assert_eq!(comment_length("aä€"), 3);
        assert_eq!(comment_length("💥"), 2);
        assert_eq!(comment_length("a\nb"), 4);
    }

    #[test]
    fn the_limit_itself_is_still_accepted() {
        assert!(Room::Comment.holds(&"a".repeat(COMMENT_CHARACTERS)));
        assert!(!Room::Comment.holds(&"a".repeat(COMMENT_CHARACTERS + 1)));
        assert!(!Room::Comment.holds(&"💥".repeat(COMMENT_CHARACTERS / 2 + 1)));
        assert!(Room::JobSummary.holds(&"a".repeat(JOB_SUMMARY_BYTES)));
        assert!(!Room::JobSummary.holds(&"ä".repeat(JOB_SUMMARY_BYTES / 2 + 1)));
    }

    #[test]
    fn each_step_shows_less_than_the_one_before() {
        for pair in Budget::STEPS.windows(2) {
            let (more, less) = (pair[0], pair[1]);
            assert!(more.errors >= less.errors && more.open >= less.open && more.lines >= less.lines);
            assert!(more.folded > less.folded && more.text > less.text && more.log > less.log);
        }
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(shortened("äöü", 3, Cut::End), "äöü");
        assert_eq!(shortened("äöüß", 3, Cut::End), "äö…");
        assert_eq!(shortened("src/pages/index.astro", 9, Cut::Middle), "src/…stro");
        assert_eq!(shortened("abc", 1, Cut::Middle), "…");
        assert_eq!(shortened("abc", 0, Cut::End), "…");
    }
}
