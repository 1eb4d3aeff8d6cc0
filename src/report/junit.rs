//! JUnit's report, as CI systems read it. There is no specification; the strictest of the schemas in
//! use is the one of Jenkins' xUnit plugin (`junit-10.xsd`), which this fits.
//!
//! An error is a failed test case of a suite named after its file, written as ESLint's formatter does
//! it; warnings and notes are cases that passed and say so. The first suite is the gate itself: a case
//! a step and a condition, so that a run that failed for its size or its time is no green report.

use super::digest;
use super::escape::{xml_attribute, xml_text};
use super::finding::{Finding, Findings};
use super::model::Step;
use crate::diagnostic::Level;
use crate::gate::{Condition, ConditionStatus, Outcome, Reason, StepOutcome};
use std::fmt::Write as _;
use std::io::{self, Write};

/// The `package` of the suite that is the gate itself.
pub const GATE: &str = "shipgate";

/// # Errors
/// What the writer fails with.
pub fn render_junit(findings: &Findings<'_>, writer: &mut dyn Write) -> io::Result<()> {
    let mut suites: Vec<Suite<'_>> = findings.report.map(gate).into_iter().collect();
    for (file, list) in findings.by_file() {
        // A suite has one tool.
        let mut tools: Vec<&str> = list.iter().map(|finding| &*finding.diagnostic.tool).collect();
        tools.sort_unstable();
        tools.dedup();
        for tool in tools {
            let mut suite = Suite::new(file, format!("org.{tool}"));
            let own = list.iter().filter(|finding| finding.diagnostic.tool == tool);
            suite.cases.extend(own.map(|finding| case(finding)));
            suites.push(suite);
        }
    }
    let [tests, failures, errors] =
        [0, 1, 2].map(|kind| suites.iter().map(|suite| suite.counts()[kind]).sum::<usize>());
    writeln!(writer, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(writer, "<testsuites name=\"shipgate\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">")?;
    suites.iter().try_for_each(|suite| suite.write(writer))?;
    writeln!(writer, "</testsuites>")
}

struct Suite<'a> {
    name: &'a str,
    package: String,
    cases: Vec<Case>,
}

struct Case {
    name: String,
    class: String,
    seconds: Option<f64>,
    result: CaseResult,
}

enum CaseResult {
    Passed,
    /// With what it has to say.
    Told(String),
    Skipped(String),
    Failed {
        kind: String,
        message: String,
        text: String,
    },
    /// Nobody knows.
    Broken {
        kind: String,
        message: String,
        text: String,
    },
}

impl<'a> Suite<'a> {
    fn new(name: &'a str, package: String) -> Self {
        Self { name, package, cases: Vec::new() }
    }

    /// Tests, failures, errors.
    fn counts(&self) -> [usize; 3] {
        let count = |test: fn(&CaseResult) -> bool| self.cases.iter().filter(|case| test(&case.result)).count();
        [
            self.cases.len(),
            count(|result| matches!(result, CaseResult::Failed { .. })),
            count(|result| matches!(result, CaseResult::Broken { .. })),
        ]
    }

    fn write(&self, writer: &mut dyn Write) -> io::Result<()> {
        let [tests, failures, errors] = self.counts();
        writeln!(
            writer,
            "<testsuite name=\"{}\" package=\"{}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">",
            xml_attribute(self.name),
            xml_attribute(&self.package)
        )?;
        self.cases.iter().try_for_each(|case| case.write(writer))?;
        writeln!(writer, "</testsuite>")
    }
}

impl Case {
    fn write(&self, writer: &mut dyn Write) -> io::Result<()> {
        let time = self.seconds.map(|seconds| format!(" time=\"{seconds:.3}\"")).unwrap_or_default();
        let (name, class) = (xml_attribute(&self.name), xml_attribute(&self.class));
        write!(writer, "<testcase name=\"{name}\" classname=\"{class}\"{time}>")?;
        match &self.result {
            CaseResult::Passed => {}
            CaseResult::Told(text) => write!(writer, "<system-out>{}</system-out>", xml_text(text))?,
            CaseResult::Skipped(why) => write!(writer, "<skipped message=\"{}\"/>", xml_attribute(why))?,
            CaseResult::Failed { kind, message, text } => write_failure("failure", [kind, message, text], writer)?,
            CaseResult::Broken { kind, message, text } => write_failure("error", [kind, message, text], writer)?,
        }
        writeln!(writer, "</testcase>")
    }
}

fn write_failure(element: &str, [kind, message, text]: [&String; 3], writer: &mut dyn Write) -> io::Result<()> {
    write!(
        writer,
        "<{element} type=\"{}\" message=\"{}\">{}</{element}>",
        xml_attribute(kind),
        xml_attribute(message),
        xml_text(text)
    )
}

/// `line 3, col 7, Error - message`; what is not known is left out.
fn case(finding: &Finding<'_>) -> Case {
    let diagnostic = finding.diagnostic;
    let code = diagnostic.code.as_deref().unwrap_or("null");
    let mut text = String::new();
    for (name, number) in [("line", diagnostic.line), ("col", diagnostic.column)] {
        if let Some(number) = number {
            let _ = write!(text, "{name} {number}, ");
        }
    }
    let level = match diagnostic.level {
        Level::Error => "Error",
        Level::Warning => "Warning",
        Level::Note => "Info",
    };
    let _ = write!(text, "{level} - {}", diagnostic.message);
    let result = match diagnostic.level {
        Level::Error => CaseResult::Failed { kind: "error".to_owned(), message: diagnostic.message.clone(), text },
        Level::Warning | Level::Note => CaseResult::Told(text),
    };
    Case {
        name: format!("org.{}.{code}", diagnostic.tool),
        class: finding.file.as_deref().unwrap_or_default().to_owned(),
        seconds: None,
        result,
    }
}

/// Steps, reasons and conditions.
fn gate(report: &super::Report) -> Suite<'_> {
    let mut suite = Suite::new("shipgate", GATE.to_owned());
    let cases = &mut suite.cases;
    cases.extend(report.steps.iter().map(step_case));
    cases.extend(report.verdict.reasons.iter().filter(|reason| reason.step.is_none()).map(reason_case));
    cases.extend(report.verdict.conditions.iter().map(condition_case));
    for (step, reason) in report.verdict.reasons.iter().filter_map(|reason| Some((reason.step.as_ref()?, reason))) {
        let name = format!("step {step}");
        let case = cases.iter_mut().find(|case| case.name == name && !matches!(case.result, CaseResult::Failed { .. }));
        match case {
            Some(case) => case.result = failed(reason),
            None => cases.push(Case { name, ..reason_case(reason) }),
        }
    }
    suite
}

