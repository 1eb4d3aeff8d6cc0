//! A page → what it names that a browser loads, and the code and styles within it.
//!
//! The tokenizer is the HTML standard's (<https://html.spec.whatwg.org/multipage/parsing.html#tokenization>), so broken
//! pages are read as browsers read them, as far as that goes without a tree. What islands name:
//! <https://docs.astro.build/en/concepts/islands/> (`astro-island`).

use super::script::{Imports, read_imports};
use html5gum::{DefaultEmitter, Spanned, StartTag, Token, Tokenizer};

/// When something is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// With the page, without anybody doing anything.
    First,
    /// If something becomes so: a lazy image comes near, a media query fits.
    Later,
}

/// What is loaded, as far as it decides what else is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Imports of its own are loaded with it.
    Module,
    Script,
    Style,
    /// Nothing else follows from it.
    File,
}

/// One address that a page names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) address: String,
    pub(super) role: Role,
    pub(super) when: When,
}

/// What a page says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// Of `<base href>`.
    pub(super) base: Option<String>,
    pub(super) references: Vec<Reference>,
    /// Of all code within it.
    pub(super) imports: Imports,
    /// Bytes.
    pub(super) inline_script: u64,
    pub(super) inline_style: u64,
    /// It names an icon; browsers ask for `/favicon.ico` where a page names none.
    pub(super) has_icon: bool,
    /// `<meta http-equiv=refresh>` at once: the address.
    pub(super) redirect: Option<String>,
    pub(super) unknown: Vec<String>,
}

/// Reads a page; whatever it is, it ends.
pub(super) fn read_page(bytes: &[u8]) -> Page {
    let mut emitter = DefaultEmitter::<usize>::new_with_span();
    emitter.naively_switch_states(true);
    let mut reader = Reader { bytes, page: Page::default(), open: None, hidden: 0 };
    for token in Tokenizer::new_with_emitter(bytes, emitter) {
        match token {
            Ok(Token::StartTag(tag)) => reader.start(&tag),
            Ok(Token::EndTag(tag)) => reader.end(&tag.name, tag.span.start),
            Ok(_) => {}
            Err(never) => match never {},
        }
    }
    // A script or style that nothing closes is not run, but it is there.
    reader.end(b"script", bytes.len());
    reader.end(b"style", bytes.len());
    reader.page
}

/// A script or style whose text is being read.
enum Open {
    Classic { from: usize },
    Module { from: usize },
    Style { from: usize },
}

struct Reader<'a> {
    bytes: &'a [u8],
    page: Page,
    open: Option<Open>,
    /// How many templates and `noscript`s are open: browsers with scripts load nothing of theirs.
    hidden: usize,
}

