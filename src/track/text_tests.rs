//! Matching by the text of lines: edits that make no error make nothing new.

use super::*;
use crate::diagnostic::Level;
use crate::record::SourceLines;
use proptest::prelude::*;

/// A line and the messages of the errors on it.
type Line = (String, Vec<String>);

fn found(file: &str, lines: &[Line]) -> Vec<Found> {
    let source = lines.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join("\n");
    let source = SourceLines::new(source.as_bytes());
    let mut all = Vec::new();
    for (index, (_, messages)) in lines.iter().enumerate() {
        let number = u32::try_from(index + 1).unwrap();
        for (column, message) in messages.iter().enumerate() {
            let diagnostic = Diagnostic {
                file: Some(file.into()),
                line: Some(number),
                column: Some(u32::try_from(column + 1).unwrap()),
                ..Diagnostic::new("typescript", Level::Error, Some("ts2322".into()), message.clone())
            };
            all.push(Found { line_hash: source.print(number), ..Found::new("check", diagnostic) });
        }
    }
    all
}

/// What was recognised by what, and how many are new and fixed.
fn compared(now: Vec<Found>, base: &[Found]) -> (Vec<Option<Recognition>>, usize, usize) {
    let comparison = compare(now, base);
    let by: Vec<_> = comparison.tracked.iter().map(|(matched, _)| matched.map(|it| it.by)).collect();
    let new = by.iter().filter(|by| by.is_none()).count();
    (by, new, comparison.fixed.len())
}

fn lines(texts: &[(&str, &[&str])]) -> Vec<Line> {
    texts.iter().map(|(text, said)| ((*text).to_owned(), said.iter().map(|it| (*it).to_owned()).collect())).collect()
}

#[test]
fn each_way_to_be_recognised_has_its_name() {
    use Recognition::{ChangedMessage, EditedLine, Exact, MovedBlock, MovedLine, RenamedFile};
    let base = lines(&[("a", &[]), ("b", &["x"]), ("c", &[]), ("d", &["y"]), ("e", &[]), ("f", &[])]);
    let then = found("a.ts", &base);
    let by = |file: &str, now: &[Line]| compared(found(file, now), &then).0;
    assert_eq!(by("a.ts", &base), [Some(Exact), Some(Exact)]);
    let mut below = base.clone();
    below.insert(0, ("new".into(), Vec::new()));
    assert_eq!(by("a.ts", &below), [Some(MovedLine), Some(MovedLine)]);
    let mut reworded = base.clone();
    reworded[1].1[0] = "x, as the compiler says today".into();
    assert_eq!(by("a.ts", &reworded), [Some(ChangedMessage), Some(Exact)]);
    let mut edited = base.clone();
    edited[1].0 = "b(1)".into();
    assert_eq!(by("a.ts", &edited), [Some(EditedLine), Some(Exact)]);
    assert_eq!(by("b.ts", &base), [Some(RenamedFile), Some(RenamedFile)]);

    // Both files are still there, so that none was renamed: the block was moved.
    let (mut old, mut new) = (base.clone(), lines(&[("1", &["z"]), ("2", &[]), ("3", &[]), ("4", &[])]));
    let then: Vec<_> = [found("old.ts", &old), found("new.ts", &new)].concat();
    new.extend(old.drain(..3));
    let now: Vec<_> = [found("old.ts", &old), found("new.ts", &new)].concat();
    let (by, new, fixed) = compared(now, &then);
    assert_eq!(
        (by.iter().filter(|by| **by == Some(MovedBlock)).count(), new, fixed),
        (0, 1, 1),
        "three lines are no block"
    );
    let mut long = lines(&[("p", &[]), ("q", &[]), ("r", &[]), ("s", &["w"]), ("t", &[]), ("u", &[]), ("v", &[])]);
    let then: Vec<_> = [found("old.ts", &[base.clone(), long.clone()].concat()), found("new.ts", &base)].concat();
    let now: Vec<_> =
        [found("old.ts", &base), found("new.ts", &[base.clone(), std::mem::take(&mut long)].concat())].concat();
    let (by, new, fixed) = compared(now, &then);
    assert_eq!((by.iter().filter(|by| **by == Some(MovedBlock)).count(), new, fixed), (1, 0, 0));
}

#[test]
fn a_file_that_git_says_was_renamed_is_followed_whatever_else_is_in_it() {
    let base = lines(&[("a", &["x"]), ("b", &[]), ("c", &["x"])]);
    let mut now = found("new.ts", &lines(&[("completely", &[]), ("other", &[]), ("a", &["x"])]));
    let then = [found("old.ts", &base), found("new.ts", &lines(&[("else", &["y"])]))].concat();
    assert_eq!(compared(now.clone(), &then).1, 1);
    for it in &mut now {
        it.former_file = Some("old.ts".into());
    }
    assert_eq!(compared(now, &then).0, [Some(Recognition::RenamedFile)]);
}

#[test]
fn the_same_error_in_a_copy_is_new_and_the_original_is_known() {
    let base = lines(&[("a", &["x"]), ("b", &[]), ("c", &["x"])]);
    let now = [found("a.ts", &base), found("copy.ts", &base)].concat();
    let (by, new, fixed) = compared(now, &found("a.ts", &base));
    assert_eq!((&by[..2], new, fixed), (&[Some(Recognition::Exact); 2][..], 2, 0));
}

