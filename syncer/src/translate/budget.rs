//! PodDisruptionBudgets.
//!
//! Their status stays on each side: the tenant's own controller writes the tenant's from the same pods, and would undo
//! any other.

use serde_json::{Map, Value};

use super::selector::narrow;
use crate::{json, names::Names};

/// What the host's copy holds. Its selector meets pods of the same tenant namespace only; one that is absent meets none.
pub(super) fn content(tenant: &Value, names: &Names) -> Map<String, Value> {
    const FIELDS: [&str; 4] = ["minAvailable", "maxUnavailable", "selector", "unhealthyPodEvictionPolicy"];
    let mut spec = json::pick(&tenant["spec"], &FIELDS);
    let namespace = json::text(&tenant["metadata"]["namespace"]).unwrap_or_default();
    if let Some(Value::Object(selector)) = spec.get_mut("selector") {
        narrow(selector, names, &[namespace.to_owned()]);
    }
    Map::from_iter([("spec".to_owned(), Value::Object(spec))])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{kinds::Kind, translate::content::host_in_test};

    #[test]
    fn a_budget_counts_pods_of_its_own_namespace_only() {
        let host = |selector: Value| {
            let tenant = json!({
                "metadata": {"name": "web", "namespace": "shop", "uid": "u"},
                "spec": {"minAvailable": "50%", "selector": selector},
            });
            host_in_test(Kind::PodDisruptionBudget, &tenant).expect("is carried")["spec"].clone()
        };
        let scope = json!([
            {"key": "tenantbench.dev/vcluster", "operator": "In", "values": ["vc"]},
            {"key": "tenantbench.dev/namespace", "operator": "In", "values": ["shop"]},
        ]);
        // Of an empty selector, which meets all, too.
        for labels in [json!({"matchLabels": {"app": "web"}}), json!({})] {
            let spec = host(labels.clone());
            assert_eq!(spec["minAvailable"], "50%");
            assert_eq!(spec["selector"]["matchExpressions"], scope);
            assert_eq!(spec["selector"]["matchLabels"], labels["matchLabels"]);
        }
        assert_eq!(host(Value::Null).get("selector"), None);
    }
}
