//! `shipgate serve`: the server from its start to its end.

use super::args::{ScopeChoice, ServeArgs};
use crate::app::console::Console;
use crate::app::serve::Service;
use crate::app::{Error, ExitStatus, Process};
use crate::step;
use crate::time::SystemClock;
use crate::web;
use std::path::Path;
use std::sync::Arc;
use tracing::Level;

/// Threads that answer; what they wait for is the store.
const THREADS: usize = 2;

pub(super) fn run(
    arguments: &ServeArgs,
    config: Option<&Path>,
    is_quiet: bool,
    process: &Process,
    directory: &Path,
    console: &mut dyn Console,
) -> Result<ExitStatus, Error> {
    if let Some(scope) = arguments.new_token {
        return new_token(scope, console);
    }
    // A line of JSON for each event, for who collects them.
    let level = if is_quiet { Level::WARN } else { Level::INFO };
    let logs = tracing_subscriber::fmt().json().flatten_event(true).with_max_level(level).with_writer(std::io::stderr);
    let _set_before = logs.try_init();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build();
    let runtime = runtime.map_err(Error::Signals)?;
    runtime.block_on(async {
        let cancel = step::watch_signals().map_err(Error::Signals)?;
        let service = Service::open(directory, config, process, Arc::new(SystemClock), cancel.clone()).await?;
        let address = arguments.listen.unwrap_or(service.config().listen);
        if !web::may_listen(&service, address) {
            return Err(Error::Deployment(
                format!("`{address}` can be reached from elsewhere, and nobody needs a token"),
                "make one with `shipgate serve --new-token read`, or listen on `127.0.0.1`".to_owned(),
            ));
        }
        let listen = tokio::net::TcpListener::bind(address).await;
        let listener = listen.map_err(|source| Error::Listen { address: address.to_string(), source })?;
        let address = listener.local_addr().map_err(Error::Signals)?;
        tracing::info!(address = %address, branch = service.branch(), "listening");
        console.phase(&format!("listening on http://{address}"));
        web::serve(service, listener, cancel).await.map_err(Error::Signals)?;
        tracing::info!("stopped");
        Ok(ExitStatus::Success)
    })
}

fn new_token(scope: ScopeChoice, console: &mut dyn Console) -> Result<ExitStatus, Error> {
    let made = web::new_token().map_err(|problem| Error::Usage(format!("no token could be made: {problem}")))?;
    let scope = match scope {
        ScopeChoice::Read => "read",
        ScopeChoice::Write => "write",
    };
    let text = format!(
        "{}\n\nkeep it, it is shown once; in `shipgate.yml`:\n\nserve:\n  tokens:\n    - {{ name: somebody, scope: {scope}, hash: \"{}\" }}\n",
        made.token, made.hash
    );
    let out = console.standard_output();
    let _closed_pipe = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    Ok(ExitStatus::Success)
}
