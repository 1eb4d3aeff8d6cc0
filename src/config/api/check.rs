//! Raw → [`ApiConfig`]: what no key can know alone.

use super::raw::{RawApi, RawEndpoint, RawExpectations, RawTests, RawTls, RawWindow, RawWishes};
use super::test::RawTest;
use super::value::{AnyAuth, BaseUrls, HeaderKey};
use super::{ApiConfig, Auth, Common, EndpointConfig, Expectations, Test, TimeoutConfig, TlsConfig};
use crate::config::Template;
use crate::config::check::refuse_repeats;
use crate::config::collection::Table;
use crate::config::mistake::Found;
use crate::config::monitor::check_interval;
use crate::config::read::{At, Reader};
use crate::config::suggest::quoted;
use crate::config::tree::Span;
use crate::config::value::Count;
use crate::gate::Settling;
use crate::record::{Environment, HttpMethod};
use std::collections::HashMap;
use std::path::PathBuf;

/// The section as the rest of the program works with it.
pub(in crate::config) fn check_api(At { value: raw, span }: At<RawApi>, reader: &mut Reader) -> ApiConfig {
    if raw.endpoints.is_none() && raw.openapi.is_none() && reader.found.is_empty() {
        let help = "add `endpoints: [{ path: /api/health }]`, or name an OpenAPI document: `openapi: openapi.yaml`";
        reader.mistake(&span, "`api` names nothing to check", help);
    }
    if let (Some(allowed), None) = (&raw.allow_writes, &raw.openapi) {
        let help = "add `openapi`, or remove it: `endpoints` are called whatever their method is";
        reader.mistake(&allowed.span, "`api.allow-writes` is about the operations of an OpenAPI document", help);
    }
    let base_urls = match raw.base_url.map(|base| base.value) {
        None => Vec::new(),
        Some(BaseUrls::One(base)) => Environment::ALL.map(|environment| (environment, base.clone())).to_vec(),
        Some(BaseUrls::Each(each)) => each,
    };
    let allow_writes = raw.allow_writes.map(|list| list.value.0).unwrap_or_default();
    refuse_repeats("api.allow-writes", allow_writes.iter().map(|it| (it.value.0.as_str().into(), &it.span)), reader);
    let settling = Settling {
        failed_after_misses: at_least_one(raw.failed_after_misses, "api.failed-after-misses", reader),
        recovered_after: at_least_one(raw.recovered_after, "api.recovered-after", reader),
        window: raw.failed_window.and_then(|window| check_window(window, reader)),
    };
    let timeouts = raw.timeouts.map(|timeouts| timeouts.value);
    let time = |pick: fn(&super::raw::RawTimeouts) -> &Option<At<crate::config::value::Timeout>>| {
        timeouts.as_ref().and_then(|raw| pick(raw).as_ref()).map(|time| time.value.0)
    };
    ApiConfig {
        base_urls: base_urls.into_iter().collect(),
        openapi: raw.openapi.map(|path| path.value.0),
        allow_writes: allow_writes.into_iter().map(|it| it.value.0).collect(),
        common: Common {
            headers: headers(raw.headers),
            auth: raw.auth.and_then(|auth| check_auth(auth, "api.auth", reader)),
            degraded_after: raw.degraded_after.as_ref().map(|time| time.value.0),
            failed_after: raw.failed_after.as_ref().map(|time| time.value.0),
            retries: raw.retries.map(|retries| retries.value.0),
            redirects: raw.redirects.map(|redirects| redirects.value.0),
        },
        settling,
        http: raw.http.map(|http| http.value.0).unwrap_or_default(),
        timeouts: TimeoutConfig {
            dns: time(|raw| &raw.dns),
            connect: time(|raw| &raw.connect),
            tls: time(|raw| &raw.tls),
            first_byte: time(|raw| &raw.first_byte),
            total: time(|raw| &raw.total),
        },
        concurrency: raw.concurrency.map(|it| at_least_one(Some(it), "api.concurrency", reader)),
        per_host: raw.per_host.map(|it| at_least_one(Some(it), "api.per-host", reader)),
        max_size: raw.max_size.map(|size| size.value.0),
        tls: raw.tls.map(|tls| check_tls(tls, reader)).unwrap_or_default(),
        connectivity: raw.connectivity.map(|place| (place.value.0, place.value.1)),
        endpoints: raw.endpoints.map(|list| check_endpoints(list.value.0, reader)).unwrap_or_default(),
    }
}

fn at_least_one(count: Option<At<Count>>, key: &str, reader: &mut Reader) -> u32 {
    let Some(At { value: Count(count), span }) = count else { return 1 };
    if count == 0 {
        reader.mistake(&span, format!("`{key}` cannot be 0"), "write 1 or more, or remove the key");
    }
    count
}

fn check_window(At { value, span }: At<RawWindow>, reader: &mut Reader) -> Option<(u32, u32)> {
    let (misses, of) = (value.misses?.value.0, value.of?.value.0);
    if misses == 0 || misses > of || of > 100 {
        let help = "write so many of so many, at most 100: `{ misses: 3, of: 5 }`";
        reader.mistake(&span, format!("`api.failed-window` cannot be {misses} of {of}"), help);
    }
    Some((misses, of))
}

fn check_tls(At { value: raw, span }: At<RawTls>, reader: &mut Reader) -> TlsConfig {
    if raw.certificate.is_some() != raw.key.is_some() {
        let help = "give both: `certificate: certs/client.pem` and `key: certs/client.key`";
        reader.mistake(&span, "`api.tls` has one of `certificate` and `key`", help);
    }
    let path = |path: At<crate::config::text::RelativePath>| -> PathBuf { path.value.0 };
    TlsConfig { ca: raw.ca.map(path), own: raw.certificate.map(path).zip(raw.key.map(path)) }
}

