//! What cargo and rustc say about their own work: one sentence a crate, while the diagnostics of
//! crates that are built at the same time mix. So the sentences are added up until the command ends.

use super::super::draft::Out;
use super::super::tsc::number;
use super::super::words::find;
use crate::diagnostic::Total;

/// The sum of what was said so far.
#[derive(Debug, Default)]
pub(super) struct Sum {
    errors: Option<u64>,
    warnings: Option<u64>,
    text: String,
    /// Packages that could not be compiled. Cargo leaves out errors that another target of the same
    /// package had too, and does not say how many.
    failed: Vec<Vec<u8>>,
    uncertain: bool,
}

impl Sum {
    /// Takes a sentence of cargo's or rustc's own.
    pub(super) fn takes(&mut self, text: &[u8], out: &mut Out<'_, '_>) -> bool {
        if let Some(rest) = text.strip_prefix(b"error: could not compile `") {
            let name = rest.split(|&byte| byte == b'`').next().unwrap_or_default().to_vec();
            self.uncertain |= self.failed.contains(&name);
            if self.failed.len() < 10_000 {
                self.failed.push(name);
            }
            self.add_errors(text);
        } else if text.starts_with(b"error: aborting due to ") {
            self.add_errors(text);
            if let Some(at) = find!(text, b"; ") {
                self.add_warnings(&text[at + 2..], b" emitted");
            }
        } else if let Some(rest) = text.strip_prefix(b"warning: `")
            && let Some(at) = find!(rest, b" generated ")
        {
            self.add_warnings(&rest[at + 11..], b"");
        } else if let Some(rest) = text.strip_prefix(b"warning: ")
            && number(rest).is_some()
            && (rest.ends_with(b" warning emitted") || rest.ends_with(b" warnings emitted"))
        {
            self.add_warnings(rest, b" emitted");
        } else {
            let own: [&[u8]; 4] = [
                b"warning: build failed, waiting for other jobs to finish",
                b"For more information about ",
                b"Some errors have detailed explanations: E",
                b"Some errors occurred: E",
            ];
            return own.iter().any(|own| text.starts_with(own));
        }
        out.tool("rustc");
        if self.text.len() < 1000 {
            let blank = if self.text.is_empty() { "" } else { "; " };
            self.text.push_str(blank);
            self.text.push_str(&String::from_utf8_lossy(text));
        }
        true
    }

    /// `… due to 22 previous errors; 1 warning emitted`, `… due to previous error`.
    fn add_errors(&mut self, text: &[u8]) {
        let Some(at) = find!(text, b" due to ") else { return };
        let rest = &text[at + 8..];
        let count = match number(rest) {
            Some((count, length)) if rest[length..].starts_with(b" previous error") => u64::from(count),
            None if rest.starts_with(b"previous error") => 1,
            _ => return,
        };
        self.errors = Some(self.errors.unwrap_or(0) + count);
    }

    /// `17 warnings (3 duplicates) (run …)`, less the duplicates, which are not printed.
    fn add_warnings(&mut self, rest: &[u8], end: &[u8]) {
        let Some((count, length)) = number(rest) else { return };
        if !rest[length..].starts_with(b" warning") || !rest.ends_with(end) {
            return;
        }
        let duplicates = find!(rest, b"(")
            .and_then(|at| number(&rest[at + 1..]).map(|(count, length)| (count, &rest[at + 1 + length..])))
            .filter(|(_, rest)| rest.starts_with(b" duplicate"))
            .map_or(0, |(count, _)| count);
        self.warnings = Some(self.warnings.unwrap_or(0) + u64::from(count.saturating_sub(duplicates)));
    }

    /// The command is over.
    pub(super) fn finish(&mut self, out: &mut Out<'_, '_>) {
        let sum = std::mem::take(self);
        if sum.errors.is_some() || sum.warnings.is_some() {
            out.total(Total {
                tool: "rustc".to_owned(),
                errors: sum.errors.filter(|_| !sum.uncertain),
                warnings: sum.warnings,
                text: sum.text,
                ..Total::default()
            });
        }
    }
}
