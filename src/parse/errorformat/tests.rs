//! Formats that people have in their Vim, and what is refused.

use super::*;
use crate::diagnostic::Diagnostic;
use crate::parse::{Format, LogParser, Options};
use std::sync::Arc;

fn found(errorformat: &str, log: &str) -> Vec<String> {
    let errorformat = Some(Arc::new(Errorformat::parse(errorformat).unwrap()));
    let options = Options { errorformat, ..Options::default() };
    let mut parser = LogParser::new(Format::named("errorformat").unwrap(), options);
    let mut found: Vec<Diagnostic> = Vec::new();
    parser.feed(log.as_bytes(), &mut |diagnostic| found.push(diagnostic));
    parser.finish(&mut |diagnostic| found.push(diagnostic));
    let number = |number: Option<u32>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let brief = |one: &Diagnostic| {
        let (file, code) = (one.file.as_deref().unwrap_or("-"), one.code.as_deref().unwrap_or("-"));
        format!("{file}:{}:{} {} {code} {}", number(one.line), number(one.column), one.level.as_str(), one.message)
    };
    found.iter().map(brief).collect()
}

fn refusal(errorformat: &str) -> String {
    Errorformat::parse(errorformat).unwrap_err().to_string()
}

/// The option's default on Unix, as `:set errorformat?` prints it.
const DEFAULT: &str = r#"%*[^"]"%f"%*\D%l: %m,"%f"%*\D%l: %m,%-Gg%\?make[%*\d]: *** [%f:%l:%m,%-Gg%\?make: *** [%f:%l:%m,%-G%f:%l: (Each undeclared identifier is reported only once,%-G%f:%l: for each function it appears in.),%-GIn file included from %f:%l:%c:,%-GIn file included from %f:%l:%c\,,%-GIn file included from %f:%l:%c,%-GIn file included from %f:%l,%-G%*[ ]from %f:%l:%c,%-G%*[ ]from %f:%l:,%-G%*[ ]from %f:%l\,,%-G%*[ ]from %f:%l,%f:%l:%c:%m,%f(%l):%m,%f:%l:%m,"%f"\, line %l%*\D%c%*[^ ] %m,%D%*\a[%*\d]: Entering directory %*[`']%f',%X%*\a[%*\d]: Leaving directory %*[`']%f',%D%*\a: Entering directory %*[`']%f',%X%*\a: Leaving directory %*[`']%f',%DMaking %*\a in %f,%f|%l| %m"#;

#[test]
fn one_line_tells_its_parts() {
    let log = "noise\nsrc/a b.ts:3:7: wrong\nsrc/b.ts:9: no column\nC:/x/a.ts:1:2: drive\n";
    assert_eq!(
        found("%f:%l:%c: %m,%f:%l: %m", log),
        ["src/a b.ts:3:7 error - wrong", "src/b.ts:9:- error - no column", "C:/x/a.ts:1:2 error - drive"]
    );
    assert_eq!(found("%f(%l\\,%c): %trror TS%n: %m", "a(1).ts(3,4): error TS2322: é\n"), ["a(1).ts:3:4 error 2322 é"]);
}

#[test]
fn a_type_and_a_number_that_touch_are_the_code() {
    let log = "a.py:1:2: W605 x\na.py:1:2: E012 y\n";
    assert_eq!(found("%f:%l:%c: %t%n %m", log), ["a.py:1:2 warning W605 x", "a.py:1:2 error E012 y"]);
    assert_eq!(found("%f:%l: %tarning %n: %m", "a:1: warning 7: z\n"), ["a:1:- warning 7 z"]);
}

#[test]
fn vims_own_default_reads_make_and_gcc() {
    let log = "make[1]: Entering directory '/w/lib'\nIn file included from a.c:1:\nx.c:3:5: error: boom\nmake[2]: Entering directory `sub'\ny.c:7: bang\nmake[2]: Leaving directory `sub'\nz.c(9):bong\nmake[1]: Leaving directory '/w/lib'\nmake: *** [all] Error 2\nw.c:1:2: end\n";
    assert_eq!(
        found(DEFAULT, log),
        [
            "/w/lib/x.c:3:5 error -  error: boom",
            "/w/lib/sub/y.c:7:- error -  bang",
            "/w/lib/z.c:9:- error - bong",
            "w.c:1:2 error -  end"
        ]
    );
}

#[test]
fn several_lines_are_one_message_up_to_the_last() {
    // From `:help errorformat-multi-line`.
    let python = r#"%C %.%#,%A  File "%f"\, line %l%.%#,%Z%[%^ ]%\@=%m"#;
    let log = "Traceback (most recent call last):\n  File \"tests/test_db.py\", line 89, in test_id\n    self.assertEqual(34, id)\n  File \"/usr/lib/unittest.py\", line 286, in fail\nAssertionError: 34 != 33\n";
    assert_eq!(found(python, log), ["tests/test_db.py:89:- error - AssertionError: 34 != 33"]);
}

