//! Texts that name variables: `Bearer ${API_TOKEN}`. The values come from who uses the configuration.

use super::read::{Read, Reader};
use super::suggest::quoted;
use super::text::read_text;
use super::tree::Node;
use crate::record::variable::is_identifier;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// A text with the values of variables to be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(String),
}

impl Template {
    /// A text without variables, whatever stands in it.
    #[must_use]
    pub fn literal(text: impl Into<String>) -> Self {
        Self { parts: vec![Part::Text(text.into())] }
    }

    /// `${NAME}` is a variable, `$${` a dollar and a brace; any other dollar is itself.
    fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        let mut plain = String::new();
        while let Some(at) = rest.find("${") {
            let (before, after) = rest.split_at(at);
            if let Some(before) = before.strip_suffix('$') {
                plain.push_str(before);
                plain.push_str("${");
                rest = &after[2..];
                continue;
            }
            plain.push_str(before);
            let end = after.find('}').ok_or_else(|| after.to_owned())?;
            let name = &after[2..end];
            if !is_identifier(name) {
                return Err(after[..=end].to_owned());
            }
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Variable(name.to_owned()));
            rest = &after[end + 1..];
        }
        plain.push_str(rest);
        if !plain.is_empty() || parts.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { parts })
    }

    /// The names of the variables in it.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text with every variable replaced by its value.
    ///
    /// # Errors
    /// The name of the first variable without a value.
    pub fn fill<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Result<String, String> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Variable(name) => text.push_str(value(name).ok_or_else(|| name.clone())?),
            }
        }
        Ok(text)
    }

    /// A connection string: a variable is the whole of it, or a name or a password in it, as it is, which is
    /// percent-encoded on its way in.
    ///
    /// # Errors
    /// The name of the first variable without a value.
    pub fn fill_connection_string<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Result<String, String> {
        if let [Part::Variable(_)] = self.parts.as_slice() {
            return self.fill(value);
        }
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Variable(name) => {
                    let value = value(name).ok_or_else(|| name.clone())?;
                    text.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
                }
            }
        }
        Ok(text)
    }

    /// The text as it stands in the file.
    #[must_use]
    pub fn shown(&self) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Variable(name) => format!("${{{name}}}"),
        };
        self.parts.iter().map(part).collect()
    }
}

impl Read for Template {
    const SAMPLE: &'static str = "\"${API_TOKEN}\"";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = read_text(node, reader, Self::SAMPLE)?;
        match Self::parse(text) {
            Ok(template) => Some(template),
            Err(part) => {
                let message = format!("{} has a {} that is no variable", reader.subject(), quoted(&part));
                reader.mistake(
                    &node.span,
                    message,
                    "write `${NAME}` for a variable, `$${` for these characters themselves",
                );
                None
            }
        }
    }

    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_and_other_dollars_stay() {
        let fill = |text: &str| Template::parse(text).unwrap().fill(|name| (name == "A").then_some("${B}"));
        assert_eq!(fill("x ${A} $5 $A"), Ok("x ${B} $5 $A".to_owned()));
        assert_eq!(fill("$${A}"), Ok("${A}".to_owned()));
        assert_eq!(fill("${A}${C}"), Err("C".to_owned()));
        assert_eq!(Template::parse("a ${A} b").unwrap().shown(), "a ${A} b");
    }

    #[test]
    fn a_variable_is_the_whole_connection_string_or_an_encoded_part_of_it() {
        let value = |name: &str| (name == "A").then_some("p@ss/w:rd?#%");
        let fill = |text: &str| Template::parse(text).unwrap().fill_connection_string(value);
        assert_eq!(fill("${A}"), Ok("p@ss/w:rd?#%".to_owned()));
        assert_eq!(fill("u:${A}@h"), Ok("u:p%40ss%2Fw%3Ard%3F%23%25@h".to_owned()));
        assert_eq!(fill("${A}${A}").unwrap().matches("p%40ss").count(), 2);
        assert_eq!(fill("u:${A}@${B}"), Err("B".to_owned()));
    }

    #[test]
    fn what_is_no_variable_is_a_mistake() {
        for text in ["${", "${A", "${}", "${A B}", "x ${1}"] {
            assert!(Template::parse(text).is_err(), "{text}");
        }
    }
}