fn headers(table: Option<At<Table<HeaderKey, Template>>>) -> Vec<(String, Template)> {
    let entries = table.map(|table| table.value.0).unwrap_or_default();
    entries.into_iter().map(|(name, value)| (name.value.0, value.value)).collect()
}

fn check_auth(At { value: AnyAuth(raw), span }: At<AnyAuth>, key: &str, reader: &mut Reader) -> Option<Auth> {
    let mut ways = Vec::new();
    ways.extend(raw.bearer.map(|token| Auth::Bearer(token.value)));
    ways.extend(
        raw.basic.and_then(|basic| {
            Some(Auth::Basic { user: basic.value.user?.value, password: basic.value.password?.value })
        }),
    );
    ways.extend(
        raw.header.and_then(|header| {
            Some(Auth::Header { name: header.value.name?.value.0, value: header.value.value?.value })
        }),
    );
    if ways.len() > 1 {
        reader.mistake(&span, format!("`{key}` names more than one way"), "keep one of `bearer`, `basic` and `header`");
    }
    let way = ways.pop()?;
    let secret = match &way {
        Auth::Bearer(secret) | Auth::Basic { password: secret, .. } | Auth::Header { value: secret, .. } => secret,
    };
    if secret.variables().next().is_none() {
        // Without its place: the line would be shown, and the secret with it.
        let help = "take it from a variable: `${API_TOKEN}`";
        reader.found.push(Found::new(None, format!("`{key}` holds a secret itself"), help));
    }
    Some(way)
}

fn check_endpoints(list: Vec<At<RawEndpoint>>, reader: &mut Reader) -> Vec<EndpointConfig> {
    let mut firsts: HashMap<(HttpMethod, String), Span> = HashMap::new();
    let mut checked = Vec::with_capacity(list.len());
    for At { value: raw, .. } in list {
        let Some(path) = raw.path else { continue };
        let method = raw.method.map_or(HttpMethod::Get, |method| method.value.0);
        let shown = path.value.0.shown();
        let alone = shown.split('?').next().unwrap_or_default().to_owned();
        match firsts.get(&(method, alone.clone())) {
            Some(first) => {
                let message = format!("{} is checked twice", quoted(&format!("{} {alone}", method.as_str())));
                let help = "keep one: records tell endpoints apart by method and path, without the query";
                reader.mistake_about(&path.span, message, help, first, "first here");
            }
            None => {
                firsts.insert((method, alone), path.span.clone());
            }
        }
        if let (Some(slow), Some(late)) = (&raw.degraded_after, &raw.failed_after)
            && slow.value.0 >= late.value.0
        {
            let message = format!("{} is never degraded: it has failed before", quoted(&shown));
            let help = "make `degraded-after` shorter than `failed-after`";
            reader.mistake_about(&slow.span, message, help, &late.span, "`failed-after`");
        }
        checked.push(EndpointConfig {
            method,
            path: path.value.0,
            body: raw.body.map(|body| body.value),
            own: Common {
                headers: headers(raw.headers),
                auth: raw.auth.and_then(|auth| check_auth(auth, "api.endpoints.auth", reader)),
                degraded_after: raw.degraded_after.map(|time| time.value.0),
                failed_after: raw.failed_after.map(|time| time.value.0),
                retries: raw.retries.map(|retries| retries.value.0),
                redirects: raw.redirects.map(|redirects| redirects.value.0),
            },
            expect: raw.expect.map(|expect| expectations(expect.value, reader)).unwrap_or_default(),
            interval: check_interval(raw.interval, "api.endpoints.interval", reader),
            warn_unless: raw.warn_unless.map(|wish| wishes(wish.value, reader)).unwrap_or_default(),
        });
    }
    checked
}

fn wishes(raw: RawWishes, reader: &mut Reader) -> Expectations {
    let RawWishes { headers, body, json, schema } = raw;
    expectations(RawExpectations { status: None, headers, body, json, schema }, reader)
}

fn expectations(raw: RawExpectations, reader: &mut Reader) -> Expectations {
    let mut test = |At { value: RawTest(raw), span }: At<RawTest>| check_test(raw, &span, reader);
    Expectations {
        statuses: raw.status.map(|statuses| statuses.value.0).unwrap_or_default(),
        headers: raw
            .headers
            .map(|table| table.value.0.into_iter().map(|(name, value)| (name.value.0, test(value))).collect())
            .unwrap_or_default(),
        body: raw.body.map(&mut test),
        json: raw
            .json
            .map(|table| table.value.0.into_iter().map(|(path, value)| (path.value.0, test(value))).collect())
            .unwrap_or_default(),
        schema: raw.schema.map(|path| path.value.0),
    }
}

fn check_test(raw: RawTests, span: &Span, reader: &mut Reader) -> Test {
    let test = Test {
        equals: raw.equals.map(|value| value.value.0),
        contains: raw.contains.map(|text| text.value.0),
        matches: raw.matches.map(|pattern| pattern.value.0),
        exists: raw.exists.map(|flag| flag.value.0),
        min: raw.min.map(|amount| amount.value.0),
        max: raw.max.map(|amount| amount.value.0),
    };
    let wants_more = test.equals.is_some() || test.contains.is_some() || test.matches.is_some();
    let wants_more = wants_more || test.min.is_some() || test.max.is_some();
    if test.exists == Some(false) && wants_more {
        reader.mistake(
            span,
            "something that must not exist cannot have a value",
            "keep `exists: false` alone, or remove it",
        );
    }
    if let (Some(min), Some(max)) = (test.min, test.max)
        && min > max
    {
        reader.mistake(span, "no number can be right: `min` is larger than `max`", "swap them");
    }
    test
}
