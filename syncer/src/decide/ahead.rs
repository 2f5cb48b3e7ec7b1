//! Pods that are made before the pods of both sides have been listed.

use super::{
    content,
    pod::{self, Around, Step},
    service,
};
use crate::{
    index::{Id, Index, Key, Seen},
    kinds::Kind,
};

/// Whether a pod may be made on the host although the pods there are not listed: it is on no node and nothing has become
/// of it, and what it begins with is on the host as the tenant has it now. All kinds but pods have been listed.
pub fn may_begin(index: &Index, pod: &Id) -> bool {
    let pair = index.pods.get(pod);
    let around = Around { waits: index.awaits_references(pod), ..Around::default() };
    let tenant = pair.and_then(|pair| pair.tenant.as_ref());
    pod::decide(pair, &around) == Step::Create
        && tenant.is_some_and(|tenant| tenant.detail.node.is_none())
        && index.named_by(pod).iter().all(|key| is_as_wanted(index, key))
        && has_its_policies(index, &pod.namespace)
        && has_its_services(index, &pod.namespace)
}

/// Whether an object that the pod names is on the host as it is in the tenant, or on neither side.
fn is_as_wanted(index: &Index, key: &Key) -> bool {
    let pair = index.contents(key.kind).get(&key.id);
    let facts = content::Facts { kind: key.kind, is_wanted: index.is_wanted(key), lacks_volume: false };
    // What the host has made of it goes up, which no pod waits for.
    !goes(pair.and_then(|pair| pair.host.as_ref()))
        && matches!(content::decide(pair, facts), content::Step::Settled | content::Step::Raise)
}

fn goes<D>(copy: Option<&Seen<D>>) -> bool {
    copy.is_some_and(|copy| copy.deleting.is_some())
}

/// What keeps others from a namespace's pods does so from their beginning.
fn has_its_policies(index: &Index, namespace: &str) -> bool {
    let policies = index.contents(Kind::NetworkPolicy).iter().filter(|(id, _)| *id.namespace == *namespace);
    policies.map(|(id, _)| Key::new(Kind::NetworkPolicy, id.clone())).all(|key| is_as_wanted(index, &key))
}

