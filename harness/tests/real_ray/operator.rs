//! The operator on a real API server. There are no nodes: the test plays the kubelet.

use k8s_openapi::api::{
    batch::v1::Job,
    coordination::v1::Lease,
    core::v1::{Pod, Service},
    events::v1::Event,
};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, DynamicObject, Patch, PatchParams},
};
use serde_json::json;
use tenantbench::workload::ray::operator::OperatorError;

use crate::{
    NAMESPACE,
    control_plane::ControlPlane,
    custom,
    installed::{Operator, Stage, apply, install, live, object, sample, word},
    kubelet,
    until::{self, gone, until},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_becomes_ready_scales_heals_and_is_suspended() {
    let stage = Stage::set(ControlPlane::start().await).await;
    let plane = &stage.plane;
    let clusters = custom(&plane.client, "RayCluster");
    let pods = stage.pods();

    apply(&clusters, &sample(3)).await;
    let ready = until(&clusters, "sample", |cluster| word(cluster, "/status/state") == "ready").await;
    assert_eq!(ready.data["status"]["readyWorkerReplicas"], 3);
    assert_eq!(ready.data["status"]["observedGeneration"], 1);
    assert_eq!(ready.data["status"]["desiredCPU"], "40m");
    assert_eq!(live(&pods).await.len(), 4);
    stage.operator.until_ready().await;
    head_service_is_headless(&plane.client).await;

    apply(&clusters, &sample(5)).await;
    until(&clusters, "sample", |cluster| cluster.data["status"]["readyWorkerReplicas"] == 5).await;
    apply(&clusters, &sample(1)).await;
    until(&clusters, "sample", |cluster| cluster.data["status"]["readyWorkerReplicas"] == 1).await;

    let worker = live(&pods).await.into_iter().find(|pod| pod.name_any().contains("worker")).unwrap();
    kubelet::fail(&pods, &worker.name_any()).await;
    gone(&pods, &worker.name_any()).await;
    until(&clusters, "sample", |cluster| cluster.data["status"]["readyWorkerReplicas"] == 1).await;
    assert_eq!(live(&pods).await.len(), 2);

    suspend_and_resume(&clusters, &pods).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_runs_on_its_own_cluster_and_what_is_not_served_is_told() {
    let mut plane = ControlPlane::start().await;
    plane.start_controller_manager();
    let stage = Stage::set(plane).await;
    let plane = &stage.plane;
    let jobs = custom(&plane.client, "RayJob");

    let cluster = sample(1)["spec"].clone();
    let spec = json!({"entrypoint": "true", "rayClusterSpec": cluster, "shutdownAfterJobFinishes": true});
    apply(&jobs, &object("RayJob", "job", &spec)).await;
    let running = until(&jobs, "job", |job| word(job, "/status/jobDeploymentStatus") == "Running").await;
    let cluster_name = word(&running, "/status/rayClusterName").to_owned();

    let submitters: Api<Job> = Api::namespaced(plane.client.clone(), NAMESPACE);
    assert!(submitters.get("job").await.unwrap().metadata.owner_references.is_some());
    let pods = stage.pods();
    kubelet::succeed(&pods, "batch.kubernetes.io/job-name=job").await;
    let complete = until(&jobs, "job", |job| word(job, "/status/jobDeploymentStatus") == "Complete").await;
    assert_eq!(complete.data["status"]["jobStatus"], "SUCCEEDED");
    gone(&custom(&plane.client, "RayCluster"), &cluster_name).await;

    let services = custom(&plane.client, "RayService");
    apply(&services, &object("RayService", "service", &json!({"rayClusterConfig": cluster}))).await;
    let events: Api<Event> = Api::namespaced(plane.client.clone(), NAMESPACE);
    let told = until::any(&events, |event| event.reason.as_deref() == Some("NotServed")).await;
    assert_eq!(told.regarding.unwrap().name.as_deref(), Some("service"));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_operator_leads_hands_over_and_ends_when_its_lease_is_lost() {
    let plane = ControlPlane::start().await;
    install(&plane.client).await;
    let leases: Api<Lease> = Api::namespaced(plane.client.clone(), NAMESPACE);
    let holder = |lease: &Lease| lease.spec.as_ref().and_then(|spec| spec.holder_identity.clone());

    let first = Operator::start(&plane, "first").await;
    until(&leases, LEASE, |lease| holder(lease).as_deref() == Some("first")).await;
    let second = Operator::start(&plane, "second").await;
    second.until_ready().await;
    assert_eq!(holder(&leases.get(LEASE).await.unwrap()).as_deref(), Some("first"));

    first.stop().await.unwrap();
    until(&leases, LEASE, |lease| holder(lease).as_deref() == Some("second")).await;

    leases.delete(LEASE, &DeleteParams::default()).await.unwrap();
    let ended = second.ended().await;
    assert!(matches!(ended, Err(OperatorError::LeaseLost { .. })), "{ended:?}");
}

const LEASE: &str = "ray-operator-leader";

async fn head_service_is_headless(client: &Client) {
    let services: Api<Service> = Api::namespaced(client.clone(), NAMESPACE);
    let spec = services.get("sample-head-svc").await.unwrap().spec.unwrap();
    assert_eq!(spec.cluster_ip.as_deref(), Some("None"));
    assert_eq!(spec.publish_not_ready_addresses, Some(true));
    let ports: Vec<i32> = spec.ports.unwrap().iter().map(|port| port.port).collect();
    assert_eq!(ports, [6379, 8265, 10001, 8080, 8000]);
}

async fn suspend_and_resume(clusters: &Api<DynamicObject>, pods: &Api<Pod>) {
    let suspend = |suspend: bool| Patch::Merge(json!({"spec": {"suspend": suspend}}));
    clusters.patch("sample", &PatchParams::default(), &suspend(true)).await.unwrap();
    until(clusters, "sample", |cluster| word(cluster, "/status/state") == "suspended").await;
    assert!(live(pods).await.is_empty());
    clusters.patch("sample", &PatchParams::default(), &suspend(false)).await.unwrap();
    until(clusters, "sample", |cluster| word(cluster, "/status/state") == "ready").await;
}
