//! Names that a message quotes with apostrophes, which also stand inside words.

/// Whether a name that the message quotes has not ended yet. An apostrophe opens at the beginning
/// of a word and closes at the end of one.
pub(crate) fn quote_is_open(message: &[u8]) -> bool {
    // Nearly all messages end with a full stop behind quotes that are closed.
    if message.last() == Some(&b'.') && memchr::memchr_iter(b'\'', message).count().is_multiple_of(2) {
        return false;
    }
    let mut open = false;
    for at in memchr::memchr_iter(b'\'', message) {
        let before = at.checked_sub(1).map(|before| message[before]);
        let after = message.get(at + 1).copied();
        if open {
            open = !ends_a_word(after);
        } else {
            open = begins_a_word(before) && after.is_some();
        }
    }
    open
}

/// Whether a message closes a quote that it has not opened.
pub(super) fn closes_a_quote(message: &[u8]) -> bool {
    let mut open = false;
    for at in memchr::memchr_iter(b'\'', message) {
        let before = at.checked_sub(1).map(|before| message[before]);
        let after = message.get(at + 1).copied();
        if open {
            open = !ends_a_word(after);
        } else if begins_a_word(before) {
            open = true;
        } else if ends_a_word(after) && before.is_some_and(|byte| byte != b'\'') {
            return true;
        }
    }
    false
}

fn begins_a_word(before: Option<u8>) -> bool {
    before.is_none_or(|byte| matches!(byte, b' ' | b'(' | b'[' | b'{' | b'<' | b'\n'))
}

fn ends_a_word(after: Option<u8>) -> bool {
    after.is_none_or(|byte| !(byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80))
}
