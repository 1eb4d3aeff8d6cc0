//! Chromium as the truth.

use super::{FIXTURES, installed, route};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) is_file: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Visit {
    pub(super) raw: Vec<Request>,
    pub(super) brotli: Vec<Request>,
}

/// What Chromium asks a server of this folder for.
pub(super) fn visits(root: &Path, routes: &[&str], upstream: Option<&str>) -> BTreeMap<String, Visit> {
    let browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    let browser = browser.into_iter().find(|path| Path::new(path).exists());
    let browser = browser.expect("no Chromium here; `scripts/test` installs one");
    let options = json!({ "root": root, "routes": routes, "upstream": upstream, "chromium": browser });
    let mut node = Command::new("node");
    node.arg(Path::new(FIXTURES).join("visit.mjs")).arg(installed().join("node_modules")).arg(options.to_string());
    let output = node.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every route loads what we say, byte for byte, and in as many requests.
pub(super) fn are_as_said(shown: &Value, visits: &BTreeMap<String, Visit>) {
    for (path, visit) in visits {
        let said = route(shown, path);
        for (compression, requests) in [("raw", &visit.raw), ("brotli", &visit.brotli)] {
            assert!(requests.iter().all(|request| request.is_file), "{path}: {requests:#?}");
            let bytes: u64 = requests.iter().map(|request| request.bytes).sum();
            assert_eq!(said["sizes"][compression], bytes, "{path}, {compression}: {said:#} {requests:#?}");
            assert_eq!(said["requests"], requests.len(), "{path}: {said:#} {requests:#?}");
        }
    }
}
