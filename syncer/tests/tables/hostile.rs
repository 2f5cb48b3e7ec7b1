//! Objects that a tenant might make up, and what must hold of whatever is made of them on the host. Property tests and
//! the fuzz target share it.

use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use super::tenantbench_syncer::names::{Names, dns_label, marks};

/// Texts that would lead somewhere if they were believed.
const TEXTS: [&str; 18] = [
    "",
    "..",
    "../../../kube-system/secrets/admin",
    "kube-system/secret",
    "a%2f..%2fb",
    "A",
    "a-x-b",
    "-x-",
    "host-secret",
    "kube-root-ca.crt",
    "tenantbench.dev/vcluster",
    "metadata.labels['tenantbench.dev/vcluster']",
    "metadata.annotations",
    "spec.serviceAccountName",
    "ClusterFirstWithHostNet",
    "$(KUBERNETES_SERVICE_HOST)",
    "\u{0}\u{7f}ü\u{fffd}",
    "100000000000000000000000000000000000000000000000000000000000000000000000",
];

/// Fields that reach beyond a pod, or that translation looks at.
const FIELDS: [&str; 40] = [
    "name",
    "namespace",
    "namespaces",
    "namespaceSelector",
    "labelSelector",
    "matchLabels",
    "matchExpressions",
    "hostNetwork",
    "hostPID",
    "hostIPC",
    "hostPath",
    "hostPort",
    "nodeName",
    "serviceAccountName",
    "serviceAccount",
    "resourceClaims",
    "schedulingGroup",
    "priorityClassName",
    "runtimeClassName",
    "ephemeralContainers",
    "volumes",
    "projected",
    "sources",
    "serviceAccountToken",
    "clusterTrustBundle",
    "podCertificate",
    "glusterfs",
    "csi",
    "secretRef",
    "secretName",
    "claimName",
    "envFrom",
    "valueFrom",
    "ownerReferences",
    "finalizers",
    "uid",
    "tenantbench.dev/vcluster",
    "tenantbench.dev/namespace",
    "externalIPs",
    "somethingNew",
];

/// The one runtime class that the pods may ask for.
const ALLOWED_CLASS: &str = "sandbox";

/// The object with changes that the bytes spell out.
pub(crate) fn mutated(mut object: Value, bytes: &[u8]) -> Value {
    let mut bytes = bytes.iter().copied();
    while let Some(how) = bytes.next() {
        let depth = usize::from(bytes.next().unwrap_or(4) % 12);
        let steps: Vec<u8> = bytes.by_ref().take(depth).collect();
        let which = usize::from(bytes.next().unwrap_or_default());
        change(place(&mut object, &steps), how, which);
    }
    object
}

/// Where those steps lead.
fn place<'a>(mut value: &'a mut Value, steps: &[u8]) -> &'a mut Value {
    for step in steps {
        let step = usize::from(*step);
        let children = match &*value {
            Value::Array(items) => items.len(),
            Value::Object(fields) => fields.len(),
            _ => 0,
        };
        if children == 0 {
            return value;
        }
        value = match value {
            Value::Array(items) => &mut items[step % children],
            Value::Object(fields) => fields.values_mut().nth(step % children).expect("one of them"),
            _ => unreachable!("it has children"),
        };
    }
    value
}

fn change(value: &mut Value, how: u8, which: usize) {
    let text = TEXTS[which % TEXTS.len()];
    let field = FIELDS[which % FIELDS.len()];
    match how % 9 {
        0 => *value = json!(text),
        1 => *value = Value::Null,
        2 => *value = json!(which),
        3 => *value = json!([text, { field: text }]),
        4 => *value = json!({ field: { "name": text }, "name": text }),
        5 => *value = json!({}),
        6 => set(value, field, json!(true)),
        7 => set(value, field, json!([{ "name": text, "secretRef": { "name": text } }])),
        _ => set(value, field, json!(text)),
    }
}

fn set(value: &mut Value, field: &str, new: Value) {
    match value {
        Value::Object(fields) => {
            fields.insert(field.to_owned(), new);
        }
        Value::Array(items) => items.push(new),
        other => *other = json!({ field: new }),
    }
}

