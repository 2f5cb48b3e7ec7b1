//! A pod without a program: Running and Ready after a delay.

use std::{net::Ipv4Addr, sync::Arc};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use tokio::time;

use super::{
    Context, api,
    machine::Records,
    manager::Updates,
    record::{Ended, Record, State},
    status::{Facts, wanted},
};
use crate::process::Exit;

/// Plays the pod until it is gone.
pub(crate) async fn run(context: Arc<Context>, mut updates: Updates) {
    let Some(pod) = updates.current() else { return };
    let (Some(node), Some(address)) = (context.node_of(&pod), context.network.take_address()) else {
        context.events.warning(&pod, "FailedCreatePodSandBox", "no free pod address");
        return;
    };
    let key = super::manager::key(&pod);
    let served = context.registry.add(key.clone(), Arc::clone(&pod), true);
    let played = play(&context, &mut updates, &pod, node, address).await;
    if played == Over::Deleted {
        api::delete(&context, &pod).await;
    }
    context.registry.remove(&key, &served);
    context.network.release_address(address);
}

#[derive(PartialEq, Eq)]
enum Over {
    Deleted,
    Gone,
}

async fn play(
    context: &Context,
    updates: &mut Updates,
    pod: &Pod,
    node: Ipv4Addr,
    address: Ipv4Addr,
) -> Over {
    let since = Timestamp::now();
    let phases: &[bool] = if runs_to_completion(pod) { &[false, true] } else { &[false] };
    for &finished in phases {
        tokio::select! {
            over = until_over(updates) => return over,
            () = time::sleep(context.ready_delay) => {}
        }
        let now = Timestamp::now();
        let records = records(pod, finished, since, now);
        let pod = updates.current().unwrap_or_else(|| Arc::new(pod.clone()));
        let facts = Facts {
            pod: &pod,
            records: &records,
            node,
            address: Some(address),
            finished,
            stopping: false,
            since,
            now,
        };
        api::write_status(context, &pod, &wanted(&facts)).await;
    }
    until_over(updates).await
}

async fn until_over(updates: &mut Updates) -> Over {
    loop {
        match updates.current() {
            None => return Over::Gone,
            Some(pod) if pod.metadata.deletion_timestamp.is_some() => return Over::Deleted,
            Some(_) => updates.changed().await,
        }
    }
}

/// A Job waits for its pods to complete; one of a program that is not there does so after a second delay.
fn runs_to_completion(pod: &Pod) -> bool {
    pod.owner_references().iter().any(|owner| owner.kind == "Job")
}

fn records(pod: &Pod, finished: bool, since: Timestamp, now: Timestamp) -> Records {
    let ended =
        || State::Ended(Ended { pid: 0, exit: Exit::Code(0), started: since, finished: now, message: None });
    let mut records = Records::new();
    let Some(spec) = &pod.spec else { return records };
    for container in spec.init_containers.iter().flatten() {
        let state = if super::machine::is_sidecar(container) {
            State::Running { pid: None, since: now }
        } else {
            ended()
        };
        records.insert(
            container.name.clone(),
            Record { state, started: true, ready: true, ..Record::default() },
        );
    }
    for container in &spec.containers {
        let state = if finished { ended() } else { State::Running { pid: None, since: now } };
        records.insert(
            container.name.clone(),
            Record { state, started: true, ready: true, ..Record::default() },
        );
    }
    records
}
