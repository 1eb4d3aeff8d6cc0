//! Records ↔ rows: which columns a record has, how it is written into them and read from them.

mod health;

use super::Trouble;
use super::copy::{Rows, from_kept};
use crate::gate::Outcome;
use crate::record::{
    BuildConfiguration, Deferral, EnvironmentVariable, Invalid, LinePrint, ProjectPath, Record, Sighting, StatusChange,
    TypeScriptError,
};
use crate::store::{BuildRecord, Error, VariableRecord};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as WordError, StrDeserializer};
use sqlx::postgres::PgRow;
use sqlx::{Decode, Postgres, Row as _, Type};
use std::num::NonZeroU32;
use uuid::Uuid;

/// A record with a table of its own.
pub(super) trait Table: Sized {
    const TABLE: &'static str;
    /// The columns in the order in which they are written and read.
    const COLUMNS: &'static [&'static str];
    /// Those of them that are `json`.
    const JSON: &'static [&'static str] = &[];
    /// What tells rows apart; all that follows a conflict is by it.
    const KEY: &'static str = "id";

    fn write(&self, rows: &mut Rows) -> Result<(), Trouble>;
    fn read(row: &mut Reader<'_>) -> Result<Self, Trouble>;
    /// The row's key in words, to be named when it cannot be read.
    fn check(&self) -> Result<(), Invalid>;
}

/// The columns of a table for a `select`.
pub(super) fn selected<T: Table>() -> String {
    let columns = T::COLUMNS.iter().map(|column| {
        let cast = if T::JSON.contains(column) { "::text" } else { "" };
        format!("t.\"{column}\"{cast}")
    });
    columns.collect::<Vec<_>>().join(", ")
}

/// The columns of a table for an `insert` or a `copy`.
pub(super) fn named<T: Table>() -> String {
    T::COLUMNS.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ")
}

/// Reads a row and holds it to the rules: somebody may have edited it past the checks.
pub(super) fn read<T: Table>(row: &PgRow) -> Result<T, Trouble> {
    let broken = |problem: Invalid| {
        let key = row.try_get::<Uuid, _>("id").map_or_else(|_| "?".to_owned(), |id| id.to_string());
        Trouble::Store(Error::InvalidRow { table: T::TABLE, key, invalid: problem })
    };
    let record = T::read(&mut Reader { row, at: 0 }).map_err(|trouble| match trouble {
        Trouble::Store(Error::Invalid(invalid)) => broken(invalid),
        other => other,
    })?;
    record.check().map_err(broken)?;
    Ok(record)
}

/// Takes column after column.
pub(super) struct Reader<'r> {
    row: &'r PgRow,
    at: usize,
}

impl<'r> Reader<'r> {
    fn take<T: Decode<'r, Postgres> + Type<Postgres>>(&mut self) -> Result<T, Trouble> {
        let value = self.row.try_get(self.at)?;
        self.at += 1;
        Ok(value)
    }

    fn text(&mut self) -> Result<String, Trouble> {
        Ok(from_kept(self.take()?))
    }

    fn text_or_null(&mut self) -> Result<Option<String>, Trouble> {
        Ok(self.take::<Option<String>>()?.map(from_kept))
    }

    /// A value of an enum.
    fn word<T: for<'de> Deserialize<'de>>(&mut self, field: &'static str) -> Result<T, Trouble> {
        let text: &str = self.take()?;
        let reader: StrDeserializer<'_, WordError> = text.into_deserializer();
        T::deserialize(reader).map_err(|error| invalid(field, &error.to_string()))
    }

    fn word_or_null<T: for<'de> Deserialize<'de>>(&mut self, field: &'static str) -> Result<Option<T>, Trouble> {
        let Some(text) = self.take::<Option<&str>>()? else { return Ok(None) };
        let reader: StrDeserializer<'_, WordError> = text.into_deserializer();
        T::deserialize(reader).map(Some).map_err(|error| invalid(field, &error.to_string()))
    }

    fn number<T: TryFrom<i64>>(&mut self, field: &'static str) -> Result<T, Trouble> {
        T::try_from(self.take()?).map_err(|_| invalid(field, "is out of range"))
    }

    fn number_or_null<T: TryFrom<i64>>(&mut self, field: &'static str) -> Result<Option<T>, Trouble> {
        let number: Option<i64> = self.take()?;
        number.map(T::try_from).transpose().map_err(|_| invalid(field, "is out of range"))
    }

    fn positive(&mut self, field: &'static str) -> Result<NonZeroU32, Trouble> {
        NonZeroU32::new(self.number(field)?).ok_or_else(|| invalid(field, "must be positive"))
    }

    fn parsed<T: std::str::FromStr>(&mut self, field: &'static str) -> Result<Option<T>, Trouble> {
        let text: Option<&str> = self.take()?;
        text.map(str::parse).transpose().map_err(|_| invalid(field, "cannot be read"))
    }

    fn json<T: DeserializeOwned>(&mut self, field: &'static str) -> Result<T, Trouble> {
        let text: &str = self.take()?;
        serde_json::from_slice(text.as_bytes()).map_err(|error| invalid(field, &error.to_string()))
    }

    fn json_or_null<T: DeserializeOwned>(&mut self, field: &'static str) -> Result<Option<T>, Trouble> {
        let text: Option<&str> = self.take()?;
        text.map(|text| serde_json::from_slice(text.as_bytes()))
            .transpose()
            .map_err(|error| invalid(field, &error.to_string()))
    }
}

