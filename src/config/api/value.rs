//! Values of the `api` section: addresses, paths, headers, statuses.

use super::StatusPattern;
use super::raw::RawAuth;
use crate::config::choice::Choice;
use crate::config::mistake::Found;
use crate::config::read::{Read, ReadKey, Reader};
use crate::config::suggest::quoted;
use crate::config::text::read_text;
use crate::config::tree::{Content, Node, Span};
use crate::config::{Template, amount, unit};
use crate::record::Environment;
use serde_json::{Value, json};

/// One address, or one for each environment.
#[derive(Debug, Clone)]
pub(in crate::config) enum BaseUrls {
    One(Template),
    Each(Vec<(Environment, Template)>),
}

/// An address without a variable in it can be looked at.
fn read_base(node: &Node, reader: &mut Reader) -> Option<Template> {
    const SAMPLE: &str = "https://example.org";
    let template = Template::read(node, reader)?;
    if template.variables().next().is_some() {
        return Some(template);
    }
    let text = template.shown();
    let url = url::Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let (message, help) = match url {
        None => (format!("{} must be an http or https address, not {}", reader.subject(), quoted(&text)), SAMPLE),
        Some(url) if url.password().is_some() || !url.username().is_empty() => {
            // Without its place: the line would be shown, and the password with it.
            let message = format!("{} holds a user or a password itself", reader.subject());
            let help = "take the whole address from a variable, `${BASE_URL}`, or write `auth`";
            reader.found.push(Found::new(None, message, help));
            return None;
        }
        Some(url) if url.query().is_some() || url.fragment().is_some() => {
            (format!("{} has a query or a fragment", reader.subject()), "the address up to the path")
        }
        Some(_) => return Some(template),
    };
    reader.mistake(&node.span, message, format!("write {help}"));
    None
}

impl Read for BaseUrls {
    const SAMPLE: &'static str = "https://example.org";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        if !matches!(&*node.content, Content::Map(_)) {
            return read_base(node, reader).map(Self::One);
        }
        let mut all = Vec::new();
        for entry in reader.entries(node, Self::SAMPLE)? {
            let environment = Choice::<Environment>::read_key(&entry.key, &entry.key_span, reader);
            let base = reader.under(&entry.key, |reader| read_base(&entry.value, reader));
            all.extend(environment.map(|it| it.0).zip(base));
        }
        Some(Self::Each(all))
    }

    fn schema() -> Value {
        let one = json!({ "type": "string", "minLength": 1 });
        json!({ "anyOf": [one, Choice::<Environment>::table_schema(&one)] })
    }
}

/// The name of a header (RFC 9110, 5.1), in lower case.
#[derive(Debug, Clone)]
pub(in crate::config) struct HeaderKey(pub(in crate::config) String);

const HEADER_NAME: &str = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$";

impl HeaderKey {
    fn parse(text: &str, span: &Span, reader: &mut Reader) -> Option<Self> {
        let is_name = !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
        if is_name {
            return Some(Self(text.to_ascii_lowercase()));
        }
        let message = format!("{} in {} is no name of a header", quoted(text), reader.subject());
        reader.mistake(span, message, "use letters, digits and `-`: `X-Api-Key`");
        None
    }
}

impl Read for HeaderKey {
    const SAMPLE: &'static str = "X-Api-Key";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = read_text(node, reader, Self::SAMPLE)?;
        Self::parse(text, &node.span, reader)
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": HEADER_NAME })
    }
}

impl ReadKey for HeaderKey {
    fn read_key(key: &str, span: &Span, reader: &mut Reader) -> Option<Self> {
        Self::parse(key, span, reader)
    }

    fn table_schema(value: &Value) -> Value {
        json!({ "type": "object", "propertyNames": { "pattern": HEADER_NAME }, "additionalProperties": value })
    }
}

/// A path that may have a query.
#[derive(Debug, Clone)]
pub(in crate::config) struct Path(pub(in crate::config) Template);

