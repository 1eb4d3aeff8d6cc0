//! Linkers of the GNU kind: `ld: main.c:(.text+0x9): undefined reference to `f'`.

use super::super::draft::{Draft, Out};
use super::super::reader::Step;
use super::super::tsc::number;
use super::super::words::find;

pub(super) fn takes(text: &[u8], draft: &mut Draft, out: &mut Out<'_, '_>) -> Step {
    let missing = find!(text, b": undefined reference to `").or_else(|| find!(text, b": multiple definition of `"));
    draft.clear();
    draft.tool = "ld".into();
    if let Some(at) = missing {
        let place = &text[..at];
        // The linker's own name stands before some places.
        let place = find!(place, b"ld: ").map_or(place, |at| &place[at + 4..]);
        draft.message.extend_from_slice(&text[at + 2..]);
        if let Some(section) = find!(place, b":(") {
            draft.file.extend_from_slice(&place[..section]);
        } else if let Some(colon) = memchr::memrchr(b':', place)
            && let Some((line, length)) = number(&place[colon + 1..])
            && colon + 1 + length == place.len()
        {
            draft.file.extend_from_slice(&place[..colon]);
            draft.at(Some(line), None);
        } else {
            return Step::Pass;
        }
        out.emit(draft);
        return Step::Took("gnu: linker");
    }
    if let Some(message) = text.strip_prefix(b"collect2: error: ") {
        // It adds nothing when the linker has said why.
        if out.since("ld") == [0; 3] {
            draft.message.extend_from_slice(message);
            out.emit(draft);
        }
        return Step::Took("gnu: linker");
    }
    Step::Pass
}
