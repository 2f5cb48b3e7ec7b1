//! Objects as tests make them and look at them.

use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Resource, api::PostParams};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// Makes an object from JSON.
pub(crate) async fn create<K>(api: &Api<K>, object: Value) -> K
where
    K: Resource + Clone + DeserializeOwned + Serialize + std::fmt::Debug,
{
    let object: K = serde_json::from_value(object).expect("a well-formed object");
    api.create(&PostParams::default(), &object).await.expect("is accepted")
}

/// A small pod that names a ConfigMap, or none.
pub(crate) fn pod(name: &str, config_map: Option<&str>) -> Value {
    let volumes: Vec<Value> =
        config_map.into_iter().map(|map| json!({"name": "v", "configMap": {"name": map}})).collect();
    json!({
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"terminationGracePeriodSeconds": 5, "containers": [{"name": "c", "image": "i"}], "volumes": volumes},
    })
}

/// Whether a pod is Ready.
pub(crate) fn is_ready(pod: Option<&Pod>) -> bool {
    let conditions = pod.and_then(|pod| pod.status.as_ref()?.conditions.as_ref());
    conditions.into_iter().flatten().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}
