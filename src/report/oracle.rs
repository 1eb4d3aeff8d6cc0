//! For tests: what GitHub would make of Markdown, according to comrak, a port of GitHub's own parser
//! with its extensions switched on, and the strings that try to be more than text.

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use proptest::prelude::*;
use regex::Regex;
use std::sync::LazyLock;

/// A piece of a paragraph or a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Inline {
    Text(String),
    Code(String),
    Html(String),
    Link {
        url: String,
        text: Vec<Inline>,
    },
    /// Emphasis and the like.
    Styled(Vec<Inline>),
    Forbidden(String),
}

impl Inline {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Code(text) => text.clone(),
            Self::Html(_) => String::new(),
            Self::Link { text, .. } | Self::Styled(text) => text.iter().map(Self::text).collect(),
            Self::Forbidden(what) => panic!("{what}"),
        }
    }
}

/// A block without its nesting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    Heading(Vec<Inline>),
    Inlines(Vec<Inline>),
    Html(String),
    Code(String),
    Forbidden(String),
}

/// Every leaf block of a document, in order.
pub(super) fn blocks(markdown: &str) -> Vec<Block> {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.alerts = true;
    options.extension.math_dollars = true;
    options.extension.math_code = true;
    let arena = Arena::new();
    let root = parse_document(&arena, markdown, &options);
    let mut found = Vec::new();
    for node in root.descendants() {
        let block = match &node.data.borrow().value {
            NodeValue::Heading(_) => Block::Heading(inlines(node)),
            NodeValue::Paragraph | NodeValue::TableCell => Block::Inlines(inlines(node)),
            NodeValue::HtmlBlock(html) => Block::Html(html.literal.clone()),
            NodeValue::CodeBlock(code) => Block::Code(code.literal.clone()),
            NodeValue::Document
            | NodeValue::List(_)
            | NodeValue::Item(_)
            | NodeValue::Table(_)
            | NodeValue::TableRow(_) => continue,
            value if value.block() => Block::Forbidden(format!("{value:?}")),
            _ => continue,
        };
        found.push(block);
    }
    found
}

fn inlines<'a>(node: &'a AstNode<'a>) -> Vec<Inline> {
    let mut found: Vec<Inline> = Vec::new();
    for child in node.children() {
        let inline = match &child.data.borrow().value {
            NodeValue::Text(text) => Inline::Text(text.to_string()),
            NodeValue::SoftBreak | NodeValue::LineBreak => Inline::Text("\n".into()),
            NodeValue::Code(code) => Inline::Code(code.literal.clone()),
            NodeValue::HtmlInline(html) => Inline::Html(html.clone()),
            NodeValue::Link(link) => Inline::Link { url: link.url.clone(), text: inlines(child) },
            NodeValue::Strong | NodeValue::Emph => Inline::Styled(inlines(child)),
            value => Inline::Forbidden(format!("{value:?}")),
        };
        match (found.last_mut(), inline) {
            (Some(Inline::Text(before)), Inline::Text(text)) => before.push_str(&text),
            (_, inline) => found.push(inline),
        }
    }
    found
}

/// The one paragraph of a text.
pub(super) fn paragraph(markdown: &str) -> Vec<Inline> {
    match blocks(markdown).as_slice() {
        [Block::Inlines(inlines)] => inlines.clone(),
        other => panic!("{other:?}"),
    }
}

/// The cells of a row.
pub(super) fn table_row(row: &str) -> Vec<Vec<Inline>> {
    let table = format!("| a | b |\n| -- | -- |\n{row}\n");
    let cells = blocks(&table).into_iter().skip(2).map(|block| match block {
        Block::Inlines(inlines) => inlines,
        other => panic!("{other:?}"),
    });
    cells.collect()
}

/// The one code block of a text.
pub(super) fn code_block(markdown: &str) -> Option<String> {
    match blocks(markdown).as_slice() {
        [Block::Code(code)] => Some(code.clone()),
        _ => None,
    }
}

/// A mention, reference, address or emoji that GitHub would find in a text outside of code.
pub(super) fn reference_in(text: &str) -> Option<String> {
    static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)@[a-z0-9]|#[0-9]|\bgh-[0-9]|[a-z]:/|www\.|:[a-z0-9_+-]+:").expect("the pattern is constant")
    });
    REFERENCE.find(text).map(|found| found.as_str().to_owned())
}

/// Text made of what means something in Markdown, HTML, on GitHub and in a terminal, and of any other.
pub(super) fn hostile() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "`",
        "``",
        "```",
        "~~~",
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        "\n\n```\n",
        " ",
        "    ",
        "\t",
        "|",
        "\\",
        "\\|",
        "\\`",
        "*",
        "**",
        "_",
        "~~",
        "[",
        "]",
        "(",
        ")",
        "![",
        "](",
        "](https://evil.example/)",
        "<",
        ">",
        "</",
        "<!--",
        "-->",
        "<!-- shipgate:v1 key=default run=9 attempt=1 sha=x -->",
        "<b>",
        "<img src=x onerror=alert(1)>",
        "</details>",
        "<details>",
        "</summary>",
        "<script>",
        "<!DOCTYPE x>",
        "<![CDATA[",
        "<?x",
        "@team",
        "@acme/owners",
        "a@b.example",
        "#1",
        "acme/site#12",
        "GH-7",
        "gh-",
        "https://evil.example/x",
        "www.evil.example",
        "javascript:alert(1)",
        "mailto:a@b.example",
        ":tada:",
        ":",
        "$",
        "$$",
        "$`",
        "`$",
        "&lt;",
        "&#64;",
        "&",
        ";",
        "#",
        "# ",
        "- ",
        "1. ",
        "> ",
        "> [!NOTE]",
        "---",
        "===",
        "- [ ] ",
        "[^1]",
        "[^1]: x",
        "\u{1b}[31m",
        "\u{0}",
        "\u{7}",
        "\u{9b}",
        "\u{202e}",
        "\u{200b}",
        "\u{2028}",
        "\u{feff}",
        "é",
        "日本",
        "💥",
        "word",
        "a",
        "0",
        "w",
        "g",
        "h",
    ];
    let piece = prop_oneof![8 => proptest::sample::select(PIECES).prop_map(String::from), 2 => any::<String>(), 1 => "[ -~]{0,12}"];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}
