//! Kinds that are copied by one engine.

use serde_json::Value;

use super::{
    Doing, LONGEST_RUN, SyncError, event, stray,
    turn::{Turn, is_copy},
    volume,
};
use crate::{
    decide::content::{Facts, Step, decide, keeps_state},
    index::{HostCopy, Key, Pair, Wanted},
    kinds::{Kind, Side},
    names::marks,
    object::Object,
    translate::{Refused, content, overlay, raise, shared},
    write::{PatchForm, WriteError},
};

/// Whose turns these are.
pub(super) enum Contents {}

/// One object at work.
pub(super) type Sync<'a> = Turn<'a, Contents>;

impl Sync<'_> {
    pub(super) async fn run(mut self) -> Result<(), SyncError> {
        for _ in 0..LONGEST_RUN {
            self.begin_step();
            match self.decide() {
                Step::Settled => return Ok(()),
                Step::Create => self.create().await?,
                Step::Update => self.update().await?,
                Step::Delete { uid } => return self.delete(&uid).await,
                Step::Refuse => return self.refuse().await,
                Step::ReadAgain => self.read_again().await?,
                Step::TakeShared => self.take_shared().await?,
                // Once: an API server that stores something else would be asked for ever.
                Step::Raise => return self.raise().await,
            }
        }
        Err(SyncError::Restless)
    }

    fn decide(&self) -> Step {
        let Key { kind, id } = self.key;
        self.tenant.index(|index| {
            if !index.is_listed(*kind) {
                return Step::Settled;
            }
            let (is_wanted, lacks_volume) = (index.is_wanted(self.key), index.lacks_volume(self.key));
            decide(index.contents(*kind).get(id), Facts { kind: *kind, is_wanted, lacks_volume })
        })
    }

    fn pair(&self) -> Pair<Wanted, HostCopy> {
        self.tenant
            .index(|index| index.contents(self.key.kind).get(&self.key.id).cloned())
            .unwrap_or_default()
    }

    async fn tenant_object(&mut self) -> Result<Object, SyncError> {
        let known = self.pair().tenant;
        let found = self.tenant.fetch((Side::Tenant, self.key), known.as_ref(), &mut self.hand).await?;
        // Deleted a moment ago; the watch will say so.
        found.ok_or(SyncError::Write { doing: "reading the tenant's object", error: WriteError::Gone })
    }

    async fn host_object(&mut self) -> Result<Object, SyncError> {
        let known = self.pair().host;
        let found = self.tenant.fetch((Side::Host, self.key), known.as_ref(), &mut self.hand).await?;
        found.ok_or(SyncError::Write { doing: "reading the host's copy", error: WriteError::Gone })
    }

    /// The tenant's object and its copy.
    async fn whole(&mut self) -> Result<(Object, Object), SyncError> {
        let both = self.both(&self.pair()).await?;
        both.ok_or(SyncError::Write { doing: "reading both sides", error: WriteError::Gone })
    }

    /// Reads the host's copy, whatever the index knows of it.
    async fn existing(&self) -> Result<Option<Object>, SyncError> {
        let (namespace, name) = self.tenant.host_place(&self.key.id);
        let host = self.tenant.cluster(Side::Host);
        host.get(self.key.kind, namespace, &name).await.doing("reading the host's copy")
    }

    async fn create(&mut self) -> Result<(), SyncError> {
        let object = self.tenant_object().await?;
        let Ok(wanted) = self.translated(&object) else { return Ok(()) };
        let (namespace, name) = self.tenant.host_place(&self.key.id);
        let host = self.tenant.cluster(Side::Host);
        let made = match host.create(self.key.kind, namespace, &wanted).await {
            // One of that name is there which the watch has not told of, or whose labels are gone, or which is not ours.
            Err(WriteError::Exists) => match self.existing().await? {
                Some(found) if found.annotation(marks::UID).is_none() => {
                    return Err(SyncError::Foreign(format!("{} {name}", self.key.kind.name())));
                }
                Some(found) => return self.write_over(&object, &found, wanted).await,
                None => return Ok(()),
            },
            made => made,
        };
        self.written(&object, wanted, made).await
    }

    async fn update(&mut self) -> Result<(), SyncError> {
        let object = self.tenant_object().await?;
        let Ok(wanted) = self.translated(&object) else { return Ok(()) };
        let kind = self.key.kind;
        if !overlay::is_ours_alone(kind) {
            let host = self.host_object().await?;
            return self.write_over(&object, &host, wanted).await;
        }
        let (namespace, name) = self.tenant.host_place(&self.key.id);
        let host = self.tenant.cluster(Side::Host);
        let written = match host.replace(kind, namespace, &name, &wanted).await {
            Err(WriteError::Gone) => host.create(kind, namespace, &wanted).await,
            other => other,
        };
        self.written(&object, wanted, written).await
    }

    async fn write_over(&mut self, object: &Object, host: &Object, wanted: Value) -> Result<(), SyncError> {
        let kind = self.key.kind;
        // It is the copy of an earlier object of that name, as the next decision will find.
        if keeps_state(kind) && !is_copy(host, object.uid()) {
            return stray::put_back(self.tenant, self.key, host.clone(), self.asked).await;
        }
        let body =
            if overlay::is_ours_alone(kind) { wanted } else { overlay::over(kind, &host.tree(), wanted) };
        let (namespace, name) = self.tenant.host_place(&self.key.id);
        let written = self.tenant.cluster(Side::Host).replace(kind, namespace, &name, &body).await;
        self.written(object, body, written).await
    }

    /// Learns from the host's answer to a copy that was sent.
    async fn written(
        &mut self,
        object: &Object,
        body: Value,
        answer: Result<Object, WriteError>,
    ) -> Result<(), SyncError> {
        match answer {
            Ok(written) => {
                self.wrote(&body, written);
                Ok(())
            }
            // Another object of that name had what cannot be changed in place; the watch tells when it is gone. Of a
            // claim that would be its data.
            Err(error) if error.is_about_immutable() && self.key.kind != Kind::PersistentVolumeClaim => {
                match self.existing().await? {
                    Some(found) => self.delete(found.uid()).await,
                    None => Ok(()),
                }
            }
            Err(error) => {
                if let WriteError::Refused(status) = &error {
                    event::warn(self.tenant, self.key.kind, object, &status.message).await;
                }
                Err(SyncError::Write { doing: "writing the host's copy", error })
            }
        }
    }

    async fn delete(&self, uid: &str) -> Result<(), SyncError> {
        self.tenant.delete_copy(self.key, uid, None).await
    }

    fn translated(&self, object: &Object) -> Result<Value, Refused> {
        self.tenant.around_content(|around| content::host(self.key.kind, &object.tree(), around))
    }

    async fn refuse(&mut self) -> Result<(), SyncError> {
        let object = self.tenant_object().await?;
        if let Err(refused) = self.translated(&object) {
            event::warn(self.tenant, self.key.kind, &object, &refused.to_string()).await;
        }
        Ok(())
    }

    async fn read_again(&mut self) -> Result<(), SyncError> {
        let object = self.tenant_object().await?;
        self.tenant.read_again(self.key, &object);
        Ok(())
    }

    async fn take_shared(&mut self) -> Result<(), SyncError> {
        let (tenant, host) = self.whole().await?;
        let mut patch = shared::raise(self.key.kind, &host.tree());
        patch["metadata"] = serde_json::json!({ "uid": tenant.uid() });
        self.patch_tenant(&tenant, "", &patch).await
    }

    async fn raise(&mut self) -> Result<(), SyncError> {
        let (tenant, host) = self.whole().await?;
        let tree = tenant.tree();
        let host = self.tenant.index(|index| index.shown(self.key.kind, &self.key.id, host.tree()));
        if self.key.kind == Kind::PersistentVolumeClaim {
            // First the volume: a claim that is bound to one that is not there is lost.
            volume::ensure(self.tenant, &tree, &host).await?;
        }
        let patches = raise::patches(self.key.kind, &tree, &host, &self.tenant.settings().names);
        if let Some(patch) = &patches.main {
            self.patch_tenant(&tenant, "", patch).await?;
        }
        if let Some(patch) = &patches.status {
            self.patch_tenant(&tenant, "status", patch).await?;
        }
        Ok(())
    }

    async fn patch_tenant(&mut self, object: &Object, part: &str, patch: &Value) -> Result<(), SyncError> {
        let place = (&*self.key.id.namespace, &*self.key.id.name);
        let cluster = self.tenant.cluster(Side::Tenant);
        match cluster.patch(self.key.kind, place, part, PatchForm::Merge, patch).await {
            Ok(answer) => {
                self.learn(Side::Tenant, answer);
                Ok(())
            }
            Err(WriteError::Gone | WriteError::Conflict(_)) => Ok(()),
            Err(error) => {
                if let WriteError::Refused(status) = &error {
                    event::warn(self.tenant, self.key.kind, object, &status.message).await;
                }
                Err(SyncError::Write { doing: "writing the tenant's object", error })
            }
        }
    }
}
