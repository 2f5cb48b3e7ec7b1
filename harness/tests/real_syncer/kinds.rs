//! What a tenant has on the host besides its pods, without any option.

use k8s_openapi::api::{
    coordination::v1::Lease,
    core::v1::{ConfigMap, Event, Node, PersistentVolume, PersistentVolumeClaim, Pod, Secret, Service},
    discovery::v1::EndpointSlice,
};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::{Value, json};

use crate::{
    until::{any, gone, until},
    world::{case, create, simulated},
};

/// Whether a slice is of this Service and has an endpoint of this address that is Ready, or not.
pub(crate) fn has_endpoint(slice: &EndpointSlice, service: &str, address: &str, ready: bool) -> bool {
    slice.labels().get("kubernetes.io/service-name").is_some_and(|name| name == service)
        && slice.endpoints.iter().flatten().any(|endpoint| {
            let is_ready = endpoint.conditions.as_ref().and_then(|conditions| conditions.ready);
            endpoint.addresses.iter().any(|one| one == address) && is_ready == Some(ready)
        })
}

pub(crate) fn service(name: &str, selected: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {"ports": [{"port": 80}], "selector": {"app": selected}}})
}

pub(crate) fn address(pod: &Pod) -> String {
    pod.status.as_ref().and_then(|status| status.pod_ip.clone()).unwrap()
}

#[test]
fn a_service_has_one_address_on_both_sides_and_leads_to_its_pods_on_both() {
    case(async |world| {
        let space = world.namespace("services").await;
        let made = create(&space.api::<Service>(), service("web", "web")).await;
        let pod = space.ready(simulated("web", json!({}))).await;
        let name = space.host_name("web");
        let copy = until(&world.host::<Service>(), &name, |_| true).await;
        let ip = |service: Service| service.spec.and_then(|spec| spec.cluster_ip);
        assert_eq!(ip(copy), ip(made));
        let address = address(&pod);
        any(&space.api::<EndpointSlice>(), |slice| has_endpoint(slice, "web", &address, true)).await;
        any(&world.host::<EndpointSlice>(), |slice| has_endpoint(slice, &name, &address, true)).await;
        space.api::<Service>().delete("web", &DeleteParams::default()).await.unwrap();
        gone(&world.host::<Service>(), &name).await;
    });
}

#[test]
fn what_a_pod_reads_is_on_the_host_while_it_does_and_follows() {
    case(async |world| {
        let space = world.namespace("read").await;
        let (maps, secrets) = (space.api::<ConfigMap>(), space.api::<Secret>());
        create(&maps, json!({"metadata": {"name": "m"}, "data": {"k": "1"}})).await;
        create(&secrets, json!({"metadata": {"name": "s"}, "stringData": {"k": "1"}})).await;
        let (map, secret) = (space.host_name("m"), space.host_name("s"));
        let (host_maps, host_secrets) = (world.host::<ConfigMap>(), world.host::<Secret>());
        let env = json!([{"name": "K", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]);
        let mut pod = simulated("web", json!({"volumes": [{"name": "v", "configMap": {"name": "m"}}]}));
        pod["spec"]["containers"][0]["env"] = env;
        assert!(host_maps.get_opt(&map).await.unwrap().is_none(), "nobody reads it yet");
        space.ready(pod).await;
        until(&host_secrets, &secret, |_| true).await;
        let change = Patch::Merge(json!({"data": {"k": "2"}}));
        maps.patch("m", &PatchParams::default(), &change).await.unwrap();
        let follows = |map: &ConfigMap| map.data.as_ref().is_some_and(|data| data["k"] == "2");
        until(&host_maps, &map, follows).await;
        space.pods().delete("web", &DeleteParams::default()).await.unwrap();
        gone(&host_maps, &map).await;
        gone(&host_secrets, &secret).await;
    });
}

#[test]
fn a_claim_is_bound_by_the_host_and_its_pod_runs() {
    case(async |world| {
        let space = world.namespace("claims").await;
        // What a provisioner of the host would make.
        let spec = json!({
            "capacity": {"storage": "2Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "by-hand",
            "persistentVolumeReclaimPolicy": "Retain", "hostPath": {"path": "/tmp"},
        });
        let volumes: Api<PersistentVolume> = Api::all(world.platform.clone());
        create(&volumes, json!({"metadata": {"name": "disk"}, "spec": spec})).await;
        let claim = json!({"metadata": {"name": "data"}, "spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": "by-hand", "resources": {"requests": {"storage": "1Gi"}},
        }});
        let claims = space.api::<PersistentVolumeClaim>();
        create(&claims, claim).await;
        let volume = json!({"name": "v", "persistentVolumeClaim": {"claimName": "data"}});
        let pod = space.ready(simulated("db", json!({"volumes": [volume]}))).await;
        assert!(pod.spec.unwrap().node_name.is_some());
        let is_bound = |claim: &PersistentVolumeClaim| {
            let status = json!(claim.status);
            status["phase"] == "Bound" && status["capacity"]["storage"] == "2Gi"
        };
        let bound = until(&claims, "data", is_bound).await;
        assert_eq!(bound.spec.unwrap().volume_name.as_deref(), Some("disk"));
        let own: Api<PersistentVolume> = Api::all(world.tenant());
        until(&own, "disk", |_| true).await;
        let on_host = world.host::<Pod>().get(&space.host_name("db")).await.unwrap();
        assert_eq!(
            json!(on_host.spec)["volumes"][0]["persistentVolumeClaim"]["claimName"],
            json!(space.host_name("data"))
        );

        space.pods().delete("db", &DeleteParams::default()).await.unwrap();
        gone(&world.host::<Pod>(), &space.host_name("db")).await;
        claims.delete("data", &DeleteParams::default()).await.unwrap();
        gone(&world.host::<PersistentVolumeClaim>(), &space.host_name("data")).await;
        gone(&claims, "data").await;
        gone(&own, "disk").await;
        volumes.delete("disk", &DeleteParams::default()).await.unwrap();
    });
}

#[test]
fn what_the_hosts_scheduler_says_is_told_in_the_tenants_words() {
    case(async |world| {
        let space = world.namespace("told").await;
        create(&space.pods(), simulated("web", json!({"nodeSelector": {"no": "such"}}))).await;
        let is_told = |event: &Event| {
            event.reason.as_deref() == Some("FailedScheduling")
                && event.involved_object.name.as_deref() == Some("web")
                && event.involved_object.namespace.as_deref() == Some("told")
                && event.message.as_deref().is_some_and(|text| text.contains("nodes are available"))
        };
        any(&space.api::<Event>(), is_told).await;
    });
}

#[test]
fn a_node_is_made_of_its_name_and_kept_alive_by_its_lease() {
    case(async |world| {
        let space = world.namespace("alive").await;
        space.ready(simulated("web", json!({"nodeName": "node-0"}))).await;
        let nodes: Api<Node> = Api::all(world.tenant());
        let is_ready = |node: &Node| {
            let mut all = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
            all.any(|one| one.type_ == "Ready" && one.status == "True")
        };
        let node = until(&nodes, "node-0", is_ready).await;
        assert!(node.labels().contains_key("tenantbench.dev/synthesised"));
        let leases: Api<Lease> = Api::namespaced(world.tenant(), "kube-node-lease");
        let renewed = |lease: &Lease| lease.spec.as_ref().and_then(|spec| spec.renew_time.clone());
        let first = until(&leases, "node-0", |lease| renewed(lease).is_some()).await;
        until(&leases, "node-0", |lease| renewed(lease) != renewed(&first)).await;
    });
}
