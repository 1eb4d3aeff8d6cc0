//! `shipgate deploy` against servers that answer as the platforms do.

mod github;
mod manual;
mod vercel;
pub(crate) mod zeabur;

use crate::workshop::Workshop;
use serde_json::Value;

/// A project in a repository with one commit that passed the gate; gives the commit.
pub(crate) fn project(yaml: &str) -> (Workshop, String) {
    let steps = "steps: [{ name: check, run: \"true\", format: exit-status }]\n";
    let workshop = Workshop::configured(&format!("{steps}{yaml}"))
        .with("package.json", r#"{ "name": "shop", "version": "2.3.4" }"#)
        .with(".gitignore", ".shipgate/\n");
    workshop.git(&["init", "-q", "-b", "main"]);
    workshop.git(&["add", "-A"]);
    workshop.git(&["commit", "-q", "-m", "one"]);
    let commit = head(&workshop);
    (workshop, commit)
}

pub(crate) fn head(workshop: &Workshop) -> String {
    let reference = workshop.read(".git/HEAD");
    let reference = reference.trim().strip_prefix("ref: ").unwrap().to_owned();
    workshop.read(&format!(".git/{reference}")).trim().to_owned()
}

pub(crate) fn pass_the_gate(workshop: &Workshop) {
    let ran = workshop.shipgate(&["run", "--record", "--quiet"]).ends();
    assert_eq!(ran.status, Some(0), "{ran:#?}");
}

/// The records, as `deploy list --json` gives them.
pub(crate) fn listed(workshop: &Workshop) -> Value {
    let ran = workshop.shipgate(&["deploy", "list", "--json"]).env("TOKEN", "secret-token-0123456789").ends();
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    serde_json::from_str(&ran.stdout).unwrap()
}
