//! The CRDs on a real API server: accepted, established, and nothing of an object is dropped.

use kube::{
    Client,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};
use tenantbench::workload::ray;

use crate::{control_plane::ControlPlane, custom, establish, upstream_crds};

#[tokio::test(flavor = "multi_thread")]
async fn a_real_api_server_takes_the_derived_crds_and_upstreams() {
    let plane = ControlPlane::start().await;
    establish(&plane.client, &ray::derived_crds().unwrap()).await;
    nothing_of_a_cluster_is_dropped(&plane.client).await;
    two_managers_share_a_list_of_variables(&plane.client).await;
    if let Some(upstream) = upstream_crds::read() {
        establish(&plane.client, &upstream).await;
        nothing_of_a_cluster_is_dropped(&plane.client).await;
    }
}

fn cluster(name: &str) -> Value {
    let template = json!({
        "metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}},
        "spec": {
            "containers": [{
                "name": "ray", "image": "ray", "env": [{"name": "A", "value": "1"}],
                "ports": [{"containerPort": 6379, "name": "gcs", "protocol": "TCP"}],
                "resources": {"requests": {"cpu": "10m", "memory": 1024}, "claims": [{"name": "gpu"}]},
                "livenessProbe": {"httpGet": {"path": "/", "port": "gcs"}},
                "volumeMounts": [{"name": "v", "mountPath": "/v"}],
            }],
            "nodeSelector": {"e": "f"},
            "tolerations": [{"key": "g", "operator": "Exists"}],
            "volumes": [{"name": "v", "projected": {"sources": [{"configMap": {"name": "h"}}]}}],
        },
    });
    json!({
        "apiVersion": "ray.io/v1", "kind": "RayCluster", "metadata": {"name": name},
        "spec": {
            "headGroupSpec": {"rayStartParams": {"num-cpus": "0"}, "serviceType": "ClusterIP", "template": template},
            "workerGroupSpecs": [{
                "groupName": "g", "replicas": 1, "minReplicas": 0, "maxReplicas": 2, "numOfHosts": 1,
                "priority": 0, "scaleStrategy": {"workersToDelete": ["x"]}, "template": template,
            }],
        },
    })
}

async fn nothing_of_a_cluster_is_dropped(client: &Client) {
    let api = custom(client, "RayCluster");
    let wanted = cluster("whole");
    let strict = PatchParams::apply("test").validation_strict();
    let made = api.patch("whole", &strict, &Patch::Apply(&wanted)).await.unwrap().data;
    assert_eq!(made["spec"], wanted["spec"]);
    api.delete("whole", &Default::default()).await.unwrap();
}

/// Upstream's list types at work: without them the second manager would replace the first one's list of containers.
async fn two_managers_share_a_list_of_variables(client: &Client) {
    let api = custom(client, "RayCluster");
    let applied = PatchParams::apply("first");
    api.patch("shared", &applied, &Patch::Apply(cluster("shared"))).await.unwrap();
    let second = json!({
        "apiVersion": "ray.io/v1", "kind": "RayCluster",
        "spec": {"headGroupSpec": {"template": {"spec": {"containers": [
            {"name": "ray", "env": [{"name": "B", "value": "2"}]},
        ]}}}},
    });
    let merged =
        api.patch("shared", &PatchParams::apply("second"), &Patch::Apply(second)).await.unwrap().data;
    let containers = merged.pointer("/spec/headGroupSpec/template/spec/containers").unwrap();
    assert_eq!(containers.as_array().unwrap().len(), 1);
    assert_eq!(containers[0]["image"], "ray");
    let names: Vec<_> =
        containers[0]["env"].as_array().unwrap().iter().map(|it| it["name"].as_str()).collect();
    assert_eq!(names, [Some("A"), Some("B")]);
}
