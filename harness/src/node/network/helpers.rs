//! Starts tenantbench's hidden commands.

use std::{io, path::PathBuf, process::Stdio};

use serde::Serialize;
use tokio::{
    io::AsyncReadExt,
    process::{Child, Command},
};

use crate::{
    node::NodeError,
    process::{Entry, Identity, RUN_VARIABLE, Spawner},
};

/// Starts helpers, all from the one thread with which they end.
#[derive(Clone, Debug)]
pub(crate) struct Helpers {
    spawner: Spawner,
    executable: PathBuf,
}

impl Helpers {
    pub(super) fn new(spawner: Spawner, executable: PathBuf) -> Self {
        Self { spawner, executable }
    }

    /// The process that helpers end with, as their layouts name it.
    pub(crate) fn parent() -> i32 {
        std::process::id().cast_signed()
    }

    /// Starts the hidden command `name`; `prepare` sets environment, descriptors and process group.
    pub(crate) async fn start(
        &self,
        name: &'static str,
        layout: &impl Serialize,
        prepare: impl FnOnce(&mut Command),
    ) -> Result<Child, NodeError> {
        let layout = serde_json::to_string(layout).map_err(|error| failed(name, &error.into()))?;
        let mut command = Command::new(&self.executable);
        command.args(["internal", name, &layout]).env_clear();
        prepare(&mut command);
        command.env(RUN_VARIABLE, self.spawner.run());
        let runtime = tokio::runtime::Handle::current();
        let spawned = self.spawner.on_thread(move || {
            let _runtime = runtime.enter();
            command.spawn()
        });
        let spawned = spawned.await.map_err(|error| failed(name, &io::Error::other(error)))?;
        let child = spawned.map_err(|error| failed(name, &error))?;
        self.record(name, &child).map_err(|error| failed(name, &error))?;
        Ok(child)
    }

    /// Lists a child for `gc`, which must find it should this process be killed.
    fn record(&self, name: &str, child: &Child) -> io::Result<()> {
        let gone = || io::Error::other("it ended at once");
        let identity = child.id().and_then(Identity::of).ok_or_else(gone)?;
        self.spawner.ledger().append(&Entry { name: name.to_owned(), identity })
    }

    /// Starts a helper that says `ready` on its output and then stays.
    pub(crate) async fn start_ready(
        &self,
        name: &'static str,
        layout: &impl Serialize,
        stdin: Stdio,
    ) -> Result<Child, NodeError> {
        let prepare = |command: &mut Command| {
            command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        };
        let mut child = self.start(name, layout, prepare).await?;
        let mut word = [0; "ready\n".len()];
        if let Some(output) = &mut child.stdout
            && output.read_exact(&mut word).await.is_ok()
        {
            return Ok(child);
        }
        let mut said = String::new();
        if let Some(errors) = &mut child.stderr {
            errors.read_to_string(&mut said).await.map_err(|error| failed(name, &error))?;
        }
        // Reaps it; it has closed its output, so it is on its way out.
        child.wait().await.map_err(|error| failed(name, &error))?;
        Err(NodeError::Helper { name, reason: said.trim().to_owned() })
    }
}

fn failed(name: &'static str, error: &io::Error) -> NodeError {
    NodeError::Helper { name, reason: error.to_string() }
}
