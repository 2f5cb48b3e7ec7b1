//! Events about pods, for `kubectl describe`.

use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{Event, EventSource, ObjectReference, Pod},
    apimachinery::pkg::apis::meta::v1::Time,
};
use kube::{
    Api, Client, ResourceExt,
    api::{ObjectMeta, PostParams},
};
use tokio::sync::mpsc;

/// Events that wait; beyond it they are dropped, for no pod may wait for them.
const QUEUE: usize = 256;

/// Sends events one after another.
#[derive(Clone)]
pub(crate) struct Events(mpsc::Sender<Event>);

impl Events {
    /// The second is to be polled for as long as events are to be sent.
    pub(crate) fn new(client: Client) -> (Self, impl Future<Output = ()>) {
        let (sender, mut queue) = mpsc::channel::<Event>(QUEUE);
        let send = async move {
            while let Some(event) = queue.recv().await {
                let api = Api::<Event>::namespaced(client.clone(), &event.namespace().unwrap_or_default());
                if let Err(error) = api.create(&PostParams::default(), &event).await {
                    // Its namespace is going, most likely.
                    tracing::debug!(%error, "an event was not taken");
                }
            }
        };
        (Self(sender), send)
    }

    pub(crate) fn normal(&self, pod: &Pod, reason: &str, message: &str) {
        self.send(pod, "Normal", reason, message);
    }

    pub(crate) fn warning(&self, pod: &Pod, reason: &str, message: &str) {
        self.send(pod, "Warning", reason, message);
    }

    fn send(&self, pod: &Pod, kind: &str, reason: &str, message: &str) {
        let now = Some(Time(Timestamp::now()));
        let node = pod.spec.as_ref().and_then(|spec| spec.node_name.clone());
        let event = Event {
            metadata: ObjectMeta {
                // kubelets name them so: the time keeps them apart.
                name: Some(format!("{}.{:x}", pod.name_any(), Timestamp::now().as_nanosecond())),
                namespace: pod.namespace(),
                ..ObjectMeta::default()
            },
            involved_object: ObjectReference {
                api_version: Some("v1".into()),
                kind: Some("Pod".into()),
                name: pod.metadata.name.clone(),
                namespace: pod.namespace(),
                uid: pod.uid(),
                ..ObjectReference::default()
            },
            type_: Some(kind.into()),
            reason: Some(reason.into()),
            message: Some(message.into()),
            count: Some(1),
            first_timestamp: now.clone(),
            last_timestamp: now,
            source: Some(EventSource { component: Some("tenantbench-node".into()), host: node }),
            ..Event::default()
        };
        if self.0.try_send(event).is_err() {
            tracing::debug!("an event was dropped");
        }
    }
}
