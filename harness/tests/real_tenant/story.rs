//! The story of a developer who may not even list namespaces.

use crate::{
    developer::{Developer, NAMESPACE},
    lab::{stderr, stdout},
};

const DEFINITION: &str = r#"{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "things.example.com"},
    "spec": {"group": "example.com", "scope": "Namespaced",
        "names": {"plural": "things", "singular": "thing", "kind": "Thing"},
        "versions": [{"name": "v1", "served": true, "storage": true,
            "schema": {"openAPIV3Schema": {"type": "object"}}}]}}"#;

#[tokio::test]
async fn who_may_not_list_namespaces_is_admin_of_a_cluster_that_comes_and_goes() {
    let developer = Developer::new().await;
    let refused = developer.on_host(&["get", "namespaces"]);
    assert!(stderr(&refused).contains("Forbidden"), "{}", stderr(&refused));

    developer.ok(&["create", "mine"]);
    let listed = developer.ok(&["list"]);
    assert!(listed.contains("mine") && listed.contains("ready"), "{listed}");

    developer.inside("mine", &["create", "namespace", "inner"]);
    let definition = developer.lab.path("definition.json");
    std::fs::write(&definition, DEFINITION).unwrap();
    developer.inside("mine", &["create", "-f", definition.to_str().unwrap()]);
    assert!(developer.inside("mine", &["get", "namespaces", "-o", "name"]).contains("namespace/inner"));
    assert!(developer.inside("mine", &["get", "crds", "-o", "name"]).contains("things.example.com"));
    let own = developer.inside("mine", &["auth", "can-i", "*", "*", "--all-namespaces"]);
    assert_eq!(own.trim(), "yes");

    let gone = developer.ok(&["delete", "mine"]);
    for line in ["removed statefulset/mine", "removed secret/mine-keys", "removed pod/mine-0"] {
        assert!(gone.contains(line), "{gone}");
    }
    assert_eq!(developer.left(), Vec::<String>::new());
    assert!(developer.on_host(&["get", "resourcequota", "tenant"]).status.success(), "{NAMESPACE} stays");
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_virtual_cluster_is_said_with_a_remedy() {
    let developer = Developer::new().await;
    let values = developer.lab.path("values.yaml");
    let create = |text: &str, flags: &[&str]| {
        std::fs::write(&values, text).unwrap();
        let fixed = ["create", "mine", "--values", values.to_str().unwrap()];
        let output = developer.run(&[&fixed, flags].concat());
        (output.status.code(), stderr(&output))
    };
    let (code, said) = create("tlsSan: [a]", &[]);
    assert_eq!(code, Some(2));
    assert!(said.contains("values.yaml") && said.contains("tlsSan"), "{said}");
    let (code, said) = create("quota: {pods: '3'}", &[]);
    assert_eq!(code, Some(102));
    assert!(said.contains("resourcequotas") && said.contains("forbidden"), "{said}");
    assert!(said.contains("leave it out"), "no remedy: {said}");
    let (code, said) = create("resources: {etcd: {cpu: '100', cpuLimit: '100'}}", &["--timeout", "5"]);
    assert_eq!(code, Some(102));
    assert!(said.contains("exceeded quota") && said.contains("tenant delete mine"), "{said}");
    developer.ok(&["delete", "mine"]);
    assert_eq!(developer.left(), Vec::<String>::new());
}

#[tokio::test]
async fn a_shell_completes_the_names_of_the_virtual_clusters_that_are_there() {
    let developer = Developer::new().await;
    developer.ok(&["create", "mine", "--no-wait"]);
    let mut shell = developer.lab.command(&["--", "tenantbench", "tenant", "-n", NAMESPACE, "delete", ""]);
    shell.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "5").env("KUBECONFIG", &developer.kubeconfig);
    let offered = shell.output().unwrap();
    assert!(stdout(&offered).lines().any(|name| name == "mine"), "{}", stdout(&offered));
}

#[tokio::test]
async fn a_command_inside_ends_as_it_ends_and_leaves_no_way_open() {
    let developer = Developer::new().await;
    developer.ok(&["create", "mine"]);
    let ended = developer.run(&["connect", "mine", "--", "sh", "-c", "test -s $KUBECONFIG && exit 7"]);
    assert_eq!(ended.status.code(), Some(7), "{}", stderr(&ended));
    let killed = developer.run(&["connect", "mine", "--", "sh", "-c", "kill -9 $$"]);
    assert_eq!(killed.status.code(), Some(137));
    assert!(!developer.lab.path("state/forwards").exists());
    let nobody = developer.run(&["connect", "yours", "--", "true"]);
    assert_eq!(nobody.status.code(), Some(2));
    assert!(stderr(&nobody).contains("no virtual cluster yours in namespace team-a"), "{}", stderr(&nobody));
    assert_eq!(stdout(&nobody), "");
}