/// A pod's variables have the addresses of its namespace's Services, and its DNS that of the tenant's.
fn has_its_services(index: &Index, namespace: &str) -> bool {
    let mut shown = index.services.iter().filter(|(id, _)| *id.namespace == *namespace || id.is_dns());
    shown.all(|(id, pair)| {
        !goes(pair.host.as_ref())
            && matches!(service::decide(id, Some(pair)), service::Step::Settled | service::Step::Balancer)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        kinds::Side,
        names::Names,
        translate::{
            content::{self, Around},
            metadata::Ownership,
            service::{self, Ask},
        },
    };

    fn ownership() -> Ownership {
        Ownership { names: Names::new("vc", "host"), owner: None }
    }

    fn named(name: &str, uid: &str, rest: Value) -> Value {
        let mut object =
            json!({"metadata": {"name": name, "namespace": "ns", "uid": uid, "resourceVersion": "1"}});
        object.as_object_mut().expect("an object").extend(rest.as_object().expect("fields").clone());
        object
    }

    /// The host's copy of an object as it is now.
    fn copy(kind: Kind, tenant: &Value) -> Value {
        let ownership = ownership();
        let mut copy = match kind {
            Kind::Service => service::host(tenant, &ownership, &Ask::Tenants),
            _ => {
                let around = Around { ownership: &ownership, namespaces: &|_| Vec::new() };
                content::host(kind, tenant, &around).expect("a copy")
            }
        };
        copy["metadata"]["namespace"] = json!("host");
        copy["metadata"]["uid"] = json!(format!("h-{}", tenant["metadata"]["uid"]));
        copy["metadata"]["resourceVersion"] = json!("2");
        copy
    }

    fn pod(status: Value) -> Value {
        let volumes = json!([
            {"name": "c", "configMap": {"name": "c"}},
            {"name": "d", "persistentVolumeClaim": {"claimName": "d"}},
        ]);
        named("p", "u", json!({"spec": {"volumes": volumes}, "status": status}))
    }

    fn config_map(value: &str) -> Value {
        named("c", "c1", json!({"data": {"k": value}}))
    }

    fn claim(uid: &str) -> Value {
        named("d", uid, json!({"spec": {"storageClassName": "s"}}))
    }

    fn cluster_service(name: &str) -> Value {
        named(
            name,
            "s1",
            json!({"spec": {"clusterIP": "10.0.0.7", "selector": {"a": "b"}, "ports": [{"port": 80}]}}),
        )
    }

    fn policy() -> Value {
        named("n", "n1", json!({"spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}))
    }

    /// An index of a new pod, and of these objects on a side.
    fn index(pod: Value, objects: &[(Side, Kind, Value)]) -> Index {
        let mut index = Index::new(Names::new("vc", "host"), "10.0.0.9");
        index.seen(Side::Tenant, Kind::Pod, &pod.into());
        for (side, kind, object) in objects {
            index.seen(*side, *kind, &object.clone().into());
        }
        index
    }

    fn may(index: &Index) -> bool {
        may_begin(index, &Id::new("ns", "p"))
    }

    #[test]
    fn only_a_pod_of_which_nothing_has_become_goes_ahead() {
        assert!(may(&index(pod(json!({})), &[])));
        assert!(!may_begin(&index(pod(json!({})), &[]), &Id::new("ns", "other")));
        assert!(!may(&index(pod(json!({"startTime": "2026-01-01T00:00:00Z"})), &[])));
        assert!(!may(&index(pod(json!({"phase": "Failed"})), &[])));
        let mut bound = pod(json!({}));
        bound["spec"]["nodeName"] = json!("n1");
        assert!(!may(&index(bound, &[])));
        let mut goes = pod(json!({}));
        goes["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        assert!(!may(&index(goes, &[])));
    }

    #[test]
    fn a_pod_goes_ahead_once_what_it_begins_with_is_on_the_host_as_the_tenant_has_it() {
        let kinds = [
            (Kind::ConfigMap, config_map("1"), config_map("0")),
            (Kind::PersistentVolumeClaim, claim("d1"), claim("d0")),
            (
                Kind::Service,
                cluster_service("web"),
                named("web", "s0", json!({"spec": {"clusterIP": "10.0.0.8"}})),
            ),
            (Kind::NetworkPolicy, policy(), named("n", "n0", json!({"spec": {"podSelector": {}}}))),
        ];
        for (kind, present, former) in kinds {
            let with = |host: Option<Value>| {
                let host = host.map(|host| (Side::Host, kind, host));
                let tenant = (Side::Tenant, kind, present.clone());
                may(&index(pod(json!({})), &host.into_iter().chain([tenant]).collect::<Vec<_>>()))
            };
            let name = kind.name();
            assert!(!with(None), "{name}: it is not there yet");
            assert!(!with(Some(copy(kind, &former))), "{name}: it is as it was");
            assert!(with(Some(copy(kind, &present))), "{name}: it is as it is to be");
            let mut goes = copy(kind, &present);
            goes["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
            assert!(!with(Some(goes)), "{name}: it is about to go");
        }
        let left = copy(Kind::ConfigMap, &config_map("1"));
        assert!(
            !may(&index(pod(json!({})), &[(Side::Host, Kind::ConfigMap, left)])),
            "the tenant has none any more"
        );
    }

    #[test]
    fn what_is_of_other_namespaces_holds_no_pod_up_but_dns() {
        let of = |namespace: &str, name: &str| {
            let mut service = cluster_service(name);
            service["metadata"]["namespace"] = json!(namespace);
            may(&index(pod(json!({})), &[(Side::Tenant, Kind::Service, service)]))
        };
        assert!(of("other", "web"));
        assert!(!of("kube-system", "kube-dns"));
    }
}
