//! The keys of the `api` section: what each takes and what editors say of it.

use super::HttpChoice;
use super::test::{Amount, Literal, PathKey, RawTest};
use super::value::{AnyAuth, BaseUrls, ByteSize, HeaderKey, HostPort, Path, Statuses};
use crate::config::Template;
use crate::config::choice::Choice;
use crate::config::collection::{NonEmpty, Table};
use crate::config::read::keys;
use crate::config::text::{Line, RelativePath};
use crate::config::value::{Count, Flag, Pattern, Timeout};
use crate::record::HttpMethod;

keys! {
    /// The API.
    struct RawApi, sample "{ base-url: \"https://example.org\", endpoints: [{ path: /api/health }] }" {
        /// Where the API is: an address, or one for each environment. `${NAME}` is a variable.
        base_url = "base-url" required "https://example.org": BaseUrls,
        /// An OpenAPI 3.0 or 3.1 document (JSON or YAML): what it can be asked without inventing data is checked.
        openapi = "openapi": RelativePath,
        /// Operations of the document that may be called though they write, by id or as `POST /orders`.
        allow_writes = "allow-writes": NonEmpty<Line>,
        /// Headers of every request. `${NAME}` is a variable.
        headers = "headers": Table<HeaderKey, Template>,
        /// How requests say who they are.
        auth = "auth": AnyAuth,
        /// Answers that take longer are degraded. No limit by default.
        degraded_after = "degraded-after": Timeout,
        /// Answers that take longer are failures. No limit by default but the time-outs.
        failed_after = "failed-after": Timeout,
        /// How often a request is tried again when the network fails it; answers are never asked for twice. Default: 0.
        retries = "retries": Count,
        /// How many redirects are followed. Default: 0, so that a redirect is an answer.
        redirects = "redirects": Count,
        /// Misses in a row until an endpoint has failed; before that it is degraded. Default: 1.
        failed_after_misses = "failed-after-misses": Count,
        /// Successes in a row until a failed endpoint is well again. Default: 1.
        recovered_after = "recovered-after": Count,
        /// An endpoint has failed, too, when so many of its last checks were misses.
        failed_window = "failed-window": RawWindow,
        /// The version of HTTP: `1`, `2`, or `any`, the best that both know. Default: `any`.
        http = "http": Choice<HttpChoice>,
        /// How long each part of a request may take.
        timeouts = "timeouts": RawTimeouts,
        /// How many requests are made at a time. Default: 20.
        concurrency = "concurrency": Count,
        /// How many of them to one host. Default: 10.
        per_host = "per-host": Count,
        /// The largest answer that is read. Default: `10 MB`.
        max_size = "max-size": ByteSize,
        /// Certificates.
        tls = "tls": RawTls,
        /// A `host:port` that always answers. When it does not either, what cannot be reached is unknown, not failed.
        connectivity = "connectivity": HostPort,
        /// The endpoints that are checked.
        endpoints = "endpoints": NonEmpty<RawEndpoint>,
    }
}

keys! {
    /// One endpoint.
    struct RawEndpoint, sample "{ path: /api/health }" {
        /// The path, behind the base address; may have a query. `${NAME}` is a variable.
        path = "path" required "/api/health": Path,
        /// The method. Default: `GET`.
        method = "method": Choice<HttpMethod>,
        /// Headers, besides those of all requests. `${NAME}` is a variable.
        headers = "headers": Table<HeaderKey, Template>,
        /// How the request says who it is, instead of what holds for all.
        auth = "auth": AnyAuth,
        /// What is sent. `${NAME}` is a variable.
        body = "body": Template,
        /// Answers that take longer are degraded.
        degraded_after = "degraded-after": Timeout,
        /// Answers that take longer are failures.
        failed_after = "failed-after": Timeout,
        /// How often the request is tried again when the network fails it.
        retries = "retries": Count,
        /// How many redirects are followed.
        redirects = "redirects": Count,
        /// How often `shipgate monitor` checks it, instead of `monitor.interval`.
        interval = "interval": Timeout,
        /// What the answer must be like; if it is not, the endpoint has failed. Default: status 200.
        expect = "expect": RawExpectations,
        /// What the answer should be like; if it is not, the endpoint is degraded.
        warn_unless = "warn-unless": RawWishes,
    }
}

