use crate::diagnostic::{Diagnostic, Level, Severity};
use crate::gate::{Outcome, Verdict};
use crate::github::output::{fit_into, render_outputs};
use crate::github::{Fit, Matchers, OUTPUT_NAMES, StopCommands, group, step_outputs, write_outputs, write_summary};
use crate::record::{BuildConfiguration, Environment};
use crate::report::{Base, Changes, Counts, Project, Report, Run, State, ToolInfo, Tracked, Variables};
use std::path::Path;
use uuid::Uuid;

fn report(directory: &str, diagnostics: Vec<Tracked>) -> Report {
    Report {
        schema_version: Report::SCHEMA_VERSION,
        tool: ToolInfo { name: "shipgate".into(), version: "0".into() },
        run: Run {
            id: Uuid::nil(),
            started_at: chrono::DateTime::UNIX_EPOCH,
            finished_at: chrono::DateTime::UNIX_EPOCH,
            environment: Environment::Production,
            repository: None,
            commit: None,
            branch: None,
            pull_request: None,
            url: None,
            is_dry_run: false,
            part: None,
        },
        project: Project {
            name: "x".into(),
            directory: directory.into(),
            package_manager: None,
            plan: "detected".into(),
        },
        verdict: Verdict { outcome: Outcome::Failed, conditions: vec![], reasons: vec![] },
        counts: Counts { errors: 12, new_errors: 3, warnings: 4, ..Counts::default() },
        base: Base {
            kind: "none".into(),
            commit: None,
            branch: None,
            recorded_at: None,
            build_time: None,
            errors: None,
            warnings: None,
            bundle: None,
            history: Vec::new(),
        },
        steps: vec![],
        build: None,
        variables: Variables::default(),
        api: None,
        databases: None,
        diagnostics,
        fixed: vec![],
        notices: vec![],
    }
}

fn annotations(report: &Report) -> Vec<String> {
    crate::github::annotations(report, &Changes::default())
}

fn tracked(state: State, severity: Severity, level: Level, message: &str) -> Tracked {
    let mut diagnostic = Diagnostic::new("typescript", level, Some("ts2322".into()), message);
    diagnostic.severity = severity;
    diagnostic.file = Some("src/a.ts".into());
    diagnostic.line = Some(3);
    diagnostic.column = Some(7);
    Tracked { state, ..Tracked::new("check", diagnostic) }
}

fn error(state: State, message: &str) -> Tracked {
    tracked(state, Severity::High, Level::Error, message)
}

#[test]
fn an_annotation_sits_on_its_line_from_the_repositorys_root() {
    let lines = annotations(&report("packages/web", vec![error(State::New, "not assignable\n  to 100%")]));
    assert_eq!(
        lines,
        ["::error file=packages/web/src/a.ts,line=3,col=7,title=ts2322 (new)::not assignable%0A  to 100%25"]
    );
    let mut outside = error(State::Known, "x");
    outside.diagnostic.file = Some("../shared/[a,b]:c.ts".into());
    outside.diagnostic.end_line = Some(5);
    let lines = annotations(&report("packages/web", vec![outside]));
    assert_eq!(lines, ["::error file=packages/shared/[a%2Cb]%3Ac.ts,line=3,endLine=5,title=ts2322 (known)::x"]);
    let mut nowhere = error(State::New, "no inputs");
    nowhere.diagnostic.file = None;
    assert_eq!(annotations(&report("", vec![nowhere])), ["::error title=ts2322 (new)::no inputs"]);
}