fn step_case(step: &Step) -> Case {
    let told = |text: String| CaseResult::Told(text);
    let result = match step.outcome {
        StepOutcome::Clean => CaseResult::Passed,
        // They are cases of their own, and the conditions decide.
        StepOutcome::Errors => told(digest::witness_words(step)),
        StepOutcome::Skipped => CaseResult::Skipped("an earlier step failed, or the run was stopped".to_owned()),
        // Its reason says more.
        StepOutcome::Failed | StepOutcome::Inconclusive | StepOutcome::Cancelled => {
            told(digest::step_outcome_words(step.outcome).to_owned())
        }
    };
    Case { name: format!("step {}", step.name), class: GATE.to_owned(), seconds: step.seconds, result }
}

fn reason_case(reason: &Reason) -> Case {
    Case { name: reason.message.clone(), class: GATE.to_owned(), seconds: None, result: failed(reason) }
}

fn failed(reason: &Reason) -> CaseResult {
    let text = reason.help.clone().unwrap_or_default();
    let (kind, message) = (reason.outcome.as_str().to_owned(), reason.message.clone());
    match reason.outcome {
        Outcome::Failed => CaseResult::Failed { kind, message, text },
        Outcome::Inconclusive => CaseResult::Broken { kind, message, text },
        Outcome::Passed | Outcome::Warned => CaseResult::Told(message),
    }
}

fn condition_case(condition: &Condition) -> Case {
    let sentence = digest::condition_sentence(condition);
    let text = condition.help.clone().unwrap_or_default();
    let result = match condition.status {
        ConditionStatus::Passed => CaseResult::Passed,
        ConditionStatus::Warned => CaseResult::Told(sentence),
        ConditionStatus::NotApplicable => CaseResult::Skipped("there is nothing to compare with yet".to_owned()),
        ConditionStatus::Failed => CaseResult::Failed { kind: "failed".to_owned(), message: sentence, text },
        ConditionStatus::Unknown => CaseResult::Broken { kind: "unknown".to_owned(), message: sentence, text },
    };
    Case { name: format!("condition {}", condition.measure), class: GATE.to_owned(), seconds: None, result }
}
