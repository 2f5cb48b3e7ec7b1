mod anything;
mod environment;
mod network;
mod placement;
mod references;
mod refusals;

use serde_json::json;

use super::*;
use crate::{
    index::{Link, ServicePort},
    names::Names,
};

fn ownership() -> Ownership {
    Ownership {
        names: Names::new("vc", "host-ns"),
        owner: Some(json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "vc", "uid": "o"})),
    }
}

/// Two namespaces are of the team, and none is of any other.
fn namespaces(selector: &Value) -> Vec<String> {
    let of_team = selector["matchLabels"] == json!({"team": "a"});
    if of_team { vec!["ml".to_owned(), "ray".to_owned()] } else { Vec::new() }
}

/// The host's pod, in a tenant with one Service and these settings.
fn carried(tenant: &Value, dns: Option<&str>, rules: &Rules) -> Result<Value, Refused> {
    carried_with(tenant, dns, rules, &Sources::default())
}

/// The same, where ConfigMaps and Secrets have these keys.
fn carried_with(
    tenant: &Value,
    dns: Option<&str>,
    rules: &Rules,
    sources: &Sources,
) -> Result<Value, Refused> {
    let links = [Link {
        name: "db-main".to_owned(),
        ip: "10.96.0.8".to_owned(),
        ports: vec![ServicePort { name: "sql".into(), port: 5432, protocol: "TCP".into(), node_port: 0 }],
    }];
    let around = Surroundings {
        ownership: &ownership(),
        api: ("10.96.0.40", 443),
        links: &links,
        sources,
        dns,
        namespaces: &namespaces,
        rules,
    };
    host(tenant, &around)
}

fn translate(tenant: &Value) -> Value {
    translate_with(tenant, None)
}

fn translate_with(tenant: &Value, dns: Option<&str>) -> Value {
    carried(tenant, dns, &Rules::default()).expect("a pod that can be carried")
}

/// A small pod with these fields in its spec.
fn with(fields: Value) -> Value {
    let mut pod = operator();
    if let (Some(spec), Value::Object(fields)) = (pod["spec"].as_object_mut(), fields) {
        spec.extend(fields);
    }
    pod
}

/// What a tenant's API server makes of a small pod.
fn operator() -> Value {
    json!({
        "metadata": {"name": "op-5d", "namespace": "ray", "uid": "u1", "labels": {"app": "op"}},
        "spec": {
            "serviceAccountName": "op", "serviceAccount": "op", "priority": 0, "preemptionPolicy": "PreemptLowerPriority",
            "enableServiceLinks": false, "dnsPolicy": "ClusterFirst",
            "containers": [{
                "name": "op", "image": "op:1",
                "env": [
                    {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
                    {"name": "LEVEL", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "level"}}},
                    {"name": "KUBERNETES_PORT", "value": "mine"},
                ],
                "envFrom": [{"secretRef": {"name": "creds"}}],
                "volumeMounts": [{"name": "kube-api-access-x", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": true}],
            }],
            "volumes": [{
                "name": "kube-api-access-x",
                "projected": {"defaultMode": 420, "sources": [
                    {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                    {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                    {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
                ]},
            }],
        },
        "status": {"phase": "Pending"},
    })
}

#[test]
fn an_operators_pod_is_carried_whole() {
    insta::assert_json_snapshot!(translate(&operator()));
}

#[test]
fn a_pod_names_what_it_uses_and_not_the_certificate_in_its_token_volume() {
    let needs = needs(&operator());
    assert_eq!(needs.names, [(Kind::ConfigMap, "settings".to_owned()), (Kind::Secret, "creds".to_owned())]);
    assert_eq!(
        needs.tokens,
        [TokenAsk { key: "kube-api-access-x.0".to_owned(), audience: None, seconds: 3600 }]
    );
}

#[test]
fn token_lifetimes_are_as_asked_but_never_the_one_that_yields_a_year() {
    let seconds = |asked: Value| {
        let mut pod = operator();
        pod["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"]["expirationSeconds"] =
            asked;
        needs(&pod).tokens[0].seconds
    };
    assert_eq!(seconds(json!(3607)), 3600);
    assert_eq!(seconds(json!(7200)), 7200);
    assert_eq!(seconds(json!(1)), 600);
    assert_eq!(seconds(Value::Null), 3600);
}

#[test]
fn a_change_of_image_patches_the_image_and_keeps_the_hosts_tolerations() {
    let mut pod = operator();
    let before = translate(&pod);
    let mut on_host = before.clone();
    on_host["spec"]["tolerations"] = json!([{"key": "host-only"}]);
    pod["spec"]["containers"][0]["image"] = json!("op:2");
    let patch = patch(&pod, &on_host, &ownership());
    assert_eq!(patch["spec"]["containers"], json!([{"name": "op", "image": "op:2"}]));
    assert_eq!(patch["spec"]["tolerations"], json!([{"key": "host-only"}]));
    assert_ne!(
        patch["metadata"]["annotations"]["tenantbench.dev/applied"],
        before["metadata"]["annotations"]["tenantbench.dev/applied"]
    );
}
