//! PersistentVolumeClaims. The host binds them; what it has bound comes up, and the tenant gets a volume that stands
//! for the host's, which a Role cannot read.

use serde_json::{Map, Value, json};

use super::Refused;
use crate::{
    json,
    kinds::Kind,
    names::{Names, marks},
};

const BOUND: &str = "pv.kubernetes.io/bind-completed";

/// Annotations by which the host's controllers and scheduler agree with each other. They come up and never go down.
pub(super) const OF_HOST: [&str; 5] = [
    BOUND,
    "pv.kubernetes.io/bound-by-controller",
    "volume.kubernetes.io/selected-node",
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
];

/// What the host's copy holds once it is made. The rest cannot be changed by anyone.
pub(super) const CHANGEABLE: [&str; 2] = ["resources", "volumeAttributesClassName"];

/// Which plugin a volume is of. There is none of that name, so nobody in the tenant acts on it.
const DRIVER: &str = "tenantbench.dev/host-volume";
/// A provisioner that is not built in is left to delete its own volumes.
const PROVISIONER: &str = "tenantbench.dev/syncer";

/// Takes out what the host says about the claim itself.
///
/// # Errors
/// A claim that would choose among the host's volumes.
pub(super) fn prepare(tenant: &mut Value) -> Result<(), Refused> {
    let spec = &tenant["spec"];
    if !spec["selector"].is_null() {
        return Err(Refused::Field { field: "spec.selector".to_owned() });
    }
    // One that is bound has the name of the host's volume, which does not go down either.
    if json::text(&spec["volumeName"]).is_some() && tenant["metadata"]["annotations"][BOUND].is_null() {
        return Err(Refused::Field { field: "spec.volumeName".to_owned() });
    }
    if let Some(annotations) = tenant.get_mut("metadata").and_then(|metadata| metadata.get_mut("annotations"))
    {
        json::remove(annotations, &OF_HOST);
    }
    Ok(())
}

/// What the host's copy holds.
pub(super) fn content(tenant: &Value, names: &Names) -> Result<Map<String, Value>, Refused> {
    const FIELDS: [&str; 5] =
        ["accessModes", "resources", "volumeMode", "volumeAttributesClassName", "storageClassName"];
    let mut copied = json::pick(&tenant["spec"], &FIELDS);
    if let Some(Value::String(class)) = copied.get_mut("storageClassName")
        && !class.is_empty()
        && names.copies(Kind::StorageClass)
    {
        *class = names.host_cluster(class);
    }
    if let Some(source) = source(tenant, names)? {
        copied.insert("dataSource".to_owned(), source);
    }
    Ok(Map::from_iter([("spec".to_owned(), Value::Object(copied))]))
}

/// The claim that this one is filled from.
fn source(tenant: &Value, names: &Names) -> Result<Option<Value>, Refused> {
    let own = json::text(&tenant["metadata"]["namespace"]).unwrap_or_default();
    for field in ["dataSource", "dataSourceRef"] {
        let source = &tenant["spec"][field];
        if source.is_null() {
            continue;
        }
        let is_claim = source["kind"] == "PersistentVolumeClaim" && json::text(&source["apiGroup"]).is_none();
        let is_near = json::text(&source["namespace"]).is_none_or(|namespace| namespace == own);
        return match json::text(&source["name"]) {
            Some(name) if is_claim && is_near => {
                Ok(Some(json!({ "kind": "PersistentVolumeClaim", "name": names.host(own, name) })))
            }
            _ => Err(Refused::Field { field: format!("spec.{field}") }),
        };
    }
    Ok(None)
}

/// The volume that the host has bound to its copy.
pub fn bound_volume(host: &Value) -> Option<&str> {
    json::text(&host["spec"]["volumeName"]).filter(|_| host["status"]["phase"] == "Bound")
}

