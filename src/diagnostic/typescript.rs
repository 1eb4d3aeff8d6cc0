//! TypeScript's codes: category and severity of each, the options that give it, and what the commonest
//! mean, as three text files beside this one that say what their lines are.
//!
//! The codes are those of the compilers' own tables
//! (<https://github.com/microsoft/TypeScript/blob/main/src/compiler/diagnosticMessages.json>).

use super::category::by_level;
use super::{Category, Level, Severity};
use std::sync::LazyLock;

const CODES: &str = include_str!("typescript_codes.txt");
const OPTIONS: &str = include_str!("typescript_options.txt");
const EXPLAINED: &str = include_str!("typescript_explained.txt");

/// What holds for each code, by its number.
static TABLE: LazyLock<Vec<Option<(Category, Severity)>>> = LazyLock::new(|| {
    let mut table = Vec::new();
    for (first, last, category, severity) in ranges() {
        table.resize(table.len().max(last as usize + 1), None);
        table[first as usize..=last as usize].fill(Some((category, severity)));
    }
    table
});

fn rows(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

/// `first[-last]`.
fn range(cell: &str) -> Option<(u32, u32)> {
    let (first, last) = cell.split_once('-').unwrap_or((cell, cell));
    Some((first.parse().ok()?, last.parse().ok()?))
}

fn row(row: &str) -> Option<(u32, u32, Category, Severity)> {
    let mut cells = row.split(' ');
    let (first, last) = range(cells.next()?)?;
    let (category, severity) = (cells.next()?, cells.next()?);
    Some((
        first,
        last,
        Category::ALL.into_iter().find(|known| known.as_str() == category)?,
        Severity::ALL.into_iter().find(|known| known.as_str() == severity)?,
    ))
}

/// First and last code of each row, and what holds for them; sorted.
fn ranges() -> impl Iterator<Item = (u32, u32, Category, Severity)> {
    rows(CODES).filter_map(row)
}

fn of_table(number: u32) -> Option<(Category, Severity)> {
    TABLE.get(number as usize).copied().flatten()
}

/// Category and severity of a code that was reported with this level.
pub(super) fn classify(number: u32, level: Level) -> (Category, Severity) {
    let (category, severity) = of_table(number).unwrap_or_else(|| {
        // A code that is newer than the table: its thousand says what it is about.
        match number / 1000 {
            1 | 8 | 17 | 18 => (Category::Syntax, Severity::Critical),
            2 => (Category::TypeMismatch, Severity::High),
            4 => (Category::ImportExport, Severity::High),
            5 | 6 => (Category::Configuration, Severity::Critical),
            7 => (Category::ImplicitAny, Severity::Medium),
            9 => (Category::StrictMode, Severity::Medium),
            _ => (Category::Other, by_level(level)),
        }
    });
    // What the tool does not call an error blocks nothing.
    let severity = match level {
        Level::Error => severity,
        Level::Warning => severity.max(Severity::Medium),
        Level::Note => Severity::Low,
    };
    (category, severity)
}

/// A compiler option that gives a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeOption {
    On(&'static str),
    Off(&'static str),
}

impl CodeOption {
    fn parse(cell: &'static str) -> Self {
        cell.strip_suffix("=false").map_or(Self::On(cell), Self::Off)
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::On(name) | Self::Off(name) => name,
        }
    }

    /// Whether `strict` switches it on.
    #[must_use]
    pub fn is_strict(self) -> bool {
        const STRICT: [&str; 5] = [
            "noImplicitAny",
            "noImplicitThis",
            "strictNullChecks",
            "strictPropertyInitialization",
            "useUnknownInCatchVariables",
        ];
        STRICT.contains(&self.name())
    }
}

/// Code that has an error, or no longer has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// Each line still indented by four blanks.
    indented: &'static str,
}

impl Example {
    pub fn lines(self) -> impl Iterator<Item = &'static str> {
        self.indented.lines().map(|line| line.get(4..).unwrap_or_default())
    }
}

