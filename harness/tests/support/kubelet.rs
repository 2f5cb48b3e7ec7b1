//! Plays the kubelet: every Pod becomes Ready, and a deleted Pod goes at once.

use futures::TryStreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, Patch, PatchParams},
    runtime::{WatchStreamExt, watcher},
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::until;

/// Runs until it is aborted.
pub(crate) fn play(client: Client) -> JoinHandle<()> {
    let pods: Api<Pod> = Api::default_namespaced(client);
    tokio::spawn(async move {
        let stream = watcher(pods.clone(), watcher::Config::default()).default_backoff().applied_objects();
        let pods = &pods;
        let stepped = stream.try_for_each(|pod| async move {
            step(pods, &pod).await;
            Ok(())
        });
        let _ = stepped.await;
    })
}

async fn step(pods: &Api<Pod>, pod: &Pod) {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or("Pending");
    if pod.metadata.deletion_timestamp.is_some() {
        let _ = pods.delete(&pod.name_any(), &DeleteParams::default().grace_period(0)).await;
    } else if phase == "Pending" {
        write(
            pods,
            &pod.name_any(),
            &json!({
                "phase": "Running", "podIP": "10.1.2.3",
                "conditions": [{"type": "Ready", "status": "True"}],
            }),
        )
        .await;
    }
}

async fn write(pods: &Api<Pod>, name: &str, status: &Value) {
    // The Pod may be gone by now.
    let _ =
        pods.patch_status(name, &PatchParams::default(), &Patch::Strategic(json!({"status": status}))).await;
}

/// The Pod's containers have ended badly.
pub(crate) async fn fail(pods: &Api<Pod>, name: &str) {
    end(pods, name, "Failed").await;
}

/// The Pod with these labels has done its work.
pub(crate) async fn succeed(pods: &Api<Pod>, labels: &str) {
    let (key, value) = labels.split_once('=').unwrap();
    let ready = |pod: &Pod| {
        let running = pod.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Running");
        pod.labels().get(key).is_some_and(|found| found == value) && running
    };
    let pod = until::any(pods, ready).await;
    end(pods, &pod.name_any(), "Succeeded").await;
}

async fn end(pods: &Api<Pod>, name: &str, phase: &str) {
    let status = json!({"phase": phase, "conditions": [{"type": "Ready", "status": "False"}]});
    write(pods, name, &status).await;
}
