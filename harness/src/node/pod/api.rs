//! What nodes write to the API: a pod's status, and that it is gone.

use std::{sync::Arc, time::Duration};

use k8s_openapi::api::core::v1::{Pod, PodStatus};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, Preconditions},
};
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle, time};

use super::Context;

const FIRST_RETRY: Duration = Duration::from_millis(100);
const LONGEST_RETRY: Duration = Duration::from_secs(5);

/// Writes the latest status of one pod; what was overtaken before it was sent is never sent.
pub(crate) struct StatusWriter {
    latest: watch::Sender<Option<PodStatus>>,
    task: JoinHandle<()>,
}

impl StatusWriter {
    pub(crate) fn start(context: Arc<Context>, pod: &Pod) -> Self {
        let (latest, mut receiver) = watch::channel(None);
        let pod = identity(pod);
        let task = tokio::spawn(async move {
            while receiver.changed().await.is_ok() {
                let status = receiver.borrow_and_update().clone();
                if let Some(status) = status {
                    write_status(&context, &pod, &status).await;
                }
            }
        });
        Self { latest, task }
    }

    /// Has the status written unless it is the one that was written last.
    pub(crate) fn write(&self, status: PodStatus) {
        self.latest.send_if_modified(|latest| {
            let changed = latest.as_ref() != Some(&status);
            *latest = Some(status);
            changed
        });
    }

    /// Returns when everything is written.
    pub(crate) async fn finish(self) {
        drop(self.latest);
        // It fails only where it panics.
        drop(self.task.await);
    }

    /// Leaves the rest unwritten.
    pub(crate) fn abandon(self) {
        self.task.abort();
    }
}

/// The parts of a pod that name it.
fn identity(pod: &Pod) -> Pod {
    let mut named = Pod::default();
    named.metadata.name.clone_from(&pod.metadata.name);
    named.metadata.namespace.clone_from(&pod.metadata.namespace);
    named.metadata.uid.clone_from(&pod.metadata.uid);
    named
}

/// Writes a status, again and again until the API server takes it or the pod is gone.
pub(crate) async fn write_status(context: &Context, pod: &Pod, status: &PodStatus) {
    // The uid makes it fail for another pod of the same name; conditions merge by type, so others' stay.
    let patch = json!({ "metadata": { "uid": pod.uid() }, "status": status });
    until_taken(context, pod, &Call::Status(Patch::Strategic(patch))).await;
}

/// Tells the API server that nothing of the pod is left.
pub(crate) async fn delete(context: &Context, pod: &Pod) {
    let parameters = DeleteParams {
        grace_period_seconds: Some(0),
        preconditions: Some(Preconditions { uid: pod.uid(), resource_version: None }),
        ..DeleteParams::default()
    };
    until_taken(context, pod, &Call::Delete(parameters)).await;
}

#[derive(Debug)]
enum Call {
    Status(Patch<Value>),
    Delete(DeleteParams),
}

impl Call {
    async fn make(&self, api: &Api<Pod>, name: &str) -> Result<(), kube::Error> {
        match self {
            Self::Status(patch) => api.patch_status(name, &PatchParams::default(), patch).await.map(drop),
            Self::Delete(parameters) => api.delete(name, parameters).await.map(drop),
        }
    }
}

async fn until_taken(context: &Context, pod: &Pod, call: &Call) {
    let api = Api::<Pod>::namespaced(context.client.clone(), &pod.namespace().unwrap_or_default());
    let name = pod.name_any();
    let mut pause = FIRST_RETRY;
    loop {
        let done = {
            let Ok(_permit) = context.calls.acquire().await else { return };
            call.make(&api, &name).await
        };
        match done {
            Ok(()) => return,
            Err(kube::Error::Api(status)) if status.code == 404 || status.code == 409 => return,
            Err(kube::Error::Api(status)) if matches!(status.code, 400 | 403 | 422) => {
                tracing::warn!(pod = name, ?call, error = %status.message, "a node's write was refused");
                return;
            }
            Err(error) => tracing::debug!(pod = name, %error, "a node's write failed; trying again"),
        }
        time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_RETRY);
    }
}
