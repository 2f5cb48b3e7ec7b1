//! What of a tenant's Node is ours: what it is to be, what it is, and the change from one to the other. Pure.
//!
//! The schedulability, the status, and the labels and taints that the host's node has are ours. Labels, annotations and
//! taints that someone in the tenant adds are theirs, and stay in the tenant.

use serde_json::{Map, Value, json};

use crate::{json, names::marks};

/// What all Nodes of a tenant have in common: the syncer's kubelet endpoint, and what runs in the tenant.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The endpoint's address.
    pub address: String,
    /// Its port.
    pub port: u16,
    /// The version of the tenant's API server, which stands for a kubelet's where none is known.
    pub version: String,
}

/// Fields of a status that are ours. Images and volumes are not: they would tell of others.
const STATUS: [&str; 7] =
    ["capacity", "allocatable", "conditions", "addresses", "daemonEndpoints", "nodeInfo", "declaredFeatures"];

/// What of `nodeInfo` describes a machine without identifying it.
const INFO: [&str; 7] = [
    "architecture",
    "operatingSystem",
    "osImage",
    "kernelVersion",
    "containerRuntimeVersion",
    "kubeletVersion",
    "kubeProxyVersion",
];

/// What the Node that stands for a host's node is to be.
pub fn following(host: &Value, facts: &Facts) -> Value {
    let status = &host["status"];
    let mut wanted = json::pick(status, &["capacity", "allocatable", "conditions"]);
    wanted.extend(endpoint(facts));
    wanted.insert("nodeInfo".to_owned(), info(&status["nodeInfo"]));
    let labels: Map<String, Value> = json::entries(&host["metadata"]["labels"])
        .filter(|(key, _)| !marks::is_ours(key))
        .map(|(key, value)| (key.to_owned(), json!(value)))
        .collect();
    let taints: Vec<Value> = json::list(&host["spec"]["taints"]).cloned().collect();
    json!({
        "labels": labels, "taints": taints,
        "unschedulable": host["spec"]["unschedulable"] == json!(true),
        "status": wanted,
    })
}