#[test]
fn a_message_ends_where_the_next_begins_or_nothing_matches() {
    let format = r"%Eerror: %m,%Wwarning: %m,%C  --> %f:%l:%c,%C  %m";
    let log = "error: one\n  --> a.rs:1:2\n  more\nwarning: two\n  --> b.rs:3:4\n\n  --> c.rs:5:6\n";
    assert_eq!(found(format, log), ["a.rs:1:2 error - one\nmore", "b.rs:3:4 warning - two"]);
}

#[test]
fn a_pointer_tells_the_column() {
    let format = r"%E%f:%l: %m,%-Z%p^,%-C%.%#";
    assert_eq!(found(format, "A.java:3: ';' expected\n    int x\n         ^\n"), ["A.java:3:10 error - ';' expected"]);
    assert_eq!(found(format, "A.java:3: m\n\tx\n\t  ^\n"), ["A.java:3:11 error - m"]);
}

#[test]
fn files_are_pushed_and_popped_within_a_line() {
    // From `:help errorformat-separate-filename`.
    let format = r"%+P[%f],(%l\,%c)%*[ ]%t%*[^:]:\ %m,%-Q";
    let log = "[a1.tt]\n(1,17)  error: ';' missing\n(21,2)  warning: variable 'z' not defined\n\n[a2.tt]\n(67,3)  error: end\n";
    assert_eq!(
        found(format, log),
        ["a1.tt:1:17 error - ';' missing", "a1.tt:21:2 warning - variable 'z' not defined", "a2.tt:67:3 error - end"]
    );
    assert_eq!(found("%P(%f%r,%Q)%r,%f:%l: %m,line %l: %m", "(a.tex (b.tex\nline 3: x\n))\n").len(), 1);
}

#[test]
fn passed_over_and_general_lines_are_no_messages() {
    let format = "%-Gignore: %.%#,%Ggeneral: %m,%f:%l:%m,%-G%.%#";
    assert_eq!(found(format, "ignore: a:1:b\ngeneral: a:1:b\na:1:b\nrest\n"), ["a:1:- error - b"]);
}

#[test]
fn the_next_line_may_go_on_with_the_same_pattern() {
    let format = "%>%f: %m,other %m";
    assert_eq!(found(format, "a: x\nother y\n"), ["a:-:- error - x", "-:-:- error - y"]);
}

#[test]
fn regular_expressions_of_vim_are_understood() {
    for (format, line, expected) in [
        (r"%f:%l%\%%(:%c%\)%\=: %m", "a:1:2: x", "a:1:2 error - x"),
        (r"%f:%l%\%%(:%c%\)%\=: %m", "a:1: x", "a:1:- error - x"),
        (r"%[a-c]%\+ %m", "abc x", "-:-:- error - x"),
        (r"%\d%\{2\,3} %m", "123 x", "-:-:- error - x"),
        (r"%*[^]x] %m", "abc y", "-:-:- error - y"),
        (r"%.%\{-}: %m", "a: b: c", "-:-:- error - b: c"),
        (r"ERR%\|FAIL: %m", "fail: c", "-:-:- error - c"),
        (r"[%m] (x) {y} a+b?", "[m] (x) {y} A+B?", "-:-:- error - m"),
        (r"100%% %m", "100% m", "-:-:- error - m"),
        (r"%f %m", "src/a.ts it", "src/a.ts:-:- error - it"),
        (r"%m in %f", "bad in /x y/z", "/x y/z:-:- error - bad"),
        (r"%f:%l-%e:%c-%k %m", "a:1-2:3-4 m", "a:1:3 error - m"),
        (r"%f|%s|", "a|int main|", "a:-:- error - int main"),
    ] {
        assert_eq!(found(format, line), [expected], "{format} on {line}");
    }
}

#[test]
fn what_is_not_supported_is_refused_with_its_pattern() {
    for (format, word) in [
        ("%f:%l:%q", "`%q` is no item"),
        ("%b:%m", "buffer"),
        ("%o:%m", "module"),
        ("%m %m", "twice"),
        ("%m%r", "`%r`"),
        ("%D%l", "`%l`"),
        ("%*[abc", "`]`"),
        ("%*f", "`%*`"),
        ("x%", "ends with `%`"),
        ("%-", "prefix"),
        (r"%\(%m", r"`\(` is taken"),
        (r"%f%\@=%m", r"`\@` is not supported"),
        (r"%~%m", "`~`"),
        (r"%\%%(%m", "unclosed group"),
    ] {
        let text = refusal(format);
        assert!(
            text.contains(&format!("pattern `{format}`")) && text.contains(word) && text.contains("\nhelp: "),
            "{text}"
        );
    }
    assert!(refusal("").starts_with("the errorformat has no pattern\nhelp: "));
    assert!(refusal(" , ").starts_with("the errorformat has no pattern"));
}
