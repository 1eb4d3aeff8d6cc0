//! The JSON store on a real disk: what is in its files, and what happens to them when things go wrong.

use crate::workshop::now;
use chrono::{DateTime, Duration, TimeZone, Utc};
use shipgate::diagnostic::{Diagnostic, Level};
use shipgate::gate::StepOutcome;
use shipgate::record::{
    ApiHealthCheck, BuildConfiguration, BuildStatus, ConnectionStatus, DatabaseHealth, DeploymentStatus, Environment,
    EnvironmentVariable, HealthStatus, HttpMethod, ProductionDeployment, QueryStatus, Valid, ValidationStatus,
};
use shipgate::store::{Error, JsonStore, Limit, RecordOutcome, Retention, RunRecord, Store};
use shipgate::track::{Completeness, Found, State, StepReading, compare};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use uuid::Uuid;

const FILES: [&str; 3] = ["typescript_errors.json", "environment_variables.json", "build_configs.json"];

pub(crate) fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 22, 10, 0, 0).unwrap()
}

pub(crate) fn error(file: &str, line: u32, message: &str) -> Found {
    let diagnostic = Diagnostic {
        file: Some(file.into()),
        line: Some(line),
        column: Some(1),
        ..Diagnostic::new("typescript", Level::Error, Some("ts2322".into()), message)
    };
    Found::new("check", diagnostic)
}

/// A run of the default branch that took place at its number's minute and read everything.
pub(crate) fn run(number: u32, found: Vec<Found>) -> RunRecord {
    let at = start() + Duration::minutes(i64::from(number));
    let mut build = BuildConfiguration::pending(Uuid::now_v7(), Environment::Production, "npm run build".into(), at);
    build.transition(BuildStatus::Building, at).unwrap();
    build.transition(BuildStatus::Success, at).unwrap();
    let variable = EnvironmentVariable {
        key: "DATABASE_URL".into(),
        is_set: number.is_multiple_of(2),
        is_sensitive: true,
        validation_status: ValidationStatus::Valid,
    };
    RunRecord {
        run_id: Uuid::now_v7(),
        branch: "main".into(),
        commit: Some(format!("{number:040x}")),
        recorded_at: at,
        build,
        verdict: None,
        steps: vec![StepReading { step: "check".into(), completeness: StepOutcome::Errors.into() }],
        found,
        variables: Some(vec![variable]),
    }
}

/// 40 errors that no other run has.
pub(crate) fn own_errors(number: u32) -> Vec<Found> {
    (1..=40).map(|line| error(&format!("src/{}.ts", line % 7), line, &format!("of run {number}"))).collect()
}

/// Every file of a folder with its bytes.
fn contents(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    entries
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect()
}

