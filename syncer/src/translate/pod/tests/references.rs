//! Names of other objects, wherever a pod's spec holds one.

use super::*;

/// The maximal pod of the tests between real API servers, as it is before an API server has filled it in.
pub(super) fn maximal() -> Value {
    let text = include_str!("../../../../tests/tables/maximal_pod.json");
    let mut pod: Value = serde_json::from_str(text).expect("JSON");
    pod["metadata"]["namespace"] = json!("ray");
    pod["metadata"]["uid"] = json!("u1");
    pod
}

/// What is carried where everything may be.
pub(super) fn generous() -> Rules {
    Rules {
        csi_drivers: vec!["d.example.com".to_owned()],
        runtime_classes: vec!["sandbox".to_owned()],
        ..Rules::default()
    }
}

#[test]
fn every_name_is_that_of_the_copy() {
    let host = carried(&maximal(), None, &generous()).expect("is carried");
    let (creds, settings) = ("creds-x-ray-x-vc", "settings-x-ray-x-vc");
    let cases = [
        ("/containers/0/env/KEY/valueFrom/secretKeyRef/name", creds),
        ("/containers/0/env/MAP/valueFrom/configMapKeyRef/name", settings),
        ("/containers/0/envFrom/0/configMapRef/name", settings),
        ("/initContainers/1/envFrom/0/secretRef/name", creds),
        ("/imagePullSecrets/0/name", "registry-x-ray-x-vc"),
        ("/volumes/maps/configMap/name", settings),
        ("/volumes/secret/secret/secretName", creds),
        ("/volumes/all/projected/sources/1/configMap/name", settings),
        ("/volumes/all/projected/sources/2/secret/name", creds),
        ("/volumes/claim/persistentVolumeClaim/claimName", "data-x-ray-x-vc"),
        ("/volumes/csi/csi/nodePublishSecretRef/name", creds),
        ("/volumes/iscsi/iscsi/secretRef/name", creds),
        ("/volumes/rbd/rbd/secretRef/name", creds),
        ("/volumes/flex/flexVolume/secretRef/name", creds),
        ("/volumes/cinder/cinder/secretRef/name", creds),
        ("/volumes/cephfs/cephfs/secretRef/name", creds),
        ("/volumes/azure/azureFile/secretName", creds),
        ("/volumes/scaleio/scaleIO/secretRef/name", creds),
        ("/volumes/storageos/storageos/secretRef/name", creds),
    ];
    for (path, expected) in cases {
        assert_eq!(at(&host["spec"], path), expected, "{path}");
    }
}

/// The value at a path whose steps are fields, places in a list, or names of items.
fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('/').skip(1).fold(value, |value, step| match (value, step.parse::<usize>()) {
        (Value::Array(items), Ok(place)) => &items[place],
        (Value::Array(items), Err(_)) => {
            items.iter().find(|item| item["name"] == step).unwrap_or(&Value::Null)
        }
        (value, _) => &value[step],
    })
}

#[test]
fn every_copy_that_a_pod_needs_is_known_from_its_names() {
    let mut pod = maximal();
    pod["spec"]["ephemeralContainers"] =
        json!([{"name": "e", "envFrom": [{"secretRef": {"name": "debug"}}]}]);
    let mut names = needs(&pod).names;
    names.sort_by(|a, b| a.1.cmp(&b.1));
    let expected = [
        (Kind::Secret, "creds"),
        (Kind::PersistentVolumeClaim, "data"),
        (Kind::Secret, "debug"),
        (Kind::PersistentVolumeClaim, "max.imal-block"),
        (Kind::Secret, "registry"),
        (Kind::ConfigMap, "settings"),
    ];
    assert_eq!(names, expected.map(|(kind, name)| (kind, name.to_owned())));
}

#[test]
fn a_name_that_is_a_path_stays_within_the_namespace() {
    for name in ["../../kube-system/secrets/admin", "kube-system/admin", "..", "a.b", "A"] {
        let pod = with(json!({"volumes": [{"name": "v", "secret": {"secretName": name}}]}));
        let host = translate(&pod);
        let named = host["spec"]["volumes"][0]["secret"]["secretName"].as_str().expect("a name");
        assert!(crate::names::dns_label(named).is_ok(), "{name} became {named}");
    }
}

