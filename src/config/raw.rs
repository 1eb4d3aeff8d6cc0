//! The keys of `shipgate.yml`, group by group: what each takes and what editors say of it.

use super::api::RawApi;
use super::choice::{Choice, StoreKind, Word};
use super::classification::Rule;
use super::collection::{NonEmpty, OneOrMore, Table};
use super::database::{DatabaseName, RawDatabase};
use super::deploy::RawDeploy;
use super::monitor::RawMonitor;
use super::pattern::ErrorformatText;
use super::read::{At, Read, Reader, Section, keys};
use super::serve::RawServe;
use super::suggest::quoted;
use super::text::{
    Branch, Command, FormatName, InnerPath, Line, RelativePath, SchemaName, Spelled, StorePath, StoreUrl,
};
use super::threshold::RawThresholds;
use super::tree::{Content, Node};
use super::value::{Count, Flag, Pattern, Timeout, VariableName};
use super::{CommentPolicy, CommitCheck, ValueFormat};
use crate::record::Environment;
use serde_json::{Value, json};

keys! {
    /// The whole file.
    struct RawConfig, sample "{ … }" {
        /// The environment that this configuration is for. Default: `production`.
        environment = "environment": Choice<Environment>,
        /// The branch that changes are compared with. Detected when absent.
        default_branch = "default-branch": Branch,
        /// The commands of a run, in their order. Detected from the project when absent.
        steps = "steps": NonEmpty<RawStep>,
        /// The environment variables that the project needs.
        variables = "variables": RawVariables,
        /// The API: where it is, its endpoints and what is expected of them.
        api = "api": RawApi,
        /// The Postgres databases that the project needs, by a name of their own.
        databases = "databases": Table<DatabaseName, RawDatabase>,
        /// How often what runs is looked at by `shipgate monitor`, and who is told when it changes.
        monitor = "monitor": RawMonitor,
        /// Category and severity of what tools say, where they are not to be the usual ones. The first
        /// that fits a diagnostic decides.
        classification = "classification": NonEmpty<Rule>,
        /// What is allowed. What is not named keeps its default: no new errors, no missing, invalid or leaked
        /// variables.
        thresholds = "thresholds": RawThresholds,
        /// What is measured of the output of a build.
        bundle = "bundle": RawBundle,
        /// Where the records are kept. Default: JSON files in `.shipgate`.
        store = "store": RawStore,
        /// Who deploys the project, and where it is then.
        deploy = "deploy": RawDeploy,
        /// The server: dashboard, API and webhooks.
        serve = "serve": RawServe,
        /// When a comment is written on the pull request. Default: `always`.
        comment = "comment": Choice<CommentPolicy>,
        /// What is put beside the commit on GitHub, besides the job's own check. Default: `none`.
        commit_check = "commit-check": Choice<CommitCheck>,
    }
}

keys! {
    /// One command of the run.
    struct RawStep, sample "{ name: build, run: npm run build }" {
        /// What the step is called in every view. Each name once.
        name = "name" required "build": Line,
        /// The command, for the shell.
        run = "run" required "npm run build": Command,
        /// The format that its output is read as; `exit-status` if only its exit status counts. Default: `auto`.
        format = "format": FormatName,
        /// A GitHub problem-matcher file that its output is read by, before all else; with the format
        /// `problem-matcher` alone by it.
        matcher = "matcher": RelativePath,
        /// Patterns of Vim's errorformat that its output is read by, before all else; with the format
        /// `errorformat` alone by them.
        errorformat = "errorformat": OneOrMore<ErrorformatText>,
        /// The folder that this step builds, inside the project. It is measured and searched for secrets.
        output = "output": InnerPath,
        /// How long it may take: `90s`, `15m`, `1h30m`.
        timeout = "timeout": Timeout,
        /// The folder to run in, from the folder of this file.
        directory = "directory": RelativePath,
        /// Environment variables for this command, besides those of the run.
        env = "env": Table<VariableName, Spelled>,
    }
}

keys! {
    /// What is measured of an output.
    struct RawBundle, sample "{ brotli: false }" {
        /// Whether sizes under Brotli are measured besides raw ones and gzip, which takes most of the time. Default:
        /// `true`.
        brotli = "brotli": Flag,
    }
}

keys! {
    /// The environment-variable contract.
    struct RawVariables, sample "{ required: { API_KEY: { sensitive: true } } }" {
        /// The committed file that names all variables. Default: `.env.example`, if there is one.
        example = "example": RelativePath,
        /// Dotenv files with values, a later one over an earlier one. Default: those that Vite reads.
        files = "files": Vec<At<RelativePath>>,
        /// Variables that must have a value, each with what its value must be like.
        required = "required": Table<VariableName, Variable>,
        /// Variables that may have a value, each with what its value must be like.
        optional = "optional": Table<VariableName, Variable>,
        /// Variables that the code may read though nobody declares them.
        ignore = "ignore": Vec<At<VariableName>>,
    }
}

