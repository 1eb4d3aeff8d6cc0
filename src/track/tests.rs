use super::*;
use crate::diagnostic::Level;
use crate::record::{ErrorStatus, Record as _, Sighting, TypeScriptError};
use chrono::{TimeZone, Utc};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

fn error(file: &str, line: u32, message: &str) -> Diagnostic {
    Diagnostic {
        file: Some(file.into()),
        line: Some(line),
        column: Some(1),
        ..Diagnostic::new("typescript", Level::Error, Some("ts2322".into()), message)
    }
}

/// A comparison of diagnostics whose lines are not known.
struct Compared {
    tracked: Vec<(State, Diagnostic)>,
    fixed: Vec<Diagnostic>,
}

#[expect(clippy::needless_pass_by_value, reason = "as the function itself takes it")]
fn compare(now: Vec<Diagnostic>, base: Option<&[Diagnostic]>) -> Compared {
    let bare = |it: &Diagnostic| Found::new("check", it.clone());
    let base: Vec<Found> = base.unwrap_or_default().iter().map(bare).collect();
    let Comparison { tracked, fixed } = super::compare(now.iter().map(bare).collect(), &base);
    let state = |matched: Option<Match>| matched.map_or(State::New, |matched| matched.state);
    Compared {
        tracked: tracked.into_iter().map(|(matched, it)| (state(matched), it.diagnostic)).collect(),
        fixed: fixed.into_iter().map(|it| it.diagnostic).collect(),
    }
}

fn states(comparison: &Compared) -> Vec<State> {
    comparison.tracked.iter().map(|(state, _)| *state).collect()
}

fn lines(diagnostics: &[Diagnostic]) -> Vec<Option<u32>> {
    diagnostics.iter().map(|it| it.line).collect()
}

mod comparing {
    use super::*;
    use State::{Known, Moved, New};

    #[test]
    fn without_a_base_everything_is_new() {
        let comparison = compare(vec![error("a.ts", 1, "x")], None);
        assert_eq!(states(&comparison), [New]);
        assert_eq!(comparison.fixed, []);
    }

    #[test]
    fn the_same_again_is_known_and_what_is_gone_is_fixed() {
        let base = [error("a.ts", 1, "x"), error("a.ts", 2, "y"), error("b.ts", 1, "x")];
        let comparison = compare(vec![error("b.ts", 1, "x"), error("a.ts", 1, "x")], Some(&base));
        assert_eq!(states(&comparison), [Known, Known]);
        assert_eq!(comparison.fixed, [error("a.ts", 2, "y")]);
    }

    #[test]
    fn lines_put_in_above_move_an_error() {
        let base = [error("a.ts", 10, "x"), error("a.ts", 30, "y")];
        let comparison = compare(vec![error("a.ts", 14, "x"), error("a.ts", 34, "y")], Some(&base));
        assert_eq!(states(&comparison), [Moved, Moved]);
        assert_eq!(comparison.fixed, []);
    }

    #[test]
    fn of_several_alike_the_surplus_is_new_and_it_is_the_one_farthest_off() {
        let base = [error("a.ts", 10, "x"), error("a.ts", 20, "x")];
        let now = [12, 20, 900].map(|line| error("a.ts", line, "x")).to_vec();
        assert_eq!(states(&compare(now, Some(&base))), [Moved, Known, New]);
    }

    #[test]
    fn of_several_alike_the_missing_ones_are_fixed() {
        let base = [10, 20, 30, 40].map(|line| error("a.ts", line, "x"));
        let comparison = compare(vec![error("a.ts", 31, "x"), error("a.ts", 41, "x")], Some(&base));
        assert_eq!(states(&comparison), [Moved, Moved]);
        assert_eq!(lines(&comparison.fixed), [Some(10), Some(20)]);
    }

