//! kube-controller-manager's flags.

use super::{Files, Settings};

/// Flags of the host's controller manager. Its client is not throttled: at the default of 20 requests a second
/// the first service account takes 7.7 s instead of 3.3 s, and every figure would be the throttle's.
pub fn controller_manager(files: &Files, settings: &Settings) -> Vec<String> {
    let kubeconfig = files.config("controller-manager.kubeconfig");
    let (certificate, key) = files.pair("ca");
    vec![
        format!("--kubeconfig={kubeconfig}"),
        format!("--authentication-kubeconfig={kubeconfig}"),
        format!("--authorization-kubeconfig={kubeconfig}"),
        "--secure-port=0".into(),
        "--leader-elect=false".into(),
        "--use-service-account-credentials=true".into(),
        "--controllers=*".into(),
        "--kube-api-qps=500".into(),
        "--kube-api-burst=1000".into(),
        format!("--service-cluster-ip-range={}", settings.service_cidr),
        // Its default is below /usr, where it makes the folder if it may.
        format!("--flex-volume-plugin-dir={}", files.data("flexvolume")),
        format!("--root-ca-file={certificate}"),
        format!("--cluster-signing-cert-file={certificate}"),
        format!("--cluster-signing-key-file={key}"),
        format!("--service-account-private-key-file={}", files.key("service-account")),
    ]
}
