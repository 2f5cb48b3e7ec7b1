//! Variables that a pod finds Services by.

use super::*;

#[test]
fn links_come_first_when_asked_for() {
    let mut pod = operator();
    pod["spec"]["enableServiceLinks"] = json!(true);
    let host = translate(&pod);
    let names: Vec<&str> =
        json::list(&host["spec"]["containers"][0]["env"]).filter_map(|v| v["name"].as_str()).collect();
    assert!(
        names.starts_with(&["DB_MAIN_SERVICE_HOST", "DB_MAIN_SERVICE_PORT", "DB_MAIN_SERVICE_PORT_SQL"]),
        "{names:?}"
    );
    assert!(names.contains(&"DB_MAIN_PORT_5432_TCP_ADDR"), "{names:?}");
}

/// The environment of a container: names in order, and the values.
fn environment(host: &Value, list: &str) -> Vec<(String, String)> {
    json::list(&host["spec"][list][0]["env"])
        .map(|v| {
            (
                v["name"].as_str().unwrap_or_default().to_owned(),
                v["value"].as_str().unwrap_or_default().to_owned(),
            )
        })
        .collect()
}

#[test]
fn every_sort_of_container_finds_the_tenants_api() {
    let container = json!([{"name": "c"}]);
    let pod =
        with(json!({"containers": container, "initContainers": container, "ephemeralContainers": container}));
    let host = translate(&pod);
    let expected = ("KUBERNETES_SERVICE_HOST".to_owned(), "10.96.0.40".to_owned());
    for list in ["containers", "initContainers"] {
        assert_eq!(environment(&host, list).first(), Some(&expected), "{list}");
    }
    let rules = Rules::default();
    let around = Surroundings {
        ownership: &ownership(),
        api: ("10.96.0.40", 443),
        links: &[],
        sources: &Sources::default(),
        dns: None,
        namespaces: &namespaces,
        rules: &rules,
    };
    let ephemeral = ephemeral_containers(&pod, &around).expect("is carried");
    assert_eq!(ephemeral[0]["env"][0]["value"], "10.96.0.40");
}

#[test]
fn a_pods_own_variable_wins_and_may_refer_to_a_services() {
    let own = json!([
        {"name": "DB_MAIN_PORT", "value": "mine"},
        {"name": "URL", "value": "http://$(DB_MAIN_SERVICE_HOST):$(DB_MAIN_SERVICE_PORT)"},
    ]);
    let host =
        translate(&with(json!({"enableServiceLinks": true, "containers": [{"name": "c", "env": own}]})));
    let all = environment(&host, "containers");
    let place = |name: &str| all.iter().position(|(own, _)| own == name);
    assert_eq!(all.iter().filter(|(name, _)| name == "DB_MAIN_PORT").count(), 1);
    assert_eq!(all[place("DB_MAIN_PORT").expect("is there")].1, "mine");
    assert!(place("DB_MAIN_SERVICE_HOST") < place("URL"));
}

#[test]
fn without_links_only_the_api_is_found() {
    let host = translate(&with(json!({"enableServiceLinks": false, "containers": [{"name": "c"}]})));
    assert!(environment(&host, "containers").iter().all(|(name, _)| name.starts_with("KUBERNETES_")));
    assert_eq!(host["spec"]["enableServiceLinks"], false);
}

#[test]
fn what_a_pod_takes_from_a_config_map_or_secret_wins_over_a_services_variable() {
    let taken = json!([
        {"configMapRef": {"name": "endpoint"}},
        {"prefix": "DB_MAIN_", "secretRef": {"name": "db"}},
        {"configMapRef": {"name": "not-there", "optional": true}},
    ]);
    let plain = json!({"name": "plain"});
    let container =
        json!({"name": "c", "envFrom": taken, "env": [{"name": "URL", "value": "$(DB_MAIN_PORT)"}]});
    let pod = with(json!({"enableServiceLinks": true, "containers": [container], "initContainers": [plain]}));
    let named: Vec<_> = [(Kind::ConfigMap, "endpoint"), (Kind::Secret, "db"), (Kind::ConfigMap, "not-there")]
        .map(|(kind, name)| (kind, name.to_owned()))
        .into();
    assert_eq!(Sources::named(&pod), named);
    let mut sources = Sources::default();
    let endpoint = json!({"data": {"KUBERNETES_SERVICE_HOST": "192.0.2.1"}});
    sources.hold(Kind::ConfigMap, "endpoint".to_owned(), &endpoint);
    sources.hold(Kind::Secret, "db".to_owned(), &json!({"data": {"PORT": "eA=="}}));
    let host = carried_with(&pod, None, &Rules::default(), &sources).expect("is carried");
    let names = |list| environment(&host, list).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let all = names("containers");
    for beaten in ["KUBERNETES_SERVICE_HOST", "DB_MAIN_PORT"] {
        assert!(!all.iter().any(|name| name == beaten), "{all:?}");
        assert!(names("initContainers").iter().any(|name| name == beaten), "a container without sources");
    }
    assert!(all.iter().any(|name| name == "KUBERNETES_SERVICE_PORT"), "{all:?}");
    assert_eq!(host["spec"]["containers"][0]["envFrom"][0]["configMapRef"]["name"], "endpoint-x-ray-x-vc");
}
