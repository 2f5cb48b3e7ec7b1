//! A command in a running container.

use std::process::Stdio;

use tokio::process::{Child, Command};

use super::terminal::Terminal;
use crate::node::{
    NodeError,
    helper::layout::{ExecLayout, PodNamespaces, Process},
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

/// Starts a command in the container whose process is `container`.
pub(crate) async fn exec(
    network: &Network,
    pod: Option<PodNamespaces>,
    container: u32,
    spec: ExecSpec,
) -> Result<Executed, NodeError> {
    let layout = ExecLayout {
        parent: Helpers::parent(),
        place: pod.map(|pod| (pod, container)),
        terminal: spec.terminal,
        process: spec.command,
    };
    let helpers = network.helpers();
    let environment = spec.environment;
    if spec.terminal {
        let (terminal, theirs) = Terminal::open()?;
        let (input, output) = (theirs.try_clone()?, theirs.try_clone()?);
        let prepare = |command: &mut Command| {
            // It makes a session, and so a group, of its own, which the leader of a group cannot.
            command.envs(environment).stdin(input).stdout(output).stderr(theirs);
        };
        let child = helpers.start("pod-exec", &layout, prepare).await?;
        return Ok(Executed { child, streams: Streams::Terminal(terminal) });
    }
    let prepare = |command: &mut Command| {
        command.envs(environment).stdin(if spec.input { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    };
    let child = helpers.start("pod-exec", &layout, prepare).await?;
    Ok(Executed { child, streams: Streams::Pipes })
}
