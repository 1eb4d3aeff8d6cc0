//! Which lines a change touches, read from `git diff --unified=0`
//! (<https://git-scm.com/docs/diff-format#generate_patch_text_with_p>).

use std::collections::HashMap;

/// The new side of a difference; paths are from the repository's root. Empty where it is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Ranges of lines, first and last.
    files: HashMap<String, Vec<(u32, u32)>>,
}

impl Changes {
    /// Reads what `git diff --unified=0` prints; what is none of it is passed over.
    #[must_use]
    pub fn parse(diff: &[u8]) -> Self {
        let mut changes = Self::default();
        let mut file: Option<String> = None;
        // Lines of a hunk may look like anything.
        let mut skip = 0;
        for line in diff.split(|byte| *byte == b'\n') {
            if skip > 0 {
                // Not one of the counted lines: `\ No newline at end of file`.
                skip -= u32::from(!line.starts_with(b"\\"));
                continue;
            }
            let line = String::from_utf8_lossy(line);
            if let Some(path) = line.strip_prefix("+++ ") {
                file = path.strip_prefix("b/").map(|path| path.trim_end_matches('\t').to_owned());
            } else if let Some((removed, (first, added))) = hunk(&line) {
                skip = removed + added;
                if let (Some(file), true) = (&file, added > 0) {
                    changes.files.entry(file.clone()).or_default().push((first, first + (added - 1)));
                }
            }
        }
        changes
    }

    /// Whether the change touches one of these lines, or the file at all where no line is known.
    #[must_use]
    pub fn touch(&self, file: &str, line: Option<u32>, end_line: Option<u32>) -> bool {
        let Some(ranges) = self.files.get(file) else { return false };
        let Some(first) = line else { return true };
        let last = end_line.unwrap_or(first).max(first);
        ranges.iter().any(|(from, to)| *from <= last && first <= *to)
    }
}

/// `@@ -1,2 +3,4 @@`: how many lines were removed, the first that was added and how many were.
fn hunk(line: &str) -> Option<(u32, (u32, u32))> {
    let mut words = line.strip_prefix("@@ -")?.split(' ');
    let range = |text: &str| match text.split_once(',') {
        Some((first, length)) => Some((first.parse().ok()?, length.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    };
    let (_, removed): (u32, u32) = range(words.next()?)?;
    let (first, added): (u32, u32) = range(words.next()?.strip_prefix('+')?)?;
    (first.checked_add(added).is_some() && removed.checked_add(added).is_some()).then_some((removed, (first, added)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &[u8] = b"diff --git a/src/a.ts b/src/a.ts
index 1..2 100644
--- a/src/a.ts
+++ b/src/a.ts
@@ -3 +3,2 @@ function f() {
-old
++++ b/not/a/file.ts
+@@ -1 +1 @@
@@ -9,2 +11,0 @@
-x
-y
\\ No newline at end of file
diff --git a/gone.ts b/gone.ts
--- a/gone.ts
+++ /dev/null
@@ -1 +0,0 @@
-x
diff --git a/p q.ts b/p q.ts
--- a/p q.ts\t
+++ b/p q.ts\t
@@ -0,0 +1 @@
+x
";

    #[test]
    fn lines_that_were_added_are_touched_and_their_text_is_never_read() {
        let changes = Changes::parse(DIFF);
        let touched = |line| changes.touch("src/a.ts", Some(line), None);
        assert_eq!([2, 3, 4, 5, 11].map(touched), [false, true, true, false, false]);
        assert!(changes.touch("src/a.ts", Some(1), Some(3)) && changes.touch("src/a.ts", None, None));
        assert!(changes.touch("p q.ts", Some(1), None));
        assert!(!changes.touch("not/a/file.ts", None, None) && !changes.touch("gone.ts", None, None));
        assert_eq!(changes.files.len(), 2);
    }

    #[test]
    fn what_is_no_difference_changes_nothing() {
        for text in [&b""[..], b"\xff\xfe", b"@@ -1 +4294967295,9 @@\n+++ b/x", b"@@ -x +y @@"] {
            assert!(Changes::parse(text).files.is_empty(), "{text:?}");
        }
    }
}
