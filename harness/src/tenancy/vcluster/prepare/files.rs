//! The files that the plane's containers read, made of its keys for the addresses that it has.

use serde_json::json;

use super::Addresses;
use crate::{
    host::{control_plane::kubeconfig, pki::PkiError},
    tenancy::{
        kubeconfig_file,
        vcluster::{keys::Keys, objects::API_SERVER_PORT},
    },
};

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

/// All files, by name. The certificates are new.
pub(super) fn files(keys: &Keys, addresses: &Addresses) -> Result<Vec<(String, String)>, PkiError> {
    let mut all = Vec::new();
    let mut put = |name: &str, text: String| all.push((name.to_owned(), text));
    let masters = ["system:masters"];
    let ca = keys.authority.certificate();
    for (name, issued) in [
        ("apiserver", keys.authority.server("kube-apiserver", &api_server_names(addresses))?),
        ("kubelet", keys.authority.server("kubelet", &kubelet_names(addresses))?),
        ("kubelet-client", keys.kubelets.client("kube-apiserver-kubelet-client", &[])?),
    ] {
        put(&format!("{name}.key"), issued.key);
        put(&format!("{name}.crt"), issued.certificate);
    }
    put("ca.crt", ca.clone());
    put("ca.key", keys.authority.key());
    put("kubelet-client-ca.crt", keys.kubelets.certificate());
    put("accounts.key", keys.accounts.private.clone());
    put("accounts.pub", keys.accounts.public.clone());
    put("audit-policy.yaml", AUDIT_POLICY.to_owned());
    put("syncer.json", json!({"node-address": addresses.service_address}).to_string());
    let server = format!("https://127.0.0.1:{API_SERVER_PORT}");
    // One identity for all controllers is lighter than a service account each, and it is the tenant's own cluster.
    let controllers = keys.authority.client("system:kube-controller-manager", &masters)?;
    let syncer = keys.authority.client("tenantbench:syncer", &masters)?;
    for (name, user) in [("controller-manager", &controllers), ("syncer", &syncer)] {
        put(
            &format!("{name}.kubeconfig"),
            kubeconfig_file::text(&kubeconfig("virtual", &server, &ca, name, user)),
        );
    }
    Ok(all)
}

/// Every name under which clients reach the API server: from pods of the tenant by the host's Service address, from
/// its own pod and through forwards by loopback, from inside by its own `kubernetes` Service, and as the values say.
fn api_server_names(addresses: &Addresses) -> Vec<String> {
    let Addresses { service, namespace, service_address, more } = addresses;
    let own = [
        "localhost",
        "127.0.0.1",
        service_address,
        service,
        &format!("{service}.{namespace}"),
        &format!("{service}.{namespace}.svc"),
        &format!("{service}.{namespace}.svc.cluster.local"),
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    ]
    .map(str::to_owned);
    own.into_iter().chain(more.iter().cloned()).collect()
}

/// The API server dials the tenant's kubelets at the Service's address: loopback would do for logs and exec, but
/// `nodes/proxy` refuses it.
fn kubelet_names(addresses: &Addresses) -> Vec<String> {
    vec![addresses.service_address.clone(), "127.0.0.1".to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_is_known_by_its_service_and_by_what_the_values_add() {
        let addresses = Addresses {
            service: "api".into(),
            namespace: "ns".into(),
            service_address: "10.96.0.7".into(),
            more: vec!["a.example".into()],
        };
        let names = api_server_names(&addresses);
        for name in ["10.96.0.7", "api.ns.svc", "127.0.0.1", "a.example"] {
            assert!(names.iter().any(|known| known == name), "{name}");
        }
        let keys = Keys::new("a", "ns").unwrap();
        assert!(files(&keys, &addresses).unwrap().iter().any(|(name, _)| name == "syncer.json"));
    }
}
