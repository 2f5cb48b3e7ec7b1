//! The virtual cluster's own DNS: CoreDNS as a pod of the tenant, under the Service name that the syncer writes into
//! pods as their resolver.

use std::{path::Path, time::Duration};

use k8s_openapi::api::apps::v1::Deployment;
use kube::{Api, Client, api::DynamicObject, config::Kubeconfig};
use serde_json::{Value, json};

use crate::{
    apply::Applier,
    names,
    observe::until::Wait,
    tenancy::{TenancyError, connect},
    workload::{deployment_state, is_available},
};

const NAMESPACE: &str = "kube-system";

/// The name of all but the Service.
const NAME: &str = "coredns";

/// What the syncer, and everybody else, knows a cluster's DNS by.
const SERVICE: &str = "kube-dns";

/// Above 1023, so that it needs no capability.
const PORT: u16 = 1053;

/// Its answers to probes.
const READY_PORT: u16 = 8181;

/// Pods have no names of their own, which would cost a watch of all of them.
const COREFILE: &str = "\
.:1053 {
    errors
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods disabled
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    forward . /etc/resolv.conf
    cache 30
}
";

/// How soon an API that is not up yet is tried again; it gives no event to wait for.
const BETWEEN: Duration = Duration::from_millis(100);

/// Applies the DNS to the virtual cluster that a kubeconfig leads to, as soon as its API takes it.
pub async fn furnish(kubeconfig: &Path, image: &str) {
    let mut told = None;
    while let Err(error) = apply(kubeconfig, image).await {
        let error = error.to_string();
        // While the API comes up the same reason is met many times.
        if told.as_ref() != Some(&error) {
            tracing::info!(error, "the virtual cluster has no DNS yet");
            told = Some(error);
        }
        tokio::time::sleep(BETWEEN).await;
    }
    tracing::info!(image, "the virtual cluster has its DNS");
}

/// The Service comes first: pods that are made before it is there do not get to know of it.
async fn apply(kubeconfig: &Path, image: &str) -> Result<(), TenancyError> {
    let config = Kubeconfig::read_from(kubeconfig).map_err(|error| TenancyError::Kubeconfig {
        secret: kubeconfig.display().to_string(),
        reason: error.to_string(),
    })?;
    let applier = Applier::new(connect(config).await?).await?;
    for object in objects(image) {
        let object: DynamicObject = serde_json::from_value(object).map_err(TenancyError::object("DNS"))?;
        applier.apply(&object, NAMESPACE).await?;
    }
    Ok(())
}

/// Waits until the virtual cluster's DNS answers.
///
/// # Errors
/// [`TenancyError::Wait`] when it does not within `limit`.
pub async fn ready(client: Client, limit: Duration) -> Result<(), TenancyError> {
    let deployments: Api<Deployment> = Api::namespaced(client, NAMESPACE);
    let wait = Wait::new("the virtual cluster's DNS", limit);
    let available = |deployment: &Deployment| is_available(deployment).then_some(());
    Ok(wait.object(deployments, NAME, available, deployment_state).await?)
}

fn objects(image: &str) -> Vec<Value> {
    let rbac = "rbac.authorization.k8s.io";
    vec![
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": metadata(SERVICE),
            "spec": {
                "selector": selector(),
                "ports": [
                    {"name": "dns", "port": 53, "targetPort": PORT, "protocol": "UDP"},
                    {"name": "dns-tcp", "port": 53, "targetPort": PORT, "protocol": "TCP"},
                ],
            },
        }),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(NAME)}),
        json!({
            "apiVersion": format!("{rbac}/v1"), "kind": "ClusterRole", "metadata": {"name": "system:coredns"},
            "rules": [
                {"apiGroups": [""], "resources": ["services", "namespaces"], "verbs": ["list", "watch"]},
                {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
            ],
        }),
        json!({
            "apiVersion": format!("{rbac}/v1"), "kind": "ClusterRoleBinding", "metadata": {"name": "system:coredns"},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "system:coredns"},
            "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}],
        }),
        json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(NAME), "data": {"Corefile": COREFILE},
        }),
        deployment(image),
    ]
}

fn deployment(image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata(NAME),
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": selector()},
            "template": {
                "metadata": {"labels": labels()},
                "spec": {
                    "serviceAccountName": NAME,
                    // Its own resolver is the node's; all others' is itself.
                    "dnsPolicy": "Default",
                    "enableServiceLinks": false,
                    "terminationGracePeriodSeconds": 2,
                    "containers": [container(image)],
                    "volumes": [{"name": "config", "configMap": {"name": NAME}}],
                },
            },
        },
    })
}

fn container(image: &str) -> Value {
    json!({
        "name": NAME,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": ["-conf", "/etc/coredns/Corefile"],
        "env": [{"name": "GOMEMLIMIT", "value": "32MiB"}],
        "ports": [
            {"name": "dns", "containerPort": PORT, "protocol": "UDP"},
            {"name": "dns-tcp", "containerPort": PORT, "protocol": "TCP"},
        ],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": READY_PORT}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "10m", "memory": "24Mi"}, "limits": {"cpu": "1", "memory": "128Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": true,
        },
        "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns", "readOnly": true}],
    })
}

fn metadata(name: &str) -> Value {
    json!({"name": name, "labels": labels()})
}

/// The first marks it as a part of the virtual cluster itself, which is not what its tenant runs there.
fn labels() -> Value {
    json!({names::VIRTUAL_CLUSTER_LABEL: NAME, "k8s-app": SERVICE})
}

fn selector() -> Value {
    json!({"k8s-app": SERVICE})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_comes_first_and_leads_to_the_pods_that_listen() {
        let all = objects("image:1");
        assert_eq!((&all[0]["kind"], &all[0]["metadata"]["name"]), (&json!("Service"), &json!("kube-dns")));
        let pod = &all.last().unwrap()["spec"]["template"];
        assert_eq!(pod["metadata"]["labels"]["k8s-app"], all[0]["spec"]["selector"]["k8s-app"]);
        assert!(COREFILE.starts_with(&format!(".:{PORT} ")), "it listens where the Service leads");
        assert_eq!(all[0]["spec"]["ports"][0]["targetPort"], PORT);
    }

    #[test]
    fn it_sets_requests_and_limits_so_that_a_quota_admits_it() {
        let container = container("image:1");
        for kind in ["requests", "limits"] {
            for resource in ["cpu", "memory"] {
                assert!(container["resources"][kind][resource].is_string(), "{kind} {resource}");
            }
        }
    }
}
