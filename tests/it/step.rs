//! Commands as they really run: what comes out, how they end, and that nothing is left of them.
#![cfg(unix)]

use crate::workshop::{now, takes};
use shipgate::diagnostic::Exit;
use shipgate::step::{Cancel, Command, Finished, StopSignal, run, watch_signals};
use std::fs;
use std::ops::Range;
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

fn command(line: &str) -> Command {
    Command {
        line: line.to_owned(),
        directory: "/".into(),
        environment: vec![("PATH".into(), "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin".into())],
        timeout: None,
    }
}

async fn outcome_of(command: &Command) -> (Finished, String) {
    let mut output = Vec::new();
    let (mut never, mut take) = (Cancel::never(), |bytes: &[u8]| output.extend_from_slice(bytes));
    let all = run(command, &mut never, &mut take);
    let finished = timeout(Duration::from_secs(20), all).await.expect("a command never hangs");
    (finished, String::from_utf8_lossy(&output).into_owned())
}

async fn outcome(line: &str) -> (Finished, String) {
    outcome_of(&command(line)).await
}

/// The number after `key=` in what the command printed.
fn number(output: &str, key: &str) -> i32 {
    let value = output.split_once(&format!("{key}=")).unwrap_or_else(|| panic!("no {key} in {output}")).1;
    value.split_whitespace().next().unwrap().parse().unwrap()
}

/// The processes of a group, zombies as well.
#[cfg(target_os = "linux")]
fn members(group: i32) -> Vec<String> {
    let stats = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        (fields[2] == group.to_string()).then_some(stat)
    });
    stats.collect()
}

#[cfg(not(target_os = "linux"))]
fn members(group: i32) -> Vec<String> {
    let listed = std::process::Command::new("ps").args(["-A", "-o", "pgid=,pid=,stat="]).output().unwrap().stdout;
    let lines = String::from_utf8(listed).unwrap();
    let is_member = |line: &&str| line.split_whitespace().next() == Some(group.to_string().as_str());
    lines.lines().filter(is_member).map(ToOwned::to_owned).collect()
}

fn assert_nothing_left(output: &str) {
    let left = members(number(output, "group"));
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn both_streams_arrive_in_the_order_of_writing() {
    let (finished, output) = outcome("for i in 1 2 3; do echo out $i; echo err $i >&2; done").await;
    assert_eq!(finished.exit, Exit::Code { code: 0 });
    assert_eq!(output, "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n");
    assert!(!finished.output_held_open);
}

#[tokio::test]
async fn standard_input_is_empty() {
    assert_eq!(outcome("cat; echo end").await.1, "end\n");
}

#[tokio::test]
async fn the_environment_is_the_given_one_and_nothing_else() {
    let mut given = command("/usr/bin/env");
    given.environment = vec![("ONLY".into(), "this one".into())];
    let (_, output) = outcome_of(&given).await;
    let names: Vec<&str> = output.lines().filter_map(|line| line.split('=').next()).collect();
    assert!(names.iter().all(|name| ["ONLY", "PWD", "SHLVL", "_", "OLDPWD"].contains(name)), "{output}");
    assert!(output.contains("ONLY=this one\n"));
    assert!(!format!("{given:?}").contains("this one"));
}

#[tokio::test]
async fn it_runs_where_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("here it is"), "").unwrap();
    let (_, output) = outcome_of(&Command { directory: folder.path().to_owned(), ..command("ls") }).await;
    assert_eq!(output, "here it is\n");
}

#[tokio::test]
async fn each_way_to_end_is_told_apart() {
    let exit = async |line| outcome(line).await.0.exit;
    assert_eq!(exit("exit 3").await, Exit::Code { code: 3 });
    assert_eq!(exit("no-such-command-at-all").await, Exit::Code { code: 127 });
    assert_eq!(exit("/etc/passwd").await, Exit::Code { code: 126 });
    assert_eq!(exit("sh -c 'kill -ABRT $$'; exit $?").await, Exit::Code { code: 134 });
    assert_eq!(exit("kill -KILL $$").await, Exit::Signal { number: 9, name: "SIGKILL".into() });
    assert_eq!(exit("kill -SEGV $$").await, Exit::Signal { number: 11, name: "SIGSEGV".into() });
}

