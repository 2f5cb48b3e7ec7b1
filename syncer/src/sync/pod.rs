//! Pods.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Doing, Hand, LONGEST_RUN, SyncError, Tenant, event, token};
use crate::{
    decide::pod::{Follow, Step, decide},
    index::{HostPod, Key, Pair, TenantPod},
    kinds::{Kind, Side},
    object::Object,
    translate::{pod, status},
    write::{PatchForm, WriteError},
};

/// One pod at work.
pub(super) struct Sync<'a> {
    tenant: &'a Tenant,
    key: &'a Key,
    hand: Hand,
}

impl<'a> Sync<'a> {
    pub(super) fn new(tenant: &'a Tenant, key: &'a Key, hand: Hand) -> Self {
        Self { tenant, key, hand }
    }

    /// Returns when its tokens are due.
    pub(super) async fn run(mut self) -> Result<Option<Duration>, SyncError> {
        for _ in 0..LONGEST_RUN {
            match self.decide() {
                Step::Settled => return Ok(self.tokens_due()),
                Step::Create => {
                    if !self.create().await? {
                        return Ok(None);
                    }
                }
                // The watch tells when it is done.
                Step::DeleteHost { uid, grace } => return self.delete(Side::Host, &uid, grace).await,
                Step::DeleteTenant { uid, grace } => {
                    return self.delete(Side::Tenant, &uid, Some(grace)).await;
                }
                Step::Follow(follow) => {
                    self.follow(follow).await?;
                    return Ok(self.tokens_due());
                }
            }
        }
        Err(SyncError::Restless)
    }

    fn decide(&self) -> Step {
        let now = self.tenant.clock().steady().as_second();
        let id = &self.key.id;
        self.tenant
            .index(|index| decide(index.pods.get(id), index.token(id), index.awaits_references(id), now))
    }

    fn tokens_due(&self) -> Option<Duration> {
        let now = self.tenant.clock().steady().as_second();
        let at = self.tenant.index(|index| {
            let is_whole =
                index.pods.get(&self.key.id).is_some_and(|pair| pair.tenant.is_some() && pair.host.is_some());
            index.token(&self.key.id).filter(|_| is_whole).map(|token| token.refresh_at)
        })?;
        Some(Duration::from_secs(u64::try_from(at - now).unwrap_or(1).max(1)))
    }

    fn pair(&self) -> Pair<TenantPod, HostPod> {
        self.tenant.index(|index| index.pods.get(&self.key.id).cloned()).unwrap_or_default()
    }

    async fn tenant_object(&mut self) -> Result<Option<Object>, SyncError> {
        let known = self.pair().tenant;
        self.tenant.fetch((Side::Tenant, self.key), known.as_ref(), &mut self.hand).await
    }

    async fn host_object(&mut self) -> Result<Option<Object>, SyncError> {
        let known = self.pair().host;
        self.tenant.fetch((Side::Host, self.key), known.as_ref(), &mut self.hand).await
    }

    fn learn(&mut self, side: Side, object: Object) {
        self.tenant.learn(side, Kind::Pod, object.clone(), Some(self.key));
        self.hand.hold(side, object);
    }

    fn wrote(&mut self, body: &Value, answer: Object) {
        self.tenant.wrote(body, answer.clone(), self.key);
        self.hand.hold(Side::Host, answer);
    }

    /// Makes the host's pod and, meanwhile, its tokens. Returns whether to go on.
    async fn create(&mut self) -> Result<bool, SyncError> {
        let Some(object) = self.tenant_object().await? else { return Ok(false) };
        let tree = object.tree();
        let translated = self.tenant.around(&self.key.id.namespace, |around| pod::host(&tree, around));
        let wanted = match translated {
            Ok(wanted) => wanted,
            Err(refused) => {
                event::warn(self.tenant, Kind::Pod, &object, &refused.to_string()).await;
                return Ok(false);
            }
        };
        let namespace = self.tenant.settings().names.host_namespace();
        let host = self.tenant.cluster(Side::Host);
        let (made, tokens) =
            tokio::join!(host.create(Kind::Pod, namespace, &wanted), token::mint(self.tenant, &tree));
        let made = match made {
            Ok(made) => made,
            Err(WriteError::Exists) => return self.meet_existing().await,
            Err(error) => {
                if let WriteError::Refused(status) = &error {
                    event::warn(self.tenant, Kind::Pod, &object, &status.message).await;
                }
                return Err(SyncError::Write { doing: "making the host's pod", error });
            }
        };
        let uid = made.uid().to_owned();
        self.wrote(&wanted, made);
        if let Some(tokens) = tokens? {
            token::store(self.tenant, self.key, &tree, &uid, &tokens).await?;
        }
        Ok(true)
    }

