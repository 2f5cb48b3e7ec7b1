//! The tenant's Nodes: one for each host node that runs a pod of it. With a Role alone they are made of nothing but
//! their names; with the wider role they follow the host's. Each is the syncer's kubelet endpoint.

mod lease;

use std::time::Duration;

use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard};

use crate::{
    decide::node::{Step, decide},
    index::{Id, hash},
    kinds::{Kind, Side},
    metrics::turn::Waiting,
    names::marks,
    object::Object,
    sync::{SyncError, Tenant},
    translate::node::{self, Facts},
    write::{PatchForm, WriteError},
};

/// How often leases are renewed and unused Nodes removed. A Node is taken for dead after 40 s without.
pub const RENEW_EVERY: Duration = Duration::from_secs(10);

/// Writes and removals of Nodes, one at a time: held across calls, so that no Node is removed while a pod is bound to it.
#[derive(Debug)]
pub struct Nodes {
    turn: Mutex<()>,
    facts: Facts,
    /// Whether they are made of the host's.
    follow: bool,
}

impl Nodes {
    /// None yet.
    pub fn new(facts: Facts, follow: bool) -> Self {
        Self { turn: Mutex::default(), facts, follow }
    }

    /// Whoever waits here waits for calls of this tenant, and takes no place from others as long.
    async fn turn(&self) -> MutexGuard<'_, ()> {
        let _waiting = Waiting::begin(Side::Tenant, false);
        self.turn.lock().await
    }

    /// Sees to it that the Node is there, with a lease, before a pod is bound to it.
    ///
    /// # Errors
    /// Whatever either API server refuses.
    pub async fn ensure(&self, tenant: &Tenant, name: &str) -> Result<(), SyncError> {
        let _turn = self.turn().await;
        // The watch of the host's nodes may not have told of a new one; its object is asked for then.
        match step(tenant, name, true) {
            (Step::Settled, true) => Ok(()),
            (Step::Foreign, _) => Ok(()),
            _ => self.write(tenant, name).await,
        }
    }

    /// Whether a Node is there, as far as is known.
    pub async fn has(&self, tenant: &Tenant, name: &str) -> bool {
        let _turn = self.turn().await;
        let id = Id::new("", name);
        tenant.index(|index| {
            let pair = index.raised(Kind::Node).and_then(|table| table.get(&id));
            pair.is_some_and(|pair| pair.tenant.as_ref().is_some_and(|node| node.deleting.is_none()))
        })
    }

    /// Brings a Node in line with what either side says of it now.
    ///
    /// # Errors
    /// Whatever either API server refuses.
    pub async fn sync(&self, tenant: &Tenant, name: &str) -> Result<(), SyncError> {
        let _turn = self.turn().await;
        let is_used = tenant.index(|index| index.nodes().contains(name));
        self.settle(tenant, name, is_used).await
    }

    /// Renews the leases, puts right what has failed, and removes the Nodes that no pod is on any more. To be called
    /// when both sides have been listed.
    pub async fn tend(&self, tenant: &Tenant) {
        for (name, was_used) in tenant.index(|index| index.nodes_in_question()) {
            if let Err(error) = self.tend_one(tenant, &name, was_used).await {
                tracing::warn!(node = name, %error, "the Node is not tended");
            }
        }
    }

    async fn tend_one(&self, tenant: &Tenant, name: &str, was_used: bool) -> Result<(), SyncError> {
        let turn = self.turn().await;
        // A pod may have come to an unused one meanwhile.
        let is_used = was_used || tenant.index(|index| index.nodes().contains(name));
        self.settle(tenant, name, is_used).await?;
        drop(turn);
        let lives = is_used && tenant.index(|index| index.is_node_ready(name));
        if lives { lease::renew(tenant, name).await } else { Ok(()) }
    }

    async fn settle(&self, tenant: &Tenant, name: &str, is_used: bool) -> Result<(), SyncError> {
        match step(tenant, name, is_used).0 {
            Step::Settled | Step::Foreign => Ok(()),
            Step::Write => self.write(tenant, name).await,
            Step::Remove => remove(tenant, name).await,
        }
    }

    async fn write(&self, tenant: &Tenant, name: &str) -> Result<(), SyncError> {
        let asked = tenant.asking();
        let Some(content) = self.content(tenant, name).await? else {
            return Err(SyncError::NoNode(name.to_owned()));
        };
        let sent = hash(&node::comparable(&content));
        let now = tenant.clock().wall().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let cluster = tenant.cluster(Side::Tenant);
        let made = match cluster.create(Kind::Node, "", &node::node(name, &content, &now)).await {
            Err(WriteError::Exists) => change(tenant, name, &content, &now).await?,
            // The API server has given it a taint of its own.
            Ok(made) if node::comparable(&node::owned(&made.tree())) != node::comparable(&content) => {
                change(tenant, name, &content, &now).await?
            }
            other => Some(other.map_err(|error| SyncError::Write { doing: "making the Node", error })?),
        };
        if let Some(made) = made {
            tenant.raised_wrote(Kind::Node, sent, &made, asked);
            if node::is_ready(&content) {
                lease::renew(tenant, name).await?;
            }
        }
        Ok(())
    }

    /// What the Node is to be; none where the host has no such node.
    async fn content(&self, tenant: &Tenant, name: &str) -> Result<Option<Value>, SyncError> {
        if !self.follow {
            return Ok(Some(node::synthesised(name, &self.facts)));
        }
        let asked = tenant.asking();
        let host = tenant.cluster(Side::Host).get(Kind::Node, "", name).await;
        let host = host.map_err(|error| SyncError::Write { doing: "reading the host's node", error })?;
        let Some(host) = host else { return Ok(None) };
        let content = node::following(&host.tree(), &self.facts);
        tenant.learn(Side::Host, Kind::Node, host, asked);
        Ok(Some(content))
    }
}

