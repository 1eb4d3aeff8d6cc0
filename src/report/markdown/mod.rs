//! The pull request's comment: GitHub-flavoured Markdown (<https://github.github.com/gfm/>).
//!
//! The verdict first, then what failed and how to mend it, the new errors with links to their lines,
//! the build's facts, and everything else folded. It is never cut: it is built again with a smaller
//! [`Budget`] until it fits, each list ending with the number that it leaves out.

mod bundle;
mod database;
mod fold;
mod health;
mod link;
mod page;
#[cfg(test)]
mod tests;
mod trend;

use super::digest::{self, Digest};
use super::limits::{Budget, Room};
use super::{NoticeLevel, RenderOptions, Report, Tracked, escape, quantity};
use crate::diagnostic::Level;
use crate::gate::{ConditionStatus, Outcome, Unit};
use crate::record::{BuildConfiguration, Bundle, Sizes};
use link::Links;
use page::{Align, Page};

/// The comment; with [`RenderOptions::identity`] it starts with the hidden line to find it by.
#[must_use]
pub fn render_markdown(report: &Report, options: &RenderOptions) -> String {
    let digest = Digest::new(report);
    let links = Links::new(report, options);
    let mut text = String::new();
    for (step, budget) in Budget::STEPS.into_iter().enumerate() {
        let shortening = if step == 0 { Shortening::None } else { Shortening::ToFit };
        let document = Document { report, options, digest: &digest, links: &links, budget };
        text = escape::without_commands(&document.render(shortening)).into_owned();
        if options.room.holds(&text) {
            break;
        }
    }
    text
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shortening {
    None,
    ToFit,
}

/// One try at the document.
#[derive(Debug, Clone, Copy)]
struct Document<'a> {
    report: &'a Report,
    options: &'a RenderOptions,
    digest: &'a Digest<'a>,
    links: &'a Links,
    budget: Budget,
}

