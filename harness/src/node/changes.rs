//! A watch as a series of objects that are there and objects that are gone.

use std::{collections::HashSet, fmt::Debug, pin::pin};

use futures::StreamExt;
use kube::{
    Api, Resource, ResourceExt,
    runtime::{WatchStreamExt, watcher, watcher::Event},
};
use serde::de::DeserializeOwned;

/// Namespace and name; the namespace of a cluster-wide object is empty.
pub(crate) type Key = (String, String);

/// What happened to an object.
pub(crate) enum Changed<K> {
    /// It is there, new or changed.
    Applied(K),
    /// It is gone.
    Gone(Key),
}

/// Calls `then` with each change, for ever.
///
/// After a lost watch an object that vanished meanwhile shows only by not being listed again; this tells of it too.
pub(crate) async fn of<K>(api: Api<K>, config: watcher::Config, mut then: impl FnMut(Changed<K>))
where
    K: Resource<DynamicType: Default> + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let mut known = HashSet::<Key>::new();
    let mut unseen = HashSet::<Key>::new();
    let mut events = pin!(watcher(api, config).default_backoff());
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Init) => unseen.clone_from(&known),
            Ok(Event::InitApply(object) | Event::Apply(object)) => {
                let key = key(&object);
                unseen.remove(&key);
                known.insert(key);
                then(Changed::Applied(object));
            }
            Ok(Event::InitDone) => {
                for gone in unseen.drain() {
                    known.remove(&gone);
                    then(Changed::Gone(gone));
                }
            }
            Ok(Event::Delete(object)) => {
                let key = key(&object);
                known.remove(&key);
                then(Changed::Gone(key));
            }
            Err(error) => {
                tracing::debug!(kind = %K::kind(&K::DynamicType::default()), %error, "a watch ended")
            }
        }
    }
}

pub(crate) fn key(object: &impl Resource) -> Key {
    (object.meta().namespace.clone().unwrap_or_default(), object.name_any())
}
