//! Values that are one of a few words.

use super::api::HttpChoice;
use super::read::{Read, ReadKey, Reader};
use super::suggest::{self, quoted};
use super::tree::{Node, Span};
use super::{CommentPolicy, CommitCheck, ValueFormat};
use crate::diagnostic::{Category, Severity};
use crate::gate::OnExceed;
use crate::record::{AssetKind, Compression, Environment, HttpMethod};
use serde_json::{Value, json};

/// One of a closed set of words, kebab-case in the file.
pub(super) trait Word: Copy + 'static {
    const ALL: &'static [Self];
    const SAMPLE: &'static str;

    fn name(self) -> &'static str;
}

/// A [`Word`] of the file, as a value or as a key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice<T>(pub(super) T);

/// The store kinds of `store.kind`.
#[derive(Debug, Clone, Copy)]
pub(super) enum StoreKind {
    Json,
    Postgres,
}

fn words<T: Word>() -> Vec<String> {
    T::ALL.iter().map(|word| word.name().replace('_', "-")).collect()
}

fn find<T: Word>(text: &str) -> Option<T> {
    T::ALL.iter().copied().find(|word| word.name().replace('_', "-") == text)
}

impl<T: Word> Read for Choice<T> {
    const SAMPLE: &'static str = T::SAMPLE;

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let words = words::<T>();
        let scalar = reader.scalar(node, &suggest::one_of(&words), T::SAMPLE)?;
        if let Some(word) = find(&scalar.text) {
            return Some(Self(word));
        }
        let message = format!("{} cannot be {}", reader.subject(), quoted(&scalar.text));
        reader.mistake(&node.span, message, suggest::instead(&scalar.text, &words));
        None
    }

    fn schema() -> Value {
        json!({ "enum": words::<T>() })
    }
}

impl<T: Word> ReadKey for Choice<T> {
    fn read_key(key: &str, span: &Span, reader: &mut Reader) -> Option<Self> {
        if let Some(word) = find(key) {
            return Some(Self(word));
        }
        let message = format!("{} is not a key of {}", quoted(key), reader.subject());
        reader.mistake(span, message, suggest::instead(key, &words::<T>()));
        None
    }

    fn table_schema(value: &Value) -> Value {
        let properties: serde_json::Map<_, _> = words::<T>().into_iter().map(|word| (word, value.clone())).collect();
        json!({ "type": "object", "additionalProperties": false, "properties": properties })
    }
}

/// Words whose type has a list of them and spells them itself.
macro_rules! words {
    ($($type:ty, $sample:literal;)*) => {
        $(impl Word for $type {
            const ALL: &'static [Self] = &<$type>::ALL;
            const SAMPLE: &'static str = $sample;

            fn name(self) -> &'static str {
                self.as_str()
            }
        })*
    };
}
words! {
    Environment, "production";
    Severity, "critical";
    Category, "type-mismatch";
    AssetKind, "client-script";
    Compression, "brotli";
    ValueFormat, "url";
    HttpMethod, "POST";
}

impl Word for HttpChoice {
    const ALL: &'static [Self] = &[Self::Any, Self::One, Self::Two];
    const SAMPLE: &'static str = "any";

    fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::One => "1",
            Self::Two => "2",
        }
    }
}

impl Word for OnExceed {
    const ALL: &'static [Self] = &[Self::Fail, Self::Warn];
    const SAMPLE: &'static str = "warn";

    fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Warn => "warn",
        }
    }
}

impl Word for CommentPolicy {
    const ALL: &'static [Self] = &[Self::Always, Self::OnChange, Self::OnFailure, Self::Never];
    const SAMPLE: &'static str = "never";

    fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::OnChange => "on-change",
            Self::OnFailure => "on-failure",
            Self::Never => "never",
        }
    }
}

impl Word for CommitCheck {
    const ALL: &'static [Self] = &[Self::None, Self::Status, Self::CheckRun];
    const SAMPLE: &'static str = "status";

    fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Status => "status",
            Self::CheckRun => "check-run",
        }
    }
}

impl Word for StoreKind {
    const ALL: &'static [Self] = &[Self::Json, Self::Postgres];
    const SAMPLE: &'static str = "json";

    fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Postgres => "postgres",
        }
    }
}