#[tokio::test]
async fn what_cannot_start_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for (command, words) in [
        (Command { directory: folder.path().join("absent"), ..command("true") }, "absent` cannot be used"),
        (Command { directory: file, ..command("true") }, "file` is not a directory"),
        (command("echo \0"), "nul byte"),
        (command(&format!("true {}", "x".repeat(3_000_000))), "too long"),
    ] {
        let (finished, output) = outcome_of(&command).await;
        assert!(matches!(&finished.exit, Exit::NotStarted { error } if error.contains(words)), "{:?}", finished.exit);
        assert_eq!((output.as_str(), finished.cpu, finished.peak_memory), ("", None, None));
    }
}

#[tokio::test]
async fn any_bytes_and_any_length_of_line_come_through() {
    let mut read = Vec::new();
    let line = command(r"printf 'a\377\000b'; head -c 20000000 /dev/zero | tr '\0' x; printf '\nend'");
    let finished = run(&line, &mut Cancel::never(), &mut |bytes| read.extend_from_slice(bytes)).await;
    assert!(finished.exit.is_success());
    assert_eq!(read.len(), 4 + 20_000_000 + 4);
    assert!(read.starts_with(b"a\xff\0bxx") && read.ends_with(b"x\nend"));
}

#[test]
fn a_time_out_ends_the_group_and_keeps_what_was_read() {
    let line = "echo group=$$; sleep 61 & sleep 62";
    let command = Command { timeout: Some(Duration::from_millis(300)), ..command(line) };
    takes(..Duration::from_secs(2), || {
        let (finished, output) = now(outcome_of(&command));
        assert_eq!(finished.exit, Exit::TimedOut { after_seconds: 0.3 });
        assert_nothing_left(&output);
        (finished.wall, ())
    });
}

#[test]
fn what_ignores_sigterm_is_killed_after_its_grace() {
    let line = "trap '' TERM; echo group=$$; sh -c 'while :; do sleep 0.2; done' & while :; do sleep 0.2; done";
    let command = Command { timeout: Some(Duration::from_millis(200)), ..command(line) };
    takes(Duration::from_secs(2)..Duration::from_secs(4), || {
        let begun = Instant::now();
        let (finished, output) = now(outcome_of(&command));
        assert_eq!(finished.exit, Exit::TimedOut { after_seconds: 0.2 });
        let took = begun.elapsed();
        assert_nothing_left(&output);
        (took, ())
    });
}

#[tokio::test]
async fn words_said_after_sigterm_are_still_heard() {
    let line = "(trap 'sleep 0.6; echo cleaned up; exit' TERM; while :; do sleep 0.05; done) & echo group=$$; wait";
    let (finished, output) = outcome_of(&Command { timeout: Some(Duration::from_millis(300)), ..command(line) }).await;
    assert_eq!(finished.exit, Exit::TimedOut { after_seconds: 0.3 });
    assert!(output.contains("cleaned up"), "{output}");
    assert_nothing_left(&output);
}

#[tokio::test]
async fn a_time_out_without_end_is_none() {
    let (finished, _) = outcome_of(&Command { timeout: Some(Duration::MAX), ..command("exit 4") }).await;
    assert_eq!(finished.exit, Exit::Code { code: 4 });
}

async fn cancelled_after(line: &str, requests: &[u64]) -> (Finished, String, Duration) {
    let (canceller, mut cancel) = Cancel::pair();
    let waits: Vec<u64> = requests.to_vec();
    let cancelling = tokio::spawn(async move {
        for wait in waits {
            sleep(Duration::from_millis(wait)).await;
            canceller.cancel(StopSignal::Terminate);
        }
        Instant::now()
    });
    let mut output = Vec::new();
    let finished = run(&command(line), &mut cancel, &mut |bytes| {
        if output.len() < 1000 {
            output.extend_from_slice(bytes);
        }
    })
    .await;
    let took = cancelling.await.unwrap().elapsed();
    (finished, String::from_utf8_lossy(&output).into_owned(), took)
}

