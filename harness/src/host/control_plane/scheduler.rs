//! kube-scheduler's flags.

use super::Files;

/// Flags of the host's scheduler. Its client's default rate would cap the host at 55 pods a second.
pub fn scheduler(files: &Files) -> Vec<String> {
    let kubeconfig = files.config("scheduler.kubeconfig");
    vec![
        format!("--kubeconfig={kubeconfig}"),
        format!("--authentication-kubeconfig={kubeconfig}"),
        format!("--authorization-kubeconfig={kubeconfig}"),
        "--secure-port=0".into(),
        "--leader-elect=false".into(),
        "--kube-api-qps=500".into(),
        "--kube-api-burst=1000".into(),
    ]
}
