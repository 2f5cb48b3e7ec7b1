//! Starting: before the tenant's API is up, and with settings that do not fit.

use k8s_openapi::api::core::v1::Pod;
use tenantbench_syncer::run::{self, Health, RunError};
use tokio_util::sync::CancellationToken;

use crate::support::{World, create, is_ready, pod, soon, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_syncer_that_starts_before_the_tenants_api_catches_up_when_it_is_there() {
    let mut world = World::start().await;
    let _kubelet = world.host_kubelet();
    let pods = world.tenant_api::<Pod>("default");
    create(&pods, pod("early", None)).await;
    world.stop_tenant();
    let syncer = world.launch(world.options());
    world.start_tenant();
    syncer.ready().await;
    until("the pod to be Ready", &pods, "early", is_ready).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_whose_api_goes_away_for_a_while_is_followed_again() {
    let mut world = World::start().await;
    let _kubelet = world.host_kubelet();
    let _syncer = world.syncer().await;
    world.stop_tenant();
    world.start_tenant();
    world.until_tenant_answers().await;
    let pods = world.tenant_api::<Pod>("default");
    create(&pods, pod("late", None)).await;
    until("the pod to be Ready", &pods, "late", is_ready).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_range_that_is_not_the_hosts_ends_it_with_one_line() {
    let world = World::start().await;
    let mut options = world.options();
    options.service_cidr = Some("10.55.0.0/16".to_owned());
    let running = run::run(options, Health::default(), CancellationToken::new());
    let error = soon("the syncer to end", running).await.expect_err("a range that does not fit");
    assert!(matches!(&error, RunError::Range { range, .. } if range == "10.55.0.0/16"), "{error:?}");
    let message = error.to_string();
    assert!(
        message.starts_with("the host gives no addresses from the tenant's service range 10.55.0.0/16: "),
        "{message}"
    );
    assert_eq!(message.lines().count(), 1, "{message}");
}
