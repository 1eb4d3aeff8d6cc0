//! YAML → a tree in which every value knows its place (<https://yaml.org/spec/1.2.2/>).
//!
//! Aliases share what they stand for, so unfolding costs no memory; how much they unfold to is limited.
//! Knows nothing of the keys of `shipgate.yml`.

use super::mistake::Found;
use super::suggest::quoted;
use serde_saphyr::granit_parser::{self, Event, Parser, ScalarStyle, StructureStyle};
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

mod decode;
mod syntax;

pub(super) use decode::decode;

pub(super) type Span = Range<usize>;

/// The most values a file may have, aliases unfolded.
const MAX_VALUES: usize = 100_000;
/// The deepest nesting, aliases unfolded. Dropping and reading a tree take stack by its depth.
const MAX_DEPTH: usize = 64;

/// A value and its place: for a collection, what its first line has of it.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) content: Rc<Content>,
}

#[derive(Debug)]
pub(super) enum Content {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// Already reported; readers pass over it in silence.
    Broken,
}

#[derive(Debug)]
pub(super) struct Scalar {
    pub(super) text: String,
    pub(super) is_plain: bool,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) value: Node,
}

/// What a scalar is by YAML's core schema (<https://yaml.org/spec/1.2.2/#103-core-schema>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScalarKind {
    Null,
    Bool(bool),
    Number,
    Text,
}

impl Scalar {
    pub(super) fn kind(&self) -> ScalarKind {
        if !self.is_plain {
            return ScalarKind::Text;
        }
        match self.text.as_str() {
            "" | "~" | "null" | "Null" | "NULL" => ScalarKind::Null,
            "true" | "True" | "TRUE" => ScalarKind::Bool(true),
            "false" | "False" | "FALSE" => ScalarKind::Bool(false),
            text if is_number(text) => ScalarKind::Number,
            _ => ScalarKind::Text,
        }
    }
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let radix = |prefix: &str, radix: u32| {
        text.strip_prefix(prefix).is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix)))
    };
    radix("0x", 16)
        || radix("0o", 8)
        || matches!(unsigned, ".inf" | ".Inf" | ".INF")
        || matches!(text, ".nan" | ".NaN" | ".NAN")
        // Rust also reads `inf` and `nan`, which YAML calls text.
        || unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') && unsigned.parse::<f64>().is_ok()
}

impl Node {
    pub(super) fn is_null(&self) -> bool {
        matches!(&*self.content, Content::Scalar(scalar) if scalar.kind() == ScalarKind::Null)
    }
}

/// The tree of the only document. `None` when the text is no YAML, or says nothing; then `found` says so.
pub(super) fn parse(text: &str, found: &mut Vec<Found>) -> Option<Node> {
    let builder = Builder { text, found, anchors: HashMap::new(), stack: Vec::new(), root: None, values: 0 };
    match builder.build() {
        Ok(root) => root,
        Err(fatal) => {
            // Mistakes found on the way may follow from this one.
            *found = vec![*fatal];
            None
        }
    }
}

struct Builder<'a, 'f> {
    text: &'a str,
    found: &'f mut Vec<Found>,
    anchors: HashMap<usize, Anchored>,
    stack: Vec<Frame>,
    root: Option<Node>,
    /// Values so far, aliases unfolded.
    values: usize,
}

#[derive(Clone)]
struct Anchored {
    node: Node,
    values: usize,
    depth: usize,
}

/// An open collection.
struct Frame {
    start: usize,
    style: StructureStyle,
    anchor: usize,
    values_before: usize,
    depth: usize,
    kind: FrameKind,
}

enum FrameKind {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<Key> },
}

enum Key {
    Text(String, Span),
    /// Already reported; its value is dropped.
    Broken,
}

type Fatal = Box<Found>;

