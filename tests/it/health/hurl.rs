//! The same requests by Hurl (<https://hurl.dev>, Apache-2.0) and by us: what passes there passes here, and the rest
//! fails here as there. `scripts/test` installs Hurl from crates.io.

use super::server::Server;
use crate::workshop::Workshop;
use serde_json::Value;
use shipgate::record::HealthStatus;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// One request with an expectation, in both languages, and whether httpbin's answer is so.
#[derive(Clone)]
struct Case {
    method: &'static str,
    /// Behind the server's address.
    path: String,
    /// `[Options]`, headers, body of the Hurl request, in this order; and the same as keys of an endpoint.
    hurl: [String; 3],
    keys: String,
    /// After `HTTP `, and a line of `[Asserts]`; and the same as `expect`.
    status: &'static str,
    assert: String,
    expect: String,
    is_right: bool,
}

impl Case {
    fn get(path: impl Into<String>) -> Self {
        Self {
            method: "GET",
            path: path.into(),
            hurl: Default::default(),
            keys: String::new(),
            status: "200",
            assert: String::new(),
            expect: String::new(),
            is_right: true,
        }
    }

    fn by(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    fn option(mut self, hurl: &str, keys: &str) -> Self {
        let _infallible = writeln!(self.hurl[0], "{hurl}");
        let _infallible = write!(self.keys, ", {keys}");
        self
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        let _infallible = writeln!(self.hurl[1], "{name}: {value}");
        let _infallible = write!(self.keys, ", headers: {{ {name}: \"{value}\" }}");
        self
    }

    fn body(mut self, json: &str) -> Self {
        let _infallible = writeln!(self.hurl[2], "{json}");
        let _infallible = write!(self.keys, ", body: '{json}'");
        self.header("content-type", "application/json")
    }

    fn within(mut self, millis: usize) -> Self {
        let _infallible = write!(self.keys, ", failed-after: {millis}ms");
        Self { assert: format!("duration < {millis}"), ..self }
    }

    fn status(self, hurl: &'static str, assert: &str, expect: &str) -> Self {
        Self { status: hurl, assert: assert.to_owned(), expect: format!("status: {expect}"), ..self }
    }

    /// A header of the answer.
    fn wants_header(self, name: &str, hurl: &str, test: &str) -> Self {
        let (assert, expect) = (format!("header \"{name}\" {hurl}"), format!("headers: {{ {name}: {test} }}"));
        Self { assert, expect, ..self }
    }

    fn wants_body(self, hurl: &str, test: &str) -> Self {
        Self { assert: format!("body {hurl}"), expect: format!("body: {test}"), ..self }
    }

    fn wants_json(self, path: &str, hurl: &str, test: &str) -> Self {
        let (assert, expect) = (format!("jsonpath \"{path}\" {hurl}"), format!("json: {{ \"{path}\": {test} }}"));
        Self { assert, expect, ..self }
    }

    fn right(self, is_right: bool) -> Self {
        Self { is_right, ..self }
    }

    fn in_hurl(&self, base: &str) -> String {
        let Self { method, path, hurl: [options, headers, body], status, assert, .. } = self;
        let options = if options.is_empty() { String::new() } else { format!("[Options]\n{options}") };
        let asserts = if assert.is_empty() { String::new() } else { format!("[Asserts]\n{assert}\n") };
        format!("{method} {base}{path}\n{headers}{options}{body}HTTP {status}\n{asserts}")
    }

    fn as_endpoint(&self) -> String {
        let Self { method, path, keys, expect, .. } = self;
        format!("    - {{ path: \"{path}\", method: {method}{keys}, expect: {{ {expect} }} }}\n")
    }
}

/// Twenty-five kinds of expectations, each with `n` in it and each both right and wrong.
fn kinds(n: usize, ok: bool) -> [Case; 25] {
    let or = |right: String, wrong: String| if ok { right } else { wrong };
    let number = if ok { n } else { n + 1 };
    let of = |list: [&'static str; 4]| list[n];
    let field = of(["author", "date", "title", "title"]);
    let value = of(["Yours Truly", "date of publication", "Sample Slide Show", "Sample Slide Show"]);
    let quoted = |text: &str| format!("== \"{text}\"");
    let said = or(value.to_owned(), format!("{value}?"));
    let coding = of(["gzip", "deflate", "brotli", "gzip"]);
    let coded = of(["gzipped", "deflated", "brotli", "gzipped"]);
    let method = of(["POST", "PUT", "PATCH", "DELETE"]);
    let client_or_server = if ok { "500" } else { "400" };
    [
        Case::get(format!("/status/{}", 200 + n)).status(
            if ok { of(["200", "201", "202", "203"]) } else { of(["300", "301", "302", "303"]) },
            "",
            &(if ok { 200 + n } else { 300 + n }).to_string(),
        ),
        Case::get(format!("/status/{}", 500 + n)).status(
            "*",
            &format!("status >= {client_or_server}\nstatus < {}", if ok { 600 } else { 500 }),
            if ok { "5xx" } else { "4xx" },
        ),
        Case::get(format!("/no-such-page-{n}")).status(
            if ok { "404" } else { "200" },
            "",
            if ok { "404" } else { "200" },
        ),
        Case::get("/json").wants_json(&format!("$.slideshow.{field}"), &quoted(&said), &format!("\"{said}\"")),
        Case::get(format!("/json?{n}")).wants_json(
            "$.slideshow.slides",
            &format!("count == {}", if ok { 2 } else { 3 + n }),
            &format!("{{ min: {0}, max: {0} }}", if ok { 2 } else { 3 + n }),
        ),
        Case::get("/json").wants_json(
            &or(format!("$.slideshow.{field}"), format!("$.missing{n}")),
            "exists",
            "{ exists: true }",
        ),
        Case::get("/json").wants_json(
            &or(format!("$.missing{n}"), format!("$.slideshow.{field}")),
            "not exists",
            "{ exists: false }",
        ),
        Case::get(format!("/anything/{n}?a={n}")).wants_json(
            "$.args.a",
            &quoted(&number.to_string()),
            &format!("\"{number}\""),
        ),
        Case::get("/anything").by(method).wants_json(
            "$.method",
            &quoted(&or(method.to_owned(), "GET".to_owned())),
            &or(method.to_owned(), "GET".to_owned()),
        ),
        Case::get("/post").by("POST").body(&format!("{{\"a\": {n}}}")).wants_json(
            "$.json.a",
            &or(format!("== {n}"), quoted(&n.to_string())),
            &or(n.to_string(), format!("\"{n}\"")),
        ),
        Case::get(format!("/response-headers?x-probe=v{n}")).wants_header(
            "x-probe",
            &quoted(&format!("v{number}")),
            &format!("v{number}"),
        ),
        Case::get(of(["/json", "/uuid", "/get", "/headers"])).wants_header(
            "content-type",
            &format!("contains \"{}\"", if ok { "json" } else { "xml" }),
            &format!("{{ contains: {} }}", if ok { "json" } else { "xml" }),
        ),
        Case::get(of(["/html", "/xml", "/robots.txt", "/get"])).wants_header(
            "content-length",
            &format!("matches /{}/", if ok { "^[0-9]+$" } else { "^[a-z]+$" }),
            &format!("{{ matches: \"{}\" }}", if ok { "^[0-9]+$" } else { "^[a-z]+$" }),
        ),
        Case::get(format!("/get?{n}")).wants_header(
            &or("server".to_owned(), format!("x-none-{n}")),
            "exists",
            "{ exists: true }",
        ),
        Case::get("/html").wants_body(
            &format!("contains \"{}\"", or(of(["Herman", "Melville", "Moby", "forge"]).to_owned(), format!("Ahab{n}"))),
            &format!(
                "{{ contains: {} }}",
                or(of(["Herman", "Melville", "Moby", "forge"]).to_owned(), format!("Ahab{n}"))
            ),
        ),
        Case::get("/robots.txt").wants_body(
            &format!("matches /{}/", if ok { "Disallow: .deny" } else { "Allow: .deny" }),
            &format!("{{ matches: \"{}\" }}", if ok { "Disallow: .deny" } else { "Allow: .deny" }),
        ),
        Case::get(format!("/{coding}")).wants_json(&format!("$.{coded}"), &format!("== {ok}"), &ok.to_string()),
        Case::get(format!("/basic-auth/user{n}/{}", if ok { "{{word}}" } else { "other" })).option(
            &format!("user: user{n}:{{{{word}}}}"),
            &format!("auth: {{ basic: {{ user: user{n}, password: \"${{WORD}}\" }} }}"),
        ),
        Case::get(format!("/bearer?{n}"))
            .header(if ok { "authorization" } else { "x-authorization" }, "Bearer {{word}}"),
        Case::get(format!("/redirect/{}", n + 1)).option(
            &format!("location: true\nmax-redirs: {}", if ok { n + 1 } else { n }),
            &format!("redirects: {}", if ok { n + 1 } else { n }),
        ),
        Case::get(format!("/redirect-to?url=/get?{n}")).status(
            if ok { "302" } else { "200" },
            "",
            if ok { "302" } else { "200" },
        ),
        Case::get(if ok { "/delay/0" } else { "/delay/1" }).within(if ok { 5000 } else { 500 } + n),
        Case::get("/post").by("POST").body(&format!("{{\"v\": {n}.5}}")).wants_json(
            "$.json.v",
            &format!(">= {number}"),
            &format!("{{ min: {number} }}"),
        ),
        Case::get(format!("/headers?{n}")).header("x-mine", &format!("v{n}")).wants_json(
            "$.headers['X-Mine']",
            &quoted(&format!("v{number}")),
            &format!("v{number}"),
        ),
        Case::get(format!("/base64/{}", of(["b25l", "dHdv", "dGhyZWU=", "Zm91cg=="]))).wants_body(
            &quoted(&or(of(["one", "two", "three", "four"]).to_owned(), "five".to_owned())),
            &or(of(["one", "two", "three", "four"]).to_owned(), "five".to_owned()),
        ),
    ]
    .map(|case| case.right(ok))
}

fn hurl() -> Command {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/hurl/bin/hurl");
    assert!(program.exists(), "there is no `{}`; scripts/test installs it", program.display());
    Command::new(program)
}

const WORD: &str = "pass-word-6617";

#[test]
fn two_hundred_requests_pass_and_fail_as_they_do_with_hurl() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::httpbin_below_folders(folder.path());
    let cases: Vec<Case> = (0..4).flat_map(|n| [kinds(n, true), kinds(n, false)]).flatten().collect();
    assert_eq!(cases.len(), 200);

    let (mut files, mut endpoints) = (Vec::new(), String::new());
    for (number, case) in cases.iter().enumerate() {
        let file = folder.path().join(format!("{number:03}.hurl"));
        // Records tell endpoints apart by method and path, so each has a folder of its own.
        let case = Case { path: format!("/{number:03}{}", case.path), ..case.clone() };
        std::fs::write(&file, case.in_hurl(&server.url())).unwrap();
        files.push(file);
        endpoints += &case.as_endpoint().replace("{{word}}", "${WORD}");
    }
    let report = folder.path().join("report");
    let output = hurl()
        .args(["--test", "--jobs", "8", "--variable", &format!("word={WORD}"), "--report-json"])
        .arg(&report)
        .args(&files)
        .output()
        .unwrap();
    let said: Value = serde_json::from_slice(&std::fs::read(report.join("report.json")).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    }))
    .unwrap();
    let theirs: BTreeMap<&str, bool> = said
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (file["filename"].as_str().unwrap(), file["success"].as_bool().unwrap()))
        .collect();
    assert_eq!(theirs.len(), 200);

    let step = "steps: [{ name: check, run: \"true\", format: exit-status }]\n";
    let workshop =
        Workshop::configured(&format!("{step}api:\n  base-url: {}\n  endpoints:\n{endpoints}", server.url()));
    let ran = workshop.gate().env("WORD", WORD).ends();
    assert_eq!(ran.status, Some(1), "{}", ran.said());
    let checks = &ran.report().api.as_ref().unwrap().checks;
    assert_eq!(checks.len(), 200, "{}", ran.said());

    let mut differing = Vec::new();
    for ((case, file), check) in cases.iter().zip(&files).zip(checks) {
        let theirs = theirs[file.to_str().unwrap()];
        let ours = check.record.status == HealthStatus::Healthy;
        if (ours, theirs) != (case.is_right, case.is_right) {
            let request = std::fs::read_to_string(file).unwrap();
            let why = check.record.error_message.as_deref().unwrap_or("well");
            differing.push(format!("Hurl {theirs}, here {ours} ({why}), should be {}:\n{request}", case.is_right));
        }
    }
    assert!(
        differing.is_empty(),
        "{} differ:\n{}\n{}",
        differing.len(),
        differing.join("\n"),
        String::from_utf8_lossy(&output.stderr)
    );

    // What Hurl wrote down can be brought in.
    let text = std::fs::read_to_string(report.join("report.json")).unwrap();
    workshop.put("report.json", text);
    let ran = workshop.shipgate(&["check", "api", "--from", "report.json"]).env("WORD", WORD).ends();
    assert_eq!(ran.status, Some(1), "{}", ran.said());
    assert!(ran.stdout.starts_with("API  ") && ran.stdout.contains(" failed, "), "{}", ran.stdout);
    assert!(!ran.said().contains(WORD), "{}", ran.said());
}