impl Document<'_> {
    fn render(self, shortening: Shortening) -> String {
        let mut page = Page::new(self.budget, self.options.room);
        if let Some(identity) = &self.options.identity {
            page.line(&identity.marker());
        }
        if self.is_one_line() {
            page.open_fold(&self.line());
        } else {
            self.verdict(&mut page);
            self.failures(&mut page);
            self.variables(&mut page);
            self.endpoints(&mut page);
            self.databases(&mut page);
            self.new_errors(&mut page);
        }
        self.facts(&mut page);
        if self.budget.folded > 0 {
            self.folded(&mut page);
            trend::trend(&mut page, self.report);
        }
        self.footer(&mut page, shortening);
        if self.is_one_line() {
            page.close_fold();
        }
        page.finish()
    }

    /// A comment that has nothing to say but that all is well takes one line; the rest is folded into it.
    fn is_one_line(self) -> bool {
        let is_clean = self.report.diagnostics.iter().all(|tracked| tracked.diagnostic.level == Level::Note);
        self.options.room == Room::Comment
            && self.options.identity.is_some()
            && self.report.verdict.outcome == Outcome::Passed
            && is_clean
            && self.report.notices.iter().all(|notice| notice.level == NoticeLevel::Info)
    }

    /// That line, of our own words and numbers alone.
    fn line(self) -> String {
        let report = self.report;
        let mut words = vec![digest::verdict_summary(report), digest::fixed_words(report)];
        if let Some(bundle) = report.build.as_ref().and_then(|build| build.bundle.as_ref()) {
            let total = digest::total_size(report, bundle);
            let change = total.change();
            let change = if change.is_empty() { change } else { format!(" ({change})") };
            words.push(format!("{}{change}", quantity::bytes(total.sizes.raw)));
        }
        words.extend(report.build.as_ref().and_then(|build| build.build_time).map(quantity::duration));
        words.retain(|word| !word.is_empty());
        format!("<b>✅ shipgate: {}</b> · {}", digest::verdict_title(report), words.join(" · "))
    }

    fn verdict(self, page: &mut Page) {
        let mark = outcome_mark(self.report.verdict.outcome);
        page.line(&format!("## {mark} shipgate: {}", digest::verdict_title(self.report)));
        page.blank();
        let summary = digest::verdict_summary(self.report);
        let fixed = digest::fixed_words(self.report);
        let fixed = if fixed.is_empty() { fixed } else { format!(" · {fixed}") };
        page.paragraph(&format!("**{summary}**{fixed} · {}", self.base_words(page)));
    }

    fn base_words(self, page: &Page) -> String {
        let base = &self.report.base;
        match (base.is_known(), &base.branch, &base.commit) {
            (true, Some(branch), Some(commit)) => {
                let short = page.code(digest::short_commit(commit));
                format!("compared with {} at {}", page.code(branch), linked(&short, self.links.commit(commit)))
            }
            _ => page.prose(&digest::base_words(self.report)),
        }
    }

    fn failures(self, page: &mut Page) {
        let failures = digest::failures(self.report);
        if failures.is_empty() {
            return;
        }
        page.heading("What to mend");
        for failure in failures.iter().take(self.budget.open) {
            page.item(&format!("{} {}", outcome_mark(failure.outcome), page.prose(&failure.sentence)));
            page.help(failure.help);
        }
        page.more(failures.len(), self.budget.open);
        page.blank();
    }

    /// Missing and invalid variables, and secrets that would be published.
    fn variables(self, page: &mut Page) {
        let checks = digest::variables_by_need(&self.report.variables);
        let broken: Vec<_> = checks
            .into_iter()
            .filter_map(|check| digest::variable_sentence(check).map(|sentence| (check, sentence)))
            .collect();
        let leaks = self.report.variables.leaks.as_deref().unwrap_or_default();
        if broken.is_empty() && leaks.is_empty() {
            return;
        }
        page.heading("Variables");
        for (check, sentence) in broken.iter().take(self.budget.open) {
            page.item(&format!("❌ {}", page.prose(sentence)));
            page.help(check.help.as_deref());
        }
        page.more(broken.len(), self.budget.open);
        for leak in leaks.iter().take(self.budget.open) {
            let encoding =
                if leak.encoding == "plain" { String::new() } else { format!(", as {}", page.code(&leak.encoding)) };
            let (key, file) = (page.code(&leak.key), page.path(&leak.file));
            page.item(&format!("❌ the value of {key} would be published in {file}, line {}{encoding}", leak.line));
        }
        page.more(leaks.len(), self.budget.open);
        page.blank();
    }

    fn new_errors(self, page: &mut Page) {
        let errors = &self.digest.new_errors;
        if errors.is_empty() {
            return;
        }
        let noun = if self.report.base.is_known() { "new error" } else { "error" };
        page.heading(&quantity::counted(errors.len() as u64, noun));
        for group in digest::by_file(errors, self.budget.errors) {
            match group.file {
                Some(file) => page.paragraph(&format!("**{}**", self.linked_file(page, file, file, None))),
                None => page.paragraph("**about no file**"),
            }
            for tracked in group.members {
                let place = digest::place(tracked.diagnostic.line, tracked.diagnostic.column);
                let place = match (&tracked.diagnostic.file, place.is_empty()) {
                    (Some(file), false) => linked(&place, self.links.file(file, tracked.diagnostic.line)) + " ",
                    _ => place,
                };
                diagnostic(page, &place, tracked);
                page.further_lines(&tracked.diagnostic.message);
            }
            page.blank();
        }
        if errors.len() > self.budget.errors {
            let rest = &errors[self.budget.errors..];
            if self.budget.folded > 0 {
                let title = quantity::counted(rest.len() as u64, &format!("more {noun}"));
                page.fold(&title, "", |page| self.flat_list(page, rest));
            } else {
                page.paragraph(&format!("_… {} more_", quantity::count(rest.len() as u64)));
            }
        }
    }

    /// One line each, as many as the folded part may have.
    fn flat_list(self, page: &mut Page, list: &[&Tracked]) {
        for tracked in list.iter().take(self.budget.folded) {
            let said = &tracked.diagnostic;
            let place = match &said.file {
                Some(file) => {
                    let place = digest::place(said.line, said.column);
                    let colon = if place.is_empty() { "" } else { ":" };
                    self.linked_file(page, &format!("{file}{colon}{place}"), file, said.line) + " "
                }
                None => String::new(),
            };
            diagnostic(page, &place, tracked);
        }
        page.more(list.len(), self.budget.folded);
        page.blank();
    }

    fn facts(self, page: &mut Page) {
        let build = self.report.build.as_ref();
        page.heading(if build.is_some() { "Build" } else { "Check" });
        let has_base = self.report.base.is_known();
        let columns =
            [("", Align::Left), ("this change", Align::Right), ("base", Align::Right), ("change", Align::Right)];
        let shown = if has_base { 4 } else { 2 };
        let rows: Vec<Vec<String>> = self
            .fact_numbers(build)
            .into_iter()
            .filter_map(|(name, unit, actual, base)| {
                let actual = actual?;
                let now = quantity::value(unit, actual);
                let before = base.map(|base| quantity::value(unit, base)).unwrap_or_default();
                let change = base.map(|base| quantity::change(unit, base, actual)).unwrap_or_default();
                Some([name.to_owned(), format!("**{now}**"), before, change].into_iter().take(shown).collect())
            })
            .collect();
        let total = rows.len();
        page.table(&columns[..shown], rows.into_iter(), total, |_, row| row);

        let Some(build) = build else { return };
        let mut words = vec![format!("{}: {}", page.code(&build.build_command), build.build_status.as_str())];
        for (name, version) in
            [("Node", &build.node_version), ("TypeScript", &build.typescript_version), ("Astro", &build.astro_version)]
        {
            words.extend(version.as_ref().map(|version| format!("{name} {}", page.prose(&version.to_string()))));
        }
        page.paragraph(&words.join(" · "));
    }

    /// Name, unit, this run's number, the base's.
    fn fact_numbers(self, build: Option<&BuildConfiguration>) -> Vec<(&'static str, Unit, Option<f64>, Option<f64>)> {
        let (report, base) = (self.report, &self.report.base);
        let number = |number: u64| number as f64;
        let brotli = |sizes: Sizes| sizes.brotli.map(number);
        let sizes = build.and_then(|build| build.bundle.as_ref()).map(Bundle::total);
        let base_sizes = base.bundle.as_ref().map(Bundle::total);
        vec![
            ("Errors", Unit::Count, Some(number(report.counts.errors)), base.errors.map(number)),
            ("Warnings", Unit::Count, Some(number(report.counts.warnings)), base.warnings.map(number)),
            ("Checked files", Unit::Count, report.counts.checked_files.map(number), None),
            ("Build time", Unit::Seconds, build.and_then(|build| build.build_time), base.build_time),
            ("Bundle", Unit::Bytes, sizes.map(|s| number(s.raw)), base_sizes.map(|sizes| number(sizes.raw))),
            ("Bundle, gzip", Unit::Bytes, sizes.map(|s| number(s.gzip)), base_sizes.map(|s| number(s.gzip))),
            ("Bundle, Brotli", Unit::Bytes, sizes.and_then(brotli), base_sizes.and_then(brotli)),
        ]
    }

    fn footer(self, page: &mut Page, shortening: Shortening) {
        let report = self.report;
        let mut words = vec![page.prose(&format!("{} {}", report.tool.name, report.tool.version))];
        words.push(page.prose(&report.project.name));
        words.extend(report.run.part.map(|part| format!("part {part}")));
        if let Some(commit) = &report.run.commit {
            let short = page.code(digest::short_commit(commit));
            words.push(linked(&short, self.links.commit(commit)));
        }
        words.push(report.run.environment.as_str().into());
        words.push(quantity::duration((report.run.finished_at - report.run.started_at).as_seconds_f64()));
        let run = report.run.url.as_deref().and_then(|url| self.links.page(url));
        if shortening == Shortening::ToFit {
            words.push(linked(
                if run.is_some() { "shortened to fit, all of it in the run" } else { "shortened to fit" },
                run,
            ));
        } else if run.is_some() {
            words.push(linked("run", run));
        }
        page.line(&format!("<sub>{}</sub>", words.join(" · ")));
    }

    fn linked_file(self, page: &Page, text: &str, file: &str, line: Option<u32>) -> String {
        linked(&page.path(text), self.links.file(file, line))
    }
}

/// Both must be harmless already.
fn linked(text: &str, url: Option<String>) -> String {
    match url {
        Some(url) => format!("[{text}]({url})"),
        None => text.to_owned(),
    }
}

fn diagnostic(page: &mut Page, place: &str, tracked: &Tracked) {
    let code = tracked.diagnostic.code.as_deref().map(|code| code_word(page, code) + " ").unwrap_or_default();
    page.item(&format!("{place}{code}{}", page.code(tracked.diagnostic.headline())));
}

/// A tool's code: as a word where it is one, else as foreign text.
fn code_word(page: &Page, code: &str) -> String {
    let is_word = code.len() <= 20 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_word { format!("**{code}**") } else { page.code(code) }
}

fn outcome_mark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "✅",
        Outcome::Warned => "⚠️",
        Outcome::Inconclusive => "❔",
        Outcome::Failed => "❌",
    }
}

fn condition_mark(status: ConditionStatus) -> &'static str {
    match status {
        ConditionStatus::Passed => "✅",
        ConditionStatus::Warned => "⚠️",
        ConditionStatus::Failed => "❌",
        ConditionStatus::Unknown => "❔",
        ConditionStatus::NotApplicable => "➖",
    }
}
