//! What a tenant cannot reach: refused with the reason, or left out.

use super::*;
use crate::translate::security::Level;

#[test]
fn what_could_name_something_outside_is_refused_by_name() {
    let volume = |source: Value| {
        let mut volume = json!({"name": "v"});
        volume.as_object_mut().expect("an object").extend(source.as_object().cloned().expect("an object"));
        json!({ "volumes": [volume] })
    };
    let env = |source: &str| json!({"containers": [{"name": "c", "env": [{"name": "E", "valueFrom": {source: {"name": "n"}}}]}]});
    let projected = |source: &str| volume(json!({"projected": {"sources": [{source: {"name": "n"}}]}}));
    let windows = json!({"windowsOptions": {"gmsaCredentialSpecName": "n"}});
    let cases: [(Value, &str); 16] = [
        (json!({"resourceClaims": [{"name": "gpu"}]}), "spec.resourceClaims is not synced"),
        (json!({"schedulingGroup": {"podGroupName": "g"}}), "spec.schedulingGroup is not synced"),
        (json!({"somethingNew": {"secretName": "s"}}), "spec.somethingNew is not synced"),
        (env("newRef"), "env.valueFrom.newRef is not synced"),
        (
            json!({"initContainers": [{"name": "c", "envFrom": [{"newRef": {"name": "n"}}]}]}),
            "envFrom.newRef",
        ),
        (json!({"securityContext": windows}), "securityContext.windowsOptions.gmsaCredentialSpecName is not"),
        (json!({"containers": [{"name": "c", "securityContext": windows}]}), "gmsaCredentialSpecName"),
        (volume(json!({"newKind": {"secretName": "s"}})), "volume v: newKind volumes are not synced"),
        (volume(json!({"glusterfs": {"endpoints": "e", "path": "p"}})), "volume v: glusterfs volumes"),
        (
            volume(json!({"storageos": {"volumeName": "v", "volumeNamespace": "other"}})),
            "storageos with volumeN",
        ),
        (projected("clusterTrustBundle"), "volume v: clusterTrustBundle volumes are not synced"),
        (projected("podCertificate"), "volume v: podCertificate volumes are not synced"),
        (
            volume(json!({"csi": {"driver": "d"}})),
            "volume v: inline volumes of the CSI driver d are not allowed",
        ),
        (json!({"runtimeClassName": "r"}), "runtime class r is not allowed here"),
        (
            json!({"hostNetwork": true}),
            "pods here may not reach their node: host namespaces (hostNetwork=true)",
        ),
        (
            json!({"hostPID": true, "hostIPC": true, "volumes": [{"name": "v", "hostPath": {"path": "/"}}],
                "initContainers": [{"name": "c", "ports": [{"containerPort": 1, "hostPort": 2}]}]}),
            "host namespaces (hostPID=true, hostIPC=true), hostPath volumes (volume \"v\"), hostPort (container \"c\" \
             uses hostPort 2)",
        ),
    ];
    for (fields, reason) in cases {
        let error =
            carried(&with(fields.clone()), None, &Rules::default()).expect_err("a refusal").to_string();
        assert!(error.contains(reason), "{fields}\n  is refused for: {error}");
    }
}

#[test]
fn what_the_platform_allows_is_carried() {
    let rules = Rules {
        node_access: true,
        csi_drivers: vec!["d".to_owned()],
        runtime_classes: vec!["r".to_owned()],
        ..Rules::default()
    };
    let pod = with(json!({
        "hostNetwork": true, "runtimeClassName": "r", "overhead": {"cpu": "1"},
        "volumes": [{"name": "v", "csi": {"driver": "d"}}, {"name": "h", "hostPath": {"path": "/"}}],
    }));
    let host = carried(&pod, None, &rules).expect("is allowed");
    assert_eq!(
        (&host["spec"]["hostNetwork"], &host["spec"]["runtimeClassName"]),
        (&json!(true), &json!("r"))
    );
    assert_eq!(host["spec"]["volumes"], pod["spec"]["volumes"]);
    assert_eq!(host["spec"].get("overhead"), None);
}

#[test]
fn a_pod_below_the_tenants_level_of_pod_security_is_refused_with_each_violation() {
    let pod = with(json!({"containers": [{"name": "c", "securityContext": {"privileged": true}}]}));
    let refusal =
        |level| carried(&pod, None, &Rules { level, ..Rules::default() }).map_err(|e| e.to_string());
    assert!(refusal(Level::Privileged).is_ok());
    assert_eq!(
        refusal(Level::Baseline),
        Err("violates PodSecurity \"baseline:latest\": privileged (container \"c\" must not set \
             securityContext.privileged=true)"
            .to_owned())
    );
    let restricted = refusal(Level::Restricted).expect_err("is refused");
    for control in
        ["privileged (", "runAsNonRoot != true (", "seccompProfile (", "unrestricted capabilities ("]
    {
        assert!(restricted.contains(control), "{restricted}");
    }
}

