//! What a real API server makes of translated pods: what it fills in, what it checks, what it forbids.

use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod, Secret};
use kube::Api;
use serde_json::{Value, json};
use tenantbench_syncer::translate::{pod::Rules, security::Level};

use crate::{
    events::event_about,
    support::{World, create, pod, until},
};

/// A pod that uses every field that is carried, and one volume of each kind that names something.
const MAXIMAL: &str = include_str!("../tables/maximal_pod.json");

/// Every text in a tree.
fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, found)),
        _ => {}
    }
}

async fn allow_sandbox(world: &World) {
    for cluster in [&world.tenant, &world.host] {
        let classes: Api<k8s_openapi::api::node::v1::RuntimeClass> = Api::all(cluster.clone());
        create(&classes, json!({"metadata": {"name": "sandbox"}, "handler": "h"})).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_with_every_field_is_accepted_by_the_host() {
    let world = World::start().await;
    allow_sandbox(&world).await;
    let mut options = world.options();
    options.pods = Rules {
        level: Level::Baseline,
        csi_drivers: vec!["d.example.com".to_owned()],
        runtime_classes: vec!["sandbox".to_owned()],
        ..Rules::default()
    };
    let syncer = world.launch(options);
    syncer.ready().await;
    create(&world.tenant_api::<Secret>("default"), json!({"metadata": {"name": "creds"}})).await;
    create(&world.tenant_api::<Secret>("default"), json!({"metadata": {"name": "registry"}})).await;
    let pods = world.tenant_api::<Pod>("default");
    let tenant = create(&pods, serde_json::from_str(MAXIMAL).expect("JSON")).await;
    let host_name = world.names.host("default", "max.imal");
    let host =
        until("the host's pod", &world.host_api::<Pod>(), &host_name, |pod: Option<&Pod>| pod.is_some())
            .await
            .expect("a pod");

    let quality = |pod: &Pod| pod.status.as_ref().and_then(|status| status.qos_class.clone());
    assert_eq!(quality(&host), quality(&tenant));
    let (tenant, host) = (json!(tenant), json!(host));
    let metadata = &host["metadata"];
    assert_eq!(metadata.get("finalizers"), None);
    assert_eq!(
        metadata["ownerReferences"].as_array().map(|owners| owners[0]["name"].clone()),
        Some(json!("plane"))
    );
    assert_eq!(metadata["annotations"].get("sidecar.istio.io/inject"), None);
    let spec = &host["spec"];
    for field in [
        "activeDeadlineSeconds",
        "terminationGracePeriodSeconds",
        "schedulerName",
        "schedulingGates",
        "hostname",
        "shareProcessNamespace",
        "os",
        "nodeSelector",
        "runtimeClassName",
        "resources",
        "securityContext",
        "restartPolicy",
    ] {
        assert_eq!(spec[field], tenant["spec"][field], "{field}");
    }
    assert_eq!(spec["hostnameOverride"], "h.s.default.svc.cluster.local");
    // What names a Secret or ConfigMap names the copy.
    let mut all = Vec::new();
    texts(spec, &mut all);
    for name in ["creds", "settings", "registry", "data"] {
        assert!(!all.contains(&name), "{name} is named as in the tenant");
        assert!(all.contains(&world.names.host("default", name).as_str()), "{name} is not named");
    }
    assert!(world.host_api::<ConfigMap>().get_opt("settings").await.expect("may read").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_below_its_tenants_level_of_pod_security_is_refused_with_each_violation() {
    let world = World::start().await;
    let mut options = world.options();
    options.pods.level = Level::Restricted;
    let syncer = world.launch(options);
    syncer.ready().await;
    create(&world.tenant_api::<Pod>("default"), pod("web", None)).await;
    let event = event_about(world.tenant_api("default"), "web", "NotSynced").await;
    let message = event.message.unwrap_or_default();
    assert!(message.starts_with("violates PodSecurity \"restricted:latest\": "), "{message}");
    for control in
        ["allowPrivilegeEscalation != false", "runAsNonRoot != true", "seccompProfile", "capabilities"]
    {
        assert!(message.contains(control), "{message}");
    }
    let host = world.host_api::<Pod>().get_opt(&world.names.host("default", "web")).await;
    assert!(host.expect("may read").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selector_of_namespaces_means_the_tenants_own() {
    let world = World::start().await;
    let namespaces = Api::<Namespace>::all(world.tenant.clone());
    create(&namespaces, json!({"metadata": {"name": "ml", "labels": {"team": "a"}}})).await;
    // On the host another one has that label, and must mean nothing.
    let of_host = Api::<Namespace>::all(world.host.clone());
    create(&of_host, json!({"metadata": {"name": "other", "labels": {"team": "a"}}})).await;
    let _syncer = world.syncer().await;
    let mut web = pod("web", None);
    web["spec"]["affinity"] = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{
        "topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}},
        "namespaceSelector": {"matchLabels": {"team": "a"}},
    }]}});
    create(&world.tenant_api::<Pod>("default"), web).await;
    let host_name = world.names.host("default", "web");
    let is_there = |pod: Option<&Pod>| pod.is_some();
    let host = until("the host's pod", &world.host_api::<Pod>(), &host_name, is_there).await;
    let host = json!(host);
    let term =
        &host["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0];
    assert_eq!((term.get("namespaces"), term.get("namespaceSelector")), (None, None));
    assert_eq!(
        term["labelSelector"]["matchExpressions"][1],
        json!({"key": "tenantbench.dev/namespace", "operator": "In", "values": ["ml"]})
    );
}
