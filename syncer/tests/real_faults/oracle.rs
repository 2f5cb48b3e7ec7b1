//! What must be true in the end, said without any of the syncer's code but its names.

use std::collections::{BTreeMap, BTreeSet};

use kube::core::DynamicObject;
use serde_json::{Value, json};
use tenantbench_syncer::names::Names;

use crate::{
    support::HOST_NAMESPACE,
    thing::{KINDS, Kind, LIFE, NAMESPACES, Thing, VERSION, Wish},
};

/// All objects of the four kinds, by namespace and name.
#[derive(Debug, Default)]
pub(crate) struct View(pub(crate) BTreeMap<(Kind, String, String), DynamicObject>);

/// What is wished for, and what was there before and is nobody's business.
pub(crate) struct Truth {
    pub(crate) names: Names,
    pub(crate) wishes: BTreeMap<Thing, Wish>,
    pub(crate) foreign: BTreeMap<(Kind, String), DynamicObject>,
}

const UID: &str = "tenantbench.dev/uid";
const ROLE: &str = "tenantbench.dev/role";
const VCLUSTER: &str = "tenantbench.dev/vcluster";

fn uid(object: &DynamicObject) -> &str {
    object.metadata.uid.as_deref().unwrap_or_default()
}

fn label<'a>(object: &'a DynamicObject, key: &str) -> Option<&'a str> {
    object.metadata.labels.as_ref()?.get(key).map(String::as_str)
}

fn annotation<'a>(object: &'a DynamicObject, key: &str) -> Option<&'a str> {
    object.metadata.annotations.as_ref()?.get(key).map(String::as_str)
}

impl Truth {
    /// What is wrong, a line each; nothing where both sides are equal.
    pub(crate) fn differences(&self, tenant: &View, host: &View) -> Vec<String> {
        let mut wrong = Vec::new();
        self.wished(tenant, &mut wrong);
        self.foreign(host, &mut wrong);
        let copies = self.copies(tenant, host, &mut wrong);
        let used = mounted(tenant);
        for kind in KINDS {
            for namespace in NAMESPACES {
                for (name, object) in tenant.of(kind, namespace) {
                    if (kind, namespace, name.as_str()) == (Kind::Service, "default", "kubernetes") {
                        continue;
                    }
                    let is_wanted = matches!(kind, Kind::Pod | Kind::Service)
                        || used.contains(&(kind, namespace.to_owned(), name.clone()));
                    let found = copies.get(&(kind, uid(object).to_owned())).map_or(&[][..], Vec::as_slice);
                    match (is_wanted, found) {
                        (false, []) => {}
                        (true, [copy]) => {
                            self.compare(kind, (namespace, name), object, copy, host, &mut wrong);
                        }
                        _ => wrong.push(format!(
                            "{kind:?} {namespace}/{name} has {} copies, wanted: {is_wanted}",
                            found.len()
                        )),
                    }
                }
            }
        }
        wrong
    }

    /// Everything that the tenant made is there as it was last made, and nothing else of that sort.
    fn wished(&self, tenant: &View, wrong: &mut Vec<String>) {
        for (thing, wish) in &self.wishes {
            let key = (thing.kind, thing.namespace().to_owned(), thing.name());
            match tenant.0.get(&key) {
                None if wish.evicted => {}
                None => wrong.push(format!("{key:?} is lost")),
                Some(found) => {
                    let is = (annotation(found, LIFE), label(found, VERSION));
                    if is != (Some(&*wish.life.to_string()), Some(&*wish.version.to_string())) {
                        wrong.push(format!("{key:?} is {is:?}, wished: {wish:?}"));
                    }
                }
            }
        }
        let wished: BTreeSet<_> = self
            .wishes
            .keys()
            .map(|thing| (thing.kind, thing.namespace().to_owned(), thing.name()))
            .collect();
        for (key, object) in &tenant.0 {
            if annotation(object, LIFE).is_some() && !wished.contains(key) {
                wrong.push(format!("{key:?} should be gone"));
            }
        }
    }

    fn foreign(&self, host: &View, wrong: &mut Vec<String>) {
        for ((kind, name), before) in &self.foreign {
            let now = host.0.get(&(*kind, HOST_NAMESPACE.to_owned(), name.clone()));
            let version = |object: &DynamicObject| object.metadata.resource_version.clone();
            if now.map(|now| (uid(now), version(now))) != Some((uid(before), version(before))) {
                wrong.push(format!("{kind:?} {name} of someone else was touched"));
            }
        }
    }

