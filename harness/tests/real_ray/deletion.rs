//! What goes with its owner. There is no kube-controller-manager, so nothing is collected but by the operator.

use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{Pod, Service},
};
use kube::{Api, ResourceExt, api::DeleteParams};
use serde_json::json;

use crate::{
    NAMESPACE,
    control_plane::ControlPlane,
    custom,
    installed::{Stage, apply, live, object, sample, word},
    until::{self, gone, until},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_cluster_takes_its_own_along_and_one_made_anew_keeps_its_own() {
    let stage = Stage::set(ControlPlane::start().await).await;
    let plane = &stage.plane;
    let clusters = custom(&plane.client, "RayCluster");
    let pods = stage.pods();
    let services: Api<Service> = Api::namespaced(plane.client.clone(), NAMESPACE);
    stage.operator.until_ready().await;

    apply(&clusters, &sample(3)).await;
    let first = until(&clusters, "sample", |cluster| word(cluster, "/status/state") == "ready").await;
    let old = live(&pods).await;
    assert_eq!(old.len(), 4);
    clusters.delete("sample", &DeleteParams::default()).await.unwrap();
    apply(&clusters, &sample(2)).await;

    let second = until(&clusters, "sample", |cluster| {
        cluster.uid() != first.uid() && word(cluster, "/status/state") == "ready"
    })
    .await;
    until::any(&services, |service| owned(service, &second)).await;
    for pod in &old {
        pods_uid_is_gone(&pods, pod).await;
    }
    let new = live(&pods).await;
    assert_eq!(new.len(), 3);
    assert!(new.iter().all(|pod| owned(pod, &second)));

    clusters.delete("sample", &DeleteParams::default()).await.unwrap();
    for pod in new {
        gone(&pods, &pod.name_any()).await;
    }
    gone(&services, "sample-head-svc").await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_job_takes_its_submitter_its_cluster_and_the_clusters_pods_along() {
    let stage = Stage::set(ControlPlane::start().await).await;
    let plane = &stage.plane;
    let jobs = custom(&plane.client, "RayJob");
    let pods = stage.pods();

    let spec = json!({"entrypoint": "true", "rayClusterSpec": sample(1)["spec"]});
    apply(&jobs, &object("RayJob", "job", &spec)).await;
    let running = until(&jobs, "job", |job| word(job, "/status/jobDeploymentStatus") == "Running").await;
    let cluster = word(&running, "/status/rayClusterName");
    let made = pods.list(&Default::default()).await.unwrap().items;
    assert_eq!(made.len(), 2);

    jobs.delete("job", &DeleteParams::default()).await.unwrap();
    gone(&Api::<Job>::namespaced(plane.client.clone(), NAMESPACE), "job").await;
    gone(&custom(&plane.client, "RayCluster"), cluster).await;
    for pod in made {
        gone(&pods, &pod.name_any()).await;
    }
    stage.end().await;
}

fn owned(object: &impl ResourceExt, owner: &impl ResourceExt) -> bool {
    object.owner_references().iter().any(|reference| Some(&reference.uid) == owner.uid().as_ref())
}

/// The head's name is taken again at once, so it is not the name that goes.
async fn pods_uid_is_gone(pods: &Api<Pod>, pod: &Pod) {
    let found = pods.get_metadata_opt(&pod.name_any()).await.unwrap();
    if found.and_then(|found| found.uid()) == pod.uid() {
        gone(pods, &pod.name_any()).await;
    }
}
