//! A pod's beginning on the host.

use serde_json::Value;

use super::{
    super::{Doing, SyncError, event, stray, token},
    Sync,
};
use crate::{
    kinds::{Kind, Side},
    translate::pod::{self, Sources},
    write::WriteError,
};

impl Sync<'_> {
    /// Makes the host's pod and, meanwhile, its tokens. Returns whether to go on.
    pub(super) async fn create(&mut self) -> Result<bool, SyncError> {
        let Some(object) = self.tenant_object().await? else { return Ok(false) };
        let tree = object.tree();
        let sources = self.sources(&tree).await?;
        let translated =
            self.tenant.around(&self.key.id.namespace, &sources, |around| pod::host(&tree, around));
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
            // What is there is about to be listed.
            Err(WriteError::Exists) if !self.tenant.is_known() => return Ok(false),
            Err(WriteError::Exists) => return self.meet_existing().await,
            Err(error) => {
                if let WriteError::Refused(status) = &error {
                    event::warn(self.tenant, Kind::Pod, &object, &status.message).await;
                }
                return Err(SyncError::Write { doing: "making the host's pod", error });
            }
        };
        self.wrote(&wanted, made.clone());
        if let Some(tokens) = tokens? {
            token::store(self.tenant, self.key, &tree, &tokens).await?;
        }
        // None can be in a pod when it is made.
        if !tree["spec"]["ephemeralContainers"].is_null() {
            self.carry_parts(&object, &made).await?;
        }
        Ok(true)
    }

    /// What the pod's containers take from ConfigMaps and Secrets, as these are now. The index does not hold their keys.
    pub(super) async fn sources(&self, tenant: &Value) -> Result<Sources, SyncError> {
        let namespace = &*self.key.id.namespace;
        let cluster = self.tenant.cluster(Side::Tenant);
        let read = Sources::named(tenant).into_iter().map(async |(kind, name)| {
            let found = cluster.get(kind, namespace, &name).await;
            Ok::<_, SyncError>((kind, name, found.doing("reading what its variables are taken from")?))
        });
        let mut sources = Sources::default();
        for (kind, name, object) in futures::future::try_join_all(read).await? {
            if let Some(object) = object {
                sources.hold(kind, name, &object.tree());
            }
        }
        Ok(sources)
    }

    /// A pod of that name is there and the watch has not said so yet, or it is someone else's.
    async fn meet_existing(&mut self) -> Result<bool, SyncError> {
        let (namespace, name) = self.place(Side::Host);
        let host = self.tenant.cluster(Side::Host);
        let found = host.get(Kind::Pod, &namespace, &name).await.doing("reading the host's pod")?;
        let Some(found) = found else { return Ok(true) };
        if stray::is_stray(self.tenant, &self.key.id, &found) {
            stray::put_back(self.tenant, self.key, found, self.asked).await?;
        } else {
            self.learn(Side::Host, found);
        }
        if self.pair().host.is_none() { Err(SyncError::Foreign(format!("pod {name}"))) } else { Ok(true) }
    }
}
