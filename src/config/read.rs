//! How a tree becomes typed values while every mistake on the way is noted.
//!
//! A type that can stand in the file implements [`Read`]: how it is read and its JSON Schema, side by side.
//! A `None` from a reader means that the mistake is noted already.

use super::mistake::{Found, MOST_FOUND, Related};
use super::suggest::{self, quoted};
use super::tree::{Content, Entry, Node, Scalar, ScalarKind, Span};
use serde_json::Value;

/// A type that can stand in `shipgate.yml`.
pub(super) trait Read: Sized {
    /// Whether `key:` with nothing after it says something.
    const MAY_BE_NOTHING: bool = false;
    /// What to write after `key:`, for messages.
    const SAMPLE: &'static str;

    fn read(node: &Node, reader: &mut Reader) -> Option<Self>;
    fn schema() -> Value;
}

/// A type that can be a key in a group whose keys the user chooses.
pub(super) trait ReadKey: Sized {
    fn read_key(key: &str, span: &Span, reader: &mut Reader) -> Option<Self>;
    /// The schema of a group with such keys and these values.
    fn table_schema(value: &Value) -> Value;
}

/// A value and its place.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Span,
}

/// A step on the way to a value.
enum Segment {
    Key(String),
    /// Some item of the list before.
    Item,
}

/// A group of keys of the file: its name (empty for the file itself) and its keys.
pub(super) type Section = (&'static str, Vec<String>);

/// What reading needs to know and what it has found.
pub(super) struct Reader<'a> {
    pub(super) formats: &'a [&'a str],
    pub(super) found: Vec<Found>,
    sections: Vec<Section>,
    path: Vec<Segment>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(formats: &'a [&'a str], sections: Vec<Section>) -> Self {
        Self { formats, found: Vec::new(), sections, path: Vec::new() }
    }

    /// What is being read, for a message: a dotted path of keys in backticks.
    pub(super) fn subject(&self) -> String {
        let keys: Vec<&str> = self.keys().collect();
        match (keys.as_slice(), self.path.last()) {
            ([], _) => "the file".to_owned(),
            (keys, Some(Segment::Item)) => format!("an item of `{}`", keys.join(".")),
            (keys, _) => format!("`{}`", keys.join(".")),
        }
    }

    fn keys(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.path.iter().filter_map(|segment| match segment {
            Segment::Key(key) => Some(key.as_str()),
            Segment::Item => None,
        })
    }

    /// The last key of the path: `timeout` in `steps.timeout`.
    pub(super) fn key(&self) -> &str {
        self.keys().next_back().unwrap_or_default()
    }

    /// What is being read with another value, as it is to be typed.
    pub(super) fn line(&self, value: &str) -> String {
        match self.path.last() {
            Some(Segment::Item) => format!("`- {value}`"),
            _ => format!("`{}: {value}`", self.key()),
        }
    }

    /// Reads what stands below a key.
    pub(super) fn under<T>(&mut self, key: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(Segment::Key(key.chars().filter(|character| !character.is_control()).take(60).collect()));
        let result = read(self);
        self.path.pop();
        result
    }

    /// Reads an item of the list that is being read.
    pub(super) fn in_item<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(Segment::Item);
        let result = read(self);
        self.path.pop();
        result
    }

    /// Whether reading on is of no use: nobody mends so many mistakes in one go.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= MOST_FOUND
    }

    pub(super) fn mistake(&mut self, span: &Span, message: impl Into<String>, help: impl Into<String>) {
        self.found.push(Found::new(Some(span.clone()), message, help));
    }

    /// A mistake that has to do with an earlier place.
    pub(super) fn mistake_about(
        &mut self,
        span: &Span,
        message: impl Into<String>,
        help: impl Into<String>,
        other: &Span,
        label: &str,
    ) {
        let related = Some(Related { span: other.clone(), label: label.to_owned() });
        self.found.push(Found { related, ..Found::new(Some(span.clone()), message, help) });
    }

    /// A value of the wrong type.
    pub(super) fn wrong_type(&mut self, node: &Node, expected: &str, help: impl Into<String>) {
        let found = match &*node.content {
            Content::Broken => return,
            Content::List(_) => "a list".to_owned(),
            Content::Map(_) => "a group of keys".to_owned(),
            Content::Scalar(scalar) => match scalar.kind() {
                ScalarKind::Null => "nothing".to_owned(),
                ScalarKind::Number => format!("the number {}", quoted(&scalar.text)),
                ScalarKind::Bool(value) => format!("`{value}`"),
                ScalarKind::Text => format!("the text {}", quoted(&scalar.text)),
            },
        };
        let message = format!("{} must be {expected}, not {found}", self.subject());
        self.mistake(&node.span, message, help);
    }

    /// The scalar that a node must be.
    pub(super) fn scalar<'n>(&mut self, node: &'n Node, expected: &str, sample: &str) -> Option<&'n Scalar> {
        if let Content::Scalar(scalar) = &*node.content {
            return Some(scalar);
        }
        let help = format!("write {}", self.line(sample));
        self.wrong_type(node, expected, help);
        None
    }

    /// The entries of a group of keys, each key once.
    pub(super) fn entries<'n>(&mut self, node: &'n Node, sample: &str) -> Option<Vec<&'n Entry>> {
        let Content::Map(all) = &*node.content else {
            let help = match self.path.last() {
                None => "start with a key such as `steps:`, or run `shipgate init` to write the file".to_owned(),
                Some(_) => format!("write {}", self.line(sample)),
            };
            self.wrong_type(node, "a group of keys", help);
            return None;
        };
        let mut firsts = std::collections::HashMap::new();
        let mut entries = Vec::with_capacity(all.len());
        for entry in all {
            match firsts.get(entry.key.as_str()) {
                None => {
                    firsts.insert(entry.key.as_str(), &entry.key_span);
                    entries.push(entry);
                }
                Some(first) => self.under(&entry.key, |reader| {
                    let message = format!("{} is given twice", reader.subject());
                    reader.mistake_about(&entry.key_span, message, "keep one of the two", first, "given here first");
                }),
            }
        }
        Some(entries)
    }

    /// The value of a key that may be left out.
    pub(super) fn value<T: Read>(&mut self, entry: &Entry) -> Option<At<T>> {
        self.value_like(entry, T::SAMPLE, ", or remove the key")
    }

    /// The value of a key that must be there.
    pub(super) fn required_value<T: Read>(&mut self, entry: &Entry, sample: &str) -> Option<At<T>> {
        self.value_like(entry, sample, "")
    }

    fn value_like<T: Read>(&mut self, entry: &Entry, sample: &str, otherwise: &str) -> Option<At<T>> {
        self.under(&entry.key, |reader| {
            if entry.value.is_null() && !T::MAY_BE_NOTHING {
                let message = format!("{} has no value", reader.subject());
                let help = format!("write {}{otherwise}", reader.line(sample));
                reader.mistake(&entry.key_span, message, help);
                return None;
            }
            let value = T::read(&entry.value, reader)?;
            Some(At { value, span: entry.value.span.clone() })
        })
    }

    /// A key that its group does not have.
    pub(super) fn unknown_key(&mut self, entry: &Entry, known: &[&str]) {
        let near = suggest::nearest(&entry.key, known);
        // Deeper down a word like `required` is rather a misunderstanding than in the wrong place.
        let sections = if self.keys().count() <= 1 { self.sections.as_slice() } else { &[] };
        let elsewhere = sections.iter().find(|(_, keys)| keys.contains(&entry.key)).map(|(name, _)| *name);
        let help = match (near, elsewhere) {
            (_, Some("")) => format!("move `{}` to the start of a line, out of {}", entry.key, self.subject()),
            (_, Some(section)) => format!("move it below `{section}:`"),
            (Some(near), None) => format!("did you mean `{near}`?"),
            (None, None) => format!("the keys here are {}", suggest::one_of(known).replace(" or ", " and ")),
        };
        let message = match self.path.as_slice() {
            [] => format!("{} is not a key of this file", quoted(&entry.key)),
            _ => format!("{} is not a key of {}", quoted(&entry.key), self.subject()),
        };
        self.mistake(&entry.key_span, message, help);
    }

    /// A group of keys without one that it needs.
    pub(super) fn missing_key(&mut self, node: &Node, key: &str, sample: &str) {
        let message = format!("{} has no `{key}`", self.subject());
        self.mistake(&node.span, message, format!("add `{key}: {sample}`"));
    }
}

