//! Paths as tools print them → paths relative to the project: forward slashes, `.` and `..`
//! resolved, the root taken off. Purely by text: no file is looked at.

use std::borrow::Cow;

/// Where a command ran, and which paths it printed lately.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    /// Absolute, forward slashes, no slash at its end.
    root: Option<String>,
    /// Relative to the root; empty: the root itself.
    directory: String,
    /// The last path that was resolved: tools name the same file many times in a row.
    last: Option<(Vec<u8>, String)>,
}

impl Place {
    pub(crate) fn new(root: Option<&str>, directory: &str) -> Self {
        let root = root.map(|root| normalise("", &slashed(root)).trim_end_matches('/').to_owned());
        Self { root, directory: normalise("", directory.trim_end_matches('/')), last: None }
    }

    /// The same root, another directory below the first one: absolute, or relative to it.
    pub(crate) fn within(&self, directory: &str) -> Self {
        Self { root: self.root.clone(), directory: self.resolve_text(&slashed(directory)), last: None }
    }

    /// Whether an absolute directory lies in the root.
    pub(crate) fn holds(&self, directory: &str) -> bool {
        let directory = slashed(directory);
        self.root.as_deref().is_some_and(|root| strip_root(root, &directory).is_some())
    }

    /// Overwrites `resolved`, which keeps its memory.
    pub(crate) fn resolve_into(&mut self, printed: &[u8], resolved: &mut String) {
        if self.last.as_ref().is_none_or(|(bytes, _)| bytes != printed) {
            let text = match std::str::from_utf8(printed) {
                Ok(same) if self.directory.is_empty() && is_resolved(printed) => same.to_owned(),
                _ => self.resolve_text(&slashed(&String::from_utf8_lossy(printed))),
            };
            self.last = Some((printed.to_vec(), text));
        }
        resolved.clear();
        resolved.push_str(self.last.as_ref().map_or("", |(_, known)| known));
    }

    fn resolve_text(&self, path: &str) -> String {
        if is_absolute(path) {
            let path = normalise("", path);
            if let Some(root) = &self.root
                && let Some(inside) = strip_root(root, &path)
            {
                return inside.to_owned();
            }
            return path;
        }
        normalise(&self.directory, path)
    }
}

/// Whether a path is relative and stays as it is: a shortcut for nearly all.
fn is_resolved(path: &[u8]) -> bool {
    let mut before = b'/';
    for &byte in path {
        let plain =
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'@' | b'+' | b'(' | b')' | b'[' | b']');
        let apart = matches!(byte, b'.' | b'/') && before != b'/';
        if !plain && !apart {
            return false;
        }
        before = byte;
    }
    before != b'/'
}

/// The part of an absolute path below the root; drives compare without case.
fn strip_root<'a>(root: &str, path: &'a str) -> Option<&'a str> {
    let head = path.get(..root.len())?;
    let same = if has_drive(root) { head.eq_ignore_ascii_case(root) } else { head == root };
    if !same {
        return None;
    }
    match &path[root.len()..] {
        "" => Some(""),
        rest => rest.strip_prefix('/'),
    }
}

fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// `/x`, `C:/x`. A relative folder named `C:` looks the same and is printed as absolute.
pub(crate) fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || matches!(path.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic())
}

/// `file://` taken off, and backslashes turned where they separate folders: a path with forward
/// slashes in it was not printed by Windows, and may have a backslash in a name.
pub(crate) fn slashed(path: &str) -> String {
    let path = if let Some(rest) = path.strip_prefix("file://") {
        let decoded = percent_encoding::percent_decode_str(rest).decode_utf8_lossy().into_owned();
        match decoded.strip_prefix('/') {
            Some(drive) if has_drive(drive) => drive.to_owned(),
            _ => decoded,
        }
    } else {
        path.to_owned()
    };
    let windows = path.contains('\\') && (has_drive(&path) || !path.contains('/'));
    if windows { path.replace('\\', "/") } else { path }
}

/// A path that is resolved already, so spelt that reading it again gives the same: `a\b` alone would be one of Windows.
pub(crate) fn unmistakable(path: &str) -> Cow<'_, str> {
    if path.contains('\\') && slashed(path) != path { format!("./{path}").into() } else { path.into() }
}

/// Joins and resolves `.`, `..` and doubled slashes. What leads out of the directory keeps its `..`.
fn normalise(directory: &str, path: &str) -> String {
    let absolute = path.starts_with('/');
    let plain = directory.is_empty() || is_absolute(path);
    let simple = |path: &str| {
        !path.starts_with("./") && !path.starts_with('.') && !path.contains("/.") && !path.contains("//") && path != "."
    };
    if plain && simple(path) {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    let joined = if plain { "" } else { directory };
    let rooted = absolute || joined.starts_with('/');
    for part in joined.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if rooted => {}
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    let path = parts.join("/");
    if rooted { format!("/{path}") } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn resolve(root: Option<&str>, directory: &str, path: &str) -> String {
        let mut resolved = String::new();
        Place::new(root, directory).resolve_into(path.as_bytes(), &mut resolved);
        resolved
    }

    #[test]
    fn relative_paths_start_where_the_command_ran() {
        assert_eq!(resolve(None, "", "src/a.ts"), "src/a.ts");
        assert_eq!(resolve(None, "", "./src//a.ts"), "src/a.ts");
        assert_eq!(resolve(None, "apps/web", "src/a.ts"), "apps/web/src/a.ts");
        assert_eq!(resolve(None, "apps/web/", "../../lib/a.ts"), "lib/a.ts");
        assert_eq!(resolve(None, "", "../out/a b.ts"), "../out/a b.ts");
        assert_eq!(resolve(None, "", "app/[...slug]/..hidden/a.ts"), "app/[...slug]/..hidden/a.ts");
    }

    #[test]
    fn absolute_paths_lose_the_root() {
        let root = Some("/home/runner/work/app");
        assert_eq!(resolve(root, "", "/home/runner/work/app/src/a.ts"), "src/a.ts");
        assert_eq!(resolve(root, "sub", "/home/runner/work/app/src/../b.ts"), "b.ts");
        assert_eq!(resolve(root, "", "/home/runner/work/app2/a.ts"), "/home/runner/work/app2/a.ts");
        assert_eq!(resolve(root, "", "file:///home/runner/work/app/a%20b.ts"), "a b.ts");
    }

    #[test]
    fn windows_paths_get_forward_slashes() {
        assert_eq!(resolve(Some("D:\\a\\app"), "", "d:\\a\\app\\src\\a.ts"), "src/a.ts");
        assert_eq!(resolve(None, "", "src\\a.ts"), "src/a.ts");
        assert_eq!(resolve(None, "", "src/a\\b.ts"), "src/a\\b.ts");
        assert_eq!(resolve(None, "", "file:///C:/x/a.ts"), "C:/x/a.ts");
    }

    proptest! {
        #[test]
        fn what_was_resolved_is_read_again_the_same(path in "[a./\\\\:C@%(é-]{0,8}(file://)?[a./\\\\]{0,5}") {
            let place = Place::new(Some("/a"), "");
            let resolved = place.resolve_text(&slashed(&path));
            prop_assert_eq!(place.resolve_text(&slashed(&unmistakable(&resolved))), resolved);
        }

        #[test]
        fn the_shortcut_is_what_the_whole_way_gives(path in "[a./\\\\:C@%(é-]{0,8}(file://)?[a./]{0,5}") {
            let place = Place::new(Some("/root"), "");
            if is_resolved(path.as_bytes()) {
                prop_assert_eq!(place.resolve_text(&slashed(&path)), path);
            }
        }
    }
}
