//! How to mend a broken condition, in the words a user can act on.

use super::{Limit, Measure};

/// What to do about a measure that broke its limit.
pub(super) fn how_to_mend(measure: Measure, limit: Limit) -> String {
    let key = measure.key();
    let limit_key = match limit {
        Limit::Max { .. } => "max",
        Limit::Min { .. } => "min",
        Limit::MaxIncrease { .. } | Limit::MaxIncreasePercent { .. } => "max-increase",
    };
    let action = match measure {
        Measure::NewErrors => "mend the new errors listed here".to_owned(),
        Measure::Errors | Measure::Severity(_) | Measure::Category(_) => "mend the errors listed here".to_owned(),
        Measure::NewWarnings => "mend the new warnings listed here".to_owned(),
        Measure::Warnings => "mend the warnings listed here".to_owned(),
        Measure::BuildTime => "see which step takes the time".to_owned(),
        Measure::BundleSize(_) | Measure::BundleKind(..) | Measure::AssetSize(_) => {
            "see what grew: `shipgate bundle diff`".to_owned()
        }
        Measure::RouteSize(_) | Measure::RouteRequests => "see what the route loads: `shipgate bundle show`".to_owned(),
        Measure::NewAssets | Measure::LostAssets => "see which files: `shipgate bundle diff`".to_owned(),
        Measure::DuplicatedPackages => "bring the packages to one version: `npm dedupe`, or `overrides`".to_owned(),
        Measure::MissingVariables => "set the missing variables where the build runs".to_owned(),
        Measure::InvalidVariables => "correct the values named here".to_owned(),
        Measure::UndeclaredVariables => {
            return "declare them in `.env.example` or under `variables`, or list them in `variables.ignore`"
                .to_owned();
        }
        Measure::LeakedSecrets => {
            return "read the secret on the server only (no `PUBLIC_`/`VITE_` prefix, not rendered into a page), then \
                    replace it, since what was published is known"
                .to_owned();
        }
        Measure::FailedEndpoints | Measure::DegradedEndpoints => "see what each endpoint answers".to_owned(),
        Measure::UnknownEndpoints | Measure::UnknownDatabases => "see why they could not be checked".to_owned(),
        Measure::FailedDatabases => "see what each database says".to_owned(),
        Measure::SlowDatabases | Measure::QueryTime => {
            "see the plan of the query (`explain analyze`), and how far away the database is".to_owned()
        }
        Measure::PoolUse => "end connections that nobody needs, use a pooler, or raise `max_connections`".to_owned(),
        Measure::ReplicationLag => "see what keeps the replica busy".to_owned(),
        Measure::LongTransactions | Measure::LockWaits => {
            "see who holds it up: `select pid, state, xact_start, query from pg_stat_activity`".to_owned()
        }
        Measure::PendingMigrations => "make them: `shipgate store migrate`".to_owned(),
        Measure::ExposedTables => "turn row-level security on for the tables listed here".to_owned(),
        Measure::UncalledOperations => {
            return "give the parameters of the operations listed an `example`, or allow those that write by name: \
                    `api.allow-writes`"
                .to_owned();
        }
        Measure::CheckedFiles => {
            return "see `include` and `exclude` in tsconfig.json: the checker looks at fewer files than expected"
                .to_owned();
        }
    };
    format!("{action}, or change `thresholds.{key}` (`{limit_key}`)")
}
