use super::http::End;
use super::server::{Call, Fault, GitHub, State};
use super::{Skipped, client, patience, wait_for};
use Call::{Create, Delete, Read, ReadComment, Update};
use shipgate::github::{
    Address, Client, CommentTarget, Error, Posted, PostedAs, RealTimer, Repository, Token, post_comment,
};
use shipgate::report::CommentIdentity;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

fn body_of(key: &str, run: u64, attempt: u32, text: &str) -> String {
    let marker = CommentIdentity { key: key.into(), run, attempt, sha: "1111111".into() }.marker();
    format!("{marker}\n{text}\n")
}

fn body(run: u64, text: &str) -> String {
    body_of("default", run, 1, text)
}

fn target(number: u64) -> CommentTarget {
    CommentTarget { repository: Repository::parse("octo/demo").unwrap(), number }
}

fn post_to(url: &str, number: u64, body: &str) -> (Result<Posted, Error>, Skipped) {
    let timer = Skipped::default();
    let posted = wait_for(async { post_comment(&client(url, &timer), &target(number), body).await });
    (posted, timer)
}

fn post(server: &GitHub, body: &str) -> Result<Posted, Error> {
    post_to(&server.url, 7, body).0
}

#[track_caller]
fn outcome(server: &GitHub, body: &str) -> PostedAs {
    post(server, body).unwrap().outcome
}

#[test]
fn the_first_run_creates_the_comment_in_three_calls() {
    let server = GitHub::start().has("a person's comment", false);
    let posted = post(&server, &body(5, "failed")).unwrap();
    assert_eq!(posted.outcome, PostedAs::Created);
    assert_eq!(posted.url, "https://github.com/octo/demo/pull/7#issuecomment-5000000002");
    assert_eq!(server.calls(), [Read, Create, Read]);
    assert_eq!(server.bodies(), ["a person's comment".to_owned(), body(5, "failed")]);
    assert!(server.state().tokens.iter().all(|token| token == "Bearer ghs_secret"));
}

#[test]
fn a_later_run_updates_it_in_place() {
    let server = GitHub::start().has(&body(5, "failed"), true).has("a person's comment", false);
    assert_eq!(outcome(&server, &body(6, "passed")), PostedAs::Updated);
    assert_eq!(server.calls(), [Read, Update, Read]);
    assert_eq!(server.bodies(), ["a person's comment".to_owned(), body(6, "passed")]);
}

#[test]
fn a_comment_that_says_the_same_is_left_alone_whatever_line_breaks_it_came_back_with() {
    let there = body(5, "failed\nbadly").replace('\n', "\r\n");
    let server = GitHub::start().has(there.trim_end(), true);
    assert_eq!(outcome(&server, &body(6, "failed\nbadly")), PostedAs::Unchanged);
    assert_eq!(server.calls(), [Read]);
}

#[test]
fn the_way_to_another_run_is_no_news() {
    let with_link = |run: u64, attempt: u32, link: &str| {
        body_of("default", run, attempt, &format!("passed [log](https://github.com/octo/demo/actions/runs/{link})"))
    };
    let server = GitHub::start().has(&with_link(5, 1, "5"), true);
    assert_eq!(outcome(&server, &with_link(5, 2, "5/attempts/2")), PostedAs::Unchanged);
    assert_eq!(outcome(&server, &with_link(61, 1, "61")), PostedAs::Unchanged);
    assert_eq!(server.calls(), [Read, Read]);
    assert_eq!(outcome(&server, &with_link(61, 1, "7")), PostedAs::Updated);
}

#[test]
fn the_same_words_about_another_commit_are_written_again() {
    let other = body(5, "failed").replace("sha=1111111", "sha=2222222");
    let server = GitHub::start().has(&other, true);
    assert_eq!(outcome(&server, &body(6, "failed")), PostedAs::Updated);
}

