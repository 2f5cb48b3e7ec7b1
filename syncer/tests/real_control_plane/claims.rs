//! Claims and their volumes, with the default Role. The test plays the host's binder; the tenant has none.

use k8s_openapi::api::{
    core::v1::{Event, PersistentVolume, PersistentVolumeClaim, Pod},
    storage::v1::StorageClass,
};
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::{Value, json};

use crate::{
    events::event_about,
    support::{World, create, is_ready, pod, until},
};

fn claim(size: &str) -> Value {
    json!({"metadata": {"name": "data"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "resources": {"requests": {"storage": size}},
    }})
}

fn phase(claim: Option<&PersistentVolumeClaim>) -> Option<&str> {
    claim?.status.as_ref()?.phase.as_deref()
}

fn size(claim: Option<&PersistentVolumeClaim>) -> Option<String> {
    let requests = claim?.spec.as_ref()?.resources.as_ref()?.requests.as_ref()?;
    requests.get("storage").map(|size| size.0.clone())
}

async fn patch(api: &Api<PersistentVolumeClaim>, name: &str, change: Value) {
    api.patch(name, &PatchParams::default(), &Patch::Merge(change)).await.expect("a change");
}

/// What a binder writes.
async fn bind(api: &Api<PersistentVolumeClaim>, name: &str, volume: &str) {
    let main = json!({
        "metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}}, "spec": {"volumeName": volume},
    });
    patch(api, name, main).await;
    let status = json!({"status": {
        "phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"},
    }});
    api.patch_status(name, &PatchParams::default(), &Patch::Merge(status)).await.expect("a status");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_bound_on_both_sides_grows_and_goes_with_its_volume() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let _syncer = world.syncer().await;
    let claims = world.tenant_api::<PersistentVolumeClaim>("default");
    let host_claims = world.host_api::<PersistentVolumeClaim>();
    let (volumes, host_name) =
        (Api::<PersistentVolume>::all(world.tenant.clone()), world.names.host("default", "data"));

    // A pod waits for its claim, which asks the host for the same.
    let mut user = pod("web", None);
    user["spec"]["volumes"] = json!([{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]);
    create(&claims, claim("1Gi")).await;
    create(&world.tenant_api::<Pod>("default"), user).await;
    let copy =
        until("the claim on the host", &host_claims, &host_name, |c: Option<&PersistentVolumeClaim>| {
            c.is_some()
        });
    let spec = copy.await.and_then(|copy| copy.spec).expect("a spec");
    assert_eq!((spec.storage_class_name.as_deref(), spec.volume_name), (Some("fast"), None));
    until("the pod to be Ready", &world.tenant_api::<Pod>("default"), "web", is_ready).await;

    // The binding comes up, with a volume that stands for the host's.
    bind(&host_claims, &host_name, "pvc-1").await;
    let bound = until("the claim to be Bound", &claims, "data", |c: Option<&PersistentVolumeClaim>| {
        phase(c) == Some("Bound")
    });
    let bound = bound.await.expect("a claim");
    assert_eq!(bound.spec.as_ref().and_then(|spec| spec.volume_name.as_deref()), Some("pvc-1"));
    let volume = volumes.get("pvc-1").await.expect("a volume");
    let of = volume.spec.as_ref().and_then(|spec| spec.claim_ref.clone()).expect("a claim");
    assert_eq!((of.name.as_deref(), of.uid.as_ref()), (Some("data"), bound.metadata.uid.as_ref()));
    assert_eq!(volume.status.and_then(|status| status.phase).as_deref(), Some("Bound"));

    // One that someone deletes comes back.
    let free = json!({"metadata": {"finalizers": null}});
    volumes.patch("pvc-1", &PatchParams::default(), &Patch::Merge(free)).await.expect("a change");
    volumes.delete("pvc-1", &DeleteParams::default()).await.expect("is deleted");
    let is_back =
        move |v: Option<&PersistentVolume>| v.is_some_and(|v| v.metadata.uid != volume.metadata.uid);
    until("the volume to come back", &volumes, "pvc-1", is_back).await;

    // Nothing of the host's is lost when the claim goes on changing.
    patch(&claims, "data", json!({"metadata": {"labels": {"tier": "a"}}})).await;
    let has_label = |c: Option<&PersistentVolumeClaim>| {
        c.and_then(|c| c.metadata.labels.as_ref()).is_some_and(|labels| labels.contains_key("tier"))
    };
    let labelled = until("the label", &host_claims, &host_name, has_label).await.expect("a claim");
    assert_eq!(phase(Some(&labelled)), Some("Bound"));
    assert!(
        labelled
            .metadata
            .finalizers
            .is_some_and(|all| all.contains(&"kubernetes.io/pvc-protection".to_owned()))
    );
    let annotations = labelled.metadata.annotations.unwrap_or_default();
    assert_eq!(annotations["pv.kubernetes.io/bind-completed"], "yes");

    // It goes, and the volume with it. The test plays the one who lifts the protection.
    for (api, name) in [(&claims, "data"), (&host_claims, host_name.as_str())] {
        patch(api, name, json!({"metadata": {"finalizers": null}})).await;
    }
    claims.delete("data", &DeleteParams::default()).await.expect("is deleted");
    until("the host's claim to go", &host_claims, &host_name, |c: Option<&PersistentVolumeClaim>| {
        c.is_none()
    })
    .await;
    until("the volume to go", &volumes, "pvc-1", |v: Option<&PersistentVolume>| v.is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_grows_from_either_side_and_a_restart_changes_nothing() {
    let world = World::start().await;
    let syncer = world.syncer().await;
    // Only claims of a class that allows it may grow.
    let class = json!({
        "metadata": {"name": "fast"}, "provisioner": "disk.example", "allowVolumeExpansion": true,
    });
    for cluster in [&world.host, &world.tenant] {
        create(&Api::<StorageClass>::all(cluster.clone()), class.clone()).await;
    }
    let (claims, host_claims) =
        (world.tenant_api::<PersistentVolumeClaim>("default"), world.host_api::<PersistentVolumeClaim>());
    let host_name = world.names.host("default", "data");
    create(&claims, claim("1Gi")).await;
    until("the claim on the host", &host_claims, &host_name, |c: Option<&PersistentVolumeClaim>| c.is_some())
        .await;
    bind(&host_claims, &host_name, "pvc-1").await;
    until("the claim to be Bound", &claims, "data", |c: Option<&PersistentVolumeClaim>| {
        phase(c) == Some("Bound")
    })
    .await;
    let is =
        |wanted: &'static str| move |c: Option<&PersistentVolumeClaim>| size(c).as_deref() == Some(wanted);
    let grow = |to: &str| json!({"spec": {"resources": {"requests": {"storage": to}}}});
    patch(&claims, "data", grow("2Gi")).await;
    until("the host's claim to grow", &host_claims, &host_name, is("2Gi")).await;
    let agreed = |c: Option<&PersistentVolumeClaim>| {
        c.and_then(|c| c.metadata.annotations.as_ref()?.get("tenantbench.dev/agreed").cloned())
    };
    let before = agreed(host_claims.get(&host_name).await.ok().as_ref());
    patch(&host_claims, &host_name, grow("3Gi")).await;
    until("the tenant's claim to grow", &claims, "data", is("3Gi")).await;
    let is_agreed = move |c: Option<&PersistentVolumeClaim>| agreed(c) != before;
    until("both to agree", &host_claims, &host_name, is_agreed).await;

    syncer.stop().await;
    let before = host_claims.get(&host_name).await.expect("a claim").metadata.resource_version;
    let _syncer = world.syncer().await;
    assert_eq!(host_claims.get(&host_name).await.expect("a claim").metadata.resource_version, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_would_choose_a_volume_of_the_host_is_refused_with_an_event() {
    let world = World::start().await;
    let _syncer = world.syncer().await;
    let mut choosy = claim("1Gi");
    choosy["spec"]["volumeName"] = json!("of-another-tenant");
    create(&world.tenant_api::<PersistentVolumeClaim>("default"), choosy).await;
    let event = event_about(world.tenant_api::<Event>("default"), "data", "NotSynced").await;
    assert_eq!(event.message.as_deref(), Some("spec.volumeName is not synced; remove it"));
    assert_eq!(event.involved_object.kind.as_deref(), Some("PersistentVolumeClaim"));
    let host_name = world.names.host("default", "data");
    let copy = world.host_api::<PersistentVolumeClaim>().get_opt(&host_name).await.expect("may read");
    assert!(copy.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_binder_in_the_tenant_finds_nothing_left_to_do() {
    let mut world = World::start().await;
    world.start_tenant_binder();
    let _syncer = world.syncer().await;
    let claims = world.tenant_api::<PersistentVolumeClaim>("default");
    let host_claims = world.host_api::<PersistentVolumeClaim>();
    let volumes = Api::<PersistentVolume>::all(world.tenant.clone());
    let host_name = world.names.host("default", "data");
    create(&claims, claim("1Gi")).await;
    let is_there = |c: Option<&PersistentVolumeClaim>| c.is_some();
    until("the claim on the host", &host_claims, &host_name, is_there).await;
    bind(&host_claims, &host_name, "pvc-1").await;
    let is_bound = |c: Option<&PersistentVolumeClaim>| phase(c) == Some("Bound");
    let bound = until("the claim to be Bound", &claims, "data", is_bound).await.expect("a claim");
    let volume = volumes.get("pvc-1").await.expect("a volume");

    // The binder has seen both once it has seen a claim that was made later.
    let mut other = claim("1Gi");
    other["metadata"]["name"] = json!("other");
    other["spec"]["storageClassName"] = json!("missing");
    create(&claims, other).await;
    event_about(world.tenant_api::<Event>("default"), "other", "ProvisioningFailed").await;
    assert_eq!(phase(claims.get("data").await.ok().as_ref()), Some("Bound"));
    let status = volumes.get("pvc-1").await.expect("a volume").status;
    assert_eq!(status.and_then(|status| status.phase).as_deref(), Some("Bound"));
    let annotations = bound.metadata.annotations.expect("annotations");
    assert_eq!(annotations["pv.kubernetes.io/bind-completed"], "yes");
    assert_eq!(volume.spec.and_then(|spec| spec.claim_ref?.uid), bound.metadata.uid);

    // The tenant's controllers lift the claim's protection; the test does on the host.
    let free = json!({"metadata": {"finalizers": null}});
    patch(&host_claims, &host_name, free).await;
    claims.delete("data", &DeleteParams::default()).await.expect("is deleted");
    until("the tenant's claim to go", &claims, "data", |c: Option<&PersistentVolumeClaim>| c.is_none()).await;
    until("the volume to go", &volumes, "pvc-1", |v: Option<&PersistentVolume>| v.is_none()).await;
    let is_gone = |c: Option<&PersistentVolumeClaim>| c.is_none();
    until("the host's claim to go", &host_claims, &host_name, is_gone).await;
}
