//! Events of synced pods, as the tenant's own.

use serde_json::{Value, json};

use crate::{index::Id, json, names::Names};

/// Fields that are copied as they are.
const FIELDS: [&str; 11] = [
    "reason",
    "type",
    "count",
    "firstTimestamp",
    "lastTimestamp",
    "eventTime",
    "series",
    "action",
    "source",
    "reportingComponent",
    "reportingInstance",
];

/// The tenant's event for a host event about the pod `id`, which has `tenant_uid` there.
pub fn tenant(host: &Value, id: &Id, tenant_uid: &str, names: &Names) -> Value {
    let mut event = json::pick(host, &FIELDS);
    let uid = json::text(&host["metadata"]["uid"]).unwrap_or_default();
    let mut involved = json::pick(&host["involvedObject"], &["apiVersion", "kind", "fieldPath"]);
    involved.insert("namespace".to_owned(), json!(&*id.namespace));
    involved.insert("name".to_owned(), json!(&*id.name));
    involved.insert("uid".to_owned(), json!(tenant_uid));
    event.insert("involvedObject".to_owned(), Value::Object(involved));
    event.insert("message".to_owned(), json!(message(host, id, names)));
    event.insert("apiVersion".to_owned(), json!("v1"));
    event.insert("kind".to_owned(), json!("Event"));
    event.insert(
        "metadata".to_owned(),
        json!({ "name": names.event(&id.name, uid), "namespace": &*id.namespace }),
    );
    Value::Object(event)
}

/// Host names give way to the tenant's, the longer form first.
fn message(host: &Value, id: &Id, names: &Names) -> String {
    let text = json::text(&host["message"]).unwrap_or_default();
    let host_name = names.host(&id.namespace, &id.name);
    text.replace(&format!("{}/{host_name}", names.host_namespace()), &format!("{}/{}", id.namespace, id.name))
        .replace(&host_name, &id.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_the_message_are_the_tenants() {
        let host = json!({
            "metadata": {"name": "x.1", "uid": "e1"}, "reason": "Scheduled", "type": "Normal", "count": 1,
            "message": "Successfully assigned host-ns/web-x-shop-x-vc to node-1",
            "involvedObject": {"kind": "Pod", "apiVersion": "v1", "name": "web-x-shop-x-vc", "uid": "h", "resourceVersion": "9"},
        });
        let event = tenant(&host, &Id::new("shop", "web"), "t", &Names::new("vc", "host-ns"));
        assert_eq!(event["message"], "Successfully assigned shop/web to node-1");
        assert_eq!(
            event["involvedObject"],
            json!({
                "apiVersion": "v1", "kind": "Pod", "namespace": "shop", "name": "web", "uid": "t",
            })
        );
    }
}