    #[test]
    fn two_alike_on_one_line_are_told_apart_by_their_column() {
        let at = |column| Diagnostic { column: Some(column), ..error("a.ts", 1, "x") };
        let comparison = compare(vec![at(5), at(9)], Some(&[at(9)]));
        assert_eq!(states(&comparison), [New, Known]);
        assert_eq!(states(&compare(vec![at(5)], Some(&[at(9)]))), [Known]);
    }

    #[test]
    fn a_renamed_file_takes_its_errors_along() {
        let base = [error("old.ts", 1, "x"), error("old.ts", 5, "y"), error("old.ts", 9, "y")];
        let now = vec![error("new.ts", 1, "x"), error("new.ts", 6, "y"), error("new.ts", 10, "y")];
        let comparison = compare(now, Some(&base));
        assert_eq!(states(&comparison), [Moved, Moved, Moved]);
        assert_eq!(comparison.fixed, []);
    }

    #[test]
    fn an_error_in_another_file_is_new_when_the_old_file_still_has_errors() {
        let base = [error("a.ts", 1, "x"), error("a.ts", 2, "y")];
        let comparison = compare(vec![error("a.ts", 2, "y"), error("b.ts", 1, "x")], Some(&base));
        assert_eq!(states(&comparison), [Known, New]);
        assert_eq!(comparison.fixed.len(), 1);
    }

    #[test]
    fn an_error_that_could_come_from_two_files_is_new() {
        let base = [error("a.ts", 1, "x"), error("b.ts", 1, "x")];
        assert_eq!(states(&compare(vec![error("c.ts", 1, "x")], Some(&base))), [New]);
        let now = vec![error("c.ts", 1, "x"), error("d.ts", 1, "x")];
        assert_eq!(states(&compare(now, Some(&base[..1]))), [New, New]);
    }

    #[test]
    fn another_code_tool_level_or_message_is_another_error() {
        let base = [error("a.ts", 1, "x")];
        let changed = |change: fn(&mut Diagnostic)| {
            let mut diagnostic = error("a.ts", 1, "x");
            change(&mut diagnostic);
            states(&compare(vec![diagnostic], Some(&base)))
        };
        assert_eq!(changed(|it| it.code = Some("ts1".into())), [New]);
        assert_eq!(changed(|it| it.code = None), [New]);
        assert_eq!(changed(|it| it.tool = "eslint".into()), [New]);
        assert_eq!(changed(|it| it.level = Level::Warning), [New]);
        assert_eq!(changed(|it| it.message = "y".into()), [New]);
        assert_eq!(changed(|it| it.severity = crate::diagnostic::Severity::Low), [Known]);
    }

    #[test]
    fn what_has_no_file_no_line_and_no_code_is_known_again() {
        let nowhere = Diagnostic::new("typescript", Level::Error, None, "no inputs");
        let comparison = compare(vec![nowhere.clone(), nowhere.clone()], Some(std::slice::from_ref(&nowhere)));
        assert_eq!(states(&comparison), [Known, New]);
    }

    #[test]
    fn the_step_is_carried_and_not_compared() {
        let found = |step: &str| Found::new(step, error("a.ts", 1, "x"));
        let comparison = super::super::compare(vec![found("check")], &[found("build")]);
        let exact = Match { base: 0, state: Known, by: Recognition::Exact };
        assert_eq!(comparison.tracked, [(Some(exact), found("check"))]);
    }

    #[test]
    fn many_alike_and_many_files_stay_quick() {
        let alike = |shift: u32| (1..20_000).map(|line| error("a.ts", line * 3 + shift, "x")).collect::<Vec<_>>();
        let files = |shift: u32| {
            (0..20_000).map(|it| error(&format!("src/{}.ts", it % 400), it / 400 * 7 + shift, "y")).collect::<Vec<_>>()
        };
        let begin = std::time::Instant::now();
        for (now, base) in [(alike(1), alike(0)), (files(3), files(1))] {
            let comparison = compare(now, Some(&base));
            assert!(comparison.tracked.iter().all(|(state, _)| *state != New));
            assert_eq!(comparison.fixed, []);
        }
        assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
    }

