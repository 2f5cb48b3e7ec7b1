//! Services.

use serde_json::{Value, json};

use super::{
    Doing, LONGEST_RUN, SyncError, event,
    turn::{Turn, is_copy},
};
use crate::{
    decide::service::{Step, decide},
    index::{Address, HostService, Pair, TenantService},
    kinds::{Kind, Side},
    names::marks,
    object::Object,
    translate::{
        overlay,
        service::{Ask, host, release_address, take_address, take_node_ports},
        shared,
    },
    write::{PatchForm, WriteError},
};

/// Whose turns these are.
pub(super) enum Services {}

/// One Service at work.
pub(super) type Sync<'a> = Turn<'a, Services>;

impl Sync<'_> {
    pub(super) async fn run(mut self) -> Result<(), SyncError> {
        for _ in 0..LONGEST_RUN {
            self.begin_step();
            let step = self.decide();
            let go_on = match &step {
                Step::Settled => false,
                Step::Create => self.create().await?,
                Step::Update => self.update().await?,
                Step::DeleteHost { uid } => self.delete_host(uid).await?,
                Step::Release => self.rewrite(&step, |tenant, _| release_address(tenant)).await?,
                Step::Take => self.take().await?,
                Step::TakeShared => self.take_shared().await?,
                Step::TakeNodePorts => self.rewrite(&step, take_node_ports).await?,
                Step::Balancer => self.raise_balancer().await?,
            };
            if !go_on {
                return Ok(());
            }
        }
        Err(SyncError::Restless)
    }

    fn decide(&self) -> Step {
        self.tenant.index(|index| decide(&self.key.id, index.services.get(&self.key.id)))
    }

    fn pair(&self) -> Pair<TenantService, HostService> {
        self.tenant.index(|index| index.services.get(&self.key.id).cloned()).unwrap_or_default()
    }

    async fn create(&mut self) -> Result<bool, SyncError> {
        let (Some(tenant), _) = self.objects(&self.pair()).await? else { return Ok(false) };
        let tree = tenant.tree();
        let cluster = self.tenant.cluster(Side::Host);
        let namespace = self.tenant.settings().names.host_namespace();
        let translated = |ask| host(&tree, self.tenant.ownership(), &ask);
        let mut body = translated(Ask::Tenants);
        let mut made = cluster.create(Kind::Service, namespace, &body).await;
        if made.as_ref().is_err_and(WriteError::is_about_addresses) {
            body = translated(Ask::Any);
            made = cluster.create(Kind::Service, namespace, &body).await;
        }
        if let Err(WriteError::Exists) = made {
            return self.meet_existing().await;
        }
        self.tell(&tenant, &made).await;
        self.wrote(&body, made.doing("making the host's Service")?);
        Ok(true)
    }

    /// Tells the tenant why the host does not take its Service.
    async fn tell(&self, tenant: &Object, answer: &Result<Object, WriteError>) {
        if let Err(WriteError::Refused(status)) = answer {
            event::warn(self.tenant, Kind::Service, tenant, &status.message).await;
        }
    }

    /// One of that name is there which the watch has not told of, or whose labels are gone, or which is not ours.
    async fn meet_existing(&mut self) -> Result<bool, SyncError> {
        let name = self.tenant.host_name(&self.key.id);
        let namespace = self.tenant.settings().names.host_namespace();
        let cluster = self.tenant.cluster(Side::Host);
        let found = cluster.get(Kind::Service, namespace, &name).await.doing("reading the host's Service")?;
        let Some(found) = found else { return Ok(true) };
        if found.annotation(marks::UID).is_none() {
            return Err(SyncError::Foreign(format!("service {name}")));
        }
        self.learn(Side::Host, found);
        if self.pair().host.is_some() { Ok(true) } else { self.update().await }
    }

    async fn take_shared(&mut self) -> Result<bool, SyncError> {
        let Some((tenant, host)) = self.both(&self.pair()).await? else { return Ok(false) };
        let mut patch = shared::raise(Kind::Service, &host.tree());
        patch["metadata"] = json!({ "uid": tenant.uid() });
        let place = (&*self.key.id.namespace, &*self.key.id.name);
        let cluster = self.tenant.cluster(Side::Tenant);
        let written = cluster.patch(Kind::Service, place, "", PatchForm::Merge, &patch).await;
        self.learn(Side::Tenant, written.doing("taking over the host's changes")?);
        Ok(true)
    }

    async fn update(&mut self) -> Result<bool, SyncError> {
        let (Some(tenant), present) = self.objects(&self.pair()).await? else { return Ok(false) };
        let tree = tenant.tree();
        let pair = self.pair();
        let kept = pair.host.map(|host| host.detail.address);
        let wants_ip = pair.tenant.is_some_and(|tenant| matches!(tenant.detail.address, Address::Ip(_)));
        let ask = match &kept {
            Some(Address::Ip(ip)) if wants_ip => Ask::Kept(ip),
            _ => Ask::Tenants,
        };
        let cluster = self.tenant.cluster(Side::Host);
        let (namespace, name) =
            (self.tenant.settings().names.host_namespace(), self.tenant.host_name(&self.key.id));
        let translated = |ask: &Ask<'_>| {
            let mut wanted = host(&tree, self.tenant.ownership(), ask);
            // What others have put on it stays, finalizers above all.
            if let Some(present) = &present {
                let mut body = present.tree();
                overlay::metadata(&mut body, &wanted);
                wanted["metadata"] = body["metadata"].take();
            }
            wanted
        };
        let mut body = translated(&ask);
        let mut written = cluster.replace(Kind::Service, namespace, &name, &body).await;
        if written.as_ref().is_err_and(WriteError::is_about_addresses) {
            body = translated(&Ask::Any);
            written = cluster.replace(Kind::Service, namespace, &name, &body).await;
        }
        self.tell(&tenant, &written).await;
        self.wrote(&body, written.doing("updating the host's Service")?);
        Ok(true)
    }

    async fn delete_host(&self, uid: &str) -> Result<bool, SyncError> {
        self.tenant.delete_copy(self.key, uid, None).await.map(|()| false)
    }

    /// Writes the tenant's Service as `change` makes it of the tenant's and the host's.
    async fn rewrite(&mut self, step: &Step, change: fn(&Value, &Value) -> Value) -> Result<bool, SyncError> {
        let (Some(tenant), host) = self.objects(&self.pair()).await? else { return Ok(false) };
        // What was just read may be newer than what was decided about: to release an address twice, or that of a Service
        // which its tenant has made an ExternalName since, would leave it without one for ever.
        if self.decide() != *step {
            return Ok(true);
        }
        if host.as_ref().is_some_and(|host| !is_copy(host, tenant.uid())) {
            return Ok(false);
        }
        let host = host.map_or(Value::Null, |host| host.tree());
        let wanted = change(&tenant.tree(), &host);
        let place = (&*self.key.id.namespace, &*self.key.id.name);
        let cluster = self.tenant.cluster(Side::Tenant);
        let written = cluster.replace(Kind::Service, place.0, place.1, &wanted).await;
        self.learn(Side::Tenant, written.doing("changing the tenant's addresses")?);
        Ok(true)
    }

    /// Where the tenant has given the host's address to another of its Services, the host has to choose again.
    async fn take(&mut self) -> Result<bool, SyncError> {
        let taken = self.rewrite(&Step::Take, take_address).await;
        match (&taken, self.pair().host) {
            (Err(SyncError::Write { error, .. }), Some(host)) if error.is_about_addresses() => {
                self.delete_host(&host.uid).await
            }
            _ => taken,
        }
    }

    async fn raise_balancer(&mut self) -> Result<bool, SyncError> {
        let Some((tenant, host)) = self.both(&self.pair()).await? else { return Ok(false) };
        let patch = json!({ "metadata": { "uid": tenant.uid() }, "status": { "loadBalancer": host.tree()["status"]["loadBalancer"] } });
        let place = (&*self.key.id.namespace, &*self.key.id.name);
        let cluster = self.tenant.cluster(Side::Tenant);
        let written = cluster.patch(Kind::Service, place, "status", PatchForm::Merge, &patch).await;
        self.learn(Side::Tenant, written.doing("writing the tenant's load balancer")?);
        Ok(false)
    }
}
