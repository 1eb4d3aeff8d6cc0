use super::server::{Call, Fault, Server};
use crate::github::{
    Address, Client, CommentTarget, Error, Patience, Posted, PostedAs, Repository, Token, post_comment,
};
use crate::report::CommentIdentity;
use Call::{Create, Read, Update};
use std::time::Duration;

fn body_of(key: &str, run: u64, attempt: u32, text: &str) -> String {
    let marker = CommentIdentity { key: key.into(), run, attempt, sha: "1111111".into() }.marker();
    format!("{marker}\n{text}\n")
}

fn body(run: u64, text: &str) -> String {
    body_of("default", run, 1, text)
}

fn patience() -> Patience {
    let ms = Duration::from_millis;
    Patience { total: ms(4000), request: ms(400), first_wait: ms(10), limit_wait: ms(20) }
}

fn client(url: &str, patience: Patience) -> Client {
    Client::new(Address::new(url, None).unwrap(), &Token::new("ghs_secret").unwrap(), patience).unwrap()
}

fn post_to(url: &str, number: u64, body: &str) -> Result<Posted, Error> {
    post_within(patience(), url, number, body)
}

fn post_within(patience: Patience, url: &str, number: u64, body: &str) -> Result<Posted, Error> {
    let repository = Repository::parse("octo/demo").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { post_comment(&client(url, patience), &CommentTarget { repository, number }, body).await })
}

fn post(server: &Server, body: &str) -> Result<Posted, Error> {
    post_to(&server.url, 7, body)
}

#[track_caller]
fn outcome(server: &Server, body: &str) -> PostedAs {
    post(server, body).unwrap().outcome
}

#[test]
fn the_first_run_creates_the_comment_with_one_read_and_one_write() {
    let server = Server::start().has("a person's comment", false);
    let posted = post(&server, &body(5, "failed")).unwrap();
    assert_eq!(posted.outcome, PostedAs::Created);
    assert_eq!(posted.url, "https://github.com/octo/demo/pull/7#issuecomment-5000000002");
    assert_eq!(server.calls(), [Read, Create]);
    assert_eq!(server.bodies(), ["a person's comment".to_owned(), body(5, "failed")]);
    assert!(server.state.lock().unwrap().tokens.iter().all(|token| token == "Bearer ghs_secret"));
}

#[test]
fn a_later_run_updates_it_in_place() {
    let server = Server::start().has(&body(5, "failed"), true).has("a person's comment", false);
    assert_eq!(outcome(&server, &body(6, "passed")), PostedAs::Updated);
    assert_eq!(server.calls(), [Read, Update]);
    assert_eq!(server.bodies(), ["a person's comment".to_owned(), body(6, "passed")]);
}

#[test]
fn a_comment_that_says_the_same_is_left_alone_whatever_line_breaks_it_came_back_with() {
    let there = body(5, "failed\nbadly").replace('\n', "\r\n");
    let server = Server::start().has(there.trim_end(), true);
    assert_eq!(outcome(&server, &body(6, "failed\nbadly")), PostedAs::Unchanged);
    assert_eq!(server.calls(), [Read]);
}

#[test]
fn the_same_words_about_another_commit_are_written_again() {
    let other = body(5, "failed").replace("sha=1111111", "sha=2222222");
    let server = Server::start().has(&other, true);
    assert_eq!(outcome(&server, &body(6, "failed")), PostedAs::Updated);
}

#[test]
fn an_older_run_that_ends_last_changes_nothing() {
    let server = Server::start().has(&body_of("default", 6, 2, "passed"), true);
    assert_eq!(outcome(&server, &body_of("default", 5, 9, "failed")), PostedAs::NewerRunWins);
    assert_eq!(outcome(&server, &body_of("default", 6, 1, "failed")), PostedAs::NewerRunWins);
    assert_eq!(outcome(&server, &body_of("default", 6, 3, "failed")), PostedAs::Updated);
}

#[test]
fn somebody_who_quotes_our_marker_is_not_us_and_another_key_is_another_comment() {
    let server = Server::start()
        .has(&body(9, "forged by a person"), false)
        .has(&format!("> {}", body(9, "quoted by us")), true)
        .has(&body_of("docs", 9, 1, "our other gate"), true);
    assert_eq!(outcome(&server, &body(5, "failed")), PostedAs::Created);
    assert_eq!(server.bodies().len(), 4);
}

