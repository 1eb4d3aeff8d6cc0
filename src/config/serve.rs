//! The `serve` section: who may ask the server, and the secrets of those who send it webhooks.

use super::Template;
use super::choice::{Choice, Word};
use super::collection::{NonEmpty, Table};
use super::deploy::refuse_plain;
use super::read::{At, Read, ReadKey, Reader, keys};
use super::suggest::quoted;
use super::text::{Line, read_text};
use super::tree::{Node, Span};
use super::value::{Count, Timeout};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    Read,
    /// Besides, the life of errors.
    Write,
}

impl Word for Scope {
    const ALL: &'static [Self] = &[Self::Read, Self::Write];
    const SAMPLE: &'static str = "read";

    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// One who may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenConfig {
    pub name: String,
    pub scope: Scope,
    /// SHA-256 of the token in lower-case hex.
    pub hash: String,
}

/// Senders of webhooks, in the order of their names in the file.
pub const SENDERS: [&str; 6] = ["github", "vercel", "railway", "render", "netlify", "generic"];

/// A checked `serve` section.
#[derive(Debug, Clone)]
pub struct ServeConfig {
    pub listen: SocketAddr,
    pub tokens: Vec<TokenConfig>,
    /// Requests that one address may make in a minute.
    pub rate_limit: u32,
    /// How often the platform is asked that sends no webhooks.
    pub poll: Duration,
    /// The sender and its secret.
    pub webhooks: Vec<(&'static str, Template)>,
    /// `None`: Render's events stay without their deployments.
    pub render: Option<RenderConfig>,
}

/// Render's API, which says what its webhooks do not.
#[derive(Debug, Clone)]
pub struct RenderConfig {
    pub token: Template,
    /// Instead of Render's own address.
    pub base_url: Option<Template>,
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8686)),
            tokens: Vec::new(),
            rate_limit: 600,
            poll: Duration::from_secs(30),
            webhooks: Vec::new(),
            render: None,
        }
    }
}

keys! {
    /// The server: dashboard, API and webhooks.
    struct RawServe, sample "{ listen: \"127.0.0.1:8686\" }" {
        /// Where it listens. Default: `127.0.0.1:8686`; elsewhere than on this machine only with `tokens`.
        listen = "listen": Listen,
        /// Who may ask. `shipgate serve --new-token read` makes one.
        tokens = "tokens": NonEmpty<RawToken>,
        /// Requests that one address may make in a minute. Default: 600.
        rate_limit = "rate-limit": Count,
        /// How often a platform is asked that sends no webhooks. Default: `30s`.
        poll = "poll": Timeout,
        /// Secrets of those who send webhooks, by sender, from variables.
        webhooks = "webhooks": Table<SenderName, Template>,
        /// Render's API: its webhooks do not say which deployment they are about.
        render = "render": RawRender,
    }
}

keys! {
    /// What is asked after a webhook of Render.
    struct RawRender, sample "{ token: \"${RENDER_API_KEY}\" }" {
        /// The key for Render's API, from a variable.
        token = "token" required "\"${RENDER_API_KEY}\"": Template,
        /// Another address of Render's API. `${NAME}` is a variable.
        base_url = "base-url": Template,
    }
}

keys! {
    /// One who may ask.
    struct RawToken, sample "{ name: ci, scope: read, hash: \"…\" }" {
        /// What the log calls it.
        name = "name" required "ci": Line,
        /// What it allows: `read`, or `write` for the life of errors, too. Default: `read`.
        scope = "scope": Choice<Scope>,
        /// SHA-256 of the token, as `shipgate serve --new-token` prints it.
        hash = "hash" required "\"…\"": Hash,
    }
}

/// An address and a port.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listen(pub(super) SocketAddr);

impl Read for Listen {
    const SAMPLE: &'static str = "\"127.0.0.1:8686\"";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = read_text(node, reader, Self::SAMPLE)?;
        if let Ok(address) = text.parse() {
            return Some(Self(address));
        }
        let message = format!("{} cannot be {}: it is no address and port", reader.subject(), quoted(text));
        reader.mistake(&node.span, message, format!("write {}", reader.line(Self::SAMPLE)));
        None
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": ":[0-9]{1,5}$" })
    }
}

/// SHA-256 in hex.
#[derive(Debug, Clone)]
pub(super) struct Hash(pub(super) String);

impl Read for Hash {
    const SAMPLE: &'static str = "\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = read_text(node, reader, Self::SAMPLE)?;
        if text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Some(Self(text.to_owned()));
        }
        // Without its place: it may be the token itself.
        let message = format!("{} is no SHA-256 of a token", reader.subject());
        let help = "make a token and its hash with `shipgate serve --new-token read`";
        reader.found.push(super::mistake::Found::new(None, message, help));
        None
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

/// One of [`SENDERS`].
#[derive(Debug, Clone, Copy)]
pub(super) struct SenderName(pub(super) &'static str);

impl ReadKey for SenderName {
    fn read_key(key: &str, span: &Span, reader: &mut Reader) -> Option<Self> {
        if let Some(name) = SENDERS.into_iter().find(|name| *name == key) {
            return Some(Self(name));
        }
        let message = format!("{} is not a key of {}", quoted(key), reader.subject());
        reader.mistake(span, message, super::suggest::instead(key, &SENDERS));
        None
    }

    fn table_schema(value: &Value) -> Value {
        let properties: serde_json::Map<_, _> =
            SENDERS.iter().map(|name| ((*name).to_owned(), value.clone())).collect();
        json!({ "type": "object", "additionalProperties": false, "properties": properties })
    }
}

/// The section as the rest of the program works with it.
pub(super) fn check_serve(raw: RawServe, reader: &mut Reader) -> ServeConfig {
    let default = ServeConfig::default();
    let tokens = raw.tokens.map(|list| list.value.0).unwrap_or_default();
    let names = tokens.iter().filter_map(|it| it.value.name.as_ref());
    super::check::refuse_repeats("serve.tokens", names.map(|name| (name.value.0.as_str().into(), &name.span)), reader);
    let token = |At { value: raw, .. }: At<RawToken>| {
        let scope = raw.scope.map_or(Scope::Read, |scope| scope.value.0);
        Some(TokenConfig { name: raw.name?.value.0, scope, hash: raw.hash?.value.0 })
    };
    let webhooks = raw.webhooks.map(|table| table.value.0).unwrap_or_default();
    for (sender, secret) in &webhooks {
        let key = format!("serve.webhooks.{}", sender.value.0);
        refuse_plain(&key, &secret.value, "WEBHOOK_SECRET", reader);
    }
    let render = |At { value: raw, .. }: At<RawRender>| {
        let token = raw.token?.value;
        Some(RenderConfig { token, base_url: raw.base_url.map(|base| base.value) })
    };
    if let Some(token) = raw.render.as_ref().and_then(|it| it.value.token.as_ref()) {
        refuse_plain("serve.render.token", &token.value, "RENDER_API_KEY", reader);
    }
    ServeConfig {
        listen: raw.listen.map_or(default.listen, |listen| listen.value.0),
        tokens: tokens.into_iter().filter_map(token).collect(),
        rate_limit: raw.rate_limit.map_or(default.rate_limit, |count| count.value.0),
        poll: raw.poll.map_or(default.poll, |time| time.value.0),
        webhooks: webhooks.into_iter().map(|(sender, secret)| (sender.value.0, secret.value)).collect(),
        render: raw.render.and_then(render),
    }
}
