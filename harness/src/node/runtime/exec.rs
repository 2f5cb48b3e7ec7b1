//! A command in a running container.

use std::process::Stdio;

use tokio::process::{Child, Command};

use super::{Container, Sandbox, terminal::Terminal};
use crate::node::{
    NodeError,
    helper::layout::{ExecLayout, Process},
    network::{Helpers, Network},
};

/// What is run, and which of its streams are wanted.
pub(crate) struct ExecSpec {
    pub(crate) command: Process,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) input: bool,
    pub(crate) terminal: bool,
}

/// The streams of a running command.
pub(crate) enum Streams {
    /// Separate pipes.
    Pipes,
    /// One terminal for all three.
    Terminal(Terminal),
}

/// A command that was started.
pub(crate) struct Executed {
    pub(crate) child: Child,
    pub(crate) streams: Streams,
}

/// Starts a command in a container of the pod that `sandbox` belongs to.
pub(crate) async fn exec(
    network: &Network,
    sandbox: &Sandbox,
    container: &Container,
    spec: ExecSpec,
) -> Result<Executed, NodeError> {
    let layout = ExecLayout {
        parent: Helpers::parent(),
        place: sandbox.namespaces().map(|pod| (pod, container.process.pid())),
        terminal: spec.terminal,
        process: spec.command,
    };
    let helpers = network.helpers();
    let environment = spec.environment;
    if spec.terminal {
        let (terminal, theirs) = Terminal::open()?;
        let (input, output) = (theirs.try_clone()?, theirs.try_clone()?);
        let prepare = |command: &mut Command| {
            command.envs(environment).stdin(input).stdout(output).stderr(theirs);
        };
        let child = helpers.start("pod-exec", &layout, prepare).await?;
        return Ok(Executed { child, streams: Streams::Terminal(terminal) });
    }
    let prepare = |command: &mut Command| {
        command.envs(environment).stdin(if spec.input { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
    };
    let child = helpers.start("pod-exec", &layout, prepare).await?;
    Ok(Executed { child, streams: Streams::Pipes })
}
