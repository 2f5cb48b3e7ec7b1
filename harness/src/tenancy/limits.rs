//! What a tenant may use of the host.

use tenantbench_scenarios::Quota;

/// The sums that the pods in a tenant's host namespace may come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Cores that they request, as Kubernetes writes them.
    pub cpu: String,
    /// Memory that they request, as Kubernetes writes it.
    pub memory: String,
    /// How many there are, with those that keep the tenant itself running.
    pub pods: u32,
}

/// What the platform gives a tenant of which nothing is said.
impl Default for Limits {
    fn default() -> Self {
        Self { cpu: "8".into(), memory: "16Gi".into(), pods: 50 }
    }
}

impl From<&Quota> for Limits {
    fn from(quota: &Quota) -> Self {
        Self { cpu: quota.cpu.to_string(), memory: quota.memory.clone(), pods: quota.pods }
    }
}