#[test]
fn it_is_found_on_a_later_page_and_the_reading_ends_there() {
    let mut server = Server::start().has("first of all", false).has(&body(5, "failed"), true);
    for _ in 0..25 {
        server = server.has("talk", false);
    }
    server.state.lock().unwrap().page_size = 10;
    assert_eq!(outcome(&server, &body(6, "passed")), PostedAs::Updated);
    assert_eq!(server.calls(), [Read, Read, Read, Update]);
    assert_eq!(outcome(&server, &body(7, "failed")), PostedAs::Updated);
    assert_eq!(server.calls()[4..], [Read, Update], "what was touched last comes first");
}

#[test]
fn an_enterprise_server_is_spoken_to_at_its_own_paths() {
    let server = Server::start();
    post_to(&format!("{}/api/v3", server.url), 7, &body(5, "failed")).unwrap();
    assert_eq!(server.paths(), ["/api/graphql", "/api/v3/repos/octo/demo/issues/7/comments"]);
}

#[test]
fn a_write_that_happened_though_its_answer_was_lost_is_not_repeated() {
    for fault in [Fault::DoneThenCut, Fault::DoneThenStatus(502)] {
        let server = Server::start().fails(Create, fault.clone());
        post(&server, &body(5, "failed")).unwrap();
        assert_eq!(server.calls(), [Read, Create, Read], "{fault:?}");
        assert_eq!(server.bodies(), [body(5, "failed")], "{fault:?}");
    }
}

