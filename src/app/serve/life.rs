//! In which builds an error was there: what its record says of its changes, laid beside the builds of its branch.

use crate::record::{Actor, ErrorStatus, StatusChange, TypeScriptError};
use crate::report::dashboard::Looked;
use crate::store::BuildRecord;
use crate::track::{Completeness, StepReading};

/// Of builds of the error's branch, the oldest first: those that read its step whole, from the one on that found it.
///
/// An open error is not written anew by every build that sees it; it was there in all that do not say that it is gone.
pub(super) fn looked(error: &TypeScriptError, builds: &[BuildRecord]) -> Vec<Looked> {
    let begin = builds.iter().position(|it| it.build.id == error.build_id);
    let mut changes = error.history.iter().peekable();
    let mut is_there = true;
    let mut looked = Vec::new();
    let came_later = |it: &&BuildRecord| begin.is_some() || it.recorded_at >= error.created_at;
    for record in builds[begin.unwrap_or(0)..].iter().filter(came_later) {
        let has_come = |change: &&StatusChange| match change.build_id {
            Some(build) => build == record.build.id || change.at < record.recorded_at,
            None => change.at <= record.recorded_at,
        };
        while let Some(change) = changes.next_if(has_come) {
            is_there = match (change.from, change.to, change.by) {
                (_, ErrorStatus::Resolved, _) => false,
                (ErrorStatus::Resolved, _, Actor::Run | Actor::Person) => true,
                _ => is_there,
            };
        }
        let is_whole = |it: &StepReading| it.step == error.step && it.completeness == Completeness::Whole;
        if record.is_base && record.steps.iter().any(is_whole) {
            looked.push(Looked {
                build: record.build.id,
                commit: record.build.commit.clone(),
                at: record.recorded_at,
                saw_it: is_there,
            });
        }
    }
    looked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Diagnostic, Level};
    use crate::record::sample::{at, id};
    use crate::record::{BuildConfiguration, Cause, Detected, Environment, Sighting};

    fn build(number: u32, completeness: Completeness) -> BuildRecord {
        let mut build = BuildConfiguration::pending(
            id(number.into()),
            Environment::Production,
            "npm run build".into(),
            at(number * 10),
        );
        build.commit = Some(format!("{number:040x}"));
        let mut record = BuildRecord::new(build, id(1_000 + u64::from(number)), number.into(), at(number * 10));
        record.is_base = true;
        record.steps = vec![StepReading { step: "check".into(), completeness }];
        record
    }

    fn seen_by(number: u32) -> Sighting {
        Sighting { build_id: id(number.into()), commit: None, at: at(number * 10) }
    }

    fn error(first: u32) -> TypeScriptError {
        let diagnostic = Diagnostic {
            file: Some("a.ts".into()),
            line: Some(1),
            column: Some(1),
            ..Diagnostic::new("typescript", Level::Error, Some("ts2322".into()), "x".to_owned())
        };
        let detected = Detected::new("check", &diagnostic).unwrap();
        TypeScriptError::identified(id(99), "main", detected, &seen_by(first))
    }

    fn saw(error: &TypeScriptError, builds: &[BuildRecord]) -> Vec<(u32, bool)> {
        let all = looked(error, builds).into_iter();
        all.map(|it| ((it.at - at(0)).num_seconds() as u32 / 10, it.saw_it)).collect()
    }

    #[test]
    fn it_was_there_from_the_build_that_found_it_until_one_says_otherwise() {
        let builds: Vec<_> = (1..=7).map(|number| build(number, Completeness::Whole)).collect();
        let mut one = error(2);
        assert_eq!(saw(&one, &builds), [(2, true), (3, true), (4, true), (5, true), (6, true), (7, true)]);
        one.transition(ErrorStatus::Resolved, Cause::Run(&seen_by(4))).unwrap();
        assert_eq!(saw(&one, &builds)[1..4], [(3, true), (4, false), (5, false)]);
        one.transition(ErrorStatus::Identified, Cause::Run(&seen_by(6))).unwrap();
        assert_eq!(saw(&one, &builds)[2..], [(4, false), (5, false), (6, true), (7, true)]);
        // A build that is not kept any more said it: what came after is as it left it.
        assert_eq!(saw(&one, &builds[4..]), [(5, false), (6, true), (7, true)]);
    }

    #[test]
    fn what_a_person_says_holds_until_a_build_looks() {
        let builds: Vec<_> = (1..=5).map(|number| build(number, Completeness::Whole)).collect();
        let mut one = error(1);
        one.transition(ErrorStatus::InProgress, Cause::Person { at: at(12) }).unwrap();
        one.transition(ErrorStatus::Resolved, Cause::Person { at: at(25) }).unwrap();
        assert_eq!(saw(&one, &builds), [(1, true), (2, true), (3, false), (4, false), (5, false)]);
        one.transition(ErrorStatus::Identified, Cause::Run(&seen_by(4))).unwrap();
        assert_eq!(saw(&one, &builds)[2..], [(3, false), (4, true), (5, true)]);
    }

    #[test]
    fn builds_that_did_not_read_its_step_whole_did_not_look() {
        let mut builds: Vec<_> = (1..=4).map(|number| build(number, Completeness::Whole)).collect();
        builds[1] = build(2, Completeness::Partial);
        builds[2].is_base = false;
        assert_eq!(saw(&error(1), &builds), [(1, true), (4, true)]);
        // Older ones than the error are none of its life, also where the first one is gone.
        assert_eq!(saw(&error(3), &builds[..2]), []);
    }
}
