//! A host node's `/stats/summary`, cut down to the tenant's pods. Pure.

use serde_json::{Value, json};

use super::own::{Own, Scope};
use crate::json;

/// What of the summary is the tenant's, under its names. Of the node only its name stays: its figures are everyone's.
pub(super) fn filtered(summary: &Value, scope: &Scope) -> Value {
    let pods: Vec<Value> = json::list(&summary["pods"]).filter_map(|pod| of_pod(pod, scope)).collect();
    let node = json::pick(&summary["node"], &["nodeName", "startTime"]);
    json!({ "node": node, "pods": pods })
}

fn of_pod(pod: &Value, scope: &Scope) -> Option<Value> {
    let reference = &pod["podRef"];
    let own = scope.pod(json::text(&reference["namespace"])?, json::text(&reference["name"])?)?;
    let mut pod = pod.clone();
    pod["podRef"] = json!({ "name": &*own.id.name, "namespace": &*own.id.namespace, "uid": own.uid });
    if let Some(containers) = pod.get_mut("containers").and_then(Value::as_array_mut) {
        containers.retain(|container| is_tenants(own, container));
    }
    for volume in json::list_mut(&mut pod, "volume") {
        let claim = &volume["pvcRef"];
        let place = (json::text(&claim["namespace"]), json::text(&claim["name"]));
        if let (Some(namespace), Some(name)) = place
            && let Some(id) = scope.claim(namespace, name)
        {
            volume["pvcRef"] = json!({ "name": &*id.name, "namespace": &*id.namespace });
        } else {
            json::remove(volume, &["pvcRef"]);
        }
    }
    Some(pod)
}

fn is_tenants(own: &Own, container: &Value) -> bool {
    json::text(&container["name"]).is_some_and(|name| own.containers.contains(name))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::index::Id;

    #[test]
    fn only_own_pods_stay_and_the_nodes_figures_go() {
        let own = Own {
            id: Id::new("shop", "web"),
            uid: "t".to_owned(),
            host_uid: "h".to_owned(),
            node: "n".to_owned(),
            containers: HashSet::from(["c".to_owned()]),
        };
        let scope = Scope {
            host_namespace: "host-ns".to_owned(),
            pods: [("web-x-shop-x-vc".to_owned(), own)].into(),
            claims: [("data-x-shop-x-vc".to_owned(), Id::new("shop", "data"))].into(),
        };
        let summary = json!({
            "node": {"nodeName": "n", "cpu": {"usageNanoCores": 9}, "systemContainers": [{"name": "kubelet"}]},
            "pods": [
                {"podRef": {"name": "web-x-shop-x-vc", "namespace": "host-ns", "uid": "h"}, "cpu": {"usageNanoCores": 1},
                 "containers": [{"name": "c"}, {"name": "mesh"}],
                 "volume": [
                    {"name": "d", "pvcRef": {"name": "data-x-shop-x-vc", "namespace": "host-ns"}},
                    {"name": "e", "pvcRef": {"name": "other", "namespace": "host-ns"}},
                 ]},
                {"podRef": {"name": "other", "namespace": "host-ns", "uid": "o"}},
                {"podRef": {"name": "web-x-shop-x-vc", "namespace": "elsewhere", "uid": "o"}},
            ],
        });
        insta::assert_json_snapshot!(filtered(&summary, &scope), @r#"
        {
          "node": {
            "nodeName": "n"
          },
          "pods": [
            {
              "containers": [
                {
                  "name": "c"
                }
              ],
              "cpu": {
                "usageNanoCores": 1
              },
              "podRef": {
                "name": "web",
                "namespace": "shop",
                "uid": "t"
              },
              "volume": [
                {
                  "name": "d",
                  "pvcRef": {
                    "name": "data",
                    "namespace": "shop"
                  }
                },
                {
                  "name": "e"
                }
              ]
            }
          ]
        }
        "#);
    }
}
