//! What a change costs, told of a real build: which route, which file, which modules, and who imports those.

use super::{INTEGRATION, copy, installed};
use crate::examples::installed_copy_of;
use crate::workshop::Workshop;
use shipgate::gate::{Condition, ConditionStatus, Outcome};
use std::path::Path;

const GATE: &str = "steps: [{ name: build, run: npx astro build, format: exit-status, output: dist }]
thresholds:
  duplicated-packages: 0
  route-size:
    /: { max-increase: 1 kB }
    /about: { max-increase: 1 kB }
    /crossings/*: { max-increase: 1 kB, on-exceed: warn }
  asset-size: { \"_astro/NextSailing.js\": { max-increase: 1 kB } }
  bundle-size-by-kind: { client-script: { max-increase: 1 kB } }
";
const ISLAND: &str = "src/components/NextSailing.tsx";

fn only<'a>(conditions: &[&'a Condition]) -> &'a Condition {
    assert_eq!(conditions.len(), 1, "{conditions:#?}");
    conditions[0]
}

/// The example with the integration, its configuration as somebody would write it.
fn site() -> Workshop {
    let site = installed_copy_of("astro-site");
    std::fs::create_dir_all(site.path("node_modules/@shipgate/astro")).unwrap();
    copy(Path::new(INTEGRATION), &site.path("node_modules/@shipgate/astro"));
    let config = site.read("astro.config.mjs").replace("[preact()]", "[preact(), shipgate()]");
    site.put("astro.config.mjs", format!("import shipgate from '@shipgate/astro';\n{config}"));
    site.put("shipgate.yml", GATE);
    site
}

#[test]
fn a_broken_budget_names_the_route_the_file_and_the_modules_that_came_in_with_who_imports_them() {
    let site = site();
    let before = site.gate_with(&["--record"]).ends();
    before.is(Outcome::Passed);
    assert_eq!(only(&before.conditions("duplicated-packages")).actual, Some(0.0));
    assert_eq!(before.report().build.as_ref().unwrap().metrics.as_ref().unwrap().adapter, None);

    // Another version of a package that the site has already, both by way of a module of its own.
    std::fs::create_dir_all(site.path("node_modules/devalue-before")).unwrap();
    copy(&installed().join("node_modules/devalue-before"), &site.path("node_modules/devalue-before"));
    site.put(
        "src/lib/stored.ts",
        "import { stringify } from 'devalue';\nimport { uneval } from 'devalue-before';\n\
         export const stored = (it: unknown) => stringify(it) + uneval(it);\n",
    );
    let island = site.read(ISLAND).replace("the other way", "{stored(returning)}");
    site.put(ISLAND, format!("import {{ stored }} from '../lib/stored';\n{island}"));
    let after = site.gate().ends();
    after.is(Outcome::Failed);

    let help = |measure: &str| {
        let condition = only(&after.conditions(measure));
        assert_eq!(condition.status, ConditionStatus::Failed, "{condition:#?}");
        condition.help.clone().unwrap()
    };
    let of_route = help("route-size./");
    for part in [
        "`/`: `_astro/NextSailing.js` grew by ",
        "`node_modules/devalue/src/",
        "(devalue@5.9.0) grew by ",
        "(devalue@5.9.2) grew by ",
        ", imported by `src/pages/index.astro` → `src/components/NextSailing.tsx` → `src/lib/stored.ts`",
    ] {
        assert!(of_route.contains(part), "{part}: {of_route}");
    }
    let of_asset = help("asset-size._astro/NextSailing.js");
    assert!(of_asset.starts_with("`_astro/NextSailing.js`") && of_asset.contains("(devalue@5.9.0)"), "{of_asset}");
    assert!(help("bundle-size-by-kind.client-script").contains("devalue"));
    let twice = help("duplicated-packages");
    assert!(twice.starts_with("`devalue` is there as `5.9.0`, imported by `src/"), "{twice}");
    assert!(twice.contains(" and as `5.9.2`, imported by "), "{twice}");

    // Pages with the island have grown, the others not by a byte.
    let crossings = only(&after.conditions("route-size./crossings/*"));
    assert_eq!(crossings.status, ConditionStatus::Warned, "{crossings:#?}");
    let about = only(&after.conditions("route-size./about"));
    assert_eq!((about.status, about.actual), (ConditionStatus::Passed, about.base), "{about:#?}");

    // What somebody reads of it.
    assert!(after.stdout.contains("devalue") && after.stdout.contains("src/lib/stored.ts"), "{}", after.stdout);
    let routes = &after.report().build.as_ref().unwrap().metrics.as_ref().unwrap().routes;
    assert!(routes.iter().any(|it| it.route == "/crossings/[id]" && it.requests > 1), "{routes:#?}");
}
