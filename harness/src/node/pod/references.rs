//! The ConfigMaps and Secrets that pods refer to, and the news that one of them has changed.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    future::Future,
    sync::{Arc, Weak},
};

use k8s_openapi::api::core::v1::{ConfigMap, Container, Pod, PodSpec, Secret, Volume};
use kube::{Api, Client, core::PartialObjectMeta, runtime::watcher};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::ephemeral;
use crate::node::changes::{self, Changed};

/// Which kind of object is referred to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    ConfigMap,
    Secret,
}

impl Kind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::ConfigMap => "configmap",
            Self::Secret => "secret",
        }
    }
}

/// An object in the pod's own namespace.
pub(crate) type Reference = (Kind, String);

/// The data of one object.
pub(crate) type Data = BTreeMap<String, Vec<u8>>;

/// What the objects that a pod refers to hold; those that do not exist are missing.
pub(crate) type Contents = BTreeMap<Reference, Data>;

/// Everything that a pod refers to in volumes and environment.
pub(crate) fn of(pod: &Pod) -> BTreeSet<Reference> {
    let Some(spec) = &pod.spec else { return BTreeSet::new() };
    let mut found = BTreeSet::new();
    spec.volumes.iter().flatten().for_each(|volume| of_volume(volume, &mut found));
    containers(spec).for_each(|container| of_container(container, &mut found));
    ephemeral::containers(spec).iter().for_each(|container| of_container(container, &mut found));
    found
}

fn containers(spec: &PodSpec) -> impl Iterator<Item = &Container> {
    spec.init_containers.iter().flatten().chain(&spec.containers)
}

fn of_volume(volume: &Volume, found: &mut BTreeSet<Reference>) {
    if let Some(source) = &volume.config_map {
        found.insert((Kind::ConfigMap, source.name.clone()));
    }
    if let Some(name) = volume.secret.as_ref().and_then(|source| source.secret_name.clone()) {
        found.insert((Kind::Secret, name));
    }
    for source in volume.projected.iter().flat_map(|projected| projected.sources.iter().flatten()) {
        found.extend(source.config_map.iter().map(|source| (Kind::ConfigMap, source.name.clone())));
        found.extend(source.secret.iter().map(|source| (Kind::Secret, source.name.clone())));
    }
}

fn of_container(container: &Container, found: &mut BTreeSet<Reference>) {
    for source in container.env_from.iter().flatten() {
        found.extend(source.config_map_ref.iter().map(|source| (Kind::ConfigMap, source.name.clone())));
        found.extend(source.secret_ref.iter().map(|source| (Kind::Secret, source.name.clone())));
    }
    for source in container.env.iter().flatten().filter_map(|variable| variable.value_from.as_ref()) {
        found.extend(source.config_map_key_ref.iter().map(|key| (Kind::ConfigMap, key.name.clone())));
        found.extend(source.secret_key_ref.iter().map(|key| (Kind::Secret, key.name.clone())));
    }
}

/// Gets the objects that `wanted` names.
pub(crate) async fn fetch(
    client: &Client,
    namespace: &str,
    wanted: &BTreeSet<Reference>,
) -> Result<Contents, kube::Error> {
    let mut contents = Contents::new();
    for reference in wanted {
        let data = match reference.0 {
            Kind::ConfigMap => config_map(client, namespace, &reference.1).await?,
            Kind::Secret => secret(client, namespace, &reference.1).await?,
        };
        contents.extend(data.map(|data| (reference.clone(), data)));
    }
    Ok(contents)
}

async fn config_map(client: &Client, namespace: &str, name: &str) -> Result<Option<Data>, kube::Error> {
    let found = Api::<ConfigMap>::namespaced(client.clone(), namespace).get_opt(name).await?;
    Ok(found.map(|map| {
        let text = map.data.into_iter().flatten().map(|(key, value)| (key, value.into_bytes()));
        text.chain(map.binary_data.into_iter().flatten().map(|(key, value)| (key, value.0))).collect()
    }))
}

async fn secret(client: &Client, namespace: &str, name: &str) -> Result<Option<Data>, kube::Error> {
    let found = Api::<Secret>::namespaced(client.clone(), namespace).get_opt(name).await?;
    Ok(found.map(|secret| secret.data.into_iter().flatten().map(|(key, value)| (key, value.0)).collect()))
}

/// Those who are told of one object.
type Bells = Vec<Weak<Notify>>;

/// Who wants to hear of which object.
#[derive(Default)]
pub(crate) struct Listeners {
    by_object: Mutex<HashMap<(Kind, changes::Key), Bells>>,
}

impl Listeners {
    /// From now on `bell` rings when one of the objects changes; it stops when the bell is dropped.
    pub(crate) fn listen(&self, namespace: &str, wanted: &BTreeSet<Reference>, bell: &Arc<Notify>) {
        let mut by_object = self.by_object.lock();
        for (kind, name) in wanted {
            let bells = by_object.entry((*kind, (namespace.to_owned(), name.clone()))).or_default();
            bells.retain(|bell| bell.strong_count() > 0);
            bells.push(Arc::downgrade(bell));
        }
    }

    fn ring(&self, kind: Kind, key: changes::Key) {
        let key = (kind, key);
        let mut by_object = self.by_object.lock();
        let Some(bells) = by_object.get_mut(&key) else { return };
        bells.retain(|bell| bell.upgrade().inspect(|bell| bell.notify_one()).is_some());
        if bells.is_empty() {
            by_object.remove(&key);
        }
    }

    /// Watches the names of all ConfigMaps and Secrets, two watches for however many pods, until dropped.
    pub(crate) fn follow(self: Arc<Self>, client: Client) -> impl Future<Output = ()> {
        let maps = Api::<PartialObjectMeta<ConfigMap>>::all(client.clone());
        let secrets = Api::<PartialObjectMeta<Secret>>::all(client);
        async move {
            let maps = changes::of(maps, watcher::Config::default(), |changed| {
                self.ring(Kind::ConfigMap, name_of(changed));
            });
            let secrets = changes::of(secrets, watcher::Config::default(), |changed| {
                self.ring(Kind::Secret, name_of(changed));
            });
            tokio::join!(maps, secrets);
        }
    }
}

fn name_of<K: kube::Resource>(changed: Changed<K>) -> changes::Key {
    match changed {
        Changed::Applied(object) => changes::key(&object),
        Changed::Gone(key) => key,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn all_references_of_a_pod_are_found() {
        let pod: Pod = from_value(json!({"spec": {
            "volumes": [
                {"name": "a", "configMap": {"name": "m1"}},
                {"name": "b", "secret": {"secretName": "s1"}},
                {"name": "c", "projected": {"sources": [{"configMap": {"name": "m2"}}, {"secret": {"name": "s2"}}]}},
            ],
            "containers": [{
                "name": "c",
                "envFrom": [{"configMapRef": {"name": "m3"}}, {"secretRef": {"name": "s3"}}],
                "env": [
                    {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "m4", "key": "k"}}},
                    {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s1", "key": "k"}}},
                ],
            }],
        }}))
        .unwrap();
        let names: Vec<_> = of(&pod).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["m1", "m2", "m3", "m4", "s1", "s2", "s3"]);
    }
}