#[test]
fn an_error_in_the_place_of_another_is_new_when_its_line_and_surroundings_are() {
    let base = lines(&[("a", &[]), ("b", &["x"]), ("c", &[]), ("d", &[])]);
    let mut now: Vec<Line> = (0..12).map(|at| (format!("new {at}"), Vec::new())).collect();
    now[10].1.push("x".into());
    assert_eq!(compared(found("a.ts", &now), &found("a.ts", &base)), (vec![None], 1, 1));
}

/// Lines of which many are alike, with errors of which many are alike.
fn any_file() -> impl Strategy<Value = Vec<Line>> {
    let said = prop::collection::vec(0..3u8, 0..3).prop_map(|all| all.iter().map(|it| format!("m{it}")).collect());
    prop::collection::vec(((0..12u8).prop_map(|text| format!("line {text};")), said), 1..40)
}

#[derive(Debug, Clone)]
enum Edit {
    /// Lines without errors.
    Insert(usize, Vec<u8>),
    Delete(usize, usize),
    Move(usize, usize, usize),
    Indent(usize),
}

fn any_edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (0..50usize, prop::collection::vec(0..14u8, 1..6)).prop_map(|(at, new)| Edit::Insert(at, new)),
        (0..50usize, 1..5usize).prop_map(|(at, count)| Edit::Delete(at, count)),
        (0..50usize, 1..8usize, 0..50usize).prop_map(|(at, count, to)| Edit::Move(at, count, to)),
        (0..50usize).prop_map(Edit::Indent),
    ]
}

fn apply(file: &mut Vec<Line>, edit: &Edit) {
    let length = file.len();
    let range = |at: usize, count: usize| at.min(length)..(at + count).min(length).max(at.min(length));
    match edit {
        Edit::Insert(at, new) => {
            let new = new.iter().map(|text| (format!("line {text};"), Vec::new()));
            let at = (*at).min(length);
            file.splice(at..at, new.collect::<Vec<_>>());
        }
        Edit::Delete(at, count) => drop(file.drain(range(*at, *count))),
        Edit::Move(at, count, to) => {
            let block: Vec<_> = file.drain(range(*at, *count)).collect();
            let to = (*to).min(file.len());
            file.splice(to..to, block);
        }
        Edit::Indent(at) => {
            if let Some((text, _)) = file.get_mut(*at) {
                *text = format!("    {}", text.replace('"', "'"));
            }
        }
    }
}

proptest! {
    #[test]
    fn no_edit_makes_anything_new_and_only_what_was_deleted_is_fixed(
        before in any_file(), edits in prop::collection::vec(any_edit(), 0..6), renamed in 0..3u8
    ) {
        let then = found("a.ts", &before);
        let mut after = before.clone();
        for edit in &edits {
            apply(&mut after, edit);
        }
        let mut now = found(if renamed == 0 { "a.ts" } else { "b.ts" }, &after);
        if renamed == 1 {
            for it in &mut now {
                it.former_file = Some("a.ts".into());
            }
        }
        let left = now.len();
        let (_, new, fixed) = compared(now, &then);
        prop_assert_eq!((new, fixed), (0, then.len() - left));
    }

    #[test]
    fn an_error_that_nobody_has_seen_is_new_whatever_moved(
        before in any_file(), edits in prop::collection::vec(any_edit(), 0..6), at in 0..60usize
    ) {
        let then = found("a.ts", &before);
        let mut after = before.clone();
        for edit in &edits {
            apply(&mut after, edit);
        }
        let at = at.min(after.len());
        after.insert(at, ("a line of its own".into(), vec!["something else".into()]));
        let now = found("a.ts", &after);
        let is_it: Vec<bool> = now.iter().map(|it| it.diagnostic.message == "something else").collect();
        let (by, ..) = compared(now, &then);
        let is_new: Vec<bool> = by.iter().map(Option::is_none).collect();
        prop_assert_eq!(is_new, is_it);
    }

    #[test]
    fn each_matches_at_most_one_by_rules_that_hold(before in any_file(), after in any_file()) {
        let (then, now) = (found("a.ts", &before), found("a.ts", &after));
        let comparison = compare(now, &then);
        let mut taken = std::collections::HashSet::new();
        for (matched, found) in &comparison.tracked {
            let Some(matched) = matched else { continue };
            let other = &then[matched.base];
            prop_assert!(taken.insert(matched.base));
            prop_assert_eq!(&found.diagnostic.code, &other.diagnostic.code);
            let is_here = found.diagnostic.line == other.diagnostic.line;
            prop_assert_eq!(matched.state == State::Known, is_here);
            let texts = (found.line_hash.unwrap().text, other.line_hash.unwrap().text);
            let same_message = found.diagnostic.message == other.diagnostic.message;
            match matched.by {
                Recognition::ChangedMessage => prop_assert!(!same_message && texts.0 == texts.1),
                Recognition::EditedLine => prop_assert!(same_message && texts.0 != texts.1),
                _ => prop_assert!(same_message && texts.0 == texts.1),
            }
        }
    }
}