fn invalid(field: &'static str, problem: &str) -> Trouble {
    Trouble::Store(Error::Invalid(Invalid::new("row", field, problem)))
}

/// Postgres' integers are signed.
fn signed(field: &'static str, number: u64) -> Result<i64, Trouble> {
    i64::try_from(number).map_err(|_| invalid(field, "is too large"))
}

impl Table for TypeScriptError {
    const TABLE: &'static str = "production_typescript_errors";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "file_path",
        "line_number",
        "column_number",
        "error_code",
        "error_message",
        "category",
        "severity",
        "status",
        "resolution_notes",
        "created_at",
        "resolved_at",
        "tool",
        "level",
        "step",
        "branch",
        "build_id",
        "commit",
        "last_seen",
        "history",
        "line_hash",
        "deferral",
    ];
    const JSON: &'static [&'static str] = &["last_seen", "history", "deferral"];

    fn write(&self, rows: &mut Rows) -> Result<(), Trouble> {
        rows.plain(self.id)
            .text(self.file_path.as_str())
            .plain(self.line_number)
            .plain(self.column_number)
            .text(&self.error_code)
            .text(&self.error_message)
            .plain(self.category.as_str())
            .plain(self.severity.as_str())
            .plain(self.status.as_str())
            .text_or_null(self.resolution_notes.as_deref())
            .time(self.created_at)
            .time_or_null(self.resolved_at)
            .text(&self.tool)
            .plain(self.level.as_str())
            .text(&self.step)
            .text(&self.branch)
            .plain(self.build_id)
            .text_or_null(self.commit.as_deref());
        match &self.last_seen {
            Some(last_seen) => rows.json(last_seen)?,
            None => rows.null(),
        };
        if self.history.is_empty() {
            rows.plain("[]")
        } else {
            rows.json(&self.history)?
        };
        rows.plain_or_null(self.line_hash);
        match &self.deferral {
            Some(deferral) => rows.json(deferral)?,
            None => rows.null(),
        };
        rows.end_row();
        Ok(())
    }

    fn read(row: &mut Reader<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            id: row.take()?,
            file_path: ProjectPath::try_from(row.text()?).map_err(Error::Invalid)?,
            line_number: row.positive("line_number")?,
            column_number: row.positive("column_number")?,
            error_code: row.text()?,
            error_message: row.text()?,
            category: row.word("category")?,
            severity: row.word("severity")?,
            status: row.word("status")?,
            resolution_notes: row.text_or_null()?,
            created_at: row.take()?,
            resolved_at: row.take()?,
            tool: row.text()?,
            level: row.word("level")?,
            step: row.text()?,
            branch: row.text()?,
            build_id: row.take()?,
            commit: row.text_or_null()?,
            last_seen: row.json_or_null::<Sighting>("last_seen")?,
            history: row.json::<Vec<StatusChange>>("history")?,
            line_hash: row.text_or_null()?.map(LinePrint::try_from).transpose().map_err(Error::Invalid)?,
            deferral: row.json_or_null::<Deferral>("deferral")?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        self.validate()
    }
}

