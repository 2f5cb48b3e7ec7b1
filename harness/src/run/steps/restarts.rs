//! Containers that had to be started again: what was measured meanwhile holds their absence.

use futures::future::try_join_all;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::{Api, ResourceExt, api::ListParams};

use crate::{
    names,
    observe::pods::containers,
    run::{RunError, round::Round},
};

/// Notes whether a container in the tenant's namespace of the host was restarted, and how it had ended; and the same of
/// the tenants that the step has made for itself, as a burst does, and that are still there. Not looked at are the
/// tenants of `fill`, and the floor of `pace`, which goes before that step ends.
pub async fn check(round: &Round<'_>) -> Result<(), RunError> {
    check_those(round, &ListParams::default()).await
}

/// The same of planes alone: a burst that hangs has left thousands of pods beside them, and little time.
pub async fn check_planes(round: &Round<'_>) -> Result<(), RunError> {
    check_those(round, &ListParams::default().labels(names::VIRTUAL_CLUSTER_LABEL)).await
}

async fn check_those(round: &Round<'_>, which: &ListParams) -> Result<(), RunError> {
    let own = (round.tenant()?.name.clone(), round.guest()?.killed_syncers);
    let all = std::iter::once(own).chain(round.beside.tenants().into_iter().map(|beside| (beside, 0)));
    let each = all.map(|(namespace, killed)| restarts_in(round, namespace, killed, which));
    let restarts = try_join_all(each).await?.concat();
    let detail = match restarts.as_slice() {
        [] => "no container was restarted".to_owned(),
        some => format!("{}; the figures hold the time that it was away", some.join(", ")),
    };
    round.record.validity("restarts", restarts.is_empty(), detail);
    Ok(())
}

async fn restarts_in(
    round: &Round<'_>,
    namespace: String,
    killed: i32,
    which: &ListParams,
) -> Result<Vec<String>, RunError> {
    let pods: Api<Pod> = Api::namespaced(round.platform.client(), &namespace);
    let found = pods.list(which).await;
    let found = found.map_err(RunError::probe("list a tenant's pods"))?;
    Ok(found.items.iter().flat_map(|pod| restarts(pod, killed)).collect())
}

/// `killed` is how often a step of the scenario itself has killed the syncer.
fn restarts(pod: &Pod, killed: i32) -> Vec<String> {
    let meant = |container: &ContainerStatus| if container.name == "syncer" { killed } else { 0 };
    let restarted = containers(pod).filter(|container| container.restart_count > meant(container));
    // All planes' pods have the same name.
    let name = format!("{}/{}", pod.namespace().unwrap_or_default(), pod.name_any());
    restarted.map(|container| describe(&name, container)).collect()
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

    /// A plane's pod as the host shows it: etcd stays, and began before all others.
    fn plane(etcd: i32, api_server: i32, syncer: i32) -> Pod {
        let status = |name: &str, restarts: i32| {
            let mut status = json!({
                "name": name, "image": "", "imageID": "", "ready": true, "restartCount": restarts,
            });
            if restarts > 0 {
                status["lastState"] = json!({"terminated": {"exitCode": 137, "reason": "Error"}});
            }
            status
        };
        from_value(json!({
            "metadata": {"name": "vc-0", "namespace": "t"},
            "status": {
                "initContainerStatuses": [status("prepare", 0), status("etcd", etcd)],
                "containerStatuses": [status("kube-apiserver", api_server), status("syncer", syncer)],
            },
        }))
        .unwrap()
    }

    #[test]
    fn a_container_that_was_started_again_is_named_with_its_end_and_others_are_not() {
        assert!(restarts(&plane(0, 0, 0), 0).is_empty());
        let one = |name: &str, times: &str| {
            [format!("{name} of t/vc-0 was restarted {times}, last after exit code 137")]
        };
        assert_eq!(restarts(&plane(0, 1, 0), 0), one("kube-apiserver", "once"));
        assert_eq!(restarts(&plane(2, 0, 0), 0), one("etcd", "2 times"));
    }

    #[test]
    fn a_syncer_that_a_step_has_killed_counts_from_there() {
        assert!(restarts(&plane(0, 0, 1), 1).is_empty());
        assert_eq!(restarts(&plane(0, 0, 2), 1).len(), 1);
    }
}
