//! What the Kubernetes API says of its own types and k8s-openapi's schemas leave out, by type and field.
//!
//! Only types that Ray's CRDs embed are here. The source are the `listType`, `mapType` and `default` markers of
//! `k8s.io/api`; the gate test compares the outcome with upstream's CRDs.

use serde_json::{Value, json};

/// Lists whose items have an identity, and the fields that make it.
const LIST_MAPS: &[(&str, &str, &[&str])] = &[
    ("Container", "env", &["name"]),
    ("Container", "ports", &["containerPort", "protocol"]),
    ("Container", "volumeDevices", &["devicePath"]),
    ("Container", "volumeMounts", &["mountPath"]),
    ("EphemeralContainer", "env", &["name"]),
    ("EphemeralContainer", "ports", &["containerPort", "protocol"]),
    ("EphemeralContainer", "volumeDevices", &["devicePath"]),
    ("EphemeralContainer", "volumeMounts", &["mountPath"]),
    ("PodSpec", "containers", &["name"]),
    ("PodSpec", "ephemeralContainers", &["name"]),
    ("PodSpec", "hostAliases", &["ip"]),
    ("PodSpec", "imagePullSecrets", &["name"]),
    ("PodSpec", "initContainers", &["name"]),
    ("PodSpec", "resourceClaims", &["name"]),
    ("PodSpec", "schedulingGates", &["name"]),
    ("PodSpec", "topologySpreadConstraints", &["topologyKey", "whenUnsatisfiable"]),
    ("PodSpec", "volumes", &["name"]),
    ("ResourceRequirements", "claims", &["name"]),
    ("ServiceSpec", "ports", &["port", "protocol"]),
    ("ServiceStatus", "conditions", &["type"]),
];

/// Lists without duplicates.
pub(super) const LIST_SETS: &[(&str, &str)] = &[("ContainerRestartRuleOnExitCodes", "values")];

/// Objects that are replaced as a whole, wherever they stand.
pub(super) const ATOMIC_TYPES: &[&str] = &[
    "ConfigMapEnvSource",
    "ConfigMapKeySelector",
    "ConfigMapProjection",
    "ConfigMapVolumeSource",
    "FileKeySelector",
    "LabelSelector",
    "LocalObjectReference",
    "NodeSelector",
    "NodeSelectorTerm",
    "ObjectFieldSelector",
    "ResourceFieldSelector",
    "SecretEnvSource",
    "SecretKeySelector",
    "SecretProjection",
    "TypedLocalObjectReference",
];

/// Maps that are replaced as a whole.
pub(super) const ATOMIC_FIELDS: &[(&str, &str)] = &[("PodSpec", "nodeSelector"), ("ServiceSpec", "selector")];

/// Fields that k8s-openapi requires and upstream's generator does not.
pub(super) const NOT_REQUIRED: &[(&str, &str)] = &[("Service", "metadata")];

/// A field that is optional in Go and yet marked as required there, which upstream's generator believes.
pub(super) const REQUIRED: &[(&str, &str)] = &[("PortStatus", "error")];

/// The fields that tell the items of a list apart, where the list is a map.
pub(super) fn list_map_keys(kind: &str, field: &str) -> Option<&'static [&'static str]> {
    LIST_MAPS.iter().find(|(of, name, _)| (*of, *name) == (kind, field)).map(|(_, _, keys)| *keys)
}

/// What the API server fills in where the field is absent.
pub(super) fn default(kind: &str, field: &str) -> Option<Value> {
    let value = match (kind, field) {
        (
            "ConfigMapEnvSource"
            | "ConfigMapKeySelector"
            | "ConfigMapProjection"
            | "ConfigMapVolumeSource"
            | "LocalObjectReference"
            | "SecretEnvSource"
            | "SecretKeySelector"
            | "SecretProjection",
            "name",
        ) => json!(""),
        ("AzureDiskVolumeSource", "fsType") => json!("ext4"),
        ("AzureDiskVolumeSource", "readOnly") => json!(false),
        ("ContainerPort" | "ServicePort", "protocol") => json!("TCP"),
        ("FileKeySelector", "optional") => json!(false),
        ("GRPCAction", "service") => json!(""),
        ("ISCSIVolumeSource", "iscsiInterface") => json!("default"),
        ("RBDVolumeSource", "keyring") => json!("/etc/ceph/keyring"),
        ("RBDVolumeSource", "pool") => json!("rbd"),
        ("RBDVolumeSource", "user") => json!("admin"),
        ("ScaleIOVolumeSource", "fsType") => json!("xfs"),
        ("ScaleIOVolumeSource", "storageMode") => json!("ThinProvisioned"),
        _ => return None,
    };
    Some(value)
}

/// The limits on values: `meta/v1` conditions carry most of them.
pub(super) fn limits(kind: &str, field: &str) -> Option<Value> {
    let limits = match (kind, field) {
        ("Condition", "message") => json!({"maxLength": 32768}),
        ("Condition", "observedGeneration") => json!({"minimum": 0}),
        ("Condition", "reason") => {
            json!({"minLength": 1, "maxLength": 1024, "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"})
        }
        ("Condition", "status") => json!({"enum": ["True", "False", "Unknown"]}),
        ("Condition", "type") | ("PortStatus", "error") => {
            json!({"maxLength": 316, "pattern": QUALIFIED_NAME})
        }
        _ => return None,
    };
    Some(limits)
}

const QUALIFIED_NAME: &str = concat!(
    r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?",
    r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
);

const QUANTITY: &str = concat!(
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))",
    r"(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
);

/// Types whose schema is another altogether.
pub(super) fn replacement(kind: &str) -> Option<Value> {
    let replacement = match kind {
        "IntOrString" => json!({
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "x-kubernetes-int-or-string": true,
        }),
        "Quantity" => json!({
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "pattern": QUANTITY,
            "x-kubernetes-int-or-string": true,
        }),
        // An embedded object's metadata: what a template may set, and nothing the API server makes.
        "ObjectMeta" => json!({
            "type": "object",
            "properties": {
                "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
                "finalizers": {"type": "array", "items": {"type": "string"}},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "name": {"type": "string"},
                "namespace": {"type": "string"},
            },
        }),
        _ => return None,
    };
    Some(replacement)
}
