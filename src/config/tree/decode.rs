//! Bytes → text: how large a file may be and how it is encoded.

use crate::config::MAX_FILE_SIZE;
use crate::config::mistake::Found;

/// The text of a file. When it cannot be read, `found` says why, and the text is what can be shown of it.
pub(in crate::config) fn decode<'a>(bytes: &'a [u8], found: &mut Vec<Found>) -> &'a str {
    if bytes.len() > MAX_FILE_SIZE {
        let message = format!("the file is too large: {} bytes, and {} are the most", bytes.len(), MAX_FILE_SIZE);
        found.push(Found::new(None, message, "a `shipgate.yml` has a few dozen lines; is this the right file?"));
        return "";
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        found.push(Found::new(None, "the file is UTF-16, not UTF-8", "save it in your editor as UTF-8"));
        return "";
    }
    let end = match std::str::from_utf8(bytes) {
        Ok(text) => return text,
        Err(error) => error.valid_up_to(),
    };
    let message = format!("the byte 0x{:02x} after this place is not UTF-8", bytes[end]);
    found.push(Found::new(Some(end..end), message, "save the file in your editor as UTF-8"));
    std::str::from_utf8(&bytes[..end]).unwrap_or_default()
}
