//! kind's configuration of a cluster: one of our files, and over it what every measured cluster has.

use std::path::Path;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::host::HostError;

/// How many nodes a cluster has, and how large: a file in `kind-configs/`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// One node that does everything.
    #[default]
    SingleNode,
    /// A control plane and two workers.
    MultiNode,
    /// One node with room for 240 pods.
    ManyTenants,
}

const MEASURED: &str = include_str!("../../../../kind-configs/measured.yaml");
const AUDIT: &str = "@AUDIT@";

impl Profile {
    fn text(self) -> &'static str {
        match self {
            Self::SingleNode => include_str!("../../../../kind-configs/single-node.yaml"),
            Self::MultiNode => include_str!("../../../../kind-configs/multi-node.yaml"),
            Self::ManyTenants => include_str!("../../../../kind-configs/many-tenants.yaml"),
        }
    }
}

/// The whole configuration of a cluster whose API server logs to `audit`, a folder on this machine.
///
/// # Errors
/// Where a file of ours is no YAML; a test makes sure that all are.
pub(super) fn configuration(profile: Profile, audit: &Path) -> Result<Value, HostError> {
    let mut whole = parse(profile.text())?;
    let overlay = parse(&MEASURED.replace(AUDIT, &audit.display().to_string()))?;
    let additions = overlay["nodes"][0].as_object().cloned().unwrap_or_default();
    let nodes = whole["nodes"].as_array_mut().into_iter().flatten();
    for node in nodes.filter(|node| node["role"] == "control-plane") {
        for (key, value) in &additions {
            append(&mut node[key], value);
        }
    }
    Ok(whole)
}

/// Adds what is listed in `more`; anything else stays as it is.
fn append(to: &mut Value, more: &Value) {
    let Value::Array(more) = more else { return };
    match to {
        Value::Array(list) => list.extend(more.iter().cloned()),
        _ => *to = Value::Array(more.clone()),
    }
}

fn parse(text: &str) -> Result<Value, HostError> {
    serde_saphyr::from_str(text).map_err(|error| {
        HostError::io("cannot read a configuration in kind-configs/")(std::io::Error::other(
            error.to_string(),
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(profile: Profile) -> Vec<Value> {
        let whole = configuration(profile, Path::new("/runs/a/audit")).unwrap();
        assert_eq!(whole["apiVersion"], "kind.x-k8s.io/v1alpha4");
        whole["nodes"].as_array().unwrap().clone()
    }

    #[test]
    fn every_control_plane_logs_to_the_folder_of_the_run() {
        for profile in Profile::value_variants() {
            let nodes = nodes(*profile);
            assert_eq!(nodes[0]["extraMounts"][0]["hostPath"], "/runs/a/audit");
            let patch = nodes[0]["kubeadmConfigPatches"][0].as_str().unwrap();
            let patch: Value = serde_saphyr::from_str(patch).unwrap();
            let arguments = patch["apiServer"]["extraArgs"].to_string();
            assert!(arguments.contains("/var/log/tenantbench/audit.log"), "{arguments}");
            let manager = patch["controllerManager"]["extraArgs"].to_string();
            assert!(manager.contains("enable-hostpath-provisioner"), "a patch replaces lists: {manager}");
        }
    }

    #[test]
    fn workers_are_left_as_they_are() {
        let nodes = nodes(Profile::MultiNode);
        assert_eq!(nodes.len(), 3);
        assert!(nodes[1..].iter().all(|node| node.get("extraMounts").is_none()), "{nodes:?}");
    }

    #[test]
    fn many_tenants_get_more_pods_than_a_kubelet_allows_by_itself() {
        let whole = configuration(Profile::ManyTenants, Path::new("/a")).unwrap();
        let patch: Value =
            serde_saphyr::from_str(whole["kubeadmConfigPatches"][0].as_str().unwrap()).unwrap();
        let most = patch["maxPods"].as_u64().unwrap();
        assert!(most > 110 && most < 254, "{most}");
    }
}