/// What the Node is to be of which nothing is known but its name.
pub fn synthesised(name: &str, facts: &Facts) -> Value {
    // Generous, for the host alone decides what fits: nothing in the tenant schedules by these.
    let capacity = json!({ "cpu": "256", "memory": "4Ti", "ephemeral-storage": "64Ti", "pods": "10k" });
    let condition = |kind: &str, status: &str, reason: &str| {
        json!({
            "type": kind, "status": status, "reason": reason, "message": "kept by the tenantbench syncer",
        })
    };
    let mut status = endpoint(facts);
    status.insert("capacity".to_owned(), capacity.clone());
    status.insert("allocatable".to_owned(), capacity);
    status.insert(
        "conditions".to_owned(),
        json!([
            condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
            condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
            condition("PIDPressure", "False", "KubeletHasSufficientPID"),
            condition("Ready", "True", "KubeletReady"),
        ]),
    );
    let known =
        json!({ "kubeletVersion": facts.version, "operatingSystem": "linux", "osImage": "tenantbench" });
    status.insert("nodeInfo".to_owned(), info(&known));
    json!({
        "labels": { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" },
        "taints": [], "unschedulable": false, "status": status,
    })
}

/// The syncer's kubelet endpoint.
fn endpoint(facts: &Facts) -> Map<String, Value> {
    Map::from_iter([
        // A Hostname would be dialled first, and resolves nowhere.
        ("addresses".to_owned(), json!([{ "type": "InternalIP", "address": facts.address }])),
        ("daemonEndpoints".to_owned(), json!({ "kubeletEndpoint": { "Port": facts.port } })),
        ("declaredFeatures".to_owned(), json!(["ExtendWebSocketsToKubelet"])),
    ])
}

/// All of its fields are required.
fn info(known: &Value) -> Value {
    let field = |name: &str| (name.to_owned(), json!(known[name].as_str().unwrap_or_default()));
    let mut info: Map<String, Value> = INFO.into_iter().map(field).collect();
    info.extend(["machineID", "systemUUID", "bootID"].map(|name| (name.to_owned(), json!(""))));
    Value::Object(info)
}

/// What a Node that is there holds of what is ours, in the form of [`following`] and [`synthesised`].
pub fn owned(node: &Value) -> Value {
    let (labels, taints) = ours(node);
    json!({
        "labels": json::pick(&node["metadata"]["labels"], &labels),
        "taints": json::list(&node["spec"]["taints"]).filter(|taint| is_conditions(taint) || taints.contains(&id(taint))).collect::<Vec<_>>(),
        "unschedulable": node["spec"]["unschedulable"] == json!(true),
        "status": json::pick(&node["status"], &STATUS),
    })
}

/// What differs from time to time and means nothing: when a condition was last confirmed or changed, and the order.
pub fn comparable(content: &Value) -> Value {
    let mut content = content.clone();
    let mut sort = |field: &str, drop: &[&str], key: fn(&Value) -> String| {
        let list = if field == "taints" { &mut content } else { &mut content["status"] };
        if let Some(list) = list.get_mut(field).and_then(Value::as_array_mut) {
            list.iter_mut().for_each(|item| json::remove(item, drop));
            list.sort_by_cached_key(key);
        }
    };
    sort("taints", &["timeAdded"], id);
    sort("conditions", &["lastHeartbeatTime", "lastTransitionTime"], |condition| {
        condition["type"].to_string()
    });
    content
}

/// The label keys and the taints that an earlier write of ours has put there.
fn ours(node: &Value) -> (Vec<&str>, Vec<String>) {
    let annotations = &node["metadata"]["annotations"];
    let list = |key: &str| {
        json::text(&annotations[key]).unwrap_or_default().split(',').filter(|part| !part.is_empty())
    };
    (list(marks::KEYS).collect(), list(marks::TAINTS).map(str::to_owned).collect())
}

/// By which a taint is known; neither part can hold a comma.
fn id(taint: &Value) -> String {
    let part = |field: &str| json::text(&taint[field]).unwrap_or_default();
    format!("{}:{}", part("key"), part("effect"))
}

/// Whether a taint says what a condition says, which is the host's to say. Each API server gives every new Node one.
fn is_conditions(taint: &Value) -> bool {
    json::text(&taint["key"]).is_some_and(|key| key.starts_with("node.kubernetes.io/"))
}

/// A Node with this content, to be made.
pub fn node(name: &str, content: &Value, now: &str) -> Value {
    let mut labels = content["labels"].as_object().cloned().unwrap_or_default();
    let annotations = annotations(content);
    labels.insert(marks::SYNTHESISED.to_owned(), json!("true"));
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": { "name": name, "labels": labels, "annotations": annotations },
        "spec": { "taints": content["taints"], "unschedulable": content["unschedulable"] },
        "status": dated(&content["status"], now),
    })
}

/// Strategic merge patches that give a Node of ours this content: one for itself, one for its status.
pub fn patches(node: &Value, content: &Value, now: &str) -> (Value, Value) {
    let (keys, former) = ours(node);
    let mut labels: Map<String, Value> = keys.into_iter().map(|key| (key.to_owned(), Value::Null)).collect();
    labels.extend(content["labels"].as_object().cloned().unwrap_or_default());
    let wanted: Vec<&Value> = json::list(&content["taints"]).collect();
    let is_theirs = |taint: &&Value| {
        let id = id(taint);
        !is_conditions(taint) && !former.contains(&id) && wanted.iter().all(|other| self::id(other) != id)
    };
    let theirs = json::list(&node["spec"]["taints"]).filter(is_theirs);
    let taints: Vec<&Value> = wanted.iter().copied().chain(theirs).collect();
    let itself = json!({
        "metadata": { "uid": node["metadata"]["uid"], "labels": labels, "annotations": annotations(content) },
        "spec": { "taints": taints, "unschedulable": content["unschedulable"] },
    });
    let mut status = dated(&content["status"], now);
    // These merge unless told otherwise, and what is gone would stay.
    for map in ["capacity", "allocatable"] {
        if let Some(map) = status.get_mut(map).and_then(Value::as_object_mut) {
            map.insert("$patch".to_owned(), json!("replace"));
        }
    }
    for list in ["conditions", "addresses"] {
        if let Some(list) = status.get_mut(list).and_then(Value::as_array_mut) {
            list.push(json!({ "$patch": "replace" }));
        }
    }
    (itself, json!({ "metadata": { "uid": node["metadata"]["uid"] }, "status": status }))
}

