use super::reads::{Found, find};
use super::*;

fn keys(text: &str, dialect: Dialect) -> Vec<String> {
    find(text.as_bytes(), dialect).reads.into_iter().map(|(key, _)| key).collect()
}

#[track_caller]
fn assert_keys(text: &str, dialect: Dialect, expected: &[&str]) {
    assert_eq!(keys(text, dialect), expected, "{text}");
}

#[test]
fn every_way_to_read_is_found() {
    for (text, expected) in [
        ("import.meta.env.A", &["A"][..]),
        ("import.meta.env['A'] + import.meta.env[\"B\"] + process.env[`C`]", &["A", "B", "C"]),
        ("process.env.A ?? process.env.B!", &["A", "B"]),
        ("process?.env?.A; process.env?.['B']; import.meta.env!.C", &["A", "B", "C"]),
        ("globalThis.process.env.A", &["A"]),
        ("f(...process.env.A.split(','))", &["A"]),
        ("import . meta /* c */ . env // d\n .A", &["A"]),
        ("const { A, B: b, C = 'x', ...rest } = process.env;", &["A", "B", "C"]),
        ("const { A, 'B': b }: Env = import.meta.env", &["A", "B"]),
        ("const { A = f({ x: 1, y }), B } = process.env ?? {}", &["A", "B"]),
        ("import { A, type T, B as b } from 'astro:env/client';", &["A", "T", "B"]),
        ("import { getSecret, A } from 'astro:env/server'; getSecret('B'); x.getSecret('C')", &["A", "B"]),
        ("import { getSecret as s } from \"astro:env/server\"; s('A'); getSecret('B')", &["A"]),
        ("import * as env from 'astro:env/server'; env.A; env.getSecret('B'); env['C']", &["A", "B", "C"]),
        ("const { A } = await import('astro:env/server')", &["A"]),
        ("export { A } from 'astro:env/client'", &["A"]),
        ("process.env.A ||= 'x'; process.env.B == 'x'", &["A", "B"]),
        ("if (process.env.A) { f(`${process.env.B} ${`${process.env.C}`}`) }", &["A", "B", "C"]),
        ("\u{feff}#!/usr/bin/env node\nprocess.env.A", &["A"]),
    ] {
        assert_keys(text, Dialect::Script, expected);
        assert_keys(text, Dialect::Jsx, expected);
    }
}

#[test]
fn what_only_looks_like_a_read_does_not_count() {
    for text in [
        "// import.meta.env.A\n",
        "/* process.env.A\n process.env.B */",
        "'import.meta.env.A' + \"process.env.B\" + `process.env.C`",
        "'it\\'s process.env.A'",
        "'a\\\nprocess.env.A'",
        "'a\\\r\nprocess.env.A'",
        "`\\${process.env.A}`",
        "`\\`process.env.A`",
        "const re = /process.env.A['\"`]/g; ",
        "x = y.replace(/['\"]/, '') + 'process.env.A'",
        "f(/[/'\"]process.env.A/)",
        "return /'/.test('process.env.A')",
        "process.env.A = 'x'",
        "delete process.env.A",
        "process.env.hasOwnProperty('A')",
        "process.env[key]; process.env; import.meta.env; import.meta.url",
        "process.env['a-b']; process.env['']",
        "my.process.env.A; process.environment.A; import.meta.environment.A; processes.env.A",
        "import { x } from 'other'; const { A } = other.env",
    ] {
        assert_keys(text, Dialect::Script, &[]);
        assert_keys(text, Dialect::Jsx, &[]);
    }
}

