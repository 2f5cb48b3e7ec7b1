//! Labels and annotations that never leave the virtual cluster.
//!
//! Host controllers act on keys of their own: they inject containers, hand out cloud identities, attach networks, pin a
//! pod to its node. What they are told is for the host's people to say, so a tenant says nothing to them. A tenant's
//! selector by such a key meets nothing on the host.

use crate::names::marks;

/// Whole keys.
const KEYS: [&str; 8] = [
    // They describe the tenant's object and would be wrong or useless on the host.
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    "kubernetes.io/limit-ranger",
    "kubernetes.io/psp",
    // A pod with it is taken for a static one's image in the API: it is not run, not evicted, not checked.
    "kubernetes.io/config.mirror",
    "kubernetes.io/config.source",
    "kubernetes.io/config.hash",
    "kubernetes.io/config.seen",
];

/// Domains, with those below them.
const DOMAINS: [&str; 29] = [
    // Whether a node may be drained.
    "cluster-autoscaler.kubernetes.io",
    "karpenter.sh",
    "descheduler.alpha.kubernetes.io",
    // Injected containers; a tenant must be able neither to ask for a mesh nor to leave it.
    "istio.io",
    "linkerd.io",
    "kuma.io",
    "consul.hashicorp.com",
    "openservicemesh.io",
    "cilium.io",
    "dapr.io",
    "instrumentation.opentelemetry.io",
    "sidecar.opentelemetry.io",
    "admission.datadoghq.com",
    // Secrets and identities of the platform.
    "vault.hashicorp.com",
    "iam.amazonaws.com",
    "eks.amazonaws.com",
    "iam.gke.io",
    "azure.workload.identity",
    "aadpodidbinding",
    // Networks and addresses.
    "k8s.v1.cni.cncf.io",
    "v1.multus-cni.io",
    "cni.projectcalico.org",
    "k8s.ovn.org",
    "ovn.kubernetes.io",
    "ovn.org",
    // Rules of OpenShift for the rights of a pod.
    "openshift.io",
    // Queues that hold pods back, and machines that take them over.
    "kueue.x-k8s.io",
    "scheduling.x-k8s.io",
    "virtual-kubelet.io",
];

/// Whether a label or annotation of a tenant's object stays in the virtual cluster. All of our own do.
pub(super) fn is_held_back(key: &str) -> bool {
    if marks::is_ours(key) || KEYS.contains(&key) {
        return true;
    }
    let domain = key.split_once('/').map_or(key, |(domain, _)| domain);
    DOMAINS
        .iter()
        .any(|held| domain.strip_suffix(held).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_host_controllers_act_on_stays_in_the_virtual_cluster() {
        for key in [
            "tenantbench.dev/vcluster",
            "tenantbench.dev/anything",
            "kubectl.kubernetes.io/last-applied-configuration",
            "kubernetes.io/config.mirror",
            "kubernetes.io/psp",
            "cluster-autoscaler.kubernetes.io/safe-to-evict",
            "karpenter.sh/do-not-disrupt",
            "sidecar.istio.io/inject",
            "istio.io/rev",
            "linkerd.io/inject",
            "vault.hashicorp.com/agent-inject",
            "iam.amazonaws.com/role",
            "azure.workload.identity/use",
            "k8s.v1.cni.cncf.io/networks",
            "openshift.io/required-scc",
            "security.openshift.io/scc",
        ] {
            assert!(is_held_back(key), "{key}");
        }
    }

    #[test]
    fn what_is_the_tenants_own_is_carried() {
        for key in [
            "app",
            "app.kubernetes.io/name",
            "pod-template-hash",
            "batch.kubernetes.io/job-name",
            "prometheus.io/scrape",
            "container.apparmor.security.beta.kubernetes.io/c",
            "controller.kubernetes.io/pod-deletion-cost",
            "my-istio.io/inject",
            "tenantbench.dev.example.com/x",
        ] {
            assert!(!is_held_back(key), "{key}");
        }
    }
}
