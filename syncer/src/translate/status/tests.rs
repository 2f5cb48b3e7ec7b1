use super::*;

/// What the tenant is to have for a host pod `web` with these statuses.
fn seen(status: Value, tenant: &Value) -> Value {
    let names = Names::new("vc", "host-ns");
    let host = json!({
        "metadata": {
            "name": "web-x-shop-x-vc", "namespace": "host-ns", "uid": "host-uid-1",
            "annotations": {(marks::UID): "tenant-uid-1", (marks::CONTAINERS): "web,setup,debug"},
        },
        "status": status,
    });
    let host = Object::from(host);
    let id = Id::new("shop", "web");
    wanted(&host.tree()["status"], tenant, &View::of(&host, &id, &names, "10.0.0.9"))
}

fn host() -> Value {
    json!({
        "phase": "Running", "qosClass": "BestEffort", "observedGeneration": 4, "nominatedNodeName": "n",
        "hostIP": "172.18.0.2", "hostIPs": [{"ip": "172.18.0.2"}], "podIP": "10.1.0.3", "podIPs": [{"ip": "10.1.0.3"}],
        "conditions": [
            {"type": "Ready", "status": "True", "observedGeneration": 4},
            {"type": "mesh.example/injected", "status": "True"},
            {"type": "Initialized", "status": "True", "message": "web-x-shop-x-vc is up"},
        ],
    })
}

#[test]
fn being_scheduled_alone_is_nothing_to_write_for_the_binding_says_it() {
    let scheduled = |status: &str, second: u8| {
        let time = format!("2026-01-01T00:00:0{second}Z");
        let condition = json!({"type": "PodScheduled", "status": status, "lastTransitionTime": time});
        digest(owned(&json!({"phase": "Pending", "conditions": [condition]})))
    };
    // The tenant's before its watch shows the binding, and after.
    let before = digest(owned(&json!({"phase": "Pending"})));
    assert_eq!((scheduled("True", 1), scheduled("True", 2)), (before, before));
    assert_ne!(scheduled("False", 1), before);
}

#[test]
fn the_hosts_own_conditions_and_generations_stay_on_the_host() {
    insta::assert_json_snapshot!(seen(host(), &json!({})), @r#"
    {
      "conditions": [
        {
          "message": "web is up",
          "status": "True",
          "type": "Initialized"
        },
        {
          "status": "True",
          "type": "Ready"
        }
      ],
      "hostIP": "10.0.0.9",
      "hostIPs": [
        {
          "ip": "10.0.0.9"
        }
      ],
      "phase": "Running",
      "podIP": "10.1.0.3",
      "podIPs": [
        {
          "ip": "10.1.0.3"
        }
      ]
    }
    "#);
}

#[test]
fn containers_that_the_host_has_added_are_not_the_tenants() {
    let statuses = |names: &[&str]| json!(names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>());
    let seen = seen(
        json!({
            "containerStatuses": statuses(&["mesh-proxy", "web"]),
            "initContainerStatuses": statuses(&["mesh-init"]),
            "ephemeralContainerStatuses": statuses(&["debug", "node-shell"]),
            "conditions": [
                {"type": "Ready", "status": "False", "message": "containers with unready status: [mesh-proxy web]"},
            ],
        }),
        &json!({}),
    );
    assert_eq!(seen["containerStatuses"], statuses(&["web"]));
    assert_eq!(seen.get("initContainerStatuses"), None);
    assert_eq!(seen["ephemeralContainerStatuses"], statuses(&["debug"]));
    assert_eq!(seen["conditions"][0]["message"], "containers with unready status: [web]");
}

#[test]
fn names_in_the_states_of_containers_are_the_tenants() {
    let waiting = "back-off 10s restarting failed container=web pod=web-x-shop-x-vc_host-ns(host-uid-1)";
    let terminated = "configmap \"settings-x-shop-x-vc\" not found";
    let seen = seen(
        json!({"containerStatuses": [{
            "name": "web",
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": waiting}},
            "lastState": {"terminated": {"exitCode": 1, "message": terminated}},
        }]}),
        &json!({}),
    );
    let web = &seen["containerStatuses"][0];
    assert_eq!(
        web["state"]["waiting"]["message"],
        "back-off 10s restarting failed container=web pod=web_shop(tenant-uid-1)"
    );
    assert_eq!(web["lastState"]["terminated"]["message"], "configmap \"settings\" not found");
}

#[test]
fn what_a_resize_has_come_to_is_the_tenants_to_know() {
    let status = json!({
        "resize": "InProgress", "allocatedResources": {"cpu": "1"}, "resources": {"requests": {"cpu": "1"}},
        "conditions": [{"type": "PodResizeInProgress", "status": "True"}],
        "containerStatuses": [{"name": "web", "allocatedResources": {"cpu": "1"}, "resources": {"limits": {"cpu": "2"}}}],
    });
    assert_eq!(seen(status.clone(), &json!({})), status);
}

#[test]
fn what_was_written_compares_equal_to_what_is_wanted() {
    let wanted = seen(host(), &json!({}));
    assert_eq!(owned(&wanted), wanted);
}

#[test]
fn a_pod_is_ready_only_when_its_tenants_gates_are_open() {
    let mut tenant = json!({"spec": {"readinessGates": [{"conditionType": "example.com/go"}]}, "status": {}});
    let ready = |tenant: &Value| {
        let wanted = seen(host(), tenant);
        json::list(&wanted["conditions"]).find(|c| c["type"] == "Ready").map(|c| c["status"].clone())
    };
    assert_eq!(ready(&tenant), Some(json!("False")));
    tenant["status"] = json!({"conditions": [{"type": "example.com/go", "status": "True"}]});
    assert_eq!(ready(&tenant), Some(json!("True")));
}

#[test]
fn the_patch_names_no_condition_that_the_syncer_does_not_own() {
    let patch = patch(&seen(host(), &json!({})), "u");
    let types: Vec<_> = json::list(&patch["status"]["conditions"]).map(|c| c["type"].clone()).collect();
    assert_eq!(types, ["Initialized", "Ready"]);
    assert_eq!(patch["metadata"]["uid"], "u");
}
