//! Many endpoints, more than one thread asks: the bounds hold for all of them together.

use crate::workshop::Workshop;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const ENDPOINTS: usize = 400;

/// Requests under way, and all that were.
#[derive(Default)]
struct Busy {
    now: usize,
    most: usize,
    asked: BTreeMap<String, usize>,
}

/// Answers after a moment, each connection on a thread of its own; every tenth path with 500.
fn serve(busy: &Arc<Mutex<Busy>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let busy = Arc::clone(busy);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, busy) = (stream.unwrap(), Arc::clone(&busy));
            std::thread::spawn(move || answer(stream, &busy));
        }
    });
    port
}

fn answer(mut stream: TcpStream, busy: &Mutex<Busy>) {
    let mut head = String::new();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let status = if path.ends_with('0') { "500 Broken" } else { "200 OK" };
    {
        let mut busy = busy.lock().unwrap();
        *busy.asked.entry(path).or_default() += 1;
        busy.now += 1;
        busy.most = busy.most.max(busy.now);
    }
    std::thread::sleep(Duration::from_millis(10));
    // Before the answer: whoever has it may be asking again.
    busy.lock().unwrap().now -= 1;
    let text = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok");
    let _gone = stream.write_all(text.as_bytes());
}

#[test]
fn each_is_asked_once_and_no_more_at_a_time_than_may_be() {
    let busy = Arc::<Mutex<Busy>>::default();
    let port = serve(&busy);
    let list: Vec<String> = (0..ENDPOINTS).map(|number| format!("    - path: /api/{number}\n")).collect();
    let list = list.concat();
    for (bounds, most) in [("  concurrency: 13\n  per-host: 40\n", 13), ("  concurrency: 40\n  per-host: 7\n", 7)] {
        let yaml = format!("api:\n  base-url: http://127.0.0.1:{port}\n  retries: 0\n{bounds}  endpoints:\n{list}");
        let workshop = Workshop::configured(&yaml);
        let ran = workshop.shipgate(&["check", "api", "--record"]).ends();
        let found = std::mem::take(&mut *busy.lock().unwrap());
        assert!(found.most <= most && found.most > most / 2, "{} at a time of {most}", found.most);
        assert_eq!((found.asked.len(), found.asked.values().sum::<usize>()), (ENDPOINTS, ENDPOINTS));
        // What was found of each stands beside its own name.
        assert!(ran.status == Some(1) && ran.stdout.contains("40 failed, 360 healthy"), "{ran:#?}");
        let records: Value = serde_json::from_str(&workshop.read(".shipgate/api_health.json")).unwrap();
        let records = records["records"].as_array().unwrap();
        assert_eq!(records.len(), ENDPOINTS);
        for record in records {
            let path = record["endpoint_path"].as_str().unwrap();
            let status = if path.ends_with('0') { 500 } else { 200 };
            assert_eq!(record["actual_status"], status, "{path}");
        }
    }
}