    /// A pod of that name is there and the watch has not said so yet, or it is someone else's.
    async fn meet_existing(&mut self) -> Result<bool, SyncError> {
        let name = self.tenant.host_name(&self.key.id);
        let namespace = self.tenant.settings().names.host_namespace();
        let found = self
            .tenant
            .cluster(Side::Host)
            .get(Kind::Pod, namespace, &name)
            .await
            .doing("reading the host's pod")?;
        let Some(found) = found else { return Ok(true) };
        self.learn(Side::Host, found);
        if self.pair().host.is_none() { Err(SyncError::Foreign(format!("pod {name}"))) } else { Ok(true) }
    }

    async fn delete(&self, side: Side, uid: &str, grace: Option<i64>) -> Result<Option<Duration>, SyncError> {
        let host_name = self.tenant.host_name(&self.key.id);
        let place = match side {
            Side::Tenant => (&*self.key.id.namespace, &*self.key.id.name),
            Side::Host => (self.tenant.settings().names.host_namespace(), host_name.as_str()),
        };
        self.tenant
            .cluster(side)
            .delete(Kind::Pod, place, uid, grace)
            .await
            .doing("deleting it")
            .map(|()| None)
    }

    async fn follow(&mut self, follow: Follow) -> Result<(), SyncError> {
        if follow.token {
            self.renew_tokens().await?;
        }
        if let Some(node) = &follow.bind {
            self.bind(node).await?;
        }
        if follow.status || follow.bind.is_some() {
            self.raise_status().await?;
        }
        if follow.update {
            self.update().await?;
        }
        Ok(())
    }

    async fn renew_tokens(&mut self) -> Result<(), SyncError> {
        let (Some(object), Some(host)) = (self.tenant_object().await?, self.pair().host) else {
            return Ok(());
        };
        let tree = object.tree();
        match token::mint(self.tenant, &tree).await? {
            Some(tokens) => token::store(self.tenant, self.key, &tree, &host.uid, &tokens).await,
            None => Ok(()),
        }
    }

    /// Binds the tenant's pod to the node that the host has chosen, which must be there first: a pod that is bound to
    /// a node that is not gets garbage-collected.
    async fn bind(&mut self, node: &str) -> Result<(), SyncError> {
        let Some(known) = self.pair().tenant else { return Ok(()) };
        self.tenant.nodes().ensure(self.tenant, node).await?;
        let id = &self.key.id;
        let binding = json!({
            "apiVersion": "v1", "kind": "Binding",
            "metadata": { "name": &*id.name, "namespace": &*id.namespace, "uid": known.uid },
            "target": { "apiVersion": "v1", "kind": "Node", "name": node },
        });
        let path = format!("{}/binding", Kind::Pod.path(&id.namespace, &id.name));
        match self.tenant.cluster(Side::Tenant).post(&path, &binding).await {
            Ok(_) => {
                self.tenant.bound(id, node);
                Ok(())
            }
            // Bound already, deleted, or another pod by now: the watch will tell which.
            Err(WriteError::Conflict(_) | WriteError::Gone) => Ok(()),
            Err(error) => Err(SyncError::Write { doing: "binding the tenant's pod", error }),
        }
    }

    async fn raise_status(&mut self) -> Result<(), SyncError> {
        let Some(known) = self.pair().tenant else { return Ok(()) };
        let Some(host) = self.host_object().await? else { return Ok(()) };
        // Only readiness gates make the tenant's own pod worth reading for this.
        let tenant = if known.detail.gated { self.tenant_object().await? } else { None };
        let tenant = tenant.map_or(Value::Null, |object| object.tree());
        let settings = self.tenant.settings();
        let view = status::View::of(&host, &self.key.id, &settings.names, &settings.node_address);
        let wanted = status::wanted(&host.tree()["status"], &tenant, &view);
        if crate::index::hash(&wanted) == known.detail.status {
            return Ok(());
        }
        let patch = status::patch(&wanted, &known.uid);
        let place = (&*self.key.id.namespace, &*self.key.id.name);
        let cluster = self.tenant.cluster(Side::Tenant);
        match cluster.patch(Kind::Pod, place, "status", PatchForm::Strategic, &patch).await {
            Ok(object) => {
                self.learn(Side::Tenant, object);
                Ok(())
            }
            Err(WriteError::Gone | WriteError::Conflict(_)) => Ok(()),
            Err(error) => Err(SyncError::Write { doing: "writing the tenant's status", error }),
        }
    }

    async fn update(&mut self) -> Result<(), SyncError> {
        let (Some(tenant), Some(host)) = (self.tenant_object().await?, self.host_object().await?) else {
            return Ok(());
        };
        let (tree, ownership) = (tenant.tree(), self.tenant.ownership());
        let patch = pod::patch(&tree, &host.tree(), ownership);
        let place = (host.namespace(), host.name());
        let cluster = self.tenant.cluster(Side::Host);
        match cluster.patch(Kind::Pod, place, "", PatchForm::Strategic, &patch).await {
            Ok(object) => {
                self.wrote(&json!({ "metadata": pod::metadata(&tree, ownership) }), object);
                Ok(())
            }
            Err(WriteError::Gone) => Ok(()),
            Err(error) => Err(SyncError::Write { doing: "updating the host's pod", error }),
        }
    }
}
