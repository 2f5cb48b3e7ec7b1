//! A pod's end, whichever side began it.

use serde_json::{Value, json};

use super::{
    super::{Doing, SyncError},
    Sync,
};
use crate::{
    index::hash,
    kinds::{Kind, Side},
    names::marks,
    object::Object,
    translate::{pod, status},
    write::{PatchForm, WriteError},
};

/// What a pod says of itself that ended without its kubelet having told how.
const UNTOLD: &str = "its pod on the host is gone, and how its containers ended is not known";

impl Sync<'_> {
    pub(super) async fn delete(&self, side: Side, uid: &str, grace: Option<i64>) -> Result<(), SyncError> {
        let (namespace, name) = self.place(side);
        let cluster = self.tenant.cluster(side);
        cluster.delete(Kind::Pod, (&namespace, &name), uid, grace).await.doing("deleting it")
    }

    /// Deletes the tenant's pod because the host's is going or gone.
    pub(super) async fn delete_tenant(
        &mut self,
        uid: &str,
        grace: Option<i64>,
        last_status: bool,
    ) -> Result<(), SyncError> {
        let pair = self.pair();
        if pair.host.is_some() {
            if last_status {
                self.raise_status().await?;
            }
        } else {
            let was_deleted_by_the_tenant = pair.tenant.is_none_or(|tenant| tenant.deleting.is_some());
            if !was_deleted_by_the_tenant && self.has_only_lost_its_marks(uid).await? {
                return Ok(());
            }
            if last_status && let Some(last) = self.hand.host().cloned() {
                self.write_last_status(&last, uid).await?;
            }
        }
        self.delete(Side::Tenant, uid, grace).await
    }

    /// A pod without our labels is out of the watch's sight and looks deleted. Puts them back.
    async fn has_only_lost_its_marks(&mut self, tenant_uid: &str) -> Result<bool, SyncError> {
        let (namespace, name) = self.place(Side::Host);
        let cluster = self.tenant.cluster(Side::Host);
        let found = cluster.get(Kind::Pod, &namespace, &name).await.doing("reading the host's pod")?;
        let Some(found) = found.filter(|found| found.annotation(marks::UID) == Some(tenant_uid)) else {
            return Ok(false);
        };
        let Some(object) = self.tenant_object().await? else { return Ok(true) };
        let (tree, ownership) = (object.tree(), self.tenant.ownership());
        let patch = pod::patch(&tree, &found.tree(), ownership);
        let place = (namespace.as_str(), name.as_str());
        match cluster.patch(Kind::Pod, place, "", PatchForm::Strategic, &patch).await {
            Ok(marked) => {
                self.wrote(&json!({ "metadata": pod::metadata(&tree, ownership) }), marked);
                Ok(true)
            }
            Err(WriteError::Gone) => Ok(false),
            Err(error) => Err(SyncError::Write { doing: "marking the host's pod again", error }),
        }
    }

    /// What the host's pod said last, if the watch has brought it along with the pod's end.
    async fn write_last_status(&mut self, last: &Object, uid: &str) -> Result<(), SyncError> {
        if last.annotation(marks::UID) != Some(uid) {
            return Ok(());
        }
        let wanted = self.wanted_status(last, &Value::Null);
        if self.pair().tenant.is_some_and(|tenant| tenant.detail.status == hash(&wanted)) {
            return Ok(());
        }
        self.write_status(&status::patch(&wanted, uid)).await
    }

    /// Lets the status of a pod whose containers have ended say so, for whoever holds it waits for that.
    pub(super) async fn conclude(&mut self) -> Result<(), SyncError> {
        let Some(tenant) = self.pair().tenant else { return Ok(()) };
        let status = json!({ "phase": "Failed", "reason": "HostPodGone", "message": UNTOLD });
        self.write_status(&json!({ "metadata": { "uid": tenant.uid }, "status": status })).await
    }
}
