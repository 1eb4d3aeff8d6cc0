//! Whether eight characters of a file name read like something a person wrote.
//!
//! English spelling as far as it takes to tell `MyButton` and `v2-beta1` from `BkZfQdRm` and `a3x-9k2z`: of random
//! base64url, one in two hundred passes for words.

const SHORT: [&str; 38] = [
    "as", "at", "btn", "by", "cjs", "css", "db", "do", "es", "go", "html", "http", "id", "in", "is", "js", "jsx", "md",
    "mdx", "mjs", "my", "no", "of", "on", "or", "px", "src", "ssr", "svg", "to", "ts", "tsx", "ui", "up", "us", "vs",
    "ws", "xml",
];

const ACRONYMS: [&str; 24] = [
    "API", "AR", "CSS", "DB", "FAQ", "GPU", "HTML", "HTTP", "ID", "JS", "JSON", "MD", "PDF", "QR", "RSS", "SEO", "SQL",
    "SSR", "SVG", "TS", "UI", "URL", "UX", "XML",
];

/// Two consonants that a word can begin with.
const BEGINNINGS: [&str; 38] = [
    "bl", "br", "ch", "cl", "cr", "dr", "dw", "fl", "fr", "gh", "gl", "gn", "gr", "kl", "kn", "kr", "kw", "ph", "pl",
    "pr", "ps", "rh", "sc", "sh", "sk", "sl", "sm", "sn", "sp", "sq", "st", "sw", "th", "tr", "tw", "vr", "wh", "wr",
];

/// `settings`, `Settings`, `section1`, `20240115`.
pub(super) fn is_one_word(text: &str) -> bool {
    let letters = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let rest = letters.strip_prefix(|c: char| c.is_ascii_uppercase()).unwrap_or(letters);
    rest.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Words, numbers and dimensions, run together or with dashes: `MyButton`, `v2-beta1`, `1024x768`, `base64js`.
pub(super) fn reads_like_words(text: &str) -> bool {
    text.split(['-', '_']).all(|part| !part.is_empty() && is_run(part))
}

fn is_run(part: &str) -> bool {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_size =
        part.split_once('x').is_some_and(|(width, height)| !width.is_empty() && is_number(width) && is_number(height));
    // `v2`, `h1`, `a`, `2024`.
    if is_size || is_number(part.trim_start_matches(|c: char| c.is_ascii_alphabetic())) && letters_before(part) <= 1 {
        return true;
    }
    let mut runs = part.split(|c: char| c.is_ascii_digit()).filter(|run| !run.is_empty());
    match (runs.next(), runs.next(), runs.next()) {
        (Some(word), None, _) => part.starts_with(word) && are_words(word),
        // `base64js`: one number, and one side of it is a real word.
        (Some(left), Some(right), None) => {
            let is_between = part.len() <= left.len() + right.len() + 2 && part.starts_with(left);
            is_between && left.len().max(right.len()) >= 4 && are_words(left) && are_words(right)
        }
        _ => false,
    }
}

fn letters_before(part: &str) -> usize {
    part.bytes().take_while(u8::is_ascii_alphabetic).count()
}

/// Takes `XMLHttpForm` apart into `XML`, `Http`, `Form` and looks at each.
fn are_words(run: &str) -> bool {
    let bytes = run.as_bytes();
    let is_cut = |at: usize| {
        let upper = bytes[at].is_ascii_uppercase();
        let after_lower = bytes[at - 1].is_ascii_lowercase();
        upper && (after_lower || bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase))
    };
    let mut start = 0;
    for at in 1..=run.len() {
        if at == run.len() || is_cut(at) {
            if !is_word(&run[start..at]) {
                return false;
            }
            start = at;
        }
    }
    true
}

fn is_word(word: &str) -> bool {
    if word.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return ACRONYMS.contains(&word);
    }
    let lower = word.to_ascii_lowercase();
    SHORT.contains(&lower.as_str()) || lower.len() >= 3 && is_spelt_like_english(lower.as_bytes())
}

fn is_spelt_like_english(word: &[u8]) -> bool {
    let is_vowel = |letter: &u8| b"aeiouy".contains(letter);
    let has_run = |test: &dyn Fn(&u8) -> bool| word.windows(4).any(|four| four.iter().all(test));
    let begins_well =
        word.iter().take(2).any(is_vowel) || BEGINNINGS.iter().any(|beginning| word.starts_with(beginning.as_bytes()));
    let pairs_well = word.windows(2).all(|pair| match (pair[0], pair[1]) {
        (b'q', next) => next == b'u',
        (b'j' | b'v', next) => is_vowel(&next),
        (b'x', next) => is_vowel(&next) || b"cfhpst".contains(&next),
        (b'z', next) => is_vowel(&next) || b"lz".contains(&next),
        (b'b' | b'd' | b'l' | b'n' | b'r' | b't', b'j') => true,
        (before, b'x' | b'j') => is_vowel(&before),
        (a, b) => a != b || !b"hkwy".contains(&a),
    });
    word.iter().any(is_vowel)
        && !has_run(&|letter| !is_vowel(letter))
        && !has_run(&|letter| is_vowel(letter) && *letter != b'y')
        && begins_well
        && pairs_well
        && (word.last() != Some(&b'j') && word.last() != Some(&b'q') && word.last() != Some(&b'v'))
}

/// Whether lower-case text has a vowel, `y` among them.
pub(super) fn has_vowel(lower: &str) -> bool {
    lower.contains(['a', 'e', 'i', 'o', 'u', 'y'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_reads_like_words() {
        for text in [
            "Settings", "userInfo", "MyButton", "section1", "XMLParse", "base64js", "md5crypt", "v2-beta1", "part-two",
            "1024x768", "pageHTML", "Carousel", "katex016", "Sidebar2", "dropDown", "es2022-x", "Web3Page", "GridView",
            "mapState", "24-01-15", "h1-title", "icon-2x", "Projects", "subject1", "Exhibits", "archives",
        ] {
            assert!(reads_like_words(text), "{text}");
        }
    }

    #[test]
    fn hashes_do_not() {
        for text in
            ["C6rJxrT-", "tDt_Vf0k", "NF-C6zA8", "BkZfQdRm", "DpLxQWeR", "rk5y8qp2", "1a3nqsvf", "CVULzjma", "Xkwlamt-"]
        {
            assert!(!reads_like_words(text), "{text}");
        }
    }
}
