//! Pods without a controller.

use kube::api::DeleteParams;
use serde_json::json;

use crate::{
    until::{gone, until},
    world::{SIMULATED, case, create},
};

#[test]
fn a_bare_pod_runs_and_goes() {
    case(async |world| {
        let space = world.namespace("bare").await;
        let pods = space.pods();
        create(
            &pods,
            json!({"metadata": {"name": "web"}, "spec": {"containers": [{"name": "c", "image": SIMULATED}]}}),
        )
        .await;
        until(&pods, "web", |pod| tenantbench::observe::pods::is_ready(pod)).await;
        pods.delete("web", &DeleteParams::default()).await.unwrap();
        gone(&pods, "web").await;
        gone(&world.host::<k8s_openapi::api::core::v1::Pod>(), &space.host_name("web")).await;
    });
}
