//! No report, however hostile, makes the comment anything but the comment.

use super::*;
use crate::report::limits::{COMMENT_CHARACTERS, Room, comment_length};
use crate::report::oracle::{self, Block, Inline};
use crate::report::{CommentIdentity, sample};
use proptest::prelude::*;
use regex::Regex;
use serde_json::Value;

fn options() -> RenderOptions {
    let identity = CommentIdentity { key: "default".into(), run: 17, attempt: 1, sha: "3f2c1ab9".into() };
    RenderOptions { identity: Some(identity), ..RenderOptions::default() }
}

/// Puts foreign text into every field that can hold it.
fn infected(report: &Report, mut text: impl FnMut() -> String) -> Report {
    const FIELDS: [&str; 29] = [
        "measure",
        "help",
        "message",
        "step",
        "tool",
        "name",
        "code",
        "file",
        "command",
        "format",
        "text",
        "log_tail",
        "source",
        "declared_in",
        "problem",
        "key",
        "encoding",
        "build_command",
        "branch",
        "commit",
        "repository",
        "url",
        "directory",
        "plan",
        "package_manager",
        "path",
        "version",
        "error_log",
        "signal",
    ];
    fn walk(value: &mut Value, field: &str, text: &mut dyn FnMut() -> String) {
        match value {
            Value::String(old) if FIELDS.contains(&field) => *old = text(),
            Value::Array(items) => items.iter_mut().for_each(|item| walk(item, field, text)),
            // The program itself, not the tool of a diagnostic.
            Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| walk(value, name, text)),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(report).unwrap();
    walk(&mut value, "", &mut text);
    serde_json::from_value(value).unwrap()
}

/// Everything in the document is ours, or harmless.
fn is_ours(markdown: &str) -> Result<(), String> {
    let forged = markdown.match_indices("<!").count();
    if forged != 1 || CommentIdentity::parse(markdown) != options().identity {
        return Err(format!("{forged} comments"));
    }
    let html = Regex::new(r"\A(<!-- shipgate:v1 [ -~]+ -->\n|<details>\n<summary><b>(✅ shipgate: )?[A-Za-z0-9, ]+</b>[^<>\n]*</summary>\n|</details>\n)\z").unwrap();
    let title = Regex::new(
        r"\A(. ?\u{fe0f}? ?shipgate: [a-z, ]+|What to mend|Variables|API|Databases|Build|Check|[0-9,]+ (new )?errors?)\z",
    )
    .unwrap();
    let mut folds = 0_i32;
    for block in oracle::blocks(markdown) {
        match block {
            Block::Html(block) if html.is_match(&block) => {
                folds += i32::from(block.starts_with("<details>")) - i32::from(block.starts_with("</details>"));
            }
            Block::Html(block) => return Err(format!("HTML: {block}")),
            Block::Heading(inlines) => {
                let text: String = inlines.iter().map(Inline::text).collect();
                if !title.is_match(&text) {
                    return Err(format!("heading: {text}"));
                }
            }
            Block::Inlines(inlines) => are_ours(&inlines)?,
            Block::Code(_) => {}
            Block::Forbidden(block) => return Err(block),
        }
        // Within a comment of one line all else is folded once more.
        if !(0..=2).contains(&folds) {
            return Err("folded parts are nested".into());
        }
    }
    if folds == 0 { Ok(()) } else { Err("a folded part is left open".into()) }
}

fn are_ours(inlines: &[Inline]) -> Result<(), String> {
    for inline in inlines {
        match inline {
            Inline::Code(_) => {}
            Inline::Text(text) => match oracle::reference_in(text) {
                None => {}
                Some(reference) => return Err(format!("{reference} in {text:?}")),
            },
            Inline::Html(tag) if matches!(tag.as_str(), "<br>" | "<sub>" | "</sub>" | "<span>" | "</span>") => {}
            Inline::Link { url, text } if url.starts_with("https://github.com/") => are_ours(text)?,
            Inline::Styled(inner) => are_ours(inner)?,
            other => return Err(format!("{other:?}")),
        }
    }
    Ok(())
}

#[test]
fn the_samples_are_well_formed() {
    for (name, report) in sample::all() {
        assert_eq!(is_ours(&render_markdown(&report, &options())), Ok(()), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn no_field_of_a_report_becomes_more_than_text(texts in proptest::collection::vec(oracle::hostile(), 1..40)) {
        for report in [sample::passed(), sample::failed(), sample::inconclusive(), sample::cancelled()] {
            let mut next = texts.iter().cycle();
            let report = infected(&report, || next.next().unwrap().clone());
            prop_assert_eq!(is_ours(&render_markdown(&report, &options())), Ok(()));
        }
    }
}

fn many<T: Clone>(list: &mut Vec<T>) {
    *list = list.iter().cycle().take(if list.is_empty() { 0 } else { 2000 }).cloned().collect();
}

/// A report in which every list and every text is far too long.
fn enormous(text: &str) -> Report {
    let mut report = infected(&sample::failed(), || text.to_owned());
    many(&mut report.diagnostics);
    many(&mut report.verdict.conditions);
    many(&mut report.verdict.reasons);
    many(&mut report.steps);
    many(&mut report.notices);
    many(&mut report.fixed);
    many(&mut report.variables.checks);
    many(&mut report.variables.undeclared);
    if let Some(api) = &mut report.api {
        many(&mut api.checks);
        many(&mut api.not_called);
    }
    if let Some(databases) = &mut report.databases {
        many(&mut databases.checks);
        many(&mut databases.not_tried);
    }
    report.variables.leaks.as_mut().into_iter().for_each(many);
    if let Some(bundle) = report.build.as_mut().and_then(|build| build.bundle.as_mut()) {
        many(&mut bundle.assets);
    }
    report
}

#[test]
fn everything_too_long_still_fits_and_is_whole() {
    let texts = ["x".repeat(3000), "`|<!--@a ".repeat(400), "💥".repeat(2000), "a\n".repeat(2000), "$".repeat(3000)];
    for text in texts {
        let markdown = render_markdown(&enormous(&text), &options());
        let length = comment_length(&markdown);
        assert!(length <= COMMENT_CHARACTERS, "{length} with {:?}", &text[..4]);
        assert_eq!(is_ours(&markdown), Ok(()), "{:?}", &text[..4]);
        assert!(markdown.contains("shortened to fit"));
        assert!(markdown.contains(" more_"));
    }
}

#[test]
fn a_comment_of_100_000_diagnostics_uses_its_room_and_says_what_it_leaves_out() {
    let markdown = render_markdown(&sample::with_diagnostics(100_000), &options());
    let length = comment_length(&markdown);
    assert!((COMMENT_CHARACTERS / 3..=COMMENT_CHARACTERS).contains(&length), "{length}");
    assert_eq!(is_ours(&markdown), Ok(()));
    assert!(markdown.contains("### 33,333 new errors"));
    assert!(markdown.contains("<summary><b>33,308 more new errors</b></summary>"));
    assert!(markdown.contains("shortened to fit"));
}

#[test]
fn a_job_summary_has_more_room_than_a_comment() {
    let report = sample::with_diagnostics(100_000);
    let comment = render_markdown(&report, &options());
    let summary = render_markdown(&report, &RenderOptions { room: Room::JobSummary, ..options() });
    assert!(summary.len() > 4 * comment.len());
    assert!(Room::JobSummary.holds(&summary));
}

#[test]
fn without_a_repository_or_a_commit_there_are_no_links_and_no_marker_without_an_identity() {
    let mut report = sample::failed();
    report.run.repository = None;
    report.run.url = None;
    let markdown = render_markdown(&report, &RenderOptions::default());
    assert!(!markdown.contains("]("), "{markdown}");
    assert!(markdown.starts_with("## ❌ shipgate: do not ship\n"));
}

#[test]
fn when_all_is_well_the_comment_is_one_line_and_the_rest_is_folded_into_it() {
    let markdown = render_markdown(&sample::passed(), &options());
    let mut lines = markdown.lines();
    assert_eq!(lines.nth(1), Some("<details>"));
    assert_eq!(
        lines.next(),
        Some(
            "<summary><b>✅ shipgate: ship it</b> · 6 conditions passed · 1 error fixed · 312 kB (+586 B (+0.2%)) · 7.6s</summary>"
        )
    );
    assert!(markdown.trim_end().ends_with("</details>") && !markdown.contains("\n## "), "{markdown}");
    assert_eq!(is_ours(&markdown), Ok(()));
    // Whatever needs a look is in the open.
    for report in [sample::warned(), sample::failed(), sample::inconclusive(), sample::cancelled()] {
        assert!(render_markdown(&report, &options()).lines().nth(1).is_some_and(|line| line.starts_with("## ")));
    }
    let summary = RenderOptions { room: Room::JobSummary, identity: None, ..options() };
    assert!(render_markdown(&sample::passed(), &summary).starts_with("## ✅"));
}

#[test]
fn what_was_recorded_before_becomes_charts_of_numbers_alone() {
    let mut report = sample::failed();
    let past = |index: u32| crate::report::Past {
        recorded_at: report.run.started_at,
        errors: u64::from(index),
        warnings: 3,
        build_time: (index > 1).then_some(f64::from(index) / 3.0),
        bundle_size: Some(300_000 + u64::from(index)),
    };
    let history: Vec<_> = (0..5).map(past).collect();
    report.base.history = history;
    let markdown = render_markdown(&report, &options());
    assert_eq!(is_ours(&markdown), Ok(()));
    assert!(markdown.contains("<summary><b>Trend</b> · 5 recorded runs, then this one</summary>"), "{markdown}");
    let charts: Vec<&str> =
        markdown.split("```mermaid\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect();
    assert_eq!(charts.len(), 4);
    assert_eq!(
        charts[0],
        "xychart-beta\n  title \"errors\"\n  x-axis 1 --> 6\n  y-axis 0 --> 7.7\n  line [0, 1, 2, 3, 4, 7]"
    );
    report.base.history.truncate(1);
    report.counts.warnings = 3;
    assert!(!render_markdown(&report, &options()).contains("mermaid"));
}

#[test]
fn the_same_report_is_always_the_same_text() {
    let report = sample::failed();
    assert_eq!(render_markdown(&report, &options()), render_markdown(&report, &options()));
}
