//! A document and a server that keeps to it, or not.

use super::server::Server;
use crate::serve::api::python;
use crate::workshop::Workshop;
use std::process::Command;

/// What httpbin is documented to do, written for these tests; `/json` and `/html` are said to be what they are not.
const DOCUMENT: &str = r##"
openapi: 3.0.3
info: { title: httpbin, version: "1" }
paths:
  /uuid:
    get:
      responses:
        200: { description: an id, content: { application/json: { schema: { $ref: "#/components/schemas/Id" } } } }
  /status/{code}:
    parameters: [{ name: code, in: path, required: true, schema: { type: integer, default: 204 } }]
    get: { responses: { "2XX": { description: as asked } } }
  /cookies/set/{name}/{value}:
    get:
      parameters:
        - { name: name, in: path, required: true, schema: { type: string } }
        - { name: value, in: path, required: true, example: v }
      responses: { 302: { description: to /cookies } }
  /json:
    get:
      responses:
        200:
          description: slides
          content:
            application/json:
              schema: { type: object, required: [slideshow], properties: { slideshow: { type: string, nullable: true } } }
  /html:
    get: { responses: { 200: { description: a page, content: { application/json: {} } } } }
  /post:
    post:
      operationId: sendIt
      requestBody:
        required: true
        content: { application/json: { schema: { type: object, required: [n], properties: { n: { type: integer, example: 7 } } } } }
      responses: { 200: { description: echoed } }
  /delete:
    delete: { responses: { 200: { description: echoed } } }
components:
  schemas:
    Id: { type: object, required: [uuid], properties: { uuid: { type: string, pattern: "^[0-9a-f-]{36}$" } } }
"##;

#[test]
fn what_can_be_asked_without_inventing_data_is_held_to_the_document() {
    let server = Server::httpbin();
    let api = format!("api:\n  base-url: {}\n  openapi: openapi.yaml\n  allow-writes: [sendIt]\n", server.url());
    let workshop = Workshop::configured(&api).with("openapi.yaml", DOCUMENT);
    let ran = workshop.shipgate(&["check", "api"]).ends();
    assert_eq!(ran.status, Some(1), "{ran:#?}");
    let text = ran.stdout.replace("\n    ", " ");
    for words in [
        "2 failed, 3 healthy, 2 not called",
        "`GET /json` has failed: schema `of the body`: expected a body that fits it, got `/slideshow`",
        "`GET /html` has failed: content type: expected `application/json`, got `text/html`",
        "GET /uuid ",
        "GET /status/204 ",
        "POST /post ",
        "`GET /cookies/set/{name}/{value}`: the parameter `name` has no example and no default",
        "`DELETE /delete`: it may write",
        "allow-writes: [\"DELETE /delete\"]",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn what_schemathesis_says_of_the_same_becomes_the_same_checks_whichever_report_it_writes() {
    let server = Server::httpbin();
    let workshop = Workshop::new().with("openapi.yaml", DOCUMENT);
    let mut command = Command::new(python().join("bin/schemathesis"));
    command.args(["run", "openapi.yaml", "--url", &server.url(), "--max-examples", "3", "--seed", "1", "--no-color"]);
    command.args(["--report", "junit,ndjson", "--report-dir", "reports"]).current_dir(workshop.path(""));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    let mut seen = Vec::new();
    for entry in std::fs::read_dir(workshop.path("reports")).unwrap() {
        let report = entry.unwrap().path();
        let ran = workshop.shipgate(&["check", "api", "--from", report.to_str().unwrap()]).ends();
        assert_eq!(ran.status, Some(1), "{ran:#?}");
        for words in [
            "`GET /html` has failed: ST105 Undocumented Content-Type",
            "`GET /json` has failed: ST108 Response violates schema",
            "✔  GET /uuid",
            "✔  DELETE /delete",
        ] {
            assert!(ran.stdout.contains(words), "{words}: {ran:#?}");
        }
        seen.push(ran.stdout.lines().next().unwrap().to_owned());
    }
    assert!(seen.len() == 2 && seen[0] == seen[1], "{seen:?}");
}

#[test]
fn what_is_configured_takes_the_place_of_the_document_s() {
    let server = Server::httpbin();
    let api = format!(
        "api:\n  base-url: {}\n  openapi: openapi.yaml\n  endpoints: [{{ path: /json }}, {{ path: /html }}]\n",
        server.url()
    );
    let ran = Workshop::configured(&api).with("openapi.yaml", DOCUMENT).shipgate(&["check", "api"]).ends();
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    let swagger = Workshop::configured(&api).with("openapi.yaml", "swagger: '2.0'").shipgate(&["check", "api"]).ends();
    assert_eq!(swagger.status, Some(2), "{swagger:#?}");
}