impl Read for Path {
    const SAMPLE: &'static str = "/api/health";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let template = Template::read(node, reader)?;
        let text = template.shown();
        let help = if text.contains("://") {
            "write the path alone, the address is `api.base-url`"
        } else if !text.starts_with('/') {
            "begin it with `/`"
        } else if text.contains('#') {
            "remove the fragment, which is never sent"
        } else if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            "write spaces as `%20`"
        } else {
            return Some(Self(template));
        };
        reader.mistake(&node.span, format!("{} cannot be {}", reader.subject(), quoted(&text)), help);
        None
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^/" })
    }
}

/// A status, a class, or a list of both.
#[derive(Debug, Clone)]
pub(in crate::config) struct Statuses(pub(in crate::config) Vec<StatusPattern>);

fn read_status(node: &Node, reader: &mut Reader) -> Option<StatusPattern> {
    let scalar = reader.scalar(node, "a status", "200")?;
    let text = scalar.text.as_str();
    let exact = text.parse::<u16>().ok().filter(|status| (100..=599).contains(status)).map(StatusPattern::Exactly);
    let class = match text.as_bytes() {
        [class @ b'1'..=b'5', b'x' | b'X', b'x' | b'X'] => Some(StatusPattern::Class(u16::from(class - b'0'))),
        _ => None,
    };
    let found = exact.or(class);
    if found.is_none() {
        let message = format!("{} cannot be {}", reader.subject(), quoted(text));
        reader.mistake(&node.span, message, "write a status from 100 to 599, or a class such as `2xx`");
    }
    found
}

impl Read for Statuses {
    const SAMPLE: &'static str = "200";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &*node.content {
            Content::List(items) if !items.is_empty() => {
                let read = |item| reader.in_item(|reader| read_status(item, reader));
                Some(Self(items.iter().filter_map(read).collect()))
            }
            Content::List(_) => {
                let message = format!("{} is an empty list", reader.subject());
                reader.mistake(&node.span, message, "add a status, or remove the key");
                None
            }
            _ => read_status(node, reader).map(|status| Self(vec![status])),
        }
    }

    fn schema() -> Value {
        let one = json!({ "anyOf": [
            { "type": "integer", "minimum": 100, "maximum": 599 },
            { "type": "string", "pattern": "^[1-5]([xX]{2}|[0-9]{2})$" },
        ] });
        json!({ "anyOf": [one, { "type": "array", "minItems": 1, "items": one }] })
    }
}

/// A size in bytes: `10 MB`.
#[derive(Debug, Clone, Copy)]
pub(in crate::config) struct ByteSize(pub(in crate::config) u64);

impl Read for ByteSize {
    const SAMPLE: &'static str = "10 MB";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        amount::read_amount(crate::gate::Unit::Bytes, node, reader).map(|bytes| Self(bytes as u64))
    }

    fn schema() -> Value {
        json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "pattern": unit::SIZE }] })
    }
}

/// `host:port`.
#[derive(Debug, Clone)]
pub(in crate::config) struct HostPort(pub(in crate::config) String, pub(in crate::config) u16);

impl Read for HostPort {
    const SAMPLE: &'static str = "one.one.one.one:443";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = read_text(node, reader, Self::SAMPLE)?;
        let parts = text.rsplit_once(':').and_then(|(host, port)| {
            let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
            let port = port.parse::<u16>().ok().filter(|port| *port > 0)?;
            crate::record::name::is_host(host).then(|| Self(host.to_owned(), port))
        });
        if parts.is_none() {
            let message = format!("{} must be a host and a port, not {}", reader.subject(), quoted(text));
            reader.mistake(&node.span, message, format!("write `{}`", Self::SAMPLE));
        }
        parts
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": ":[0-9]{1,5}$" })
    }
}

/// How requests say who they are, wherever that stands.
#[derive(Debug)]
pub(in crate::config) struct AnyAuth(pub(in crate::config) RawAuth);

impl Read for AnyAuth {
    const SAMPLE: &'static str = RawAuth::SAMPLE;

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        RawAuth::read(node, reader).map(Self)
    }

    fn schema() -> Value {
        json!({ "$ref": "#/$defs/auth" })
    }
}
