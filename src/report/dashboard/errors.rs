//! Active errors by severity, the list of them, and the life of one.

use super::page::{commit, moment, slug};
use super::shell::{list_heads, shell};
use super::{Data, Life, Links};
use crate::diagnostic::{Level, Severity};
use crate::record::{Actor, TypeScriptError};
use crate::report::quantity;
use crate::time::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

/// Builds of one error that are listed.
const BUILDS: usize = 30;

/// A page of the list of errors.
#[derive(Debug, Clone)]
pub struct ErrorsPage {
    pub branch: String,
    pub now: Timestamp,
    /// The filters that hold, in words.
    pub filters: Vec<String>,
    pub errors: Vec<TypeScriptError>,
    /// The address of the next page.
    pub next: Option<String>,
}

fn severity_class(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "bad",
        Severity::Medium => "warn",
        Severity::Low => "none",
    }
}

pub(super) fn errors(data: &Data) -> Markup {
    let count = |severity| -> u64 {
        data.tally.iter().filter(|it| it.0 == Level::Error && it.1 == severity).map(|it| it.2).sum()
    };
    html! {
        section id="errors" aria-labelledby="errors-title" {
            h2 id="errors-title" { "Active errors" }
            @if data.tally.is_empty() { p class="soft" { @if data.is_unknown() { "No run is recorded." } @else { "Nothing is open." } } } @else {
                div class="cards" {
                    @for severity in Severity::ALL {
                        @let count = count(severity);
                        div class="card" {
                            span { @if data.links == Links::Pages {
                                a href=(format!("/errors?level=error&severity={}", severity.as_str())) { (severity.as_str()) }
                            } @else { (severity.as_str()) } }
                            b class=(if count > 0 { severity_class(severity) } else { "none" }) data-severity=(severity.as_str()) { (quantity::count(count)) }
                        }
                    }
                }
                @if data.links == Links::Pages { p { a href="/errors" { "All active errors" } } }
                div class="scroll" tabindex="0" role="region" aria-label="Active errors" {
                    table class="list" role="table" {
                        caption { "The " (data.errors.len()) " most severe of all that is open" }
                        (list_heads(&HEADS))
                        tbody role="rowgroup" { @for life in &data.errors { (row(&life.error, (data.links == Links::Within).then_some(life))) } }
                    }
                }
            }
        }
    }
}

const HEADS: [&str; 6] = ["Severity", "Status", "Code", "Place", "Message", "Since"];

fn headline(error: &TypeScriptError) -> String {
    error.error_message.lines().next().unwrap_or_default().chars().take(240).collect()
}

fn status(error: &TypeScriptError) -> Markup {
    html! {
        (error.status.as_str().replace('_', " "))
        @if let Some(deferral) = &error.deferral { " until " (deferral.until.to_string()) }
    }
}

fn place(error: &TypeScriptError) -> Markup {
    html! { code { (error.file_path.as_str()) ":" (error.line_number) } }
}

/// In the list: with its life where it has no page of its own.
fn row(error: &TypeScriptError, life: Option<&Life>) -> Markup {
    html! {
        tr id=(format!("error-{}", error.id)) role="row" {
            td role="cell" { span class=(format!("tag {}", severity_class(error.severity))) { (error.severity.as_str()) } }
            td role="cell" { (status(error)) }
            td role="cell" { code { (error.error_code) } }
            td role="cell" class="place" { (place(error)) }
            td role="cell" class="msg" { @match life {
                Some(life) => details { summary { (headline(error)) } (self::life(life, Links::Within)) },
                None => a href=(format!("/errors/{}", error.id)) { (headline(error)) },
            } }
            td role="cell" class="since" { a href=(format!("#error-{}", error.id)) aria-label=(format!("link to the error of {}", error.created_at.date_naive())) { (error.created_at.format("%Y-%m-%d")) } }
        }
    }
}

/// One page of the list.
#[must_use]
pub fn render_errors(page: &ErrorsPage) -> String {
    let heading = html! { "Errors of " code { (page.branch) } };
    let main = html! {
        section aria-label="Errors" {
            p class="soft" { @if page.filters.is_empty() { "All that are active, the most severe first." } @else { "Only " (page.filters.join(", ")) "; the most severe first. " a href="/errors" { "All that are active" } } }
            @if page.errors.is_empty() { p { "There is none." } } @else {
                div class="scroll" tabindex="0" role="region" aria-label="Errors" { table class="list" role="table" { (list_heads(&HEADS)) tbody role="rowgroup" { @for error in &page.errors { (row(error, None)) } } } }
            }
            @if let Some(next) = &page.next { p { a rel="next" href=(next) { "The next ones" } } }
        }
    };
    let foot = html! { "As of " (moment(page.now)) };
    shell(&format!("errors of {} · shipgate", page.branch), &heading, &home(), &main, &foot)
}