#[test]
fn an_older_run_that_ends_last_changes_nothing() {
    let server = GitHub::start().has(&body_of("default", 6, 2, "passed"), true);
    assert_eq!(outcome(&server, &body_of("default", 5, 9, "failed")), PostedAs::NewerRunWins);
    assert_eq!(outcome(&server, &body_of("default", 6, 1, "failed")), PostedAs::NewerRunWins);
    assert_eq!(outcome(&server, &body_of("default", 6, 3, "failed")), PostedAs::Updated);
}

#[test]
fn somebody_who_quotes_our_marker_is_not_us_and_another_key_is_another_comment() {
    let server = GitHub::start()
        .has(&body(9, "forged by a person"), false)
        .has(&format!("> {}", body(9, "quoted by us")), true)
        .has(&body_of("docs", 9, 1, "our other gate"), true);
    assert_eq!(outcome(&server, &body(5, "failed")), PostedAs::Created);
    assert_eq!(server.bodies().len(), 4);
}

#[test]
fn it_is_found_on_a_later_page_and_the_reading_ends_there() {
    let mut server = GitHub::start().has("first of all", false).has(&body(5, "failed"), true);
    for _ in 0..25 {
        server = server.has("talk", false);
    }
    server.state().page_size = 10;
    assert_eq!(outcome(&server, &body(6, "passed")), PostedAs::Updated);
    assert_eq!(server.calls(), [Read, Read, Read, Update, Read]);
    assert_eq!(outcome(&server, &body(7, "failed")), PostedAs::Updated);
    assert_eq!(server.calls()[5..], [Read, Update, Read], "what was touched last comes first");
}

#[test]
fn an_enterprise_server_is_spoken_to_at_its_own_paths() {
    let server = GitHub::start();
    post_to(&format!("{}/api/v3", server.url), 7, &body(5, "failed")).0.unwrap();
    assert_eq!(server.paths(), ["/api/graphql", "/api/v3/repos/octo/demo/issues/7/comments", "/api/graphql"]);
}

