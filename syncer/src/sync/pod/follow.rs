//! A pod that is on both sides: its tokens, its node, its status.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    super::{SyncError, token, turn::is_copy},
    Sync,
};
use crate::{
    decide::pod::Follow,
    index::Pair,
    kinds::{Kind, Side},
    object::{Field, Object},
    translate::status,
    write::{PatchForm, WriteError},
};

/// A DaemonSet's pod waits for its Node this long before it looks again; the DaemonSet's controller deletes it if the
/// Node has gone.
const NODE_AGAIN: Duration = Duration::from_secs(5);

impl Sync<'_> {
    /// Returns when to look at it again, where something is to be waited for that no watch tells of.
    pub(super) async fn follow(&mut self, follow: Follow) -> Result<Option<Duration>, SyncError> {
        if follow.token {
            self.renew_tokens().await?;
        }
        if let Some(node) = &follow.bind
            && !self.bind(node).await?
        {
            return Ok(Some(NODE_AGAIN));
        }
        if follow.status || follow.bind.is_some() {
            self.raise_status().await?;
        }
        if follow.update {
            self.update().await?;
        }
        // A pod may have been marked by a run that had the option.
        if follow.gates && self.tenant.settings().kinds.row(Kind::ReadinessGates).is_some() {
            self.lower_gates().await?;
        }
        Ok(None)
    }

    /// Tells the host's pod what those in the tenant who hold it back or let it go have said.
    async fn lower_gates(&mut self) -> Result<(), SyncError> {
        let Some((tenant, host)) = self.both(&self.pair()).await? else { return Ok(()) };
        let patch = status::gates::patch(&tenant.tree(), &host.tree());
        let place = (host.namespace(), host.name());
        let cluster = self.tenant.cluster(Side::Host);
        match cluster.patch(Kind::Pod, place, "status", PatchForm::Strategic, &patch).await {
            Ok(object) => {
                self.learn(Side::Host, object);
                Ok(())
            }
            Err(WriteError::Gone | WriteError::Conflict(_)) => Ok(()),
            Err(error) => Err(SyncError::Write { doing: "opening the host pod's readiness gates", error }),
        }
    }

    async fn renew_tokens(&mut self) -> Result<(), SyncError> {
        let Some(tenant) = self.tenant_object().await? else { return Ok(()) };
        // What was just read may be the successor of the pod whose copy is there.
        if self.pair().host.is_none_or(|host| *host.detail.copied.tenant_uid != *tenant.uid()) {
            return Ok(());
        }
        let tree = tenant.tree();
        match token::mint(self.tenant, &tree).await? {
            Some(tokens) => token::store(self.tenant, self.key, &tree, &tokens).await,
            None => Ok(()),
        }
    }

    /// Binds the tenant's pod to the node that the host has chosen, which must be there first: a pod that is bound to
    /// a node that is not gets garbage-collected. Returns whether the Node is there.
    async fn bind(&mut self, node: &str) -> Result<bool, SyncError> {
        let Pair { tenant: Some(known), host: Some(host) } = self.pair() else { return Ok(true) };
        // The node of its predecessor's copy is not its own.
        if host.detail.copied.tenant_uid != known.uid {
            return Ok(true);
        }
        if known.detail.daemon {
            // It is there because of the Node; were the Node made for it, both would keep each other for ever.
            if !self.tenant.nodes().has(self.tenant, node).await {
                return Ok(false);
            }
        } else {
            self.tenant.nodes().ensure(self.tenant, node).await?;
        }
        if known.detail.node.is_some() {
            return Ok(true);
        }
        let id = &self.key.id;
        let binding = json!({
            "apiVersion": "v1", "kind": "Binding",
            "metadata": { "name": &*id.name, "namespace": &*id.namespace, "uid": &*known.uid },
            "target": { "apiVersion": "v1", "kind": "Node", "name": node },
        });
        let path = format!("{}/binding", Kind::Pod.path(&id.namespace, &id.name));
        match self.tenant.cluster(Side::Tenant).post(&path, &binding).await {
            Ok(_) => {
                self.tenant.bound(id, &known.uid, node);
                Ok(true)
            }
            // Bound already, deleted, or another pod by now: the watch will tell which.
            Err(WriteError::Conflict(_) | WriteError::Gone) => Ok(true),
            Err(error) => Err(SyncError::Write { doing: "binding the tenant's pod", error }),
        }
    }

    pub(super) async fn raise_status(&mut self) -> Result<(), SyncError> {
        let Some(known) = self.pair().tenant else { return Ok(()) };
        let host = self.host_object().await?.filter(|host| is_copy(host, &known.uid));
        let Some(host) = host else { return Ok(()) };
        // Only readiness gates make the tenant's own pod worth reading for this.
        let tenant = if known.detail.gated { self.tenant_object().await? } else { None };
        let tenant = tenant.map_or(Value::Null, |object| object.tree());
        let wanted = self.wanted_status(&host, &tenant);
        if status::digest(wanted.clone()) == known.detail.status {
            return Ok(());
        }
        self.write_status(&status::patch(&wanted, &known.uid)).await
    }

    pub(super) fn wanted_status(&self, host: &Object, tenant: &Value) -> Value {
        let settings = self.tenant.settings();
        let view = status::View::of(host, &self.key.id, &settings.names, &settings.node_address);
        status::wanted(&host.part(&[Field::Whole("status")])["status"], tenant, &view)
    }

    pub(super) async fn write_status(&mut self, patch: &Value) -> Result<(), SyncError> {
        let (namespace, name) = self.place(Side::Tenant);
        let cluster = self.tenant.cluster(Side::Tenant);
        match cluster.patch(Kind::Pod, (&namespace, &name), "status", PatchForm::Strategic, patch).await {
            Ok(object) => {
                self.learn(Side::Tenant, object);
                Ok(())
            }
            Err(WriteError::Gone | WriteError::Conflict(_)) => Ok(()),
            Err(error) => Err(SyncError::Write { doing: "writing the tenant's status", error }),
        }
    }
}
