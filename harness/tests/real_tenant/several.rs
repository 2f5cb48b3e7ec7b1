//! Several virtual clusters in one namespace, and the ways into them.

use tenantbench::process::of_run;

use crate::{developer::Developer, names};

#[tokio::test]
async fn two_virtual_clusters_of_one_namespace_do_not_know_of_each_other() {
    let developer = Developer::new().await;
    developer.ok(&["create", "one"]);
    developer.ok(&["create", "two"]);
    developer.inside("one", &["create", "namespace", "of-one"]);
    developer.inside("one", &["create", "deployment", "web", "--image=example.com/web", "--replicas=2"]);
    developer.inside("one", &["rollout", "status", "deployment/web", "--timeout=60s"]);
    assert!(!developer.inside("two", &["get", "namespaces", "-o", "name"]).contains("of-one"));
    assert!(!developer.inside("two", &["get", "pods", "-A", "-o", "name"]).contains("web"));
    let gone = developer.ok(&["delete", "one"]);
    assert_eq!(gone.lines().filter(|line| line.contains("pod/web-")).count(), 2, "{gone}");
    let left = developer.left();
    assert!(!left.is_empty() && left.iter().all(|object| object.contains("/two")), "{left:?}");
    assert!(developer.inside("two", &["get", "namespaces", "-o", "name"]).contains("namespace/default"));
}

#[tokio::test]
async fn a_way_stays_open_until_it_is_closed_or_its_virtual_cluster_goes() {
    let developer = Developer::new().await;
    developer.ok(&["create", "mine"]);
    let forwards = developer.lab.path("state/forwards");
    let carriers = || {
        let folders = std::fs::read_dir(&forwards).into_iter().flatten().flatten();
        folders.flat_map(|folder| of_run(&folder.path())).collect::<Vec<_>>()
    };
    let file = developer.ok(&["connect", "mine"]);
    assert_eq!(developer.ok(&["connect", "mine"]), file, "a second one takes the same way");
    assert_eq!(carriers().len(), 1);
    let kubectl = || {
        let mut command = std::process::Command::new(&developer.kubectl);
        command.args(["--kubeconfig", file.trim(), "get", "namespaces"]);
        command.output().unwrap().status.success()
    };
    assert!(kubectl());
    developer.ok(&["disconnect", "mine"]);
    assert!(carriers().is_empty() && !std::path::Path::new(file.trim()).exists());

    developer.ok(&["connect", "mine"]);
    let carrier = carriers().pop().unwrap();
    let gone = developer.on_host(&["delete", "statefulset", "mine"]);
    assert!(gone.status.success());
    assert!(carrier.identity.wait_ended(std::time::Duration::from_secs(30)).unwrap());
    assert!(developer.lab.until(|| carriers().is_empty().then_some(true)));
}

#[tokio::test]
async fn an_address_of_the_users_becomes_a_name_of_the_certificate_without_a_restart() {
    let developer = Developer::new().await;
    developer.ok(&["create", "mine"]);
    let config = developer.ok(&["connect", "mine", "--server", "https://gateway.example:8443", "--print"]);
    assert!(config.contains("https://gateway.example:8443"), "{config}");
    // The name that a client checks is not the one that it dials.
    let names = |name: &str| {
        let name = format!("--tls-server-name={name}");
        let kubectl = developer.kubectl.to_str().unwrap();
        developer.run(&["connect", "mine", "--", kubectl, &name, "get", "--raw", "/readyz"]).status.success()
    };
    assert!(names("gateway.example"));
    assert!(!names("other.example"));
    let restarts = developer.on_host(&["get", "pod", "mine-0", "-o", "jsonpath={..restartCount}"]);
    assert_eq!(String::from_utf8_lossy(&restarts.stdout).replace(' ', ""), "00000");
}

#[tokio::test]
async fn its_objects_bear_the_names_that_its_user_gives_by_the_flags_of_old() {
    let developer = Developer::new().await;
    developer.ok(&[&["create", "mine"], &names::FLAGS[..]].concat());
    names::are_borne_by(&developer, "mine");
    developer.ok(&["delete", "mine"]);
    assert_eq!(developer.left(), Vec::<String>::new());
}