fn annotations(content: &Value) -> Value {
    let keys: Vec<&str> = json::entries(&content["labels"]).map(|(key, _)| key).collect();
    let taints: Vec<String> = json::list(&content["taints"]).map(id).collect();
    json!({ (marks::KEYS): keys.join(","), (marks::TAINTS): taints.join(",") })
}

/// Conditions without a time, which are ours alone, get one.
fn dated(status: &Value, now: &str) -> Value {
    let mut status = status.clone();
    for condition in json::list_mut(&mut status, "conditions") {
        for time in ["lastHeartbeatTime", "lastTransitionTime"] {
            if condition.get(time).is_none()
                && let Some(condition) = condition.as_object_mut()
            {
                condition.insert(time.to_owned(), json!(now));
            }
        }
    }
    status
}

/// Whether a node says that it is Ready.
pub fn is_ready(node: &Value) -> bool {
    json::list(&node["status"]["conditions"])
        .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts { address: "10.0.0.9".to_owned(), port: 10250, version: "v1.36.3".to_owned() }
    }

    fn host() -> Value {
        json!({
            "metadata": {
                "name": "n", "uid": "h", "annotations": {"cluster/secret": "s"},
                "labels": {"topology.kubernetes.io/zone": "z", "kubernetes.io/arch": "arm64", "tenantbench.dev/synthesised": "no"},
            },
            "spec": {"providerID": "cloud://1", "podCIDR": "10.1.0.0/24", "taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]},
            "status": {
                "capacity": {"cpu": "8"}, "allocatable": {"cpu": "7"},
                "conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": "a", "lastTransitionTime": "b"}],
                "addresses": [{"type": "InternalIP", "address": "172.18.0.2"}, {"type": "Hostname", "address": "n"}],
                "daemonEndpoints": {"kubeletEndpoint": {"Port": 1}},
                "nodeInfo": {"architecture": "arm64", "machineID": "secret", "kubeletVersion": "v1.36.0"},
                "images": [{"names": ["others/image"]}], "volumesInUse": ["x"],
            },
        })
    }

    #[test]
    fn a_node_follows_the_host_and_is_the_syncers_endpoint() {
        insta::assert_json_snapshot!(following(&host(), &facts()));
    }

    #[test]
    fn what_was_made_or_patched_compares_equal_to_what_is_wanted() {
        for content in [following(&host(), &facts()), synthesised("n", &facts())] {
            let made = node("n", &content, "now");
            assert_eq!(comparable(&owned(&made)), comparable(&content));
        }
    }

    #[test]
    fn what_the_tenant_adds_stays_and_what_the_host_drops_goes() {
        let mut made = node("n", &following(&host(), &facts()), "now");
        made["metadata"]["labels"]["team"] = json!("a");
        made["spec"]["taints"] = json!([
            {"key": "gpu", "value": "no", "effect": "NoSchedule"}, {"key": "mine", "effect": "NoExecute"},
            {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"},
        ]);
        assert_ne!(
            comparable(&owned(&made)),
            comparable(&following(&host(), &facts())),
            "a changed value is seen"
        );

        let mut later = host();
        later["spec"]["taints"] = json!([{"key": "new", "effect": "NoSchedule"}]);
        later["metadata"]["labels"] = json!({"kubernetes.io/arch": "arm64"});
        let (itself, status) = patches(&made, &following(&later, &facts()), "now");
        assert_eq!(
            itself["spec"]["taints"],
            json!([{"key": "new", "effect": "NoSchedule"}, {"key": "mine", "effect": "NoExecute"}])
        );
        assert_eq!(
            itself["metadata"]["labels"],
            json!({"kubernetes.io/arch": "arm64", "topology.kubernetes.io/zone": null})
        );
        assert_eq!(itself["metadata"]["annotations"][marks::TAINTS], "new:NoSchedule");
        assert_eq!(status["status"]["capacity"], json!({"cpu": "8", "$patch": "replace"}));
    }

    #[test]
    fn a_heartbeat_is_no_change_and_readiness_is() {
        let content = |host: &Value| comparable(&following(host, &facts()));
        let mut later = host();
        later["status"]["conditions"][0]["lastHeartbeatTime"] = json!("c");
        later["status"]["images"] = json!([]);
        assert_eq!(content(&later), content(&host()));
        later["status"]["conditions"][0]["status"] = json!("Unknown");
        assert_ne!(content(&later), content(&host()));
        assert!(is_ready(&host()) && !is_ready(&later));
    }
}
