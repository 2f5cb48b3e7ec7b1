//! Kinds that are copied whole: ConfigMaps, Secrets and endpoints.

use serde_json::Value;

use super::{Doing, Hand, LONGEST_RUN, SyncError, Tenant};
use crate::{
    decide::content::{Step, decide},
    index::Key,
    kinds::Side,
    names::marks,
    object::Object,
    translate::content,
    write::WriteError,
};

/// One object at work.
pub(super) struct Sync<'a> {
    tenant: &'a Tenant,
    key: &'a Key,
    hand: Hand,
}

impl<'a> Sync<'a> {
    pub(super) fn new(tenant: &'a Tenant, key: &'a Key, hand: Hand) -> Self {
        Self { tenant, key, hand }
    }

    pub(super) async fn run(mut self) -> Result<(), SyncError> {
        for _ in 0..LONGEST_RUN {
            let step = self.tenant.index(|index| {
                decide(index.contents(self.key.kind).get(&self.key.id), index.is_wanted(self.key))
            });
            match step {
                Step::Settled => return Ok(()),
                Step::Create => self.write(true).await?,
                Step::Update => self.write(false).await?,
                Step::Delete { uid } => return self.delete(&uid).await,
            }
        }
        Err(SyncError::Restless)
    }

    async fn write(&mut self, first: bool) -> Result<(), SyncError> {
        let key = self.key;
        let known = self
            .tenant
            .index(|index| index.contents(key.kind).get(&key.id).and_then(|pair| pair.tenant.clone()));
        let Some(object) = self.tenant.fetch((Side::Tenant, key), known.as_ref(), &mut self.hand).await?
        else {
            // Deleted a moment ago; the watch will say so.
            return Err(SyncError::Write { doing: "reading the tenant's object", error: WriteError::Gone });
        };
        let wanted = content::host(key.kind, &object.tree(), self.tenant.ownership());
        let (namespace, name) =
            (self.tenant.settings().names.host_namespace(), self.tenant.host_name(&key.id));
        let host = self.tenant.cluster(Side::Host);
        let written = if first {
            match host.create(key.kind, namespace, &wanted).await {
                Err(WriteError::Exists) => self.replace_own(&wanted).await?,
                other => other,
            }
        } else {
            match host.replace(key.kind, namespace, &name, &wanted).await {
                Err(WriteError::Gone) => host.create(key.kind, namespace, &wanted).await,
                other => other,
            }
        };
        let written = match written {
            // Another object of that name had what cannot be changed in place; the watch tells when it is gone.
            Err(error) if error.is_about_immutable() => return self.delete_existing().await,
            other => other.doing("writing the host's copy")?,
        };
        self.tenant.wrote(&wanted, written, key);
        Ok(())
    }

    /// One of that name is there which the watch has not told of, or whose labels are gone, or which is not ours.
    async fn replace_own(&self, wanted: &Value) -> Result<Result<Object, WriteError>, SyncError> {
        let name = self.tenant.host_name(&self.key.id);
        let (kind, namespace) = (self.key.kind, self.tenant.settings().names.host_namespace());
        if self.existing().await?.is_some_and(|found| found.annotation(marks::UID).is_none()) {
            return Err(SyncError::Foreign(format!("{} {name}", kind.name())));
        }
        Ok(self.tenant.cluster(Side::Host).replace(kind, namespace, &name, wanted).await)
    }

    async fn existing(&self) -> Result<Option<Object>, SyncError> {
        let (namespace, name) =
            (self.tenant.settings().names.host_namespace(), self.tenant.host_name(&self.key.id));
        let host = self.tenant.cluster(Side::Host);
        host.get(self.key.kind, namespace, &name).await.doing("reading the host's copy")
    }

    async fn delete_existing(&self) -> Result<(), SyncError> {
        match self.existing().await? {
            Some(found) => self.delete(found.uid()).await,
            None => Ok(()),
        }
    }

    async fn delete(&self, uid: &str) -> Result<(), SyncError> {
        let place = (self.tenant.settings().names.host_namespace(), self.tenant.host_name(&self.key.id));
        let host = self.tenant.cluster(Side::Host);
        host.delete(self.key.kind, (place.0, &place.1), uid, None).await.doing("deleting the host's copy")
    }
}
