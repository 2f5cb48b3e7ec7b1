//! Small programs for the inside of containers, where there is nothing but this program: a server, a client, one that
//! says what it sees, one that writes a file. `tenantbench internal …` runs them; the data-plane checks read what they
//! print.

mod fetch;
mod ideal;
mod look;
mod put;
mod serve;

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use serde::Serialize;

pub(crate) use fetch::greeting;
pub use fetch::{Fetched, fetch};
pub use ideal::{IdealSyncerArgs, ideal_syncer};
pub use look::{Inside, look};
pub use put::put;
pub use serve::{Greeting, idle, serve};

/// Where volumes are mounted for a pod that shares the machine's files; unset in an ordinary container.
const POD_ROOT: &str = "TENANTBENCH_POD_ROOT";

/// A mounted file's place.
fn mounted(path: &Path) -> PathBuf {
    match std::env::var_os(POD_ROOT) {
        Some(root) => PathBuf::from(root).join(path.strip_prefix("/").unwrap_or(path)),
        None => path.to_owned(),
    }
}

/// Prints one line of JSON.
fn say(value: &impl Serialize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, value)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// The exit code of a program that did what it should, or a line that says why not.
fn ended(outcome: io::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
