//! A plane whose store goes with its pod, which is made anew: another cluster behind the same address.

use k8s_openapi::api::core::v1::{ContainerState, Pod};
use kube::{ResourceExt, api::DeleteParams};
use serde_json::json;

use crate::{
    until::{gone, until},
    world::{PLANE, replaced, simulated},
};

/// Whether the syncer has ended and says that the tenant is another one.
fn refuses(pod: &Pod) -> bool {
    let containers = pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten());
    let syncer = containers.into_iter().find(|container| container.name == "syncer");
    let ended = |state: &ContainerState| {
        let message = state.terminated.as_ref().and_then(|ended| ended.message.clone());
        message.is_some_and(|message| message.contains("--another-tenant=replace"))
    };
    syncer.is_some_and(|syncer| syncer.state.iter().chain(&syncer.last_state).any(ended))
}

#[test]
fn what_the_former_cluster_has_on_the_host_stays_until_somebody_says_that_it_may_go() {
    replaced(async |world| {
        let space = world.namespace("former").await;
        space.ready(simulated("web", json!({}))).await;
        let host = world.host::<Pod>();
        let name = space.host_name("web");
        let before = host.get(&name).await.unwrap();
        let plane = host.get(PLANE).await.unwrap();
        host.delete(PLANE, &DeleteParams::default()).await.unwrap();
        until(&host, PLANE, |pod: &Pod| pod.uid() != plane.uid() && refuses(pod)).await;
        assert_eq!(host.get(&name).await.unwrap().uid(), before.uid());

        world.stop_plane().await;
        world.start_plane(&["--another-tenant=replace".to_owned()]).await;
        gone(&host, &name).await;
        // The new cluster's own pod of that name runs.
        let space = world.namespace("former").await;
        space.ready(simulated("web", json!({}))).await;
        assert_ne!(host.get(&name).await.unwrap().uid(), before.uid());
    });
}
