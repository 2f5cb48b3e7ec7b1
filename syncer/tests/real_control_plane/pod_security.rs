//! The table of Pod Security against a real API server's admission: the same pods, the same words.

use k8s_openapi::api::core::v1::{Namespace, Pod, ServiceAccount};
use kube::{Api, Error, api::PostParams};
use serde_json::{Value, json};

use crate::support::{World, create};

#[path = "../tables/pod_security.rs"]
mod table;

/// What the API server says is wrong with a pod.
async fn refusal(pods: &Api<Pod>, pod: &Value) -> Option<String> {
    let pod = serde_json::from_value(pod.clone()).expect("a pod");
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    match pods.create(&dry, &pod).await {
        Ok(_) => None,
        Err(Error::Api(status)) if status.code == 403 => {
            Some(status.message.split_once(":latest\": ").expect("a list of violations").1.to_owned())
        }
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_says_what_an_api_server_says() {
    let world = World::start().await;
    let mut differences = Vec::new();
    for level in ["baseline", "restricted"] {
        let namespaces: Api<Namespace> = Api::all(world.host.clone());
        let labels = json!({"pod-security.kubernetes.io/enforce": level});
        create(&namespaces, json!({"metadata": {"name": level, "labels": labels}})).await;
        let accounts: Api<ServiceAccount> = Api::namespaced(world.host.clone(), level);
        create(&accounts, json!({"metadata": {"name": "default"}})).await;
        let pods: Api<Pod> = Api::namespaced(world.host.clone(), level);
        for case in table::cases() {
            let said = refusal(&pods, &case.pod).await;
            if said.as_deref() != case.refused(level) {
                differences.push(json!({"what": case.what, "level": level, "said": said}));
            }
        }
    }
    assert!(differences.is_empty(), "{}", json!(differences));
}