impl Builder<'_, '_> {
    fn build(mut self) -> Result<Option<Node>, Fatal> {
        let mut options = granit_parser::options! {
            emit_unresolved_aliases: true,
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        options.set_emit_comments(false);
        let mut documents = 0;
        for event in Parser::new_from_str_with_options(self.text, options) {
            let (event, span) = event.map_err(|error| {
                let bracket = self.stack.iter().rev().find(|frame| frame.style == StructureStyle::Flow);
                Box::new(syntax::explain(self.text, &error, bracket.map(|frame| frame.start)))
            })?;
            let mut is_broken = false;
            let range = span.byte_range().unwrap_or_default();
            if let Some(tag) = event.tag() {
                let place = span.tag_span().and_then(|span| span.byte_range()).unwrap_or(range.clone());
                // What an application makes of its own tag is not known here.
                is_broken = tag.is_custom();
                let message = format!("the tag {} means nothing here", quoted(&tag.original()));
                self.found.push(Found::new(Some(place), message, "remove it; to make a value text, put it in quotes"));
            }
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        let help = "remove the `---` and what follows it: the file is one document";
                        return Err(Box::new(Found::new(Some(range), "a second YAML document starts here", help)));
                    }
                }
                Event::Scalar(value, style, anchor, _) => {
                    let is_plain = style == ScalarStyle::Plain;
                    // The parser says `~` where there is nothing.
                    let text = if is_plain && range.is_empty() { String::new() } else { value.into_owned() };
                    let scalar = Content::Scalar(Scalar { text, is_plain });
                    let content = if is_broken { Content::Broken } else { scalar };
                    let node = Node { span: self.first_line(range), content: Rc::new(content) };
                    self.add(Anchored { node, values: 1, depth: 0 }, anchor)?;
                }
                Event::SequenceStart(style, anchor, _) => {
                    self.open(range.start, style, anchor, FrameKind::List(Vec::new()));
                }
                Event::MappingStart(style, anchor, _) => {
                    self.open(range.start, style, anchor, FrameKind::Map { entries: Vec::new(), key: None });
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(range.end)?,
                Event::Alias(id) => self.alias(id, range)?,
                Event::UnresolvedAlias(name) => {
                    let message = format!("the alias {} stands for nothing", quoted(&format!("*{name}")));
                    let help = format!("put `&{name}` before a value above, or quote the text: `\"*{name}\"`");
                    self.found.push(Found::new(Some(range.clone()), message, help));
                    self.add(broken(range), 0)?;
                }
                _ => {}
            }
        }
        Ok(self.root)
    }

    fn open(&mut self, start: usize, style: StructureStyle, anchor: usize, kind: FrameKind) {
        self.stack.push(Frame { start, style, anchor, values_before: self.values, depth: 0, kind });
    }

    fn close(&mut self, end: usize) -> Result<(), Fatal> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let content = match frame.kind {
            FrameKind::List(items) => Content::List(items),
            FrameKind::Map { entries, .. } => Content::Map(entries),
        };
        let node = Node { span: self.first_line(frame.start..end), content: Rc::new(content) };
        let values = self.values - frame.values_before + 1;
        // `add` counts the collection again with what is in it.
        self.values = frame.values_before;
        self.add(Anchored { node, values, depth: frame.depth + 1 }, frame.anchor)
    }

    fn alias(&mut self, id: usize, range: Span) -> Result<(), Fatal> {
        if let Some(mut anchored) = self.anchors.get(&id).cloned() {
            anchored.node.span = range;
            return self.add(anchored, 0);
        }
        let message = "an alias stands for a value that it is part of";
        self.found.push(Found::new(Some(range.clone()), message, "write the value out"));
        self.add(broken(range), 0)
    }

    /// Puts a finished value where it belongs.
    fn add(&mut self, anchored: Anchored, anchor: usize) -> Result<(), Fatal> {
        let span = anchored.node.span.clone();
        self.values = self.values.saturating_add(anchored.values);
        if self.values > MAX_VALUES || anchored.depth > MAX_DEPTH {
            let message = if anchored.depth > MAX_DEPTH {
                format!("the file nests more than {MAX_DEPTH} deep")
            } else {
                format!("the file unfolds to more than {MAX_VALUES} values")
            };
            return Err(Box::new(Found::new(
                Some(span),
                message,
                "write the values out instead of using aliases (`*`)",
            )));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, anchored.clone());
        }
        let Anchored { node, depth, .. } = anchored;
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        frame.depth = frame.depth.max(depth);
        match &mut frame.kind {
            FrameKind::List(items) => {
                // An item without a value is pointed at by its dash.
                let dash = self.text[..node.span.start].trim_end().len().saturating_sub(1);
                let is_nothing =
                    node.span.is_empty() && self.text.get(dash..).is_some_and(|rest| rest.starts_with('-'));
                items.push(if is_nothing { Node { span: dash..dash + 1, ..node } } else { node });
            }
            FrameKind::Map { entries, key } => match key.take() {
                None => *key = Some(read_key(&node, self.found)),
                Some(Key::Broken) => {}
                Some(Key::Text(text, key_span)) => {
                    let mut value = node;
                    // Nothing cannot be pointed at; the key can.
                    if value.span.is_empty() {
                        value.span = key_span.clone();
                    }
                    entries.push(Entry { key: text, key_span, value });
                }
            },
        }
        Ok(())
    }

    /// What the first line has of a span, so that a mistake does not mark half the file.
    fn first_line(&self, span: Span) -> Span {
        let text = self.text.get(span.clone()).unwrap_or_default();
        let line = text.split(['\n', '\r']).next().unwrap_or_default().trim_end();
        span.start..span.start + line.len()
    }
}

fn broken(span: Span) -> Anchored {
    Anchored { node: Node { span, content: Rc::new(Content::Broken) }, values: 1, depth: 0 }
}

fn read_key(node: &Node, found: &mut Vec<Found>) -> Key {
    let (message, help) = match &*node.content {
        Content::Scalar(scalar) if scalar.is_plain && scalar.text == "<<" => {
            ("`<<` does not merge anything in YAML 1.2", "write the keys out")
        }
        Content::Scalar(scalar) => return Key::Text(scalar.text.clone(), node.span.clone()),
        Content::Broken => return Key::Broken,
        Content::List(_) | Content::Map(_) => {
            ("a key must be text", "put a text that contains brackets in quotes, or write `key: value`")
        }
    };
    // `{{ name }}` is a key of brackets in a key of brackets: one mistake.
    while found.last().and_then(|found| found.span.as_ref()).is_some_and(|span| span.start >= node.span.start) {
        found.pop();
    }
    found.push(Found::new(Some(node.span.clone()), message, help));
    Key::Broken
}
