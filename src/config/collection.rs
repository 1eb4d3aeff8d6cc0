//! Lists, and groups whose keys the user chooses.

use super::read::{At, Read, ReadKey, Reader};
use super::suggest::quoted;
use super::tree::{Content, Node};
use serde_json::{Value, json};

impl<T: Read> Read for Vec<At<T>> {
    const SAMPLE: &'static str = "[…]";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Content::List(items) = &*node.content else {
            let help = match &*node.content {
                Content::Scalar(scalar) if !T::SAMPLE.starts_with('{') => {
                    format!("write `{}: [{}]`", reader.key(), scalar.text.trim())
                }
                _ => format!("start each item with `- `, like `- {}`", T::SAMPLE),
            };
            reader.wrong_type(node, "a list", help);
            return None;
        };
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            if reader.is_full() {
                break;
            }
            let value = reader.in_item(|reader| {
                if item.is_null() {
                    let message = format!("{} has no value", reader.subject());
                    reader.mistake(&item.span, message, format!("write `- {}`, or remove the `-`", T::SAMPLE));
                    return None;
                }
                T::read(item, reader)
            });
            list.extend(value.map(|value| At { value, span: item.span.clone() }));
        }
        Some(list)
    }

    fn schema() -> Value {
        json!({ "type": "array", "items": T::schema() })
    }
}

/// A list with at least one item.
#[derive(Debug)]
pub(super) struct NonEmpty<T>(pub(super) Vec<At<T>>);

impl<T: Read> Read for NonEmpty<T> {
    const SAMPLE: &'static str = "[…]";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        if matches!(&*node.content, Content::List(items) if items.is_empty()) {
            let message = format!("{} is an empty list", reader.subject());
            reader.mistake(&node.span, message, "add an item, or remove the key");
            return None;
        }
        Vec::read(node, reader).map(Self)
    }

    fn schema() -> Value {
        json!({ "type": "array", "minItems": 1, "items": T::schema() })
    }
}

/// A value, or a list with at least one.
#[derive(Debug)]
pub(super) struct OneOrMore<T>(pub(super) Vec<At<T>>);

impl<T: Read> Read for OneOrMore<T> {
    const SAMPLE: &'static str = T::SAMPLE;

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        if matches!(&*node.content, Content::List(_)) {
            return NonEmpty::read(node, reader).map(|list| Self(list.0));
        }
        T::read(node, reader).map(|value| Self(vec![At { value, span: node.span.clone() }]))
    }

    fn schema() -> Value {
        json!({ "anyOf": [T::schema(), NonEmpty::<T>::schema()] })
    }
}

/// A group whose keys the user chooses, in the order of the file.
#[derive(Debug)]
pub(super) struct Table<K, V>(pub(super) Vec<(At<K>, At<V>)>);

impl<K: ReadKey, V: Read> Read for Table<K, V> {
    const SAMPLE: &'static str = "{ … }";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Content::List(items) = &*node.content {
            let first = items.first().map(|item| &*item.content);
            let help = match first {
                Some(Content::Scalar(scalar)) if !scalar.text.is_empty() => {
                    let instead = match scalar.text.split_once('=') {
                        Some((name, value)) => format!("{name}: {value}"),
                        None => format!("{}:", scalar.text),
                    };
                    format!("write {} instead of {}", quoted(&instead), quoted(&format!("- {}", scalar.text)))
                }
                _ => "remove the `- ` before each key".to_owned(),
            };
            reader.wrong_type(node, "a group of keys", help);
            return None;
        }
        let mut table = Vec::new();
        for entry in reader.entries(node, Self::SAMPLE)? {
            if reader.is_full() {
                break;
            }
            let key = K::read_key(&entry.key, &entry.key_span, reader);
            let value = reader.value(entry);
            table.extend(key.zip(value).map(|(key, value)| (At { value: key, span: entry.key_span.clone() }, value)));
        }
        Some(Self(table))
    }

    fn schema() -> Value {
        K::table_schema(&V::schema())
    }
}
