//! A tenant's Deployment, as far as the tenant's quota lets it grow.

use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::{Event, Pod};
use kube::{Api, ResourceExt, api::ListParams, runtime::watcher};
use serde_json::{Value, json};
use tenantbench_reports::{Metric, Verdict};

use crate::{
    observe::{
        clock::Moment,
        pods::is_ready,
        until::{View, Wait},
    },
    probe::room::Room,
    run::{
        RunError,
        round::{Round, Step},
    },
    workload::container,
};

/// What the quota's admission says, on either side.
const EXCEEDED: &str = "exceeded quota";

/// Creates the Deployment, waits until as many pods are Ready as there is room for, and the tenant is told of the rest.
pub fn run<'r>(
    round: &'r mut Round<'_>,
    name: &'r str,
    replicas: u32,
) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        let guest = round.guest()?;
        guest.tenant.settled(round.platform.limit()).await?;
        let room = Room { quota: guest.limits.pods, taken: own_pods(round).await?, asked: replicas };
        let started = Moment::now();
        let object = serde_json::from_value(deployment(name, replicas)).map_err(RunError::object)?;
        guest.tenant.api.apply(&object, &guest.tenant.workspace).await?;
        tokio::try_join!(until_ready(round, name, &room), until_told(round, &room))?;
        round.record.sample(Metric::WorkloadReady, started.elapsed().as_secs_f64());
        judge(round, name, &room).await?;
        Ok(Step::Done)
    }
    .boxed()
}

/// The pods in the tenant's host namespace before it asked for any.
async fn own_pods(round: &Round<'_>) -> Result<Vec<String>, RunError> {
    let pods: Api<Pod> = Api::namespaced(round.platform.client(), &round.tenant()?.name);
    let found = pods.list(&ListParams::default()).await;
    let found = found.map_err(RunError::probe("list the tenant's pods on the host"))?;
    Ok(found.items.iter().map(ResourceExt::name_any).collect())
}

async fn until_ready(round: &Round<'_>, name: &str, room: &Room) -> Result<(), RunError> {
    let tenant = round.tenant()?;
    let pods: Api<Pod> = Api::namespaced(tenant.client(), &tenant.workspace);
    let wanted = room.pods() as usize;
    let ready = |view: &View<Pod>| view.values().filter(|pod| is_ready(pod)).count();
    Wait::new(format!("{wanted} Ready pods of Deployment {name}"), round.platform.limit())
        .until(
            pods,
            selector(name),
            |view| (ready(view) >= wanted).then_some(()),
            |view| format!("{} of {} pods Ready", ready(view), view.len()),
        )
        .await?;
    Ok(())
}

/// A tenant whose pods are held back must learn why.
async fn until_told(round: &Round<'_>, room: &Room) -> Result<(), RunError> {
    if !room.is_short() {
        return Ok(());
    }
    let tenant = round.tenant()?;
    let events: Api<Event> = Api::namespaced(tenant.client(), &tenant.workspace);
    let told = |event: &Event| event.message.as_deref().is_some_and(|words| words.contains(EXCEEDED));
    Wait::new("an event that tells the tenant of its quota", round.platform.limit())
        .until(
            events,
            watcher::Config::default(),
            |view| view.values().any(told).then_some(()),
            |view| format!("{} other events", view.len()),
        )
        .await?;
    Ok(())
}

async fn judge(round: &Round<'_>, name: &str, room: &Room) -> Result<(), RunError> {
    let tenant = round.tenant()?;
    let pods: Api<Pod> = Api::namespaced(tenant.client(), &tenant.workspace);
    let found = pods.list(&ListParams::default().labels(&format!("app={name}"))).await;
    let found = found.map_err(RunError::probe("list the tenant's pods"))?;
    let running = found.items.iter().filter(|pod| is_ready(pod)).count();
    let told = if room.is_short() { ", and the tenant is told why" } else { "" };
    let detail = format!("{running} run{told}; {room}");
    let kept = running == room.pods() as usize;
    let verdict = if kept { Verdict::Held } else { Verdict::Broken };
    round.record.check("pods-within-quota", verdict, detail.as_str());
    match kept {
        true => Ok(()),
        false => Err(RunError::Broken { broken: vec![detail] }),
    }
}

fn selector(name: &str) -> watcher::Config {
    watcher::Config::default().labels(&format!("app={name}"))
}

fn deployment(name: &str, replicas: u32) -> Value {
    let template = container::pod(name, &["idle"], json!({}), json!({}));
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": template["spec"]},
        },
    })
}
