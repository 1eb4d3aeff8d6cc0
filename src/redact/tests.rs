use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

const TOKEN: &str = "s3cr3t+T0ken/with&more?";
const PEM: &str =
    "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEH\nBG0wawIBAQQg\nAb1\n-----END PRIVATE KEY-----\n";

fn redactor(values: &[&str]) -> Redactor {
    Redactor::new(values.iter().enumerate().map(|(index, value)| (format!("SECRET_{index}"), *value)))
}

fn redact(values: &[&str], text: &str) -> String {
    redactor(values).redact(text).into_owned()
}

fn in_pieces(redactor: &Redactor, text: &[u8], cuts: &[usize]) -> Vec<u8> {
    let mut stream = redactor.stream();
    let mut masked = Vec::new();
    let mut from = 0;
    for cut in cuts.iter().map(|cut| cut % (text.len() + 1)).filter(|cut| *cut > 0) {
        if cut > from {
            stream.feed(&text[from..cut], |bytes| masked.extend_from_slice(bytes));
            from = cut;
        }
    }
    stream.feed(&text[from..], |bytes| masked.extend_from_slice(bytes));
    stream.finish(|bytes| masked.extend_from_slice(bytes));
    masked
}

#[test]
fn a_value_is_masked_wherever_it_stands() {
    assert_eq!(redact(&[TOKEN], &format!("a {TOKEN} b{TOKEN}")), "a *** b***");
    assert_eq!(redact(&[TOKEN], "nothing here"), "nothing here");
    assert!(matches!(redactor(&[TOKEN]).redact("nothing here"), Cow::Borrowed(_)));
}

#[test]
fn without_secrets_everything_passes_as_it_is() {
    let redactor = redactor(&["", "  "]);
    assert!(redactor.is_empty() && redactor.uncovered().is_empty());
    assert!(matches!(redactor.redact_bytes(b"\xff text"), Cow::Borrowed(b"\xff text")));
    assert_eq!(in_pieces(&redactor, b"some text", &[3]), b"some text");
}

#[test]
fn white_space_around_a_value_does_not_hide_it() {
    assert_eq!(redact(&[" hunter42\n"], "it is hunter42!"), "it is ***!");
}

#[test]
fn base64_of_a_value_is_masked_at_every_alignment() {
    for secret in [TOKEN, "hunter42", "caf\u{e9}?>\u{ff}"] {
        for before in 0..7 {
            for after in 0..7 {
                let text = format!("{}{secret}{}", &"user:zz"[..before], &"\n\0more."[..after]);
                for encoded in [STANDARD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                    let masked = redact(&[secret], &encoded);
                    assert!(masked.contains(MASK), "{encoded} {masked}");
                    // All but the characters at the edges, which hold bits of the neighbours.
                    let around = (before * 8).div_ceil(6) + (after * 8).div_ceil(6) + 2 + MASK.len();
                    assert!(masked.trim_end_matches('=').len() <= around, "{encoded} {masked}");
                }
            }
        }
    }
    assert_eq!(redact(&["abcd"], "YWJjZA== YWJjZA"), "*** ***");
}

#[test]
fn base64_in_lines_is_masked() {
    let secret: String = (0..150).map(|index| char::from(b'0' + (index * 7 % 60) as u8)).collect();
    for width in [64, 76] {
        let encoded = STANDARD.encode(format!("{secret}\n"));
        let lines: Vec<&str> = encoded.as_bytes().chunks(width).map(|line| str::from_utf8(line).unwrap()).collect();
        let masked = redact(&[&secret], &lines.join("\n"));
        assert!(masked.lines().all(|line| line.starts_with(MASK) && line.len() <= 8), "{masked}");
    }
}