#[test]
fn an_ephemeral_container_is_held_to_the_same_level() {
    let pod =
        with(json!({"ephemeralContainers": [{"name": "debug", "securityContext": {"privileged": true}}]}));
    let rules = Rules { level: Level::Baseline, ..Rules::default() };
    let around = Surroundings {
        ownership: &ownership(),
        api: ("1.2.3.4", 443),
        links: &[],
        sources: &Sources::default(),
        dns: None,
        namespaces: &namespaces,
        rules: &rules,
    };
    assert!(ephemeral_containers(&pod, &around).is_err());
}

#[test]
fn what_means_something_else_on_the_host_is_left_out() {
    let pod = with(json!({
        "serviceAccountName": "admin", "serviceAccount": "admin", "automountServiceAccountToken": true,
        "priorityClassName": "system-node-critical", "priority": 2_000_001_000, "preemptionPolicy": "Never",
        "nodeName": "node-1", "subdomain": "s", "readinessGates": [{"conditionType": "t"}],
        "ephemeralContainers": [{"name": "e"}],
    }));
    let host = translate(&pod);
    for field in [
        "serviceAccountName",
        "serviceAccount",
        "priorityClassName",
        "priority",
        "preemptionPolicy",
        "nodeName",
        "subdomain",
        "readinessGates",
        "ephemeralContainers",
    ] {
        assert_eq!(host["spec"].get(field), None, "{field}");
    }
    assert_eq!(host["spec"]["automountServiceAccountToken"], false);
}

#[test]
fn a_tenants_metadata_claims_nothing_on_the_host() {
    let mut pod = operator();
    pod["metadata"] = json!({
        "name": "op-5d", "namespace": "ray", "uid": "u1", "generateName": "op-", "resourceVersion": "7",
        "deletionTimestamp": "2026-01-01T00:00:00Z", "deletionGracePeriodSeconds": 1, "managedFields": [{}],
        "finalizers": ["kubernetes.io/pvc-protection"],
        "ownerReferences": [{"apiVersion": "v1", "kind": "Secret", "name": "plane", "uid": "x", "controller": true}],
        "labels": {
            "tenantbench.dev/vcluster": "other", "tenantbench.dev/namespace": "kube-system",
            "tenantbench.dev/role": "pod-token", "tenantbench.dev/virtual-cluster": "plane",
            "sidecar.istio.io/inject": "false", "app": "op",
        },
        "annotations": {
            "tenantbench.dev/name": "other", "tenantbench.dev/uid": "other", "tenantbench.dev/keys": "a;b",
            "tenantbench.dev/applied": "0", "tenantbench.dev/containers": "mesh-proxy",
            "kubernetes.io/config.mirror": "x", "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
            "k8s.v1.cni.cncf.io/networks": "kube-system/net", "iam.amazonaws.com/role": "admin", "note": "n",
        },
    });
    let mut metadata = translate(&pod)["metadata"].take();
    json::remove(&mut metadata["annotations"], &["tenantbench.dev/applied"]);
    let owner = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "vc", "uid": "o"});
    let expected = json!({
        "name": "op-5d-x-ray-x-vc", "namespace": "host-ns", "ownerReferences": [owner],
        "labels": {"app": "op", "tenantbench.dev/vcluster": "vc", "tenantbench.dev/namespace": "ray"},
        "annotations": {
            "note": "n", "tenantbench.dev/containers": "op", "tenantbench.dev/keys": "app;note",
            "tenantbench.dev/name": "op-5d", "tenantbench.dev/uid": "u1",
        },
    });
    assert_eq!(metadata, expected);
}

#[test]
fn labels_that_come_later_claim_nothing_either() {
    let before = translate(&operator());
    let mut pod = operator();
    pod["metadata"]["labels"] =
        json!({"tenantbench.dev/vcluster": "other", "istio.io/rev": "x", "app": "op"});
    let labels = &patch(&pod, &before, &ownership())["metadata"]["labels"];
    assert_eq!(labels["tenantbench.dev/vcluster"], "vc");
    assert_eq!(labels.get("istio.io/rev"), None);
}
