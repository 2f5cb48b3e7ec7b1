//! What the host refuses: told once, in the tenant's words, and carried out when the cause has gone.

use k8s_openapi::api::{
    admissionregistration::v1::{ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding},
    core::v1::{ConfigMap, Event, Pod, Service},
};
use kube::{
    Api,
    api::{DeleteParams, ListParams, PostParams},
};
use serde_json::json;

use super::events::event_about;
use crate::support::{HOST_NAMESPACE, World, create, is_ready, pod, soon, until};

/// Has the host refuse everything of the virtual cluster, in words that name what the tenant must not know.
async fn refuse_all(world: &World) -> Api<ValidatingAdmissionPolicyBinding> {
    let policy = json!({"metadata": {"name": "none-of-it"}, "spec": {
        "matchConstraints": {"resourceRules": [{
            "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"],
            "resources": ["pods", "services", "configmaps"],
        }]},
        "matchConditions": [{"name": "copies", "expression": "object.metadata.name.endsWith('-x-vc')"}],
        "validations": [{
            "expression": "false",
            "messageExpression": "object.metadata.name + ' is not wanted in ' + object.metadata.namespace",
        }],
    }});
    create(&Api::<ValidatingAdmissionPolicy>::all(world.host.clone()), policy).await;
    let bindings = Api::all(world.host.clone());
    let binding = json!({"metadata": {"name": "none-of-it"}, "spec": {
        "policyName": "none-of-it", "validationActions": ["Deny"],
    }});
    create(&bindings, binding).await;
    // The API server tells nobody when it has taken a policy in.
    let probe = serde_json::from_value(json!({"metadata": {"name": "probe-x-vc"}})).expect("a ConfigMap");
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    soon("the policy to hold", async {
        while world.host_api::<ConfigMap>().create(&dry, &probe).await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await;
    bindings
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_hosts_policy_refuses_is_told_once_in_the_tenants_words_and_heals() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let _syncer = world.syncer().await;
    let bindings = refuse_all(&world).await;
    let (pods, events) = (world.tenant_api::<Pod>("default"), world.tenant_api::<Event>("default"));
    let map = json!({"metadata": {"name": "settings"}, "data": {"a": "b"}});
    create(&world.tenant_api::<ConfigMap>("default"), map).await;
    create(&pods, pod("web", Some("settings"))).await;
    create(&pods, pod("bare", None)).await;
    let service = json!({"metadata": {"name": "front"}, "spec": {"ports": [{"port": 80}]}});
    create(&world.tenant_api::<Service>("default"), service).await;

    let refused = ["settings", "bare", "front"];
    for name in refused {
        let message = event_about(events.clone(), name, "NotSynced").await.message.unwrap_or_default();
        assert!(message.contains(&format!("{name} is not wanted in default")), "{message}");
        assert!(!message.contains("-x-") && !message.contains(HOST_NAMESPACE), "{message}");
    }
    let all = events.list(&ListParams::default()).await.expect("may list").items;
    let about = |name| all.iter().filter(|event| event.involved_object.name.as_deref() == Some(name)).count();
    assert_eq!(refused.map(about), [1, 1, 1], "{all:?}");

    bindings.delete("none-of-it", &DeleteParams::default()).await.expect("is deleted");
    for name in ["web", "bare"] {
        until("the pod to be Ready", &pods, name, is_ready).await;
    }
    let is_there = |service: Option<&Service>| service.is_some();
    until("the Service's copy", &world.host_api(), &world.names.host("default", "front"), is_there).await;
}
