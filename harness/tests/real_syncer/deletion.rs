//! Deletion in the tenant.

use std::time::Duration;

use futures::{AsyncBufReadExt, StreamExt};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod, Service};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, LogParams, Patch, PatchParams},
};
use serde_json::json;
use tenantbench::observe::pods::is_ready;

use crate::{
    until::{gone, until},
    world::{case, create, process, simulated},
};

const SLOW: &str = "trap 'sleep 2; exit 0' TERM; while :; do sleep 0.05; done";
const DEAF: &str = "trap '' TERM; while :; do sleep 0.05; done";

fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

fn forced() -> DeleteParams {
    DeleteParams::default().grace_period(0)
}

#[test]
fn a_pod_that_ends_in_time_shows_its_status_until_it_is_gone() {
    case(async |world| {
        let space = world.namespace("graceful").await;
        let (pods, host, name) = (space.pods(), world.host::<Pod>(), space.host_name("slow"));
        let params = DeleteParams::default();
        space.ready(process("slow", SLOW, json!({"terminationGracePeriodSeconds": 20}))).await;
        let is_ending = |pod: &Pod| pod.metadata.deletion_timestamp.is_some();
        let (ending, on_host, deleted) = tokio::join!(
            until(&pods, "slow", |pod| is_ending(pod) && !is_ready(pod)),
            until(&host, &name, is_ending),
            pods.delete("slow", &params),
        );
        deleted.unwrap();
        assert_eq!(ending.metadata.deletion_grace_period_seconds, Some(20));
        assert_eq!(on_host.metadata.deletion_grace_period_seconds, Some(20));
        gone(&pods, "slow").await;
        assert!(host.get_opt(&name).await.unwrap().is_none(), "the tenant's pod goes last");
    });
}

/// Says when it is told to end whether its hook has been done by then.
const HOOKED: &str =
    "trap 'if [ -e /tmp/done ]; then echo after the hook; else echo before the hook; fi; exit 0' TERM
echo up; while :; do sleep 0.05; done";

#[test]
fn a_hook_is_done_before_the_container_is_told_to_end() {
    case(async |world| {
        let space = world.namespace("hook").await;
        let mut pod = process("web", HOOKED, json!({"terminationGracePeriodSeconds": 30}));
        let hook = json!({"preStop": {"exec": {"command": ["sh", "-c", "sleep 1; touch /tmp/done"]}}});
        pod["spec"]["containers"][0]["lifecycle"] = hook;
        space.ready(pod).await;
        let pods = space.pods();
        let follow = LogParams { follow: true, ..LogParams::default() };
        let mut log = Box::pin(pods.log_stream("web", &follow).await.unwrap()).lines();
        assert_eq!(log.next().await.unwrap().unwrap(), "up");
        pods.delete("web", &DeleteParams::default()).await.unwrap();
        assert_eq!(log.next().await.unwrap().unwrap(), "after the hook");
        gone(&pods, "web").await;
        gone(&world.host::<Pod>(), &space.host_name("web")).await;
    });
}

#[test]
fn a_forced_deletion_does_not_wait_for_the_host_and_the_host_does_not_wait_either() {
    case(async |world| {
        let space = world.namespace("forced").await;
        let five_minutes = json!({"terminationGracePeriodSeconds": 300});
        space.ready(process("deaf", DEAF, five_minutes.clone())).await;
        space.pods().delete("deaf", &forced()).await.unwrap();
        assert!(space.pods().get_opt("deaf").await.unwrap().is_none());
        gone(&world.host::<Pod>(), &space.host_name("deaf")).await;

        // One whose ordinary deletion is under way already.
        space.ready(process("later", DEAF, five_minutes)).await;
        space.pods().delete("later", &DeleteParams::default()).await.unwrap();
        let host = world.host::<Pod>();
        until(&host, &space.host_name("later"), |pod| pod.metadata.deletion_timestamp.is_some()).await;
        space.pods().delete("later", &forced()).await.unwrap();
        gone(&host, &space.host_name("later")).await;
    });
}

#[test]
fn a_pod_made_again_at_once_under_its_name_runs_as_itself() {
    case(async |world| {
        let space = world.namespace("again").await;
        let first = space.ready(simulated("web", json!({}))).await;
        space.pods().delete("web", &forced()).await.unwrap();
        let second = space.ready(simulated("web", json!({}))).await;
        assert_ne!(first.uid(), second.uid());
        let host = world.host::<Pod>().get(&space.host_name("web")).await.unwrap();
        assert_eq!(host.annotations().get("tenantbench.dev/uid"), second.metadata.uid.as_ref());
    });
}

#[test]
fn a_pod_that_fits_nowhere_goes_when_it_is_deleted() {
    case(async |world| {
        let space = world.namespace("pending").await;
        let (host, name) = (world.host::<Pod>(), space.host_name("web"));
        create(&space.pods(), simulated("web", json!({"nodeSelector": {"no": "such"}}))).await;
        until(&host, &name, |_| true).await;
        space.pods().delete("web", &DeleteParams::default()).await.unwrap();
        gone(&host, &name).await;
        assert!(space.pods().get_opt("web").await.unwrap().is_none());
    });
}

#[test]
fn a_pod_that_a_finalizer_holds_says_that_it_has_ended() {
    case(async |world| {
        let space = world.namespace("held").await;
        let mut pod = simulated("web", json!({}));
        pod["metadata"]["finalizers"] = json!(["example.com/hold"]);
        space.ready(pod).await;
        space.pods().delete("web", &DeleteParams::default()).await.unwrap();
        gone(&world.host::<Pod>(), &space.host_name("web")).await;
        let is_over =
            |pod: &Pod| phase(pod) == "Failed" && pod.metadata.deletion_grace_period_seconds == Some(0);
        until(&space.pods(), "web", is_over).await;
        let release = Patch::Merge(json!({"metadata": {"finalizers": null}}));
        space.pods().patch("web", &PatchParams::default(), &release).await.unwrap();
        gone(&space.pods(), "web").await;
    });
}

#[test]
fn a_namespace_takes_all_that_is_in_it_along_on_both_sides() {
    case(async |world| {
        let space = world.namespace("whole").await;
        create(&space.api::<ConfigMap>(), json!({"metadata": {"name": "m"}, "data": {"k": "v"}})).await;
        create(
            &space.api::<Service>(),
            json!({"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}),
        )
        .await;
        let volumes = json!({"volumes": [{"name": "v", "configMap": {"name": "m"}}]});
        space.ready(simulated("web", volumes)).await;
        until(&world.host::<Service>(), &space.host_name("s"), |_| true).await;
        let namespaces: Api<Namespace> = Api::all(world.tenant());
        namespaces.delete("whole", &DeleteParams::default()).await.unwrap();
        let left = async {
            gone(&world.host::<Pod>(), &space.host_name("web")).await;
            gone(&world.host::<ConfigMap>(), &space.host_name("m")).await;
            gone(&world.host::<Service>(), &space.host_name("s")).await;
            gone(&namespaces, "whole").await;
        };
        tokio::time::timeout(Duration::from_secs(60), left).await.unwrap();
    });
}
