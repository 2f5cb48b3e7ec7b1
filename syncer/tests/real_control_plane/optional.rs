//! Kinds by option, with the Role that is printed for them and with the ordinary one.

use k8s_openapi::api::{
    core::v1::{Namespace, Secret, Service, ServiceAccount},
    networking::v1::{Ingress, NetworkPolicy},
    policy::v1::PodDisruptionBudget,
    scheduling::v1::PriorityClass,
    storage::v1::StorageClass,
};
use kube::{
    Api,
    api::{DeleteParams, ListParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use tenantbench_syncer::kinds::{Kinds, optional};

use crate::support::{Running, World, create, prepare_namespace, until};

/// A syncer of these kinds besides the default ones, with the rights for them.
async fn syncer(world: &World, names: &[&str]) -> Running {
    let kinds = names
        .iter()
        .map(|name| optional(name).expect("an option"))
        .try_fold(Kinds::default(), Kinds::with)
        .expect("one way each");
    world.grant(&kinds).await;
    let mut options = world.options();
    options.kinds = kinds;
    let syncer = world.launch(options);
    syncer.ready().await;
    syncer
}

fn is_there<K>(object: Option<&K>) -> bool {
    object.is_some()
}

fn is_gone<K>(object: Option<&K>) -> bool {
    object.is_none()
}

fn ingress(host: &str) -> Value {
    let backend = json!({"service": {"name": "web", "port": {"number": 80}}});
    json!({"metadata": {"name": "web"}, "spec": {
        "tls": [{"hosts": [host], "secretName": "cert"}],
        "rules": [{"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}],
    }})
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ingress_brings_its_secret_and_gets_its_address_and_class() {
    let world = World::start().await;
    let _syncer = syncer(&world, &["ingresses"]).await;
    let (ingresses, host_ingresses) = (world.tenant_api::<Ingress>("default"), world.host_api::<Ingress>());
    let (secrets, host_secrets) = (world.tenant_api::<Secret>("default"), world.host_api::<Secret>());
    let (web, cert) = (world.names.host("default", "web"), world.names.host("default", "cert"));
    create(&secrets, json!({"metadata": {"name": "cert"}, "stringData": {"tls.key": "k"}})).await;
    create(&ingresses, ingress("a.example")).await;
    let copy = until("the Ingress on the host", &host_ingresses, &web, is_there).await.expect("an Ingress");
    let spec = json!(copy.spec);
    assert_eq!(spec["tls"][0]["secretName"], json!(cert));
    assert_eq!(spec["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"], json!(web));
    until("its Secret", &host_secrets, &cert, is_there).await;

    // What the host's people and controllers do to it comes up.
    let status = json!({"status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}}});
    host_ingresses
        .patch_status(&web, &PatchParams::default(), &Patch::Merge(status))
        .await
        .expect("a status");
    let class = json!({
        "spec": {"ingressClassName": "nginx"}, "metadata": {"finalizers": ["host.example/clean-up"]},
    });
    host_ingresses.patch(&web, &PatchParams::default(), &Patch::Merge(class)).await.expect("a change");
    let has_both = |ingress: Option<&Ingress>| {
        let ingress = json!(ingress);
        ingress["status"]["loadBalancer"]["ingress"][0]["ip"] == "203.0.113.7"
            && ingress["spec"]["ingressClassName"] == "nginx"
    };
    until("address and class", &ingresses, "web", has_both).await;

    // A change goes down and takes nothing of the host's away.
    let change = json!({"spec": {"rules": [{"host": "b.example"}], "tls": null}});
    ingresses.patch("web", &PatchParams::default(), &Patch::Merge(change)).await.expect("a change");
    let has_changed = |ingress: Option<&Ingress>| json!(ingress)["spec"]["rules"][0]["host"] == "b.example";
    let changed = until("the change", &host_ingresses, &web, has_changed).await.expect("an Ingress");
    assert_eq!(changed.metadata.finalizers.expect("finalizers"), ["host.example/clean-up"]);
    until("the Secret to go unused", &host_secrets, &cert, is_gone).await;
    let free = json!({"metadata": {"finalizers": null}});
    host_ingresses.patch(&web, &PatchParams::default(), &Patch::Merge(free)).await.expect("a change");
    ingresses.delete("web", &DeleteParams::default()).await.expect("is deleted");
    until("the Ingress to go", &host_ingresses, &web, is_gone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_follows_the_labels_of_the_namespaces_that_it_means() {
    let world = World::start().await;
    let _syncer = syncer(&world, &["networkpolicies"]).await;
    let namespaces = Api::<Namespace>::all(world.tenant.clone());
    prepare_namespace(&world.tenant, "blue").await;
    let peers = json!([{"from": [{"namespaceSelector": {"matchLabels": {"team": "x"}}}]}]);
    let policy = json!({"metadata": {"name": "p"}, "spec": {"podSelector": {}, "ingress": peers}});
    create(&world.tenant_api::<NetworkPolicy>("default"), policy).await;
    let (policies, name) = (world.host_api::<NetworkPolicy>(), world.names.host("default", "p"));
    let met = |policy: &Value| -> Value {
        let peer = &policy["spec"]["ingress"][0]["from"][0];
        assert_eq!(peer.get("namespaceSelector"), None);
        peer["podSelector"]["matchExpressions"][1].clone()
    };
    let copy = until("the policy on the host", &policies, &name, is_there).await.expect("a policy");
    let copy = json!(copy);
    assert_eq!(met(&copy), json!({"key": "tenantbench.dev/namespace", "operator": "DoesNotExist"}));
    assert_eq!(copy["spec"]["podSelector"]["matchExpressions"][1]["values"], json!(["default"]));

    for (value, expected) in [
        (json!("x"), json!({"key": "tenantbench.dev/namespace", "operator": "In", "values": ["blue"]})),
        (Value::Null, json!({"key": "tenantbench.dev/namespace", "operator": "DoesNotExist"})),
    ] {
        let change = json!({"metadata": {"labels": {"team": value}}});
        namespaces.patch("blue", &PatchParams::default(), &Patch::Merge(change)).await.expect("a change");
        let follows = move |policy: Option<&NetworkPolicy>| {
            policy.is_some_and(|policy| met(&json!(policy)) == expected)
        };
        until("the policy to follow", &policies, &name, follows).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_and_an_account_are_copied_with_their_own_role() {
    let world = World::start().await;
    let _syncer = syncer(&world, &["poddisruptionbudgets", "serviceaccounts"]).await;
    let budget = json!({"metadata": {"name": "web"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}});
    create(&world.tenant_api::<PodDisruptionBudget>("default"), budget).await;
    create(&world.tenant_api::<ServiceAccount>("default"), json!({"metadata": {"name": "robot"}})).await;
    let (budgets, accounts) = (world.host_api::<PodDisruptionBudget>(), world.host_api::<ServiceAccount>());
    let (web, robot) = (world.names.host("default", "web"), world.names.host("default", "robot"));
    let copy = until("the budget on the host", &budgets, &web, is_there).await.expect("a budget");
    let selector = json!(copy.spec)["selector"].clone();
    assert_eq!(selector["matchExpressions"][0]["values"], json!(["vc"]));
    let copy = until("the account on the host", &accounts, &robot, is_there).await.expect("an account");
    assert_eq!(copy.automount_service_account_token, Some(false));
    let change = json!({"spec": {"minAvailable": 2}});
    let tenant = world.tenant_api::<PodDisruptionBudget>("default");
    tenant.patch("web", &PatchParams::default(), &Patch::Merge(change)).await.expect("a change");
    let follows = |budget: Option<&PodDisruptionBudget>| json!(budget)["spec"]["minAvailable"] == 2;
    until("the change", &budgets, &web, follows).await;
    tenant.delete("web", &DeleteParams::default()).await.expect("is deleted");
    until("the budget to go", &budgets, &web, is_gone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn classes_are_copied_under_names_of_their_virtual_cluster_and_made_anew_where_they_cannot_change() {
    let world = World::start().await;
    let _syncer = syncer(&world, &["priorityclasses", "storageclasses"]).await;
    let tenant = Api::<PriorityClass>::all(world.tenant.clone());
    let host = Api::<PriorityClass>::all(world.host.clone());
    let name = world.names.host_cluster("high");
    // An API server that has not noticed yet that its default class is gone refuses another.
    let class =
        |value: i64| json!({"metadata": {"name": "high"}, "value": value, "globalDefault": value == 1000});
    create(&tenant, class(1000)).await;
    let copy = until("the class on the host", &host, &name, is_there).await.expect("a class");
    assert_eq!((copy.value, copy.global_default.unwrap_or_default()), (Some(1000), false));

    tenant.delete("high", &DeleteParams::default()).await.expect("is deleted");
    create(&tenant, class(2000)).await;
    until("the other value", &host, &name, |class: Option<&PriorityClass>| {
        class.is_some_and(|c| c.value == Some(2000))
    })
    .await;
    tenant.delete("high", &DeleteParams::default()).await.expect("is deleted");
    until("the class to go", &host, &name, is_gone).await;

    let (tenant, host) =
        (Api::<StorageClass>::all(world.tenant.clone()), Api::<StorageClass>::all(world.host.clone()));
    create(
        &tenant,
        json!({"metadata": {"name": "fast"}, "provisioner": "disk.example", "parameters": {"type": "ssd"}}),
    )
    .await;
    let copy = until("the class on the host", &host, &world.names.host_cluster("fast"), is_there)
        .await
        .expect("a class");
    assert_eq!(
        (copy.provisioner.as_str(), copy.parameters.expect("parameters")["type"].as_str()),
        ("disk.example", "ssd")
    );
    assert_eq!(host.list(&ListParams::default()).await.expect("a list").items.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_role_lacks_is_left_out_and_the_rest_goes_on() {
    let world = World::start().await;
    let mut options = world.options();
    options.kinds = ["ingresses", "priorityclasses"]
        .into_iter()
        .map(|name| optional(name).expect("an option"))
        .try_fold(Kinds::default(), Kinds::with)
        .expect("one way each");
    let syncer = world.launch(options);
    syncer.ready().await;
    create(&world.tenant_api::<Ingress>("default"), ingress("a.example")).await;
    let service = json!({"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}});
    create(&world.tenant_api::<Service>("default"), service).await;
    let name = world.names.host("default", "web");
    until("the Service on the host", &world.host_api::<Service>(), &name, is_there).await;
    assert!(world.host_api::<Ingress>().get_opt(&name).await.expect("may read").is_none());
}
