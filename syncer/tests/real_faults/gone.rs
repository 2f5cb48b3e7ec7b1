//! A tenant whose API is gone, refuses everything, or comes back as another: its pods on the host run on.

use std::time::{Duration, Instant};

use http::StatusCode;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::{
    Api,
    api::{DeleteParams, ListParams},
};
use nix::sys::signal::Signal;
use serde_json::json;

use crate::{
    program::signal,
    refuser::Refuser,
    schedule::{Moment, Target},
    stage::Stage,
    support::{create, is_ready, pod, prepare_namespace, soon, until},
};

/// A stage whose tenant has two running pods, one with a ConfigMap.
async fn stage_with_pods() -> Stage {
    let mut stage = Stage::set().await;
    stage.start_syncer();
    let pods = stage.world.tenant_api::<Pod>("default");
    create(&stage.world.tenant_api::<ConfigMap>("default"), json!({"metadata": {"name": "m"}})).await;
    create(&pods, pod("one", Some("m"))).await;
    create(&pods, pod("two", None)).await;
    for name in ["one", "two"] {
        until("the pod to be Ready", &pods, name, is_ready).await;
    }
    stage
}

/// The uids of what is on the host, and whether any of it is on its way out.
async fn on_the_host(stage: &Stage) -> Vec<(Option<String>, bool)> {
    let ours = ListParams::default().labels("tenantbench.dev/vcluster=vc");
    let mut found = Vec::new();
    let pods = stage.world.host_api::<Pod>().list(&ours).await.expect("a list");
    found.extend(pods.items.into_iter().map(|pod| pod.metadata));
    let maps = stage.world.host_api::<ConfigMap>().list(&ours).await.expect("a list");
    found.extend(maps.items.into_iter().map(|map| map.metadata));
    found.into_iter().map(|metadata| (metadata.uid, metadata.deletion_timestamp.is_some())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pods_of_a_tenant_whose_api_refuses_everything_run_on_through_restarts_of_the_syncer() {
    let mut stage = stage_with_pods().await;
    let before = on_the_host(&stage).await;
    let tenant = stage.tenant.target();
    for status in [
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::NOT_FOUND,
    ] {
        let refuser = Refuser::start(stage.world.folder(), status).await;
        stage.tenant.lead_to(refuser.address());
        soon("the syncer to be refused", refuser.refused(1)).await;
        stage.syncer.kill();
        stage.start_syncer();
        soon("the syncer to be refused after its start", refuser.refused(5)).await;
        assert_eq!(on_the_host(&stage).await, before, "{status}");
    }
    stage.world.processes().stop(Target::TenantApi.program());
    stage.tenant.lead_to(tenant);
    stage.syncer.kill();
    stage.start_syncer();
    stage.world.processes().start_again(Target::TenantApi.program());
    stage.until_servers_answer().await;
    soon("the syncer to be ready", stage.until_ready()).await;
    assert_eq!(on_the_host(&stage).await, before);
    let pods = stage.world.tenant_api::<Pod>("default");
    create(&pods, pod("three", None)).await;
    until("the pod to be Ready", &pods, "three", is_ready).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_whose_etcd_was_wiped_is_another_and_takes_nothing_from_the_host_until_it_is_told_to() {
    let mut stage = stage_with_pods().await;
    let before = on_the_host(&stage).await;
    wipe_tenant(&mut stage).await;
    assert_eq!(soon("the syncer to end", stage.syncer.end()).await, Some(1));
    stage.start_syncer();
    assert_eq!(soon("the syncer to end again", stage.syncer.end()).await, Some(1));
    let log = stage.syncer.log();
    let told = log.lines().rfind(|line| line.contains("is not that of the tenant")).expect("it says so");
    assert_eq!(on_the_host(&stage).await, before);

    // The way out that it names.
    let config_map = told.split("delete ConfigMap ").nth(1).and_then(|rest| rest.split(' ').next());
    let config_maps = stage.world.host_api::<ConfigMap>();
    config_maps.delete(config_map.expect("a name"), &DeleteParams::default()).await.expect("is deleted");
    prepare_namespace(&stage.world.tenant, "default").await;
    let pods = stage.world.tenant_api::<Pod>("default");
    create(&pods, pod("new", None)).await;
    stage.start_syncer();
    until("the pod to be Ready", &pods, "new", is_ready).await;
    let host: Api<Pod> = stage.world.host_api();
    for name in ["one", "two"] {
        until("the old copy to go", &host, &stage.world.names.host("default", name), is_gone).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_syncer_stops_at_once_while_an_api_server_is_paused() {
    let mut stage = stage_with_pods().await;
    let pods = stage.world.tenant_api::<Pod>("default");
    for target in [Target::HostApi, Target::TenantApi] {
        let paused = stage.world.processes().id(target.program());
        create(&pods, pod(target.program(), None)).await;
        signal(paused, Signal::SIGSTOP);
        // Whatever it does for the pod now gets no answer.
        stage.until(Moment::Sent(u64::MAX)).await;
        let (code, took) = stop(&mut stage).await;
        assert_eq!(code, Some(0), "{target:?}");
        // A second is promised; a call is given up after thirty.
        assert!(took < Duration::from_secs(10), "{target:?}: {took:?}");
        eprintln!("with {target:?} paused it stopped after {took:?}");
        // The same before it has begun.
        stage.start_syncer();
        stage.until(Moment::Sent(u64::MAX)).await;
        let (code, took) = stop(&mut stage).await;
        assert!(
            code == Some(0) && took < Duration::from_secs(10),
            "{target:?} at its start: {code:?} {took:?}"
        );
        signal(paused, Signal::SIGCONT);
        stage.start_syncer();
        until("the pod to be Ready", &pods, target.program(), is_ready).await;
    }
}

/// Stops the syncer as a kubelet would; returns its exit code and how long that took.
async fn stop(stage: &mut Stage) -> (Option<i32>, Duration) {
    let began = Instant::now();
    stage.syncer.signal(Signal::SIGTERM);
    let code = soon("the syncer to end", stage.syncer.end()).await;
    (code, began.elapsed())
}

fn is_gone(pod: Option<&Pod>) -> bool {
    pod.is_none()
}

async fn wipe_tenant(stage: &mut Stage) {
    for target in [Target::TenantApi, Target::TenantEtcd] {
        stage.world.processes().stop(target.program());
    }
    let data = stage.world.folder().join(Target::TenantEtcd.program());
    fs_err::remove_dir_all(data).expect("is removed");
    for target in [Target::TenantEtcd, Target::TenantApi] {
        stage.world.processes().start_again(target.program());
    }
    soon("the tenant's API to answer", stage.until_servers_listen()).await;
}