/// Declares a group of keys: a struct with an optional, placed value for each, its reader and its schema.
/// The documentation of a field is what editors show for its key.
macro_rules! keys {
    (@value $reader:ident, $entry:ident) => { $reader.value($entry) };
    (@value $reader:ident, $entry:ident, $sample:literal) => { $reader.required_value($entry, $sample) };
    (
        $(#[$meta:meta])*
        struct $name:ident, sample $group_sample:literal {
            $( $(#[doc = $doc:literal])+ $field:ident = $key:literal $(required $sample:literal)?: $type:ty, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug)]
        pub(in crate::config) struct $name {
            $( $(#[doc = $doc])+ pub(in crate::config) $field: Option<$crate::config::read::At<$type>>, )*
        }

        impl $name {
            pub(in crate::config) const KEYS: &'static [&'static str] = &[$($key),*];
        }

        impl $crate::config::read::Read for $name {
            const SAMPLE: &'static str = $group_sample;

            fn read(
                node: &$crate::config::tree::Node,
                reader: &mut $crate::config::read::Reader,
            ) -> Option<Self> {
                let entries = reader.entries(node, Self::SAMPLE)?;
                $( $(
                    if !entries.iter().any(|entry| entry.key == $key) {
                        reader.missing_key(node, $key, $sample);
                    }
                )? )*
                let mut raw = Self { $($field: None),* };
                for entry in entries {
                    if reader.is_full() {
                        break;
                    }
                    match entry.key.as_str() {
                        $( $key => raw.$field = keys!(@value reader, entry $(, $sample)?), )*
                        _ => reader.unknown_key(entry, Self::KEYS),
                    }
                }
                Some(raw)
            }

            fn schema() -> serde_json::Value {
                let required: Vec<&str> = vec![$( $( { let _ = $sample; $key } ,)? )*];
                $crate::config::schema::group(
                    vec![$(($key, [$($doc),+].concat(), <$type as $crate::config::read::Read>::schema())),*],
                    &required,
                )
            }
        }
    };
}
pub(super) use keys;