/// What is known about a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    pub number: u32,
    pub category: Category,
    /// As an error; hints and warnings are less.
    pub severity: Severity,
    /// The first is the usual reason.
    pub options: Vec<CodeOption>,
    pub means: &'static str,
    pub mend: &'static str,
    /// Wrong and right.
    pub bad: Option<Example>,
    pub good: Option<Example>,
    /// The extension of a file with the examples.
    pub language: &'static str,
    /// Options that the examples need besides.
    pub with: &'static str,
    /// Whether the words are about this code, or about all of its category.
    pub words: Words,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    OfTheCode,
    OfTheCategory,
}

/// What is known about a code; `None`: no version of TypeScript from 5.4 on has it.
#[must_use]
pub fn explain(number: u32) -> Option<Explained> {
    let (category, severity) = of_table(number)?;
    let entry = entries().find(|(code, _)| *code == number).map(|(_, entry)| entry);
    let text = |key: &str| {
        let mut lines = entry.into_iter().flat_map(str::lines);
        lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(": "))
    };
    let (means, mend) = of_category(category);
    Some(Explained {
        number,
        category,
        severity,
        options: options(number),
        means: text("means").unwrap_or(means),
        mend: text("mend").unwrap_or(mend),
        bad: entry.and_then(|entry| example(entry, "\nbad:\n")),
        good: entry.and_then(|entry| example(entry, "\ngood:\n")),
        language: text("as").unwrap_or("ts"),
        with: text("with").unwrap_or_default(),
        words: if entry.is_some() { Words::OfTheCode } else { Words::OfTheCategory },
    })
}

/// Every code of the table.
pub fn codes() -> impl Iterator<Item = u32> {
    ranges().flat_map(|(first, last, ..)| first..=last)
}

fn options(number: u32) -> Vec<CodeOption> {
    let holds = |row: &&str| {
        let cell = row.split(' ').next().and_then(range);
        cell.is_some_and(|(first, last)| (first..=last).contains(&number))
    };
    rows(OPTIONS).find(holds).map(|row| row.split(' ').skip(1).map(CodeOption::parse).collect()).unwrap_or_default()
}

/// The entries with words of their own: the code and its lines.
fn entries() -> impl Iterator<Item = (u32, &'static str)> {
    EXPLAINED.split("\n\n").filter_map(|entry| {
        let (head, lines) = entry.split_once('\n')?;
        Some((head.strip_prefix("ts")?.parse().ok()?, lines))
    })
}

fn example(entry: &'static str, head: &str) -> Option<Example> {
    let code = &entry[entry.find(head)? + head.len()..];
    let length: usize = code.split_inclusive('\n').take_while(|line| line.starts_with("    ")).map(str::len).sum();
    Some(Example { indented: &code[..length] })
}

