//! Custom resources: real definitions on both sides, an operator on the host that the test plays.

use std::{collections::BTreeMap, pin::pin};

use futures::StreamExt;
use k8s_openapi::{
    api::{
        core::v1::{Event, Secret, Service},
        rbac::v1::{PolicyRule, Role},
    },
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, Client, CustomResource, CustomResourceExt, ResourceExt,
    api::{DeleteParams, Patch, PatchParams},
    runtime::{WatchStreamExt, conditions::is_crd_established, watcher},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tenantbench_syncer::{
    config::{CustomKind, ReadyKind, ready},
    role::role_rules,
    run::Options,
};

use crate::support::{HOST_NAMESPACE, Running, World, create, soon, until};

#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(group = "example.com", version = "v1", kind = "Widget", namespaced, status = "WidgetStatus")]
#[serde(rename_all = "camelCase")]
struct WidgetSpec {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret_name: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    refs: BTreeMap<String, String>,
    #[serde(default)]
    size: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct WidgetStatus {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    observed_generation: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// Widgets name a Secret and, in a map, other Widgets.
fn widgets() -> Vec<ReadyKind> {
    let rules = json!([
        {"path": "spec.secretName", "is": "name", "of": "Secret"},
        {"path": "spec.refs.*", "is": "name", "of": "example.com/Widget"},
        {"path": "status.secretName", "is": "name", "of": "Secret"},
    ]);
    let kinds: Vec<CustomKind> =
        serde_json::from_value(json!([{"group": "example.com", "kind": "Widget", "rules": rules}]))
            .expect("kinds");
    ready(&kinds, |target| target.is("", "Secret")).expect("rules")
}

fn options(world: &World) -> Options {
    Options { custom: widgets(), ..world.options() }
}

async fn define(cluster: &Client) {
    let definitions: Api<CustomResourceDefinition> = Api::all(cluster.clone());
    create(&definitions, json!(Widget::crd())).await;
    until("the definition", &definitions, "widgets.example.com", is_crd_established()).await;
}

/// Lets the syncer do with Widgets what the log says that it needs.
async fn grant(world: &World) {
    let rule = PolicyRule {
        api_groups: Some(vec!["example.com".to_owned()]),
        resources: Some(vec!["widgets".to_owned()]),
        verbs: ["get", "list", "watch", "create", "update", "delete"].map(str::to_owned).to_vec(),
        ..PolicyRule::default()
    };
    let rules: Vec<PolicyRule> = role_rules().into_iter().chain([rule]).collect();
    let change = Patch::Merge(json!({ "rules": rules }));
    world.host_api::<Role>().patch("syncer", &PatchParams::default(), &change).await.expect("a change");
}

/// A world with the definition and the rights, and a syncer in it.
async fn start() -> (World, Running) {
    let world = World::start().await;
    define(&world.host).await;
    define(&world.tenant).await;
    grant(&world).await;
    let syncer = world.launch(options(&world));
    syncer.ready().await;
    (world, syncer)
}

fn widget(name: &str, spec: Value) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": name}, "spec": spec})
}

async fn edit(api: &Api<Widget>, name: &str, change: Value) {
    api.patch(name, &PatchParams::default(), &Patch::Merge(change)).await.expect("a change");
}

fn is_there<K>(object: Option<&K>) -> bool {
    object.is_some()
}

fn is_gone<K>(object: Option<&K>) -> bool {
    object.is_none()
}

fn has_size(size: i64) -> impl Fn(Option<&Widget>) -> bool {
    move |widget| widget.is_some_and(|widget| widget.spec.size == size)
}

/// Waits for the tenant's event that says why a Widget is not synced.
async fn refusal(world: &World, name: &str) -> String {
    let config = watcher::Config::default().fields(&format!("involvedObject.name={name},reason=NotSynced"));
    let mut events = pin!(watcher(world.tenant_api::<Event>("default"), config).applied_objects());
    let event = soon("the refusal", events.next()).await.expect("goes on").expect("an event");
    event.message.unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custom_resource_goes_down_with_its_secret_and_its_status_comes_up() {
    let (world, _syncer) = start().await;
    let (widgets, copies) = (world.tenant_api::<Widget>("default"), world.host_api::<Widget>());
    let (secrets, host_secrets) = (world.tenant_api::<Secret>("default"), world.host_api::<Secret>());
    let host = |name: &str| world.names.host("default", name);
    create(&secrets, json!({"metadata": {"name": "key"}, "stringData": {"k": "1"}})).await;
    create(&widgets, widget("w", json!({"secretName": "key", "refs": {"next": "other"}, "size": 1}))).await;
    let copy = until("the copy", &copies, &host("w"), is_there).await.expect("a copy");
    assert_eq!(copy.spec.secret_name, Some(host("key")));
    assert_eq!(copy.spec.refs["next"], host("other"));
    assert_eq!(copy.owner_references()[0].name, "plane");
    until("the Secret", &host_secrets, &host("key"), is_there).await;

    // What the host's operator says comes up, in the tenant's names and count.
    let status = json!({"status": {
        "observedGeneration": copy.metadata.generation, "secretName": host("key"),
        "message": format!("{} is ready", host("w")),
    }});
    let params = PatchParams::default();
    copies.patch_status(&host("w"), &params, &Patch::Merge(status)).await.expect("a status");
    let has_status = |widget: Option<&Widget>| widget.is_some_and(|widget| widget.status.is_some());
    let shown = until("the status", &widgets, "w", has_status).await.expect("a Widget");
    let expected = WidgetStatus {
        observed_generation: shown.metadata.generation,
        secret_name: Some("key".to_owned()),
        message: Some("w is ready".to_owned()),
    };
    assert_eq!(shown.status, Some(expected));

    // An update goes down and leaves the operator's finalizer; a change on the host is put right.
    edit(&copies, &host("w"), json!({"metadata": {"finalizers": ["example.com/clean-up"]}})).await;
    edit(&widgets, "w", json!({"spec": {"size": 2}})).await;
    let updated = until("the update", &copies, &host("w"), has_size(2)).await.expect("a copy");
    assert_eq!(updated.finalizers(), ["example.com/clean-up"]);
    edit(&copies, &host("w"), json!({"spec": {"size": 7}})).await;
    until("the size to be put right", &copies, &host("w"), has_size(2)).await;
    let is_behind = |widget: Option<&Widget>| {
        let observed = |widget: &Widget| widget.status.as_ref()?.observed_generation;
        widget.is_some_and(|widget| observed(widget) < widget.metadata.generation)
    };
    until("the status to be told as outdated", &widgets, "w", is_behind).await;

    // While the operator cleans up, it has the Secret.
    widgets.delete("w", &DeleteParams::default()).await.expect("is deleted");
    let is_ending =
        |widget: Option<&Widget>| widget.is_some_and(|widget| widget.metadata.deletion_timestamp.is_some());
    until("the deletion to go down", &copies, &host("w"), is_ending).await;
    assert!(host_secrets.get_opt(&host("key")).await.expect("may read").is_some());
    edit(&copies, &host("w"), json!({"metadata": {"finalizers": null}})).await;
    until("the copy to go", &copies, &host("w"), is_gone).await;
    until("the Secret to go", &host_secrets, &host("key"), is_gone).await;

    // A name that leads elsewhere is refused.
    create(&widgets, widget("bad", json!({"secretName": "../kube-system/admin"}))).await;
    assert!(refusal(&world, "bad").await.contains("spec.secretName must be the name of an object"));
    assert!(copies.get_opt(&host("bad")).await.expect("may read").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custom_kind_is_waited_for_while_all_else_goes_on() {
    let world = World::start().await;
    let syncer = world.launch(options(&world));
    syncer.ready().await;
    let service = json!({"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}});
    create(&world.tenant_api::<Service>("default"), service).await;
    let host = |name: &str| world.names.host("default", name);
    until("the Service", &world.host_api::<Service>(), &host("web"), is_there).await;

    // First the tenant's definition, then the host's, then the right.
    let (widgets, copies) = (world.tenant_api::<Widget>("default"), world.host_api::<Widget>());
    define(&world.tenant).await;
    create(&widgets, widget("w", json!({"size": 1}))).await;
    define(&world.host).await;
    assert!(copies.get_opt(&host("w")).await.expect("may read").is_none());
    grant(&world).await;
    until("the copy", &copies, &host("w"), is_there).await;

    // The tenant removes the definition, and later has it again.
    let definitions: Api<CustomResourceDefinition> = Api::all(world.tenant.clone());
    definitions.delete("widgets.example.com", &DeleteParams::default()).await.expect("is deleted");
    until("the copy to go", &copies, &host("w"), is_gone).await;
    until("the definition to go", &definitions, "widgets.example.com", is_gone).await;
    define(&world.tenant).await;
    create(&widgets, widget("again", json!({"size": 1}))).await;
    until("the copy", &copies, &host("again"), is_there).await;
    syncer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_syncer_puts_right_what_happened_meanwhile_and_takes_no_secret_away() {
    let (world, syncer) = start().await;
    let (widgets, copies) = (world.tenant_api::<Widget>("default"), world.host_api::<Widget>());
    let host = |name: &str| world.names.host("default", name);
    let secrets = world.tenant_api::<Secret>("default");
    create(&secrets, json!({"metadata": {"name": "key"}, "stringData": {"k": "1"}})).await;
    for name in ["stays", "goes"] {
        create(&widgets, widget(name, json!({"secretName": "key", "size": 1}))).await;
        until("the copy", &copies, &host(name), is_there).await;
    }
    let host_secrets = world.host_api::<Secret>();
    let secret = until("the Secret", &host_secrets, &host("key"), is_there).await.expect("a Secret");
    syncer.stop().await;
    widgets.delete("goes", &DeleteParams::default()).await.expect("is deleted");
    edit(&copies, &host("stays"), json!({"spec": {"size": 7}})).await;

    let syncer = world.launch(options(&world));
    until("the orphan to go", &copies, &host("goes"), is_gone).await;
    until("the size to be put right", &copies, &host("stays"), has_size(1)).await;
    let kept = host_secrets.get(&host("key")).await.expect("is there");
    assert_eq!(kept.metadata.uid, secret.metadata.uid, "the Secret was used all the time");
    syncer.stop().await;

    // Without its definition the tenant has no Widgets, and nothing names the Secret.
    let definitions: Api<CustomResourceDefinition> = Api::all(world.tenant.clone());
    definitions.delete("widgets.example.com", &DeleteParams::default()).await.expect("is deleted");
    until("the definition to go", &definitions, "widgets.example.com", is_gone).await;
    let _syncer = world.launch(options(&world));
    until("the copy to go", &copies, &host("stays"), is_gone).await;
    until("the Secret to go", &host_secrets, &host("key"), is_gone).await;
}

/// The definition with two versions, of which some are served.
fn versioned(served: &[&str]) -> Value {
    let mut definition = json!(Widget::crd());
    let versions = definition["spec"]["versions"].as_array_mut().expect("versions");
    let mut second = versions[0].clone();
    (second["name"], second["storage"]) = (json!("v2"), json!(false));
    versions.push(second);
    for version in versions {
        version["served"] = json!(served.iter().any(|name| version["name"] == *name));
    }
    definition
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_whose_definitions_may_be_watched_is_followed_at_once() {
    let world = World::start().await;
    let definitions = |cluster: &Client| Api::<CustomResourceDefinition>::all(cluster.clone());
    for (cluster, served) in [(&world.tenant, &["v1", "v2"][..]), (&world.host, &["v1"])] {
        create(&definitions(cluster), versioned(served)).await;
        until("it", &definitions(cluster), "widgets.example.com", is_crd_established()).await;
    }
    grant(&world).await;
    let watch = PolicyRule {
        api_groups: Some(vec!["apiextensions.k8s.io".to_owned()]),
        resources: Some(vec!["customresourcedefinitions".to_owned()]),
        verbs: ["get", "list", "watch"].map(str::to_owned).to_vec(),
        ..PolicyRule::default()
    };
    world.grant_everywhere(vec![watch]).await;
    let syncer = world.launch(options(&world));
    syncer.ready().await;
    let (widgets, name) = (world.tenant_api::<Widget>("default"), world.names.host("default", "w"));
    create(&widgets, widget("w", json!({"size": 1}))).await;
    until("the copy", &world.host_api::<Widget>(), &name, has_size(1)).await;

    // From now on the host has another version, which nobody would learn of for a minute by asking.
    let change = json!({"spec": {"versions": versioned(&["v2"])["spec"]["versions"]}});
    let params = PatchParams::default();
    let host = definitions(&world.host);
    host.patch("widgets.example.com", &params, &Patch::Merge(change)).await.expect("a change");
    edit(&widgets, "w", json!({"spec": {"size": 2}})).await;
    let gvk = kube::core::GroupVersionKind::gvk("example.com", "v2", "Widget");
    let resource = kube::core::ApiResource::from_gvk_with_plural(&gvk, "widgets");
    let copies: Api<kube::core::DynamicObject> =
        Api::namespaced_with(world.host.clone(), HOST_NAMESPACE, &resource);
    let config = watcher::Config::default().fields(&format!("metadata.name={name}"));
    // An API server that has just got another version answers 429 for a while.
    let mut shown = pin!(watcher(copies, config).default_backoff().applied_objects());
    let came = async {
        let has_changed = |copy: kube::core::DynamicObject| copy.data["spec"]["size"] == 2;
        while !shown.next().await.expect("goes on").is_ok_and(has_changed) {}
    };
    soon("the copy in the other version", came).await;
    syncer.stop().await;
}
