//! Classes that a tenant makes for itself: PriorityClasses and StorageClasses. None is the host's default.

use serde_json::{Map, Value, json};

use super::Refused;
use crate::json;

/// The highest value that is not the system's own.
const HIGHEST: i64 = 1_000_000_000;

const DEFAULT: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

/// Takes out what would make a class the host's default.
pub(super) fn prepare(tenant: &mut Value) {
    if let Some(annotations) = tenant.get_mut("metadata").and_then(|metadata| metadata.get_mut("annotations"))
    {
        json::remove(annotations, &DEFAULT);
    }
}

/// The fields of a StorageClass, all of which go down.
pub(super) const STORAGE: [&str; 7] = [
    "provisioner",
    "parameters",
    "reclaimPolicy",
    "mountOptions",
    "allowVolumeExpansion",
    "volumeBindingMode",
    "allowedTopologies",
];

/// What the host's copy of a PriorityClass holds.
pub(super) fn priority(tenant: &Value) -> Map<String, Value> {
    let mut content = json::pick(tenant, &["description", "preemptionPolicy"]);
    let value = tenant["value"].as_i64().unwrap_or_default().min(HIGHEST);
    content.insert("value".to_owned(), json!(value));
    content.insert("globalDefault".to_owned(), json!(false));
    content
}

/// What the host's copy of a StorageClass holds.
pub(super) fn storage(tenant: &Value) -> Result<Map<String, Value>, Refused> {
    // A driver reads such a Secret from whatever namespace the parameters name.
    let mut parameters = json::entries(&tenant["parameters"]);
    if let Some((key, _)) = parameters.find(|(key, _)| key.to_lowercase().contains("secret")) {
        return Err(Refused::Field { field: format!("parameters[{key:?}]") });
    }
    Ok(json::pick(tenant, &STORAGE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{kinds::Kind, translate::content::host_in_test};

    #[test]
    fn a_priority_class_is_no_default_and_below_the_systems() {
        let tenant = json!({
            "metadata": {"name": "system-node-critical", "uid": "u"}, "value": 2_000_001_000, "globalDefault": true,
            "description": "d", "preemptionPolicy": "Never",
        });
        let host = host_in_test(Kind::PriorityClass, &tenant).expect("is carried");
        assert_eq!((&host["value"], &host["globalDefault"]), (&json!(HIGHEST), &json!(false)));
        assert_eq!((&host["description"], &host["preemptionPolicy"]), (&json!("d"), &json!("Never")));
        let metadata = &host["metadata"];
        assert_eq!(metadata["name"], "vc-system-node-critical-x-host-ns-x-vc");
        assert_eq!(metadata["labels"]["tenantbench.dev/host-namespace"], "host-ns");
        // What has no namespace cannot be owned by what has one.
        assert_eq!((metadata.get("namespace"), metadata.get("ownerReferences")), (None, None));
    }

    fn storage_class(parameters: Value) -> Result<Value, Refused> {
        let tenant = json!({
            "metadata": {"name": "fast", "uid": "u", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "provisioner": "disk.example", "parameters": parameters, "reclaimPolicy": "Delete",
            "volumeBindingMode": "WaitForFirstConsumer", "allowVolumeExpansion": true,
        });
        host_in_test(Kind::StorageClass, &tenant)
    }

    #[test]
    fn a_storage_class_is_copied_but_for_being_the_default() {
        let host = storage_class(json!({"type": "ssd"})).expect("is carried");
        assert_eq!(
            (&host["provisioner"], &host["parameters"]["type"]),
            (&json!("disk.example"), &json!("ssd"))
        );
        assert_eq!(host["metadata"]["annotations"].get("storageclass.kubernetes.io/is-default-class"), None);
    }

    #[test]
    fn a_storage_class_that_names_secrets_is_refused() {
        let key = "csi.storage.k8s.io/provisioner-secret-name";
        let refused = storage_class(json!({(key): "of-the-platform"})).expect_err("is refused");
        assert_eq!(refused.to_string(), format!("parameters[{key:?}] is not synced; remove it"));
    }
}
