//! Content hashes taken out of file names, so that a file can be found again in the next build.
//!
//! Bundlers write a hash as a part of its own between dots or after the last dash:
//! Rollup, Rolldown, Vite and Astro (its server code after an underscore) 8 characters of base64url (`index.C6rJxrT-.css`, `vendor-NF-C6zA8.js`), esbuild
//! 8 of upper-case base32 (`chunk-2XYZ34AB.js`), webpack, Parcel and Next 8 to 64 hexadecimal digits, bun 8 of
//! lower-case base36. Nothing marks them as hashes, so whatever reads like words, numbers, versions, dates or
//! dimensions stays: a hash that is not recognised shows as one file gone and one come, a word taken for a hash
//! would make two files one.

use super::word::{has_vowel, is_one_word, reads_like_words};

/// A name that is nothing but a hash.
const ONLY_HASH: &str = "[hash]";

/// Folders in which the bundler promises a hash in every name.
const HASHED_FOLDERS: [&str; 3] = ["_astro", "_nuxt", "immutable"];

/// Next's manifests lie in a folder named after the build.
const IN_BUILD_FOLDER: [&str; 4] =
    ["_buildManifest.js", "_ssgManifest.js", "_clientMiddlewareManifest.json", "_clientMiddlewareManifest.js"];

/// The path (forward slashes) as it will be in the next build.
pub(super) fn stable_name(path: &str) -> String {
    let mut folders: Vec<&str> = path.split('/').collect();
    let file = folders.pop().unwrap_or_default();
    if IN_BUILD_FOLDER.contains(&file) {
        folders.pop();
    }
    let is_promised = folders.iter().any(|folder| HASHED_FOLDERS.contains(folder));
    folders.push("");
    folders.join("/") + &stable_file(file, is_promised)
}

fn stable_file(file: &str, is_promised: bool) -> String {
    let Some((stem, extension)) = file.rsplit_once('.') else { return file.to_owned() };
    // Pages are entries: what looks like a hash in their name is their address.
    if stem.is_empty() || matches!(extension, "html" | "htm" | "xhtml") {
        return file.to_owned();
    }
    let is_code = file.split('.').any(|part| matches!(part, "js" | "mjs" | "cjs" | "css"));
    let context = Context { is_promised, is_code };
    let mut parts = stem.split('.');
    let first = parts.next().unwrap_or_default();
    let mut out = context.first_part(first);
    for part in parts.filter(|part| !context.is_dotted_hash(part)) {
        out.push('.');
        out.push_str(context.without_dashed_hash(part).unwrap_or(part));
    }
    out.push('.');
    out.push_str(extension);
    out
}

#[derive(Clone, Copy)]
struct Context {
    is_promised: bool,
    /// Script or style, or something about one (`.js.map`).
    is_code: bool,
}

impl Context {
    /// The part before the first dot; it can be a hash as a whole, or begin with one (Next's `….-s.p.woff2`).
    fn first_part(self, part: &str) -> String {
        let is_whole = is_hex_hash(part) && part.len() >= 16 || self.is_promised && self.is_dotted_hash(part);
        if is_whole {
            return ONLY_HASH.to_owned();
        }
        if let Some((head, tail)) = part.split_once('-')
            && head.len() >= 16
            && is_hex_hash(head)
        {
            return format!("{ONLY_HASH}-{tail}");
        }
        let without = self.without_dashed_hash(part).or_else(|| self.without_underscored_hash(part));
        without.unwrap_or(part).to_owned()
    }

    /// The same for a hash after an underscore, as Astro's server code has it.
    fn without_underscored_hash(self, part: &str) -> Option<&str> {
        let (head, tail) = part.split_at_checked(part.len().checked_sub(8)?)?;
        let head = head.strip_suffix('_').filter(|head| !head.is_empty() && self.is_code)?;
        Self { is_promised: false, ..self }.is_short_hash(tail).then_some(head)
    }

