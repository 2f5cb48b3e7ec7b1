//! Containers that had to be started again: what was measured meanwhile holds their absence.

use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::{Api, ResourceExt, api::ListParams};

use crate::run::{RunError, round::Round};

/// Notes whether a container in the tenant's namespace of the host was restarted, and how it had ended.
pub async fn check(round: &Round<'_>) -> Result<(), RunError> {
    let pods: Api<Pod> = Api::namespaced(round.platform.client(), &round.tenant()?.name);
    let found = pods.list(&ListParams::default()).await;
    let found = found.map_err(RunError::probe("list the tenant's pods"))?;
    let killed = round.guest()?.killed_syncers;
    let restarts: Vec<String> = found.items.iter().flat_map(|pod| restarts(pod, killed)).collect();
    let detail = match restarts.as_slice() {
        [] => "no container was restarted".to_owned(),
        some => format!("{}; the figures hold the time that it was away", some.join(", ")),
    };
    round.record.validity("restarts", restarts.is_empty(), detail);
    Ok(())
}

/// `killed` is how often a step of the scenario itself has killed the syncer.
fn restarts(pod: &Pod, killed: i32) -> Vec<String> {
    let statuses = pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten());
    let meant = |container: &ContainerStatus| if container.name == "syncer" { killed } else { 0 };
    let restarted = statuses.filter(|container| container.restart_count > meant(container));
    restarted.map(|container| describe(&pod.name_any(), container)).collect()
}

fn describe(pod: &str, container: &ContainerStatus) -> String {
    let times = match container.restart_count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    };
    let last = container.last_state.as_ref().and_then(|state| state.terminated.as_ref());
    let end = last.map(|end| match end.signal {
        Some(signal) => format!(", last after signal {signal}"),
        None => format!(", last after exit code {}", end.exit_code),
    });
    format!("{} of {pod} was restarted {times}{}", container.name, end.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn a_container_that_was_started_again_is_named_with_its_end_and_others_are_not() {
        let pod: Pod = from_value(json!({
            "metadata": {"name": "vc-0"},
            "status": {"containerStatuses": [
                {"name": "etcd", "image": "", "imageID": "", "ready": true, "restartCount": 0},
                {"name": "kube-apiserver", "image": "", "imageID": "", "ready": true, "restartCount": 1,
                 "lastState": {"terminated": {"exitCode": 137, "reason": "Error"}}},
            ]},
        }))
        .unwrap();
        assert_eq!(
            restarts(&pod, 0),
            ["kube-apiserver of vc-0 was restarted once, last after exit code 137"]
        );
    }
}
