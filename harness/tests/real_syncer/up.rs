//! Kinds that come up by option.

use k8s_openapi::{
    ClusterResourceScope,
    api::{
        core::v1::{Node, Pod},
        networking::v1::IngressClass,
        node::v1::RuntimeClass,
        scheduling::v1::PriorityClass,
        storage::v1::StorageClass,
    },
};
use kube::{
    Api, Resource, ResourceExt,
    api::{DeleteParams, Patch, PatchParams},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    until::{gone, until},
    world::{FOLLOWED, World, create, only_on, simulated, wide_up},
};

/// Makes a class on the host, waits for the tenant's copy, and for its end after the class's.
async fn comes_and_goes<K>(world: &World, class: Value)
where
    K: Resource<Scope = ClusterResourceScope, DynamicType = ()> + Clone + Serialize + DeserializeOwned,
    K: std::fmt::Debug + Send + 'static,
{
    let (host, tenant) = (Api::<K>::all(world.platform.clone()), Api::<K>::all(world.tenant()));
    let name = create(&host, class).await.name_any();
    let copy = until(&tenant, &name, |_| true).await;
    assert_eq!(copy.labels().get("tenantbench.dev/from-host").map(String::as_str), Some("true"));
    host.delete(&name, &DeleteParams::default()).await.unwrap();
    gone(&tenant, &name).await;
}

#[test]
fn classes_of_the_host_come_and_go() {
    wide_up(async |world| {
        let named = |name: &str| json!({"name": name});
        let storage = json!({"metadata": named("up-disk"), "provisioner": "disk.example"});
        comes_and_goes::<StorageClass>(world, storage).await;
        let ingress = json!({"metadata": named("up-web"), "spec": {"controller": "example.com/c"}});
        comes_and_goes::<IngressClass>(world, ingress).await;
        comes_and_goes::<RuntimeClass>(world, json!({"metadata": named("up-box"), "handler": "runsc"})).await;
        comes_and_goes::<PriorityClass>(world, json!({"metadata": named("up-high"), "value": 7})).await;
    });
}

#[test]
fn a_pod_has_the_priority_of_a_class_of_the_host() {
    wide_up(async |world| {
        let space = world.namespace("priority").await;
        let classes = Api::<PriorityClass>::all(world.platform.clone());
        create(&classes, json!({"metadata": {"name": "shared"}, "value": 77})).await;
        until(&Api::<PriorityClass>::all(world.tenant()), "shared", |_| true).await;
        let pod = space.ready(simulated("web", json!({"priorityClassName": "shared"}))).await;
        assert_eq!(pod.spec.unwrap().priority, Some(77));
        let spec = world.host::<Pod>().get(&space.host_name("web")).await.unwrap().spec.unwrap();
        assert_eq!((spec.priority, spec.priority_class_name.as_deref()), (Some(77), Some("shared")));
    });
}

#[test]
fn a_node_is_as_the_hosts_and_goes_with_its_last_pod() {
    wide_up(async |world| {
        let space = world.namespace("real-nodes").await;
        space.ready(simulated("web", only_on(FOLLOWED))).await;
        let (host, tenant) = (Api::<Node>::all(world.platform.clone()), Api::<Node>::all(world.tenant()));
        let of_host = host.get(FOLLOWED).await.unwrap();
        let node = until(&tenant, FOLLOWED, |node: &Node| json!(node.spec)["taints"].is_array()).await;
        assert_eq!(json!(node.status)["capacity"], json!(of_host.status)["capacity"]);
        assert_eq!(json!(node.spec)["taints"], json!(of_host.spec)["taints"]);
        let cordon = |on: bool| Patch::Merge(json!({"spec": {"unschedulable": on}}));
        host.patch(FOLLOWED, &PatchParams::default(), &cordon(true)).await.unwrap();
        let is_cordoned = |node: &Node| node.spec.as_ref().and_then(|spec| spec.unschedulable) == Some(true);
        until(&tenant, FOLLOWED, is_cordoned).await;
        host.patch(FOLLOWED, &PatchParams::default(), &cordon(false)).await.unwrap();
        until(&tenant, FOLLOWED, |node| !is_cordoned(node)).await;
        space.pods().delete("web", &DeleteParams::default()).await.unwrap();
        gone(&tenant, FOLLOWED).await;
    });
}
