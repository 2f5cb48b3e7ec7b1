//! The objects that make a virtual cluster: what its tenant applies in its host namespace, and nothing cluster-wide.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tenantbench_syncer::role::role_rules;

use super::pki::{Certificates, kubeconfig};
use crate::{assets::versions, host::pki::Issued, names};

/// The port of the plane's Service under which the virtual API server answers.
pub(super) const API_PORT: u16 = 443;

/// The value of the `app` label of the plane's pod.
pub(super) const PLANE_APP: &str = "virtual-cluster-plane";

/// The service account of the syncer.
pub(crate) const SYNCER_ACCOUNT: &str = "vc-syncer";

/// The container names of the plane's pod, as [`super::plane::Component`] finds them.
pub(super) const CONTAINERS: [&str; 4] = ["etcd", "kube-apiserver", "kube-controller-manager", "syncer"];

const API_SERVER_PORT: u16 = 6443;

/// An API server whose etcd goes with it waits in vain for its requests to end, and its data goes with the pod anyway.
/// With Kubernetes' own 5 s before it clears a namespace, the tenant's processes are gone well within 10.
const GRACE_SECONDS: u32 = 2;

const KUBELET_PORT: u16 = 10250;
const HEALTH_PORT: u16 = 8081;

/// All on which a plane's containers listen; etcd's two are the last.
pub(super) const PORTS: [u16; 5] = [API_SERVER_PORT, KUBELET_PORT, HEALTH_PORT, 2379, 2380];
const NAME: &str = names::VIRTUAL_CLUSTER;

/// Controllers that need nodes or disks are the host's business.
const CONTROLLERS: &str = "*,-nodeipam,-nodelifecycle,-persistentvolume-binder,-attachdetach,\
                           -persistentvolume-expander,-cloud-node-lifecycle";

/// Metadata of every write, and of reads only the tenant admin's own lists: the second clock of latencies, and small.
const AUDIT_POLICY: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- level: Metadata
  users: [tenant-admin]
  verbs: [list]
- level: None
  verbs: [get, list, watch]
- level: None
  resources:
  - {group: coordination.k8s.io, resources: [leases]}
- level: Metadata
";

fn labels() -> Value {
    json!({names::VIRTUAL_CLUSTER_LABEL: NAME, "app": PLANE_APP})
}

fn metadata(name: &str) -> Value {
    json!({"name": name, "labels": labels()})
}

/// The plane's Service. Addresses are published before the pod is Ready, for its clients wait by connecting.
pub(super) fn service() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": metadata(NAME),
        "spec": {
            "selector": labels(),
            "publishNotReadyAddresses": true,
            "ports": [
                {"name": "https", "port": API_PORT, "targetPort": API_SERVER_PORT},
                {"name": "kubelet", "port": KUBELET_PORT, "targetPort": KUBELET_PORT},
            ],
        },
    })
}

/// Everything but the Service, in the order in which it is applied.
pub(super) fn manifests(
    namespace: &str,
    address: &str,
    service_cidr: &str,
    pki: &Certificates,
) -> Vec<Value> {
    vec![
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(SYNCER_ACCOUNT)}),
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata(SYNCER_ACCOUNT),
            "rules": role_rules(),
        }),
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": metadata(SYNCER_ACCOUNT),
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": SYNCER_ACCOUNT},
            "subjects": [{"kind": "ServiceAccount", "name": SYNCER_ACCOUNT, "namespace": namespace}],
        }),
        key_material(pki),
        kubeconfig_secret(namespace, pki),
        stateful_set(address, service_cidr),
    ]
}

/// What the tenant deletes to be rid of the virtual cluster; what the syncer made goes with its owner.
pub(super) fn removal() -> Vec<Value> {
    let object = |version: &str, kind: &str, name: &str| json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}});
    let rbac = "rbac.authorization.k8s.io/v1";
    vec![
        object("apps/v1", "StatefulSet", NAME),
        object("v1", "Service", NAME),
        object("v1", "Secret", "vc-pki"),
        object("v1", "Secret", "vc-kubeconfig"),
        object(rbac, "RoleBinding", SYNCER_ACCOUNT),
        object(rbac, "Role", SYNCER_ACCOUNT),
        object("v1", "ServiceAccount", SYNCER_ACCOUNT),
    ]
}