#[test]
fn a_write_that_happened_though_its_answer_was_lost_is_not_repeated() {
    for fault in [Fault::DoneThenCut(End::Cut), Fault::DoneThenCut(End::CutInside), Fault::DoneThenStatus(502)] {
        let server = GitHub::start().fails(Create, fault.clone());
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
        Fault::Status(429, &[("retry-after", "30")], LIMIT),
        Fault::Status(403, &[("retry-after", "0")], r#"{"message":"wait"}"#),
        Fault::Cut,
        Fault::Slow(Duration::from_secs(6)),
    ];
    std::thread::scope(|scope| {
        for fault in &faults {
            for call in [Read, Create, Update] {
                scope.spawn(move || {
                    let server = GitHub::start().fails(call, fault.clone()).fails(call, fault.clone());
                    let server = if call == Update { server.has(&body(5, "failed"), true) } else { server };
                    post(&server, &body(6, "passed")).unwrap();
                    assert_eq!(server.bodies(), [body(6, "passed")], "{call:?} {fault:?}");
                    assert!(server.state().faults.is_empty(), "{call:?} {fault:?}");
                });
            }
        }
    });
}

#[test]
fn a_limit_that_names_no_time_is_waited_for_a_minute() {
    for status in [403, 429] {
        let limit = Fault::Status(status, &[], r#"{"message":"You have exceeded a secondary rate limit"}"#);
        let server = GitHub::start().fails(Read, limit.clone());
        let (posted, timer) = post_to(&server.url, 7, &body(6, "passed"));
        posted.unwrap();
        let waits = timer.waits();
        assert!(waits.len() == 1 && waits[0] >= Duration::from_mins(1), "{waits:?}");
        // Twice is longer than all the patience there is.
        let server = GitHub::start().fails(Read, limit.clone()).fails(Read, limit);
        assert!(matches!(post(&server, &body(6, "passed")), Err(Error::Limited { .. })));
    }
}

#[test]
fn one_write_follows_the_other_after_a_second() {
    let server = GitHub::start();
    let timer = Skipped::default();
    wait_for(async {
        let client = client(&server.url, &timer);
        for run in 1..=3 {
            post_comment(&client, &target(7), &body(run, &run.to_string())).await.unwrap();
        }
    });
    assert_eq!(server.calls(), [Read, Create, Read, Read, Update, Read, Read, Update, Read]);
    let waits = timer.waits();
    assert_eq!(waits, [Duration::from_secs(1); 2]);
}

#[test]
fn duplicates_of_our_own_are_removed_and_the_newest_result_stays() {
    let others = body_of("docs", 9, 1, "our other gate");
    let server = GitHub::start()
        .has(&body(5, "older"), true)
        .has(&others, true)
        .has(&body(6, "newer"), true)
        .has(&body(5, "older"), false);
    assert_eq!(outcome(&server, &body(7, "newest")), PostedAs::Updated);
    assert_eq!(server.bodies(), [others, body(5, "older"), body(7, "newest")]);
    assert_eq!(server.calls(), [Read, Update, Read, ReadComment, Delete, Read]);
    assert_eq!(server.state().comments.last().unwrap().id, 5_000_000_003);
}

/// Jobs that have all read before any of them writes.
fn at_the_same_moment(server: &GitHub, bodies: &[String]) -> Vec<PostedAs> {
    server.state().together = Some(Arc::new(Barrier::new(bodies.len())));
    std::thread::scope(|scope| {
        let jobs: Vec<_> = bodies.iter().map(|body| scope.spawn(|| outcome(server, body))).collect();
        jobs.into_iter().map(|job| job.join().unwrap()).collect()
    })
}

#[test]
fn jobs_that_post_at_the_same_moment_end_with_one_comment_of_the_newest_run() {
    for _ in 0..20 {
        let server = GitHub::start();
        at_the_same_moment(&server, &[body(5, "a"), body(6, "b"), body(7, "c")]);
        let state = server.state();
        let ours: Vec<&str> = state.ours().iter().map(|comment| comment.body.as_str()).collect();
        assert_eq!(ours, [body(7, "c")], "{:?}", state.calls);
    }
}

#[test]
fn jobs_of_one_run_that_post_at_the_same_moment_end_with_one_comment() {
    for _ in 0..20 {
        let server = GitHub::start();
        at_the_same_moment(&server, &[body(5, "a"), body(5, "b")]);
        let state = server.state();
        assert_eq!(state.ours().len(), 1, "{:?}", state.calls);
    }
}

#[test]
fn a_comment_deleted_between_read_and_write_is_written_anew() {
    let server =
        GitHub::start().has(&body(5, "failed"), true).fails(Update, Fault::Before(|state| state.comments.clear()));
    assert_eq!(outcome(&server, &body(6, "passed")), PostedAs::Created);
    assert_eq!(server.calls(), [Read, Update, Read, Create, Read]);
}

#[test]
fn a_comment_that_another_job_took_for_an_older_one_is_written_again() {
    // It had seen run 5 in it, and leaves its own.
    let replaced = |state: &mut State| {
        state.comments.clear();
        state.add(&body(6, "another job"), true);
    };
    let server = GitHub::start().has(&body(5, "failed"), true).fails(Update, Fault::After(replaced));
    assert_eq!(outcome(&server, &body(7, "passed")), PostedAs::Updated);
    assert_eq!(server.bodies(), [body(7, "passed")]);
    assert_eq!(server.calls(), [Read, Update, Read, ReadComment, Read, Update, Read]);
}

#[test]
fn a_duplicate_that_meanwhile_holds_a_newer_result_is_not_removed() {
    let renewed = |state: &mut State| body(8, "newest").clone_into(&mut state.comments[0].body);
    let server = GitHub::start().has(&body(5, "older"), true).has(&body(6, "newer"), true);
    let server = server.fails(ReadComment, Fault::Before(renewed));
    assert_eq!(outcome(&server, &body(7, "mine")), PostedAs::NewerRunWins);
    assert!(server.bodies().contains(&body(8, "newest")), "{:?}", server.bodies());
}

#[track_caller]
fn refused(call: Call, status: u16, text: &'static str) -> (Error, usize) {
    let server = GitHub::start().fails(call, Fault::Status(status, &[], text));
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
        r#"{"message":"Validation Failed","documentation_url":"https://docs.github.com/rest","errors":
            [{"resource":"IssueComment","code":"unprocessable","message":"Body is too long (maximum is 65536 characters)"}]}"#,
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
    let server = GitHub::start();
    assert!(matches!(post_to(&server.url, 8, &body(1, "x")).0, Err(Error::NotFound { .. })));
    let forbidden =
        r#"{"data":null,"errors":[{"type":"FORBIDDEN","message":"Resource not accessible by integration"}]}"#;
    assert!(matches!(refused(Read, 200, forbidden).0, Error::Forbidden { .. }));
    assert!(matches!(refused(Read, 200, "not json").0, Error::Answer { .. }));
    assert!(matches!(refused(Read, 200, r#"{"data":{}}"#).0, Error::NotFound { .. }));
    let limited =
        Fault::Status(200, &[], r#"{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}"#);
    let server = GitHub::start().fails(Read, limited);
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
        let server = GitHub::start().fails(Read, Fault::Status(403, headers, message));
        let started = Instant::now();
        let error = post(&server, &body(6, "passed")).unwrap_err();
        assert!(started.elapsed() < Duration::from_mins(1));
        let expected = format!("GitHub asks to wait {seconds} s before the next request: API rate limit exceeded");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_github_that_stays_away_is_given_up_within_the_patience() {
    let mut server = GitHub::start();
    for _ in 0..100 {
        server = server.fails(Read, Fault::Status(502, &[], "<html>"));
    }
    let (posted, timer) = post_to(&server.url, 7, &body(6, "passed"));
    assert!(server.calls().len() < 10, "{:?}", server.calls());
    let waits = timer.waits();
    assert!(waits.iter().sum::<Duration>() < patience().total, "{waits:?}");
    assert!(waits.windows(2).all(|pair| pair[1] > pair[0]), "{waits:?}");
    let expected = "GitHub could not be reached to read the pull request's comments: status 502: no reason given";
    assert_eq!(posted.unwrap_err().to_string(), expected);
    let error = post_to("http://127.0.0.1:1", 7, &body(6, "passed")).0.unwrap_err().to_string();
    assert!(error.contains("Connection refused"), "{error}");
}

#[test]
fn the_patience_is_that_of_the_client_and_not_of_each_undertaking() {
    let mut server = GitHub::start();
    for _ in 0..100 {
        server = server.fails(Read, Fault::Status(502, &[], "<html>"));
    }
    let timer = Skipped::default();
    wait_for(async {
        let client = client(&server.url, &timer);
        for run in 1..=3 {
            post_comment(&client, &target(7), &body(run, "x")).await.unwrap_err();
        }
    });
    assert!(timer.waits().iter().sum::<Duration>() < patience().total, "{:?}", timer.waits());
}

#[test]
fn real_time_is_waited_for() {
    let server = GitHub::start().fails(Read, Fault::Status(502, &[], "<html>"));
    let begun = Instant::now();
    let posted = wait_for(async {
        let client = client(&server.url, &Skipped::default()).with_timer(Arc::new(RealTimer));
        post_comment(&client, &target(7), &body(1, "x")).await
    });
    posted.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[test]
fn a_comment_without_a_marker_is_never_sent() {
    let server = GitHub::start();
    assert!(matches!(post(&server, "## shipgate"), Err(Error::Unmarked)));
    assert_eq!(server.calls(), []);
}

#[test]
fn a_token_that_no_header_can_hold_is_refused_and_never_shown() {
    let token = Token::new("ghs_a\nb").unwrap();
    assert_eq!(format!("{token:?}"), "Token(***)");
    let address = Address::new(Address::DEFAULT_REST, None).unwrap();
    let error = wait_for(async { Client::new(address, &token, patience()) }).unwrap_err();
    assert!(!error.to_string().contains("ghs_a"), "{error}");
}