keys! {
    /// What a variable's value must be like.
    struct RawVariable, sample "{ format: url }" {
        /// The format of the value.
        format = "format": Choice<ValueFormat>,
        /// Whether the value is a secret. Default: by the variable's name.
        sensitive = "sensitive": Flag,
        /// The values that it may have.
        one_of = "one-of": NonEmpty<Spelled>,
        /// A regular expression that must match somewhere in the value; `^…$` for all of it.
        pattern = "pattern": Pattern,
        /// The fewest characters.
        min_length = "min-length": Count,
        /// The most characters.
        max_length = "max-length": Count,
    }
}

keys! {
    /// Where records are kept.
    struct RawStore, sample "{ kind: json, path: .shipgate }" {
        /// What keeps the records: `json` files, to be committed or cached, or a `postgres` database.
        kind = "kind" required "json": Choice<StoreKind>,
        /// For `json`: the folder of the files. Default: `.shipgate`.
        path = "path": StorePath,
        /// For `postgres`: the connection string; `${NAME}` stands for an environment variable. TLS is verified
        /// unless the string says `sslmode=require` or `sslmode=disable`.
        url = "url": StoreUrl,
        /// For `postgres`: the schema of the tables. Default: `shipgate`.
        schema = "schema": SchemaName,
        /// For `postgres`: a file of root certificates to trust besides the well-known ones.
        ca_file = "ca-file": RelativePath,
        /// How much is kept.
        retention = "retention": RawRetention,
    }
}

keys! {
    /// How much of each kind of record is kept. Open errors and what a base needs always are.
    struct RawRetention, sample "{ builds: { count: 200, days: 365 } }" {
        /// Builds of each branch. Default: 200, 365 days.
        builds = "builds": RawLimit,
        /// How many builds of each branch keep the list of their files. Default: 20.
        bundles = "bundles": Count,
        /// Resolved errors of all branches. Default: 5000, 180 days.
        resolved_errors = "resolved-errors": RawLimit,
        /// Checks of endpoints. Default: 10000, 90 days.
        api_health = "api-health": RawLimit,
        /// Checks of databases. Default: 10000, 90 days.
        database_health = "database-health": RawLimit,
        /// Availability and response times of endpoints and databases by the hour, which outlive the single checks;
        /// older hours become days. Default: 14 days.
        health_by_hour = "health-by-hour": RawAge,
        /// The same by the day. Default: 730 days.
        health_by_day = "health-by-day": RawAge,
        /// Deployments. Default: 500, 730 days.
        deployments = "deployments": RawLimit,
    }
}

keys! {
    /// For how long something is kept.
    struct RawAge, sample "{ days: 14 }" {
        /// That of the last so many days.
        days = "days" required "14": Count,
    }
}

keys! {
    /// How many records are kept, and for how long. What is left out keeps its default.
    struct RawLimit, sample "{ count: 200, days: 365 }" {
        /// The newest so many.
        count = "count": Count,
        /// Those of the last so many days.
        days = "days": Count,
    }
}

/// A [`RawVariable`], which may be left empty: `API_KEY:`.
#[derive(Debug)]
pub(super) struct Variable(pub(super) Option<RawVariable>);

impl Read for Variable {
    const MAY_BE_NOTHING: bool = true;
    const SAMPLE: &'static str = RawVariable::SAMPLE;

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &*node.content {
            _ if node.is_null() => Some(Self(None)),
            Content::Scalar(scalar) if ValueFormat::ALL.iter().any(|format| format.name() == scalar.text) => {
                let message = format!("{} must be a group of keys, not {}", reader.subject(), quoted(&scalar.text));
                let help = format!("write `{}: {{ format: {} }}`", reader.key(), scalar.text);
                reader.mistake(&node.span, message, help);
                None
            }
            Content::Scalar(_) => {
                let help = format!(
                    "values do not belong in this file; say what a value must be like: `{}: {}`",
                    reader.key(),
                    Self::SAMPLE
                );
                reader.wrong_type(node, "a group of keys", help);
                None
            }
            _ => RawVariable::read(node, reader).map(|raw| Self(Some(raw))),
        }
    }

    fn schema() -> Value {
        json!({ "$ref": "#/$defs/variable" })
    }
}

/// All groups of keys, for the help on a key that stands in the wrong one.
pub(super) fn sections() -> Vec<Section> {
    let section = |name, keys: &[&str]| (name, keys.iter().map(|key| (*key).to_owned()).collect());
    vec![
        section("", RawConfig::KEYS),
        section("steps", RawStep::KEYS),
        section("variables", RawVariables::KEYS),
        section("databases", RawDatabase::KEYS),
        section("monitor", RawMonitor::KEYS),
        section("classification", Rule::KEYS),
        ("thresholds", super::threshold::keys()),
        section("store", RawStore::KEYS),
        section("deploy", RawDeploy::KEYS),
        section("serve", RawServe::KEYS),
    ]
}