/// Also whether it is known what the Node is to hold.
fn step(tenant: &Tenant, name: &str, is_used: bool) -> (Step, bool) {
    tenant.index(|index| {
        let pair = index.raised(Kind::Node).and_then(|table| table.get(&Id::new("", name)));
        let wanted = index.wanted_node(name);
        (decide(is_used, wanted, pair.and_then(|pair| pair.tenant.as_ref())), wanted.is_some())
    })
}

/// Gives a Node that is there this content. None for one that is someone else's, which is left alone: the pods on it
/// run all the same.
async fn change(
    tenant: &Tenant,
    name: &str,
    content: &Value,
    now: &str,
) -> Result<Option<Object>, SyncError> {
    let doing = |error| SyncError::Write { doing: "changing the Node", error };
    let cluster = tenant.cluster(Side::Tenant);
    let Some(found) = cluster.get(Kind::Node, "", name).await.map_err(doing)? else {
        return Err(doing(WriteError::Gone));
    };
    if found.label(marks::SYNTHESISED).is_none() {
        tracing::warn!(
            node = name,
            "the tenant has a Node of that name that is not ours; it is left as it is"
        );
        return Ok(None);
    }
    let (itself, status) = node::patches(&found.tree(), content, now);
    let place = ("", name);
    cluster.patch(Kind::Node, place, "", PatchForm::Strategic, &itself).await.map_err(doing)?;
    cluster.patch(Kind::Node, place, "status", PatchForm::Strategic, &status).await.map(Some).map_err(doing)
}

/// The lease goes first: a Node that is still there is found again.
async fn remove(tenant: &Tenant, name: &str) -> Result<(), SyncError> {
    let doing = |error| SyncError::Write { doing: "removing the Node", error };
    lease::remove(tenant, name).await?;
    let cluster = tenant.cluster(Side::Tenant);
    if let Some(found) = cluster.get(Kind::Node, "", name).await.map_err(doing)?
        && found.label(marks::SYNTHESISED).is_some()
    {
        cluster.delete(Kind::Node, ("", name), found.uid(), None).await.map_err(doing)?;
    }
    Ok(())
}
