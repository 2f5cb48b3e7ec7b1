//! Containers that are added to a pod that runs: for looking at it, started once.

use k8s_openapi::api::core::v1::{Container, Pod, PodSpec};

/// Each as an ordinary container, for all that a node does with it is the same.
pub(crate) fn containers(spec: &PodSpec) -> Vec<Container> {
    let all = spec.ephemeral_containers.iter().flatten();
    // What an ordinary one has not got is whose processes it sees, and here all see each other's.
    all.filter_map(|one| serde_json::from_value(serde_json::to_value(one).ok()?).ok()).collect()
}

/// Those of a pod.
pub(crate) fn of(pod: &Pod) -> Vec<Container> {
    pod.spec.as_ref().map(containers).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_ephemeral_container_is_an_ordinary_one_that_looks_at_another() {
        let one = json!({"name": "debug", "image": "i", "command": ["sh"], "targetContainerName": "c", "tty": true});
        let spec: PodSpec =
            serde_json::from_value(json!({"containers": [], "ephemeralContainers": [one]})).unwrap();
        let found = containers(&spec);
        assert_eq!((found.len(), found[0].name.as_str()), (1, "debug"));
        assert_eq!(found[0].command.as_deref(), Some(&["sh".to_owned()][..]));
    }
}
