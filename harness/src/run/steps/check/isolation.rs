//! A pod does not reach another tenant's, where the host's network enforces policies; and whether it does.

use k8s_openapi::api::core::v1::{Namespace, Pod};
use kube::{
    Api,
    api::{DeleteParams, DynamicObject},
    runtime::watcher,
};
use serde_json::{Value, json};

use super::{
    ground::{
        BACK, CLIENT, FRONT, Ground, PORT, SERVER, SERVICE_PORT, apply, client, failed, namespace, pods,
        ready,
    },
    verdict::{Finding, isolation},
};
use crate::{
    inside::Fetched,
    names,
    observe::until::Wait,
    probe::inside,
    run::{RunError, round::Round},
    tenancy::Tenant,
    workload::container,
};

/// A namespace of the platform with one pod that no policy lets anybody in to.
const CONTROL: &str = "tenantbench-control";

/// How long one try may take: a policy drops packets, it does not refuse.
const LIMIT: &str = "3s";

pub(super) async fn run(
    ground: &Ground<'_>,
    round: &Round<'_>,
    other: &Tenant,
) -> Result<Vec<Finding>, RunError> {
    namespace(other, FRONT, ground.limit()).await?;
    apply(other, client(), FRONT).await?;
    ready(&pods(other, FRONT), CLIENT, ground.limit()).await?;
    let visitor = Api::namespaced(other.stream_client().await?, FRONT);
    let targets = [
        ("isolation-by-pod-address", format!("{}:{PORT}", ground.pod_address())),
        ("isolation-by-service-address", format!("{}:{SERVICE_PORT}", ground.address)),
    ];
    let mut tried = Vec::new();
    for (name, target) in targets {
        let own: Fetched = ground.ask(FRONT, CLIENT, &once(&target)).await?;
        tried.push((name, own, from(&visitor, &target, ground).await?));
    }
    let any = tried.iter().any(|(_, _, foreign)| matches!(foreign, Fetched::Answered { .. }));
    let control = if any { Some(control(round, &visitor, ground).await?) } else { None };
    let mut findings: Vec<Finding> =
        tried.iter().map(|(name, own, foreign)| isolation(name, own, foreign, control.as_ref())).collect();
    findings.push(by_name(ground, &visitor).await?);
    Ok(findings)
}

/// One tenant's names mean nothing to another.
async fn by_name(ground: &Ground<'_>, visitor: &Api<Pod>) -> Result<Finding, RunError> {
    let name = "isolation-by-name";
    if ground.simulated {
        return Ok(Finding::not_shown(name, "simulated nodes have no DNS"));
    }
    let target = format!("{SERVER}.{BACK}.svc.cluster.local:{SERVICE_PORT}");
    let own: Fetched = ground.ask(FRONT, CLIENT, &once(&target)).await?;
    Ok(isolation(name, &own, &from(visitor, &target, ground).await?, None))
}

fn once(target: &str) -> [&str; 4] {
    ["fetch", target, "--limit", LIMIT]
}

/// Lets the other tenant's client try something.
async fn from(visitor: &Api<Pod>, target: &str, ground: &Ground<'_>) -> Result<Fetched, RunError> {
    let program = once(target);
    let answer = inside::ask(visitor, CLIENT, &program, ground.limit()).await;
    answer.map_err(|error| failed(&program, CLIENT, &error))
}

/// Lets the other tenant's client try a pod of the platform behind a policy that allows nothing.
async fn control(round: &Round<'_>, visitor: &Api<Pod>, ground: &Ground<'_>) -> Result<Fetched, RunError> {
    let [home, policy, pod] = control_objects(&round.platform.run);
    platform_applies(round, home).await?;
    let tried = async {
        round.platform.default_account(CONTROL).await?;
        platform_applies(round, policy).await?;
        platform_applies(round, pod).await?;
        let control: Api<Pod> = Api::namespaced(round.platform.client(), CONTROL);
        // A kubelet's probes pass every policy, so Ready means that it listens.
        let pod = ready(&control, SERVER, ground.limit()).await?;
        let address = pod.status.and_then(|status| status.pod_ip).unwrap_or_default();
        from(visitor, &format!("{address}:{PORT}"), ground).await
    };
    let fetched = tried.await;
    let removed = remove_control(round).await;
    // Where both fail, the second may only have had no time left.
    let fetched = fetched?;
    removed?;
    Ok(fetched)
}

async fn platform_applies(round: &Round<'_>, object: Value) -> Result<(), RunError> {
    let object: DynamicObject = serde_json::from_value(object).map_err(RunError::object)?;
    round.platform.applier.apply(&object, CONTROL).await?;
    Ok(())
}

async fn remove_control(round: &Round<'_>) -> Result<(), RunError> {
    let namespaces: Api<Namespace> = Api::all(round.platform.client());
    let deleted = namespaces.delete(CONTROL, &DeleteParams::default()).await;
    deleted.map_err(RunError::probe("delete the control's namespace"))?;
    let only = watcher::Config::default().fields(&format!("metadata.name={CONTROL}"));
    Ok(Wait::new(format!("the end of namespace {CONTROL}"), round.platform.limit())
        .gone(namespaces, only)
        .await?)
}

fn control_objects(run: &str) -> [Value; 3] {
    let port = PORT.to_string();
    let probe = json!({"readinessProbe": {"httpGet": {"path": "/", "port": PORT}, "periodSeconds": 1}});
    [
        json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": CONTROL, "labels": {names::RUN_LABEL: run}},
        }),
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "nobody"},
            "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
        }),
        container::pod(SERVER, &["serve", "--port", &port], probe, json!({})),
    ]
}
