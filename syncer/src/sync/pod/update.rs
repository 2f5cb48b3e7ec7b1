//! What changes in a pod that is there.

use serde_json::{Value, json};

use super::{
    super::{SyncError, event},
    Sync,
};
use crate::{
    kinds::{Kind, Side},
    object::Object,
    translate::pod,
    write::{PatchForm, WriteError},
};

/// A part of a pod that changes through a subresource of its own, which `admin` may not write.
struct Part {
    kind: Kind,
    subresource: &'static str,
    what: &'static str,
    option: &'static str,
}

const EPHEMERAL: Part = Part {
    kind: Kind::EphemeralContainers,
    subresource: "ephemeralcontainers",
    what: "ephemeral containers are",
    option: "ephemeral-containers",
};
const RESIZE: Part =
    Part { kind: Kind::PodResize, subresource: "resize", what: "a resize is", option: "resize" };

impl Sync<'_> {
    pub(super) async fn update(&mut self) -> Result<(), SyncError> {
        let Some((tenant, host)) = self.both(&self.pair()).await? else { return Ok(()) };
        // First, so that the hash on the host's pod says that they have been dealt with.
        self.carry_parts(&tenant, &host).await?;
        let (tree, ownership) = (tenant.tree(), self.tenant.ownership());
        let mut patch = pod::patch(&tree, &host.tree(), ownership);
        patch["metadata"]["uid"] = json!(host.uid());
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

    /// Carries what is not part of the pod's own resource: ephemeral containers and new amounts.
    pub(super) async fn carry_parts(&mut self, tenant: &Object, host: &Object) -> Result<(), SyncError> {
        let (tree, host_tree) = (tenant.tree(), host.tree());
        let missing = pod::missing_ephemeral(&tree, &host_tree);
        if !missing.is_empty() {
            let sources = self.sources(&tree).await?;
            let all = self
                .tenant
                .around(tenant.namespace(), &sources, |around| pod::ephemeral_containers(&tree, around));
            match all {
                Ok(mut all) => {
                    all.retain(|one| missing.iter().any(|name| one["name"] == name.as_str()));
                    let patch = json!({ "spec": { "ephemeralContainers": all } });
                    self.carry(&EPHEMERAL, (tenant, host), patch).await?;
                }
                Err(refused) => event::warn(self.tenant, Kind::Pod, tenant, &refused.to_string()).await,
            }
        }
        match pod::resize(&tree, &host_tree) {
            Some(patch) => self.carry(&RESIZE, (tenant, host), patch).await,
            None => Ok(()),
        }
    }

    /// Writes one part, or tells the tenant why not. What the host refuses is not tried again until the pod changes.
    async fn carry(
        &mut self,
        part: &Part,
        (tenant, host): (&Object, &Object),
        mut patch: Value,
    ) -> Result<(), SyncError> {
        if self.tenant.settings().kinds.row(part.kind).is_none() {
            let Part { what, option, subresource, .. } = part;
            let reason = format!(
                "{what} not carried to the host: the syncer may not patch pods/{subresource} there; \
                 start it with --sync {option} and grant it what `role --sync {option}` prints"
            );
            event::warn(self.tenant, Kind::Pod, tenant, &reason).await;
            return Ok(());
        }
        patch["metadata"] = json!({ "uid": host.uid() });
        let (namespace, name) = self.place(Side::Host);
        let cluster = self.tenant.cluster(Side::Host);
        let written = cluster
            .patch(Kind::Pod, (&namespace, &name), part.subresource, PatchForm::Strategic, &patch)
            .await;
        match written {
            Ok(object) => self.learn(Side::Host, object),
            Err(WriteError::Gone) => {}
            Err(WriteError::Refused(status)) if matches!(status.code, 400..500) => {
                event::warn(self.tenant, Kind::Pod, tenant, &status.message).await;
            }
            Err(error) => return Err(SyncError::Write { doing: "changing a part of the host's pod", error }),
        }
        Ok(())
    }
}
