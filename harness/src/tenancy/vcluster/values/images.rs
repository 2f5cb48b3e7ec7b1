//! The images of a virtual cluster.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assets::versions;

/// The images of the plane's containers. Their tags are the versions that tenantbench was made for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Images {
    /// The store.
    pub etcd: String,
    /// The API server.
    pub api_server: String,
    /// The controllers.
    pub controller_manager: String,
    /// The first step and the syncer.
    pub tenantbench: String,
}

impl Default for Images {
    fn default() -> Self {
        let kubernetes = versions::KUBERNETES;
        Self {
            etcd: format!("registry.k8s.io/etcd:{}-0", versions::ETCD),
            api_server: format!("registry.k8s.io/kube-apiserver:v{kubernetes}"),
            controller_manager: format!("registry.k8s.io/kube-controller-manager:v{kubernetes}"),
            tenantbench: format!("tenantbench.dev/tenantbench:{}", env!("CARGO_PKG_VERSION")),
        }
    }
}
