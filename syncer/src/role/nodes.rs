//! Rights in the whole of the host, by option: what no Role in a namespace can give.

use k8s_openapi::api::rbac::v1::PolicyRule;

use super::rules::rule;
use crate::kubelet::NodeMetrics;

/// The rules of a ClusterRole for these options; none where a Role is enough.
pub fn cluster_rules(metrics: NodeMetrics) -> Vec<PolicyRule> {
    match metrics {
        NodeMetrics::Off => Vec::new(),
        NodeMetrics::Proxy => vec![rule("", &["nodes/proxy"], &["get"])],
        // The kubelet asks for these itself, by the path that is called; its address stands in the Node.
        NodeMetrics::Kubelet => {
            vec![rule("", &["nodes"], &["get"]), rule("", &["nodes/metrics", "nodes/stats"], &["get"])]
        }
    }
}
