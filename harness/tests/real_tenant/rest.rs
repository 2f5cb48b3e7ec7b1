//! Virtual clusters that rest, and that move.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use serde_json::Value;

use crate::{
    developer::Developer,
    lab::{stderr, stdout},
};

/// What must be the same after a rest or a move: uids, and what users wrote.
fn objects(developer: &Developer, name: &str) -> Vec<String> {
    let kinds = "namespaces,configmaps,deployments,serviceaccounts";
    let list = developer.inside(name, &["get", kinds, "-A", "-o", "json"]);
    let list: Value = serde_json::from_str(&list).unwrap();
    let line = |object: &Value| {
        let metadata = &object["metadata"];
        // Its authority's certificate is new with each set of keys.
        let data = if metadata["name"] == "kube-root-ca.crt" { &Value::Null } else { &object["data"] };
        format!(
            "{} {}/{} {} {data}",
            object["kind"], metadata["namespace"], metadata["name"], metadata["uid"]
        )
    };
    // The control plane's own, which is not in a dump.
    let own = |object: &&Value| object["metadata"]["name"] == "extension-apiserver-authentication";
    list["items"].as_array().unwrap().iter().filter(|object| !own(object)).map(line).collect()
}

fn fill(developer: &Developer, name: &str) {
    developer.inside(name, &["create", "namespace", "inner"]);
    developer.inside(name, &["-n", "inner", "create", "configmap", "words", "--from-literal=a=b"]);
    developer.inside(name, &["-n", "inner", "create", "deployment", "web", "--image=example.com/web"]);
    developer.inside(name, &["-n", "inner", "rollout", "status", "deployment/web", "--timeout=60s"]);
}

/// Waits until the host runs the pod of `web` in the virtual cluster, and the virtual cluster has heard of it.
///
/// Its store alone cannot tell: at first that speaks of the pods of before.
fn runs_again(developer: &Developer, name: &str) {
    let mut watch = developer.kubectl(&["get", "pods", "--watch", "-o", "name", "--request-timeout=90s"]);
    let mut watch = watch.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let (start, end) = ("pod/web-", format!("-x-inner-x-{name}"));
    let copy = lines.map_while(Result::ok).find(|line| line.starts_with(start) && line.ends_with(&end));
    watch.kill().unwrap();
    watch.wait().unwrap();
    let copy = copy.unwrap();
    let waited = developer.on_host(&["wait", &copy, "--for=condition=Ready", "--timeout=60s"]);
    assert!(waited.status.success(), "{}", stderr(&waited));
    let own = copy.strip_suffix(&end).unwrap();
    developer.inside(name, &["-n", "inner", "wait", own, "--for=condition=Ready", "--timeout=60s"]);
}

fn pods(developer: &Developer) -> String {
    stdout(&developer.on_host(&["get", "pods", "-o", "name"]))
}

#[tokio::test]
async fn a_virtual_cluster_that_rested_has_its_objects_and_runs_its_pods_again() {
    let developer = Developer::new().await;
    developer.ok(&["create", "mine"]);
    fill(&developer, "mine");
    let before = objects(&developer, "mine");
    assert!(before.iter().any(|line| line.contains("words")), "{before:#?}");

    developer.ok(&["pause", "mine"]);
    assert_eq!(pods(&developer), "", "nothing runs");
    assert!(developer.ok(&["list"]).contains("paused"));
    let file = developer.lab.path("mine.snapshot");
    for verb in [&["connect", "mine"][..], &["snapshot", "mine", file.to_str().unwrap()]] {
        let refused = developer.run(verb);
        assert_eq!(refused.status.code(), Some(2));
        let remedy = "mine is paused; `tenantbench tenant resume mine -n team-a` wakes it";
        assert!(stderr(&refused).contains(remedy), "{verb:?}: {}", stderr(&refused));
    }

    developer.ok(&["resume", "mine"]);
    assert_eq!(objects(&developer, "mine"), before);
    runs_again(&developer, "mine");
    let kept =
        stdout(&developer.on_host(&["get", "secrets", "-l", "tenantbench.dev/store-of", "-o", "name"]));
    assert_eq!(kept, "", "the store that was put away is gone");
}

#[tokio::test]
async fn a_snapshot_moves_a_virtual_cluster_to_another_host() {
    let (from, to) = (Developer::new().await, Developer::new().await);
    from.ok(&["create", "mine"]);
    fill(&from, "mine");
    let before = objects(&from, "mine");
    let file = from.lab.path("mine.snapshot");
    from.ok(&["snapshot", "mine", file.to_str().unwrap()]);
    from.ok(&["delete", "mine"]);

    to.ok(&["restore", "moved", file.to_str().unwrap()]);
    assert_eq!(objects(&to, "moved"), before);
    runs_again(&to, "moved");

    let again = to.run(&["restore", "moved", file.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("moved is there"), "{}", stderr(&again));
    std::fs::write(&file, "no snapshot").unwrap();
    let wrong = to.run(&["restore", "other", file.to_str().unwrap()]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(stderr(&wrong).contains("mine.snapshot"), "{}", stderr(&wrong));
}