/// Ends within these bounds after the last request, and leaves nobody.
#[track_caller]
fn is_cancelled_within(bounds: Range<u64>, line: &str, requests: &[u64]) {
    takes(Duration::from_millis(bounds.start)..Duration::from_millis(bounds.end), || {
        let (finished, output, took) = now(cancelled_after(line, requests));
        assert_eq!(finished.exit, Exit::Cancelled { signal: "SIGTERM".into() });
        assert_nothing_left(&output);
        (took, ())
    });
}

#[test]
fn cancelling_ends_the_group_at_once() {
    is_cancelled_within(0..700, "echo group=$$; sleep 61 & sleep 62", &[300]);
}

#[test]
fn cancelling_what_ignores_it_takes_less_than_the_two_seconds_of_the_program() {
    let line = "trap '' TERM; echo group=$$; (while :; do sleep 0.2; done) & while :; do sleep 0.2; done";
    is_cancelled_within(700..1400, line, &[300]);
    // The second request kills.
    is_cancelled_within(0..600, line, &[300, 100]);
}

#[test]
fn a_flood_of_output_does_not_keep_a_cancellation_or_a_time_out_away() {
    is_cancelled_within(0..900, "echo group=$$; yes", &[300]);
    let flood = Command { timeout: Some(Duration::from_millis(200)), ..command("yes") };
    let finished = now(async { run(&flood, &mut Cancel::never(), &mut |_| {}).await });
    assert_eq!(finished.exit, Exit::TimedOut { after_seconds: 0.2 });
}

#[tokio::test]
async fn after_a_cancellation_nothing_is_started() {
    let folder = tempfile::tempdir().unwrap();
    let (canceller, mut cancel) = Cancel::pair();
    canceller.cancel(StopSignal::HangUp);
    let touch = Command { directory: folder.path().to_owned(), ..command("touch started") };
    let finished = run(&touch, &mut cancel, &mut |_| {}).await;
    assert_eq!(finished.exit, Exit::Cancelled { signal: "SIGHUP".into() });
    assert!(!folder.path().join("started").exists());
}

#[test]
fn a_signal_to_this_program_ends_the_command() {
    takes(..Duration::from_secs(1), || {
        now(async {
            let mut cancel = watch_signals().unwrap();
            let mut output = Vec::new();
            let line = command("echo group=$$; kill -INT $PPID; sleep 61");
            let begun = Instant::now();
            let finished = run(&line, &mut cancel, &mut |bytes| output.extend_from_slice(bytes)).await;
            let took = begun.elapsed();
            assert_eq!(finished.exit, Exit::Cancelled { signal: "SIGINT".into() });
            assert_eq!(cancel.requested(), Some(StopSignal::Interrupt));
            assert_nothing_left(&String::from_utf8(output).unwrap());
            (took, ())
        })
    });
}

/// The outcome of a line that takes a time within these bounds, and leaves nobody.
#[track_caller]
fn outcome_within(bounds: Range<Duration>, line: &str) -> Finished {
    takes(bounds, || {
        let begun = Instant::now();
        let (finished, output) = now(outcome(line));
        let took = begun.elapsed();
        assert_nothing_left(&output);
        (took, finished)
    })
}

#[test]
fn a_process_left_behind_that_holds_the_output_does_not_hold_us() {
    let finished = outcome_within(Duration::ZERO..Duration::from_secs(1), "sleep 61 & echo group=$$; exit 5");
    assert_eq!((finished.exit, finished.output_held_open), (Exit::Code { code: 5 }, true));
}

#[test]
fn a_process_left_behind_in_silence_is_ended_as_well() {
    let line = "(trap '' TERM; while :; do sleep 0.1; done) >/dev/null 2>&1 & echo group=$$";
    let finished = outcome_within(Duration::ZERO..Duration::from_secs(1), line);
    assert_eq!((finished.exit, finished.output_held_open), (Exit::Code { code: 0 }, false));
}

