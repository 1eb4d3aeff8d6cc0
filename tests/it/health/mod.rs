//! The health of what runs, checked by the real program against servers that nobody here wrote:
//! httpbin (PyPI, ISC licence) behind gunicorn, `openssl s_server`, Node's HTTP/2, Postgres, pgbouncer.

mod api;
mod database;
mod hurl;
mod many;
mod openapi;
mod outage;
mod prism;
pub(crate) mod server;
pub(crate) mod tls;
