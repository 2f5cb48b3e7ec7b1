//! Copies on the host that someone changes or deletes by hand.

use k8s_openapi::api::core::v1::{ConfigMap, Pod, Secret, Service};
use kube::{
    Api, Resource, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};
use tenantbench_syncer::{clock::Clock, index::TRUCE, run::Options};

use crate::support::{World, create, is_ready, pod, until};

async fn edit<K>(api: &Api<K>, name: &str, change: Value)
where
    K: Clone + serde::de::DeserializeOwned + std::fmt::Debug,
{
    api.patch(name, &PatchParams::default(), &Patch::Merge(change)).await.expect("a change");
}

/// A label of ours that no copy has.
fn of_another_role() -> Value {
    json!({"metadata": {"labels": {"tenantbench.dev/role": "pod-token"}}})
}

fn has_no_role<K: Resource>(object: Option<&K>) -> bool {
    object.is_some_and(|object| !object.labels().contains_key("tenantbench.dev/role"))
}

fn value_is(expected: &'static str) -> impl Fn(Option<&ConfigMap>) -> bool {
    move |map| map.and_then(|map| map.data.as_ref()?.get("k")).is_some_and(|value| value == expected)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_map_that_is_changed_or_deleted_on_the_host_is_put_right() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let syncer = world.syncer().await;
    let (pods, maps) = (world.tenant_api::<Pod>("default"), world.tenant_api::<ConfigMap>("default"));
    create(&maps, json!({"metadata": {"name": "m"}, "data": {"k": "1"}})).await;
    create(&pods, pod("web", Some("m"))).await;
    until("the pod to be Ready", &pods, "web", is_ready).await;
    let (host, name) = (world.host_api::<ConfigMap>(), world.names.host("default", "m"));

    // What others add beside ours stays; what they do to ours does not.
    edit(&host, &name, json!({"data": {"k": "bad"}, "metadata": {"labels": {"team": "a"}}})).await;
    until("the value to be put right", &host, &name, value_is("1")).await;
    let uid = host.get(&name).await.expect("a copy").metadata.uid;
    host.delete(&name, &DeleteParams::default()).await.expect("is deleted");
    let is_back = move |map: Option<&ConfigMap>| map.is_some_and(|map| map.metadata.uid != uid);
    until("the copy to come back", &host, &name, is_back).await;
    edit(&host, &name, json!({"metadata": {"labels": {"tenantbench.dev/vcluster": null}}})).await;
    let is_marked = |map: Option<&ConfigMap>| {
        map.and_then(|map| map.metadata.labels.as_ref())
            .is_some_and(|labels| labels.contains_key("tenantbench.dev/vcluster"))
    };
    until("the label to come back", &host, &name, is_marked).await;
    edit(&host, &name, of_another_role()).await;
    until("the label to be taken off", &host, &name, has_no_role).await;

    // While the syncer was away, too.
    syncer.stop().await;
    edit(&host, &name, json!({"data": {"k": "bad"}})).await;
    let _syncer = world.syncer().await;
    until("the value to be put right", &host, &name, value_is("1")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_someone_keeps_changing_is_left_alone_for_ten_minutes_and_then_put_right() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let clock = Clock::default();
    let syncer = world.launch(Options { clock: clock.clone(), ..world.options() });
    syncer.ready().await;
    let (pods, maps) = (world.tenant_api::<Pod>("default"), world.tenant_api::<ConfigMap>("default"));
    create(&maps, json!({"metadata": {"name": "m"}, "data": {"k": "1"}})).await;
    create(&pods, pod("web", Some("m"))).await;
    until("the pod to be Ready", &pods, "web", is_ready).await;
    let (host, name) = (world.host_api::<ConfigMap>(), world.names.host("default", "m"));
    // With the first write, ten.
    for _ in 0..9 {
        edit(&host, &name, json!({"data": {"k": "bad"}})).await;
        until("the value to be put right", &host, &name, value_is("1")).await;
    }
    edit(&host, &name, json!({"data": {"k": "bad"}})).await;
    create(&pods, pod("later", None)).await;
    until("a later pod to be Ready", &pods, "later", is_ready).await;
    let present = host.get(&name).await.expect("a copy");
    assert!(value_is("bad")(Some(&present)), "{present:?}");
    clock.pass(TRUCE);
    until("the value to be put right", &host, &name, value_is("1")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pods_labels_that_are_changed_on_the_host_are_put_right() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let _syncer = world.syncer().await;
    let pods = world.tenant_api::<Pod>("default");
    create(&pods, pod("web", None)).await;
    until("the pod to be Ready", &pods, "web", is_ready).await;
    let (host, name) = (world.host_api::<Pod>(), world.names.host("default", "web"));
    edit(&host, &name, json!({"metadata": {"labels": {"app": null, "team": "a"}}})).await;
    let is_right = |pod: Option<&Pod>| {
        let label =
            |key: &str| pod.and_then(|pod| pod.metadata.labels.as_ref()?.get(key)).map(String::as_str);
        (label("app"), label("team")) == (Some("web"), Some("a"))
    };
    until("the label to be put right", &host, &name, is_right).await;
    // With it the watch does not show the copy any more.
    edit(&host, &name, of_another_role()).await;
    until("the label to be taken off", &host, &name, has_no_role).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_forbids_changes_is_made_anew() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let _syncer = world.syncer().await;
    let (pods, secrets) = (world.tenant_api::<Pod>("default"), world.tenant_api::<Secret>("default"));
    create(&secrets, json!({"metadata": {"name": "s"}, "stringData": {"k": "1"}})).await;
    let mut user = pod("web", None);
    user["spec"]["volumes"] = json!([{"name": "v", "secret": {"secretName": "s"}}]);
    create(&pods, user).await;
    until("the pod to be Ready", &pods, "web", is_ready).await;
    let (host, name) = (world.host_api::<Secret>(), world.names.host("default", "s"));
    edit(&host, &name, json!({"stringData": {"k": "bad"}, "immutable": true})).await;
    let is_right = |secret: Option<&Secret>| {
        secret.and_then(|secret| secret.data.as_ref()?.get("k")).is_some_and(|value| value.0 == b"1")
    };
    until("the value to be put right", &host, &name, is_right).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_changed_or_deleted_on_the_host_is_put_right_and_both_have_one_address() {
    let world = World::start().await;
    let _syncer = world.syncer().await;
    let spec = json!({"ports": [{"port": 80}], "selector": {"app": "web"}});
    let tenant = world.tenant_api::<Service>("default");
    create(&tenant, json!({"metadata": {"name": "web"}, "spec": spec})).await;
    let (host, name) = (world.host_api::<Service>(), world.names.host("default", "web"));
    let is_there = |service: Option<&Service>| service.is_some();
    let copy = until("the Service on the host", &host, &name, is_there).await.expect("a Service");
    let selector = |service: &Service| service.spec.as_ref().and_then(|spec| spec.selector.clone());
    let right = selector(&copy);

    edit(&host, &name, json!({"spec": {"selector": {"app": "other", "tenantbench.dev/vcluster": null}}}))
        .await;
    let as_before = {
        let right = right.clone();
        move |service: Option<&Service>| service.is_some_and(|service| selector(service) == right)
    };
    until("the selector to be put right", &host, &name, as_before).await;
    host.delete(&name, &DeleteParams::default()).await.expect("is deleted");
    let is_back = move |service: Option<&Service>| {
        service.is_some_and(|service| service.metadata.uid != copy.metadata.uid)
    };
    let back = until("the Service to come back", &host, &name, is_back).await.expect("a Service");
    // The host frees the address a moment after the Service has gone, so it may have had to choose another.
    let address = |service: &Service| service.spec.as_ref().and_then(|spec| spec.cluster_ip.clone());
    let chosen = address(&back);
    let agrees = move |service: Option<&Service>| service.is_some_and(|service| address(service) == chosen);
    until("the same address in the tenant", &tenant, "web", agrees).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_someone_has_deleted_and_made_again_on_the_host_stays_and_the_tenant_follows_its_address()
 {
    let world = World::start().await;
    let syncer = world.syncer().await;
    let tenant = world.tenant_api::<Service>("default");
    let spec = json!({"ports": [{"port": 80}], "selector": {"app": "web"}});
    create(&tenant, json!({"metadata": {"name": "web"}, "spec": spec})).await;
    let (host, name) = (world.host_api::<Service>(), world.names.host("default", "web"));
    let is_there = |service: Option<&Service>| service.is_some();
    let copy = until("the Service on the host", &host, &name, is_there).await;
    syncer.stop().await;

    host.delete(&name, &DeleteParams::default()).await.expect("is deleted");
    let mut again = serde_json::to_value(copy.expect("a Service")).expect("JSON");
    for of in ["uid", "resourceVersion", "creationTimestamp", "managedFields"] {
        again["metadata"].as_object_mut().and_then(|metadata| metadata.remove(of));
    }
    again["spec"]["clusterIP"] = json!("10.96.200.7");
    again["spec"]["clusterIPs"] = json!(["10.96.200.7"]);
    let again: Service = serde_json::from_value(again).expect("a Service");
    let made = host.create(&PostParams::default(), &again).await.expect("is made");

    let _syncer = world.syncer().await;
    let follows = |service: Option<&Service>| {
        let address = service.and_then(|service| service.spec.as_ref()?.cluster_ip.as_deref());
        address == Some("10.96.200.7")
    };
    until("the same address in the tenant", &tenant, "web", follows).await;
    assert_eq!(host.get(&name).await.expect("a Service").metadata.uid, made.metadata.uid);
}
