//! Pods that take the place of others of their name while the syncer waits for an answer about these.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, ResourceExt,
    api::DeleteParams,
    runtime::{WatchStreamExt, watcher},
};

use crate::{
    schedule::Trouble,
    stage::Stage,
    support::{create, is_ready, pod, soon},
};

/// Enough that some turn is sure to be between two answers when its pod's successor comes.
const PODS: usize = 40;
const UID: &str = "tenantbench.dev/uid";

/// Waits by a watch until all pods are such; returns them by name.
async fn until_all(what: &str, pods: &Api<Pod>, is_such: impl Fn(&Pod) -> bool) -> BTreeMap<String, Pod> {
    soon(what, async {
        let events = watcher(pods.clone(), watcher::Config::default()).default_backoff();
        let mut events = events.modify(|_| ()).boxed();
        let mut found = BTreeMap::new();
        while let Some(event) = events.try_next().await.expect("the watch works") {
            match event {
                watcher::Event::Apply(pod) | watcher::Event::InitApply(pod) => {
                    found.insert(pod.name_any(), pod);
                }
                watcher::Event::Delete(pod) => {
                    found.remove(&pod.name_any());
                }
                watcher::Event::Init => found.clear(),
                watcher::Event::InitDone => {}
            }
            if found.len() == PODS && found.values().all(&is_such) {
                break;
            }
        }
        found
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_is_made_again_is_not_told_what_became_of_its_predecessor() {
    let mut stage = Stage::set().await;
    stage.stop_kubelet();
    stage.start_syncer();
    stage.until_ready().await;
    let tenant: Api<Pod> = stage.world.tenant_api("default");
    let host: Api<Pod> = stage.world.host_api();
    let names: Vec<String> = (0..PODS).map(|number| format!("p{number}")).collect();
    for name in &names {
        create(&tenant, pod(name, None)).await;
    }
    until_all("copies on the host", &host, |_| true).await;
    // The syncer's bindings of the first pods are under way, and come through when the second pods are there.
    stage.tenant.begin(Trouble::Stalled);
    stage.start_kubelet();
    until_all("Ready on the host", &host, |pod| is_ready(Some(pod))).await;
    let mut second = BTreeMap::new();
    for name in &names {
        // Nobody has bound it, so it is gone at once.
        tenant.delete(name, &DeleteParams::default()).await.expect("is deleted");
        let made = create(&tenant, pod(name, None)).await;
        second.insert(name.clone(), made.uid().expect("a uid"));
    }
    stage.tenant.end();
    let own = |pod: &Pod| {
        let uids: Vec<&String> = second.values().collect();
        pod.annotations().get(UID).is_some_and(|uid| uids.contains(&uid)) && is_ready(Some(pod))
    };
    until_all("the second pods Ready on the host", &host, own).await;
    let last = until_all("the second pods Ready in the tenant", &tenant, |pod| is_ready(Some(pod))).await;
    let last: BTreeMap<String, String> =
        last.into_iter().map(|(name, pod)| (name, pod.uid().expect("a uid"))).collect();
    assert_eq!(last, second, "the pods that the tenant made last are still there");
}
