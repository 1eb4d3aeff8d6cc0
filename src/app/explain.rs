//! `shipgate explain`: what a code of TypeScript means and how it is mended.

use super::console::Console;
use super::{Error, ExitStatus};
use crate::diagnostic::typescript::{codes, explain as look_up};
use crate::report::render_code;

/// Columns where there is no terminal.
const WIDTH: usize = 80;

/// Shows what is known about a code, however it is spelled: `ts2375`, `TS2375`, `ts(2375)`, `2375`.
///
/// # Errors
/// What is no code of TypeScript.
pub fn explain(code: &str, console: &mut dyn Console) -> Result<ExitStatus, Error> {
    let number = number(code).ok_or_else(|| not_typescript(code))?;
    let explained = number.parse().ok().and_then(look_up).ok_or_else(|| unknown(number))?;
    let text = render_code(&explained, console.width().unwrap_or(WIDTH), console.colour());
    let _closed_pipe = console.standard_output().write_all(text.as_bytes());
    Ok(ExitStatus::Success)
}

fn number(code: &str) -> Option<&str> {
    let rest = code.trim().trim_end_matches(':');
    let rest = rest.strip_prefix("error ").unwrap_or(rest);
    let rest = match rest.get(..2) {
        Some(prefix) if prefix.eq_ignore_ascii_case("ts") => &rest[2..],
        _ => rest,
    };
    let rest = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(rest);
    let is_number = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(rest)
}

fn not_typescript(code: &str) -> Error {
    let code = code.escape_debug();
    Error::Usage(format!(
        "`{code}` is no code of TypeScript, and only those are explained here\nhelp: give a code such as `ts2322`; \
         other tools explain theirs themselves or in their documentation"
    ))
}

fn unknown(number: &str) -> Error {
    let mut near: Vec<(usize, u32)> =
        codes().map(|code| (strsim::damerau_levenshtein(number, &code.to_string()), code)).collect();
    // Of those equally near, codes with words of their own are likelier to be meant.
    near.sort_by_key(|&(distance, code)| {
        (distance, look_up(code).is_none_or(|known| known.bad.is_none()), code.abs_diff(number.parse().unwrap_or(0)))
    });
    let near: Vec<String> =
        near.iter().filter(|(distance, _)| *distance <= 1).take(3).map(|(_, code)| format!("`ts{code}`")).collect();
    let help = match near.split_last() {
        None => "codes have four or five digits, such as `ts2322`".to_owned(),
        Some((last, [])) => format!("did you mean {last}?"),
        Some((last, others)) => format!("did you mean {} or {last}?", others.join(", ")),
    };
    Error::Usage(format!("no version of TypeScript from 5.4 on has a code `ts{number}`\nhelp: {help}"))
}