    fn any_diagnostics() -> impl Strategy<Value = Vec<Diagnostic>> {
        let one = (0..3u8, 0..12u32, 0..3u8, 0..2u8);
        prop::collection::vec(one, 0..40).prop_map(|all| {
            let make = |(file, line, column, message)| Diagnostic {
                column: Some(u32::from(column)),
                ..error(&format!("{file}.ts"), line, &format!("m{message}"))
            };
            all.into_iter().map(make).collect()
        })
    }

    proptest! {
        #[test]
        fn each_matches_at_most_one_and_nothing_is_lost(now in any_diagnostics(), base in any_diagnostics()) {
            let (ours, theirs): (Vec<Subject<'_>>, Vec<Subject<'_>>) =
                (now.iter().map(Subject::from).collect(), base.iter().map(Subject::from).collect());
            let matches = pair(&ours, &theirs, Reach::Everywhere);
            let taken: Vec<usize> = matches.iter().flatten().map(|it| it.base).collect();
            prop_assert_eq!(taken.iter().collect::<HashSet<_>>().len(), taken.len());
            for (one, matched) in now.iter().zip(&matches) {
                let Some(matched) = matched else { continue };
                let other = &base[matched.base];
                prop_assert_eq!(&one.message, &other.message);
                prop_assert_eq!(matched.state == Known, one.file == other.file && one.line == other.line);
            }
            let comparison = compare(now.clone(), Some(&base));
            let order: Vec<&Diagnostic> = comparison.tracked.iter().map(|(_, it)| it).collect();
            prop_assert_eq!(order, now.iter().collect::<Vec<_>>());
            prop_assert_eq!(comparison.fixed.len() + taken.len(), base.len());

            // n now against m before, alike in one file: n − m new, or m − n fixed.
            let alike = |all: &[&Diagnostic], like: &Diagnostic| {
                all.iter().filter(|it| it.file == like.file && it.message == like.message).count()
            };
            let new: Vec<&Diagnostic> =
                comparison.tracked.iter().filter(|(state, _)| *state == New).map(|(_, it)| it).collect();
            for one in &now {
                let (n, m) = (alike(&now.iter().collect::<Vec<_>>(), one), alike(&base.iter().collect::<Vec<_>>(), one));
                if m > 0 {
                    prop_assert_eq!(alike(&new, one), n.saturating_sub(m));
                }
            }
        }

        #[test]
        fn a_run_against_itself_is_all_known_and_shifted_it_has_nothing_new(now in any_diagnostics(), by in 1..50u32) {
            let same = compare(now.clone(), Some(&now));
            prop_assert!(same.tracked.iter().all(|(state, _)| *state == Known) && same.fixed.is_empty());
            let mut shifted = now.clone();
            for one in &mut shifted {
                one.line = one.line.map(|line| line + by);
            }
            let moved = compare(shifted, Some(&now));
            prop_assert!(moved.tracked.iter().all(|(state, _)| *state != New) && moved.fixed.is_empty());
        }
    }
}

mod living {
    use super::*;
    use Completeness::{Partial, Unread, Whole};

    fn sighting(run: u32) -> Sighting {
        let at = Utc.with_ymd_and_hms(2026, 11, 22, 10, run, 0).unwrap();
        Sighting { build_id: Uuid::from_u128(u128::from(run)), commit: Some(format!("c{run}")), at }
    }

    fn found(step: &str, diagnostic: Diagnostic) -> Found {
        Found::new(step, diagnostic)
    }

