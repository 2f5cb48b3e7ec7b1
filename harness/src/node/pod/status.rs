//! The status of a pod as a kubelet writes it. No I/O.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{
        Container, ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting,
        ContainerStatus, HostIP, Pod, PodCondition, PodIP, PodSpec, PodStatus,
    },
    apimachinery::pkg::apis::meta::v1::Time,
};

use super::{
    ephemeral,
    machine::{self, Records},
    record::{Ended, Record, State},
};

/// What is known of a pod beside its containers.
pub(crate) struct Facts<'a> {
    pub(crate) pod: &'a Pod,
    pub(crate) records: &'a Records,
    pub(crate) node: Ipv4Addr,
    /// The pod's address once its network is there.
    pub(crate) address: Option<Ipv4Addr>,
    /// True when nothing will run any more.
    pub(crate) finished: bool,
    /// True from the moment its containers are being ended.
    pub(crate) stopping: bool,
    pub(crate) since: Timestamp,
    pub(crate) now: Timestamp,
}

/// What the pod's status should be: only the fields that a kubelet owns.
pub(crate) fn wanted(facts: &Facts<'_>) -> PodStatus {
    let fallback = PodSpec::default();
    let spec = facts.pod.spec.as_ref().unwrap_or(&fallback);
    let statuses = |containers: &[Container], main: bool| {
        let statuses = containers
            .iter()
            .map(|container| container_status(container, &facts.records[&container.name], main));
        Some(statuses.collect::<Vec<_>>()).filter(|statuses| !statuses.is_empty())
    };
    PodStatus {
        phase: Some(machine::phase(spec, facts.records, facts.finished).to_owned()),
        conditions: Some(conditions(facts, spec)),
        host_ip: Some(facts.node.to_string()),
        host_ips: Some(vec![HostIP { ip: facts.node.to_string() }]),
        pod_ip: facts.address.map(|address| address.to_string()),
        pod_ips: facts.address.map(|address| vec![PodIP { ip: address.to_string() }]),
        start_time: Some(Time(facts.since)),
        init_container_statuses: statuses(spec.init_containers.as_deref().unwrap_or_default(), false),
        container_statuses: statuses(&spec.containers, true),
        ephemeral_container_statuses: ephemeral_statuses(spec, facts.records),
        ..PodStatus::default()
    }
}

/// Of those that the node knows: one can be added at any time.
fn ephemeral_statuses(spec: &PodSpec, records: &Records) -> Option<Vec<ContainerStatus>> {
    let all = ephemeral::containers(spec);
    let known = all.iter().filter_map(|container| Some((container, records.get(&container.name)?)));
    // None is ever ready: nobody waits for them.
    let statuses = known.map(|(container, record)| ContainerStatus {
        ready: false,
        ..container_status(container, record, false)
    });
    Some(statuses.collect::<Vec<_>>()).filter(|statuses| !statuses.is_empty())
}

fn conditions(facts: &Facts<'_>, spec: &PodSpec) -> Vec<PodCondition> {
    let initialized = machine::is_initialized(spec, facts.records);
    let serving = |container: &Container| {
        let record = &facts.records[&container.name];
        record.is_running() && record.ready && record.started
    };
    let containers = !facts.stopping && initialized && spec.containers.iter().all(serving);
    let gates = spec.readiness_gates.iter().flatten().all(|gate| holds(facts.pod, &gate.condition_type));
    [
        ("PodReadyToStartContainers", facts.address.is_some(), None),
        ("Initialized", initialized, Some("ContainersNotInitialized")),
        (
            "Ready",
            containers && gates,
            Some(if containers { "ReadinessGatesNotReady" } else { "ContainersNotReady" }),
        ),
        ("ContainersReady", containers, Some("ContainersNotReady")),
    ]
    .into_iter()
    .map(|(kind, holds, reason)| condition(facts, kind, holds, reason))
    .collect()
}

fn existing<'a>(pod: &'a Pod, kind: &str) -> Option<&'a PodCondition> {
    pod.status.as_ref()?.conditions.as_ref()?.iter().find(|condition| condition.type_ == kind)
}

fn holds(pod: &Pod, kind: &str) -> bool {
    existing(pod, kind).is_some_and(|condition| condition.status == "True")
}

fn condition(facts: &Facts<'_>, kind: &str, holds: bool, reason: Option<&str>) -> PodCondition {
    let status = if holds { "True" } else { "False" };
    let unchanged = existing(facts.pod, kind).filter(|condition| condition.status == status);
    let since = unchanged.and_then(|condition| condition.last_transition_time.clone());
    let reason = if facts.finished { Some("PodCompleted") } else { reason };
    PodCondition {
        type_: kind.to_owned(),
        status: status.to_owned(),
        reason: reason.filter(|_| !holds).map(str::to_owned),
        last_transition_time: Some(since.unwrap_or(Time(facts.now))),
        ..PodCondition::default()
    }
}

fn container_status(container: &Container, record: &Record, main: bool) -> ContainerStatus {
    let running = record.is_running();
    let done = record.end().is_some_and(|end| end.exit.is_success());
    let id = match &record.state {
        State::Running { pid, .. } => Some(pid.map_or_else(|| "simulated://".to_owned(), process_id)),
        State::Ended(ended) => Some(process_id(ended.pid)),
        State::Waiting { .. } => None,
    };
    ContainerStatus {
        name: container.name.clone(),
        image: container.image.clone().unwrap_or_default(),
        image_id: String::new(),
        container_id: id,
        ready: if main || machine::is_sidecar(container) { running && record.ready } else { done },
        started: Some(running && record.started),
        restart_count: i32::try_from(record.restarts).unwrap_or(i32::MAX),
        state: Some(state(&record.state)),
        // Nothing is ever short here, so what is asked for is allotted at once. Where this is missing, an API server
        // takes the node for one that cannot resize.
        resources: running.then(|| container.resources.clone().unwrap_or_default()),
        allocated_resources: container
            .resources
            .as_ref()
            .and_then(|all| all.requests.clone())
            .filter(|_| running),
        last_state: record
            .last
            .as_ref()
            .map(|ended| ContainerState { terminated: Some(terminated(ended)), ..ContainerState::default() }),
        ..ContainerStatus::default()
    }
}

fn state(state: &State) -> ContainerState {
    let mut shown = ContainerState::default();
    match state {
        State::Waiting { reason, message } => {
            shown.waiting =
                Some(ContainerStateWaiting { reason: Some((*reason).to_owned()), message: message.clone() });
        }
        State::Running { since, .. } => {
            shown.running = Some(ContainerStateRunning { started_at: Some(Time(*since)) });
        }
        State::Ended(ended) => shown.terminated = Some(terminated(ended)),
    }
    shown
}

fn terminated(ended: &Ended) -> ContainerStateTerminated {
    ContainerStateTerminated {
        container_id: Some(process_id(ended.pid)),
        exit_code: ended.code(),
        signal: match ended.exit {
            crate::process::Exit::Signal(signal) => Some(signal),
            _ => None,
        },
        reason: Some(ended.reason().to_owned()),
        message: ended.message.clone(),
        started_at: Some(Time(ended.started)),
        finished_at: Some(Time(ended.finished)),
    }
}

/// The id by which the API names a container that is a process.
fn process_id(pid: u32) -> String {
    format!("process://{pid}")
}
