//! Waiting until the API serves and the cluster is what a user expects. All waits but the first end on watch events.

use std::{path::Path, pin::pin, time::Duration};

use futures::TryStreamExt;
use http::Request;
use k8s_openapi::api::core::v1::{Node, ServiceAccount};
use kube::{
    Api, Client,
    config::Kubeconfig,
    runtime::watcher::{self, Event, watcher},
};
use tenantbench_syncer::client::{self, ClientError, Purpose};
use tokio::time;

use crate::host::HostError;

/// A client for a kubeconfig of ours.
pub(super) async fn client(kubeconfig: &Kubeconfig, path: &Path) -> Result<Client, HostError> {
    let unusable =
        |error: ClientError| HostError::Kubeconfig { path: path.to_owned(), reason: error.to_string() };
    let config = client::from_kubeconfig(kubeconfig.clone()).await.map_err(unusable)?;
    client::client(config, Purpose::Requests).map_err(unusable)
}

/// Asks until the API server says that it is ready: before that there is nothing to watch.
pub(super) async fn api(client: &Client) {
    const PAUSE: Duration = Duration::from_millis(25);
    loop {
        if let Ok(request) = Request::get("/readyz").body(Vec::new())
            && client.request_text(request).await.is_ok()
        {
            return;
        }
        time::sleep(PAUSE).await;
    }
}

/// Waits for the service account without which no pod can be made in the namespace `default`.
pub(super) async fn default_service_account(client: &Client) -> Result<(), HostError> {
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), "default");
    let mut events = pin!(watcher(accounts, watcher::Config::default().fields("metadata.name=default")));
    loop {
        match next(&mut events, "watch service accounts").await? {
            Event::Apply(_) | Event::InitApply(_) => return Ok(()),
            Event::Init | Event::InitDone | Event::Delete(_) => {}
        }
    }
}

/// Waits until `count` nodes are Ready.
pub(super) async fn nodes(client: &Client, count: u32) -> Result<(), HostError> {
    let mut events = pin!(watcher(Api::<Node>::all(client.clone()), watcher::Config::default()));
    let mut ready = std::collections::BTreeSet::new();
    while ready.len() < count as usize {
        if let Event::Apply(node) | Event::InitApply(node) = next(&mut events, "watch nodes").await?
            && is_ready(&node)
        {
            ready.extend(node.metadata.name);
        }
    }
    Ok(())
}

fn is_ready(node: &Node) -> bool {
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions.is_some_and(|all| {
        all.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
    })
}

/// The next event. Errors of a watch are not final, since the stream opens it again; its end would be.
async fn next<K>(
    events: &mut (impl futures::Stream<Item = Result<Event<K>, watcher::Error>> + Unpin),
    context: &str,
) -> Result<Event<K>, HostError> {
    loop {
        match events.try_next().await {
            Ok(Some(event)) => return Ok(event),
            Ok(None) => {
                return Err(HostError::Failed { message: format!("{context}: it ended"), tail: Vec::new() });
            }
            Err(error) => {
                tracing::debug!(%error, "{context}");
                // The stream has no back-off of its own.
                time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
