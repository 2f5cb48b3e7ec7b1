//! etcd's flags.

use super::{Files, Ports};

/// Flags for a single etcd that is thrown away with its host: no fsync, since there is nothing to recover.
pub fn etcd(files: &Files, ports: Ports) -> Vec<String> {
    let client = format!("https://127.0.0.1:{}", ports.etcd);
    let (certificate, key) = files.pair("etcd-server");
    let ca = files.certificate("etcd-ca");
    vec![
        "--name=tenantbench".into(),
        format!("--data-dir={}", files.data("etcd")),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        // One member has no peers; port 0 lets the kernel choose where nobody will call.
        "--listen-peer-urls=https://127.0.0.1:0".into(),
        "--initial-advertise-peer-urls=https://127.0.0.1:0".into(),
        "--initial-cluster=tenantbench=https://127.0.0.1:0".into(),
        format!("--cert-file={certificate}"),
        format!("--key-file={key}"),
        format!("--trusted-ca-file={ca}"),
        "--client-cert-auth=true".into(),
        format!("--peer-cert-file={certificate}"),
        format!("--peer-key-file={key}"),
        format!("--peer-trusted-ca-file={ca}"),
        "--peer-client-cert-auth=true".into(),
        "--unsafe-no-fsync=true".into(),
        "--log-level=warn".into(),
    ]
}