fn home() -> [(String, &'static str); 2] {
    [("/".to_owned(), "Dashboard"), ("/errors".to_owned(), "Active errors")]
}

/// The page of one error.
#[must_use]
pub fn render_error(life: &Life) -> String {
    let error = &life.error;
    let heading = html! { code { (error.error_code) } " in " (place(error)) };
    let main = html! { article aria-label="The error" { (self::life(life, Links::Pages)) } };
    let title = format!("{} in {} · shipgate", error.error_code, error.file_path.as_str());
    shell(&title, &heading, &home(), &main, &html! { "Times are in UTC" })
}

/// All that is known of it.
fn life(life: &Life, links: Links) -> Markup {
    let error = &life.error;
    let first = life.looked.iter().find(|it| it.build == error.build_id);
    let last = life.looked.iter().rev().find(|it| it.saw_it);
    html! {
        pre { (error.error_message) }
        dl {
            dt { "Severity" } dd { span class=(format!("tag {}", severity_class(error.severity))) { (error.severity.as_str()) } ", " (slug(error.category.as_str()).replace('-', " ")) }
            dt { "Status" } dd data-status=(error.status.as_str()) { (status(error)) @if let Some(deferral) = &error.deferral { ": " (deferral.reason) } }
            @if let Some(notes) = &error.resolution_notes { dt { "Notes" } dd { (notes) } }
            dt { "Said by" } dd { (error.tool) " (" (error.level.as_str()) ") in the step " code { (error.step) } ", at " code { (error.file_path.as_str()) ":" (error.line_number) ":" (error.column_number) } }
            dt { "First seen" } dd data-first=(error.created_at.to_rfc3339()) { (moment(error.created_at)) @if error.commit.is_some() { ", commit " (commit(error.commit.as_deref())) } @if first.is_some() { ", " (build(error.build_id, life, links)) } }
            @match (&error.last_seen, last) {
                (Some(seen), _) => { dt { "Last seen" } dd data-last=(seen.at.to_rfc3339()) { (moment(seen.at)) @if seen.commit.is_some() { ", commit " (commit(seen.commit.as_deref())) } } },
                (None, Some(seen)) => { dt { "Last seen" } dd data-last=(seen.at.to_rfc3339()) { (moment(seen.at)) @if seen.commit.is_some() { ", commit " (commit(seen.commit.as_deref())) } ", " (build(seen.build, life, links)) } },
                (None, None) => {}
            }
            dt { "Id" } dd { code { (error.id.to_string()) } }
        }
        (history(life, links))
        (looked(life, links))
    }
}

/// A build, and the way to it where it is shown.
fn build(id: Uuid, life: &Life, links: Links) -> Markup {
    let page = if links == Links::Pages { "/" } else { "" };
    html! { @if life.shown.contains(&id) { a href=(format!("{page}#build-{id}")) { "build" } } @else { "build " code { (id.to_string()[24..]) } } }
}

fn history(life: &Life, links: Links) -> Markup {
    let error = &life.error;
    html! {
        div class="scroll" tabindex="0" role="region" aria-label="Changes of its status" { table {
            caption { "Changes of its status" }
            thead { tr { th scope="col" { "When" } th scope="col" { "From" } th scope="col" { "To" } th scope="col" { "By" } } }
            tbody {
                tr { td { (moment(error.created_at)) } td { "–" } td { "identified" } td { "a run" } }
                @for change in &error.history { tr {
                    td { (moment(change.at)) } td { (change.from.as_str().replace('_', " ")) } td { (change.to.as_str().replace('_', " ")) }
                    td { @match change.by { Actor::Person => "a person", Actor::Run => "a run" } @if let Some(id) = change.build_id { ", " (build(id, life, links)) } @if change.commit.is_some() { " of " (commit(change.commit.as_deref())) } }
                } }
            }
        } }
    }
}

fn looked(life: &Life, links: Links) -> Markup {
    let (saw, all) = (life.looked.iter().filter(|it| it.saw_it).count(), life.looked.len());
    html! { @if all > 0 {
        div class="scroll" tabindex="0" role="region" aria-label="Builds that looked for it" { table {
            caption { "In " (saw) " of the last " (quantity::counted(all as u64, "build")) " that looked for it" @if all > BUILDS { ", the newest " (BUILDS) } }
            thead { tr { th scope="col" { "Build" } th scope="col" { "Commit" } th scope="col" { "It was" } } }
            tbody { @for one in life.looked.iter().rev().take(BUILDS) { tr data-saw=(one.saw_it) {
                td { (moment(one.at)) ", " (build(one.build, life, links)) } td { (commit(one.commit.as_deref())) }
                td { span class=(if one.saw_it { "bad" } else { "good" }) { (if one.saw_it { "there" } else { "not there" }) } }
            } } }
        } }
    } }
}