#[test]
fn code_goes_on_behind_what_was_skipped() {
    for text in [
        "a / b / process.env.A",
        "(a) / 2 + process.env.A // /",
        "x = 'it\\'s' + process.env.A",
        "const s = 'not closed\nprocess.env.A",
        "/[/]/.test(x) && process.env.A",
        "`${`nested ${'}'}`}` + process.env.A",
        "`a ${ { b: '`' }.b } c` + process.env.A",
        "a++ / 2; process.env.A",
        "x = {} / 1; process.env.A",
        "const a = 1 < 2, b = process.env.A",
        "for (const x of /a'b/.exec(y)) process.env.A",
    ] {
        assert_keys(text, Dialect::Script, &["A"]);
        assert_keys(text, Dialect::Jsx, &["A"]);
    }
}

#[test]
fn prose_in_jsx_is_no_code() {
    for (text, expected) in [
        ("x = <p>don't read process.env.A, {process.env.B} it's</p>; process.env.C", &["B", "C"][..]),
        ("x = <p>\"{process.env.A}\" // {process.env.B}</p>", &["A", "B"]),
        ("x = <A b='process.env.A' c={process.env.B} d=\"{process.env.C}\" />, process.env.D", &["B", "D"]),
        ("x = <>a `b {process.env.A}</>; process.env.B", &["A", "B"]),
        ("x = <a><b/><br></br>{y.map((z) => <i key={z}>it's {process.env.A}</i>)}'</a>; process.env.B", &["A", "B"]),
        ("return <p>/* {process.env.A} */</p>", &["A"]),
        ("x = <p>{/* process.env.A */}{process.env.B}</p>", &["B"]),
        ("x = <style>{`a { b: ${process.env.A} }`}</style>; process.env.B", &["A", "B"]),
        ("x = <T,>(y: T) => process.env.A", &["A"]),
        ("x = <T extends {}>(y: T) => process.env.A", &["A"]),
        ("let f: <T>(x: T) => T; it(process.env.A)", &["A"]),
        ("x = a <b && c> process.env.A", &["A"]),
    ] {
        assert_keys(text, Dialect::Jsx, expected);
    }
}

#[test]
fn astro_files_are_read_part_by_part() {
    let text = "---\nimport X from './x';\nconst a: Array<string> = [import.meta.env.A]; // import.meta.env.NO\n\
        const f = <T>(x: T) => x;\n---\n<!-- {import.meta.env.NO} -->\n<p class={import.meta.env.B} title=\"import.meta.env.NO\">\n\
        don't {a.map((x) => <li>it's {import.meta.env.C}<br></li>)} import.meta.env.NO \"{import.meta.env.D}\"</p>\n\
        <img src=`${import.meta.env.E}/x`>\n<style>a { b: 'import.meta.env.NO }</style>\n\
        <script>if (1 < 2) { const s = \"</p>\"; f(import.meta.env.F) }</script>\n<SCRIPT is:inline>x='import.meta.env.NO'</SCRIPT>\n\
        {import.meta.env.G && <><hr>{'import.meta.env.NO'}</>}\n";
    assert_keys(text, Dialect::Astro, &["A", "B", "C", "D", "E", "F", "G"]);
    assert_keys("<p>{import.meta.env.A}</p>", Dialect::Astro, &["A"]);
    assert_keys("---\nimport.meta.env.A", Dialect::Astro, &["A"]);
}

#[test]
fn vue_svelte_and_mdx_files_are_read_part_by_part() {
    let vue = "<template><p :a=\"import.meta.env.NO\">{{ it's }}</p></template>\n<script setup lang=\"ts\">\nimport.meta.env.A\n</script>\n<style>x'</style>";
    assert_keys(vue, Dialect::Vue, &["A"]);
    let svelte = "<script>import.meta.env.A</script>\n{#if import.meta.env.B}it's{:else if import.meta.env.C}b{/if}\n\
        {@html import.meta.env.D}<p class:x={import.meta.env.E}>don't {import.meta.env.F < 3}</p>";
    assert_keys(svelte, Dialect::Svelte, &["A", "B", "C", "D", "E", "F"]);
    let mdx = "---\ntitle: process.env.NO\n---\nimport { A } from 'astro:env/client'\n\n# It's {process.env.B}\n\n```js\nprocess.env.NO {process.env.NO}\n```\n\n\
        `{process.env.NO}` and <X a={process.env.C}>don't</X> process.env.NO\nexport const x = process.env.D\n\n\\{process.env.NO}\n";
    assert_keys(mdx, Dialect::Mdx, &["A", "B", "C", "D"]);
}