#[test]
fn late_words_of_a_process_left_behind_are_heard_for_a_while() {
    let (finished, output) = now(outcome("(sleep 0.1; echo late) & echo early"));
    assert_eq!(output, "early\nlate\n");
    assert!(!finished.output_held_open);
    let line = "(while :; do echo more; sleep 0.05; done) & echo group=$$";
    let finished = outcome_within(Duration::from_secs(2)..Duration::from_secs(4), line);
    // Waiting for it is no part of the step's time.
    assert!(finished.output_held_open && finished.wall < Duration::from_millis(1900), "{:?}", finished.wall);
}

#[test]
fn a_daemon_of_another_session_does_not_hold_us() {
    takes(..Duration::from_secs(2), || {
        let begun = Instant::now();
        let (finished, _) = now(outcome("setsid sleep 4 & sleep 0.1; echo started"));
        assert_eq!((finished.exit, finished.output_held_open), (Exit::Code { code: 0 }, true));
        (begun.elapsed(), ())
    });
}

#[tokio::test]
async fn a_slow_receiver_loses_nothing() {
    let mut read = 0;
    let finished = run(&command("head -c 1500000 /dev/zero"), &mut Cancel::never(), &mut |bytes| {
        if read == 0 {
            std::thread::sleep(Duration::from_millis(2300));
        }
        read += bytes.len();
    })
    .await;
    assert_eq!((finished.exit, finished.output_held_open, read), (Exit::Code { code: 0 }, false, 1_500_000));
}

#[test]
fn a_slow_receiver_does_not_hold_a_cancellation_up() {
    takes(..Duration::from_secs(2), || {
        let (canceller, mut cancel) = Cancel::pair();
        let mut asked = None;
        let mut receive = |_: &[u8]| {
            asked.get_or_insert_with(|| {
                canceller.cancel(StopSignal::Terminate);
                Instant::now()
            });
            // The pipe and the buffers hold eight of these.
            std::thread::sleep(Duration::from_millis(400));
        };
        let finished = now(async { run(&command("yes"), &mut cancel, &mut receive).await });
        assert_eq!(finished.exit, Exit::Cancelled { signal: "SIGTERM".to_owned() });
        assert!(!finished.output_held_open);
        (asked.unwrap().elapsed(), ())
    });
}

#[tokio::test]
async fn pieces_are_bounded_whatever_the_amount() {
    let (mut read, mut longest) = (0, 0);
    let finished = run(&command("head -c 300000000 /dev/zero"), &mut Cancel::never(), &mut |bytes| {
        read += bytes.len();
        longest = longest.max(bytes.len());
    })
    .await;
    assert!(finished.exit.is_success());
    assert_eq!(read, 300_000_000);
    assert!(longest <= 256 * 1024);
}

#[tokio::test]
async fn time_and_memory_of_the_whole_tree_are_measured() {
    let line = "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; head -c 200000000 /dev/zero | tail -c 150000000 | wc -c";
    let (finished, output) = outcome(line).await;
    assert_eq!(output.trim(), "150000000");
    let cpu = finished.cpu.unwrap();
    assert!(cpu > Duration::from_millis(50) && cpu < finished.wall * 8, "{finished:?}");
    let memory = finished.peak_memory.unwrap();
    // Until it becomes another program a child has the memory of this process, which is that of all tests.
    assert!(memory > 140_000_000, "{memory}");
}

#[tokio::test]
async fn dropping_the_run_kills_the_group() {
    let mut output = Vec::new();
    let line = command("trap '' TERM; echo group=$$; sleep 61 & sleep 62");
    let (mut never, mut take) = (Cancel::never(), |bytes: &[u8]| output.extend_from_slice(bytes));
    assert!(timeout(Duration::from_secs(1), run(&line, &mut never, &mut take)).await.is_err());
    let output = String::from_utf8(output).unwrap();
    let is_running = |stat: &String| !stat.contains(") Z ");
    for _ in 0..1000 {
        if !members(number(&output, "group")).iter().any(is_running) {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("{:?}", members(number(&output, "group")));
}
