//! Keeps the table of Services up to date.

use k8s_openapi::api::{core::v1::Service, discovery::v1::EndpointSlice};
use kube::{Api, Client, runtime::watcher};
use tokio::sync::mpsc;

use super::table::Change;
use crate::node::{changes, changes::Changed, network::Network};

/// Watches Services and EndpointSlices and serves their addresses, until dropped.
pub(crate) async fn follow(network: Network, client: Client) {
    // One at a time: listeners must open and close in the order of the table's changes.
    let (sender, mut queue) = mpsc::unbounded_channel::<Change>();
    let services = changes::of(Api::<Service>::all(client.clone()), watcher::Config::default(), |changed| {
        let change = {
            let mut table = network.services().table.write();
            match changed {
                Changed::Applied(service) => table.apply_service(&service),
                Changed::Gone(key) => {
                    network.services().close_forwards(&key, &table.addresses(&key));
                    table.delete_service(&key)
                }
            }
        };
        announce(&network, &sender, change);
    });
    let slices = changes::of(Api::<EndpointSlice>::all(client), watcher::Config::default(), |changed| {
        let change = {
            let mut table = network.services().table.write();
            match changed {
                Changed::Applied(slice) => table.apply_slice(&slice),
                Changed::Gone((namespace, name)) => table.delete_slice(&namespace, &name),
            }
        };
        announce(&network, &sender, change);
    });
    let listeners = async {
        while let Some(change) = queue.recv().await {
            network.serve_services(change).await;
        }
    };
    tokio::join!(services, slices, listeners);
}

fn announce(network: &Network, sender: &mpsc::UnboundedSender<Change>, change: Change) {
    network.services().changes.send_modify(|count| *count += 1);
    if change != Change::default() {
        // The receiver lives as long as this future.
        drop(sender.send(change));
    }
}
