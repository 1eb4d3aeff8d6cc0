//! Builds over time: times and those of their phases, sizes in all, by kind and by route, errors and warnings, and where
//! they jumped.
//!
//! A jump is named by the first build that has the new level. One build that stands out alone is none:
//! the next one has to be up there, too, where there is a next one. What is normal is the median of the
//! builds before, since the last jump.

mod health;
mod plot;
mod routes;
mod terminal;

use crate::gate::{Scatter, Unit};
use crate::record::{AssetKind, BuildConfiguration, BuildStatus, Compression, StepUse};
use crate::time::Timestamp;
use serde::Serialize;
use uuid::Uuid;

pub use health::{HealthFigures, HealthPoint, HealthTrend};
pub(in crate::report) use health::{availability, time};
pub(in crate::report) use plot::draw_series;
pub use routes::RouteChoice;
pub use terminal::render_trends;

/// One build.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    pub build: Uuid,
    pub commit: Option<String>,
    pub at: Timestamp,
    pub status: BuildStatus,
}

/// One measure over all builds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// As in thresholds: `build-time`, `bundle-size`, `bundle-size (brotli)`, `bundle-size-by-kind.style`, `route-size./`,
    /// `errors`; and `phase generate pages`, `step build (cpu)`, `step build (memory)`.
    pub measure: String,
    pub unit: Unit,
    /// By build; `None` where it was not measured.
    pub values: Vec<Option<f64>>,
    pub jumps: Vec<Jump>,
}

impl Series {
    fn new(measure: &str, unit: Unit, values: Vec<Option<f64>>) -> Self {
        Self { measure: measure.to_owned(), unit, jumps: find_jumps(unit, &values), values }
    }
}

/// A measure that went up and stayed there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Jump {
    /// Index of the first build with the new level.
    pub build: usize,
    /// What was normal before.
    pub from: f64,
    pub to: f64,
}

/// Builds of one branch, the oldest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trends {
    pub branch: String,
    pub builds: Vec<Point>,
    pub series: Vec<Series>,
    /// Routes that there are besides those among the series.
    pub more_routes: usize,
    /// Endpoints and databases, of whatever branch.
    pub health: Vec<HealthTrend>,
}

impl Trends {
    /// From the builds of a branch in their order, each with whether its diagnostics were read whole.
    #[must_use]
    pub fn new<'a>(
        branch: &str,
        builds: impl IntoIterator<Item = (&'a BuildConfiguration, Reading)>,
        routes: RouteChoice<'_>,
    ) -> Self {
        let builds: Vec<_> = builds.into_iter().collect();
        let series = |measure: &str, unit, value: &dyn Fn(&BuildConfiguration, Reading) -> Option<f64>| {
            Series::new(measure, unit, builds.iter().map(|(build, reading)| value(build, *reading)).collect())
        };
        let is_built = |build: &BuildConfiguration| build.build_status == BuildStatus::Success;
        let mut all = vec![
            series("build-time", Unit::Seconds, &|build, _| build.build_time.filter(|_| is_built(build))),
            series("bundle-size", Unit::Bytes, &|build, _| {
                build.bundle_size.filter(|_| is_built(build)).map(|bytes| bytes as f64)
            }),
            series("errors", Unit::Count, &|build, reading| {
                (reading == Reading::Whole).then_some(build.error_count as f64)
            }),
            series("warnings", Unit::Count, &|build, reading| {
                (reading == Reading::Whole).then_some(build.warning_count as f64)
            }),
        ];
        let built = |build: &'a BuildConfiguration| build.metrics.as_ref().filter(|_| is_built(build));
        for compression in Compression::ALL.into_iter().skip(1) {
            let name = format!("bundle-size ({})", compression.as_str());
            all.push(series(&name, Unit::Bytes, &|build, _| {
                let sizes = &build.metrics.as_ref().filter(|_| is_built(build))?.sizes;
                let counted = sizes.iter().filter(|(kind, _)| **kind != AssetKind::SourceMap);
                let sum = counted.map(|(_, sizes)| sizes.of(compression)).sum::<Option<u64>>();
                sum.filter(|_| !sizes.is_empty()).map(|bytes| bytes as f64)
            }));
        }
        for kind in AssetKind::ALL {
            if builds.iter().any(|(build, _)| built(build).is_some_and(|it| it.sizes.contains_key(&kind))) {
                let name = format!("bundle-size-by-kind.{}", kind.as_str().replace('_', "-"));
                all.push(series(&name, Unit::Bytes, &|build, _| {
                    let sizes = &build.metrics.as_ref().filter(|_| is_built(build))?.sizes;
                    (!sizes.is_empty()).then(|| sizes.get(&kind).map_or(0, |sizes| sizes.raw) as f64)
                }));
            }
        }
        let followed: Vec<_> = builds.iter().map(|(build, _)| built(build).map(|it| it.routes.as_slice())).collect();
        let (of_routes, more_routes) = routes::series(&followed, routes);
        all.extend(of_routes);
        let metrics = || builds.iter().filter_map(|(build, _)| built(build));
        for phase in ordered(metrics().flat_map(|it| it.phases.iter().map(|phase| phase.name.as_str()))) {
            all.push(series(&format!("phase {phase}"), Unit::Seconds, &|build, _| {
                let metrics = build.metrics.as_ref().filter(|_| is_built(build))?;
                metrics.phases.iter().filter(|it| it.name == phase).map(|it| it.seconds).reduce(|a, b| a + b)
            }));
        }
        for step in ordered(metrics().flat_map(|it| it.steps.iter().map(|step| step.step.as_str()))) {
            let used = |build: &BuildConfiguration, pick: fn(&StepUse) -> Option<f64>| {
                build
                    .metrics
                    .as_ref()
                    .filter(|_| is_built(build))?
                    .steps
                    .iter()
                    .find(|it| it.step == step)
                    .and_then(pick)
            };
            all.push(series(&format!("step {step}"), Unit::Seconds, &|build, _| used(build, |it| it.seconds)));
            all.push(series(&format!("step {step} (cpu)"), Unit::Seconds, &|build, _| {
                used(build, |it| it.cpu_seconds)
            }));
            all.push(series(&format!("step {step} (memory)"), Unit::Bytes, &|build, _| {
                used(build, |it| it.peak_memory.map(|bytes| bytes as f64))
            }));
        }
        all.retain(|series| series.values.iter().any(Option::is_some) || FIRST.contains(&series.measure.as_str()));
        let point = |build: &BuildConfiguration| Point {
            build: build.id,
            commit: build.commit.clone(),
            at: build.created_at,
            status: build.build_status,
        };
        let builds = builds.iter().map(|(build, _)| point(build)).collect();
        Self { branch: branch.to_owned(), builds, series: all, more_routes, health: Vec::new() }
    }
}

