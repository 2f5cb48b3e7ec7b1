//! What an API server leaves in its store when it dies in the middle of a write of two parts.

use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    runtime::{conditions::is_deleted, wait::await_condition},
};
use serde_json::json;

use crate::{
    etcd,
    schedule::Side,
    stage::Stage,
    support::{create, is_ready, pod, soon, until},
};

/// An API server that ends a pod's grace writes that, and then removes the pod.
#[tokio::test(flavor = "multi_thread")]
async fn a_pod_whose_grace_was_ended_and_that_was_not_removed_is_gone_in_the_end() {
    let mut stage = Stage::set().await;
    stage.start_syncer();
    let pods: Api<Pod> = stage.world.tenant_api("default");
    create(&pods, pod("p", None)).await;
    let running = until("the pod to be Ready", &pods, "p", is_ready).await.expect("is there");
    let uid = running.metadata.uid.clone().expect("a uid");
    stage.syncer.kill();
    let hosts: Api<Pod> = stage.world.host_api();
    let copy = stage.world.names.host("default", "p");
    hosts.delete(&copy, &kube::api::DeleteParams::default()).await.expect("is deleted");
    until("the copy to be gone", &hosts, &copy, |pod: Option<&Pod>| pod.is_none()).await;
    let mut stored = serde_json::to_value(running).expect("JSON");
    stored["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    stored["metadata"]["deletionGracePeriodSeconds"] = json!(0);
    let etcd = stage.etcd(Side::Tenant);
    assert!(etcd::put(&etcd, "/tenant/pods/default/p", &stored).await, "etcd takes it");
    let is_ending = |pod: Option<&Pod>| pod.is_some_and(|pod| pod.metadata.deletion_timestamp.is_some());
    until("the pod to be as the API server left it", &pods, "p", is_ending).await;
    stage.start_syncer();
    soon("the pod to be gone", await_condition(pods, "p", is_deleted(&uid))).await.expect("the watch works");
}