#[test]
fn url_and_json_spellings_are_masked() {
    let secret = "p@ss w\"rd/\u{e9}<&>~'";
    for text in [
        "p%40ss%20w%22rd%2F%C3%A9%3C%26%3E~'",
        "p%40ss%20w%22rd%2f%c3%a9%3c%26%3e~'",
        "p%40ss%20w%22rd%2F%C3%A9%3C%26%3E~%27",
        "p%40ss+w%22rd%2F%C3%A9%3C%26%3E%7E%27",
        "p@ss%20w%22rd/%C3%A9%3C&%3E~'",
        "p@ss w\\\"rd/\u{e9}<&>~'",
        "p@ss w\\\"rd\\/\u{e9}<&>~'",
        "p@ss w\\\"rd/\\u00e9<&>~'",
        "p@ss w\\\"rd/\u{e9}\\u003c\\u0026\\u003e~'",
    ] {
        assert_eq!(redact(&[secret], &format!("a={text};")), "a=***;", "{text}");
    }
    let quoted = serde_json::to_string(PEM).unwrap();
    assert_eq!(redact(&[PEM], &quoted), "\"***\\n\"");
}

#[test]
fn each_line_of_a_value_is_masked_but_not_what_everybody_has() {
    assert_eq!(redact(&[PEM], &format!("key:\n{PEM}end")), "key:\n***\nend");
    let masked =
        redact(&[PEM], "  MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEH\r\n  BG0wawIBAQQg\n-----BEGIN PRIVATE KEY-----\nAb1");
    assert_eq!(masked, "  ***\r\n  ***\n-----BEGIN PRIVATE KEY-----\nAb1");
}

#[test]
fn the_password_of_a_url_is_a_secret_of_its_own() {
    let url = "postgres://app:p%40ssw0rd@db.example.com:5432/app";
    assert_eq!(redact(&[url], "login with p@ssw0rd, p%40ssw0rd"), "login with ***, ***");
    assert_eq!(redact(&[url], &format!("url {url}")), "url ***");
    assert_eq!(redact(&["postgres://app:postgres@localhost/app"], "postgres is up"), "postgres is up");
}

#[test]
fn short_and_common_values_are_named_instead_of_masked() {
    let values = ["", "abc", "tRue", "production", "1", "993", "****", "\u{e9}t\u{e9}", "5432", "abcd"];
    let redactor = redactor(&values);
    let why: Vec<_> = redactor.uncovered().iter().map(|(name, reason)| (name.as_str(), *reason)).collect();
    assert_eq!(
        why,
        [
            ("SECRET_1", Uncovered::TooShort),
            ("SECRET_2", Uncovered::Common),
            ("SECRET_3", Uncovered::Common),
            ("SECRET_4", Uncovered::TooShort),
            ("SECRET_5", Uncovered::TooShort),
            ("SECRET_6", Uncovered::Common),
            ("SECRET_7", Uncovered::TooShort),
        ]
    );
    assert_eq!(redactor.redact("true abc 5432 abcd production"), "true abc *** *** production");
    assert_eq!(Uncovered::Common.to_string(), "is a common word");
}

#[test]
fn overlapping_secrets_leave_nothing_of_either() {
    assert_eq!(redact(&["abcdef", "defghi"], "xabcdefghix"), "x***x");
    assert_eq!(redact(&["abcd", "abcdefgh"], "abcdefgh abcdefg"), "*** ***efg");
    assert_eq!(redact(&["abcdefgh", "cdef", "efgh1"], "abcdefgh12"), "***2");
    assert_eq!(redact(&["abab"], "abababab"), "***");
}

#[test]
fn a_secret_split_anywhere_is_masked() {
    let redactor = redactor(&[TOKEN, PEM]);
    let text = format!("a {TOKEN} b {PEM} c {}", STANDARD.encode(TOKEN));
    let whole = redactor.redact_bytes(text.as_bytes()).into_owned();
    for cut in 0..text.len() {
        assert_eq!(in_pieces(&redactor, text.as_bytes(), &[cut]), whole, "cut at {cut}");
    }
    let every: Vec<usize> = (0..text.len()).collect();
    assert_eq!(in_pieces(&redactor, text.as_bytes(), &every), whole);
}

#[test]
fn only_what_may_become_a_secret_is_held_back() {
    let mut stream = redactor(&["hunter42"]).stream();
    let mut seen = Vec::new();
    stream.feed(b"Working... hunter", |bytes| seen.extend_from_slice(bytes));
    assert_eq!(seen, b"Working... ");
    stream.feed(b"s", |bytes| seen.extend_from_slice(bytes));
    assert_eq!(seen, b"Working... hunters");
    stream.feed(b" hunt", |bytes| seen.extend_from_slice(bytes));
    stream.finish(|bytes| seen.extend_from_slice(bytes));
    assert_eq!(seen, b"Working... hunters hunt");
}