keys! {
    /// What an answer must be like.
    struct RawExpectations, sample "{ status: 200 }" {
        /// The status, a class of them (`2xx`), or a list of both. Default: 200.
        status = "status": Statuses,
        /// Headers and what their values must be like.
        headers = "headers": Table<HeaderKey, RawTest>,
        /// What the text of the body must be like.
        body = "body": RawTest,
        /// What the values in a JSON body must be like, by their paths (RFC 9535): `$.status`.
        json = "json": Table<PathKey, RawTest>,
        /// A file with the JSON Schema of the body.
        schema = "schema": RelativePath,
    }
}

keys! {
    /// What an answer should be like.
    struct RawWishes, sample "{ json: { $.status: ok } }" {
        /// Headers and what their values should be like.
        headers = "headers": Table<HeaderKey, RawTest>,
        /// What the text of the body should be like.
        body = "body": RawTest,
        /// What the values in a JSON body should be like, by their paths (RFC 9535): `$.status`.
        json = "json": Table<PathKey, RawTest>,
        /// A file with the JSON Schema of the body.
        schema = "schema": RelativePath,
    }
}

keys! {
    /// What one value must be like.
    struct RawTests, sample "{ contains: ok }" {
        /// The value itself.
        equals = "equals": Literal,
        /// A part of the text, or an item of the list.
        contains = "contains": Line,
        /// A regular expression that must match somewhere in it.
        matches = "matches": Pattern,
        /// Whether it is there at all.
        exists = "exists": Flag,
        /// The smallest number.
        min = "min": Amount,
        /// The largest number.
        max = "max": Amount,
    }
}

keys! {
    /// How requests say who they are.
    struct RawAuth, sample "{ bearer: \"${API_TOKEN}\" }" {
        /// A token, sent as `Authorization: Bearer …`.
        bearer = "bearer": Template,
        /// A user and a password.
        basic = "basic": RawBasic,
        /// A header of another name.
        header = "header": RawAuthHeader,
    }
}

keys! {
    /// A user and a password.
    struct RawBasic, sample "{ user: shipgate, password: \"${API_PASSWORD}\" }" {
        /// The user.
        user = "user" required "shipgate": Template,
        /// The password, from a variable.
        password = "password" required "\"${API_PASSWORD}\"": Template,
    }
}

keys! {
    /// A header that says who we are.
    struct RawAuthHeader, sample "{ name: X-Api-Key, value: \"${API_KEY}\" }" {
        /// Its name.
        name = "name" required "X-Api-Key": HeaderKey,
        /// Its value, from a variable.
        value = "value" required "\"${API_KEY}\"": Template,
    }
}

keys! {
    /// So many of so many.
    struct RawWindow, sample "{ misses: 3, of: 5 }" {
        /// So many misses.
        misses = "misses" required "3": Count,
        /// Among so many checks.
        of = "of" required "5": Count,
    }
}

keys! {
    /// How long each part of a request may take.
    struct RawTimeouts, sample "{ total: 30s }" {
        /// Looking up the name. Default: `5s`.
        dns = "dns": Timeout,
        /// Connecting. Default: `10s`.
        connect = "connect": Timeout,
        /// The TLS handshake. Default: `10s`.
        tls = "tls": Timeout,
        /// From the request to the beginning of the answer. Default: `30s`.
        first_byte = "first-byte": Timeout,
        /// Everything, redirects too. Default: `30s`.
        total = "total": Timeout,
    }
}

keys! {
    /// Certificates, as PEM files.
    struct RawTls, sample "{ ca: certs/ca.pem }" {
        /// Authorities that are trusted besides the public ones.
        ca = "ca": RelativePath,
        /// The certificate that requests show.
        certificate = "certificate": RelativePath,
        /// The key of that certificate.
        key = "key": RelativePath,
    }
}
