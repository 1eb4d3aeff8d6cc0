//! What the end of a process means.

use crate::diagnostic::Exit;
use std::process::ExitStatus;

/// What an exit status says by the conventions of shells, in words for people; `None` for a tool's own status.
/// (<https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_08_02>)
#[must_use]
pub fn explain(code: i32) -> Option<String> {
    match code {
        126 => Some("a command was found but is not executable".to_owned()),
        127 => Some("a command was not found".to_owned()),
        134 => Some("aborted (SIGABRT), as Node.js does when its heap is full".to_owned()),
        137 => Some("killed (SIGKILL), as the system does when memory runs out".to_owned()),
        139 => Some("crashed by a memory access (SIGSEGV)".to_owned()),
        129..=192 => known_signal(code - 128).map(|name| format!("ended by {name}")),
        _ => None,
    }
}

#[cfg(unix)]
fn known_signal(number: i32) -> Option<&'static str> {
    nix::sys::signal::Signal::try_from(number).ok().map(nix::sys::signal::Signal::as_str)
}

#[cfg(not(unix))]
fn known_signal(_number: i32) -> Option<&'static str> {
    None
}

#[cfg(unix)]
pub(super) fn from_status(status: ExitStatus) -> Exit {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code { code },
        (None, number) => {
            let number = number.unwrap_or_default();
            let name = known_signal(number).map_or_else(|| format!("signal {number}"), ToOwned::to_owned);
            Exit::Signal { number, name }
        }
    }
}

#[cfg(not(unix))]
pub(super) fn from_status(status: ExitStatus) -> Exit {
    // Elsewhere every process ends with a code.
    Exit::Code { code: status.code().unwrap_or(-1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conventions_of_the_shell_are_explained() {
        for (code, words) in [
            (126, "not executable"),
            (127, "not found"),
            (134, "heap"),
            (137, "memory runs out"),
            (139, "SIGSEGV"),
            (130, "ended by SIGINT"),
            (143, "ended by SIGTERM"),
        ] {
            assert!(explain(code).unwrap().contains(words), "{code}");
        }
        for code in [0, 1, 2, 125, 128, 192, 255, -1] {
            assert_eq!(explain(code), None, "{code}");
        }
    }
}
