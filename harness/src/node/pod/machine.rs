//! What is to be done next with the containers of a pod. No I/O.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, PodSpec};

use super::{backoff::BackoffPolicy, record::Record};

/// The containers of a pod by name.
pub(crate) type Records = BTreeMap<String, Record>;

/// What a pod needs now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Start this container.
    Start(String),
    /// Start this container again at that time, not before.
    Wait(String, Timestamp),
    /// Nothing will run any more: end what still does.
    Finish,
}

/// The steps to take at `now`; none where the pod runs as it should, or waits for a container.
pub(crate) fn next(spec: &PodSpec, records: &Records, policy: &BackoffPolicy, now: Timestamp) -> Vec<Step> {
    let mut steps = started_once(spec, records);
    for container in spec.init_containers.iter().flatten() {
        let record = &records[&container.name];
        let sidecar = is_sidecar(container);
        if !sidecar && record.end().is_some_and(|end| end.exit.is_success()) {
            continue;
        }
        if record.is_running() {
            if sidecar && record.started {
                continue;
            }
            return steps;
        }
        let again = sidecar || restart_policy(spec) != "Never";
        match start(container, record, again, policy, now) {
            Some(step) => steps.push(step),
            None => steps.push(Step::Finish),
        }
        return steps;
    }
    let mut over = true;
    for container in &spec.containers {
        let record = &records[&container.name];
        if record.is_running() {
            over = false;
            continue;
        }
        let again = match restart_policy(spec) {
            "Always" => true,
            "OnFailure" => record.end().is_some_and(|end| !end.exit.is_success()),
            _ => false,
        };
        if let Some(step) = start(container, record, again, policy, now) {
            over = false;
            steps.push(step);
        }
    }
    if over {
        steps.push(Step::Finish);
    }
    steps
}

/// Ephemeral containers wait for nothing, and are not started again.
fn started_once(spec: &PodSpec, records: &Records) -> Vec<Step> {
    let all = spec.ephemeral_containers.iter().flatten();
    let waits =
        |name: &str| records.get(name).is_some_and(|record| !record.is_running() && record.end().is_none());
    all.filter(|one| waits(&one.name)).map(|one| Step::Start(one.name.clone())).collect()
}

fn start(
    container: &Container,
    record: &Record,
    again: bool,
    policy: &BackoffPolicy,
    now: Timestamp,
) -> Option<Step> {
    let name = container.name.clone();
    match record.end() {
        None => Some(Step::Start(name)),
        Some(_) if !again => None,
        Some(end) => {
            let due = record.backoff.due(policy, end.finished);
            Some(if due <= now { Step::Start(name) } else { Step::Wait(name, due) })
        }
    }
}

/// The pod's restart policy, with its default.
pub(crate) fn restart_policy(spec: &PodSpec) -> &str {
    spec.restart_policy.as_deref().unwrap_or("Always")
}

/// An init container that runs beside the pod's others.
pub(crate) fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

/// True once the pod's ordinary containers may start.
pub(crate) fn is_initialized(spec: &PodSpec, records: &Records) -> bool {
    spec.init_containers.iter().flatten().all(|container| {
        let record = &records[&container.name];
        if is_sidecar(container) {
            record.started || record.restarts > 0
        } else {
            record.end().is_some_and(|end| end.exit.is_success())
        }
    })
}

