//! What first visits to routes load, from build to build.

use super::Series;
use crate::gate::{Pattern, Unit};
use crate::record::{Compression, RouteWeight};
use std::collections::BTreeSet;

/// How many routes are shown unasked.
const HEAVIEST: usize = 5;
/// How many that a pattern fits.
const MOST_FITTING: usize = 50;

/// Which routes are followed.
#[derive(Debug, Clone, Copy)]
pub enum RouteChoice<'a> {
    /// The few that are the heaviest now, by their bytes.
    Heaviest,
    /// Those that it fits, under every compression and with their requests.
    Fitting(&'a Pattern),
}

/// The series of the chosen routes, and how many routes there are besides. Of a build that was not measured `None`;
/// in one that was, and has not the route, a route has no value.
pub(super) fn series(builds: &[Option<&[RouteWeight]>], choice: RouteChoice<'_>) -> (Vec<Series>, usize) {
    let mut once = BTreeSet::new();
    let newest_first = builds.iter().rev().flatten().flat_map(|routes| routes.iter());
    let all: Vec<&str> = newest_first.map(|it| it.route.as_str()).filter(|route| once.insert(*route)).collect();
    let chosen: Vec<&str> = match choice {
        RouteChoice::Heaviest => all.iter().copied().take(HEAVIEST).collect(),
        RouteChoice::Fitting(pattern) => {
            all.iter().copied().filter(|route| pattern.fits_address(route)).take(MOST_FITTING).collect()
        }
    };
    let compressions = match choice {
        RouteChoice::Heaviest => &Compression::ALL[..1],
        RouteChoice::Fitting(_) => &Compression::ALL[..],
    };
    let mut series = Vec::new();
    for route in &chosen {
        let values = |value: &dyn Fn(&RouteWeight) -> Option<f64>| -> Vec<Option<f64>> {
            let of = |routes: &&[RouteWeight]| routes.iter().find(|it| it.route == **route).and_then(value);
            builds.iter().map(|routes| routes.as_ref().and_then(of)).collect()
        };
        for compression in compressions {
            let suffix =
                if *compression == Compression::Raw { String::new() } else { format!(" ({})", compression.as_str()) };
            let sizes = values(&|it| it.sizes.of(*compression).map(|size| size as f64));
            series.push(Series::new(&format!("route-size.{route}{suffix}"), Unit::Bytes, sizes));
        }
        if matches!(choice, RouteChoice::Fitting(_)) {
            let requests = values(&|it| Some(f64::from(it.requests)));
            series.push(Series::new(&format!("route-requests.{route}"), Unit::Count, requests));
        }
    }
    (series, all.len() - chosen.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Sizes;

    fn weight(route: &str, raw: u64) -> RouteWeight {
        RouteWeight { route: route.to_owned(), sizes: Sizes { raw, gzip: raw / 2, brotli: Some(raw / 3) }, requests: 4 }
    }

    fn named(series: &[Series]) -> Vec<(&str, Vec<Option<f64>>)> {
        series.iter().map(|series| (series.measure.as_str(), series.values.clone())).collect()
    }

    #[test]
    fn the_heaviest_routes_of_the_newest_build_are_followed_through_all() {
        let before: Vec<_> = (0..9).map(|number| weight(&format!("/{number}"), 900 - number)).collect();
        let now: Vec<_> = (0..7).rev().map(|number| weight(&format!("/{number}"), 100 + number)).collect();
        let (series, more) = series(&[Some(&before), None, Some(&now)], RouteChoice::Heaviest);
        let shown: Vec<&str> = series.iter().map(|it| it.measure.as_str()).collect();
        assert_eq!(shown, ["route-size./6", "route-size./5", "route-size./4", "route-size./3", "route-size./2"]);
        assert_eq!(series[0].values, [Some(894.0), None, Some(106.0)]);
        assert_eq!(more, 4, "those that are gone, too");
    }

    #[test]
    fn routes_that_a_pattern_fits_are_shown_with_all_that_is_known_of_them() {
        let builds = [weight("/blog/[slug]", 300), weight("/about", 30)];
        let pattern = Pattern::parse("/blog/*").unwrap();
        let (series, more) = series(&[Some(&builds)], RouteChoice::Fitting(&pattern));
        let expected = [
            ("route-size./blog/[slug]", vec![Some(300.0)]),
            ("route-size./blog/[slug] (gzip)", vec![Some(150.0)]),
            ("route-size./blog/[slug] (brotli)", vec![Some(100.0)]),
            ("route-requests./blog/[slug]", vec![Some(4.0)]),
        ];
        assert_eq!((named(&series), more), (expected.to_vec(), 1));
        let exact = Pattern::parse("/blog/[slug]").unwrap();
        assert_eq!(super::series(&[Some(&builds)], RouteChoice::Fitting(&exact)).0.len(), 4);
    }
}