impl Reader<'_> {
    fn start(&mut self, tag: &StartTag<usize>) {
        let name: &[u8] = &tag.name;
        // The tokenizer takes the whole of a `noscript` for text, so only templates nest.
        if name == b"template" && !tag.self_closing {
            self.hidden += 1;
        }
        if self.hidden > 0 {
            return;
        }
        let attribute = |name: &[u8]| tag.attributes.get(name).map(text);
        match name {
            b"base" if self.page.base.is_none() => self.page.base = attribute(b"href"),
            b"script" => self.script(tag),
            b"style" => self.open = Some(Open::Style { from: tag.span.end }),
            b"link" => self.link(tag),
            b"astro-island" => self.island(tag),
            b"img" => self.image(tag),
            b"video" | b"audio" => {
                if let Some(poster) = attribute(b"poster") {
                    self.add(&poster, Role::File, When::First);
                }
                let source = attribute(b"src").unwrap_or_default();
                self.not_known(format!("how much of `<{}>` {source} is loaded", String::from_utf8_lossy(name)));
            }
            b"iframe" | b"object" | b"embed" => {
                if let Some(address) = attribute(b"src").or_else(|| attribute(b"data")) {
                    self.not_known(format!("what `{address}` loads, which is shown within the page"));
                }
            }
            b"meta" if attribute(b"http-equiv").is_some_and(|it| it.eq_ignore_ascii_case("refresh")) => {
                let content = attribute(b"content").unwrap_or_default();
                let (seconds, rest) = content.split_once([';', ',']).unwrap_or((&content, ""));
                let address =
                    rest.trim().get(..4).filter(|it| it.eq_ignore_ascii_case("url=")).map(|_| &rest.trim()[4..]);
                if seconds.trim() == "0" {
                    self.page.redirect = address.map(|it| it.trim_matches(['\'', '"', ' ']).to_owned());
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &[u8], at: usize) {
        if name == b"template" {
            self.hidden = self.hidden.saturating_sub(1);
        }
        let (from, is_style) = match (&self.open, name) {
            (Some(Open::Classic { from } | Open::Module { from }), b"script") => (*from, false),
            (Some(Open::Style { from }), b"style") => (*from, true),
            _ => return,
        };
        let text = self.bytes.get(from..at).unwrap_or_default();
        let is_module = matches!(self.open.take(), Some(Open::Module { .. }));
        if is_style {
            self.page.inline_style += text.len() as u64;
            for address in super::style::read_imports(text) {
                self.add(&address, Role::Style, When::First);
            }
            return;
        }
        self.page.inline_script += text.len() as u64;
        // Parsing is spared where there can be nothing to find.
        if memchr::memmem::find(text, b"import").is_some() {
            let imports = read_imports(text);
            if is_module {
                self.page.imports.now.extend(imports.now);
            }
            self.page.imports.later.extend(imports.later);
            // Astro's own code for islands imports what they name, which is known.
            let is_of_islands = memchr::memmem::find(text, b"astro-island").is_some();
            self.page.imports.is_partial |= imports.is_partial && !is_of_islands;
        }
    }

    fn script(&mut self, tag: &StartTag<usize>) {
        let attribute = |name: &[u8]| tag.attributes.get(name).map(text);
        let kind = attribute(b"type").unwrap_or_default().trim().to_ascii_lowercase();
        let is_module = kind == "module";
        let is_classic = kind.is_empty() || kind.ends_with("javascript") || kind.ends_with("ecmascript");
        // Browsers that know modules leave it alone.
        let is_for_old = !is_module && tag.attributes.contains_key(&b"nomodule"[..]);
        if kind == "importmap" {
            self.not_known("what the page's import map makes of names".to_owned());
        }
        if !is_module && !is_classic || is_for_old {
            return;
        }
        match attribute(b"src") {
            Some(address) => self.add(&address, if is_module { Role::Module } else { Role::Script }, When::First),
            None if is_module => self.open = Some(Open::Module { from: tag.span.end }),
            None => self.open = Some(Open::Classic { from: tag.span.end }),
        }
    }

    fn link(&mut self, tag: &StartTag<usize>) {
        let attribute = |name: &[u8]| tag.attributes.get(name).map(text);
        let Some(address) = attribute(b"href") else { return };
        let relations = attribute(b"rel").unwrap_or_default().to_ascii_lowercase();
        let is = |relation: &str| relations.split_ascii_whitespace().any(|it| it == relation);
        self.page.has_icon |= is("icon");
        let is_disabled = tag.attributes.contains_key(&b"disabled"[..]);
        match () {
            () if is("stylesheet") && !is_disabled => self.add(&address, Role::Style, When::First),
            () if is("modulepreload") || is("preload") || is("icon") => self.add(&address, Role::File, When::First),
            () if is("prefetch") => self.add(&address, Role::File, When::Later),
            () => {}
        }
    }

    fn island(&mut self, tag: &StartTag<usize>) {
        let attribute = |name: &[u8]| tag.attributes.get(name).map(text).filter(|it| !it.is_empty());
        let when = match attribute(b"client").as_deref() {
            Some("media") => When::Later,
            Some("visible") => {
                // At the top of a page they are in view at once, and only a browser knows where that ends.
                self.not_known("whether islands that wait to be seen are in view; they count as loaded".to_owned());
                When::First
            }
            _ => When::First,
        };
        for name in [&b"before-hydration-url"[..], b"component-url", b"renderer-url"] {
            if let Some(address) = attribute(name) {
                self.add(&address, Role::Module, when);
            }
        }
    }

    fn image(&mut self, tag: &StartTag<usize>) {
        let attribute = |name: &[u8]| tag.attributes.get(name).map(text);
        let is_lazy = attribute(b"loading").is_some_and(|it| it.eq_ignore_ascii_case("lazy"));
        if attribute(b"srcset").is_some() {
            self.not_known("which image of a `srcset` is loaded".to_owned());
        } else if let Some(address) = attribute(b"src") {
            self.add(&address, Role::File, if is_lazy { When::Later } else { When::First });
        }
    }

    fn add(&mut self, address: &str, role: Role, when: When) {
        let reference = Reference { address: address.trim().to_owned(), role, when };
        if !reference.address.is_empty() && !self.page.references.contains(&reference) {
            self.page.references.push(reference);
        }
    }

    fn not_known(&mut self, what: String) {
        const MOST: usize = 20;
        if self.page.unknown.len() < MOST && !self.page.unknown.contains(&what) {
            self.page.unknown.push(what);
        }
    }
}

fn text(value: &Spanned<html5gum::HtmlString, usize>) -> String {
    String::from_utf8_lossy(value).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(html: &str) -> Vec<String> {
        let page = read_page(html.as_bytes());
        page.references.into_iter().filter(|it| it.when == When::First).map(|it| it.address).collect()
    }

    #[test]
    fn what_a_browser_loads_is_found_and_what_it_does_not_is_left() {
        let html = r#"<!doctype html><link rel="stylesheet" href="/a.css"><link rel=modulepreload href=/m.js>
            <link rel="canonical" href="/x"><link rel="icon" href="/i.svg"><script type="module" src="/b.js"></script>
            <script nomodule src="/old.js"></script><script type="application/ld+json">{"src":"/ld.js"}</script>
            <template><img src="/t.png"><script src="/t.js"></script></template><noscript><img src="/n.png"></noscript>
            <!-- <script src="/c.js"></script> --><img src="/p.png"><img loading="lazy" src="/l.png"><img srcset="/s.png 2x" src="/s.png">
            <textarea><script src="/ta.js"></script></textarea><SCRIPT SRC='/d.js'></SCRIPT>"#;
        assert_eq!(first(html), ["/a.css", "/m.js", "/i.svg", "/b.js", "/p.png", "/d.js"]);
        assert_eq!(read_page(html.as_bytes()).unknown, ["which image of a `srcset` is loaded"]);
    }

    #[test]
    fn islands_are_loaded_at_once_unless_they_wait_for_a_width_and_one_that_waits_to_be_seen_is_said() {
        let island = |client: &str| {
            format!(
                "<astro-island component-url=\"/c.js\" renderer-url=\"/r.js\" before-hydration-url=\"/b.js\" client=\"{client}\">"
            )
        };
        for at_once in ["load", "idle", "only", "visible"] {
            assert_eq!(first(&island(at_once)), ["/b.js", "/c.js", "/r.js"]);
        }
        assert_eq!(first(&island("media")), Vec::<String>::new());
        assert_eq!(read_page(island("media").as_bytes()).references.len(), 3);
        assert_eq!(read_page(island("visible").as_bytes()).unknown.len(), 1);
        assert_eq!(read_page(island("load").as_bytes()).unknown, Vec::<String>::new());
    }

    #[test]
    fn code_and_styles_within_a_page_are_counted_to_the_byte() {
        let html = "<style>a{b:c}</style><script>let a = '<b>';\r\n</script><script type=module>import\"/x.js\";import('/y.js')</script>\
                    <script type=\"text/x-template\">no</script><script src=\"/s.js\">ignored</script>";
        let page = read_page(html.as_bytes());
        assert_eq!((page.inline_style, page.inline_script), (6, 14 + 2 + 29));
        assert_eq!((page.imports.now, page.imports.later), (vec!["/x.js".to_owned()], vec!["/y.js".to_owned()]));
    }

    #[test]
    fn broken_pages_are_read_as_far_as_they_go() {
        assert_eq!(first("<script src=/a.js></script><p <img src=\"/b.png\"><script src=/c.js"), ["/a.js"]);
        assert_eq!(first("</template></template><img src=/a.png>"), ["/a.png"]);
        assert_eq!(read_page(b"<script>never closed").inline_script, 12);
        for bytes in [&b"\xff\xfe<\x00\x00<<<>>>"[..], b"", b"<!--", b"<a b='", b"&#xffffffffff;<![CDATA["] {
            read_page(bytes);
        }
    }

    #[test]
    fn a_page_that_only_leads_elsewhere_is_a_redirect() {
        let page = read_page(b"<meta http-equiv=\"refresh\" content=\"0;url=/new/\">");
        assert_eq!(page.redirect.as_deref(), Some("/new/"));
        assert_eq!(read_page(b"<meta http-equiv=refresh content=30>").redirect, None);
    }
}
