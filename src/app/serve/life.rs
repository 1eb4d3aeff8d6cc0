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
