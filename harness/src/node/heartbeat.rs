//! Keeps the nodes alive: leases, and a node's status where it does not say Ready.
//!
//! Controllers take a node whose lease lapsed for lost: they write that its state is unknown and send its pods away. A
//! lease that is renewed again changes none of it; that the node is Ready only the node itself may say.

use std::{collections::BTreeSet, net::Ipv4Addr, time::Duration};

use k8s_openapi::api::core::v1::Node;
use kube::{Api, Client, ResourceExt, runtime::watcher};
use parking_lot::Mutex;
use tokio::{sync::Notify, time};

use super::{
    changes::{self, Changed},
    object,
};

/// How often leases are renewed, and a status that was refused is written again.
const EVERY: Duration = Duration::from_secs(10);

/// Those of which the API says that they are not Ready.
#[derive(Default)]
struct Doubted {
    names: Mutex<BTreeSet<String>>,
    more: Notify,
}

/// Keeps the nodes alive until dropped.
pub(super) async fn keep(client: Client, nodes: Vec<(String, Ipv4Addr)>) {
    let doubted = Doubted::default();
    tokio::join!(doubted.follow(&client), beat(&client, &nodes, &doubted));
}

async fn beat(client: &Client, nodes: &[(String, Ipv4Addr)], doubted: &Doubted) {
    let mut ticks = time::interval(EVERY);
    ticks.tick().await;
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                for (name, _) in nodes {
                    told(name, object::renew(client, name).await);
                }
            }
            () = doubted.more.notified() => {}
        }
        for (name, address) in nodes.iter().filter(|(name, _)| doubted.has(name)) {
            told(name, object::declare(client, name, *address).await);
        }
    }
}

fn told(node: &str, written: Result<(), kube::Error>) {
    if let Err(error) = written {
        tracing::warn!(node, %error, "a node's sign of life was not taken");
    }
}

impl Doubted {
    async fn follow(&self, client: &Client) {
        let all = Api::<Node>::all(client.clone());
        changes::of(all, watcher::Config::default(), |changed| match changed {
            Changed::Applied(node) if is_ready(&node) => drop(self.names.lock().remove(&node.name_any())),
            Changed::Applied(node) => {
                self.names.lock().insert(node.name_any());
                self.more.notify_one();
            }
            Changed::Gone((_, name)) => drop(self.names.lock().remove(&name)),
        })
        .await;
    }

    fn has(&self, name: &str) -> bool {
        self.names.lock().contains(name)
    }
}

fn is_ready(node: &Node) -> bool {
    let mut conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.any(|condition| condition.type_ == "Ready" && condition.status == "True")
}