#[test]
fn bytes_that_are_not_utf8_are_kept() {
    let redactor = redactor(&["hunter42"]);
    assert_eq!(redactor.redact_bytes(b"\xffhunter42\xfe").as_ref(), b"\xff***\xfe");
}

#[test]
fn debug_shows_no_value() {
    let redactor = redactor(&["hunter42", "abc"]);
    let mut stream = redactor.stream();
    stream.feed(b"hunter4", |_| {});
    let text = format!("{redactor:?} {stream:?} {:?}", needles("hunter42"));
    assert!(!text.contains("hunter") && !text.contains("104, 117") && text.contains("SECRET_1"), "{text}");
}

#[test]
fn needles_name_their_encoding_and_are_distinct() {
    let found = needles("a/b c\"d?e>>>");
    for encoding in Encoding::ALL {
        assert!(found.iter().any(|needle| needle.encoding == encoding), "{}", encoding.as_str());
    }
    assert_eq!((found[0].bytes.as_slice(), found[0].part), (b"a/b c\"d?e>>>".as_slice(), Part::Whole));
    let distinct: std::collections::HashSet<_> = found.iter().map(|needle| &needle.bytes).collect();
    assert_eq!(distinct.len(), found.len());
    assert!(needles("true").is_empty());
    assert!(needles(PEM).iter().any(|needle| needle.part == Part::Line));
    assert!(needles("mysql://u:s3cret99@h/d").iter().any(|needle| needle.part == Part::Password));
}

/// The definition, without any cleverness: every byte in any occurrence of any needle is covered.
fn by_definition(values: &[String], text: &[u8]) -> Vec<u8> {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for needle in values.iter().flat_map(|value| needles(value)) {
        for start in 0..text.len() {
            if text[start..].starts_with(&needle.bytes) {
                spans.push((start, start + needle.bytes.len()));
            }
        }
    }
    spans.sort_unstable();
    let mut masked = Vec::new();
    let mut covered = 0;
    for (start, end) in spans {
        if start >= covered && end > covered {
            // Of the spans with one start, only the first comes here: it opens the mask.
            masked.extend_from_slice(&text[covered..start]);
            masked.extend_from_slice(MASK.as_bytes());
        }
        covered = covered.max(end);
    }
    masked.extend_from_slice(&text[covered..]);
    masked
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn cuts_change_nothing_and_no_secret_is_left(
        values in prop::collection::vec("[ab/]{4,9}|[a-c\n ]{6,20}|\\PC{4,8}", 1..4),
        parts in prop::collection::vec((0..6usize, 0..4usize, "[ab/ \n]{0,5}"), 0..8),
        cuts in prop::collection::vec(0..500usize, 0..12),
    ) {
        let mut text = Vec::new();
        for (kind, which, filler) in parts {
            let value = &values[which % values.len()];
            text.extend_from_slice(filler.as_bytes());
            match kind {
                0 | 1 => text.extend_from_slice(value.as_bytes()),
                2 => text.extend_from_slice(STANDARD.encode(format!("{filler}{value}x")).as_bytes()),
                3 => text.extend_from_slice(serde_json::to_string(value).unwrap().as_bytes()),
                4 => text.extend_from_slice(&value.as_bytes()[..value.len() / 2]),
                _ => {}
            }
        }
        let redactor = Redactor::new(values.iter().map(|value| ("SECRET", value)));
        let whole = redactor.redact_bytes(&text).into_owned();
        prop_assert_eq!(&whole, &by_definition(&values, &text));
        let mut cuts = cuts;
        cuts.sort_unstable();
        prop_assert_eq!(&in_pieces(&redactor, &text, &cuts), &whole);
        for needle in values.iter().flat_map(|value| needles(value)) {
            let found = whole.windows(needle.bytes.len()).any(|window| window == needle.bytes);
            prop_assert!(!found, "a secret is left");
        }
    }
}
