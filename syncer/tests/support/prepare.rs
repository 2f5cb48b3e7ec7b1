//! What is there before a syncer comes: namespaces, its place and its rights, as a plane's owner would make them.

use k8s_openapi::api::{
    authentication::v1::TokenRequest,
    core::v1::{ConfigMap, Namespace, Service, ServiceAccount},
    rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding},
};
use kube::{Api, Client, api::PostParams};
use serde_json::{Value, json};
use tenantbench_syncer::role::role_rules;

use super::{HOST_NAMESPACE, create};

/// Makes a namespace with a default service account, which a controller would make.
pub(crate) async fn prepare_namespace(cluster: &Client, name: &str) {
    let namespaces: Api<Namespace> = Api::all(cluster.clone());
    if namespaces.get_opt(name).await.expect("may read").is_none() {
        create(&namespaces, json!({"metadata": {"name": name}})).await;
    }
    let accounts: Api<ServiceAccount> = Api::namespaced(cluster.clone(), name);
    create(&accounts, json!({"metadata": {"name": "default"}})).await;
}

/// The syncer's account on the host with its rights; returns its token.
pub(super) async fn prepare_host(host: &Client) -> String {
    prepare_namespace(host, HOST_NAMESPACE).await;
    let accounts: Api<ServiceAccount> = Api::namespaced(host.clone(), HOST_NAMESPACE);
    create(&accounts, json!({"metadata": {"name": "syncer"}})).await;
    let binding = prepare_syncers_place(host, HOST_NAMESPACE).await;
    let cluster_roles: Api<ClusterRole> = Api::all(host.clone());
    create(&cluster_roles, json!({"metadata": {"name": "syncer-kinds"}, "rules": []})).await;
    let mut cluster_binding = binding;
    cluster_binding["metadata"]["name"] = json!("syncer-kinds");
    cluster_binding["roleRef"]["kind"] = json!("ClusterRole");
    cluster_binding["roleRef"]["name"] = json!("syncer-kinds");
    create(&Api::<ClusterRoleBinding>::all(host.clone()), cluster_binding).await;
    let request: TokenRequest =
        serde_json::from_value(json!({"spec": {"audiences": []}})).expect("a request");
    let answer =
        accounts.create_token_request("syncer", &PostParams::default(), &request).await.expect("a token");
    answer.status.and_then(|status| status.token).expect("a token")
}

/// What a plane's owner makes in a namespace: the syncer's Role, the plane's Service and object. Returns the binding.
pub(super) async fn prepare_syncers_place(host: &Client, namespace: &str) -> Value {
    let roles: Api<Role> = Api::namespaced(host.clone(), namespace);
    create(&roles, json!({"metadata": {"name": "syncer"}, "rules": role_rules()})).await;
    let bindings: Api<RoleBinding> = Api::namespaced(host.clone(), namespace);
    let binding = json!({
        "metadata": {"name": "syncer"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "syncer"},
        "subjects": [{"kind": "ServiceAccount", "name": "syncer", "namespace": HOST_NAMESPACE}],
    });
    create(&bindings, binding.clone()).await;
    let services: Api<Service> = Api::namespaced(host.clone(), namespace);
    create(&services, json!({"metadata": {"name": "vc"}, "spec": {"ports": [{"port": 443}]}})).await;
    let config_maps: Api<ConfigMap> = Api::namespaced(host.clone(), namespace);
    create(&config_maps, json!({"metadata": {"name": "plane"}})).await;
    binding
}
