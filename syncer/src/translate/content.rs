//! ConfigMaps and Secrets, copied whole, and the kinds that are copied as they are.

use serde_json::{Map, Value, json};

use super::{
    endpoints,
    metadata::{self, Ownership},
};
use crate::{json, kinds::Kind};

/// What the host's copy of a ConfigMap or Secret holds, without its name and marks.
fn content(kind: Kind, tenant: &Value) -> Map<String, Value> {
    let mut content = json::pick(tenant, &["data", "binaryData"]);
    content.insert("metadata".to_owned(), metadata::content(tenant));
    if kind == Kind::Secret {
        content
            .insert("type".to_owned(), json!(secret_type(json::text(&tenant["type"]).unwrap_or("Opaque"))));
    }
    content
}

/// The host's copy of a ConfigMap, Secret, Endpoints or EndpointSlice.
pub fn host(kind: Kind, tenant: &Value, ownership: &Ownership) -> Value {
    // `immutable` is the tenant API's to keep; on the host it would forbid the copy of one that was made anew.
    let content = match kind {
        Kind::Endpoints | Kind::EndpointSlice => endpoints::content(kind, tenant, &ownership.names),
        _ => content(kind, tenant),
    };
    let mut object = Value::Object(content);
    let mut metadata = metadata::host(tenant, ownership, &object);
    if kind == Kind::EndpointSlice {
        endpoints::relabel(&mut metadata, tenant, &ownership.names);
    }
    if let Some(object) = object.as_object_mut() {
        object.insert("apiVersion".to_owned(), json!(kind.api_version()));
        object.insert("kind".to_owned(), json!(kind.name()));
        object.insert("metadata".to_owned(), metadata);
    }
    object
}

/// The host would fill in or delete a service account's Secret by its own accounts.
fn secret_type(tenant: &str) -> &str {
    match tenant {
        "kubernetes.io/service-account-token" | "bootstrap.kubernetes.io/token" => "Opaque",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Names;

    #[test]
    fn a_service_account_secret_becomes_opaque() {
        let tenant = json!({
            "type": "kubernetes.io/service-account-token", "immutable": true, "data": {"token": "eA=="},
            "metadata": {"name": "t", "namespace": "ns", "uid": "u"},
        });
        let ownership = Ownership { names: Names::new("vc", "host-ns"), owner: Some(json!({"uid": "o"})) };
        let host = host(Kind::Secret, &tenant, &ownership);
        assert_eq!(host["type"], "Opaque");
        assert_eq!(host["data"]["token"], "eA==");
        assert_eq!(host.get("immutable"), None);
        assert_eq!(host["metadata"]["ownerReferences"][0]["uid"], "o");
    }
}
