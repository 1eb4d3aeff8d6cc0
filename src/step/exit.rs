//! What the end of a process means.

use crate::diagnostic::Exit;
use std::process::ExitStatus;

#[cfg(unix)]
pub(super) fn from_status(status: ExitStatus) -> Exit {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code { code },
        (None, number) => {
            let number = number.unwrap_or_default();
            let name = nix::sys::signal::Signal::try_from(number)
                .map_or_else(|_| format!("signal {number}"), |signal| signal.as_str().to_owned());
            Exit::Signal { number, name }
        }
    }
}

#[cfg(not(unix))]
pub(super) fn from_status(status: ExitStatus) -> Exit {
    // Elsewhere every process ends with a code.
    Exit::Code { code: status.code().unwrap_or(-1) }
}