fn key_material(pki: &Certificates) -> Value {
    let mut data = serde_json::Map::new();
    let mut put = |name: &str, text: &str| {
        data.insert(name.to_owned(), Value::String(STANDARD.encode(text)));
    };
    let mut pair = |name: &str, identity: &Issued| {
        put(&format!("{name}.crt"), &identity.certificate);
        put(&format!("{name}.key"), &identity.key);
    };
    pair("ca", &pki.authority);
    pair("apiserver", &pki.api_server);
    pair("kubelet", &pki.kubelet);
    pair("kubelet-client", &pki.kubelet_client);
    put("kubelet-client-ca.crt", &pki.kubelet_authority);
    put("accounts.key", &pki.accounts.private);
    put("accounts.pub", &pki.accounts.public);
    put("audit-policy.yaml", AUDIT_POLICY);
    let server = format!("https://127.0.0.1:{API_SERVER_PORT}");
    for (name, user) in [("controller-manager", &pki.controller_manager), ("syncer", &pki.syncer)] {
        put(&format!("{name}.kubeconfig"), &text(&kubeconfig(&server, &pki.authority, user, name)));
    }
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata("vc-pki"), "data": data})
}

/// The tenant admin's kubeconfig for use inside the host cluster.
fn kubeconfig_secret(namespace: &str, pki: &Certificates) -> Value {
    let config = pki.kubeconfig(&format!("https://{NAME}.{namespace}.svc:{API_PORT}"));
    json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": metadata("vc-kubeconfig"),
        "data": {"config": STANDARD.encode(text(&config))},
    })
}

/// A kubeconfig as text; JSON is YAML too, and needs no second serialiser.
fn text(config: &kube::config::Kubeconfig) -> String {
    serde_json::to_string(config).unwrap_or_default()
}

fn stateful_set(address: &str, service_cidr: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata(NAME),
        "spec": {
            "replicas": 1, "serviceName": NAME, "podManagementPolicy": "Parallel",
            "selector": {"matchLabels": labels()},
            "template": {
                "metadata": {"labels": labels()},
                "spec": {
                    "serviceAccountName": SYNCER_ACCOUNT,
                    "enableServiceLinks": false,
                    "terminationGracePeriodSeconds": GRACE_SECONDS,
                    "containers": [
                        etcd(), api_server(service_cidr), controller_manager(service_cidr), syncer(address, service_cidr),
                    ],
                    "volumes": [
                        {"name": "pki", "secret": {"secretName": "vc-pki", "defaultMode": 0o400}},
                        {"name": "data", "emptyDir": {}},
                        {"name": "run", "emptyDir": {}},
                    ],
                },
            },
        },
    })
}