/// The tenant's volume for a claim that the host has bound. Its name is the host's.
pub fn volume(tenant: &Value, host: &Value) -> Value {
    let source = &tenant["metadata"];
    let class =
        json::text(&tenant["spec"]["storageClassName"]).or(json::text(&host["spec"]["storageClassName"]));
    json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {
            "name": host["spec"]["volumeName"],
            "labels": { (marks::SYNTHESISED): "true" },
            "annotations": { "pv.kubernetes.io/provisioned-by": PROVISIONER },
        },
        "spec": {
            "capacity": host["status"]["capacity"],
            "accessModes": host["status"]["accessModes"],
            "volumeMode": host["spec"]["volumeMode"],
            "storageClassName": class.unwrap_or_default(),
            // With the claim it goes, and what is behind it is the host's.
            "persistentVolumeReclaimPolicy": "Delete",
            "claimRef": {
                "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": source["namespace"],
                "name": source["name"], "uid": source["uid"],
            },
            "flexVolume": { "driver": DRIVER },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::content::host_in_test;

    fn claim(change: fn(&mut Value)) -> Value {
        let mut claim = json!({
            "metadata": {"name": "data", "namespace": "shop", "uid": "u", "annotations": {"team": "a"}},
            "spec": {
                "accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "volumeMode": "Filesystem",
                "resources": {"requests": {"storage": "1Gi"}},
            },
        });
        change(&mut claim);
        claim
    }

    fn host(change: fn(&mut Value)) -> Result<Value, Refused> {
        host_in_test(Kind::PersistentVolumeClaim, &claim(change))
    }

    #[test]
    fn a_claim_asks_the_host_for_the_same() {
        let copy = host(|_| ()).expect("is carried");
        assert_eq!(copy["metadata"]["name"], "data-x-shop-x-vc");
        assert_eq!(copy["spec"], claim(|_| ())["spec"]);
    }

    #[test]
    fn a_claim_that_the_host_has_bound_goes_down_without_what_the_host_said_of_it() {
        let copy = host(|claim| {
            claim["spec"]["volumeName"] = json!("pvc-1");
            claim["metadata"]["annotations"][BOUND] = json!("yes");
            claim["metadata"]["annotations"]["volume.kubernetes.io/selected-node"] = json!("node-9");
        })
        .expect("is carried");
        assert_eq!(copy["spec"], claim(|_| ())["spec"]);
        let keys = copy["metadata"]["annotations"].as_object().expect("annotations");
        assert!(keys.keys().all(|key| key == "team" || marks::is_ours(key)), "{keys:?}");
    }

    #[test]
    fn what_would_choose_among_the_hosts_volumes_is_refused() {
        let refused = |change| host(change).map_err(|refused| refused.to_string()).expect_err("is refused");
        type Change = fn(&mut Value);
        let cases: [(Change, &str); 5] = [
            (|claim| claim["spec"]["selector"] = json!({"matchLabels": {"a": "b"}}), "spec.selector"),
            (|claim| claim["spec"]["volumeName"] = json!("of-another-tenant"), "spec.volumeName"),
            (
                |claim| claim["spec"]["dataSource"] = json!({"kind": "VolumeSnapshot", "name": "s"}),
                "spec.dataSource",
            ),
            (
                |claim| {
                    claim["spec"]["dataSourceRef"] =
                        json!({"kind": "PersistentVolumeClaim", "name": "s", "namespace": "other"});
                },
                "spec.dataSourceRef",
            ),
            (
                |claim| claim["spec"]["dataSource"] = json!({"kind": "PersistentVolumeClaim"}),
                "spec.dataSource",
            ),
        ];
        for (change, field) in cases {
            assert_eq!(refused(change), format!("{field} is not synced; remove it"));
        }
    }

    #[test]
    fn a_clone_is_made_of_the_hosts_copy() {
        let copy = host(|claim| {
            let source = json!({"kind": "PersistentVolumeClaim", "name": "old"});
            claim["spec"]["dataSource"] = source.clone();
            claim["spec"]["dataSourceRef"] = source;
        })
        .expect("is carried");
        assert_eq!(
            copy["spec"]["dataSource"],
            json!({"kind": "PersistentVolumeClaim", "name": "old-x-shop-x-vc"})
        );
        assert_eq!(copy["spec"].get("dataSourceRef"), None);
    }

    #[test]
    fn the_tenants_volume_is_as_large_as_the_hosts_and_bound_to_the_tenants_claim() {
        let host = json!({
            "spec": {"volumeName": "pvc-1", "storageClassName": "standard", "volumeMode": "Filesystem"},
            "status": {"phase": "Bound", "capacity": {"storage": "2Gi"}, "accessModes": ["ReadWriteOnce"]},
        });
        assert_eq!(bound_volume(&host), Some("pvc-1"));
        let volume = volume(&claim(|_| ()), &host);
        assert_eq!(volume["metadata"]["name"], "pvc-1");
        assert_eq!(volume["spec"]["capacity"]["storage"], "2Gi");
        assert_eq!(volume["spec"]["storageClassName"], "fast");
        let claim = json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": "shop", "name": "data", "uid": "u",
        });
        assert_eq!(volume["spec"]["claimRef"], claim);
    }
}