    /// A part between dots that is a hash.
    fn is_dotted_hash(self, part: &str) -> bool {
        is_hex_hash(part) || self.is_short_hash(part) || is_long_hash(part) || self.is_image_hash(part)
    }

    /// The part without the hash after its last dash; `None` when there is none.
    fn without_dashed_hash(self, part: &str) -> Option<&str> {
        let (head, tail) = part.rsplit_once('-')?;
        if head.is_empty() || is_uuid(part) {
            return None;
        }
        if is_hex_hash(tail) || head == "chunk" && (6..=8).contains(&tail.len()) && is_upper_mixed(tail) {
            return Some(head);
        }
        // A base64url hash can itself hold dashes, so it is counted from the end.
        let (head, tail) = part.split_at_checked(part.len().checked_sub(8)?)?;
        let head = head.strip_suffix('-').filter(|head| !head.is_empty())?;
        (self.is_short_hash(tail) || self.is_code && is_base32(tail)).then_some(head)
    }

    /// Eight characters of base64url, or of an alphabet within it.
    fn is_short_hash(self, text: &str) -> bool {
        let classes = Classes::of(text);
        if text.len() != 8 || !is_base64url(text) || !(classes.has_upper || classes.has_digit) {
            return false;
        }
        if self.is_promised {
            return !is_one_word(text);
        }
        let kinds = [classes.has_lower, classes.has_upper, classes.has_digit].into_iter().filter(|has| *has).count();
        kinds >= 2 && !reads_like_words(text)
    }

    /// Astro's images: the hash of the source, `_`, and a short one of what was done to it.
    fn is_image_hash(self, part: &str) -> bool {
        let halves = part.split_at_checked(8).and_then(|(hash, rest)| Some((hash, rest.strip_prefix('_')?)));
        self.is_promised
            && halves.is_some_and(|(hash, done)| {
                self.is_short_hash(hash)
                    && (4..=8).contains(&done.len())
                    && done.bytes().all(|byte| byte.is_ascii_alphanumeric())
            })
    }
}

struct Classes {
    has_lower: bool,
    has_upper: bool,
    has_digit: bool,
}

impl Classes {
    fn of(text: &str) -> Self {
        let any = |test: fn(&u8) -> bool| text.as_bytes().iter().any(test);
        Self {
            has_lower: any(u8::is_ascii_lowercase),
            has_upper: any(u8::is_ascii_uppercase),
            has_digit: any(u8::is_ascii_digit),
        }
    }
}

fn is_base64url(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// 8 to 64 lower-case hexadecimal digits, both letters and figures; `facade01` reads like a word.
fn is_hex_hash(text: &str) -> bool {
    let is_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let letters = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_word = letters.len() >= 4 && letters.bytes().all(|byte| byte.is_ascii_lowercase()) && has_vowel(letters);
    let has = |test: fn(&u8) -> bool| text.as_bytes().iter().any(test);
    (8..=64).contains(&text.len()) && is_hex && has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) && !is_word
}

/// Longer base64url, as webpack can be told to write: all three classes, and no words.
fn is_long_hash(text: &str) -> bool {
    let classes = Classes::of(text);
    let has_all = classes.has_lower && classes.has_upper && classes.has_digit;
    (10..=32).contains(&text.len())
        && is_base64url(text)
        && has_all
        && !text.contains(['_', '-'])
        && !reads_like_words(text)
}

/// esbuild's alphabet. One hash in five is all letters; no script is called `x-DOWNLOAD.js` by people.
fn is_base32(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'))
}

fn is_upper_mixed(text: &str) -> bool {
    let classes = Classes::of(text);
    classes.has_upper
        && classes.has_digit
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn is_uuid(text: &str) -> bool {
    let Some(tail) = text.len().checked_sub(36).and_then(|at| text.get(at..)) else { return false };
    tail.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && tail.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests;
