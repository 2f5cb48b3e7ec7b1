//! kube-apiserver's flags.

use super::{API_SERVER_ADDRESS, Files, Settings};

/// Flags of the host's API server: as a real cluster has them, on loopback, with every write in the audit log.
pub fn api_server(files: &Files, settings: &Settings) -> Vec<String> {
    let mut flags = vec![
        "--bind-address=127.0.0.1".into(),
        format!("--secure-port={}", settings.ports.api_server),
        format!("--advertise-address={API_SERVER_ADDRESS}"),
        format!("--service-cluster-ip-range={}", settings.service_cidr),
        "--authorization-mode=RBAC".into(),
        "--allow-privileged=true".into(),
        format!("--client-ca-file={}", files.certificate("ca")),
    ];
    flags.extend(pair(files, "api-server", "tls-cert-file", "tls-private-key-file"));
    flags.extend(etcd(files, settings.ports.etcd));
    flags.extend(service_accounts(files));
    flags.extend(aggregation(files));
    flags.extend(nodes(files));
    flags.extend(audit(files));
    if settings.egress {
        flags.push(format!("--egress-selector-config-file={}", files.config("egress.json")));
    }
    flags
}

fn pair(files: &Files, name: &str, certificate_flag: &str, key_flag: &str) -> [String; 2] {
    let (certificate, key) = files.pair(name);
    [format!("--{certificate_flag}={certificate}"), format!("--{key_flag}={key}")]
}

fn etcd(files: &Files, port: u16) -> Vec<String> {
    let mut flags = vec![
        format!("--etcd-servers=https://127.0.0.1:{port}"),
        format!("--etcd-cafile={}", files.certificate("etcd-ca")),
    ];
    flags.extend(pair(files, "etcd-client", "etcd-certfile", "etcd-keyfile"));
    flags
}

fn service_accounts(files: &Files) -> [String; 3] {
    [
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local".into(),
        format!("--service-account-signing-key-file={}", files.key("service-account")),
        format!("--service-account-key-file={}", files.public_key("service-account")),
    ]
}

fn aggregation(files: &Files) -> Vec<String> {
    let mut flags = vec![
        format!("--requestheader-client-ca-file={}", files.certificate("front-proxy-ca")),
        "--requestheader-allowed-names=front-proxy-client".into(),
        "--requestheader-username-headers=X-Remote-User".into(),
        "--requestheader-group-headers=X-Remote-Group".into(),
        "--requestheader-extra-headers-prefix=X-Remote-Extra-".into(),
        // No kube-proxy runs on the API server's machine: it must dial endpoints, not Service addresses.
        "--enable-aggregator-routing=true".into(),
    ];
    flags.extend(pair(files, "front-proxy-client", "proxy-client-cert-file", "proxy-client-key-file"));
    flags
}

fn nodes(files: &Files) -> Vec<String> {
    let mut flags = vec![
        format!("--kubelet-certificate-authority={}", files.certificate("ca")),
        "--kubelet-preferred-address-types=InternalIP".into(),
    ];
    flags.extend(pair(files, "kubelet-client", "kubelet-client-certificate", "kubelet-client-key"));
    flags
}

fn audit(files: &Files) -> [String; 4] {
    [
        format!("--audit-policy-file={}", files.config("audit-policy.json")),
        format!("--audit-log-path={}", files.audit_log()),
        "--audit-log-format=json".into(),
        // The harness follows the file; a rotated one would lose it lines.
        "--audit-log-maxsize=0".into(),
    ]
}
