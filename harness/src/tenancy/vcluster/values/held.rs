//! Which images the host's nodes hold already, so that a plane made of them pulls nothing.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Node;

/// The names of the images that every one of `nodes` says it holds. A kubelet names its fifty largest.
pub(super) fn held(nodes: &[Node]) -> BTreeSet<&str> {
    let mut all = nodes.iter().map(names);
    let first = all.next().unwrap_or_default();
    all.fold(first, |common, own| common.intersection(&own).copied().collect())
}

fn names(node: &Node) -> BTreeSet<&str> {
    let images = node.status.iter().flat_map(|status| status.images.iter().flatten());
    images.flat_map(|image| image.names.iter().flatten()).map(String::as_str).collect()
}

/// `wanted` where it is held, else another tag of its repository that is, else `wanted`, which must then be pulled.
pub(super) fn choose(wanted: &str, held: &BTreeSet<&str>) -> String {
    if held.contains(wanted) {
        return wanted.to_owned();
    }
    let tagged = |name: &&&str| name.rsplit_once(':').map(|(repository, _)| repository) == repository(wanted);
    held.iter().rfind(tagged).map_or_else(|| wanted.to_owned(), |name| (*name).to_owned())
}

fn repository(name: &str) -> Option<&str> {
    name.rsplit_once(':').map(|(repository, _)| repository)
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    fn node(names: &[&str]) -> Node {
        from_value(json!({"status": {"images": [{"names": names}]}})).unwrap()
    }

    #[test]
    fn only_what_every_node_holds_counts() {
        let nodes = [node(&["r/etcd:1", "r/other:1"]), node(&["r/etcd:1"])];
        assert_eq!(held(&nodes), ["r/etcd:1"].into());
        assert_eq!(held(&[]), BTreeSet::new());
    }

    #[test]
    fn another_tag_is_taken_where_the_wanted_one_is_not_held() {
        let nodes = [node(&["r/etcd:3.6.8-0", "r/etcd@sha256:00", "r/coredns/coredns:v1"])];
        let held = held(&nodes);
        assert_eq!(choose("r/etcd:3.6.8-0", &held), "r/etcd:3.6.8-0");
        assert_eq!(choose("r/etcd:3.6.16-0", &held), "r/etcd:3.6.8-0");
        assert_eq!(choose("r/kube-apiserver:v1", &held), "r/kube-apiserver:v1", "nothing to choose from");
        assert_eq!(choose("r/coredns:v1", &held), "r/coredns:v1", "that is another repository");
    }
}