/// etcd answers on the pod's own loopback, which nothing but its containers can reach, so it needs no certificates.
fn etcd() -> Value {
    json!({
        "name": CONTAINERS[0],
        "image": format!("registry.k8s.io/etcd:{}-0", versions::ETCD),
        "command": [
            "etcd", "--name=tenant", "--data-dir=/data/etcd", "--log-level=warn",
            "--listen-client-urls=http://127.0.0.1:2379", "--advertise-client-urls=http://127.0.0.1:2379",
            "--listen-peer-urls=http://127.0.0.1:2380", "--initial-advertise-peer-urls=http://127.0.0.1:2380",
            "--initial-cluster=tenant=http://127.0.0.1:2380",
            // A virtual cluster on a simulated host lives no longer than its pod: a power cut takes both.
            "--unsafe-no-fsync",
        ],
        "resources": {"requests": {"cpu": "20m", "memory": "50Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
        "volumeMounts": [mount("data", "/data")],
    })
}

fn api_server(service_cidr: &str) -> Value {
    json!({
        "name": CONTAINERS[1],
        "image": format!("registry.k8s.io/kube-apiserver:v{}", versions::KUBERNETES),
        "command": [
            "kube-apiserver",
            "--etcd-servers=http://127.0.0.1:2379",
            format!("--secure-port={API_SERVER_PORT}"),
            "--advertise-address=$(POD_IP)",
            format!("--service-cluster-ip-range={service_cidr}"),
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
        "env": [{"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
        "readinessProbe": {
            "httpGet": {"scheme": "HTTPS", "path": "/readyz", "port": API_SERVER_PORT}, "periodSeconds": 1,
        },
        "resources": {"requests": {"cpu": "100m", "memory": "250Mi"}, "limits": {"cpu": "2", "memory": "2Gi"}},
        "volumeMounts": [mount("pki", "/pki"), mount("run", "/var/run/kubernetes")],
    })
}

fn controller_manager(service_cidr: &str) -> Value {
    json!({
        "name": CONTAINERS[2],
        "image": format!("registry.k8s.io/kube-controller-manager:v{}", versions::KUBERNETES),
        "command": [
            "kube-controller-manager",
            "--kubeconfig=/pki/controller-manager.kubeconfig",
            format!("--controllers={CONTROLLERS}"),
            format!("--service-cluster-ip-range={service_cidr}"),
            "--root-ca-file=/pki/ca.crt", "--service-account-private-key-file=/pki/accounts.key",
            "--cluster-signing-cert-file=/pki/ca.crt", "--cluster-signing-key-file=/pki/ca.key",
            "--leader-elect=false", "--profiling=false",
            // The client-side limit of 20 calls a second would be what start-up and bursts measure.
            "--kube-api-qps=500", "--kube-api-burst=1000",
            // Nobody scrapes it, and its port would make it look up who may, on an API server that is not up yet.
            "--secure-port=0",
            // Its default is a folder of the machine, which it would create.
            "--flex-volume-plugin-dir=/var/run/kubernetes/flex",
        ],
        "resources": {"requests": {"cpu": "50m", "memory": "100Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
        "volumeMounts": [mount("pki", "/pki"), mount("run", "/var/run/kubernetes")],
    })
}

fn syncer(address: &str, service_cidr: &str) -> Value {
    json!({
        "name": CONTAINERS[3],
        "image": format!("tenantbench.dev/tenantbench:{}", env!("CARGO_PKG_VERSION")),
        "command": [
            "tenantbench", "syncer",
            format!("--name={NAME}"),
            "--tenant-kubeconfig=/pki/syncer.kubeconfig",
            format!("--service={NAME}"),
            format!("--owner=statefulset/{NAME}"),
            format!("--node-address={address}"),
            format!("--kubelet-port={KUBELET_PORT}"),
            "--kubelet-cert=/pki/kubelet.crt", "--kubelet-key=/pki/kubelet.key", "--kubelet-client-ca=/pki/kubelet-client-ca.crt",
            format!("--service-cidr={service_cidr}"),
            format!("--listen=0.0.0.0:{HEALTH_PORT}"),
        ],
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": HEALTH_PORT}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "10m", "memory": "25Mi"}, "limits": {"cpu": "1", "memory": "512Mi"}},
        "volumeMounts": [mount("pki", "/pki")],
    })
}

fn mount(name: &str, path: &str) -> Value {
    json!({"name": name, "mountPath": path})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Value> {
        let pki = Certificates::new("tenant-a", "10.96.0.7").unwrap();
        let mut all = vec![service()];
        all.extend(manifests("tenant-a", "10.96.0.7", "10.96.0.0/16", &pki));
        all
    }

    #[test]
    fn a_virtual_cluster_is_made_of_namespaced_kinds_that_an_admin_of_one_namespace_may_create() {
        let kinds: Vec<_> = all().iter().map(|object| object["kind"].as_str().unwrap().to_owned()).collect();
        let allowed = ["Service", "ServiceAccount", "Role", "RoleBinding", "Secret", "StatefulSet"];
        assert!(kinds.iter().all(|kind| allowed.contains(&kind.as_str())), "{kinds:?}");
    }

    #[test]
    fn whatever_is_applied_is_removed_again_by_name() {
        let name = |object: &Value| (object["kind"].clone(), object["metadata"]["name"].clone());
        let mut applied: Vec<_> = all().iter().map(name).map(|pair| format!("{pair:?}")).collect();
        let mut removed: Vec<_> = removal().iter().map(name).map(|pair| format!("{pair:?}")).collect();
        applied.sort();
        removed.sort();
        assert_eq!(applied, removed);
    }

    #[test]
    fn every_container_of_ours_sets_requests_and_limits_so_that_a_quota_admits_it() {
        let set = all().pop().unwrap();
        let containers = set["spec"]["template"]["spec"]["containers"].as_array().unwrap().clone();
        assert_eq!(containers.len(), CONTAINERS.len());
        for container in containers {
            for kind in ["requests", "limits"] {
                for resource in ["cpu", "memory"] {
                    assert!(container["resources"][kind][resource].is_string(), "{container}");
                }
            }
        }
    }
}
