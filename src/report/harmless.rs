//! JSON that a CI runner's log can hold: `##[` would be one of its commands wherever it stands, and in a
//! text it is written as `#\u0023[`, which is the same. (`::` is a command only at the start of a line,
//! where no text of ours stands.)

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};
use std::io::{self, Write};

/// In one piece: a serializer writes many small ones.
///
/// # Errors
/// What the writer fails with.
pub(super) fn write_compact<T: Serialize + ?Sized>(value: &T, writer: &mut dyn Write) -> io::Result<()> {
    let mut line = Vec::with_capacity(512);
    let mut serializer = serde_json::Serializer::with_formatter(&mut line, Harmless(CompactFormatter));
    value.serialize(&mut serializer)?;
    writer.write_all(&line)
}

/// # Errors
/// What the writer fails with.
pub(super) fn write_pretty<T: Serialize>(value: &T, writer: &mut dyn Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(writer, Harmless(PrettyFormatter::new()));
    Ok(value.serialize(&mut serializer)?)
}

struct Harmless<F>(F);

macro_rules! as_usual {
    ($($name:ident($($argument:ident: $type:ty),*);)*) => {
        $(fn $name<W: ?Sized + Write>(&mut self, writer: &mut W $(, $argument: $type)*) -> io::Result<()> {
            self.0.$name(writer $(, $argument)*)
        })*
    };
}

impl<F: Formatter> Formatter for Harmless<F> {
    as_usual! {
        begin_array();
        end_array();
        begin_array_value(is_first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(is_first: bool);
        end_object_key();
        begin_object_value();
        end_object_value();
    }

    /// A fragment ends where something is escaped, and none of the three characters ever is.
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let bytes = fragment.as_bytes();
        let mut written = 0;
        for at in memchr::memchr_iter(b'#', bytes) {
            if at >= written && bytes[at..].starts_with(b"##[") {
                writer.write_all(&bytes[written..at])?;
                writer.write_all(br"#\u0023[")?;
                written = at + 3;
            }
        }
        writer.write_all(&bytes[written..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn no_text_is_a_command_and_every_text_stays_what_it_is() {
        let value = json!({ "a": ["##[error]x", "###[[##[", "#\n#[", "# #["], "##[group]": "" });
        for write in [write_compact::<Value>, write_pretty::<Value>] {
            let mut bytes = Vec::new();
            write(&value, &mut bytes).unwrap();
            let text = String::from_utf8(bytes).unwrap();
            assert!(!text.contains("##["), "{text}");
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
        let mut bytes = Vec::new();
        write_pretty(&json!({ "a": [1, {}], "b": [] }), &mut bytes).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), format!("{:#}", json!({ "a": [1, {}], "b": [] })));
    }
}
