//! The virtual cluster's API server.

use serde_json::{Value, json};

use super::{API_SERVER_PORT, CONTAINERS, Demand, PKI, PULL, Values, heap, mount};

pub(in super::super) fn api_server(values: &Values, demand: &Demand) -> Value {
    json!({
        "name": CONTAINERS[1],
        "image": values.images.api_server,
        "imagePullPolicy": PULL,
        "command": [
            "kube-apiserver",
            "--etcd-servers=http://127.0.0.1:2379",
            format!("--secure-port={API_SERVER_PORT}"),
            "--advertise-address=$(POD_IP)",
            format!("--service-cluster-ip-range={}", values.service_cidr),
            "--tls-cert-file=/pki/apiserver.crt", "--tls-private-key-file=/pki/apiserver.key",
            "--client-ca-file=/pki/ca.crt",
            "--kubelet-client-certificate=/pki/kubelet-client.crt", "--kubelet-client-key=/pki/kubelet-client.key",
            "--kubelet-certificate-authority=/pki/ca.crt", "--kubelet-preferred-address-types=InternalIP",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            "--service-account-key-file=/pki/accounts.pub", "--service-account-signing-key-file=/pki/accounts.key",
            "--service-account-extend-token-expiration=false",
            "--authorization-mode=RBAC",
            "--allow-privileged=true",
            "--profiling=false",
            "--audit-policy-file=/pki/audit-policy.yaml", "--audit-log-path=-",
        ],
        "env": [{"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}, heap(values)],
        "readinessProbe": {
            "httpGet": {"scheme": "HTTPS", "path": "/readyz", "port": API_SERVER_PORT}, "periodSeconds": 1,
        },
        "resources": demand.to_json(),
        "volumeMounts": [mount("pki", PKI), mount("run", "/var/run/kubernetes")],
    })
}