    fn run(number: u32, before: &After, steps: &[(&str, Completeness)], seen: &[Found]) -> After {
        let steps: Vec<StepReading> = steps
            .iter()
            .map(|(step, completeness)| StepReading { step: (*step).into(), completeness: *completeness })
            .collect();
        let before = Before {
            errors: before.errors.clone(),
            loose: before.loose.clone(),
            last_read: BTreeMap::from([("check".to_owned(), sighting(number - 1))]),
        };
        advance(before, &RunReading { branch: "main", sighting: sighting(number), steps: &steps, found: seen })
    }

    fn nothing() -> After {
        After { errors: Vec::new(), loose: Vec::new(), tally: Tally::default() }
    }

    fn statuses(after: &After) -> Vec<ErrorStatus> {
        after.errors.iter().map(|it| it.status).collect()
    }

    #[test]
    fn an_error_is_identified_then_resolved_then_reopened_as_itself() {
        let seen = [found("check", error("a.ts", 3, "x"))];
        let first = run(1, &nothing(), &[("check", Whole)], &seen);
        assert_eq!(first.tally, Tally { identified: 1, ..Tally::default() });
        let id = first.errors[0].id;
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(first.errors[0].created_at, sighting(1).at);

        let second = run(2, &first, &[("check", Whole)], &[]);
        assert_eq!(second.tally.resolved, 1);
        assert_eq!(second.errors[0].resolved_at, Some(sighting(2).at));
        assert_eq!(second.errors[0].last_seen, Some(sighting(1)));
        assert_eq!(second.errors[0].history[0].commit.as_deref(), Some("c2"));

        let third = run(3, &second, &[("check", Whole)], &[found("check", error("a.ts", 8, "x"))]);
        assert_eq!(third.tally, Tally { reopened: 1, ..Tally::default() });
        let record = &third.errors[0];
        assert_eq!((record.id, record.status, record.line_number.get()), (id, ErrorStatus::Identified, 8));
        assert_eq!((record.resolved_at, &record.last_seen, record.history.len()), (None, &None, 2));
        assert_eq!(record.created_at, sighting(1).at);
    }

    #[test]
    fn the_same_run_twice_gives_the_same_records() {
        let seen = [1, 2, 3].map(|line| found("check", error("a.ts", line, "x")));
        let first = run(1, &nothing(), &[("check", Whole)], &seen);
        assert_eq!(first.errors.iter().map(|it| it.id).collect::<HashSet<_>>().len(), 3);
        assert_eq!(run(1, &nothing(), &[("check", Whole)], &seen).errors, first.errors);
        let again = run(1, &first, &[("check", Whole)], &seen);
        assert_eq!((again.errors, again.tally), (first.errors, Tally::default()));
    }

    #[test]
    fn a_step_that_was_not_read_whole_moves_nothing() {
        let first = run(1, &nothing(), &[("check", Whole)], &[found("check", error("a.ts", 3, "x"))]);
        for completeness in [Partial, Unread] {
            let second = run(2, &first, &[("check", completeness)], &[found("check", error("b.ts", 1, "y"))]);
            assert_eq!((&second.errors, second.tally), (&first.errors, Tally::default()));
        }
    }

    #[test]
    fn only_the_errors_of_a_step_read_whole_are_resolved() {
        let seen = [found("check", error("a.ts", 3, "x")), found("build", error("b.ts", 1, "y"))];
        let first = run(1, &nothing(), &[("check", Whole), ("build", Whole)], &seen);
        let second = run(2, &first, &[("check", Whole), ("build", Partial)], &[]);
        assert_eq!(statuses(&second), [ErrorStatus::Resolved, ErrorStatus::Identified]);
    }

    #[test]
    fn errors_of_a_step_that_is_no_more_go_when_all_others_were_read_whole() {
        let first = run(1, &nothing(), &[("old", Whole)], &[found("old", error("a.ts", 3, "x"))]);
        let partly = run(2, &first, &[("new", Partial)], &[]);
        assert_eq!(statuses(&partly), [ErrorStatus::Identified]);
        let renamed = run(2, &first, &[("new", Whole)], &[found("new", error("a.ts", 3, "x"))]);
        assert_eq!((statuses(&renamed), renamed.errors[0].step.as_str()), (vec![ErrorStatus::Identified], "new"));
        let gone = run(2, &first, &[("new", Whole)], &[]);
        assert_eq!(statuses(&gone), [ErrorStatus::Resolved]);
    }

