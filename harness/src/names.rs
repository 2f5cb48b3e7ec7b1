//! The one place for the names and labels that the harness puts on a host cluster.

/// Marks every object that the platform side of a run makes; the value is the run's id.
pub const RUN_LABEL: &str = "tenantbench.dev/run";

/// Marks every object of one tenant; the value is the tenant's name.
pub const TENANT_LABEL: &str = "tenantbench.dev/tenant";

/// Marks every object of a virtual cluster in its host namespace; the value is the virtual cluster's name.
pub const VIRTUAL_CLUSTER_LABEL: &str = "tenantbench.dev/virtual-cluster";

/// Marks pods that are there to be measured.
pub const LOAD_LABEL: &str = "tenantbench.example/load";

/// The field manager of what the harness applies.
pub const FIELD_MANAGER: &str = "tenantbench";

/// The user that every local host gives to the platform team.
pub const PLATFORM_USER: &str = "tenantbench-admin";

/// The namespace in which the platform team runs what it offers to all tenants.
pub const PLATFORM_NAMESPACE: &str = "tenantbench-platform";

/// The name of the one virtual cluster of each tenant of a scenario.
pub const VIRTUAL_CLUSTER: &str = "vc";

/// The name of a tenant, which is its host namespace too: `tenant-vcluster-1`, or `tenant-vcluster-1-blue` where the
/// scenario gives it a name of its own.
pub fn tenant(model: &str, round: u32, own: &str) -> String {
    match own {
        "" => format!("tenant-{model}-{round}"),
        own => format!("tenant-{model}-{round}-{own}"),
    }
}

/// The user that acts for a tenant on the host: `tenantbench:tenant-vcluster-1`.
pub fn tenant_user(tenant: &str) -> String {
    format!("tenantbench:{tenant}")
}

/// The user name by which a service account appears in RBAC and in audit logs.
pub fn service_account_user(namespace: &str, name: &str) -> String {
    format!("system:serviceaccount:{namespace}:{name}")
}
