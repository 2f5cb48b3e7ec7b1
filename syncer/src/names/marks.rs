//! The labels and annotations that say whose a host object is. All of them live under one domain, which a tenant's own
//! labels and annotations never carry to the host.

use serde_json::{Map, Value, json};

use super::Names;
use crate::{kinds::Reach, object::Object};

/// The domain of every label and annotation of ours.
pub const DOMAIN: &str = "tenantbench.dev/";

/// Label: the virtual cluster that owns the object.
pub const VCLUSTER: &str = "tenantbench.dev/vcluster";
/// Label: the tenant namespace of the object that it was made from.
pub const NAMESPACE: &str = "tenantbench.dev/namespace";
/// Label on objects without namespace: the host namespace of the virtual cluster that owns it.
pub const HOST_NAMESPACE: &str = "tenantbench.dev/host-namespace";
/// Label: [`POD_TOKEN`] on Secrets that we make for ourselves; absent on copies of tenant objects.
pub const ROLE: &str = "tenantbench.dev/role";
/// The [`ROLE`] of a Secret with a pod's tokens.
pub const POD_TOKEN: &str = "pod-token";
/// Label on a Secret that says how a tenant's API is reached: the tenant's name.
pub const TENANT: &str = "tenantbench.dev/tenant";
/// The [`ROLE`] of the ConfigMap that says which tenant the copies are of.
pub const IDENTITY: &str = "identity";

/// Annotation: the tenant object's name, which can be too long for a label.
pub const NAME: &str = "tenantbench.dev/name";
/// Annotation: the tenant object's uid.
pub const UID: &str = "tenantbench.dev/uid";
/// Annotation: a hash of the tenant's content that we last wrote: it stands for what the host fills in differently.
pub const APPLIED: &str = "tenantbench.dev/applied";
/// Annotation: the label and annotation keys that came from the tenant, so that a key it drops can be dropped.
pub const KEYS: &str = "tenantbench.dev/keys";
/// Annotation: a hash of the fields that either side may change, as both last had them.
pub const AGREED: &str = "tenantbench.dev/agreed";
/// Annotation on a token Secret: when its tokens are to be replaced (RFC 3339).
pub const REFRESH_AT: &str = "tenantbench.dev/refresh-at";
/// Annotation on a token Secret: when its tokens were made (RFC 3339). A time to come means a clock that was wrong.
pub const MINTED_AT: &str = "tenantbench.dev/minted-at";
/// Annotation on a pod: the names of its containers, for the host may add some of its own.
pub const CONTAINERS: &str = "tenantbench.dev/containers";
/// Annotation on a pod: those of its readiness gates that are the tenant's, for the host may add some of its own.
pub const GATES: &str = "tenantbench.dev/gates";
/// Annotations that a pod's downward API reads where the host's own value would be wrong.
pub const DOWNWARD_SERVICE_ACCOUNT: &str = "tenantbench.dev/downward-service-account";
/// See [`DOWNWARD_SERVICE_ACCOUNT`].
pub const DOWNWARD_LABELS: &str = "tenantbench.dev/downward-labels";
/// See [`DOWNWARD_SERVICE_ACCOUNT`].
pub const DOWNWARD_ANNOTATIONS: &str = "tenantbench.dev/downward-annotations";
/// The same for one label or annotation that does not reach the host; a hash of its field path follows.
pub const DOWNWARD_ENTRY: &str = "tenantbench.dev/downward-";

/// Annotation on a *tenant* Service whose address is being changed: the type to go back to.
pub const REPAIRING: &str = "tenantbench.dev/repairing";
/// Annotation on a *tenant* Node: the taints that came from the host, as KEY:EFFECT, so that one it drops can be dropped.
pub const TAINTS: &str = "tenantbench.dev/taints";
/// Label on a *tenant* object that is a copy of the host's of the same name.
pub const FROM_HOST: &str = "tenantbench.dev/from-host";
/// Label on a *tenant* Node that stands for a host node.
pub const SYNTHESISED: &str = "tenantbench.dev/synthesised";

/// The labels by which to select what belongs to one virtual cluster. Where there are no namespaces, another namespace's
/// virtual cluster may have the same name.
pub fn of_virtual_cluster(names: &Names, reach: Reach) -> Vec<(&'static str, String)> {
    let mut labels = vec![(VCLUSTER, names.vcluster().to_owned())];
    if reach == Reach::Cluster {
        labels.push((HOST_NAMESPACE, names.host_namespace().to_owned()));
    }
    labels
}

/// The selector of what has these labels.
pub fn selector(labels: &[(&str, String)]) -> String {
    labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

/// The same, of copies alone.
pub fn copies(selector: &str) -> String {
    format!("{selector},!{ROLE}")
}

/// The same, of what holds pods' tokens alone.
pub fn tokens(selector: &str) -> String {
    format!("{selector},{ROLE}={POD_TOKEN}")
}

/// Whether a label or annotation key is ours.
pub fn is_ours(key: &str) -> bool {
    key.starts_with(DOMAIN)
}

/// The labels that scope a selector to one tenant namespace.
pub fn scope(names: &Names, namespace: &str) -> Map<String, Value> {
    Map::from_iter([(VCLUSTER.to_owned(), json!(names.vcluster())), (NAMESPACE.to_owned(), json!(namespace))])
}

/// The labels of a host object made from one of that tenant namespace, or from one without namespace.
pub fn labels(names: &Names, namespace: &str) -> Map<String, Value> {
    if !namespace.is_empty() {
        return scope(names, namespace);
    }
    Map::from_iter([
        (VCLUSTER.to_owned(), json!(names.vcluster())),
        (HOST_NAMESPACE.to_owned(), json!(names.host_namespace())),
    ])
}

/// The tenant object that a host object says it was made from, if its name agrees. A copy of one of our objects, made
/// by someone else under another name, has our labels too and is not ours.
pub fn origin<'a>(names: &Names, object: &'a Object) -> Option<(&'a str, &'a str)> {
    let name = object.annotation(NAME)?;
    let namespace = match object.namespace() {
        "" => "",
        _ => object.label(NAMESPACE).filter(|namespace| !namespace.is_empty())?,
    };
    let expected = match object.label(ROLE) {
        None => names.place(namespace, name).1,
        Some(POD_TOKEN) => names.token_secret(namespace, name, object.annotation(UID)?),
        Some(_) => return None,
    };
    (object.label(VCLUSTER) == Some(names.vcluster()) && object.name() == expected)
        .then_some((namespace, name))
}
