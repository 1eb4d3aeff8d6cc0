//! Rows on their way into a table: the text format of `COPY`
//! (<https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2>).
//!
//! Postgres' texts cannot hold NUL. It is written as SUB and `0`, SUB itself as SUB twice, so that
//! every text comes back as it was.

use crate::time::Timestamp;
use chrono::SecondsFormat;
use std::borrow::Cow;
use std::fmt::{Display, Write as _};
use uuid::Uuid;

const SUB: char = '\u{1a}';

/// A text as Postgres keeps it.
pub(super) fn to_kept(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', SUB]) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\0' => kept.push_str("\u{1a}0"),
            SUB => kept.push_str("\u{1a}\u{1a}"),
            other => kept.push(other),
        }
    }
    Cow::Owned(kept)
}

/// A kept text as it was.
pub(super) fn from_kept(kept: String) -> String {
    if !kept.contains(SUB) {
        return kept;
    }
    let mut text = String::with_capacity(kept.len());
    let mut characters = kept.chars();
    while let Some(character) = characters.next() {
        match character {
            SUB => text.push(if characters.next() == Some('0') { '\0' } else { SUB }),
            other => text.push(other),
        }
    }
    text
}

/// Rows in the text format.
#[derive(Debug, Default)]
pub(super) struct Rows {
    text: String,
    is_in_row: bool,
}

impl Rows {
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn end_row(&mut self) {
        self.text.push('\n');
        self.is_in_row = false;
    }

    fn begin_field(&mut self) {
        if std::mem::replace(&mut self.is_in_row, true) {
            self.text.push('\t');
        }
    }

    /// A value whose text needs no escaping: numbers, ids, `true`.
    pub(super) fn plain(&mut self, value: impl Display) -> &mut Self {
        self.begin_field();
        // Writing to a `String` cannot fail.
        let _ = write!(self.text, "{value}");
        self
    }

    pub(super) fn null(&mut self) -> &mut Self {
        self.begin_field();
        self.text.push_str("\\N");
        self
    }

    pub(super) fn text(&mut self, value: &str) -> &mut Self {
        self.begin_field();
        let kept = to_kept(value);
        let mut rest = kept.as_ref();
        while let Some(at) = rest.find(['\\', '\n', '\r', '\t']) {
            self.text.push_str(&rest[..at]);
            self.text.push_str(match rest.as_bytes()[at] {
                b'\\' => "\\\\",
                b'\n' => "\\n",
                b'\r' => "\\r",
                _ => "\\t",
            });
            rest = &rest[at + 1..];
        }
        self.text.push_str(rest);
        self
    }

    pub(super) fn time(&mut self, at: Timestamp) -> &mut Self {
        self.plain(at.to_rfc3339_opts(SecondsFormat::Micros, true))
    }

    /// JSON as text. `\u0000` is fine in `json`, and only raw NULs would not be.
    pub(super) fn json(&mut self, value: &impl serde::Serialize) -> serde_json::Result<&mut Self> {
        let text = serde_json::to_string(value)?;
        Ok(self.text(&text))
    }

    pub(super) fn text_or_null(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(value),
            None => self.null(),
        }
    }

    pub(super) fn plain_or_null(&mut self, value: Option<impl Display>) -> &mut Self {
        match value {
            Some(value) => self.plain(value),
            None => self.null(),
        }
    }

    pub(super) fn time_or_null(&mut self, value: Option<Timestamp>) -> &mut Self {
        match value {
            Some(value) => self.time(value),
            None => self.null(),
        }
    }

    pub(super) fn id_or_null(&mut self, value: Option<Uuid>) -> &mut Self {
        self.plain_or_null(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_row_is_tabs_and_escapes() {
        let mut rows = Rows::default();
        rows.text("a\tb\nc\\d\re").null().plain(7).text("");
        rows.end_row();
        rows.text("x");
        rows.end_row();
        assert_eq!(rows.text, "a\\tb\\nc\\\\d\\re\t\\N\t7\t\nx\n");
    }

    proptest! {
        #[test]
        fn every_text_comes_back_and_holds_no_nul_meanwhile(text in any::<String>(), ends in "[\0\u{1a}0]{0,6}") {
            let text = format!("{text}{ends}");
            let kept = to_kept(&text).into_owned();
            prop_assert!(!kept.contains('\0'));
            prop_assert_eq!(from_kept(kept), text);
        }
    }
}