#[test]
fn the_schema_of_astro_declares() {
    let text = "export default defineConfig({ env: { schema: {\n\
        A: envField.string({ context: 'server', access: 'secret', optional: true }),\n\
        'B': envField.enum({ values: ['access', f({ access: 1 })], access: \"public\" }),\n\
        C: envField.number({ context: 'client' }), // D: envField.string({})\n} } })";
    let Found { schema, reads } = find(text.as_bytes(), Dialect::Jsx);
    assert_eq!(schema, [("A".into(), Some(true)), ("B".into(), Some(false)), ("C".into(), None)]);
    assert!(reads.is_empty());
}

#[test]
fn places_are_lines_and_utf_16_columns() {
    let project = tempfile::tempdir().unwrap();
    std::fs::write(project.path().join("a.ts"), "\u{feff}x\r\n/* 😀é */ process.env.A; process.env\n  .B").unwrap();
    let reads: Vec<_> = read_code(project.path()).unwrap().reads.into_iter().collect();
    let places: Vec<_> =
        reads.iter().map(|read| (read.key.as_str(), read.file.as_str(), read.line, read.column)).collect();
    assert_eq!(places, [("A", "a.ts", 2, 23), ("B", "a.ts", 3, 4)]);
}

#[test]
fn bytes_that_are_no_text_do_no_harm() {
    let mut text = b"const a = '\xff\xfe'; process.env.A; /* \xc3 */ process.env.B".to_vec();
    text.extend([0, 0xff]);
    assert_eq!(find(&text, Dialect::Script).reads.len(), 2);
}

#[test]
fn only_the_own_code_of_the_project_is_read() {
    let project = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = project.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(".gitignore", "/generated\n");
    for path in [
        "node_modules/x/a.js",
        "packages/p/node_modules/x/a.js",
        "dist/a.js",
        "generated/a.ts",
        "src/env.d.ts",
        "src/a.md",
        ".astro/a.ts",
    ] {
        write(path, "process.env.NO");
    }
    write("src/pages/a.astro", "{import.meta.env.A}");
    write("scripts/b.mjs", "process.env.B");
    write("src/large.ts", &format!("process.env.NO;{}", " ".repeat(1024 * 1024)));
    let code = read_code(project.path()).unwrap();
    let files: Vec<_> = code.reads.iter().map(|read| read.file.as_str()).collect();
    assert_eq!(files, ["src/pages/a.astro", "scripts/b.mjs"]);
    assert_eq!(code.notices.len(), 1);
    assert!(code.notices[0].message.contains("`src/large.ts`"));
}

#[test]
fn a_long_line_of_open_elements_and_quotes_takes_no_long_time() {
    let start = std::time::Instant::now();
    for piece in ["= <T> ' ", "`${", "= <a b={", "process.env {", "} = process.env;", "/ ", "= </"] {
        for dialect in [Dialect::Script, Dialect::Jsx, Dialect::Astro, Dialect::Mdx, Dialect::Svelte] {
            find(piece.repeat(100_000 / piece.len()).as_bytes(), dialect);
        }
    }
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_to_its_end(text in "(process\\.env\\.A|import|[<>/{}`'\"$\\\\ \n(=a!#-]|</|/>|\\$\\{|---|```|script){0,60}") {
        for dialect in [Dialect::Script, Dialect::Jsx, Dialect::Astro, Dialect::Svelte, Dialect::Vue, Dialect::Mdx] {
            find(text.as_bytes(), dialect);
        }
    }
}
