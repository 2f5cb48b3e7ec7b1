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

fn translate(tenant: &Value) -> Value {
    translate_with(tenant, None)
}

fn translate_with(tenant: &Value, dns: Option<&str>) -> Value {
    let links = [Link {
        name: "db-main".to_owned(),
        ip: "10.96.0.8".to_owned(),
        ports: vec![ServicePort { name: "sql".into(), port: 5432, protocol: "TCP".into(), node_port: 0 }],
    }];
    let rules = Rules::default();
    let around = Surroundings {
        ownership: &ownership(),
        api: ("10.96.0.40", 443),
        links: &links,
        dns,
        namespaces: &namespaces,
        rules: &rules,
    };
    host(tenant, &around).expect("a pod that can be carried")
}

/// Why a pod is refused where nothing is allowed that could be forbidden.
fn refused(tenant: &Value) -> Refused {
    let rules = Rules::default();
    let around = Surroundings {
        ownership: &ownership(),
        api: ("10.96.0.40", 443),
        links: &[],
        dns: None,
        namespaces: &namespaces,
        rules: &rules,
    };
    host(tenant, &around).expect_err("a refusal")
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
fn links_come_first_when_asked_for() {
    let mut pod = operator();
    pod["spec"]["enableServiceLinks"] = json!(true);
    let host = translate(&pod);
    let names: Vec<&str> =
        json::list(&host["spec"]["containers"][0]["env"]).filter_map(|v| v["name"].as_str()).collect();
    assert!(
        names.starts_with(&["DB_MAIN_SERVICE_HOST", "DB_MAIN_SERVICE_PORT", "DB_MAIN_SERVICE_PORT_SQL"]),
        "{names:?}"
    );
    assert!(names.contains(&"DB_MAIN_PORT_5432_TCP_ADDR"), "{names:?}");
}

#[test]
fn a_volume_of_an_unknown_kind_is_refused_by_name() {
    let mut pod = operator();
    pod["spec"]["volumes"] = json!([{"name": "v", "newKind": {"secretName": "host-secret"}}]);
    let error = refused(&pod);
    assert_eq!(error.to_string(), "volume v: newKind volumes are not synced; use another kind of volume");
}

#[test]
fn tenant_dns_keeps_the_pods_options() {
    let mut pod = operator();
    pod["spec"]["dnsConfig"] = json!({"options": [{"name": "ndots", "value": "2"}], "searches": ["corp"]});
    let host = translate_with(&pod, Some("10.96.0.10"));
    assert_eq!(host["spec"]["dnsPolicy"], "None");
    assert_eq!(
        host["spec"]["dnsConfig"],
        json!({
            "nameservers": ["10.96.0.10"],
            "searches": ["ray.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp"],
            "options": [{"name": "ndots", "value": "2"}],
        })
    );
}

#[test]
fn affinity_meets_only_pods_of_the_same_tenant_and_namespace() {
    let mut pod = operator();
    pod["spec"]["affinity"] = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "op"}}},
    ]}});
    let host = translate(&pod);
    let term =
        &host["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0];
    assert_eq!(
        term["labelSelector"]["matchExpressions"],
        json!([
            {"key": "tenantbench.dev/vcluster", "operator": "In", "values": ["vc"]},
            {"key": "tenantbench.dev/namespace", "operator": "In", "values": ["ray"]},
        ])
    );
}

#[test]
fn a_node_that_the_user_chose_is_asked_of_the_hosts_scheduler_and_one_that_was_bound_is_not() {
    let mut pod = operator();
    pod["spec"]["nodeName"] = json!("node-1");
    let pinned = translate(&pod);
    assert_eq!(pinned["spec"].get("nodeName"), None);
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    assert_eq!(
        pinned["spec"]["affinity"]["nodeAffinity"][required]["nodeSelectorTerms"],
        json!([{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-1"]}]}])
    );
    pod["status"]["conditions"] = json!([{"type": "PodScheduled", "status": "True"}]);
    let bound = translate(&pod);
    assert_eq!((bound["spec"].get("nodeName"), bound["spec"].get("affinity")), (None, None));
}

#[test]
fn an_ephemeral_volume_is_the_tenants_claim() {
    let mut pod = operator();
    pod["spec"]["volumes"] = json!([{"name": "scratch", "ephemeral": {"volumeClaimTemplate": {}}}]);
    let host = translate(&pod);
    assert_eq!(host["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"], "op-5d-scratch-x-ray-x-vc");
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

mod anything {
    use proptest::prelude::*;

    use super::*;

    fn json_tree() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-z]{0,6}".prop_map(Value::from),
        ];
        let field = prop::sample::select(vec![
            "name",
            "volumes",
            "projected",
            "sources",
            "serviceAccountToken",
            "configMap",
            "secret",
            "env",
            "valueFrom",
            "fieldRef",
            "fieldPath",
            "containers",
            "initContainers",
            "affinity",
            "podAffinity",
            "items",
            "spec",
            "labelSelector",
            "topologySpreadConstraints",
            "hostname",
            "dnsConfig",
            "options",
            "tolerations",
            "metadata",
        ]);
        leaf.prop_recursive(6, 64, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(field.clone(), inner, 0..5).prop_map(|map| map
                    .into_iter()
                    .map(|(k, v)| (k.to_owned(), v))
                    .collect::<Map<_, _>>()
                    .into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_pod_makes_translation_panic_or_leave_the_namespace(spec in json_tree(), labels in json_tree()) {
            let tenant = json!({"metadata": {"name": "p", "namespace": "ns", "uid": "u", "labels": labels}, "spec": spec});
            let rules = Rules { node_access: true, ..Rules::default() };
            let around = Surroundings {
                ownership: &ownership(), api: ("1.2.3.4", 443), links: &[], dns: Some("1.1.1.1"), namespaces: &namespaces, rules: &rules,
            };
            needs(&tenant);
            if let Ok(host) = host(&tenant, &around) {
                prop_assert_eq!(&host["metadata"]["namespace"], "host-ns");
                prop_assert_eq!(&host["metadata"]["labels"]["tenantbench.dev/vcluster"], "vc");
                patch(&tenant, &host, &ownership());
            }
        }
    }
}
