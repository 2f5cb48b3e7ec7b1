//! Ingresses.

use serde_json::{Map, Value, json};

use super::Refused;
use crate::{index::Id, json, kinds::Kind, names::Names};

/// Annotations that name a Secret or ConfigMap, as `NAME` or `NAMESPACE/NAME`: those of the nginx controller. A name
/// that went down as it is could be anyone's.
const REFERENCES: [(&str, Kind); 6] = [
    ("nginx.ingress.kubernetes.io/auth-secret", Kind::Secret),
    ("nginx.ingress.kubernetes.io/auth-tls-secret", Kind::Secret),
    ("nginx.ingress.kubernetes.io/proxy-ssl-secret", Kind::Secret),
    ("nginx.ingress.kubernetes.io/auth-proxy-set-headers", Kind::ConfigMap),
    ("nginx.ingress.kubernetes.io/custom-headers", Kind::ConfigMap),
    ("nginx.ingress.kubernetes.io/fastcgi-params-configmap", Kind::ConfigMap),
];

/// Translates what the annotations name.
pub(super) fn prepare(tenant: &mut Value, names: &Names) {
    let own = json::text(&tenant["metadata"]["namespace"]).unwrap_or_default().to_owned();
    for (key, _) in REFERENCES {
        if let Some(text) = json::text_mut(tenant, &["metadata", "annotations", key]) {
            let (namespace, name) = split(text, &own);
            *text = format!("{}/{}", names.host_namespace(), names.host(namespace, name));
        }
    }
}

/// What the host's copy holds.
pub(super) fn content(tenant: &Value, names: &Names) -> Result<Map<String, Value>, Refused> {
    let namespace = json::text(&tenant["metadata"]["namespace"]).unwrap_or_default();
    let mut spec = tenant["spec"].clone();
    let mut refused = None;
    each_backend(&mut spec, &mut |backend| {
        if !backend["resource"].is_null() {
            refused = Some(Refused::Field { field: "backend.resource".to_owned() });
        }
        if let Some(name) = json::text_mut(backend, &["service", "name"]) {
            *name = names.host(namespace, name);
        }
    });
    if let Some(refused) = refused {
        return Err(refused);
    }
    for tls in json::list_mut(&mut spec, "tls") {
        if let Some(name) = json::text_mut(tls, &["secretName"]).filter(|name| !name.is_empty()) {
            *name = names.host(namespace, name);
        }
    }
    Ok(Map::from_iter([("spec".to_owned(), spec)]))
}

/// The Secrets and ConfigMaps that an Ingress names.
pub(super) fn named(tenant: &Value) -> Vec<(Kind, Id)> {
    let own = json::text(&tenant["metadata"]["namespace"]).unwrap_or_default();
    let tls = json::list(&tenant["spec"]["tls"])
        .filter_map(|tls| json::text(&tls["secretName"]))
        .map(|name| (Kind::Secret, Id::new(own, name)));
    let annotations = REFERENCES.iter().filter_map(|(key, kind)| {
        let (namespace, name) = split(json::text(&tenant["metadata"]["annotations"][*key])?, own);
        Some((*kind, Id::new(namespace, name)))
    });
    tls.chain(annotations).collect()
}

fn split<'a>(text: &'a str, own: &'a str) -> (&'a str, &'a str) {
    text.split_once('/').unwrap_or((own, text))
}

fn each_backend(spec: &mut Value, f: &mut dyn FnMut(&mut Value)) {
    if let Some(backend) = spec.get_mut("defaultBackend") {
        f(backend);
    }
    for rule in json::list_mut(spec, "rules") {
        let Some(http) = rule.get_mut("http") else { continue };
        for path in json::list_mut(http, "paths") {
            if let Some(backend) = path.get_mut("backend") {
                f(backend);
            }
        }
    }
}

/// What of an Ingress's status comes up.
pub(super) fn status(ingress: &Value) -> Value {
    json!({ "loadBalancer": ingress["status"]["loadBalancer"] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::content::host_in_test;

    fn ingress() -> Value {
        let backend = |name: &str| json!({"service": {"name": name, "port": {"number": 80}}});
        json!({
            "metadata": {"name": "web", "namespace": "shop", "uid": "u", "annotations": {
                "nginx.ingress.kubernetes.io/auth-secret": "users",
                "nginx.ingress.kubernetes.io/custom-headers": "other/headers",
            }},
            "spec": {
                "ingressClassName": "nginx", "defaultBackend": backend("fallback"),
                "tls": [{"hosts": ["a.example"], "secretName": "cert"}, {"hosts": ["b.example"]}],
                "rules": [{"host": "a.example", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend("web")}]}}],
            },
        })
    }

    #[test]
    fn an_ingress_names_the_hosts_services_secrets_and_config_maps() {
        let host = host_in_test(Kind::Ingress, &ingress()).expect("is carried");
        let spec = &host["spec"];
        assert_eq!(spec["ingressClassName"], "nginx");
        assert_eq!(spec["defaultBackend"]["service"]["name"], "fallback-x-shop-x-vc");
        let path = &spec["rules"][0]["http"]["paths"][0];
        assert_eq!(
            (&path["backend"]["service"]["name"], &path["path"]),
            (&json!("web-x-shop-x-vc"), &json!("/"))
        );
        assert_eq!(
            (&spec["tls"][0]["secretName"], spec["tls"][1].get("secretName")),
            (&json!("cert-x-shop-x-vc"), None)
        );
        let annotations = &host["metadata"]["annotations"];
        assert_eq!(annotations["nginx.ingress.kubernetes.io/auth-secret"], "host-ns/users-x-shop-x-vc");
        assert_eq!(annotations["nginx.ingress.kubernetes.io/custom-headers"], "host-ns/headers-x-other-x-vc");
    }

    #[test]
    fn what_it_names_is_what_is_copied_for_it() {
        let named: Vec<String> = named(&ingress())
            .iter()
            .map(|(kind, id)| format!("{kind:?} {}/{}", id.namespace, id.name))
            .collect();
        assert_eq!(named, ["Secret shop/cert", "Secret shop/users", "ConfigMap other/headers"]);
    }

    #[test]
    fn a_resource_backend_is_refused() {
        let mut tenant = ingress();
        tenant["spec"]["defaultBackend"] =
            json!({"resource": {"apiGroup": "k8s.example", "kind": "Bucket", "name": "b"}});
        let refused = host_in_test(Kind::Ingress, &tenant).expect_err("is refused");
        assert_eq!(refused.to_string(), "backend.resource is not synced; remove it");
    }
}