/// What is always named, also where nothing is known of it.
const FIRST: [&str; 4] = ["build-time", "bundle-size", "errors", "warnings"];

/// Each name once, in the order in which they come.
fn ordered<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut once = Vec::new();
    for name in names {
        if !once.contains(&name) {
            once.push(name);
        }
    }
    once
}

/// Whether the diagnostics of a build are all there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    Whole,
    Partial,
}

/// How many builds before say what is normal.
const WINDOW: usize = 8;

/// By how much a measure has to go up: a part of what is normal, and in its own unit at least.
fn least_rise(unit: Unit) -> (f64, f64) {
    match unit {
        Unit::Seconds => (0.25, 1.0),
        Unit::Bytes => (0.05, 1000.0),
        Unit::Count => (0.2, 0.5),
        Unit::Percent => (0.1, 1.0),
    }
}

fn find_jumps(unit: Unit, values: &[Option<f64>]) -> Vec<Jump> {
    let (part, least) = least_rise(unit);
    let known: Vec<(usize, f64)> =
        values.iter().enumerate().filter_map(|(index, value)| Some((index, (*value)?))).collect();
    let mut jumps = Vec::new();
    let mut begin = 0;
    for at in 1..known.len() {
        let window = &known[begin.max(at.saturating_sub(WINDOW))..at];
        let from = median(window);
        // What comes and goes by itself is no jump.
        let noise = match unit {
            Unit::Seconds | Unit::Bytes => {
                Scatter::of(window.iter().map(|(_, value)| *value).collect(), "").map_or(0.0, |it| it.noise())
            }
            Unit::Count | Unit::Percent => 0.0,
        };
        let limit = from + (part * from).max(least).max(noise);
        let stays = known.get(at + 1).is_none_or(|(_, next)| *next > limit);
        let (build, to) = known[at];
        if to > limit && stays {
            jumps.push(Jump { build, from, to });
            begin = at;
        }
    }
    jumps
}

fn median(values: &[(usize, f64)]) -> f64 {
    let mut values: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jumps(unit: Unit, values: &[f64]) -> Vec<(usize, f64, f64)> {
        let values: Vec<_> = values.iter().map(|value| Some(*value)).collect();
        find_jumps(unit, &values).into_iter().map(|it| (it.build, it.from, it.to)).collect()
    }

    #[test]
    fn a_jump_is_the_first_build_of_the_new_level() {
        let seconds = [10.0, 11.0, 10.5, 10.0, 16.0, 15.5, 16.5, 16.0];
        assert_eq!(jumps(Unit::Seconds, &seconds), [(4, 10.5, 16.0)]);
        assert_eq!(jumps(Unit::Count, &[0.0, 0.0, 3.0, 3.0, 3.0, 9.0, 9.0]), [(2, 0.0, 3.0), (5, 3.0, 9.0)]);
    }

    #[test]
    fn noise_one_slow_build_and_what_goes_down_are_none() {
        assert_eq!(jumps(Unit::Seconds, &[10.0, 12.0, 9.0, 11.9, 10.0]), []);
        assert_eq!(jumps(Unit::Seconds, &[10.0, 10.0, 40.0, 10.0]), []);
        assert_eq!(jumps(Unit::Seconds, &[0.2, 0.9, 0.9]), []);
        assert_eq!(jumps(Unit::Bytes, &[90_000.0, 50_000.0, 50_100.0]), []);
    }

    #[test]
    fn the_newest_build_counts_although_nothing_comes_after_it() {
        assert_eq!(jumps(Unit::Bytes, &[50_000.0, 50_000.0, 60_000.0]), [(2, 50_000.0, 60_000.0)]);
        assert_eq!(jumps(Unit::Bytes, &[]), []);
        assert_eq!(jumps(Unit::Bytes, &[1.0]), []);
    }

    #[test]
    fn builds_that_were_not_measured_are_passed_over() {
        let values = [Some(10.0), None, Some(10.0), None, Some(20.0), Some(20.0)];
        assert_eq!(find_jumps(Unit::Seconds, &values), [Jump { build: 4, from: 10.0, to: 20.0 }]);
    }
}