/// The pod's phase.
pub(crate) fn phase(spec: &PodSpec, records: &Records, finished: bool) -> &'static str {
    let main = || spec.containers.iter().map(|container| &records[&container.name]);
    if finished {
        let all_well = main().all(|record| record.end().is_some_and(|end| end.exit.is_success()));
        return if all_well && is_initialized(spec, records) { "Succeeded" } else { "Failed" };
    }
    if !is_initialized(spec, records) || main().all(|record| !record.is_running() && record.end().is_none()) {
        "Pending"
    } else {
        "Running"
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;
    use crate::{
        node::pod::record::{Ended, State},
        process::Exit,
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn spec(policy: &str, init: Value) -> PodSpec {
        from_value(json!({
            "restartPolicy": policy, "initContainers": init, "containers": [{"name": "a"}, {"name": "b"}],
        }))
        .unwrap()
    }

    fn records(states: &[(&str, char)]) -> Records {
        let record = |mark: char| {
            let end = |code| Ended {
                pid: 1,
                exit: Exit::Code(code),
                started: at(0),
                finished: at(0),
                message: None,
            };
            match mark {
                'r' => Record {
                    state: State::Running { pid: Some(1), since: at(0) },
                    started: true,
                    ready: true,
                    ..Record::default()
                },
                '0' => Record { state: State::Ended(end(0)), ..Record::default() },
                '1' => Record { state: State::Ended(end(1)), ..Record::default() },
                _ => Record::default(),
            }
        };
        states.iter().map(|(name, mark)| ((*name).to_owned(), record(*mark))).collect()
    }

    fn steps(spec: &PodSpec, states: &[(&str, char)]) -> Vec<Step> {
        next(spec, &records(states), &BackoffPolicy::default(), at(1))
    }

    fn start(name: &str) -> Step {
        Step::Start(name.to_owned())
    }

    #[test]
    fn containers_without_init_start_together() {
        assert_eq!(steps(&spec("Always", json!([])), &[("a", 'w'), ("b", 'w')]), [start("a"), start("b")]);
    }

    #[test]
    fn init_containers_go_first_and_one_by_one() {
        let spec = spec("Always", json!([{"name": "i"}, {"name": "j"}]));
        let rest = [("a", 'w'), ("b", 'w')];
        let with = |i, j| [&[("i", i), ("j", j)], &rest[..]].concat();
        assert_eq!(steps(&spec, &with('w', 'w')), [start("i")]);
        assert_eq!(steps(&spec, &with('r', 'w')), []);
        assert_eq!(steps(&spec, &with('0', 'w')), [start("j")]);
        assert_eq!(steps(&spec, &with('0', '0')), [start("a"), start("b")]);
    }

    #[test]
    fn a_sidecar_keeps_running_while_the_others_start() {
        let spec = spec("Always", json!([{"name": "i", "restartPolicy": "Always"}]));
        assert_eq!(steps(&spec, &[("i", 'r'), ("a", 'w'), ("b", 'r')]), [start("a")]);
        assert_eq!(steps(&spec, &[("i", '0'), ("a", 'r'), ("b", 'r')]), [start("i")]);
    }

    #[test]
    fn an_ended_container_starts_again_as_the_policy_says() {
        let ended = [("a", '0'), ("b", '1')];
        assert_eq!(steps(&spec("Always", json!([])), &ended), [start("a"), start("b")]);
        assert_eq!(steps(&spec("OnFailure", json!([])), &ended), [start("b")]);
        assert_eq!(steps(&spec("Never", json!([])), &ended), [Step::Finish]);
        assert_eq!(steps(&spec("Never", json!([])), &[("a", '0'), ("b", 'r')]), []);
    }

    #[test]
    fn a_second_restart_waits() {
        let spec = spec("Always", json!([]));
        let mut records = records(&[("a", '1'), ("b", 'r')]);
        let policy = BackoffPolicy::default();
        let record = records.get_mut("a").unwrap();
        record.backoff = record.backoff.after_restart(&policy, at(0), at(0));
        assert_eq!(next(&spec, &records, &policy, at(1)), [Step::Wait("a".into(), at(10))]);
        assert_eq!(next(&spec, &records, &policy, at(10)), [start("a")]);
    }

    #[test]
    fn a_failed_init_container_ends_a_pod_that_never_restarts() {
        let spec = spec("Never", json!([{"name": "i"}]));
        let states = [("i", '1'), ("a", 'w'), ("b", 'w')];
        assert_eq!(steps(&spec, &states), [Step::Finish]);
        assert_eq!(phase(&spec, &records(&states), true), "Failed");
    }

    #[test]
    fn phases_follow_the_containers() {
        let plain = spec("Never", json!([]));
        let phase = |states: &[(&str, char)], finished| phase(&plain, &records(states), finished);
        assert_eq!(phase(&[("a", 'w'), ("b", 'w')], false), "Pending");
        assert_eq!(phase(&[("a", 'r'), ("b", 'w')], false), "Running");
        assert_eq!(phase(&[("a", '0'), ("b", '0')], true), "Succeeded");
        assert_eq!(phase(&[("a", '0'), ("b", '1')], true), "Failed");
    }

    #[test]
    fn an_ephemeral_container_starts_at_once_and_only_once() {
        let mut spec = spec("Always", json!([{"name": "i"}]));
        spec.ephemeral_containers = Some(vec![from_value(json!({"name": "debug"})).unwrap()]);
        let steps = |mark| steps(&spec, &[("i", 'r'), ("a", 'w'), ("b", 'w'), ("debug", mark)]);
        assert_eq!(steps('w'), [start("debug")]);
        assert_eq!((steps('r'), steps('0'), steps('1')), (vec![], vec![], vec![]));
    }
}