#[test]
fn of_many_the_new_and_the_severe_are_shown_and_the_last_says_how_many_more() {
    let mut diagnostics: Vec<Tracked> = (0..20).map(|n| error(State::Known, &format!("old {n}"))).collect();
    diagnostics.push(tracked(State::New, Severity::Low, Level::Error, "new and low"));
    diagnostics.push(tracked(State::New, Severity::Critical, Level::Error, "new and critical"));
    diagnostics.extend((0..10).map(|n| tracked(State::New, Severity::Low, Level::Warning, &format!("warning {n}"))));
    let lines = annotations(&report("", diagnostics));
    let errors: Vec<&String> = lines.iter().filter(|line| line.starts_with("::error")).collect();
    assert_eq!(errors.len(), 10);
    assert!(errors[0].ends_with("::new and critical"), "{}", errors[0]);
    assert!(errors[1].ends_with("::new and low"), "{}", errors[1]);
    assert!(errors[2].ends_with("::old 0"), "{}", errors[2]);
    assert_eq!(errors[9], "::error title=shipgate::13 more of this kind: see the job summary");
    assert_eq!(lines.iter().filter(|line| line.starts_with("::warning")).count(), 10);
    assert!(!lines.iter().any(|line| line.starts_with("::warning title=shipgate")));
}

#[test]
fn lines_that_the_change_touches_come_before_the_others_and_one_stands_for_all_that_are_alike() {
    let at = |file: &str, line: u32, message: &str| {
        let mut tracked = error(State::New, message);
        tracked.diagnostic.file = Some(file.to_owned());
        tracked.diagnostic.line = Some(line);
        tracked
    };
    let mut diagnostics: Vec<Tracked> =
        (0..30).map(|n| at(&format!("src/{n}.ts"), 1, "Cannot find module 'x'.\n  more")).collect();
    diagnostics.push(at("src/b.ts", 9, "elsewhere"));
    diagnostics.push(at("src/b.ts", 3, "here"));
    let changes = Changes::parse(b"+++ b/web/src/b.ts\n@@ -3 +3 @@\n-a\n+b\n");
    let lines = crate::github::annotations(&report("web", diagnostics), &changes);
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert!(lines[0].ends_with("::here"), "{}", lines[0]);
    let cause = "Cannot find module 'x'.%0A  more%0A29 more like this: src/1.ts:1, src/2.ts:1, src/3.ts:1, …";
    assert!(lines[1].starts_with("::error file=web/src/0.ts,line=1,") && lines[1].ends_with(cause), "{}", lines[1]);
    assert!(lines[2].ends_with("::elsewhere"), "{}", lines[2]);
}

#[test]
fn matchers_of_setup_node_are_removed_and_those_that_are_there_are_put_back() {
    let work = tempfile::tempdir().unwrap();
    let folder = work.path().join("_actions/actions/setup-node/v4/.github");
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["tsc.json", "eslint-stylish.json", "eslint-compact.json"] {
        std::fs::write(folder.join(name), "{}").unwrap();
    }
    let matchers = Matchers::find(work.path().join("demo").to_str());
    assert_eq!(
        matchers.remove(),
        [
            "::remove-matcher owner=tsc::",
            "::remove-matcher owner=eslint-stylish::",
            "::remove-matcher owner=eslint-compact::"
        ]
    );
    assert_eq!(matchers.put_back()[0], format!("::add-matcher::{}", folder.join("tsc.json").display()));
    assert_eq!((matchers.put_back().len(), Matchers::find(None).put_back().len()), (3, 0));
}

#[test]
fn no_message_can_become_a_command_of_its_own_or_grow_beyond_what_the_runner_keeps() {
    let lines = annotations(&report("", vec![error(State::New, "a\r\n::set-output name=verdict::passed")]));
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].lines().count(), 1);
    let long = annotations(&report("", vec![error(State::New, &"é".repeat(5000))]));
    assert_eq!(long[0].rsplit("::").next().unwrap().chars().count(), 4096);
    assert_eq!(group("a\n::error::b"), "::group::a%0A::error::b");
}

#[test]
fn the_word_that_ends_stop_commands_is_another_each_time() {
    let (one, other) = (StopCommands::new(), StopCommands::new());
    assert_ne!(one, other);
    let token = one.begin().strip_prefix("::stop-commands::").unwrap().to_owned();
    assert_eq!(one.end(), format!("::{token}::"));
    assert!(token.len() > 32);
}