/// The run ids in `build_configs.json`, read without the store.
fn recorded_runs(directory: &Path) -> HashSet<String> {
    let document: serde_json::Value = serde_json::from_slice(&fs::read(directory.join(FILES[2])).unwrap()).unwrap();
    let records = document["records"].as_array().unwrap();
    records.iter().map(|record| record["run_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_is_recorded_is_the_base_of_the_next_run() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("deep/.shipgate");
    let store = JsonStore::new(&path);
    assert_eq!(now(store.base("main")).unwrap(), None);
    assert!(!path.exists(), "reading must not write");

    let mut first = run(1, vec![error("a.ts", 3, "x"), error("b.ts", 9, "y")]);
    let no_place = Found::new("check", Diagnostic::new("vite", Level::Warning, None, "w"));
    first.found.push(no_place.clone());
    assert_eq!(now(store.record(&first)).unwrap().outcome, RecordOutcome::BaseMoved);
    assert_eq!(contents(&path).into_keys().collect::<Vec<_>>(), [".gitignore", ".lock", FILES[2], FILES[1], FILES[0]]);

    let base = now(JsonStore::new(&path).base("main")).unwrap().unwrap();
    assert_eq!((base.run_id, &base.commit, base.recorded_at), (first.run_id, &first.commit, first.recorded_at));
    assert_eq!((base.count(Level::Error), base.count(Level::Warning)), (2, 1));
    let now = vec![error("a.ts", 5, "x"), error("a.ts", 6, "z"), no_place];
    let comparison = compare(now, &base.found);
    let states: Vec<Option<State>> = comparison.tracked.iter().map(|(it, _)| it.map(|it| it.state)).collect();
    assert_eq!(states, [Some(State::Moved), None, Some(State::Known)]);
    assert_eq!(comparison.fixed, [error("b.ts", 9, "y")]);
}

#[test]
fn a_run_recorded_again_and_a_base_that_is_read_leave_every_byte_as_it_was() {
    let directory = TempDir::new().unwrap();
    let store = JsonStore::new(directory.path());
    let first = run(1, own_errors(1));
    now(store.record(&first)).unwrap();
    let before = contents(directory.path());
    assert_eq!(now(store.record(&first)).unwrap().outcome, RecordOutcome::AlreadyRecorded);
    now(store.base("main")).unwrap().unwrap();
    assert_eq!(contents(directory.path()), before);
}

#[test]
fn an_error_that_moves_changes_one_line_of_its_file() {
    let directory = TempDir::new().unwrap();
    let store = JsonStore::new(directory.path());
    let errors = |line| vec![error("a.ts", line, "x"), error("b.ts", 2, "y")];
    now(store.record(&run(1, errors(3)))).unwrap();
    let before = fs::read_to_string(directory.path().join(FILES[0])).unwrap();
    now(store.record(&run(2, errors(8)))).unwrap();
    let after = fs::read_to_string(directory.path().join(FILES[0])).unwrap();
    let changed: Vec<_> = before.lines().zip(after.lines()).filter(|(one, other)| one != other).collect();
    assert_eq!(changed, [("      \"line_number\": 3,", "      \"line_number\": 8,")]);
    assert_eq!(before.lines().count(), after.lines().count());
}

#[test]
fn a_damaged_or_newer_file_is_named_and_nothing_is_overwritten() {
    let directory = TempDir::new().unwrap();
    let store = JsonStore::new(directory.path());
    now(store.record(&run(1, own_errors(1)))).unwrap();
    for name in FILES {
        let path = directory.path().join(name);
        let good = fs::read(&path).unwrap();
        let newer = String::from_utf8(good.clone()).unwrap().replace("\"version\": 1", "\"version\": 2");
        for (bad, is_newer) in [(good[..good.len() / 2].to_vec(), false), (newer.into_bytes(), true), (vec![], false)] {
            fs::write(&path, &bad).unwrap();
            let before = contents(directory.path());
            let refused = now(store.record(&run(2, own_errors(2)))).unwrap_err();
            assert_eq!(matches!(refused, Error::Newer { .. }), is_newer, "{refused}");
            assert_eq!(matches!(refused, Error::Corrupt(_)), !is_newer, "{refused}");
            assert!(refused.to_string().contains(name) && !refused.help().is_empty(), "{refused}");
            // The facts about variables are no part of the base.
            assert_eq!(now(store.base("main")).is_err(), name != FILES[1]);
            assert_eq!(contents(directory.path()), before);
        }
        fs::write(&path, &good).unwrap();
    }
    assert_eq!(now(store.record(&run(2, vec![]))).unwrap().tally.resolved, 40);
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_that_says_what_is_lost() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("file"), "kept").unwrap();
    let store = JsonStore::new(directory.path().join("file/.shipgate"));
    let run = run(1, vec![]);
    let refused = now(store.record(&run)).unwrap_err();
    assert!(matches!(refused, Error::Unwritten { .. }), "{refused:?}");
    let text = refused.to_string();
    assert!(text.contains("file/.shipgate") && text.contains(&run.run_id.to_string()), "{text}");
    assert!(text.contains("is not recorded"), "{text}");
    assert!(now(store.base("main")).is_err(), "a base that cannot be read is no missing base");
    assert_eq!(fs::read(directory.path().join("file")).unwrap(), b"kept");
}

#[test]
fn a_folder_in_the_place_of_a_file_is_an_error_and_stays() {
    let directory = TempDir::new().unwrap();
    fs::create_dir(directory.path().join(FILES[0])).unwrap();
    let store = JsonStore::new(directory.path());
    assert!(matches!(now(store.record(&run(1, vec![]))), Err(Error::Unreadable { .. })));
    assert!(directory.path().join(FILES[0]).is_dir());
}

#[test]
fn a_lock_that_another_process_holds_is_waited_for_and_then_named() {
    let directory = TempDir::new().unwrap();
    let store = JsonStore::new(directory.path()).with_patience(std::time::Duration::from_millis(50));
    now(store.record(&run(1, vec![]))).unwrap();
    let held = fs::File::open(directory.path().join(".lock")).unwrap();
    held.lock().unwrap();
    let refused = now(store.record(&run(2, vec![]))).unwrap_err();
    assert!(matches!(refused, Error::Locked { .. }), "{refused:?}");
    assert!(matches!(now(store.base("main")), Err(Error::Locked { .. })));
    drop(held);
    now(store.record(&run(2, vec![]))).unwrap();
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_temporary_file_is_not_followed() {
    let directory = TempDir::new().unwrap();
    let (path, victim) = (directory.path().join("store"), directory.path().join("victim"));
    fs::create_dir(&path).unwrap();
    fs::write(&victim, "kept").unwrap();
    for name in FILES {
        std::os::unix::fs::symlink(&victim, path.join(format!("{name}.tmp"))).unwrap();
    }
    now(JsonStore::new(&path).record(&run(1, own_errors(1)))).unwrap();
    assert_eq!(fs::read(&victim).unwrap(), b"kept");
}

#[test]
fn two_branches_that_each_fix_something_merge_in_git() {
    let directory = TempDir::new().unwrap();
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
        let output = Command::new("git").args(identity).args(arguments).current_dir(directory.path()).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stdout).unwrap()
    };
    // Fixed ids, so that the place of each build in its file is always the same.
    let at = |number: u32, found| RunRecord {
        run_id: Uuid::from_u128(u128::from(number.wrapping_mul(2_654_435_769)) << 32),
        variables: None,
        ..run(number, found)
    };
    let all = || (0..30).map(|it| error(&format!("src/{it:02}.ts"), 4, "x")).collect::<Vec<_>>();
    let without = |gone: usize| {
        let mut errors = all();
        errors.remove(gone);
        errors
    };
    let store = JsonStore::new(directory.path().join(".shipgate"));
    // Spread over the file, as the random half of an id spreads them.
    let id = |number: u32| {
        let mut random = [0; 10];
        random[2..6].copy_from_slice(&number.wrapping_mul(2_654_435_769).to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(1_795_000_000_000 + u64::from(number), &random).into_uuid()
    };
    let observe = |number: u32| {
        let check = ApiHealthCheck {
            id: id(number),
            endpoint_path: "/api".into(),
            http_method: HttpMethod::Get,
            expected_status: 200,
            actual_status: None,
            response_time: None,
            error_message: None,
            status: HealthStatus::Unknown,
            last_checked: start(),
            consecutive_failures: number,
            environment: Environment::Production,
            deployment_id: None,
        };
        let database = DatabaseHealth {
            id: id(number),
            connection_name: "main".into(),
            host: "localhost".into(),
            database_name: "d".into(),
            connection_status: ConnectionStatus::Timeout,
            query_test_status: QueryStatus::NotTested,
            average_query_time: None,
            connection_pool_size: None,
            error_message: None,
            last_tested: start(),
            environment: Environment::Production,
        };
        let deployment = ProductionDeployment {
            id: id(number),
            version: "1.0.0".parse().unwrap(),
            commit_hash: format!("{number:040x}"),
            deployment_status: DeploymentStatus::Queued,
            deployment_platform: "vercel".into(),
            domain: "example.com".into(),
            deployment_url: None,
            health_check_url: None,
            environment_variables: vec![EnvironmentVariable {
                key: "A".into(),
                is_set: true,
                is_sensitive: false,
                validation_status: ValidationStatus::Valid,
            }],
            deployment_time: None,
            rollback_available: false,
            created_at: start(),
            deployed_at: None,
            error_message: None,
            build_id: None,
            platform_id: None,
            environment: Environment::Production,
            branch: None,
            platform_status: None,
            rollback_reason: None,
            committed_at: None,
            superseded_at: None,
            history: Vec::new(),
        };
        now(store.add_api_health(&[Valid::new(check).unwrap()])).unwrap();
        now(store.add_database_health(&[Valid::new(database).unwrap()])).unwrap();
        now(store.add_deployment(&Valid::new(deployment).unwrap())).unwrap();
    };
    git(&["init", "-q", "-b", "main"]);
    for number in 1..=8 {
        now(store.record(&at(number, all()))).unwrap();
        observe(number);
    }
    git(&["add", "-A"]);
    git(&["commit", "-qm", "base"]);
    assert!(!git(&["ls-files"]).contains(".lock"));
    for (branch, number, gone) in [("a", 9, 3), ("b", 10, 4)] {
        git(&["checkout", "-qb", branch, "main"]);
        now(store.record(&at(number, without(gone)))).unwrap();
        observe(number);
        git(&["commit", "-qam", branch]);
    }
    git(&["merge", "-q", "--no-edit", "a"]);
    let contents = now(store.contents()).unwrap();
    assert_eq!((contents.api_health.len(), contents.database_health.len(), contents.deployments.len()), (10, 10, 10));
    assert!(contents.deployments.iter().all(|it| it.environment_variables.len() == 1));
    let base = now(store.base("main")).unwrap().unwrap();
    assert_eq!((base.count(Level::Error), recorded_runs(&directory.path().join(".shipgate")).len()), (28, 10));
}

/// The other side of the tests with several processes: they start it in a folder of their own, where
/// `writer` says what to do. Anywhere else it has nothing to do.
#[test]
fn child_writer() {
    let here = std::env::current_dir().unwrap();
    let Ok(job) = fs::read_to_string(here.join("writer")) else {
        return assert_eq!(here, Path::new(env!("CARGO_MANIFEST_DIR")), "a child without a job");
    };
    let limit = |count| Limit { count: Some(count), age: None };
    let retention = Retention { builds: limit(100_000), resolved_errors: limit(100), ..Retention::default() };
    let store = JsonStore::new(here.join("store")).with_retention(retention);
    match job.split_once(' ').unwrap() {
        ("record", count) => {
            let first = now(store.base("main"))
                .unwrap()
                .map_or(0, |base| u32::try_from((base.recorded_at - start()).num_minutes()).unwrap());
            for number in first + 1..=first + count.parse::<u32>().unwrap() {
                let run = run(number, own_errors(number));
                now(store.record(&run)).unwrap();
                acknowledge(&run.run_id.to_string());
            }
        }
        ("fail", _) => {
            let errors = (1..=3000).map(|line| error("a.ts", line, "long")).collect();
            acknowledge(&now(store.record(&run(90, errors))).unwrap_err().to_string());
        }
        _ => unreachable!(),
    }
}

/// One line to the parent, past the capturing of tests' output.
fn acknowledge(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("ack {line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

fn acknowledged(output: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(output);
    // What a killed child had written of its last line does not count.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().filter_map(|line| line.split_once("ack ").map(|(_, id)| id.to_owned())).collect()
}

const CHILD: [&str; 3] = ["--exact", "store::child_writer", "--nocapture"];

fn child(directory: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(CHILD).current_dir(directory).stdout(std::process::Stdio::piped());
    command
}

#[test]
fn eight_writers_at_once_lose_nothing() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("writer"), "record 5").unwrap();
    let children: Vec<_> = (0..8).map(|_| child(directory.path()).spawn().unwrap()).collect();
    let mut said = BTreeSet::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        said.extend(acknowledged(&output.stdout));
    }
    let path = directory.path().join("store");
    assert_eq!(said.len(), 40);
    assert_eq!(recorded_runs(&path), said.into_iter().collect());
    assert_whole(&path);
}

