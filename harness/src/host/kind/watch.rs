//! Notices the end of a node's container, by the engine's word.

use futures::future::select_all;
use tokio::{sync::watch, task::AbortHandle};

use super::Docker;
use crate::host::HostError;

/// How many lines of a dead node's log are shown.
const TAIL: &str = "8";

/// Why a host is broken: one line, and the last lines of a log.
type Breakage = Option<(String, Vec<String>)>;

/// Waits in the background for the first of some containers to end.
#[derive(Debug)]
pub(super) struct NodeWatch {
    broken: watch::Receiver<Breakage>,
    task: AbortHandle,
}

impl NodeWatch {
    /// Begins to wait. A container that has ended already is noticed at once.
    pub(super) fn start(nodes: Vec<String>) -> Self {
        let (sender, broken) = watch::channel(None);
        let task = tokio::spawn(async move {
            let breakage = first_end(nodes).await;
            sender.send_replace(Some(breakage));
        });
        Self { broken, task: task.abort_handle() }
    }

    /// Ends with the reason when a container has ended; never while all run.
    pub(super) async fn failure(&self) -> HostError {
        let mut broken = self.broken.clone();
        let found = match broken.wait_for(Option::is_some).await {
            Ok(found) => found.clone(),
            Err(_) => None,
        };
        match found {
            Some((message, tail)) => HostError::Failed { message, tail, unfit: false },
            None => std::future::pending().await,
        }
    }
}

impl Drop for NodeWatch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn first_end(nodes: Vec<String>) -> (String, Vec<String>) {
    let waits = nodes.iter().map(|node| Box::pin(async move { (node, Docker.run(["wait", node]).await) }));
    match select_all(waits).await.0 {
        (node, Ok(code)) => {
            let log = Docker.lines(["logs", "--tail", TAIL, node]).await.unwrap_or_default();
            (format!("the node {node} ended with code {code}"), log)
        }
        (node, Err(error)) => (format!("the node {node} is out of reach: {error}"), Vec::new()),
    }
}
