//! The health of what runs, in the comment.

use super::page::{Align, Page};
use super::{Document, outcome_mark};
use crate::gate::Outcome;
use crate::record::HealthStatus;
use crate::report::{digest, quantity};

impl Document<'_> {
    /// Endpoints that are not healthy, in the open.
    pub(super) fn endpoints(self, page: &mut Page) {
        let Some(api) = &self.report.api else { return };
        let checks = digest::endpoints_by_need(api);
        let broken: Vec<_> = checks
            .into_iter()
            .filter_map(|check| digest::endpoint_sentence(check).map(|sentence| (check, sentence)))
            .collect();
        if broken.is_empty() {
            return;
        }
        page.heading("API");
        for (check, sentence) in broken.iter().take(self.budget.open) {
            page.item(&format!("{} {}", mark(check.record.status), page.prose(sentence)));
            page.help(check.help.as_deref());
        }
        page.more(broken.len(), self.budget.open);
        page.blank();
    }

    /// All endpoints, and what could not be called.
    pub(super) fn all_endpoints(self, page: &mut Page) {
        let Some(api) = &self.report.api else { return };
        page.fold("API", &digest::api_counts(api), |page| {
            let checks = digest::endpoints_by_need(api);
            let columns = [
                ("", Align::Left),
                ("endpoint", Align::Left),
                ("status", Align::Right),
                ("time", Align::Right),
                ("of it", Align::Left),
            ];
            let shown = checks.iter().take(self.budget.folded);
            page.table(&columns, shown, checks.len(), |page, check| {
                vec![
                    mark(check.record.status).to_owned(),
                    page.cell_code(&digest::endpoint_name(check)),
                    check.record.actual_status.map(|status| status.to_string()).unwrap_or_default(),
                    digest::response_time(check),
                    page.cell_prose(&digest::phase_words(check)),
                ]
            });
            if !api.not_called.is_empty() {
                let count = quantity::counted(api.not_called.len() as u64, "operation");
                page.paragraph(&format!("{count} of the document could not be called:"));
                for operation in api.not_called.iter().take(self.budget.folded) {
                    page.item(&format!("{}: {}", page.code(&operation.operation), page.prose(&operation.why)));
                    page.help(operation.help.as_deref());
                }
                page.more(api.not_called.len(), self.budget.folded);
            }
        });
    }
}

pub(super) fn mark(status: HealthStatus) -> &'static str {
    outcome_mark(match status {
        HealthStatus::Healthy => Outcome::Passed,
        HealthStatus::Degraded => Outcome::Warned,
        HealthStatus::Failed => Outcome::Failed,
        HealthStatus::Unknown => Outcome::Inconclusive,
    })
}
