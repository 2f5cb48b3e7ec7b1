//! An API server that asks to come again later is left alone for as long as it says.

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::json;

use crate::{
    stage::Stage,
    support::{create, is_ready, pod, until},
    throttler::Throttler,
};

const TIMES: usize = 2;
const WAIT: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_says_when_to_come_again_is_asked_again_then_and_not_when_the_pod_changes() {
    let (mut stage, throttler) = stage().await;
    stage.start_syncer();
    stage.until_ready().await;
    let pods: Api<Pod> = stage.world.tenant_api("default");
    create(&pods, pod("p", None)).await;
    for change in 0..5 {
        tokio::time::sleep(WAIT / 5).await;
        let change = Patch::Merge(json!({"metadata": {"annotations": {"change": change.to_string()}}}));
        pods.patch("p", &PatchParams::default(), &change).await.expect("is changed");
    }
    until("the pod to be Ready", &pods, "p", is_ready).await;
    is_obeyed(&throttler);
    let metrics = stage.syncer.page("/metrics").await.text;
    let counted = metrics.lines().find(|line| line.contains("outcome=\"throttled\""));
    let counted = counted.unwrap_or_else(|| panic!("it is counted: {metrics}"));
    assert!(counted.contains("side=\"host\"") && counted.ends_with(&format!(" {TIMES}")), "{counted}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_ahead_at_a_start_comes_again_when_the_host_says_and_not_when_all_is_listed() {
    let (mut stage, throttler) = stage().await;
    let pods: Api<Pod> = stage.world.tenant_api("default");
    create(&pods, pod("p", None)).await;
    stage.start_syncer();
    until("the pod to be Ready", &pods, "p", is_ready).await;
    is_obeyed(&throttler);
}

/// A host that asks to come again later, twice.
async fn stage() -> (Stage, Throttler) {
    let stage = Stage::set().await;
    let config = stage.world.options().host;
    let throttler = Throttler::start(stage.world.folder(), config, TIMES, WAIT).await;
    stage.host.lead_to(throttler.server.address);
    (stage, throttler)
}

fn is_obeyed(throttler: &Throttler) {
    let pauses = throttler.pauses();
    assert_eq!(pauses.len(), TIMES, "{pauses:?}");
    assert!(pauses.iter().all(|pause| *pause >= WAIT), "{pauses:?}");
}
