//! Two replicas: one writes, the other one watches and goes on when the first is gone.

use std::time::{Duration, Instant};

use k8s_openapi::api::{coordination::v1::Lease, core::v1::Pod, rbac::v1::Role};
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;
use tenantbench_syncer::role::{election_rule, role_rules};

use crate::support::{SyncerProgram, World, create, is_ready, pod, served::get, soon, until};

const LEASE: &str = "syncer";

/// Lets the syncer's user elect.
async fn allow_elections(world: &World) {
    let rules: Vec<_> = role_rules().into_iter().chain([election_rule()]).collect();
    let change = Patch::Merge(json!({ "rules": rules }));
    world.host_api::<Role>().patch("syncer", &PatchParams::default(), &change).await.expect("a change");
}

async fn replica(world: &World) -> SyncerProgram {
    let syncer = SyncerProgram::start(world, &["--lease", LEASE, "--service-cidr=10.96.0.0/16"]);
    syncer.serves().await;
    soon("readiness", async {
        // There is nothing to watch in another process.
        while get(syncer.address, "/readyz").await.status != 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    syncer
}

/// What a replica has asked API servers to change.
async fn writes(syncer: &SyncerProgram) -> Vec<String> {
    let metrics = get(syncer.address, "/metrics").await.text;
    let calls = metrics.lines().filter(|line| line.starts_with("tenantbench_syncer_requests_total"));
    let reads = ["verb=\"get\"", "verb=\"list\""];
    calls.filter(|line| !reads.iter().any(|read| line.contains(read))).map(str::to_owned).collect()
}

/// A figure of a replica, by how its line begins; none where it does not tell of it.
async fn figure(syncer: &SyncerProgram, of: &str) -> Option<f64> {
    let metrics = get(syncer.address, "/metrics").await.text;
    let line = metrics.lines().find(|line| line.starts_with(&format!("tenantbench_syncer_{of}")))?;
    line.split_whitespace().last()?.parse().ok()
}

async fn holder(world: &World) -> String {
    let lease = world.host_api::<Lease>().get(LEASE).await.expect("a Lease");
    lease.spec.and_then(|spec| spec.holder_identity).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_replica_only_watches_and_goes_on_at_once_when_the_first_is_killed() {
    let world = World::start().await;
    allow_elections(&world).await;
    let _kubelet = world.host_kubelet();
    let pods: Api<Pod> = world.tenant_api("default");
    let first = replica(&world).await;
    let second = replica(&world).await;
    create(&pods, pod("web", None)).await;
    until("the pod to be Ready", &pods, "web", is_ready).await;
    assert_eq!(writes(&second).await, Vec::<String>::new(), "it does not lead");
    assert!(!writes(&first).await.is_empty());
    let led_by = holder(&world).await;

    // What comes and goes meanwhile is nothing that it would have to do.
    let before = figure(&second, "queue_keys").await.expect("its keys");
    for number in 0..10 {
        let name = format!("passing-{number}");
        create(&pods, pod(&name, None)).await;
        until("the pod to be Ready", &pods, &name, is_ready).await;
        pods.delete(&name, &DeleteParams::default()).await.expect("a deletion");
    }
    soon("what is over to be forgotten", async {
        // Of what came before it may have been told later. There is nothing to watch in another process.
        while figure(&second, "queue_keys").await.is_none_or(|keys| keys > before + 5.0) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    assert_eq!(figure(&second, "queue_oldest_age_seconds").await, Some(0.0));
    let listed = |kind| format!("watch_lists_total{{side=\"host\",kind=\"{kind}\"}}");
    let (events, tokens) = (&listed("Event"), &listed("Secret (pod tokens)"));
    soon("tokens to be listed, which events would be with", async {
        while figure(&second, tokens).await.is_none() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    assert_eq!(figure(&second, events).await, None, "who leads tells of them");

    first.signal("-KILL").await;
    let killed = Instant::now();
    create(&pods, pod("after", None)).await;
    let on_host = world.names.host("default", "after");
    until("the copy", &world.host_api(), &on_host, |pod: Option<&Pod>| pod.is_some()).await;
    eprintln!("the second replica wrote {:.1} s after the first was killed", killed.elapsed().as_secs_f64());
    assert_ne!(holder(&world).await, led_by);
    until("the pod to be Ready", &pods, "after", is_ready).await;
    soon("the host's events to be listed", async {
        while figure(&second, events).await.is_none() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_was_asleep_writes_nothing_more_and_ends() {
    let world = World::start().await;
    allow_elections(&world).await;
    let _kubelet = world.host_kubelet();
    let pods: Api<Pod> = world.tenant_api("default");
    let mut first = replica(&world).await;
    let mut second = replica(&world).await;
    first.signal("-STOP").await;
    create(&pods, pod("web", None)).await;
    until("the pod to be Ready", &pods, "web", is_ready).await;

    // What it would do now, were it to lead: take the second's work for its own.
    first.signal("-CONT").await;
    let status = soon("the first to end", first.ended()).await;
    assert_eq!(status.code(), Some(1), "{}", first.log());
    assert!(first.log().contains("the lead was lost"), "{}", first.log());

    // One that is told to end gives the Lease back, and the next one need not wait for it.
    let (status, _) = second.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", second.log());
    assert_eq!(holder(&world).await, "");
}
