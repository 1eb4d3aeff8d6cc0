//! A record that keeps its rules. What a store takes and gives is wrapped in it, so that nothing
//! invalid can be kept: it is read like the record itself, and changed only through [`Valid::change`].

use super::{IllegalTransition, Invalid};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::ops::Deref;
use uuid::Uuid;

/// A record of the data model.
pub trait Record {
    /// What it is called in messages.
    const NAME: &'static str;

    fn id(&self) -> Uuid;

    /// Holds the record to the rules of the data model.
    ///
    /// # Errors
    /// [`Invalid`] naming the first field that breaks its rule.
    fn validate(&self) -> Result<(), Invalid>;

    /// Whether the record may become `next` by one transition, or by none.
    ///
    /// # Errors
    /// [`IllegalTransition`] naming both states.
    fn may_become(&self, next: &Self) -> Result<(), IllegalTransition>;
}

/// Why a record is not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Transition(#[from] IllegalTransition),
}

/// A record that was checked when it was built and after every change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Valid<R>(R);

impl<R: Record> Valid<R> {
    /// # Errors
    /// [`Invalid`] naming the first field that breaks its rule.
    pub fn new(record: R) -> Result<Self, Invalid> {
        record.validate()?;
        Ok(Self(record))
    }

    /// Changes the record; it stays as it was when it may not become what it would.
    ///
    /// # Errors
    /// What `change` says, a field that breaks its rule, or a transition that the table does not have.
    pub fn change<E: From<Refused>>(&mut self, change: impl FnOnce(&mut R) -> Result<(), E>) -> Result<(), E>
    where
        R: Clone,
    {
        let mut next = self.0.clone();
        change(&mut next)?;
        self.0.may_become(&next).map_err(Refused::from)?;
        next.validate().map_err(Refused::from)?;
        self.0 = next;
        Ok(())
    }

    #[must_use]
    pub fn into_inner(self) -> R {
        self.0
    }
}

impl<R> Deref for Valid<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.0
    }
}

impl<'de, R: Record + Deserialize<'de>> Deserialize<'de> for Valid<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(R::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl<R: JsonSchema> JsonSchema for Valid<R> {
    fn schema_name() -> Cow<'static, str> {
        R::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        R::json_schema(generator)
    }
}

/// Ids are of version 7 (RFC 9562, 5.7): they sort by time.
pub(super) fn check_id(record: &'static str, id: Uuid) -> Result<(), Invalid> {
    if id.get_version_num() == 7 {
        return Ok(());
    }
    Err(Invalid::new(record, "id", format!("`{id}` is no UUIDv7")))
}