#[test]
fn outputs_say_what_was_measured_and_nothing_else() {
    let mut report = report("", vec![]);
    let plain = step_outputs(&report, None);
    assert_eq!(plain.iter().map(|(name, _)| *name).collect::<Vec<_>>(), OUTPUT_NAMES);
    assert_eq!(plain.map(|(_, value)| value), ["failed", "12", "3", "4", "", "", ""]);
    let mut build =
        BuildConfiguration::pending(Uuid::nil(), Environment::Production, "x".into(), chrono::DateTime::UNIX_EPOCH);
    build.build_time = Some(41.23456);
    build.bundle_size = Some(1_234_567);
    report.build = Some(build);
    let full = step_outputs(&report, Some(Path::new("out/report.json")));
    assert_eq!(full.map(|(_, value)| value), ["failed", "12", "3", "4", "41.235", "1234567", "out/report.json"]);
}

#[test]
fn outputs_are_appended_between_delimiters_that_differ_each_time() {
    assert_eq!(render_outputs(&[("a", "x\ny".to_owned())], "D"), "a<<D\nx\ny\nD\n");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("output");
    std::fs::write(&file, "before=1\n").unwrap();
    write_outputs(&file, &[("a", "1".to_owned())]).unwrap();
    write_outputs(&file, &[("a", "2".to_owned())]).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("before=1\na<<shipgate_"), "{text}");
    let delimiters: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("a<<")).collect();
    assert_ne!(delimiters[0], delimiters[1]);
    let error = write_outputs(&folder.path().join("no/file"), &[]).unwrap_err().to_string();
    assert!(error.starts_with("cannot write `"), "{error}");
}

#[test]
fn a_summary_that_has_room_is_kept_whole_and_one_that_has_none_is_cut_between_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("summary");
    assert_eq!(write_summary(&file, "# a").unwrap(), Fit::Whole);
    assert_eq!(write_summary(&file, "# b\n\n").unwrap(), Fit::Whole);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "# a\n# b\n");

    let block = "<details><summary>more</summary>\n\n```text\nline\n```\n\n</details>\n";
    let big = format!("# head\n{}", block.repeat(30_000));
    assert_eq!(write_summary(&file, &big).unwrap(), Fit::Shortened);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.len() <= 1024 * 1024 && text.len() > 1_000_000, "{}", text.len());
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    assert_eq!(text.matches("```").count() % 2, 0);
    assert!(text.ends_with("the report file has it._\n"));
    assert_eq!(write_summary(&file, &big).unwrap(), Fit::Shortened);
    assert!(std::fs::metadata(&file).unwrap().len() <= 1024 * 1024);
}

#[test]
fn a_fence_is_never_left_open_by_the_cut() {
    let markdown = "text\n````md\n```\nstill inside\n````\nafter\n";
    for room in 0..markdown.len() + 120 {
        let (text, _) = fit_into(markdown, room);
        assert!(text.len() <= room.max(1) || room == 0 && text.is_empty(), "{room}");
        assert_eq!(text.matches("````").count() % 2, 0, "{room}: {text}");
    }
}

#[test]
fn the_action_has_these_outputs_and_hands_every_input_on() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml")).unwrap();
    let action: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
    let keys = |part: &str| action[part].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys("outputs"), OUTPUT_NAMES);
    for name in keys("outputs") {
        let expected = format!("${{{{ steps.run.outputs.{name} }}}}");
        assert_eq!(action["outputs"][&name]["value"], expected.as_str());
    }
    let steps = action["runs"]["steps"].to_string();
    for name in keys("inputs") {
        assert!(steps.contains(&format!("inputs.{name} ")), "the input `{name}` is not used");
    }
    for step in action["runs"]["steps"].as_array().unwrap() {
        let script = step["run"].as_str().unwrap_or_default();
        assert!(!script.contains("${{"), "an expression in a script is an injection");
        if let Some(used) = step["uses"].as_str() {
            let (name, commit) = used.split_once('@').unwrap();
            assert!(name.starts_with("actions/"), "`{name}` is not GitHub's own");
            assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{used}");
        }
    }
}
