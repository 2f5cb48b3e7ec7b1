//! From a custom resource to all of its pods Ready, as the tenant sees them.

use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, ResourceExt, api::DynamicObject, runtime::watcher};
use tenantbench_reports::Metric;

use crate::{
    observe::{
        audit_log::Request,
        clock::Moment,
        pods::is_ready,
        until::{View, Wait},
    },
    probe::server_clock::{Window, is, span},
    run::{
        RunError,
        round::{Guest, Round, Step},
    },
    workload::Instance,
};

/// Creates the workload's instance and waits until its pods are Ready and it says so itself.
pub fn run<'r>(round: &'r mut Round<'_>) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        let tenant = round.tenant()?;
        let instance = &round.package()?.instance;
        let started = Moment::now();
        tenant.api.apply(&instance.object, &tenant.workspace).await?;
        let pods: Api<Pod> = Api::namespaced(tenant.client(), &tenant.workspace);
        let selector = watcher::Config::default().labels(&instance.pod_selector);
        let wait = Wait::new(what(instance), round.platform.limit());
        let states = |view: &View<Pod>| pod_states(view, instance);
        let pods_ready = wait.until(pods, selector, |view| all_ready(view, instance), states);
        // Where both run out of time, the pods tell more.
        let (pods_ready, said) = tokio::join!(pods_ready, says_so(round, instance));
        pods_ready?;
        said?;
        let (seconds, window) = (started.elapsed().as_secs_f64(), Window::since(&started));
        let begins = |write: &Request| is(write, &["patch"], &instance.resource.plural);
        let ends = |write: &Request| {
            is(write, &["patch"], "pods/status") && write.object.namespace == tenant.workspace
        };
        let server = span(&round.api_requests().await, window, begins, ends);
        round.record.full(Metric::WorkloadReady, seconds, server, None, false);
        Ok(Step::Done)
    }
    .boxed()
}

async fn says_so(round: &Round<'_>, instance: &Instance) -> Result<(), crate::observe::until::WaitError> {
    let Some(Guest { tenant, .. }) = round.whose() else { return Ok(()) };
    let api: Api<DynamicObject> =
        Api::namespaced_with(tenant.client(), &tenant.workspace, &instance.resource);
    let holds = |object: &DynamicObject| {
        serde_json::to_value(object).ok().filter(|value| instance.ready.holds(value)).map(|_| ())
    };
    let name = instance.object.name_any();
    Wait::new(format!("{} {name} ready", instance.resource.kind), round.platform.limit())
        .object(api, &name, holds, |object| {
            object.data.get("status").map_or_else(|| "no status".into(), ToString::to_string)
        })
        .await
}

fn what(instance: &Instance) -> String {
    let (kind, name) = (&instance.resource.kind, instance.object.name_any());
    format!("{kind} {name} with {} Ready pods", instance.pods)
}

fn all_ready(view: &View<Pod>, instance: &Instance) -> Option<()> {
    (view.len() == instance.pods && view.values().all(is_ready)).then_some(())
}

fn pod_states(view: &View<Pod>, instance: &Instance) -> String {
    let ready = view.values().filter(|pod| is_ready(pod)).count();
    let mut waiting: Vec<_> = view
        .values()
        .filter(|pod| !is_ready(pod))
        .map(|pod| {
            let phase = pod.status.as_ref().and_then(|status| status.phase.clone()).unwrap_or_default();
            format!("{} ({phase})", pod.name_any())
        })
        .collect();
    waiting.truncate(3);
    if view.len() < instance.pods {
        waiting.push(format!("{} that the operator has not made", instance.pods - view.len()));
    }
    format!("{ready} of {} Ready; not Ready: {}", instance.pods, waiting.join(", "))
}
