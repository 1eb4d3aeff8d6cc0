//! Reports that are XML: checkstyle's and JUnit's.
//!
//! A document is kept until its root element ends, up to [`LARGEST_DOCUMENT`] bytes, and is then read
//! as a whole. Entities of a document's own are never expanded. Knows which root is whose report;
//! what the reports mean is in a file each.

mod checkstyle;
mod junit;
mod split;

use super::draft::{Draft, Out};
use super::line::Line;
use super::reader::{LARGEST_DOCUMENT, Reader, ReaderSpec, Step};
use quick_xml::Reader as XmlReader;
use quick_xml::events::{BytesRef, BytesStart};
use split::{Event, Splitter};

pub(super) const READER: ReaderSpec =
    ReaderSpec { name: "xml", markers: &["<checkstyle", "<testsuite"], new: || Box::new(Xml::new()) };

/// What the root element says that the document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Root {
    Checkstyle,
    JUnit,
}

struct Xml {
    splitter: Splitter,
    buffer: Vec<u8>,
    root: Option<Root>,
    open: bool,
    /// The line of the output in which the document begins.
    begins: u64,
    draft: Draft,
}

impl Xml {
    fn new() -> Self {
        Self {
            splitter: Splitter::default(),
            buffer: Vec::new(),
            root: None,
            open: false,
            begins: 0,
            draft: Draft::new("xml"),
        }
    }

    fn reset(&mut self) {
        *self = Self::new();
    }

    /// Closes a document that cannot be read; what is not known to be a report is passed over.
    fn refuse(&mut self, why: &str, out: &mut Out<'_, '_>) {
        if self.root.is_some() {
            out.unreadable(self.begins, &format!("the XML report that begins in line {} {why}", self.begins));
        }
        self.reset();
    }

    /// Takes a line of a document; `false`: it is none, or no report.
    fn push(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let (taken, event) = self.splitter.push(line.text);
        if self.buffer.len() + taken > LARGEST_DOCUMENT {
            self.refuse(&format!("is larger than {} MiB", LARGEST_DOCUMENT >> 20), out);
            return false;
        }
        self.buffer.extend_from_slice(&line.text[..taken]);
        if self.root.is_none() {
            self.root = root_of(&self.buffer);
        }
        match event {
            Event::Wrong => {
                self.refuse(&format!("is not XML in line {}", out.number), out);
                return false;
            }
            Event::More if self.splitter.in_root() && self.root.is_none() => {
                self.reset();
                return false;
            }
            Event::More => {
                self.splitter.push(b"\n");
                self.buffer.push(b'\n');
            }
            Event::End => {
                let Some(root) = self.root else {
                    self.reset();
                    return false;
                };
                let text = String::from_utf8_lossy(&self.buffer).into_owned();
                let read = match root {
                    Root::Checkstyle => checkstyle::read(&text, &mut self.draft, out),
                    Root::JUnit => junit::read(&text, &mut self.draft, out),
                };
                match read {
                    Ok(()) => self.reset(),
                    Err(error) => self.refuse(&format!("cannot be read: {error}"), out),
                }
            }
        }
        true
    }
}

impl Reader for Xml {
    fn is_open(&self) -> bool {
        self.open
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        if !self.open {
            let start = line.text.trim_ascii_start();
            if !(start.starts_with(b"<?xml") || root_at(start).is_some()) {
                return Step::Pass;
            }
            self.open = true;
            self.begins = out.number;
        }
        if self.push(line, out) { Step::Took("xml: document") } else { Step::Pass }
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        if self.open {
            self.refuse("does not end", out);
        }
    }
}

/// The report that a start tag begins.
fn root_at(text: &[u8]) -> Option<Root> {
    for (name, root) in
        [(&b"<checkstyle"[..], Root::Checkstyle), (b"<testsuites", Root::JUnit), (b"<testsuite", Root::JUnit)]
    {
        if let Some(rest) = text.strip_prefix(name)
            && rest.first().is_none_or(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'))
        {
            return Some(root);
        }
    }
    None
}

/// The report that the first start tag of a document begins.
fn root_of(document: &[u8]) -> Option<Root> {
    memchr::memchr_iter(b'<', document).find_map(|at| root_at(&document[at..]))
}

/// A reader that gives empty elements as a start and an end.
pub(crate) fn events(document: &str) -> XmlReader<&[u8]> {
    let mut reader = XmlReader::from_str(document);
    reader.config_mut().expand_empty_elements = true;
    reader
}

/// An attribute's value with its references resolved; unlike XML's own rules, line breaks stay.
pub(crate) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.attributes().with_checks(false).flatten().find(|attribute| attribute.key.as_ref() == name)?;
    Some(
        quick_xml::escape::unescape(&found.value)
            .map_or_else(|_| found.value.to_string(), std::borrow::Cow::into_owned),
    )
}

/// A positive number of an attribute.
fn number(tag: &BytesStart<'_>, name: &str) -> Option<u32> {
    attribute(tag, name)?.trim().parse().ok().filter(|&number| number > 0)
}

/// What a reference (`&lt;`, `&#10;`) stands for; one that nothing is known of stays as it is.
pub(crate) fn resolved(reference: &BytesRef<'_>) -> String {
    let whole = format!("&{};", &**reference);
    quick_xml::escape::unescape(&whole).map_or_else(|_| whole.clone(), std::borrow::Cow::into_owned)
}
