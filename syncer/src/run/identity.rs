//! Whether the tenant's API is still the one whose copies are on the host.
//!
//! An etcd that was wiped, or a kubeconfig that leads elsewhere, shows a cluster without the tenant's objects; all of
//! its copies, running pods among them, would be removed as orphans. An etcd that was restored from a backup goes on
//! from an earlier revision, and watches then wait in silence. So the uid of `kube-system` is kept in a ConfigMap on
//! the host, and it and the revision are asked for whenever a watch was interrupted, and every now and then.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use clap::ValueEnum;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::{
    Api, Client, ResourceExt,
    api::{ListParams, PostParams},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    RunError,
    prepare::{until_answered, until_tenant_answers},
};
use crate::{
    clock::Clock,
    names::{Names, marks},
    retry,
};

const EVERY: Duration = Duration::from_secs(10);
/// The key in the ConfigMap.
const UID: &str = "tenant-uid";

/// What is done where the tenant's API is another cluster's than the one that the copies on the host were made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AnotherTenant {
    /// The syncer ends and removes nothing.
    #[default]
    Refuse,
    /// It is taken for the tenant; what the former one has on the host goes, claims and their data included.
    Replace,
}

/// Knows the tenant's API by its uid and the newest revision seen of it.
pub(super) struct Identity {
    tenant: Client,
    uid: String,
    config_map: String,
    newest: AtomicU64,
    config_maps: Api<ConfigMap>,
    /// What the host is to note, where it has noted nothing yet, or another tenant.
    unnoted: Option<ConfigMap>,
    another: AnotherTenant,
}

impl Identity {
    /// Asks the tenant who it is, and the host who it was.
    pub(super) async fn establish(
        (host, tenant): (&Client, &Client),
        names: &Names,
        owner: Option<&Value>,
        another: AnotherTenant,
    ) -> Result<Self, RunError> {
        let config_maps: Api<ConfigMap> = Api::namespaced(host.clone(), names.host_namespace());
        let config_map = names.identity();
        let (uid, newest) = until_tenant_answers("who the tenant is", || ask(tenant)).await?;
        let (tenant, newest) = (tenant.clone(), AtomicU64::new(newest));
        let mut this = Self { tenant, uid, config_map, newest, config_maps, unnoted: None, another };
        let read = || this.config_maps.get_opt(&this.config_map);
        match until_answered("reading who the tenant was", read).await? {
            Some(found) if another == AnotherTenant::Replace && this.must_be_noted_in(&found).is_err() => {
                tracing::warn!(
                    now = this.uid,
                    "the tenant's API is another cluster's now; as --another-tenant=replace says, what the former one \
                     has on the host goes"
                );
                let data = Some([(UID.to_owned(), this.uid.clone())].into());
                this.unnoted = Some(ConfigMap { data, ..found });
            }
            Some(found) => this.must_be_noted_in(&found)?,
            None => this.unnoted = Some(this.note(names, owner)?),
        }
        Ok(this)
    }

    /// Notes on the host who the tenant is, where it does not know.
    pub(super) async fn note_down(&self) -> Result<(), RunError> {
        let Some(note) = &self.unnoted else { return Ok(()) };
        let made = until_answered("noting who the tenant is", || note_down(&self.config_maps, note)).await?;
        self.must_be_noted_in(&made)
    }

    fn must_be_noted_in(&self, found: &ConfigMap) -> Result<(), RunError> {
        let known = found.data.as_ref().and_then(|data| data.get(UID));
        known.map_or(Ok(()), |known| self.must_be(known))
    }

    /// Notes that something of this version was seen.
    pub(super) fn saw(&self, version: u64) {
        self.newest.fetch_max(version, Ordering::Relaxed);
    }

    /// Asks again; waits as long as there is no answer, whatever the reason: no answer is no other tenant.
    ///
    /// # Errors
    /// It is another one, or has gone back.
    pub(super) async fn check(&self) -> Result<(), RunError> {
        let newest = self.newest.load(Ordering::Relaxed);
        let mut failures = 0;
        let (uid, revision) = loop {
            match tokio::time::timeout(EVERY, ask(&self.tenant)).await {
                Ok(Ok(answer)) => break answer,
                _ => tokio::time::sleep(retry::delay(failures)).await,
            }
            failures += 1;
        };
        self.must_be(&uid)?;
        if revision < newest {
            return Err(RunError::WentBack { newest, revision });
        }
        self.saw(revision);
        Ok(())
    }

    /// Checks now and then; returns only what is wrong.
    pub(super) async fn watch_over(&self, clock: &Clock) -> RunError {
        loop {
            clock.sleep(EVERY).await;
            if let Err(error) = self.check().await {
                return error;
            }
        }
    }

    fn must_be(&self, uid: &str) -> Result<(), RunError> {
        if *uid == *self.uid {
            return Ok(());
        }
        Err(match self.another {
            AnotherTenant::Refuse => RunError::OtherTenant { config_map: self.config_map.clone() },
            AnotherTenant::Replace => RunError::TenantReplaced,
        })
    }

    fn note(&self, names: &Names, owner: Option<&Value>) -> Result<ConfigMap, RunError> {
        let note = json!({
            "metadata": {
                "name": self.config_map,
                "labels": { (marks::VCLUSTER): names.vcluster(), (marks::ROLE): marks::IDENTITY },
                "ownerReferences": owner.into_iter().collect::<Vec<_>>(),
            },
            "data": { UID: self.uid },
        });
        serde_json::from_value(note).map_err(RunError::Note)
    }
}

async fn note_down(config_maps: &Api<ConfigMap>, note: &ConfigMap) -> kube::Result<ConfigMap> {
    if note.metadata.resource_version.is_some() {
        return config_maps.replace(&note.name_any(), &PostParams::default(), note).await;
    }
    match config_maps.create(&PostParams::default(), note).await {
        // By an earlier try, whose answer was lost.
        Err(kube::Error::Api(status)) if status.code == 409 => config_maps.get(&note.name_any()).await,
        made => made,
    }
}

/// The uid of `kube-system`, which lives as long as its cluster, and the cluster's revision.
async fn ask(tenant: &Client) -> kube::Result<(String, u64)> {
    let namespaces: Api<Namespace> = Api::all(tenant.clone());
    let listed = namespaces.list_metadata(&ListParams::default().fields("metadata.name=kube-system")).await?;
    let revision = listed.metadata.resource_version.and_then(|text| text.parse().ok());
    let uid = listed.items.into_iter().next().and_then(|namespace| namespace.metadata.uid);
    // A new API server makes its namespaces a moment after it begins to answer.
    uid.zip(revision).ok_or_else(|| kube::Error::Service("kube-system is not there yet".into()))
}
