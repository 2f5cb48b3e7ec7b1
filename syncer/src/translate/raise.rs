//! What the host makes of a copy, and the tenant is to see.

use serde_json::{Map, Value, json};

use super::{claim, custom, ingress};
use crate::{json, kinds::Kind, names::Names};

const STATUS_OF_CLAIM: [&str; 8] = [
    "phase",
    "accessModes",
    "capacity",
    "conditions",
    "allocatedResources",
    "allocatedResourceStatuses",
    "currentVolumeAttributesClassName",
    "modifyVolumeStatus",
];

/// What comes up of an object, as it stands in either side's: `Null` of a kind of which nothing does.
pub fn part(kind: Kind, object: &Value) -> Value {
    match kind {
        Kind::Ingress => json!({ "status": ingress::status(object) }),
        Kind::PersistentVolumeClaim => json!({
            "status": json::pick(&object["status"], &STATUS_OF_CLAIM),
            "annotations": json::pick(&object["metadata"]["annotations"], &claim::OF_HOST),
            "volume": object["spec"]["volumeName"],
        }),
        Kind::Custom(_) => json!({ "status": custom::standing(object) }),
        _ => Value::Null,
    }
}

/// Merge patches for a tenant's object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patches {
    /// Of the object itself.
    pub main: Option<Value>,
    /// Of its status.
    pub status: Option<Value>,
}

/// What brings the tenant's object up to the host's.
pub fn patches(kind: Kind, tenant: &Value, host: &Value, names: &Names) -> Patches {
    if let Kind::Custom(kind) = kind {
        let patch = Some(custom::raise(tenant, host));
        return match kind.has_status() {
            true => Patches { main: None, status: patch },
            false => Patches { main: patch, status: None },
        };
    }
    let (present, wanted) = (part(kind, tenant), part(kind, host));
    let uid = json!({ "uid": tenant["metadata"]["uid"] });
    let status = (present["status"] != wanted["status"]).then(|| {
        let status = differences(&present["status"], &wanted["status"]);
        json!({ "metadata": uid, "status": status })
    });
    let is_other = ["annotations", "volume"].iter().any(|field| present[*field] != wanted[*field]);
    let main = is_other.then(|| {
        let mut metadata = uid.clone();
        metadata["annotations"] = json!(differences(&present["annotations"], &wanted["annotations"]));
        let mut spec = json::pick(&host["spec"], &["volumeName"]);
        // The host's default, once it has chosen one. A class of the tenant's own has another name there.
        if tenant["spec"]["storageClassName"].is_null() && !names.copies(Kind::StorageClass) {
            spec.extend(json::pick(&host["spec"], &["storageClassName"]));
        }
        json!({ "metadata": metadata, "spec": spec })
    });
    Patches { main, status }
}

/// The wanted fields, and null for those that are to go.
fn differences(present: &Value, wanted: &Value) -> Map<String, Value> {
    let gone = present.as_object().into_iter().flatten().map(|(field, _)| (field.clone(), Value::Null));
    gone.chain(wanted.as_object().cloned().into_iter().flatten()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names::new("vc", "host-ns")
    }

    #[test]
    fn a_bound_claim_takes_over_volume_class_and_annotations_before_its_status() {
        let tenant =
            json!({"metadata": {"uid": "u", "annotations": {"team": "a"}}, "status": {"phase": "Pending"}});
        let host = json!({
            "metadata": {"uid": "h", "annotations": {"pv.kubernetes.io/bind-completed": "yes", "other": "1"}},
            "spec": {"volumeName": "pvc-1", "storageClassName": "standard"},
            "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}},
        });
        let Patches { main, status } = patches(Kind::PersistentVolumeClaim, &tenant, &host, &names());
        let main_patch = json!({
            "metadata": {"uid": "u", "annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
            "spec": {"volumeName": "pvc-1", "storageClassName": "standard"},
        });
        assert_eq!(main, Some(main_patch));
        let wanted = json!({"phase": "Bound", "capacity": {"storage": "1Gi"}});
        assert_eq!(status, Some(json!({"metadata": {"uid": "u"}, "status": wanted})));
    }

    #[test]
    fn a_status_that_is_gone_on_the_host_goes_in_the_tenant() {
        let claim = |status: Value| json!({"metadata": {"uid": "u"}, "status": status});
        let (tenant, host) =
            (claim(json!({"phase": "Bound", "conditions": [{}]})), claim(json!({"phase": "Bound"})));
        let Patches { main, status } = patches(Kind::PersistentVolumeClaim, &tenant, &host, &names());
        assert_eq!(main, None);
        assert_eq!(
            status,
            Some(json!({"metadata": {"uid": "u"}, "status": {"phase": "Bound", "conditions": null}}))
        );
    }

    #[test]
    fn an_ingress_gets_its_load_balancer() {
        let balancer = json!({"ingress": [{"ip": "203.0.113.7"}]});
        let host = json!({"status": {"loadBalancer": balancer}});
        let tenant = json!({"metadata": {"uid": "u"}, "status": {"loadBalancer": {}}});
        let raised = patches(Kind::Ingress, &tenant, &host, &names()).status.expect("a patch");
        assert_eq!(raised["status"]["loadBalancer"], balancer);
        assert_eq!(patches(Kind::Ingress, &host, &host, &names()), Patches::default());
    }
}
