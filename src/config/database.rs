//! The `databases` section: which databases are looked after, and by what.

use super::collection::Table;
use super::monitor::check_interval;
use super::read::{At, ReadKey, Reader, keys};
use super::suggest::quoted;
use super::template::Template;
use super::text::{Command, RelativePath, StoreUrl};
use super::tree::Span;
use super::value::{Count, Flag, Timeout};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

keys! {
    /// One database.
    struct RawDatabase, sample "{ url: \"${DATABASE_URL}\" }" {
        /// The connection string; `${NAME}` stands for a variable. TLS is verified unless the string says
        /// `sslmode=require` or `sslmode=disable`.
        url = "url" required "\"${DATABASE_URL}\"": StoreUrl,
        /// A file of root certificates to trust besides the well-known ones.
        ca_file = "ca-file": RelativePath,
        /// The SQL of the test; it runs in a transaction that may only read. Default: `select 1`.
        query = "query": Command,
        /// How often it is timed. Default: 5.
        samples = "samples": Count,
        /// How often it runs before that. Default: 1.
        warm_up = "warm-up": Count,
        /// A query that takes longer on average is slow. No limit by default.
        slow_after = "slow-after": Timeout,
        /// How long connecting, and how long each statement, may take. Default: `10s`.
        timeout = "timeout": Timeout,
        /// A transaction is long when it has been open for longer. Default: `5m`.
        long_transaction_after = "long-transaction-after": Timeout,
        /// Whether to look for tables that Supabase's Data API shows to everybody. Default: `false`.
        exposure = "exposure": Flag,
        /// How often `shipgate monitor` checks it, instead of `monitor.interval`.
        interval = "interval": Timeout,
    }
}

/// What a database is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DatabaseName(String);

const NAME: &str = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$";

impl ReadKey for DatabaseName {
    fn read_key(key: &str, span: &Span, reader: &mut Reader) -> Option<Self> {
        let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        if key.len() <= 63 && key.starts_with(|c: char| c.is_ascii_alphanumeric()) && key.bytes().all(is_inner) {
            return Some(Self(key.to_owned()));
        }
        let message = format!("{} in {} cannot be the name of a database", quoted(key), reader.subject());
        reader.mistake(span, message, "use letters, digits, `_`, `.` and `-`, at most 63: `supabase_main`");
        None
    }

    fn table_schema(value: &Value) -> Value {
        json!({
            "type": "object",
            "minProperties": 1,
            "propertyNames": { "pattern": NAME },
            "additionalProperties": value
        })
    }
}

/// One database. Paths are relative to the folder of `shipgate.yml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseConfig {
    pub name: String,
    pub url: Template,
    pub ca_file: Option<PathBuf>,
    pub query: Option<String>,
    pub samples: Option<u32>,
    pub warm_up: Option<u32>,
    pub slow_after: Option<Duration>,
    pub timeout: Option<Duration>,
    pub long_transaction_after: Option<Duration>,
    pub looks_for_exposure: bool,
    /// Of a monitor.
    pub interval: Option<Duration>,
}

const MOST_SAMPLES: u32 = 1000;

/// The section as the rest of the program works with it.
pub(super) fn check_databases(
    At { value: table, span }: At<Table<DatabaseName, RawDatabase>>,
    reader: &mut Reader,
) -> Vec<DatabaseConfig> {
    if table.0.is_empty() && reader.found.is_empty() {
        reader.mistake(&span, "`databases` names none", "add one: `main: { url: \"${DATABASE_URL}\" }`");
    }
    let mut checked = Vec::with_capacity(table.0.len());
    for (At { value: DatabaseName(name), .. }, At { value: raw, .. }) in table.0 {
        let Some(url) = raw.url else { continue };
        if let Some(At { value: Count(samples), span }) = &raw.samples
            && !(1..=MOST_SAMPLES).contains(samples)
        {
            let message = format!("`databases.{name}.samples` cannot be {samples}");
            reader.mistake(span, message, format!("write 1 to {MOST_SAMPLES}, or remove the key"));
        }
        if let Some(At { value: Count(warm_up), span }) = &raw.warm_up
            && *warm_up > MOST_SAMPLES
        {
            let message = format!("`databases.{name}.warm-up` cannot be {warm_up}");
            reader.mistake(span, message, format!("write 0 to {MOST_SAMPLES}, or remove the key"));
        }
        if let (Some(slow), Some(limit)) = (&raw.slow_after, &raw.timeout)
            && slow.value.0 >= limit.value.0
        {
            let message = format!("the query of `databases.{name}` is never slow: it has timed out before");
            let help = "make `slow-after` shorter than `timeout`";
            reader.mistake_about(&slow.span, message, help, &limit.span, "`timeout`");
        }
        checked.push(DatabaseConfig {
            name,
            url: url.value.0,
            ca_file: raw.ca_file.map(|file| file.value.0),
            query: raw.query.map(|query| query.value.0),
            samples: raw.samples.map(|samples| samples.value.0),
            warm_up: raw.warm_up.map(|warm_up| warm_up.value.0),
            slow_after: raw.slow_after.map(|time| time.value.0),
            timeout: raw.timeout.map(|time| time.value.0),
            long_transaction_after: raw.long_transaction_after.map(|time| time.value.0),
            looks_for_exposure: raw.exposure.is_some_and(|flag| flag.value.0),
            interval: check_interval(raw.interval, "databases.interval", reader),
        });
    }
    checked
}