    /// The host's copies by kind and the uid of their original. Whatever has a mark of ours must have one.
    fn copies<'a>(
        &self,
        tenant: &View,
        host: &'a View,
        wrong: &mut Vec<String>,
    ) -> BTreeMap<(Kind, String), Vec<&'a DynamicObject>> {
        let originals: BTreeSet<(Kind, &str)> =
            tenant.0.iter().map(|((kind, ..), object)| (*kind, uid(object))).collect();
        let mut copies: BTreeMap<(Kind, String), Vec<&DynamicObject>> = BTreeMap::new();
        for ((kind, _, name), object) in &host.0 {
            if self.foreign.contains_key(&(*kind, name.clone())) {
                continue;
            }
            let origin = annotation(object, UID);
            let is_marked = origin.is_some() || label(object, VCLUSTER).is_some();
            if !is_marked || label(object, ROLE) == Some("identity") {
                continue;
            }
            let is_token = label(object, ROLE).is_some();
            let of = if is_token { Kind::Pod } else { *kind };
            match origin.filter(|uid| originals.contains(&(of, uid))) {
                None => wrong.push(format!("{kind:?} {name} on the host is an orphan of {origin:?}")),
                Some(uid) if !is_token => copies.entry((*kind, uid.to_owned())).or_default().push(object),
                Some(_) => {}
            }
        }
        copies
    }

    fn compare(
        &self,
        kind: Kind,
        (namespace, name): (&str, &str),
        tenant: &DynamicObject,
        copy: &DynamicObject,
        host: &View,
        wrong: &mut Vec<String>,
    ) {
        let (t, h) = (&tenant.data, &copy.data);
        let mut check = |what: &str, is: Value, should: Value| {
            if is != should {
                wrong.push(format!("{kind:?} {namespace}/{name}: {what} is {is}, should be {should}"));
            }
        };
        check("its name", json!(copy.metadata.name), json!(self.names.host(namespace, name)));
        check("its vcluster", json!(label(copy, VCLUSTER)), json!("vc"));
        check("its version", json!(label(copy, VERSION)), json!(label(tenant, VERSION)));
        check("its life", json!(annotation(copy, LIFE)), json!(annotation(tenant, LIFE)));
        check("its end", json!(copy.metadata.deletion_timestamp), json!(null));
        check("the tenant's end", json!(tenant.metadata.deletion_timestamp), json!(null));
        match kind {
            Kind::ConfigMap | Kind::Secret => check("its data", h["data"].clone(), t["data"].clone()),
            Kind::Service => {
                let has_address = t["spec"]["clusterIP"].as_str().is_some_and(|ip| !ip.is_empty());
                check("that it has an address", json!(has_address), json!(true));
                check("its address", h["spec"]["clusterIP"].clone(), t["spec"]["clusterIP"].clone());
                check("its ports", h["spec"]["ports"].clone(), t["spec"]["ports"].clone());
                check(
                    "its selector",
                    h["spec"]["selector"]["app"].clone(),
                    t["spec"]["selector"]["app"].clone(),
                );
            }
            Kind::Pod => {
                check("that it is bound", json!(t["spec"]["nodeName"].is_string()), json!(true));
                check("its node", t["spec"]["nodeName"].clone(), h["spec"]["nodeName"].clone());
                check("its status", status(t), status(h));
                check("its mounts", mounts(h), self.translated(namespace, &mounts(t)));
                let wants_token = t["spec"]["automountServiceAccountToken"] == json!(true);
                let has_token = host.0.iter().any(|((kind, ..), secret)| {
                    *kind == Kind::Secret
                        && label(secret, ROLE).is_some()
                        && annotation(secret, UID) == Some(uid(tenant))
                });
                check("that it has a token", json!(has_token), json!(wants_token));
            }
        }
    }

    fn translated(&self, namespace: &str, mounts: &Value) -> Value {
        let translated = |name: &Value| json!(self.names.host(namespace, name.as_str().unwrap_or_default()));
        mounts.as_array().into_iter().flatten().map(translated).collect()
    }
}

impl View {
    fn of(&self, kind: Kind, namespace: &str) -> impl Iterator<Item = (&String, &DynamicObject)> {
        self.0
            .iter()
            .filter(move |((of, at, _), _)| (*of, at.as_str()) == (kind, namespace))
            .map(|((_, _, name), object)| (name, object))
    }
}

/// What of a pod's status a tenant goes by.
fn status(pod: &Value) -> Value {
    let ready = pod["status"]["conditions"].as_array().into_iter().flatten();
    let ready: Vec<&Value> = ready.filter(|one| one["type"] == "Ready").map(|one| &one["status"]).collect();
    let status = &pod["status"];
    json!([status["phase"], status["podIP"], status["containerStatuses"][0]["state"], ready])
}

/// The names of ConfigMaps and Secrets that a pod of the tests mounts.
fn mounts(pod: &Value) -> Value {
    let volumes = pod["spec"]["volumes"].as_array().into_iter().flatten();
    volumes
        .filter(|volume| volume["name"].as_str().is_some_and(|name| name.starts_with('v')))
        .map(|volume| [&volume["configMap"]["name"], &volume["secret"]["secretName"]])
        .flat_map(|names| names.into_iter().filter(|name| name.is_string()).cloned())
        .collect()
}

/// What some pod of the tenant mounts.
fn mounted(tenant: &View) -> BTreeSet<(Kind, String, String)> {
    let pods = tenant.0.iter().filter(|((kind, ..), _)| *kind == Kind::Pod);
    pods.flat_map(|((_, namespace, _), pod)| {
        let volumes = pod.data["spec"]["volumes"].as_array().cloned().unwrap_or_default();
        volumes.into_iter().filter_map(|volume| {
            let map = volume["configMap"]["name"].as_str().map(|name| (Kind::ConfigMap, name.to_owned()));
            let secret = volume["secret"]["secretName"].as_str().map(|name| (Kind::Secret, name.to_owned()));
            map.or(secret).map(|(kind, name)| (kind, namespace.clone(), name))
        })
    })
    .collect()
}
