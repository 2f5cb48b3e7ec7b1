//! The metrics that tenantbench knows: one table of name, unit, place and title.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a metric's values are counted in. Names end in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Seconds of wall or processor time.
    Seconds,
    /// Bytes of memory.
    Bytes,
    /// A number of things.
    Count,
}

impl Unit {
    /// The unit that a metric's name ends in; a name that ends in none is a count.
    #[must_use]
    pub fn of(metric: &str) -> Self {
        match metric.rsplit('_').next() {
            Some("seconds") => Self::Seconds,
            Some("bytes") => Self::Bytes,
            _ => Self::Count,
        }
    }
}

/// Where a metric stands in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// How long a tenant waits.
    Waiting,
    /// How long the syncer takes.
    Sync,
    /// How long going away takes.
    Leaving,
    /// What a tenant's own control plane and syncer use.
    TenantCost,
    /// What the host pays.
    HostCost,
    /// A metric that the table of known ones does not hold.
    Other,
}

impl Group {
    /// The heading of the group in the table.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sync => "syncing",
            Self::Leaving => "leaving",
            Self::TenantCost => "control plane, syncer",
            Self::HostCost => "host",
            Self::Other => "other",
        }
    }
}

/// A metric that the engine can emit. [`Metric::name`] is what stands in records, ending in its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Asked for a tenant → its API answers the tenant's own credentials.
    TenantReady,
    /// First CRD sent → all Established and served.
    CrdsEstablished,
    /// First object of the operator sent → its Deployment Available.
    OperatorReady,
    /// First object of the install sent → CRDs and operator ready.
    Install,
    /// Workload object sent → all its pods Ready as the tenant sees them.
    WorkloadReady,
    /// The tenant lists its workload objects.
    List,
    /// Pod created in the tenant → seen on the host.
    PodSyncDown,
    /// Pod Ready on the host → Ready in the tenant.
    PodSyncUp,
    /// Client's clock less the server's for the same change.
    WatchLag,
    /// Workload object deleted → its pods gone.
    WorkloadDeleted,
    /// Uninstall sent → its objects gone.
    Uninstall,
    /// Tenant's deletion asked for → nothing of it left in the API.
    TenantDeleted,
    /// Virtual cluster's deletion asked for by its tenant → nothing of it left in its namespace, which stays.
    VirtualClusterDeleted,
    /// The pause that Kubernetes itself makes before it clears a namespace; part of the deletion.
    NamespaceClearWait,
    /// Memory of a tenant's API server, controller manager and store, as proportional set size.
    ControlPlanePss,
    /// Processor time of the same, over the round.
    ControlPlaneCpu,
    /// Memory of the syncer, as proportional set size.
    SyncerPss,
    /// Processor time of the syncer, over the round.
    SyncerCpu,
    /// Memory of one container that keeps a tenant running, by its cgroup: what it uses less what could be dropped at
    /// once.
    ContainerMemory,
    /// The sum of those of a tenant, its DNS too.
    TenantMemory,
    /// By how much the host's own processes grew over the round.
    HostGrowth,
    /// Objects that the round made on the host, of every kind.
    HostObjectsCreated,
}

/// What is known of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricInfo {
    /// Which one.
    pub metric: Metric,
    /// Its name in records and reports.
    pub name: &'static str,
    /// Where it stands in the table.
    pub group: Group,
    /// Its row title in the table.
    pub title: &'static str,
}

impl Metric {
    /// All known metrics, in the order of the table.
    pub const ALL: &'static [MetricInfo] = &[
        row(Metric::TenantReady, "tenant_ready_seconds", Group::Waiting, "tenant ready"),
        row(Metric::CrdsEstablished, "crds_established_seconds", Group::Waiting, "CRDs established"),
        row(Metric::OperatorReady, "operator_ready_seconds", Group::Waiting, "operator ready"),
        row(Metric::Install, "install_seconds", Group::Waiting, "whole install"),
        row(Metric::WorkloadReady, "workload_ready_seconds", Group::Waiting, "workload ready"),
        row(Metric::List, "list_seconds", Group::Waiting, "list"),
        row(Metric::PodSyncDown, "pod_sync_down_seconds", Group::Sync, "pod: tenant to host"),
        row(Metric::PodSyncUp, "pod_sync_up_seconds", Group::Sync, "Ready: host to tenant"),
        row(Metric::WatchLag, "watch_lag_seconds", Group::Sync, "watch lag"),
        row(Metric::WorkloadDeleted, "workload_deleted_seconds", Group::Leaving, "workload deleted"),
        row(Metric::Uninstall, "uninstall_seconds", Group::Leaving, "uninstalled"),
        row(Metric::TenantDeleted, "tenant_deleted_seconds", Group::Leaving, "tenant deleted"),
        row(
            Metric::VirtualClusterDeleted,
            "virtual_cluster_deleted_seconds",
            Group::Leaving,
            "of it: by the tenant",
        ),
        row(Metric::NamespaceClearWait, "namespace_clear_wait_seconds", Group::Leaving, "of it: fixed pause"),
        row(Metric::ControlPlanePss, "control_plane_pss_bytes", Group::TenantCost, "plane's memory"),
        row(Metric::ControlPlaneCpu, "control_plane_cpu_seconds", Group::TenantCost, "plane's CPU"),
        row(Metric::SyncerPss, "syncer_pss_bytes", Group::TenantCost, "syncer's memory"),
        row(Metric::SyncerCpu, "syncer_cpu_seconds", Group::TenantCost, "syncer's CPU"),
        row(Metric::ContainerMemory, "container_memory_bytes", Group::TenantCost, "a container's memory"),
        row(Metric::TenantMemory, "tenant_memory_bytes", Group::TenantCost, "all of its containers"),
        row(Metric::HostGrowth, "host_growth_bytes", Group::HostCost, "memory growth"),
        row(Metric::HostObjectsCreated, "host_objects_created", Group::HostCost, "objects created"),
    ];

    /// The metric of that name, if it is a known one.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static MetricInfo> {
        Self::ALL.iter().find(|info| info.name == name)
    }

    /// Its name in records and reports, ending in its unit.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].name
    }

    /// What its values are counted in.
    #[must_use]
    pub fn unit(self) -> Unit {
        Unit::of(self.name())
    }

    /// The place of a metric in the table, known ones first; names that are not known follow in their own order.
    pub(crate) fn rank(name: &str) -> usize {
        Self::ALL.iter().position(|info| info.name == name).unwrap_or(Self::ALL.len())
    }
}

const fn row(metric: Metric, name: &'static str, group: Group, title: &'static str) -> MetricInfo {
    MetricInfo { metric, name, group, title }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_finds_itself_by_its_name() {
        for (place, info) in Metric::ALL.iter().enumerate() {
            assert_eq!(info.metric as usize, place, "{} stands at the wrong place of the table", info.name);
            assert_eq!(Metric::find(info.metric.name()), Some(info));
        }
    }

    #[test]
    fn groups_are_not_torn_apart_in_the_table() {
        assert!(Metric::ALL.is_sorted_by_key(|info| info.group));
    }

    #[test]
    fn a_name_says_its_unit() {
        assert_eq!(Metric::TenantReady.unit(), Unit::Seconds);
        assert_eq!(Metric::SyncerPss.unit(), Unit::Bytes);
        assert_eq!(Metric::HostObjectsCreated.unit(), Unit::Count);
    }
}