impl Table for BuildRecord {
    const TABLE: &'static str = "production_build_configs";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "environment",
        "node_version",
        "typescript_version",
        "astro_version",
        "build_command",
        "build_status",
        "build_time",
        "bundle_size",
        "error_count",
        "warning_count",
        "created_at",
        "completed_at",
        "error_log",
        "commit",
        "branch",
        "pull_request",
        "bundle",
        "metrics",
        "run_id",
        "sequence",
        "recorded_at",
        "verdict",
        "is_base",
        "steps",
        "loose",
    ];
    const JSON: &'static [&'static str] = &["bundle", "metrics", "steps", "loose"];

    fn write(&self, rows: &mut Rows) -> Result<(), Trouble> {
        let build = &self.build;
        rows.plain(build.id)
            .plain(build.environment.as_str())
            .plain_or_null(build.node_version.as_ref())
            .plain_or_null(build.typescript_version.as_ref())
            .plain_or_null(build.astro_version.as_ref())
            .text(&build.build_command)
            .plain(build.build_status.as_str())
            .plain_or_null(build.build_time)
            .plain_or_null(build.bundle_size.map(|it| signed("bundle_size", it)).transpose()?)
            .plain(signed("error_count", build.error_count)?)
            .plain(signed("warning_count", build.warning_count)?)
            .time(build.created_at)
            .time_or_null(build.completed_at)
            .text_or_null(build.error_log.as_deref())
            .text_or_null(build.commit.as_deref())
            .text(build.branch.as_deref().unwrap_or_default())
            .plain_or_null(build.pull_request.map(|it| signed("pull_request", it)).transpose()?);
        match &build.bundle {
            Some(bundle) => rows.json(bundle)?,
            None => rows.null(),
        };
        match &build.metrics {
            Some(metrics) => rows.json(metrics)?,
            None => rows.null(),
        };
        rows.plain(self.run_id)
            .plain(signed("sequence", self.sequence)?)
            .time(self.recorded_at)
            .plain_or_null(self.verdict.map(Outcome::as_str))
            .plain(self.is_base)
            .json(&self.steps)?
            .json(&self.loose)?;
        rows.end_row();
        Ok(())
    }

    fn read(row: &mut Reader<'_>) -> Result<Self, Trouble> {
        let build = BuildConfiguration {
            id: row.take()?,
            environment: row.word("environment")?,
            node_version: row.parsed("node_version")?,
            typescript_version: row.parsed("typescript_version")?,
            astro_version: row.parsed("astro_version")?,
            build_command: row.text()?,
            build_status: row.word("build_status")?,
            build_time: row.take()?,
            bundle_size: row.number_or_null("bundle_size")?,
            error_count: row.number("error_count")?,
            warning_count: row.number("warning_count")?,
            created_at: row.take()?,
            completed_at: row.take()?,
            error_log: row.text_or_null()?,
            commit: row.text_or_null()?,
            branch: row.text_or_null()?,
            pull_request: row.number_or_null("pull_request")?,
            bundle: row.json_or_null("bundle")?,
            metrics: row.json_or_null("metrics")?,
        };
        let mut record = Self::new(build, row.take()?, row.number("sequence")?, row.take()?);
        record.verdict = row.word_or_null("verdict")?;
        record.is_base = row.take()?;
        record.steps = row.json("steps")?;
        record.loose = row.json("loose")?;
        Ok(record)
    }

    fn check(&self) -> Result<(), Invalid> {
        self.validate()
    }
}

impl Table for VariableRecord {
    const TABLE: &'static str = "production_environment_variables";
    const COLUMNS: &'static [&'static str] =
        &["environment", "deployment_id", "key", "is_set", "is_sensitive", "validation_status"];
    const KEY: &'static str = "deployment_id, environment, key";

    fn write(&self, rows: &mut Rows) -> Result<(), Trouble> {
        rows.plain(self.environment.as_str())
            .id_or_null(self.deployment_id)
            .text(&self.variable.key)
            .plain(self.variable.is_set)
            .plain(self.variable.is_sensitive)
            .plain(self.variable.validation_status.as_str());
        rows.end_row();
        Ok(())
    }

    fn read(row: &mut Reader<'_>) -> Result<Self, Trouble> {
        let (environment, deployment_id) = (row.word("environment")?, row.take()?);
        let variable = EnvironmentVariable {
            key: row.text()?,
            is_set: row.take()?,
            is_sensitive: row.take()?,
            validation_status: row.word("validation_status")?,
        };
        let mut record = Self::new(environment, variable);
        record.deployment_id = deployment_id;
        Ok(record)
    }

    fn check(&self) -> Result<(), Invalid> {
        self.variable.validate()
    }
}
