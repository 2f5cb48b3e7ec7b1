//! What changes in a pod that is there.

use serde_json::json;

use super::{super::SyncError, Sync};
use crate::{
    kinds::{Kind, Side},
    translate::pod,
    write::{PatchForm, WriteError},
};

impl Sync<'_> {
    pub(super) async fn update(&mut self) -> Result<(), SyncError> {
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
