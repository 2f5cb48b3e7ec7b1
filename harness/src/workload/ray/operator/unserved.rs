//! RayService and RayCronJob: their CRDs are here, and nothing is made of their objects. The operator says so once.

use std::{collections::HashSet, fmt::Debug, pin::pin, sync::Arc};

use futures::StreamExt;
use kube::{
    Api, Resource, ResourceExt,
    runtime::{
        WatchStreamExt,
        events::{Event, EventType},
        watcher,
    },
};
use serde::de::DeserializeOwned;

use super::{context::Context, error::OperatorError, http::Progress};

/// Tells everyone who makes a `K` that nothing will come of it: by a line in the log and an Event on the object.
pub(super) async fn tell<K>(objects: Api<K>, context: Arc<Context>, progress: Arc<Progress>) -> OperatorError
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + 'static,
{
    let kind = K::kind(&()).into_owned();
    let mut events = pin!(watcher(objects, watcher::Config::default()).default_backoff());
    let mut told = HashSet::new();
    let mut started = false;
    while let Some(event) = events.next().await {
        match event {
            Ok(watcher::Event::Apply(object) | watcher::Event::InitApply(object)) => {
                if told.insert(object.uid()) {
                    tell_one(&object, &kind, &context).await;
                }
            }
            Ok(watcher::Event::Delete(object)) => {
                told.remove(&object.uid());
            }
            Ok(watcher::Event::InitDone) if !started => {
                started = true;
                progress.watch_started();
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%kind, %error, "cannot watch"),
        }
    }
    OperatorError::ControllerEnded { kind }
}

async fn tell_one<K: Resource<DynamicType = ()>>(object: &K, kind: &str, context: &Context) {
    let note =
        format!("The built-in model of Ray has the CRD of {kind} only: nothing is made of this object.");
    tracing::warn!(kind, name = object.name_any(), namespace = object.namespace(), "{note}");
    let event = Event {
        type_: EventType::Warning,
        reason: "NotServed".into(),
        note: Some(note),
        action: "Ignore".into(),
        secondary: None,
    };
    if let Err(error) = context.recorder.publish(&event, &object.object_ref(&())).await {
        tracing::warn!(%error, "cannot publish an event");
    }
}