#[test]
fn a_writer_killed_at_any_moment_leaves_all_it_acknowledged_and_nothing_half() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("store");
    fs::write(directory.path().join("writer"), "record 10000").unwrap();
    let mut said = HashSet::new();
    for _ in 0..200 {
        let mut child = child(directory.path()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut text = Vec::new();
        while acknowledged(&text).is_empty() {
            assert_ne!(output.read_until(b'\n', &mut text).unwrap(), 0, "{}", String::from_utf8_lossy(&text));
        }
        // Within the next few runs; the low bits of a UUIDv7 are random.
        let moment = Uuid::now_v7().as_u64_pair().1 % 30_000;
        std::thread::sleep(std::time::Duration::from_micros(moment));
        child.kill().unwrap();
        child.wait().unwrap();
        output.read_to_end(&mut text).unwrap();
        said.extend(acknowledged(&text));
        assert_whole(&path);
    }
    let kept = recorded_runs(&path);
    let lost: Vec<_> = said.difference(&kept).collect();
    assert!(lost.is_empty(), "{lost:?}");
    let store = JsonStore::new(&path).with_patience(std::time::Duration::from_secs(1));
    now(store.record(&run(100_000, vec![]))).unwrap();
    assert!(contents(&path).keys().all(|name| !name.contains(".tmp")));
}

