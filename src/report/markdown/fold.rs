//! The folded part of the comment: everything that is not needed to act.

use super::page::{Align, Page};
use super::{Document, condition_mark, outcome_mark};
use crate::gate::{Outcome, StepOutcome};
use crate::report::digest::{self, SizeRow};
use crate::report::{NoticeLevel, Step, Tracked, quantity};

impl Document<'_> {
    pub(super) fn folded(self, page: &mut Page) {
        self.list(page, "New warnings", &self.digest.new_warnings);
        self.list(page, "Known errors", &self.digest.known_errors);
        self.list(page, "Known warnings", &self.digest.known_warnings);
        self.list(page, "Notes", &self.digest.notes);
        self.fixed(page);
        self.conditions(page);
        self.changes_for_visitors(page);
        self.bundle(page);
        self.steps(page);
        self.all_endpoints(page);
        self.all_databases(page);
        self.all_variables(page);
        self.undeclared(page);
        self.notices(page);
    }

    fn list(self, page: &mut Page, title: &str, list: &[&Tracked]) {
        if !list.is_empty() {
            page.fold(title, &quantity::count(list.len() as u64), |page| self.flat_list(page, list));
        }
    }

    fn fixed(self, page: &mut Page) {
        let fixed = &self.report.fixed;
        if fixed.is_empty() {
            return;
        }
        page.fold("Fixed", &quantity::count(fixed.len() as u64), |page| {
            for diagnostic in fixed.iter().take(self.budget.folded) {
                let file = diagnostic.file.as_deref().map(|file| page.path(file) + " ").unwrap_or_default();
                let code =
                    diagnostic.code.as_deref().map(|code| super::code_word(page, code) + " ").unwrap_or_default();
                page.item(&format!("{file}{code}{}", page.code(diagnostic.headline())));
            }
            page.more(fixed.len(), self.budget.folded);
        });
    }

    fn conditions(self, page: &mut Page) {
        let conditions = &self.report.verdict.conditions;
        if conditions.is_empty() {
            return;
        }
        page.fold("Conditions", &quantity::count(conditions.len() as u64), |page| {
            let columns = [
                ("", Align::Left),
                ("measure", Align::Left),
                ("actual", Align::Right),
                ("limit", Align::Right),
                ("base", Align::Right),
                ("change", Align::Right),
            ];
            let shown = conditions.iter().take(self.budget.folded);
            page.table(&columns, shown, conditions.len(), |page, condition| {
                let cells = digest::condition_cells(condition);
                let measure = page.cell_code(&condition.measure);
                let mark = condition_mark(condition.status).to_owned();
                vec![mark, measure, cells.actual, cells.limit, cells.base, cells.change]
            });
        });
    }

    fn bundle(self, page: &mut Page) {
        let Some(bundle) = self.report.build.as_ref().and_then(|build| build.bundle.as_ref()) else { return };
        let total = digest::total_size(self.report, bundle);
        let facts = [quantity::bytes(total.sizes.raw), total.change()];
        let note = facts.into_iter().filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join(", ");
        page.fold("Bundle by kind", &note, |page| {
            let mut kinds = digest::sizes_by_kind(self.report, bundle);
            kinds.push(SizeRow { name: "**total**".into(), ..total });
            page.table(&size_columns(""), kinds.iter(), kinds.len(), |_, row| size_cells(row.name.clone(), row));
        });
    }

    fn steps(self, page: &mut Page) {
        let steps = &self.report.steps;
        if steps.is_empty() {
            return;
        }
        page.fold("Steps", &quantity::count(steps.len() as u64), |page| {
            let columns = [
                ("", Align::Left),
                ("step", Align::Left),
                ("command", Align::Left),
                ("ended", Align::Left),
                ("time", Align::Right),
                ("witnesses", Align::Left),
            ];
            let shown = &steps[..steps.len().min(self.budget.folded)];
            page.table(&columns, shown.iter(), steps.len(), |page, step| {
                vec![
                    step_mark(step).to_owned(),
                    page.cell_code(&step.name),
                    page.cell_code(&step.command),
                    page.cell_prose(&digest::exit_words(step.exit.as_ref())),
                    step.seconds.map(quantity::duration).unwrap_or_default(),
                    page.cell_prose(&digest::witness_words(step)),
                ]
            });
            for step in shown {
                if let Some(log) = &step.log_tail {
                    page.paragraph(&format!("The end of {}'s output:", page.code(&step.name)));
                    page.log(log);
                }
            }
        });
    }

    fn all_variables(self, page: &mut Page) {
        let checks = digest::variables_by_need(&self.report.variables);
        if checks.is_empty() {
            return;
        }
        page.fold("Variables", &digest::variable_counts(&self.report.variables), |page| {
            let columns = [
                ("", Align::Left),
                ("variable", Align::Left),
                ("required", Align::Left),
                ("sensitive", Align::Left),
                ("from", Align::Left),
                ("declared in", Align::Left),
            ];
            let yes = |is: bool| String::from(if is { "yes" } else { "no" });
            let shown = checks.iter().take(self.budget.folded);
            page.table(&columns, shown, checks.len(), |page, check| {
                let mark = match digest::variable_problem(check) {
                    Some(_) => "❌",
                    None if check.variable.is_set => "✅",
                    None => "➖",
                };
                vec![
                    mark.to_owned(),
                    page.cell_code(&check.variable.key),
                    yes(check.is_required),
                    yes(check.variable.is_sensitive),
                    check.source.as_deref().map(|source| page.cell_code(source)).unwrap_or_default(),
                    page.cell_code(&check.declared_in),
                ]
            });
        });
    }

    fn undeclared(self, page: &mut Page) {
        let reads = &self.report.variables.undeclared;
        if reads.is_empty() {
            return;
        }
        page.fold("Read by the code and declared nowhere", &quantity::count(reads.len() as u64), |page| {
            for read in reads.iter().take(self.budget.folded) {
                let place = format!("{}:{}:{}", read.file, read.line, read.column);
                let place = self.linked_file(page, &place, &read.file, Some(read.line));
                page.item(&format!("{} in {place}", page.code(&read.key)));
            }
            page.more(reads.len(), self.budget.folded);
        });
    }

    fn notices(self, page: &mut Page) {
        let notices = &self.report.notices;
        if notices.is_empty() {
            return;
        }
        page.fold("Notices", &quantity::count(notices.len() as u64), |page| {
            for notice in notices.iter().take(self.budget.folded) {
                let mark = match notice.level {
                    NoticeLevel::Info => "ℹ️",
                    NoticeLevel::Warning => "⚠️",
                };
                page.item(&format!("{mark} {}", page.prose(&notice.message)));
                page.help(notice.help.as_deref());
            }
            page.more(notices.len(), self.budget.folded);
        });
    }
}

fn size_columns(name: &'static str) -> [(&'static str, Align); 5] {
    [
        (name, Align::Left),
        ("raw", Align::Right),
        ("gzip", Align::Right),
        ("Brotli", Align::Right),
        ("change", Align::Right),
    ]
}

fn size_cells(name: String, row: &SizeRow) -> Vec<String> {
    let size = quantity::bytes;
    vec![name, size(row.sizes.raw), size(row.sizes.gzip), quantity::known_bytes(row.sizes.brotli), row.change()]
}

fn step_mark(step: &Step) -> &'static str {
    match step.outcome {
        StepOutcome::Clean => outcome_mark(Outcome::Passed),
        // Its errors are judged by the conditions, not here.
        StepOutcome::Errors => outcome_mark(Outcome::Warned),
        StepOutcome::Failed | StepOutcome::Cancelled => outcome_mark(Outcome::Failed),
        StepOutcome::Inconclusive => outcome_mark(Outcome::Inconclusive),
        StepOutcome::Skipped => "➖",
    }
}
