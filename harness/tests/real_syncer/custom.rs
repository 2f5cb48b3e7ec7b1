//! Custom resources, defined by the tenant and by the platform team.

use k8s_openapi::{
    api::core::v1::Secret, apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, Client,
    api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams},
    core::{ApiResource, GroupVersionKind},
    runtime::{
        conditions::is_crd_established,
        wait::{Condition, await_condition},
    },
};
use serde_json::{Value, json};

use crate::{
    until::PATIENCE,
    world::{create, wide_down},
};

const NAME: &str = "widgets.example.com";

/// A Widget names a Secret and has a status.
fn definition() -> Value {
    let object = |fields: Value| json!({"type": "object", "properties": fields});
    let text = json!({"type": "string"});
    let schema = object(json!({
        "spec": object(json!({"secretName": text, "size": {"type": "integer"}})),
        "status": object(json!({"message": text})),
    }));
    json!({
        "metadata": {"name": NAME},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"},
            "versions": [{
                "name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": schema},
            }],
        },
    })
}

async fn define(cluster: &Client) {
    let definitions: Api<CustomResourceDefinition> = Api::all(cluster.clone());
    create(&definitions, definition()).await;
    let established = await_condition(definitions, NAME, is_crd_established());
    tokio::time::timeout(PATIENCE, established).await.unwrap().unwrap();
}

/// Waits until a Widget, or its absence, is as it should be.
async fn until(widgets: &Api<DynamicObject>, name: &str, condition: impl Condition<DynamicObject>) -> Value {
    let waited =
        tokio::time::timeout(CUSTOM_PATIENCE, await_condition(widgets.clone(), name, condition)).await;
    json!(waited.unwrap_or_else(|_| panic!("Widget {name} is not as it should be")).unwrap())
}

/// A syncer with a Role alone asks once a minute whether the host has a definition.
const CUSTOM_PATIENCE: std::time::Duration = PATIENCE.saturating_mul(2);

#[test]
fn a_kind_that_an_operator_lists_goes_down_with_what_it_names_and_its_status_comes_up() {
    wide_down(async |world| {
        define(&world.platform).await;
        define(&world.tenant()).await;
        let space = world.namespace("custom").await;
        let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("example.com", "v1", "Widget"));
        let tenant: Api<DynamicObject> = Api::namespaced_with(world.tenant(), space.name, &kind);
        let host: Api<DynamicObject> = Api::namespaced_with(world.platform.clone(), world.name(), &kind);
        create(&space.api::<Secret>(), json!({"metadata": {"name": "s"}, "stringData": {"k": "v"}})).await;
        let widget = json!({
            "apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"},
            "spec": {"secretName": "s", "size": 3},
        });
        tenant.create(&PostParams::default(), &serde_json::from_value(widget).unwrap()).await.unwrap();

        let name = space.host_name("w");
        let copy = until(&host, &name, |widget: Option<&DynamicObject>| widget.is_some()).await;
        assert_eq!(copy["spec"], json!({"secretName": space.host_name("s"), "size": 3}));
        crate::until::until(&world.host::<Secret>(), &space.host_name("s"), |_| true).await;
        // What an operator of the host would write.
        let status = Patch::Merge(json!({"status": {"message": "made"}}));
        host.patch_status(&name, &PatchParams::default(), &status).await.unwrap();
        let is_told =
            |widget: Option<&DynamicObject>| widget.is_some_and(|it| it.data["status"]["message"] == "made");
        until(&tenant, "w", is_told).await;

        tenant.delete("w", &DeleteParams::default()).await.unwrap();
        until(&host, &name, |widget: Option<&DynamicObject>| widget.is_none()).await;
        crate::until::gone(&world.host::<Secret>(), &space.host_name("s")).await;
    });
}
