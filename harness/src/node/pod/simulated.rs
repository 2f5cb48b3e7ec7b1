//! A pod without a program: Running and Ready after a delay.

use std::{net::Ipv4Addr, sync::Arc};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, PodStatus};
use kube::ResourceExt;
use tokio::time;

use super::{
    Context, api, ephemeral,
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
    let last = runs_to_completion(pod);
    tokio::select! {
        over = until_over(updates) => return over,
        () = time::sleep(context.ready_delay) => {}
    }
    let mut told = Told { node, address, since, now: this_second(), finished: false, status: None };
    if !last {
        return told.follow(context, updates).await;
    }
    told.tell(context, pod).await;
    tokio::select! {
        over = until_over(updates) => return over,
        () = time::sleep(context.ready_delay) => {}
    }
    (told.finished, told.now) = (true, this_second());
    told.follow(context, updates).await
}

/// What the node says of a pod.
struct Told {
    node: Ipv4Addr,
    address: Ipv4Addr,
    since: Timestamp,
    /// When it came to be as it is.
    now: Timestamp,
    finished: bool,
    status: Option<PodStatus>,
}

impl Told {
    /// Says how the pod is, whatever changes in it, until it is over.
    async fn follow(&mut self, context: &Context, updates: &mut Updates) -> Over {
        loop {
            match updates.current() {
                None => return Over::Gone,
                Some(pod) if pod.metadata.deletion_timestamp.is_some() => return Over::Deleted,
                Some(pod) => self.tell(context, &pod).await,
            }
            updates.changed().await;
        }
    }

    async fn tell(&mut self, context: &Context, pod: &Pod) {
        let records = records(pod, self.finished, self.since, self.now);
        let facts = Facts {
            pod,
            records: &records,
            node: self.node,
            address: Some(self.address),
            finished: self.finished,
            stopping: false,
            since: self.since,
            now: self.now,
        };
        let status = wanted(&facts);
        if self.status.as_ref() != Some(&status) {
            api::write_status(context, pod, &status).await;
            self.status = Some(status);
        }
    }
}

/// As an API server keeps it, so that what it sends back is what was written.
fn this_second() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
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
    for container in ephemeral::containers(spec) {
        let state = State::Running { pid: None, since: now };
        records.insert(container.name, Record { state, started: true, ..Record::default() });
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