#[test]
fn an_ephemeral_volume_is_the_tenants_claim() {
    let host =
        translate(&with(json!({"volumes": [{"name": "scratch", "ephemeral": {"volumeClaimTemplate": {}}}]})));
    assert_eq!(host["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"], "op-5d-scratch-x-ray-x-vc");
}

#[test]
fn tokens_of_every_audience_are_files_of_one_secret() {
    let host = carried(&maximal(), None, &generous()).expect("is carried");
    let all = at(&host["spec"], "/volumes/all/projected/sources");
    assert!(!all.to_string().contains("serviceAccountToken"), "{all}");
    let tokens = needs(&maximal()).tokens;
    assert_eq!(
        tokens,
        [TokenAsk { key: "all.0".to_owned(), audience: Some("vault".to_owned()), seconds: 900 }]
    );
    assert_eq!(all[0]["secret"]["items"], json!([{"key": "all.0", "path": "vault"}]));
}

#[test]
fn what_names_nothing_is_carried_as_it_is() {
    let tenant = maximal();
    let host = carried(&tenant, None, &generous()).expect("is carried");
    for path in [
        "/activeDeadlineSeconds",
        "/terminationGracePeriodSeconds",
        "/restartPolicy",
        "/schedulerName",
        "/schedulingGates",
        "/shareProcessNamespace",
        "/hostUsers",
        "/os",
        "/nodeSelector",
        "/tolerations",
        "/securityContext",
        "/runtimeClassName",
        "/resources",
        "/containers/0/resources",
        "/containers/0/resizePolicy",
        "/containers/0/livenessProbe",
        "/containers/0/lifecycle",
        "/containers/0/volumeMounts",
        "/containers/0/volumeDevices",
        "/containers/0/securityContext",
        "/initContainers/1/restartPolicy",
        "/volumes/scratch",
        "/volumes/image",
        "/volumes/nfs",
        "/affinity/nodeAffinity",
    ] {
        let of_tenant = at(&tenant["spec"], path);
        assert!(!of_tenant.is_null(), "{path} is in the table");
        assert_eq!(at(&host["spec"], path), of_tenant, "{path}");
    }
}

/// The fields of a pod's spec that are there by option, in a tenant that copies these kinds, and on a host whose
/// priority class `low` the tenant has a copy of.
fn optional(pod: &Value, copied: &[Kind]) -> Value {
    let names = Names::new("vc", "host-ns").copying(copied.iter().copied());
    let rules = Rules { priority_classes: vec!["low".to_owned()], ..Rules::default() };
    let around = Surroundings {
        ownership: &Ownership { names, owner: None },
        api: ("10.96.0.40", 443),
        links: &[],
        sources: &Sources::default(),
        dns: None,
        namespaces: &namespaces,
        rules: &rules,
    };
    Value::Object(by_option(pod, &around))
}

#[test]
fn a_class_and_an_account_are_named_where_the_host_has_copies_of_them() {
    let pod = with(json!({"priorityClassName": "high"}));
    assert_eq!(optional(&pod, &[]), json!({}));
    let named = json!({"priorityClassName": "vc-high-x-host-ns-x-vc", "serviceAccountName": "op-x-ray-x-vc"});
    assert_eq!(optional(&pod, &[Kind::PriorityClass, Kind::ServiceAccount]), named);
}

#[test]
fn a_class_of_the_host_is_named_where_the_tenant_has_a_copy_of_it_and_no_other_is() {
    let class = |name: &str| optional(&with(json!({"priorityClassName": name})), &[]);
    assert_eq!(class("low"), json!({"priorityClassName": "low"}));
    for other in ["high", "system-node-critical", ""] {
        assert_eq!(class(other), json!({}), "{other}");
    }
}

#[test]
fn readiness_gates_are_carried_by_option_and_marked_as_the_tenants() {
    let pod =
        with(json!({"readinessGates": [{"conditionType": "example.com/go"}, {"conditionType": "Ready"}]}));
    assert_eq!(optional(&pod, &[]), json!({}));
    let carried = json!({"readinessGates": [{"conditionType": "example.com/go"}]});
    assert_eq!(optional(&pod, &[Kind::ReadinessGates]), carried);
    let names = Names::new("vc", "host-ns").copying([Kind::ReadinessGates]);
    let metadata = metadata(&pod, &Ownership { names, owner: None });
    assert_eq!(metadata["annotations"]["tenantbench.dev/gates"], "example.com/go");
}
