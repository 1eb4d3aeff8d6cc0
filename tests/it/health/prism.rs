//! Documents of real APIs, answered by Prism, which nobody here wrote; and by Prism with faults put in on the way.

use super::server::{Raw, Server, free_port};
use crate::workshop::{Ran, Workshop, installation};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

fn folder() -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/prism");
    installation(&from, &Path::new(env!("CARGO_TARGET_TMPDIR")).join("prism"))
}

fn document(name: &str) -> PathBuf {
    folder().join("node_modules/@readme/oas-examples/3.0/json").join(name)
}

fn prism(name: &str) -> Server {
    let port = free_port();
    let mut command = Command::new("node");
    command.arg(folder().join("node_modules/.bin/prism")).args(["mock", "-h", "127.0.0.1", "-p", &port.to_string()]);
    Server::start(command.arg(document(name)), port)
}

fn check(url: &str, name: &str) -> Ran {
    let workshop = Workshop::configured(&format!("api:\n  base-url: {url}\n  openapi: openapi.json\n"));
    workshop.put("openapi.json", fs::read(document(name)).unwrap());
    workshop.shipgate(&["check", "api"]).ends()
}

#[test]
fn a_real_document_is_kept_to_by_a_server_that_answers_from_it() {
    let server = prism("star-trek.json");
    let ran = check(&server.url(), "star-trek.json");
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    // Forty searches and forty lists; what needs an id, or writes, is listed and not called.
    assert!(ran.stdout.starts_with("API  40 healthy, 80 not called"), "{}", ran.stdout);
    assert!(ran.stdout.contains("`POST /animal/search`: it may write"), "{}", ran.stdout);
}

/// What Prism answers: head and body.
fn through(port: u16, head: &str) -> (String, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let request = format!("{}connection: close\r\n\r\n", head.trim_end_matches("\r\n").to_owned() + "\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[test]
fn each_fault_put_into_the_answers_is_found_and_named() {
    let server = prism("uspto.json");
    let (port, fault) = (server.port, Arc::new(AtomicU8::new(0)));
    let now = Arc::clone(&fault);
    let relay = Raw::start(move |_, head| {
        let (_, body) = through(port, head);
        let fault = if head.starts_with("GET / ") { now.load(Ordering::SeqCst) } else { 0 };
        let (mut status, mut kind, mut text) = (200, "application/json", body);
        match fault {
            1 => text = text.replace("\"total\":2", "\"total\":\"two\""),
            2 => kind = "text/html",
            3 => status = 418,
            4 => text = "{".to_owned(),
            _ => {}
        }
        // The last one ends before it said it would.
        let length = if fault == 5 { text.len() + 9 } else { text.len() };
        let head =
            format!("HTTP/1.1 {status} x\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close");
        format!("{head}\r\n\r\n{text}").into_bytes()
    });
    let check = || check(&relay.url(), "uspto.json");
    let well = check();
    assert!(well.status == Some(0) && well.stdout.starts_with("API  2 healthy, 1 not called"), "{well:#?}");
    for (number, words) in [
        (1, "schema `dataSetList`: expected a body that fits it, got `/total`"),
        (2, "content type: expected `application/json`, got `text/html`"),
        (3, "status: expected 200, got 418"),
        (4, "no JSON"),
        (5, "in the middle of the answer"),
    ] {
        fault.store(number, Ordering::SeqCst);
        let ran = check();
        let text = ran.stdout.replace("\n    ", " ");
        assert!(ran.status == Some(1) && text.starts_with("API  1 failed, 1 healthy"), "{number}: {ran:#?}");
        assert!(text.contains("`GET /` has failed: ") && text.contains(words), "{number}: {text}");
    }
}