/// What all codes of a category have in common: what they mean and how they are mended.
fn of_category(category: Category) -> (&'static str, &'static str) {
    match category {
        Category::TypeMismatch => (
            "A value or a type does not fit the place where it is used.",
            "Read the last of the message's indented lines first: it names the part that does not fit. Convert or \
             narrow the value, or change the declared type.",
        ),
        Category::ImplicitAny => (
            "Something has no type, and nothing tells which one it has: it silently becomes `any`.",
            "Write the type where the message points.",
        ),
        Category::MissingTypes => (
            "A name or a type is used that is not known here.",
            "Import or declare it, or install the types of the package that has it.",
        ),
        Category::PropertyViolation => (
            "A member of a type is used, or defined, in a way that its declaration does not allow.",
            "Compare with the declaration that the message names: spelling, visibility, `readonly`, `abstract`, `static`.",
        ),
        Category::ImportExport => (
            "A module is not found, or is imported or exported in a way that does not fit it.",
            "Check the path and what the module exports, then `module`, `moduleResolution` and `type` in `package.json`.",
        ),
        Category::StrictMode => (
            "A stricter option asks for more than the language itself: that a value is there, that a name is written out.",
            "Do what the message asks for; it is a place where programs tend to go wrong at run time.",
        ),
        Category::Syntax => (
            "The text is not TypeScript as the parser or the rules of the language know it.",
            "Look at the place and right before it: an unclosed bracket, a forgotten comma, a keyword in the wrong \
             place. Mend the first such error, and check again.",
        ),
        Category::Configuration => (
            "The compiler is set up in a way that cannot work, or a file it is told to read is not there.",
            "Look at `tsconfig.json`, at what it extends, and at the command line.",
        ),
        Category::UnusedCode => ("Something is declared, imported or written that has no use.", "Remove it."),
        Category::Other => (
            "The message says what is wrong; it fits none of the usual groups.",
            "Look at the place that the message names.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Error codes of TypeScript 5.4 to 7 out of the compilers' own tables.
    const ERRORS: &str = include_str!("../../tests/fixtures/typescript-codes/errors.txt");

    fn numbers(cells: &str) -> Vec<u32> {
        let range = |cell: &str| {
            let (first, last) = cell.split_once('-').unwrap_or((cell, cell));
            first.parse::<u32>().unwrap()..=last.parse().unwrap()
        };
        cells.split(' ').flat_map(range).collect()
    }

    #[test]
    fn every_row_of_the_table_is_understood_and_follows_the_one_before() {
        let rows = CODES.lines().filter(|row| !row.starts_with('#')).count();
        let ranges: Vec<_> = ranges().collect();
        assert_eq!(ranges.len(), rows);
        for pair in ranges.windows(2) {
            assert!(pair[0].0 <= pair[0].1 && pair[0].1 < pair[1].0, "{pair:?}");
        }
    }

    #[test]
    fn every_error_code_of_every_version_has_exactly_one_category() {
        let (ranges, mut versions) = (ranges().collect::<Vec<_>>(), 0);
        for row in ERRORS.lines().filter(|row| !row.starts_with('#')) {
            let (version, codes) = row.split_once(' ').unwrap();
            versions += 1;
            for code in numbers(codes) {
                let rows = ranges.iter().filter(|&&(first, last, ..)| (first..=last).contains(&code)).count();
                assert_eq!(rows, 1, "TS{code} of {version}");
                assert!(of_table(code).is_some(), "TS{code}");
            }
        }
        assert_eq!(versions, 5);
    }

    #[test]
    fn the_words_are_about_codes_that_exist_and_so_are_the_options() {
        let known: std::collections::BTreeSet<u32> = codes().collect();
        let explained: Vec<u32> = entries().map(|(code, _)| code).collect();
        assert!(explained.len() >= 100, "{}", explained.len());
        for (index, code) in explained.iter().enumerate() {
            assert!(known.contains(code) && !explained[..index].contains(code), "ts{code}");
            let entry = explain(*code).unwrap();
            let own =
                |text: &str| text.len() > 10 && text.ends_with('.') && text.matches('`').count().is_multiple_of(2);
            assert!(own(entry.means) && own(entry.mend), "{entry:?}");
            assert!(entry.good.is_none() || entry.bad.is_some(), "{entry:?}");
        }
        let all = EXPLAINED.lines().filter(|line| line.starts_with("ts") && !line.contains(' ')).count();
        assert_eq!(all, explained.len(), "every entry is read");
        for line in EXPLAINED.lines().filter(|line| !line.starts_with(['#', ' ']) && !line.is_empty()) {
            let keys = ["means: ", "mend: ", "bad:", "good:", "as: ", "with: ", "ts"];
            assert!(keys.iter().any(|key| line.starts_with(key)), "{line}");
        }
        for row in rows(OPTIONS) {
            let (first, last) = range(row.split(' ').next().unwrap()).unwrap();
            assert!((first..=last).any(|code| known.contains(&code)) && !options(first).is_empty(), "{row}");
        }
    }

    #[test]
    fn a_code_without_words_of_its_own_has_those_of_its_category() {
        let entry = explain(1006).unwrap();
        assert_eq!((entry.words, entry.category, entry.bad), (Words::OfTheCategory, Category::Syntax, None));
        assert!(explain(1004).is_none() && explain(999_999).is_none());
        let entry = explain(2375).unwrap();
        assert_eq!(entry.options, [CodeOption::On("exactOptionalPropertyTypes")]);
        assert_eq!(explain(7027).unwrap().options, [CodeOption::Off("allowUnreachableCode")]);
        assert_eq!(explain(1192).unwrap().bad.unwrap().lines().collect::<Vec<_>>(), ["import box from \"./lib\";"]);
    }
}
