//! Kinds that are copied by one engine: what their host copies hold, and what they name.

use serde_json::{Map, Value, json};

use super::{
    Refused, account, budget, claim, endpoints, ingress,
    metadata::{self, Ownership},
    own_class, policy, shared,
};
use crate::{
    index::Id,
    json,
    kinds::Kind,
    names::{Names, marks},
};

/// What a translation knows besides the object.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// Names and owner.
    pub ownership: &'a Ownership,
    /// The tenant namespaces that a label selector means.
    pub namespaces: &'a dyn Fn(&Value) -> Vec<String>,
}

/// The host's copy of an object of a kind that is copied.
///
/// # Errors
/// An object that cannot be carried as it is.
pub fn host(kind: Kind, tenant: &Value, around: &Around<'_>) -> Result<Value, Refused> {
    if let Kind::Custom(custom) = kind {
        return custom.rules().host(kind, tenant, around.ownership);
    }
    let mut tenant = tenant.clone();
    let names = &around.ownership.names;
    match kind {
        Kind::PersistentVolumeClaim => claim::prepare(&mut tenant)?,
        Kind::StorageClass => own_class::prepare(&mut tenant),
        Kind::Ingress => ingress::prepare(&mut tenant, names),
        _ => {}
    }
    let mut content = match kind {
        Kind::Endpoints | Kind::EndpointSlice => endpoints::content(kind, &tenant, names),
        Kind::PersistentVolumeClaim => claim::content(&tenant, names)?,
        Kind::Ingress => ingress::content(&tenant, names)?,
        Kind::NetworkPolicy => policy::content(&tenant, around),
        Kind::PodDisruptionBudget => budget::content(&tenant, names),
        Kind::ServiceAccount => account::content(),
        Kind::PriorityClass => own_class::priority(&tenant),
        Kind::StorageClass => own_class::storage(&tenant)?,
        _ => data(kind, &tenant),
    };
    content.insert("metadata".to_owned(), metadata::content(&tenant));
    let mut object = Value::Object(content);
    let mut metadata = metadata::host(&tenant, around.ownership, &object);
    if kind == Kind::EndpointSlice {
        endpoints::relabel(&mut metadata, &tenant, names);
    }
    if let (Some(agreed), Some(annotations)) =
        (shared::mark(kind, &tenant), json::object_mut(&mut metadata, "annotations"))
    {
        annotations.insert(marks::AGREED.to_owned(), json!(agreed));
    }
    if let Some(object) = object.as_object_mut() {
        object.insert("apiVersion".to_owned(), json!(kind.api_version()));
        object.insert("kind".to_owned(), json!(kind.name()));
        object.insert("metadata".to_owned(), metadata);
    }
    Ok(object)
}

/// The tenant's objects that an object names, and that are on the host only for those that do.
pub fn named(kind: Kind, tenant: &Value, names: &Names) -> Vec<(Kind, Id)> {
    match kind {
        Kind::Ingress => ingress::named(tenant),
        Kind::Custom(custom) => custom.rules().named(tenant, names),
        _ => Vec::new(),
    }
}

/// What the host's copy of a ConfigMap or Secret holds.
fn data(kind: Kind, tenant: &Value) -> Map<String, Value> {
    // `immutable` is the tenant API's to keep; on the host it would forbid the copy of one that was made anew.
    let mut content = json::pick(tenant, &["data", "binaryData"]);
    if kind == Kind::Secret {
        content
            .insert("type".to_owned(), json!(secret_type(json::text(&tenant["type"]).unwrap_or("Opaque"))));
    }
    content
}

/// The host would fill in or delete a service account's Secret by its own accounts.
fn secret_type(tenant: &str) -> &str {
    match tenant {
        "kubernetes.io/service-account-token" | "bootstrap.kubernetes.io/token" => "Opaque",
        other => other,
    }
}

/// The host's copy of an object of the virtual cluster `vc` in `host-ns`, whose namespace `shop` is the only one.
#[cfg(test)]
pub(crate) fn host_in_test(kind: Kind, tenant: &Value) -> Result<Value, Refused> {
    let ownership = Ownership {
        names: crate::names::Names::new("vc", "host-ns").copying([Kind::PriorityClass]),
        owner: Some(json!({"uid": "o"})),
    };
    let around = Around { ownership: &ownership, namespaces: &|_| vec!["shop".to_owned()] };
    host(kind, tenant, &around)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_account_secret_becomes_opaque() {
        let tenant = json!({
            "type": "kubernetes.io/service-account-token", "immutable": true, "data": {"token": "eA=="},
            "metadata": {"name": "t", "namespace": "ns", "uid": "u"},
        });
        let host = host_in_test(Kind::Secret, &tenant).expect("is carried");
        assert_eq!(host["type"], "Opaque");
        assert_eq!(host["data"]["token"], "eA==");
        assert_eq!(host.get("immutable"), None);
        assert_eq!(host["metadata"]["ownerReferences"][0]["uid"], "o");
    }
}
