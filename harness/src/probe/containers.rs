//! What containers cost by the kernel's own account: their cgroups, read in the nodes that are containers of this
//! machine.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::ResourceExt;

use crate::{
    host::kind::{Docker, DockerError},
    observe::pods::containers,
};

/// The memory of one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// `POD/CONTAINER`.
    pub container: String,
    /// What it uses less what the kernel could drop at once, as a kubelet counts it (the working set), in bytes.
    pub bytes: u64,
}

/// Prints `ID USAGE INACTIVE` for each container: of a v1 hierarchy, else of the unified one.
const SCRIPT: &str = r#"
for id in "$@"; do
  group=$(find /sys/fs/cgroup/memory /sys/fs/cgroup -type d -name "*$id*" 2>/dev/null | head -n 1)
  [ -n "$group" ] || continue
  usage=$(cat "$group/memory.usage_in_bytes" 2>/dev/null || cat "$group/memory.current")
  inactive=$(sed -n 's/^total_inactive_file //p' "$group/memory.stat")
  [ -n "$inactive" ] || inactive=$(sed -n 's/^inactive_file //p' "$group/memory.stat")
  echo "$id $usage $inactive"
done
"#;

/// Reads the memory of all running containers of `pods` that are on one of `nodes`, the names of Docker containers.
///
/// # Errors
/// [`DockerError`] where a node cannot be asked.
pub async fn memory(nodes: &[String], pods: &[Pod]) -> Result<Vec<Memory>, DockerError> {
    let mut found = Vec::new();
    for node in nodes {
        let names = running(node, pods);
        if names.is_empty() {
            continue;
        }
        let ids = names.keys().map(String::as_str);
        let words = ["exec", node, "sh", "-c", SCRIPT, "sh"].into_iter().chain(ids);
        let printed = Docker.run(words).await?;
        found.extend(printed.lines().filter_map(|line| read(line, &names)));
    }
    found.sort_by(|a, b| a.container.cmp(&b.container));
    Ok(found)
}

/// The ids of the running containers on a node, and what they are called.
fn running(node: &str, pods: &[Pod]) -> BTreeMap<String, String> {
    let on_node = |pod: &&Pod| pod.spec.as_ref().is_some_and(|spec| spec.node_name.as_deref() == Some(node));
    let mut names = BTreeMap::new();
    for pod in pods.iter().filter(on_node) {
        let is_running =
            |status: &&ContainerStatus| status.state.as_ref().is_some_and(|state| state.running.is_some());
        for status in containers(pod).filter(is_running) {
            let id = status.container_id.as_deref().and_then(|id| id.split_once("://"));
            if let Some((_, id)) = id {
                names.insert(id.to_owned(), format!("{}/{}", pod.name_any(), status.name));
            }
        }
    }
    names
}

fn read(line: &str, names: &BTreeMap<String, String>) -> Option<Memory> {
    let mut words = line.split_whitespace();
    let container = names.get(words.next()?)?.clone();
    let mut number = || words.next()?.parse::<u64>().ok();
    let (usage, inactive) = (number()?, number()?);
    Some(Memory { container, bytes: usage.saturating_sub(inactive) })
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn running_containers_are_known_by_their_ids_and_ended_ones_are_left_out() {
        let pod: Pod = from_value(json!({
            "metadata": {"name": "vc-0"}, "spec": {"nodeName": "n", "containers": []},
            "status": {
                "initContainerStatuses": [
                    {"name": "etcd", "containerID": "containerd://aa", "state": {"running": {}},
                     "image": "", "imageID": "", "ready": true, "restartCount": 0},
                    {"name": "prepare", "containerID": "containerd://bb", "state": {"terminated": {"exitCode": 0}},
                     "image": "", "imageID": "", "ready": true, "restartCount": 0},
                ],
            },
        }))
        .unwrap();
        let names = running("n", std::slice::from_ref(&pod));
        assert_eq!(names, BTreeMap::from([("aa".to_owned(), "vc-0/etcd".to_owned())]));
        assert!(running("other", &[pod]).is_empty());
        assert_eq!(read("aa 100 30", &names), Some(Memory { container: "vc-0/etcd".into(), bytes: 70 }));
        assert_eq!(read("aa 100", &names), None, "half an account is none");
        assert_eq!(read("zz 1 1", &names), None);
    }
}
