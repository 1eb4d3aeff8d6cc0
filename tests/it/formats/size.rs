//! Large logs are read in little memory. `cargo bench --bench parse` does the same with a gigabyte.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

/// The program's standard output and the most memory that it used, in bytes. What the system counts at
/// its end includes the process that started it, so it is asked before that.
fn parse(arguments: &[&str], log: impl FnOnce(&mut dyn Write)) -> (String, u64) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_shipgate"))
        .arg("parse")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        // Only what a report of counts needs is kept.
        let mut kept = Vec::new();
        output.by_ref().take(1000).read_to_end(&mut kept).unwrap();
        std::io::copy(&mut output, &mut std::io::sink()).unwrap();
        String::from_utf8_lossy(&kept).into_owned()
    });
    log(&mut input);
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let used: u64 = peak.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    drop(input);
    child.wait().unwrap();
    (reader.join().unwrap(), used << 10)
}

const MB: u64 = 1 << 20;

#[test]
fn a_line_that_does_not_end_is_survived() {
    let (report, used) = parse(&["--report", "count"], |log| {
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..400 {
            log.write_all(&piece).unwrap();
        }
        log.write_all(b"\nsrc/a.ts(1,2): error TS2322: m\n").unwrap();
    });
    assert_eq!(report, "errors 1\nwarnings 0\n");
    assert!(used < 300 * MB, "{} MB for 400 MB", used / MB);
}

#[test]
fn memory_does_not_grow_with_the_number_of_diagnostics() {
    let log = |lines: u32| {
        move |log: &mut dyn Write| {
            let mut log = std::io::BufWriter::new(log);
            for number in 0..lines {
                let file = number % 500;
                writeln!(log, "src/a{file}.ts({number},2): error TS2322: Type 'a' is not assignable to type 'b'.")
                    .unwrap();
            }
        }
    };
    for arguments in [&["--format", "tsc", "--report", "count"][..], &["--report", "ndjson"]] {
        // With the program itself, whose code is several times as large without optimisation.
        let (_, some) = parse(arguments, log(20_000));
        let (report, used) = parse(arguments, log(500_000));
        assert!(report == "errors 500000\nwarnings 0\n" || report.starts_with("{\"tool\":\"typescript\""), "{report}");
        let more = used.saturating_sub(some);
        assert!(some > MB && more < 8 * MB, "{arguments:?}: {} MB more than for 20,000", more / MB);
    }
}
