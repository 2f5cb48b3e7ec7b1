//! What whoever is bound to the built-in `admin` role in one namespace, and nothing else, does on any server.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tenantbench::{
    probe::rights,
    tenancy::{connect, kubeconfig_file},
};
use tenantbench_syncer::role::role_rules;

use crate::{
    developer::{Developer, NAMESPACE},
    lab::{Lab, stderr, stdout},
    server::Api,
};

pub(crate) async fn of_a_namespaces_admin(api: &Api) {
    let developer = developer(api);
    let refused = developer.on_host(&["get", "namespaces"]);
    assert!(stderr(&refused).contains("Forbidden"), "{}", stderr(&refused));

    developer.ok(&["create", "mine", "--no-wait"]);
    applied(&developer, &developer.ok(&["manifests", "plain"]));
    let listed = developer.ok(&["list"]);
    for name in ["mine", "plain"] {
        assert!(listed.lines().any(|line| line.contains(name) && line.contains("starting")), "{listed}");
        developer.on_host_ok(&["wait", "--for=create", &format!("pod/{name}-0"), "--timeout=60s"]);
    }
    the_syncer_has_the_rights_of_its_role_and_no_more(api, &developer).await;

    let gone = developer.ok(&["delete", "mine"]);
    for line in ["removed statefulset/mine", "removed role/mine", "removed pod/mine-0"] {
        assert!(gone.contains(line), "{gone}");
    }
    let left = developer.left();
    assert!(!left.is_empty() && left.iter().all(|object| object.contains("/plain")), "{left:?}");
    developer.ok(&["delete", "plain"]);
    assert_eq!(developer.left(), Vec::<String>::new());
}

/// The platform's part: a namespace, and somebody who is its admin.
fn developer(api: &Api) -> Developer {
    let lab = Lab::new();
    let kubectl = PathBuf::from(stdout(&lab.ok(&["tools", "path", "kubectl"])).trim());
    let (admin, own) = (lab.path("admin.kubeconfig"), lab.path("developer.kubeconfig"));
    kubeconfig_file::write(&admin, &api.admin()).unwrap();
    let account = format!("--serviceaccount={NAMESPACE}:developer");
    as_platform(&kubectl, &admin, &["create", "namespace", NAMESPACE]);
    as_platform(&kubectl, &admin, &["-n", NAMESPACE, "create", "serviceaccount", "developer"]);
    let binding = ["create", "rolebinding", "developer", "--clusterrole=admin", &account];
    as_platform(&kubectl, &admin, &[&["-n", NAMESPACE], &binding[..]].concat());
    let token = as_platform(&kubectl, &admin, &["-n", NAMESPACE, "create", "token", "developer"]);
    kubeconfig_file::write(&own, &api.of(token.trim())).unwrap();
    let developer = Developer { lab, kubeconfig: own, kubectl };
    // A controller fills the built-in role in its own time.
    let may = ["auth", "can-i", "create", "statefulsets"];
    developer.lab.until(|| developer.on_host(&may).status.success().then_some(()));
    developer
}

fn as_platform(kubectl: &Path, admin: &Path, arguments: &[&str]) -> String {
    let output = Command::new(kubectl).arg("--kubeconfig").arg(admin).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    stdout(&output)
}

fn applied(developer: &Developer, manifests: &str) {
    let mut kubectl = developer.kubectl(&["apply", "--server-side", "-f", "-"]);
    let mut apply = kubectl.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    apply.stdin.take().unwrap().write_all(manifests.as_bytes()).unwrap();
    assert!(apply.wait().unwrap().success(), "{manifests}");
}

/// As the server answers to the syncer's own token.
async fn the_syncer_has_the_rights_of_its_role_and_no_more(api: &Api, developer: &Developer) {
    let account = "jsonpath={.spec.template.spec.serviceAccountName}";
    let account = developer.on_host_ok(&["get", "statefulset", "mine", "-o", account]);
    let token = developer.on_host_ok(&["create", "token", &account]);
    let syncer = connect(api.of(token.trim())).await.unwrap();
    let own = rights::ask(&syncer, rights::questions(&role_rules(), NAMESPACE)).await.unwrap();
    assert!(own.denied.is_empty() && !own.allowed.is_empty(), "lacks {:?}", own.denied);
    let beyond = rights::ask(&syncer, rights::forbidden(NAMESPACE, "kube-system")).await.unwrap();
    assert!(beyond.allowed.is_empty() && !beyond.denied.is_empty(), "may {:?}", beyond.allowed);
}
