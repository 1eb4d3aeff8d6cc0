//! What a run on the default branch does to the life of errors.
//!
//! First seen → identified. Gone → resolved, with time and commit. Seen again → identified, with its
//! history. Only steps that were read whole move anything: what a crashed or cancelled step says may
//! be half of the truth, and what it does not say may still be there.
//!
//! Ids come from the run, not from chance: the same run advanced twice gives the same records.

use super::{Completeness, Found, Reach, StepReading, Subject, pair, subjects, was_looked_for};
use crate::record::{Cause, Detected, ErrorStatus, Sighting, TypeScriptError};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::{Builder, Uuid};

/// A run as far as errors' lives go.
#[derive(Debug, Clone)]
pub struct RunReading<'a> {
    pub branch: &'a str,
    /// The run's build, commit and time.
    pub sighting: Sighting,
    /// All steps of the plan, also those not run.
    pub steps: &'a [StepReading],
    pub found: &'a [Found],
}

/// What was recorded before the run.
#[derive(Debug, Clone, Default)]
pub struct Before {
    /// Of all branches; those of others stay as they are.
    pub errors: Vec<TypeScriptError>,
    /// Of the run's branch.
    pub loose: Vec<Found>,
    /// The build that read each step whole last, on the run's branch.
    pub last_read: BTreeMap<String, Sighting>,
}

/// What is recorded after it.
#[derive(Debug, Clone)]
pub struct After {
    pub errors: Vec<TypeScriptError>,
    /// What the data model does not let be a [`TypeScriptError`]: no place, no code, not of the project.
    pub loose: Vec<Found>,
    pub tally: Tally,
}

/// How many errors changed, of all levels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub identified: u64,
    pub reopened: u64,
    pub resolved: u64,
}

/// Moves the lives of the branch's errors by one run.
#[must_use]
pub fn advance(before: Before, run: &RunReading<'_>) -> After {
    let Before { mut errors, loose, last_read } = before;
    let is_whole = |step: &str| {
        let mut own = run.steps.iter().filter(|reading| reading.step == step).peekable();
        own.peek().is_some() && own.all(|reading| reading.completeness == Completeness::Whole)
    };
    let (mut placed, mut now_loose) = (Vec::new(), Vec::new());
    for found in run.found.iter().filter(|found| is_whole(&found.step)) {
        match Detected::new(&found.step, &found.diagnostic) {
            Ok(detected) => placed.push((detected.on_line(found.line_hash), found.former_file.as_deref())),
            Err(_) => now_loose.push(found.clone()),
        }
    }
    let mut life = Life { run, is_seen: vec![false; errors.len()], tally: Tally::default() };
    let unmet = life.meet(&mut errors, placed, ErrorStatus::is_open, Reach::Everywhere);
    let unmet = life.meet(&mut errors, unmet, |status| !status.is_open(), Reach::SameFile);
    life.resolve_gone(&mut errors, &last_read);
    life.identify(&mut errors, unmet);
    After { errors, loose: merge_loose(loose, now_loose, run.steps), tally: life.tally }
}

/// What is loose now, and what was and could not be looked for.
fn merge_loose(before: Vec<Found>, now: Vec<Found>, steps: &[StepReading]) -> Vec<Found> {
    let mut kept = before;
    kept.retain(|found| !was_looked_for(&found.step, steps));
    let again = pair(&subjects(&now), &subjects(&kept), Reach::SameFile);
    let said_again: HashSet<usize> = again.into_iter().flatten().map(|it| it.base).collect();
    let kept = kept.into_iter().enumerate().filter(|(index, _)| !said_again.contains(index));
    kept.map(|(_, found)| found).chain(now).collect()
}

/// What keeps the rules of a record, and the former name of its file.
type Placed<'a> = (Detected<'a>, Option<&'a str>);

#[derive(Debug)]
struct Life<'a> {
    run: &'a RunReading<'a>,
    /// By index of the error.
    is_seen: Vec<bool>,
    tally: Tally,
}

impl Life<'_> {
    /// Lets the branch's errors of the wanted status meet what was found; gives back what met none.
    fn meet<'f>(
        &mut self,
        errors: &mut [TypeScriptError],
        found: Vec<Placed<'f>>,
        is_wanted: impl Fn(ErrorStatus) -> bool,
        reach: Reach,
    ) -> Vec<Placed<'f>> {
        let is_candidate = |error: &TypeScriptError| error.branch == self.run.branch && is_wanted(error.status);
        let candidates: Vec<usize> = (0..errors.len()).filter(|&index| is_candidate(&errors[index])).collect();
        let matches = {
            let now: Vec<Subject<'_>> = found.iter().map(|(it, former)| Subject::of_detected(it, *former)).collect();
            let then: Vec<Subject<'_>> = candidates.iter().map(|&index| Subject::from(&errors[index])).collect();
            pair(&now, &then, reach)
        };
        let mut unmet = Vec::new();
        for ((detected, former), matched) in found.into_iter().zip(matches) {
            let Some(matched) = matched else {
                unmet.push((detected, former));
                continue;
            };
            let index = candidates[matched.base];
            let error = &mut errors[index];
            self.is_seen[index] = true;
            error.locate(detected);
            let cause = Cause::Run(&self.run.sighting);
            if !error.status.is_open() && error.transition(ErrorStatus::Identified, cause).is_ok() {
                error.last_seen = None;
                self.tally.reopened += 1;
            }
        }
        unmet
    }

    fn resolve_gone(&mut self, errors: &mut [TypeScriptError], last_read: &BTreeMap<String, Sighting>) {
        for (index, error) in errors.iter_mut().enumerate() {
            let is_gone = !self.is_seen[index]
                && error.status.is_open()
                && error.branch == self.run.branch
                && was_looked_for(&error.step, self.run.steps);
            if is_gone && error.transition(ErrorStatus::Resolved, Cause::Run(&self.run.sighting)).is_ok() {
                error.last_seen = last_read.get(&error.step).cloned();
                self.tally.resolved += 1;
            }
        }
    }

    fn identify(&mut self, errors: &mut Vec<TypeScriptError>, unmet: Vec<Placed<'_>>) {
        let (sighting, branch) = (&self.run.sighting, self.run.branch);
        let mut alike = HashMap::<String, u64>::new();
        for (detected, _) in unmet {
            let mut error = TypeScriptError::identified(Uuid::nil(), branch, detected, sighting);
            let fingerprint = error.fingerprint();
            error.id = derive_id(sighting, branch, &fingerprint, alike.get(&fingerprint).copied().unwrap_or(0));
            *alike.entry(fingerprint).or_default() += 1;
            errors.push(error);
            self.tally.identified += 1;
        }
    }
}

/// A UUIDv7 of the run's time; its random bits are a hash of the run's build and of the error.
fn derive_id(sighting: &Sighting, branch: &str, fingerprint: &str, ordinal: u64) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(sighting.build_id.as_bytes());
    hash.update(ordinal.to_le_bytes());
    hash.update(fingerprint);
    hash.update(branch);
    let digest = hash.finalize();
    let mut random = [0; 10];
    random.copy_from_slice(&digest[..10]);
    let millis = u64::try_from(sighting.at.timestamp_millis()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}
