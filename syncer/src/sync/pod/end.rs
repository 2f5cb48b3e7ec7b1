//! A pod's end, whichever side began it.

use serde_json::{Value, json};

use super::{
    super::{Doing, SyncError, turn::is_copy},
    Sync,
};
use crate::{
    kinds::{Kind, Side},
    object::Object,
    translate::status,
};

/// What a pod says of itself that ended without its kubelet having told how.
const UNTOLD: &str = "its pod on the host is gone, and how its containers ended is not known";

impl Sync<'_> {
    /// Deletes the tenant's pod because the host's is going or gone.
    pub(super) async fn delete_tenant(
        &mut self,
        uid: &str,
        grace: Option<i64>,
        last_status: bool,
    ) -> Result<(), SyncError> {
        if self.pair().host.is_some() {
            if last_status {
                self.raise_status().await?;
            }
        } else if last_status && let Some(last) = self.hand.host().cloned() {
            self.write_last_status(&last, uid).await?;
        }
        let place = (&*self.key.id.namespace, &*self.key.id.name);
        let cluster = self.tenant.cluster(Side::Tenant);
        cluster.delete(Kind::Pod, place, uid, grace).await.doing("deleting the tenant's pod")
    }

    /// What the host's pod said last, if the watch has brought it along with the pod's end.
    async fn write_last_status(&mut self, last: &Object, uid: &str) -> Result<(), SyncError> {
        if !is_copy(last, uid) {
            return Ok(());
        }
        let wanted = self.wanted_status(last, &Value::Null);
        if self.pair().tenant.is_some_and(|tenant| tenant.detail.status == status::digest(wanted.clone())) {
            return Ok(());
        }
        self.write_status(&status::patch(&wanted, uid)).await
    }

    /// Lets the status of a pod whose containers have ended say so, for whoever holds it waits for that.
    pub(super) async fn conclude(&mut self) -> Result<(), SyncError> {
        let Some(tenant) = self.pair().tenant else { return Ok(()) };
        let status = json!({ "phase": "Failed", "reason": "HostPodGone", "message": UNTOLD });
        self.write_status(&json!({ "metadata": { "uid": &*tenant.uid }, "status": status })).await
    }
}