#[test]
fn what_a_killed_writer_began_does_not_stay_beside_a_file_that_no_longer_changes() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("store");
    let store = JsonStore::new(&path);
    now(store.record(&run(2, own_errors(1)))).unwrap();
    fs::write(path.join(format!("{}.tmp", FILES[1])), "{\"version\":").unwrap();
    fs::write(path.join("notes.tmp"), "not ours").unwrap();
    let before = contents(&path);
    now(store.record(&run(4, own_errors(2)))).unwrap();
    let after = contents(&path);
    assert_eq!(after[FILES[1]], before[FILES[1]]);
    let left: Vec<_> = after.keys().filter(|name| name.contains(".tmp")).collect();
    assert_eq!(left, ["notes.tmp"]);
}

/// The store can be read, and what is open is what one run saw.
fn assert_whole(path: &Path) {
    let base = now(JsonStore::new(path).base("main")).unwrap();
    let base = base.unwrap();
    let runs: HashSet<_> = base.found.iter().map(|found| &found.diagnostic.message).collect();
    assert_eq!((runs.len(), base.found.len()), (1, 40));
    assert!(base.steps.iter().all(|step| step.completeness == Completeness::Whole));
}

#[cfg(unix)]
#[test]
fn without_space_left_the_old_records_stay_and_the_error_says_what_is_lost() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("store");
    now(JsonStore::new(&path).record(&run(1, own_errors(1)))).unwrap();
    fs::write(directory.path().join("writer"), "fail now").unwrap();
    let before = contents(&path);
    // A limit of the size of files: writing ends in the middle, as on a full disk.
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"";
    let output = Command::new("sh")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .args(CHILD)
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = acknowledged(&output.stdout).into_iter().next().unwrap();
    assert!(said.contains("store/typescript_errors.json") && said.contains("is not recorded"), "{said}");
    assert_eq!(contents(&path), before);
}
