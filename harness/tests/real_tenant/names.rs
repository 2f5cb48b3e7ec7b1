//! The names that a user may give to the objects of a virtual cluster, by the flags that users know.

use crate::developer::Developer;

pub(crate) const FLAGS: [&str; 5] = [
    "--service-name=api",
    "--owning-statefulset=plane",
    "--out-kube-config-secret=way-in",
    "--suffix=short",
    "--tls-san=moved.example",
];

/// Whether a virtual cluster that was made with these flags is what each of them says.
pub(crate) fn are_borne_by(developer: &Developer, cluster: &str) {
    for object in ["service/api", "statefulset/plane", "pod/plane-0", "secret/way-in"] {
        developer.on_host_ok(&["get", object, "-o", "name"]);
    }
    let owner = ["get", "secret", "way-in", "-o", "jsonpath={.metadata.ownerReferences[*].name}"];
    assert_eq!(developer.on_host_ok(&owner), "plane");
    let kubectl = developer.kubectl.to_str().unwrap();
    let by_name = [kubectl, "--tls-server-name=moved.example", "get", "--raw", "/readyz"];
    developer.ok(&[&["connect", cluster, "--"], &by_name[..]].concat());
    // Once the tenant's DNS is there, its pod is on the host.
    developer
        .inside(cluster, &["-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=90s"]);
    let pods = developer.on_host_ok(&["get", "pods", "-o", "name"]);
    assert!(pods.lines().any(|pod| pod.ends_with("-x-kube-system-x-short")), "{pods}");
}
