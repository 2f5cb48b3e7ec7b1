//! The images of a virtual cluster.

use k8s_openapi::api::core::v1::Node;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::held::{choose, held};
use crate::{assets::versions, image};

/// The images of a virtual cluster. Their tags are those that a node of kubeadm holds already, for the version of
/// Kubernetes that tenantbench was made for.
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
    /// The DNS, which is a pod of the virtual cluster; empty for none.
    pub coredns: String,
}

impl Default for Images {
    fn default() -> Self {
        let kubernetes = versions::KUBERNETES;
        Self {
            etcd: format!("registry.k8s.io/etcd:{}", versions::ETCD_IMAGE),
            api_server: format!("registry.k8s.io/kube-apiserver:v{kubernetes}"),
            controller_manager: format!("registry.k8s.io/kube-controller-manager:v{kubernetes}"),
            tenantbench: image::REFERENCE.to_owned(),
            coredns: format!("registry.k8s.io/coredns/coredns:{}", versions::COREDNS_IMAGE),
        }
    }
}

impl Images {
    /// The same, with the servers that nobody has chosen as a cluster of this version has them, such as `v1.35.2+k3s1`.
    #[must_use]
    pub fn of_version(&self, version: &str) -> Self {
        let (usual, tag) = (Self::default(), version.split('+').next().unwrap_or(version));
        let fitting = |own: &String, usual: &String| match usual.rsplit_once(':') {
            Some((repository, _)) if own == usual => format!("{repository}:{tag}"),
            _ => own.clone(),
        };
        Self {
            api_server: fitting(&self.api_server, &usual.api_server),
            controller_manager: fitting(&self.controller_manager, &usual.controller_manager),
            ..self.clone()
        }
    }

    /// The same of what `nodes` hold: where they hold another tag of an image, that one, so that nothing is pulled.
    #[must_use]
    pub fn held_by(&self, nodes: &[Node]) -> Self {
        let held = held(nodes);
        Self {
            etcd: choose(&self.etcd, &held),
            api_server: choose(&self.api_server, &held),
            controller_manager: choose(&self.controller_manager, &held),
            tenantbench: self.tenantbench.clone(),
            coredns: choose(&self.coredns, &held),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_have_the_hosts_version_unless_somebody_has_chosen_another() {
        let own = Images { api_server: "mine/api:1".to_owned(), ..Images::default() };
        let fitting = own.of_version("v1.35.2+k3s1");
        assert_eq!(fitting.controller_manager, "registry.k8s.io/kube-controller-manager:v1.35.2");
        assert_eq!((fitting.api_server, fitting.etcd), (own.api_server, own.etcd));
    }
}