    #[test]
    fn a_run_with_no_steps_resolves_nothing() {
        let first = run(1, &nothing(), &[("check", Whole)], &[found("check", error("a.ts", 3, "x"))]);
        assert_eq!(run(2, &first, &[], &[]).errors, first.errors);
    }

    #[test]
    fn what_a_person_planned_stays_while_the_error_does_and_ends_with_it() {
        let seen = [found("check", error("a.ts", 3, "x"))];
        let mut first = run(1, &nothing(), &[("check", Whole)], &seen);
        first.errors[0].status = ErrorStatus::Deferred;
        assert_eq!(statuses(&run(2, &first, &[("check", Whole)], &seen)), [ErrorStatus::Deferred]);
        assert_eq!(statuses(&run(2, &first, &[("check", Whole)], &[])), [ErrorStatus::Resolved]);
    }

    #[test]
    fn each_branch_has_its_own_errors() {
        let mut first = run(1, &nothing(), &[("check", Whole)], &[found("check", error("a.ts", 3, "x"))]);
        first.errors[0].branch = "release".into();
        let second = run(2, &first, &[("check", Whole)], &[found("check", error("a.ts", 3, "x"))]);
        assert_eq!(second.errors.len(), 2);
        assert_eq!(
            statuses(&run(3, &second, &[("check", Whole)], &[])),
            [ErrorStatus::Identified, ErrorStatus::Resolved]
        );
    }

    #[test]
    fn what_cannot_be_a_record_is_kept_loose_until_its_step_is_read_without_it() {
        let nowhere =
            || found("check", Diagnostic::new("typescript", Level::Error, Some("ts18003".into()), "no inputs"));
        let outside = || found("build", error("../b.ts", 1, "y"));
        let both = [("check", Whole), ("build", Whole)];
        let first = run(1, &nothing(), &both, &[nowhere(), nowhere(), outside()]);
        assert_eq!((first.errors.len(), first.loose.len()), (0, 3));
        let second = run(2, &first, &[("check", Partial), ("build", Whole)], &[]);
        assert_eq!(second.loose, [nowhere(), nowhere()]);
        assert_eq!(run(3, &second, &both, &[nowhere()]).loose, [nowhere()]);
        assert_eq!(run(3, &second, &both, &[]).loose, []);
    }

    proptest! {
        #[test]
        fn after_any_runs_the_open_errors_are_what_the_last_one_saw(
            runs in prop::collection::vec(prop::collection::vec((0..2u8, 1..6u32, 0..2u8), 0..12), 1..8)
        ) {
            let mut state = nothing();
            for (number, seen) in runs.iter().enumerate() {
                let seen: Vec<Found> = seen
                    .iter()
                    .map(|(file, line, message)| found("check", error(&format!("{file}.ts"), *line, &format!("m{message}"))))
                    .collect();
                state = run(number as u32 + 1, &state, &[("check", Whole)], &seen);
                prop_assert!(state.errors.iter().all(|it| it.validate().is_ok()));
                let ids: HashSet<Uuid> = state.errors.iter().map(|it| it.id).collect();
                prop_assert_eq!(ids.len(), state.errors.len());
                let open = state.errors.iter().filter(|it| it.status.is_open()).map(TypeScriptError::to_diagnostic);
                let mut open: Vec<_> = open.collect();
                let mut now: Vec<_> = seen.into_iter().map(|it| it.diagnostic).collect();
                open.sort();
                now.sort();
                prop_assert_eq!(open, now);
            }
        }
    }
}
