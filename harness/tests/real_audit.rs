//! The audit finds what bears no mark of ours: six foreign things are planted, and all six are named.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod lab;

use std::{net::TcpListener, sync::Arc, time::Duration};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api,
    api::{DynamicObject, PostParams},
};
use serde_json::json;
use tenantbench::{
    apply::Applier,
    host::{Host, supervised::SupervisedHost},
    probe::inventory::Inventory,
    run::round::machine_state,
    tenancy::{Limits, Platform, connect},
};

use lab::Lab;

#[tokio::test(flavor = "multi_thread")]
async fn six_foreign_things_are_all_named() {
    let lab = Lab::new();
    lab.ok(&["host", "up"]);
    let host = SupervisedHost::connect(&lab.path("state/runs"), &"default".parse().unwrap()).await.unwrap();
    let folder = host.folder().unwrap();
    let platform = Platform::new(Arc::new(host), "test".into(), Duration::from_secs(30)).await.unwrap();
    let objects = Inventory::take(&platform.client()).await.unwrap();
    let machine = machine_state(&platform);

    plant_objects(&platform.applier).await;
    let mut process = std::process::Command::new("sleep").arg("600").spawn().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap();
    let file = folder.join("foreign");
    std::fs::write(&file, "left").unwrap();

    let added = Inventory::take(&platform.client()).await.unwrap().added_since(&objects);
    let left = machine_state(&platform).added_since(&machine);
    process.kill().unwrap();
    process.wait().unwrap();
    let mut named: Vec<String> = added.iter().map(|object| object.full_name()).collect();
    named.extend(left.iter().map(|one| one.name.clone()));
    for wanted in [
        "clusterroles.rbac.authorization.k8s.io/foreign".to_owned(),
        "persistentvolumes/foreign".to_owned(),
        "configmaps/kube-system/foreign".to_owned(),
        format!("{} sleep 600", process.id()),
        format!("tcp/{}", port.local_addr().unwrap()),
        file.display().to_string(),
    ] {
        assert!(named.contains(&wanted), "{wanted} is not among {named:#?}");
    }
}

async fn plant_objects(platform: &Applier) {
    let objects = [
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "foreign"}, "rules": []}),
        json!({
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "foreign"},
            "spec": {"capacity": {"storage": "1Mi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/nowhere"}},
        }),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "foreign", "namespace": "kube-system"}}),
    ];
    for object in objects {
        let object: DynamicObject = serde_json::from_value(object).unwrap();
        platform.apply(&object, "kube-system").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_user_is_refused_outside_its_namespace_by_the_server_and_not_by_us() {
    let lab = Lab::new();
    lab.ok(&["host", "up"]);
    let host = SupervisedHost::connect(&lab.path("state/runs"), &"default".parse().unwrap()).await.unwrap();
    let platform = Platform::new(Arc::new(host), "test".into(), Duration::from_secs(30)).await.unwrap();
    let kubeconfig =
        platform.namespace("tenant-a", "tenantbench:tenant-a", &Limits::default()).await.unwrap();
    let client = connect(kubeconfig).await.unwrap();
    let map = |name: &str| -> ConfigMap {
        serde_json::from_value::<ConfigMap>(json!({"metadata": {"name": name}})).unwrap()
    };
    let create = |namespace: &str| {
        let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
        async move { api.create(&PostParams::default(), &map("a")).await }
    };
    create("tenant-a").await.unwrap();
    let refused = create("kube-system").await.unwrap_err();
    let kube::Error::Api(status) = refused else { panic!("{refused}") };
    assert_eq!(status.code, 403);
    assert!(status.message.contains("tenantbench:tenant-a"), "{}", status.message);
}