#[test]
fn passing_failures_at_each_call_are_tried_again_and_nothing_is_posted_twice() {
    const LIMIT: &str = r#"{"message":"You have exceeded a secondary rate limit"}"#;
    let faults = [
        Fault::Status(500, &[], ""),
        Fault::Status(502, &[], "<html>\nbad gateway</html>"),
        Fault::Status(503, &[("retry-after", "0")], "{}"),
        Fault::Status(429, &[("retry-after", "1")], LIMIT),
        Fault::Status(429, &[], LIMIT),
        Fault::Status(403, &[], LIMIT),
        Fault::Status(403, &[("retry-after", "0")], r#"{"message":"wait"}"#),
        Fault::Cut,
        Fault::Slow(Duration::from_millis(600)),
    ];
    std::thread::scope(|scope| {
        for fault in &faults {
            for call in [Read, Create, Update] {
                scope.spawn(move || {
                    let server = Server::start().fails(call, fault.clone()).fails(call, fault.clone());
                    let server = if call == Update { server.has(&body(5, "failed"), true) } else { server };
                    post(&server, &body(6, "passed")).unwrap();
                    assert_eq!(server.bodies(), [body(6, "passed")], "{call:?} {fault:?}");
                    assert!(server.state.lock().unwrap().faults.is_empty(), "{call:?} {fault:?}");
                });
            }
        }
    });
}

#[test]
fn a_comment_deleted_between_read_and_write_is_written_anew() {
    let server = Server::start().has(&body(5, "failed"), true).fails(Update, Fault::Deleted);
    assert_eq!(outcome(&server, &body(6, "passed")), PostedAs::Created);
    assert_eq!(server.calls(), [Read, Update, Read, Create]);
}

#[track_caller]
fn refused(call: Call, status: u16, text: &'static str) -> (Error, usize) {
    let server = Server::start().fails(call, Fault::Status(status, &[], text));
    let error = post(&server, &body(6, "passed")).unwrap_err();
    assert_eq!(server.bodies(), [""; 0]);
    (error, server.calls().len())
}

#[test]
fn a_read_only_token_is_told_which_permission_to_grant_without_a_second_try() {
    let (error, calls) = refused(Create, 403, r#"{"message":"Resource not accessible by integration"}"#);
    assert_eq!(error.to_string(), "the token may not write a comment: Resource not accessible by integration");
    assert!(error.help().unwrap().contains("pull-requests: write"));
    assert_eq!(calls, 2);
}

#[test]
fn final_refusals_are_named_and_not_repeated() {
    let (error, _) = refused(Read, 401, r#"{"message":"Bad credentials"}"#);
    assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
    let (error, _) = refused(Create, 404, r#"{"message":"Not Found"}"#);
    assert_eq!(error.to_string(), "GitHub does not know `octo/demo#7`, or the token may not see it");
    let (error, _) = refused(Create, 410, r#"{"message":"Issues are disabled"}"#);
    assert_eq!(error.to_string(), "`octo/demo#7` is gone: Issues are disabled");
    let (error, calls) = refused(
        Create,
        422,
        r#"{"message":"Validation Failed","errors":[{"message":"Body is too long (maximum is 65536 characters)"}]}"#,
    );
    assert_eq!(
        error.to_string(),
        "GitHub refused to write a comment (status 422): Validation Failed; Body is too long (maximum is 65536 characters)"
    );
    assert_eq!(calls, 2);
    let (error, _) = refused(Create, 403, r#"{"message":"Unable to create comment because issue is locked."}"#);
    assert!(error.help().unwrap().contains("unlock"));
}

#[test]
fn graphql_refusals_come_with_status_200_and_are_understood() {
    assert!(matches!(post_to(&Server::start().url, 8, &body(1, "x")), Err(Error::NotFound { .. })));
    let forbidden =
        r#"{"data":null,"errors":[{"type":"FORBIDDEN","message":"Resource not accessible by integration"}]}"#;
    assert!(matches!(refused(Read, 200, forbidden).0, Error::Forbidden { .. }));
    assert!(matches!(refused(Read, 200, "not json").0, Error::Answer { .. }));
    assert!(matches!(refused(Read, 200, r#"{"data":{}}"#).0, Error::NotFound { .. }));
    let limited =
        Fault::Status(200, &[], r#"{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}"#);
    let server = Server::start().fails(Read, limited);
    assert_eq!(outcome(&server, &body(1, "x")), PostedAs::Created);
}

#[test]
fn a_wait_longer_than_the_budget_is_not_begun() {
    let message = r#"{"message":"API rate limit exceeded"}"#;
    let reset: &[(&str, &str)] = &[
        ("date", "Sat, 22 Nov 2025 10:00:00 GMT"),
        ("x-ratelimit-remaining", "0"),
        // 2025-11-22 10:30:00 UTC
        ("x-ratelimit-reset", "1763807400"),
    ];
    for (headers, seconds) in [(&[("retry-after", "3600")][..], 3600), (reset, 1800)] {
        let server = Server::start().fails(Read, Fault::Status(403, headers, message));
        let started = std::time::Instant::now();
        let error = post(&server, &body(6, "passed")).unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(2));
        let expected = format!("GitHub asks to wait {seconds} s before the next request: API rate limit exceeded");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_github_that_stays_away_is_given_up_within_the_budget() {
    let mut server = Server::start();
    for _ in 0..100 {
        server = server.fails(Read, Fault::Status(502, &[], "<html>"));
    }
    let brief = Patience { total: Duration::from_millis(500), ..patience() };
    let error = post_within(brief, &server.url, 7, &body(6, "passed")).unwrap_err();
    assert!(server.calls().len() < 10, "{:?}", server.calls());
    let expected = "GitHub could not be reached to read the pull request's comments: status 502: no reason given";
    assert_eq!(error.to_string(), expected);
    let error = post_within(brief, "http://127.0.0.1:1", 7, &body(6, "passed")).unwrap_err().to_string();
    assert!(error.contains("Connection refused"), "{error}");
}

#[test]
fn a_comment_without_a_marker_is_never_sent() {
    let server = Server::start();
    assert!(matches!(post(&server, "## shipgate"), Err(Error::Unmarked)));
    assert_eq!(server.calls(), []);
}

#[test]
fn a_token_that_no_header_can_hold_is_refused_and_never_shown() {
    let token = Token::new("ghs_a\nb").unwrap();
    assert_eq!(format!("{token:?}"), "Token(***)");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    let address = Address::new(Address::DEFAULT_REST, None).unwrap();
    let error = Client::new(address, &token, patience()).unwrap_err();
    assert!(!error.to_string().contains("ghs_a"), "{error}");
}