/// Panics unless a host object stays in its virtual cluster.
pub(crate) fn assert_confined(host: &Value, names: &Names, owner: &Value) {
    let metadata = &host["metadata"];
    assert_eq!(metadata["namespace"], names.host_namespace());
    assert!(metadata["name"].as_str().is_some_and(|name| dns_label(name).is_ok()), "{}", metadata["name"]);
    assert_eq!(metadata["labels"][marks::VCLUSTER], names.vcluster());
    assert_eq!(metadata["ownerReferences"], json!([owner]));
    for field in
        ["finalizers", "generateName", "managedFields", "deletionTimestamp", "resourceVersion", "uid"]
    {
        assert_eq!(metadata.get(field), None, "{field}");
    }
}

/// Panics unless a host pod names nothing but what is its virtual cluster's, and does not reach its node.
pub(crate) fn assert_pod_confined(pod: &Value, names: &Names) {
    // As an API server reads it: it refuses what has another form, and drops fields where it knows none.
    let Ok(read) = serde_json::from_value::<Pod>(pod.clone()) else { return };
    let pod = json!(read);
    let spec = &pod["spec"];
    assert_eq!(spec["automountServiceAccountToken"], json!(false));
    for field in [
        "nodeName",
        "serviceAccountName",
        "serviceAccount",
        "priorityClassName",
        "resourceClaims",
        "schedulingGroup",
        "workloadRef",
        "ephemeralContainers",
        "subdomain",
        "somethingNew",
    ] {
        assert_eq!(spec.get(field).unwrap_or(&Value::Null), &Value::Null, "{field}");
    }
    assert!(spec["runtimeClassName"].is_null() || spec["runtimeClassName"] == ALLOWED_CLASS);
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        assert_ne!(spec[field], json!(true), "{field}");
    }
    assert_volumes(spec);
    assert_named_within(spec);
    assert_selectors(spec, names);
}

/// Sources of volumes that name things which are not the tenant's.
fn assert_volumes(spec: &Value) {
    let volumes = spec["volumes"].as_array().cloned().unwrap_or_default();
    for volume in &volumes {
        let sources = volume["projected"]["sources"].as_array().cloned().unwrap_or_default();
        for source in sources.iter().chain([volume]) {
            for kind in
                ["hostPath", "serviceAccountToken", "clusterTrustBundle", "podCertificate", "glusterfs"]
            {
                assert!(source[kind].is_null(), "{source}");
            }
        }
    }
}

/// Wherever a text is the name of an object, it is one that only we could have made.
fn assert_named_within(value: &Value) {
    const REFERENCES: [&str; 8] = [
        "configMapKeyRef",
        "secretKeyRef",
        "configMapRef",
        "secretRef",
        "nodePublishSecretRef",
        "configMap",
        "secret",
        "persistentVolumeClaim",
    ];
    match value {
        Value::Array(items) => items.iter().for_each(assert_named_within),
        Value::Object(fields) => {
            for (field, value) in fields {
                if REFERENCES.contains(&field.as_str()) {
                    assert_ours(field, value);
                }
                assert_named_within(value);
            }
        }
        _ => {}
    }
}

fn assert_ours(field: &str, reference: &Value) {
    let names = ["name", "secretName", "claimName"].into_iter().filter_map(|name| reference[name].as_str());
    // An empty one names nothing.
    for name in names.filter(|name| !name.is_empty()) {
        let is_plain = name.contains("-x-");
        let is_hashed = name.rsplit('-').next().is_some_and(|hash| hash.len() == 16);
        assert!(
            dns_label(name).is_ok() && (is_plain || is_hashed),
            "{field}: {reference} is as the tenant wrote it"
        );
    }
}

/// Selectors of pods are narrowed to the virtual cluster.
fn assert_selectors(spec: &Value, names: &Names) {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut holders = list(&spec["topologySpreadConstraints"]);
    for kind in ["podAffinity", "podAntiAffinity"] {
        let affinity = &spec["affinity"][kind];
        holders.extend(list(&affinity["requiredDuringSchedulingIgnoredDuringExecution"]));
        let preferred = list(&affinity["preferredDuringSchedulingIgnoredDuringExecution"]);
        holders.extend(preferred.into_iter().map(|weighted| weighted["podAffinityTerm"].clone()));
    }
    let ours = json!({ "key": marks::VCLUSTER, "operator": "In", "values": [names.vcluster()] });
    for holder in holders.iter().filter(|holder| holder["labelSelector"].is_object()) {
        assert!(list(&holder["labelSelector"]["matchExpressions"]).contains(&ours), "{holder}");
        assert_eq!((holder.get("namespaces"), holder.get("namespaceSelector")), (None, None), "{holder}");
    }
}
