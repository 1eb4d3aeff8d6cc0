//! The spellings in which a secret value may turn up in text.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::collections::HashSet;
use std::fmt;
use url::Url;

/// Values with fewer characters are not masked.
const MIN_CHARACTERS: usize = 4;
/// Lines of a value with fewer characters are not looked for on their own.
const MIN_LINE_CHARACTERS: usize = 8;
/// Fewer base64 characters turn up in other base64 text by chance.
const MIN_EMBEDDED: usize = 6;
/// Where `openssl` and `base64` break their lines.
const BASE64_WIDTHS: [usize; 2] = [64, 76];

/// What `encodeURI` encodes (ECMA-262, 19.2.6.4).
const WHOLE_URL: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'!')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b';')
    .remove(b',')
    .remove(b'/')
    .remove(b'?')
    .remove(b':')
    .remove(b'@')
    .remove(b'&')
    .remove(b'=')
    .remove(b'+')
    .remove(b'$')
    .remove(b'#');

/// Values that turn up in any text; masking them would hide nothing and spoil everything.
const COMMON: &str = "admin always auto changeme console debug default demo dev development disable disabled \
    enable enabled error example false http https info local localhost main master never none null password postgres \
    preview prod production public root secret staging test testing true undefined user warn";

/// How a needle spells the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    Plain,
    /// Standard or URL-safe alphabet, padded or not, alone or within a longer base64 text.
    Base64,
    /// Percent-encoded, `+` for a space included.
    Url,
    /// The inside of a JSON string.
    Json,
    /// With HTML's or XML's entities.
    Html,
}

impl Encoding {
    pub const ALL: [Self; 5] = [Self::Plain, Self::Base64, Self::Url, Self::Json, Self::Html];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Base64 => "base64",
            Self::Url => "url",
            Self::Json => "json",
            Self::Html => "html",
        }
    }
}

/// How much of the value a needle stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Whole,
    /// One line of a value of several lines; it may be harmless on its own (`"type": "service_account",`).
    Line,
    /// The password of a URL.
    Password,
}

/// A byte string whose presence gives a secret away.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Needle {
    pub bytes: Vec<u8>,
    pub encoding: Encoding,
    pub part: Part,
}

impl fmt::Debug for Needle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Needle")
            .field("encoding", &self.encoding)
            .field("part", &self.part)
            .finish_non_exhaustive()
    }
}

/// Why a value is not masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Uncovered {
    /// Nothing but white space.
    Empty,
    /// Fewer than four characters.
    TooShort,
    /// A word that turns up everywhere, such as `production` or `true`.
    Common,
}

impl fmt::Display for Uncovered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "is empty",
            Self::TooShort => "is shorter than four characters",
            Self::Common => "is a common word",
        })
    }
}

/// Why `value` is not masked; `None` when it is. White space at its ends does not count.
#[must_use]
pub fn uncovered(value: &str) -> Option<Uncovered> {
    let value = value.trim();
    if value.is_empty() {
        Some(Uncovered::Empty)
    } else if value.chars().nth(MIN_CHARACTERS - 1).is_none() {
        Some(Uncovered::TooShort)
    } else if value.bytes().all(|byte| byte == b'*') || COMMON.split(' ').any(|word| word.eq_ignore_ascii_case(value)) {
        Some(Uncovered::Common)
    } else {
        None
    }
}

/// Every spelling of `value` to look for, each byte string once and the whole value's first; none
/// when [`uncovered`] has a reason. All have at least four bytes.
#[must_use]
pub fn needles(value: &str) -> Vec<Needle> {
    if uncovered(value).is_some() {
        return Vec::new();
    }
    let value = value.trim();
    let mut found = Needles::default();
    found.spell(value, Part::Whole);
    found.wrapped_base64(value);
    if value.contains('\n') {
        for line in value.lines().map(str::trim) {
            // The armour of a PEM file is the same for everybody.
            let is_armour = line.starts_with("-----") && line.ends_with("-----");
            if !is_armour && line.chars().nth(MIN_LINE_CHARACTERS - 1).is_some() && uncovered(line).is_none() {
                found.spell(line, Part::Line);
            }
        }
    }
    for password in passwords(value) {
        if uncovered(&password).is_none() {
            found.spell(password.trim(), Part::Password);
        }
    }
    found.list
}

/// The password of a URL as it is written and as it is meant.
fn passwords(value: &str) -> Vec<String> {
    let Ok(url) = Url::parse(value) else { return Vec::new() };
    let Some(written) = url.password() else { return Vec::new() };
    let meant = percent_decode_str(written).decode_utf8_lossy().into_owned();
    vec![meant, written.to_owned()]
}

