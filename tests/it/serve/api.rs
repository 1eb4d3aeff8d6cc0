//! The JSON API: its description holds (schemathesis), pages join, only who may write writes.

use super::{Server, free_port};
use crate::store::{own_errors, run};
use crate::workshop::database::Place;
use crate::workshop::{Workshop, now};
use serde_json::{Value, json};
use shipgate::store::{JsonStore, Store};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// A token and its hash.
const TOKEN: (&str, &str) = ("test", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");

/// A folder with Schemathesis.
pub(crate) fn python() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schemathesis");
        let stamp = folder.join("packages");
        if std::fs::read_to_string(&stamp).is_ok_and(|text| text == SCHEMATHESIS) {
            return folder;
        }
        let run = |command: &mut Command| {
            let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; run scripts/test"));
            assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        };
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        run(Command::new(folder.join("bin/pip")).args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            SCHEMATHESIS,
        ]));
        std::fs::write(stamp, SCHEMATHESIS).unwrap();
        folder
    })
}

fn schemathesis(port: u16) {
    let output = Command::new(python().join("bin/schemathesis"))
        .args([
            "run",
            &format!("http://127.0.0.1:{port}/api/openapi.json"),
            "--max-examples",
            "25",
            "--seed",
            "1",
            "--no-color",
        ])
        .args(["-H", "Authorization: Bearer test", "--phases", "examples,coverage,fuzzing"])
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// A server whose store holds two runs, and who may write.
async fn filled(store: &dyn Store) {
    store.record(&run(1, own_errors(1))).await.unwrap();
    store.record(&run(2, own_errors(1))).await.unwrap();
    let check = shipgate::record::Valid::new(crate::contract::arbitrary::api_health()).unwrap();
    store.add_api_health(&[check]).await.unwrap();
    let deployment = shipgate::record::Valid::new(crate::contract::arbitrary::deployment()).unwrap();
    store.add_deployment(&deployment).await.unwrap();
}

fn yaml(store: &str) -> String {
    format!(
        "default-branch: main\nserve: {{ rate-limit: 10000000, tokens: [{{ name: t, scope: write, hash: \"{}\" }}] }}\n{store}",
        TOKEN.1
    )
}

#[test]
fn schemathesis_finds_nothing_on_files() {
    let workshop = Workshop::configured(&yaml(""));
    now(filled(&JsonStore::new(workshop.path(".shipgate"))));
    let server = Server::start(&workshop);
    schemathesis(server.port);
}

#[test]
fn schemathesis_finds_nothing_on_postgres() {
    let store = Place::Newest.empty_store();
    now(async {
        store.migrate().await.unwrap();
        filled(&store).await;
    });
    let workshop = Workshop::configured(&yaml(&format!(
        "store: {{ kind: postgres, url: \"${{DB}}\", schema: {} }}\n",
        store.schema()
    )));
    let server = Server::start_at(&workshop, free_port(), &Place::Newest.url());
    schemathesis(server.port);
}

#[test]
fn pages_join_without_a_gap_and_filters_hold() {
    let workshop = Workshop::configured("default-branch: main\n");
    now(filled(&JsonStore::new(workshop.path(".shipgate"))));
    let server = Server::start(&workshop);
    let mut seen = Vec::new();
    let mut next = String::new();
    loop {
        let page = server.get(&format!("/api/v1/errors?limit=7{next}")).json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    let whole = server.get("/api/v1/errors?limit=500").json();
    let whole: Vec<&str> = whole["items"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(seen, whole);
    assert_eq!((seen.len(), seen.iter().collect::<HashSet<_>>().len()), (40, 40));
    let files = server.get("/api/v1/errors?file=src/1.ts&limit=500").json();
    assert!(files["items"].as_array().unwrap().iter().all(|it| it["file_path"] == "src/1.ts"));
    let first = server.get("/api/v1/builds?limit=1").json();
    let second = server.get(&format!("/api/v1/builds?limit=1&cursor={}", first["next"].as_str().unwrap())).json();
    assert_ne!(first["items"][0]["run_id"], second["items"][0]["run_id"]);
    assert_eq!(second["next"], Value::Null);

    let tag = server.get("/api/v1/counts").header("etag").unwrap().to_owned();
    let again = server.ask("GET", "/api/v1/counts", &[("if-none-match", &tag)], b"");
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    for (path, words) in [
        ("/api/v1/errors?limit=0", "`limit` must be a number from 1 to 500"),
        ("/api/v1/errors?severity=huge", "`severity` must be one of its words"),
        ("/api/v1/errors?colour=red", "unknown field `colour`"),
        ("/api/v1/builds?since=yesterday", "`since` must be a time"),
        ("/api/v1/deployments?cursor=1", "`cursor` must be what"),
    ] {
        let answer = server.get(path);
        assert_eq!((answer.status, answer.header("content-type")), (400, Some("application/problem+json")), "{path}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(words), "{answer:?}");
    }
    // Without tokens nobody writes, and no page elsewhere makes a browser ask.
    let id = &whole[0];
    let answer = server.ask(
        "POST",
        &format!("/api/v1/errors/{id}/transitions"),
        &[("content-type", "application/json")],
        b"{\"to\":\"in_progress\"}",
    );
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(server.ask("GET", "/api/v1/counts", &[("host", "evil.example")], b"").status, 403);
}

#[test]
fn a_token_is_needed_where_there_are_any_and_its_scope_decides() {
    let read = "{ name: r, scope: read, hash: \"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb\" }";
    let tokens = format!(
        "default-branch: main\nserve: {{ tokens: [{read}, {{ name: w, scope: write, hash: \"{}\" }}], rate-limit: 40 }}\n",
        TOKEN.1
    );
    let workshop = Workshop::configured(&tokens);
    now(filled(&JsonStore::new(workshop.path(".shipgate"))));
    let server = Server::start(&workshop);
    let answer = server.get("/api/v1/counts");
    assert!(answer.status == 401 && answer.header("www-authenticate").unwrap().starts_with("Bearer "), "{answer:?}");
    assert_eq!(server.get("/").status, 401);
    assert_eq!((server.get("/healthz").status, server.get("/readyz").status), (200, 200));
    let errors = server.ask("GET", "/api/v1/errors", &[("authorization", "Bearer a")], b"").json();
    let change_one = |number: usize, token: &str, body: Value| {
        let id = errors["items"][number]["id"].as_str().unwrap();
        let headers = [("authorization", token), ("content-type", "application/json")];
        server.ask("POST", &format!("/api/v1/errors/{id}/transitions"), &headers, body.to_string().as_bytes())
    };
    let change = |token: &str, body: Value| change_one(0, token, body);
    assert_eq!(change("Bearer a", json!({ "to": "in_progress" })).status, 403);
    let changed = change("Bearer test", json!({ "to": "in_progress", "note": "mine" }));
    assert_eq!((changed.status, &changed.json()["status"]), (200, &json!("in_progress")));
    assert_eq!(change("Bearer test", json!({ "to": "in_progress" })).status, 409);
    assert_eq!(change("Bearer test", json!({ "to": "deferred" })).status, 409);
    assert_eq!(
        change_one(1, "Bearer test", json!({ "to": "deferred", "until": "2999-01-01", "reason": "later" })).status,
        200
    );
    let statuses: Vec<u16> = (0..60).map(|_| server.get("/api/v1/counts").status).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[test]
fn elsewhere_than_on_this_machine_it_listens_only_with_a_token() {
    let workshop = Workshop::configured("default-branch: main\n");
    let ran = workshop.shipgate(&["serve", "--listen", "0.0.0.0:0"]).ends();
    assert!(
        ran.status == Some(2) && ran.stderr.contains("nobody needs a token") && ran.stderr.contains("--new-token"),
        "{ran:#?}"
    );
    let made = workshop.shipgate(&["serve", "--new-token", "write"]).ends();
    assert!(
        made.status == Some(0) && made.stdout.starts_with("sg_") && made.stdout.contains("scope: write, hash: \""),
        "{made:#?}"
    );
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let ran = workshop.shipgate(&["serve", "--listen", &taken.local_addr().unwrap().to_string()]).ends();
    assert!(ran.status == Some(2) && ran.stderr.contains("cannot listen on `127.0.0.1:"), "{ran:#?}");
}
