//! What is new when a syncer starts does not wait for the lists of all that is there.

use http::{Method, Request};
use hyper::body::Incoming;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, Patch, PatchParams},
    runtime::conditions::is_deleted,
};
use serde_json::json;
use tokio::sync::watch;

use crate::{
    front::{behind, forward},
    schedule::Side,
    stage::Stage,
    support::{create, is_ready, played_server::PlayedServer, pod, until},
};

/// It answers everything but the list of all pods, for which it waits.
struct Holder {
    _server: PlayedServer,
    holds: watch::Sender<bool>,
}

impl Holder {
    /// Stands before the API server of a side.
    async fn before(stage: &Stage, side: Side) -> Self {
        let options = stage.world.options();
        let behind = behind(match side {
            Side::Tenant => options.tenant,
            Side::Host => options.host,
        });
        let holds = watch::Sender::new(true);
        let held = holds.clone();
        let server = PlayedServer::start(stage.world.folder(), move |request| {
            let (mut held, behind) = (held.subscribe(), behind.clone());
            async move {
                if is_list_of_pods(&request) {
                    let _ = held.wait_for(|holds| !holds).await;
                }
                forward(behind, request).await
            }
        });
        let server = server.await;
        stage.link(side).lead_to(server.address);
        Self { _server: server, holds }
    }

    fn let_go(&self) {
        self.holds.send_replace(false);
    }
}

fn is_list_of_pods(request: &Request<Incoming>) -> bool {
    let query = request.uri().query().unwrap_or_default();
    let is_of_all = !query.contains("fieldSelector=") && !query.contains("watch=");
    request.method() == Method::GET && request.uri().path().ends_with("/pods") && is_of_all
}

/// A syncer that finds a new pod of this name, and is not told which pods a side has.
async fn started_with(name: &str, held: Side) -> (Stage, Holder, Api<Pod>) {
    let mut stage = Stage::set().await;
    let pods: Api<Pod> = stage.world.tenant_api("default");
    create(&pods, pod(name, None)).await;
    let holder = Holder::before(&stage, held).await;
    stage.start_syncer();
    (stage, holder, pods)
}

fn is_there(pod: Option<&Pod>) -> bool {
    pod.is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_is_new_at_a_start_is_on_the_host_before_the_pods_there_are_listed() {
    let (mut stage, holder, pods) = started_with("p", Side::Host).await;
    let (host_pods, name) = (stage.world.host_api::<Pod>(), stage.world.names.host("default", "p"));
    until("it to be on the host", &host_pods, &name, is_there).await;
    let checks = stage.syncer.page("/readyz?verbose").await.text;
    assert!(checks.contains("[-]list host/pods"), "{checks}");
    holder.let_go();
    until("it to be Ready", &pods, "p", is_ready).await;
    stage.until_ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_new_waits_until_the_pods_there_are_listed() {
    let mut stage = Stage::set().await;
    let pods: Api<Pod> = stage.world.tenant_api("default");
    let maps: Api<ConfigMap> = stage.world.tenant_api("default");
    create(&maps, json!({"metadata": {"name": "settings"}, "data": {"k": "before"}})).await;
    for (name, map) in [("again", None), ("user", Some("settings"))] {
        create(&pods, pod(name, map)).await;
    }
    stage.start_syncer();
    for name in ["again", "user"] {
        until("the pod to be Ready", &pods, name, is_ready).await;
    }
    let host_pods = stage.world.host_api::<Pod>();
    let names = stage.world.names.clone();
    let host_name = |name: &str| names.host("default", name);
    let uid = async |name: &str| host_pods.get(&host_name(name)).await.expect("a pod").uid().expect("a uid");
    let before = uid("again").await;
    stage.syncer.kill();

    pods.delete("again", &DeleteParams::default().grace_period(0)).await.expect("is deleted");
    let change = Patch::Merge(json!({"data": {"k": "after"}}));
    maps.patch("settings", &PatchParams::default(), &change).await.expect("is changed");
    for (name, map) in [("again", None), ("late", Some("settings")), ("new", None)] {
        create(&pods, pod(name, map)).await;
    }
    let holder = Holder::before(&stage, Side::Host).await;
    stage.start_syncer();
    let made = until("the new one to be on the host", &host_pods, &host_name("new"), is_there).await;
    assert_eq!(uid("again").await, before, "its predecessor's pod is there");
    let late = host_pods.get_opt(&host_name("late")).await.expect("an answer");
    assert!(late.is_none(), "what it names is not as it is to be: {late:?}");
    holder.let_go();
    for name in ["again", "late", "new"] {
        until("the pod to be Ready", &pods, name, is_ready).await;
    }
    assert_ne!(uid("again").await, before);
    assert_eq!(Some(uid("new").await), made.and_then(|pod| pod.uid()), "made once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_was_new_at_a_start_and_goes_before_the_pods_are_listed_leaves_nothing_on_the_host() {
    let (mut stage, holder, pods) = started_with("p", Side::Tenant).await;
    let (host_pods, name) = (stage.world.host_api::<Pod>(), stage.world.names.host("default", "p"));
    let made = until("it to be on the host", &host_pods, &name, is_there).await.expect("a pod");
    pods.delete("p", &DeleteParams::default().grace_period(0)).await.expect("is deleted");
    holder.let_go();
    until("it to be gone", &host_pods, &name, is_deleted(&made.uid().expect("a uid"))).await;
    stage.until_ready().await;
}
