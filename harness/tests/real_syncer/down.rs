//! Kinds that go down by option.

use k8s_openapi::api::{
    core::v1::{Endpoints, Namespace, Pod, Secret, Service, ServiceAccount},
    discovery::v1::EndpointSlice,
    networking::v1::{Ingress, NetworkPolicy},
    policy::v1::PodDisruptionBudget,
    scheduling::v1::PriorityClass,
    storage::v1::StorageClass,
};
use kube::{
    Api,
    api::{DeleteParams, EvictParams, Patch, PatchParams},
};
use serde_json::json;

use crate::{
    kinds::has_endpoint,
    until::{any, gone, until},
    world::{Space, create, simulated, wide_down},
};

#[test]
fn an_ingress_names_the_copies_and_gets_the_hosts_address() {
    wide_down(async |world| {
        let space = world.namespace("ingress").await;
        let backend = json!({"service": {"name": "web", "port": {"number": 80}}});
        let spec = json!({"tls": [{"secretName": "cert"}], "defaultBackend": backend});
        create(&space.api::<Secret>(), json!({"metadata": {"name": "cert"}, "stringData": {"k": "v"}})).await;
        create(&space.api::<Ingress>(), json!({"metadata": {"name": "web"}, "spec": spec})).await;
        let (host, name) = (world.host::<Ingress>(), space.host_name("web"));
        let copy = json!(until(&host, &name, |_| true).await.spec);
        assert_eq!(copy["defaultBackend"]["service"]["name"], json!(name));
        until(&world.host::<Secret>(), &space.host_name("cert"), |_| true).await;
        // What a controller of the host would write.
        let status = json!({"status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}}});
        host.patch_status(&name, &PatchParams::default(), &Patch::Merge(status)).await.unwrap();
        let has_address =
            |ingress: &Ingress| json!(ingress.status)["loadBalancer"]["ingress"][0]["ip"] == "203.0.113.7";
        until(&space.api::<Ingress>(), "web", has_address).await;
    });
}

#[test]
fn a_policy_and_an_account_are_copied() {
    wide_down(async |world| {
        let space = world.namespace("copied").await;
        let policy =
            json!({"metadata": {"name": "p"}, "spec": {"podSelector": {"matchLabels": {"app": "web"}}}});
        create(&space.api::<NetworkPolicy>(), policy).await;
        create(&space.api::<ServiceAccount>(), json!({"metadata": {"name": "robot"}})).await;
        let copy = json!(until(&world.host::<NetworkPolicy>(), &space.host_name("p"), |_| true).await.spec);
        let scoped = copy["podSelector"].to_string();
        assert!(scoped.contains("tenantbench.dev/namespace") && scoped.contains("copied"), "{scoped}");
        let account = space.host_name("robot");
        until(&world.host::<ServiceAccount>(), &account, |_| true).await;
        space.ready(simulated("web", json!({"serviceAccountName": "robot"}))).await;
        let pod = world.host::<Pod>().get(&space.host_name("web")).await.unwrap();
        assert_eq!(pod.spec.unwrap().service_account_name, Some(account));
    });
}

#[test]
fn a_policy_means_the_namespaces_that_have_its_labels_now() {
    wide_down(async |world| {
        let space = world.namespace("meaning").await;
        world.namespace("meant").await;
        let from = json!({"namespaceSelector": {"matchLabels": {"team": "red"}}});
        let spec = json!({"podSelector": {}, "ingress": [{"from": [from]}]});
        create(&space.api::<NetworkPolicy>(), json!({"metadata": {"name": "p"}, "spec": spec})).await;
        let (host, name) = (world.host::<NetworkPolicy>(), space.host_name("p"));
        let means = |policy: &NetworkPolicy, namespace: &str| {
            json!(policy.spec)["ingress"].to_string().contains(&format!("\"{namespace}\""))
        };
        let before = until(&host, &name, |_| true).await;
        assert!(!means(&before, "meant"), "nothing has the label yet");
        let label = Patch::Merge(json!({"metadata": {"labels": {"team": "red"}}}));
        let namespaces = Api::<Namespace>::all(world.tenant());
        namespaces.patch("meant", &PatchParams::default(), &label).await.unwrap();
        until(&host, &name, |policy| means(policy, "meant")).await;
    });
}

/// Asks for an eviction; returns the code of the answer.
async fn evict(pods: &Api<Pod>, name: &str) -> u16 {
    match pods.evict(name, &EvictParams::default()).await {
        Ok(_) => 201,
        Err(kube::Error::Api(status)) => status.code,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_budget_holds_on_both_sides_each_by_its_own_count() {
    wide_down(async |world| {
        let space = world.namespace("budget").await;
        let selector = json!({"matchLabels": {"app": "web"}});
        let budget = json!({"metadata": {"name": "web"}, "spec": {"minAvailable": 1, "selector": selector}});
        create(&space.api::<PodDisruptionBudget>(), budget).await;
        space.ready(simulated("web", json!({}))).await;
        let has_counted = |budget: &PodDisruptionBudget| {
            let status = json!(budget.status);
            status["currentHealthy"] == 1 && status["disruptionsAllowed"] == 0
        };
        until(&space.api::<PodDisruptionBudget>(), "web", has_counted).await;
        until(&world.host::<PodDisruptionBudget>(), &space.host_name("web"), has_counted).await;
        assert_eq!(evict(&space.pods(), "web").await, 429);
        assert_eq!(evict(&world.host::<Pod>(), &space.host_name("web")).await, 429);
    });
}

#[test]
fn a_class_of_the_tenants_own_is_what_its_pods_have_on_the_host() {
    wide_down(async |world| {
        let space = world.namespace("class").await;
        let class = json!({"metadata": {"name": "own"}, "value": 1234, "preemptionPolicy": "Never"});
        create(&Api::<PriorityClass>::all(world.tenant()), class).await;
        let name = world.host_cluster_name("own");
        until(&Api::<PriorityClass>::all(world.platform.clone()), &name, |_| true).await;
        space.ready(simulated("web", json!({"priorityClassName": "own"}))).await;
        let spec = world.host::<Pod>().get(&space.host_name("web")).await.unwrap().spec.unwrap();
        assert_eq!((spec.priority, spec.priority_class_name), (Some(1234), Some(name)));
        let storage = json!({"metadata": {"name": "fast"}, "provisioner": "disk.example"});
        create(&Api::<StorageClass>::all(world.tenant()), storage).await;
        let classes = Api::<StorageClass>::all(world.platform.clone());
        let copy = until(&classes, &world.host_cluster_name("fast"), |_| true).await;
        assert_eq!(copy.provisioner, "disk.example");
    });
}

/// A slice of a Service that has no selector.
async fn slice(space: &Space, name: &str, of: &str) {
    create(
        &space.api::<EndpointSlice>(),
        json!({
            "metadata": {"name": name, "labels": {"kubernetes.io/service-name": of}}, "addressType": "IPv4",
            "endpoints": [{"addresses": ["10.1.2.3"], "conditions": {"ready": true}}], "ports": [{"port": 80}],
        }),
    )
    .await;
}

#[test]
fn endpoints_that_nobody_selects_lead_there_on_the_host_too() {
    wide_down(async |world| {
        let space = world.namespace("endpoints").await;
        let service = json!({"metadata": {"name": "db"}, "spec": {"ports": [{"port": 80}]}});
        create(&space.api::<Service>(), service).await;
        slice(&space, "db-1", "db").await;
        let name = space.host_name("db");
        any(&world.host::<EndpointSlice>(), |slice| has_endpoint(slice, &name, "10.1.2.3", true)).await;
        space.api::<EndpointSlice>().delete("db-1", &DeleteParams::default()).await.unwrap();
        gone(&world.host::<EndpointSlice>(), &space.host_name("db-1")).await;
    });
}

#[test]
fn endpoints_of_the_older_form_lead_there_too() {
    wide_down(async |world| {
        let space = world.namespace("older-endpoints").await;
        let service = json!({"metadata": {"name": "db"}, "spec": {"ports": [{"port": 80}]}});
        create(&space.api::<Service>(), service).await;
        let subsets = json!([{"addresses": [{"ip": "10.1.2.4"}], "ports": [{"port": 80}]}]);
        create(&space.api::<Endpoints>(), json!({"metadata": {"name": "db"}, "subsets": subsets})).await;
        let (host, name) = (world.host::<Endpoints>(), space.host_name("db"));
        let leads = |endpoints: &Endpoints| json!(endpoints.subsets)[0]["addresses"][0]["ip"] == "10.1.2.4";
        until(&host, &name, leads).await;
        space.api::<Endpoints>().delete("db", &DeleteParams::default()).await.unwrap();
        gone(&host, &name).await;
    });
}
