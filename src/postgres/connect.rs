//! A connection to a server, and what can be known before and instead of one.

use super::address::{Address, Provider};
use super::failure::{Failure, FailureKind};
use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions as _, Connection as _};
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

/// Connects and logs in, within a time.
///
/// # Errors
/// [`Failure`] saying why there is no connection.
pub(crate) async fn log_in(address: &Address, limit: Duration) -> Result<PgConnection, Failure> {
    foresee(address).await?;
    if let Some((file, error)) = unreadable_ca_file(address) {
        let detail = format!("`{}`, which it is to be checked by, cannot be read: {error}", file.display());
        return Err(Failure::new(FailureKind::Untrusted, address.to_string(), detail));
    }
    let options = address.options().disable_statement_logging();
    let Ok(connected) = timeout(limit, PgConnection::connect_with(&options)).await else {
        let detail = format!("no connection within {} s", limit.as_secs_f64());
        return Err(Failure::new(FailureKind::TimedOut, address.to_string(), detail));
    };
    connected.map_err(|error| Failure::of(address, &error))
}

/// The file with certificates to trust, where it cannot be read, and why.
pub(crate) fn unreadable_ca_file(address: &Address) -> Option<(&Path, io::Error)> {
    let file = address.ca_file()?;
    Some((file, std::fs::File::open(file).err()?))
}

/// How long the way to a server took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    /// Looking the name up.
    pub(crate) dns: Duration,
    /// To the first address that answered.
    pub(crate) connect: Duration,
}

/// What ended on the way to a server.
#[derive(Debug)]
pub(crate) enum Lost {
    Dns(Failure),
    Connect(Failure),
}

/// Goes to the server and no further: says nothing, and is gone before anybody asks who it is.
pub(crate) async fn go(address: &Address, limit: Duration) -> Result<Way, Lost> {
    let failure = |kind, detail: String| Failure::new(kind, address.to_string(), detail);
    let late = || failure(FailureKind::TimedOut, format!("nothing within {} s", limit.as_secs_f64()));
    let begun = Instant::now();
    let found = match timeout(limit, lookup_host((address.host.as_str(), address.port))).await {
        Ok(Ok(found)) => found.collect::<Vec<_>>(),
        Ok(Err(error)) => return Err(Lost::Dns(nameless(address, &error))),
        Err(_) => return Err(Lost::Dns(late())),
    };
    let dns = begun.elapsed();
    if let Some(failure) = foreseen(address, &found) {
        return Err(Lost::Connect(failure));
    }
    let begun = Instant::now();
    match timeout(limit, TcpStream::connect(&*found)).await {
        Ok(Ok(_silent)) => Ok(Way { dns, connect: begun.elapsed() }),
        Ok(Err(error)) => Err(Lost::Connect(Failure::of(address, &sqlx::Error::Io(error)))),
        Err(_) => Err(Lost::Connect(late())),
    }
}

/// A paused Supabase project has no name.
fn nameless(address: &Address, error: &io::Error) -> Failure {
    let kind = match address.provider {
        Provider::SupabaseDirect | Provider::SupabaseDedicated => FailureKind::Paused,
        _ => FailureKind::Unreachable,
    };
    Failure::new(kind, address.to_string(), format!("the name `{}` is not found: {error}", address.host))
}

/// Says that a Supabase host has IPv6 addresses only before it is dialled in vain.
async fn foresee(address: &Address) -> Result<(), Failure> {
    if !is_direct(address) {
        return Ok(());
    }
    match lookup_host((address.host.as_str(), address.port)).await {
        Ok(found) => foreseen(address, &found.collect::<Vec<_>>()).map_or(Ok(()), Err),
        Err(error) => Err(nameless(address, &error)),
    }
}

fn is_direct(address: &Address) -> bool {
    matches!(address.provider, Provider::SupabaseDirect | Provider::SupabaseDedicated)
}

fn foreseen(address: &Address, found: &[SocketAddr]) -> Option<Failure> {
    if !is_direct(address) || !needs_ipv6(found) || found.iter().any(has_route) {
        return None;
    }
    let detail = "this host has IPv6 addresses only, and this machine has no IPv6";
    Some(Failure::new(FailureKind::NoIpv6, address.to_string(), detail))
}

fn needs_ipv6(addresses: &[SocketAddr]) -> bool {
    !addresses.is_empty()
        && addresses.iter().all(|address| match address.ip() {
            IpAddr::V4(_) => false,
            IpAddr::V6(ip) => ip.to_ipv4_mapped().is_none(),
        })
}

/// Whether the machine knows a way there; nothing is sent.
fn has_route(address: &SocketAddr) -> bool {
    UdpSocket::bind("[::]:0").and_then(|socket| socket.connect(address)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_host_without_any_ipv4_address_needs_ipv6() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        assert!(needs_ipv6(&[address("[2a05:d014::1]:5432")]));
        assert!(!needs_ipv6(&[address("[2a05:d014::1]:5432"), address("192.0.2.1:5432")]));
        assert!(!needs_ipv6(&[address("[::ffff:192.0.2.1]:5432")]));
        assert!(!needs_ipv6(&[]));
    }

    #[test]
    fn a_supabase_host_that_has_no_address_of_this_machines_kind_is_told_before_it_is_dialled() {
        let direct = Address::parse("postgres://postgres:p@db.abc.supabase.co/postgres", None).unwrap();
        let pooler = "postgres://postgres.abc:p@aws-0-eu-central-1.pooler.supabase.com/postgres";
        // An address of the documentation (RFC 3849), to which no machine has a route of its own.
        let unreachable = "[100::1]:5432".parse::<SocketAddr>().unwrap();
        if !has_route(&unreachable) {
            let failure = foreseen(&direct, &[unreachable]).unwrap();
            assert_eq!(failure.kind, FailureKind::NoIpv6);
            assert!(failure.help().contains("session pooler"));
        }
        assert!(foreseen(&direct, &["192.0.2.1:5432".parse().unwrap()]).is_none());
        assert!(foreseen(&Address::parse(pooler, None).unwrap(), &[unreachable]).is_none());
    }

    #[test]
    fn a_project_without_a_name_is_paused_and_any_other_host_is_not_there() {
        let nothing = io::Error::other("no such host");
        let direct = Address::parse("postgres://postgres:p@db.abc.supabase.co/postgres", None).unwrap();
        assert_eq!(nameless(&direct, &nothing).kind, FailureKind::Paused);
        let other = Address::parse("postgres://u@db.example.org/x", None).unwrap();
        assert_eq!(nameless(&other, &nothing).kind, FailureKind::Unreachable);
    }
}
