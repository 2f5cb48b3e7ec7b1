//! A pod with one container that only says its version: shows whether this machine lets pods be kept apart.

use std::path::Path;

use super::{Container, ContainerSpec, Sandbox};
use crate::{
    node::{NodeError, helper::layout::Process, network::Network},
    process::last_lines,
};

/// Runs it in `folder`; the error says which step failed.
pub(crate) async fn run(network: &Network, folder: &Path) -> Result<(), String> {
    let address = network.take_address().ok_or("no free pod address")?;
    let sandbox = Sandbox::start(network, address, "trial").await.map_err(|error| error.to_string())?;
    let outcome = contain(network, &sandbox, folder).await;
    sandbox.stop().await;
    outcome
}

async fn contain(network: &Network, sandbox: &Sandbox, folder: &Path) -> Result<(), String> {
    let program = network.config().executable.clone();
    let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let log = folder.join("trial.log");
    let spec = ContainerSpec {
        name: "trial".into(),
        command: Process {
            argv: vec![format!("/image/bin/{name}"), "--version".into()],
            directory: "/".into(),
            uid: None,
            gid: None,
        },
        program,
        program_name: name,
        environment: Vec::new(),
        mounts: Vec::new(),
        hosts: String::new(),
        folder: folder.to_owned(),
        log: log.clone(),
    };
    let container =
        Container::start(network, sandbox, spec).await.map_err(|error: NodeError| error.to_string())?;
    let exit = container.process.exited().await;
    container.log.finished().await;
    if exit.is_success() {
        return Ok(());
    }
    Err(last_lines(&log, 1).pop().unwrap_or_else(|| format!("a trial container {exit}")))
}