#[derive(Default)]
struct Needles {
    list: Vec<Needle>,
    seen: HashSet<Vec<u8>>,
}

impl Needles {
    fn push(&mut self, text: impl Into<Vec<u8>>, encoding: Encoding, part: Part) {
        let bytes = text.into();
        if bytes.len() >= MIN_CHARACTERS && self.seen.insert(bytes.clone()) {
            self.list.push(Needle { bytes, encoding, part });
        }
    }

    fn spell(&mut self, value: &str, part: Part) {
        self.push(value, Encoding::Plain, part);
        self.json(value, part);
        self.url(value, part);
        self.html(value, part);
        // The lines of a value are part of the whole's base64 text; alone nobody encodes them.
        if part != Part::Line {
            self.base64(value.as_bytes(), part);
        }
    }

    /// As JavaScript and Rust escape it, as Go (`<`, `>`, `&`) and PHP (`/`) do, and in ASCII only as Python does.
    fn json(&mut self, value: &str, part: Part) {
        let Ok(quoted) = serde_json::to_string(value) else { return };
        let inner = &quoted[1..quoted.len() - 1];
        let html = inner.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
        let mut ascii = String::with_capacity(inner.len());
        for unit in inner.encode_utf16() {
            match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => ascii.push(char::from(byte)),
                _ => ascii.extend(["\\u".to_owned(), format!("{unit:04x}")]),
            }
        }
        let slashes = [inner.replace('/', "\\/"), ascii.replace('/', "\\/")];
        for text in [inner.to_owned(), html, ascii].into_iter().chain(slashes) {
            self.push(text, Encoding::Json, part);
        }
    }

    /// As XML's five names write it, as HTML's libraries do with their numbers for quotes, and with what only
    /// text between tags needs.
    fn html(&mut self, value: &str, part: Part) {
        let text = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        for quote in ["&quot;", "&#34;", "&#x22;"] {
            for apostrophe in ["&apos;", "&#39;", "&#x27;", "&#039;"] {
                self.push(text.replace('"', quote).replace('\'', apostrophe), Encoding::Html, part);
            }
            self.push(text.replace('"', quote), Encoding::Html, part);
        }
        self.push(text, Encoding::Html, part);
    }

    /// As `encodeURIComponent`, RFC 3986, forms and `encodeURI` write it; hexadecimal digits in both cases.
    fn url(&mut self, value: &str, part: Part) {
        const STRICT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
        const COMPONENT: AsciiSet = STRICT.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');
        const FORM: AsciiSet = STRICT.remove(b'*').add(b'~').remove(b' ');
        let encode = |set: &'static AsciiSet| utf8_percent_encode(value, set).to_string();
        let form = encode(&FORM).replace(' ', "+");
        for text in [encode(&COMPONENT), encode(&STRICT), form, encode(&WHOLE_URL)] {
            let lower = lower_escapes(&text);
            self.push(text, Encoding::Url, part);
            self.push(lower, Encoding::Url, part);
        }
    }

    /// Alone (padded or not), and at each of the three alignments that it can have in a longer text.
    fn base64(&mut self, value: &[u8], part: Part) {
        for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
            self.push(engine.encode(value), Encoding::Base64, part);
        }
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            for before in 0..3 {
                let own = own_base64(engine, value, before);
                if own.len() >= MIN_EMBEDDED {
                    self.push(own, Encoding::Base64, part);
                }
            }
        }
    }

    /// The lines of what `base64` and `openssl` print for a long value.
    fn wrapped_base64(&mut self, value: &str) {
        let own = own_base64(&STANDARD_NO_PAD, value.as_bytes(), 0);
        for width in BASE64_WIDTHS.into_iter().filter(|width| own.len() > *width) {
            for line in own.as_bytes().chunks(width).filter(|line| line.len() >= MIN_LINE_CHARACTERS) {
                self.push(line, Encoding::Base64, Part::Line);
            }
        }
    }
}

/// The base64 characters that hold bits of `value` only, when `before` bytes (modulo 3) precede it.
fn own_base64(engine: &impl base64::Engine, value: &[u8], before: usize) -> String {
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(value);
    let text = engine.encode(&bytes);
    text[(before * 8).div_ceil(6)..bytes.len() * 8 / 6].to_owned()
}

/// `%3A` → `%3a`.
fn lower_escapes(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut lower = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2).unwrap_or((piece, ""));
        lower.push('%');
        lower.push_str(&digits.to_ascii_lowercase());
        lower.push_str(rest);
    }
    lower
}
