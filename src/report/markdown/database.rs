//! Databases, in the comment.

use super::health::mark;
use super::page::{Align, Page};
use super::{Document, outcome_mark};
use crate::gate::Outcome;
use crate::report::{digest, quantity};

impl Document<'_> {
    /// Databases that are not healthy and what they show to everybody, in the open.
    pub(super) fn databases(self, page: &mut Page) {
        let Some(databases) = &self.report.databases else { return };
        let checks = digest::databases_by_need(databases).into_iter();
        let broken =
            checks.filter_map(|check| Some((mark(check.status), digest::database_sentence(check)?, &check.help)));
        let open = outcome_mark(Outcome::Inconclusive);
        let not_tried = databases.not_tried.iter().map(|it| (open, digest::not_tried_sentence(it), &it.help));
        let exposures = digest::exposures(databases);
        let all: Vec<_> = broken.chain(not_tried).collect();
        if all.is_empty() && exposures.is_empty() {
            return;
        }
        page.heading("Databases");
        for (mark, sentence, help) in all.iter().take(self.budget.open) {
            page.item(&format!("{mark} {}", page.prose(sentence)));
            page.help(help.as_deref());
        }
        page.more(all.len(), self.budget.open);
        for (sentence, help) in exposures.iter().take(self.budget.open) {
            page.item(&format!("{} {}", outcome_mark(Outcome::Failed), page.prose(sentence)));
            page.help(Some(help));
        }
        page.more(exposures.len(), self.budget.open);
        page.blank();
    }

    /// All databases that were asked.
    pub(super) fn all_databases(self, page: &mut Page) {
        let Some(databases) = &self.report.databases else { return };
        let checks = digest::databases_by_need(databases);
        if checks.is_empty() {
            return;
        }
        page.fold("Databases", &digest::database_counts(databases), |page| {
            let columns = [
                ("", Align::Left),
                ("database", Align::Left),
                ("connection", Align::Left),
                ("query", Align::Right),
                ("of it", Align::Left),
                ("server", Align::Left),
            ];
            let shown = checks.iter().take(self.budget.folded);
            page.table(&columns, shown, checks.len(), |page, check| {
                vec![
                    mark(check.status).to_owned(),
                    page.cell_code(&check.record.connection_name),
                    digest::connection_word(check).to_owned(),
                    digest::query_time(check),
                    page.cell_prose(&digest::database_phases(check)),
                    page.cell_prose(&digest::server_words(check)),
                ]
            });
            let unknowns: Vec<String> = checks.iter().flat_map(|check| digest::unknowns(check)).collect();
            if !unknowns.is_empty() {
                let count = quantity::counted(unknowns.len() as u64, "fact");
                page.paragraph(&format!("{count} could not be found out:"));
                for unknown in unknowns.iter().take(self.budget.folded) {
                    page.item(&page.prose(unknown));
                }
                page.more(unknowns.len(), self.budget.folded);
            }
        });
    }
}
