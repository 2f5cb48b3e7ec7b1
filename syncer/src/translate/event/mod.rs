//! Events of synced objects, as the tenant's own.

mod wording;

use serde_json::{Map, Value, json};

pub use wording::Wording;

use crate::{
    index::{Copy, Id, Key},
    json,
    names::Names,
};

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

/// Where an event about an object of no namespace lives.
const OF_CLUSTER_WIDE: &str = "default";

/// The tenant's event for a host event about `copy`. `near`: other objects of the tenant that the event may speak of.
pub fn tenant(host: &Value, copy: &Copy, near: &[Id], names: &Names) -> Value {
    let Copy { key, tenant_uid } = copy;
    let involved = &host["involvedObject"];
    let words = words(key, tenant_uid, near, names)
        .with(json::text(&involved["uid"]).unwrap_or_default(), &**tenant_uid);
    let mut event = json::pick(host, &FIELDS);
    let field = json::pick(involved, &["fieldPath"]);
    event.insert("involvedObject".to_owned(), Value::Object(about(key, tenant_uid, field)));
    event.insert("message".to_owned(), json!(words.of(json::text(&host["message"]).unwrap_or_default())));
    let uid = json::text(&host["metadata"]["uid"]).unwrap_or_default();
    whole(event, key, &names.event(&key.id.name, uid))
}

/// The syncer's own event about `key`: why it is not carried out. One object and one reason make one event, whatever
/// figures the reason gives.
pub fn not_synced(key: &Key, uid: &str, reason: &str, near: &[Id], names: &Names) -> Value {
    let message = words(key, uid, near, names).of(reason);
    let gist: String = message.chars().filter(|c| !c.is_ascii_digit()).collect();
    let name = names.event(&key.id.name, &format!("refused/{}/{uid}/{gist}", key.kind.api().plural));
    let mut event = Map::new();
    event.insert("type".to_owned(), json!("Warning"));
    event.insert("reason".to_owned(), json!("NotSynced"));
    event.insert("source".to_owned(), json!({ "component": "tenantbench-syncer" }));
    event.insert("involvedObject".to_owned(), Value::Object(about(key, uid, Map::new())));
    event.insert("message".to_owned(), json!(message));
    whole(event, key, &name)
}

/// The namespace of events about an object.
pub fn namespace(id: &Id) -> &str {
    if id.namespace.is_empty() { OF_CLUSTER_WIDE } else { &id.namespace }
}

fn words<'a>(key: &'a Key, tenant_uid: &str, near: &[Id], names: &'a Names) -> Wording<'a> {
    let id = &key.id;
    let tokens = names.token_secret(&id.namespace, &id.name, tenant_uid);
    let words = Wording::new(names, &id.namespace).with_object(id).with(tokens, format!("{}-token", id.name));
    near.iter().fold(words, Wording::with_object)
}

fn about(key: &Key, uid: &str, mut rest: Map<String, Value>) -> Map<String, Value> {
    rest.insert("apiVersion".to_owned(), json!(key.kind.api_version()));
    rest.insert("kind".to_owned(), json!(key.kind.name()));
    rest.insert("name".to_owned(), json!(&*key.id.name));
    rest.insert("uid".to_owned(), json!(uid));
    if !key.id.namespace.is_empty() {
        rest.insert("namespace".to_owned(), json!(&*key.id.namespace));
    }
    rest
}

fn whole(mut event: Map<String, Value>, key: &Key, name: &str) -> Value {
    event.insert("apiVersion".to_owned(), json!("v1"));
    event.insert("kind".to_owned(), json!("Event"));
    event.insert("metadata".to_owned(), json!({ "name": name, "namespace": namespace(&key.id) }));
    Value::Object(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::Kind;

    fn copy(kind: Kind, name: &str) -> Copy {
        Copy { key: Key::new(kind, Id::new("shop", name)), tenant_uid: "t".into() }
    }

    #[test]
    fn an_event_is_about_the_tenants_object_and_names_only_the_tenants() {
        let host = json!({
            "metadata": {"name": "x.1", "uid": "e1"}, "reason": "FailedMount", "type": "Warning", "count": 1,
            "message": "pod host-ns/web-x-shop-x-vc (h): secret \"key-x-shop-x-vc\" not found",
            "related": {"kind": "Node", "name": "of-the-host"},
            "involvedObject": {
                "kind": "Pod", "apiVersion": "v1", "name": "web-x-shop-x-vc", "namespace": "host-ns", "uid": "h",
                "resourceVersion": "9", "fieldPath": "spec.containers{c}",
            },
        });
        let event = tenant(&host, &copy(Kind::Pod, "web"), &[], &Names::new("vc", "host-ns"));
        assert_eq!(event["message"], "pod shop/web (t): secret \"key\" not found");
        let about = json!({
            "apiVersion": "v1", "kind": "Pod", "namespace": "shop", "name": "web", "uid": "t",
            "fieldPath": "spec.containers{c}",
        });
        assert_eq!(event["involvedObject"], about);
        assert_eq!(event.get("related"), None);
        assert_eq!(event["metadata"]["namespace"], "shop");
    }

    #[test]
    fn names_with_a_hash_are_known_by_what_is_near() {
        let names = Names::new("vc", "host-ns");
        let (secret, tokens) = (names.host("shop", "tls.key"), names.token_secret("shop", "web", "t"));
        let host = json!({"message": format!("{secret} and {tokens}"), "involvedObject": {"uid": "h"}});
        let near = [Id::new("shop", "tls.key")];
        let event = tenant(&host, &copy(Kind::Pod, "web"), &near, &names);
        assert_eq!(event["message"], "tls.key and web-token");
    }

    #[test]
    fn our_own_event_is_one_for_each_object_and_reason() {
        let names = Names::new("vc", "host-ns");
        let key = Key::new(Kind::Service, Id::new("shop", "web"));
        let event = |uid: &str, reason: &str| not_synced(&key, uid, reason, &[], &names);
        let first = event("t", "host-ns is over quota");
        assert_eq!(first["message"], "shop is over quota");
        assert_eq!(first["involvedObject"]["kind"], "Service");
        assert_eq!(first["metadata"]["name"], event("t", "host-ns is over quota")["metadata"]["name"]);
        assert_eq!(event("t", "used: 9")["metadata"]["name"], event("t", "used: 10")["metadata"]["name"]);
        assert_ne!(first["metadata"]["name"], event("t", "other")["metadata"]["name"]);
        assert_ne!(first["metadata"]["name"], event("t2", "host-ns is over quota")["metadata"]["name"]);
    }
}
