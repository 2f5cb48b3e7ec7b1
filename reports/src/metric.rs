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
    /// One figure over another: more than 1 is better than what it is compared with.
    Ratio,
}

impl Unit {
    /// The unit that a metric's name ends in; a name that ends in none is a count.
    #[must_use]
    pub fn of(metric: &str) -> Self {
        match metric.rsplit('_').next() {
            Some("seconds") => Self::Seconds,
            Some("bytes") => Self::Bytes,
            Some("ratio") => Self::Ratio,
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
    /// How many tenants fit.
    Density,
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
            Self::Density => "density",
            Self::Other => "other",
        }
    }
}

/// A metric that the engine can emit. [`Metric::name`] is what stands in records, ending in its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Asked for a tenant → its API answers the tenant's own credentials.
    TenantReady,
    /// Asked for a tenant → the first pod that it creates, at once, is Ready as it sees it.
    FirstPodReady,
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
    /// What the syncer adds to a pod: created → seen on the host, and Ready there → Ready in the tenant.
    PodAdded,
    /// Of it the way down: from the call that creates the pod in the tenant, with its answer, to the host's watch.
    PodAddedDown,
    /// The tenant's API answers the creation of a pod; part of what is added.
    PodAnswer,
    /// What the ideal syncer adds to a pod of a tenant beside.
    PodAddedIdeal,
    /// What the ideal syncer added to a pod over what ours added to the one made just before or after it.
    PodAddedIdealRatio,
    /// A ConfigMap or Secret in use changed in the tenant → seen on the host.
    ContentSync,
    /// The tenant's API answers that change; part of it.
    ContentAnswer,
    /// One like it changed straight on the host → seen there: what of it is the host's API server.
    ContentDirect,
    /// The syncer is killed → a pod that is made at once is on the host.
    SyncerRestart,
    /// The syncer is killed → that pod is Ready in the tenant, for which all of the host's pods have to be listed.
    SyncerRestartReady,
    /// First of many pods created → all bound, as the tenant sees them; where several tenants do it at the same time, those
    /// of all.
    BurstBound,
    /// First of many pods created → all Ready, as the tenants see them.
    BurstReady,
    /// First of many pods deleted → all gone on the host.
    BurstGone,
    /// The same through an ideal syncer.
    BurstBoundIdeal,
    /// The same through an ideal syncer.
    BurstReadyIdeal,
    /// The same through an ideal syncer.
    BurstGoneIdeal,
    /// The same straight on the host.
    BurstBoundDirect,
    /// The same straight on the host.
    BurstReadyDirect,
    /// The same straight on the host.
    BurstGoneDirect,
    /// The ideal syncer's time over ours, in the same round.
    BurstBoundIdealRatio,
    /// The ideal syncer's time over ours, in the same round.
    BurstReadyIdealRatio,
    /// The ideal syncer's time over ours, in the same round.
    BurstGoneIdealRatio,
    /// The host's own time over ours, in the same round.
    BurstReadyDirectRatio,
    /// The host's own time over ours, in the same round.
    BurstGoneDirectRatio,
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
    /// Memory of the syncer before a burst, as proportional set size; the mean of all, where each of several tenants has
    /// one. They share the pages of their program, so it is less than that of one alone.
    SyncerIdle,
    /// The same with every page of its program that it has in memory, shared or not, as resident set size: what a syncer
    /// takes that is the only one to run its program.
    SyncerIdleResident,
    /// The proportional set size a while after all pods of the burst are Ready.
    SyncerFull,
    /// The same a while after all are gone.
    SyncerAfter,
    /// What the syncers grew by together from idle to all Ready, for each pod of all. Without what is of a file: the pages
    /// of their program are not of a pod, and how many of them count depends on who else runs it.
    SyncerPerPod,
    /// What of that is left a while after all are gone, for each pod of all; less than nothing where they shrank.
    SyncerKept,
    /// Processor time of the syncers for each pod of a burst, until all are Ready.
    SyncerPodCpu,
    /// Processor time of the syncers for each pod of a burst, from the first deletion until all are gone.
    SyncerEndCpu,
    /// Processor time of the syncers for each pod of a burst in all: from before the first is created until a while after all
    /// are gone, with what a syncer puts off until there is nothing else to do.
    SyncerWholeCpu,
    /// Until all are Ready, of the ideal syncers.
    IdealPodCpu,
    /// From the first deletion until all are gone, of the ideal syncers.
    IdealEndCpu,
    /// In all, of the ideal syncers.
    IdealWholeCpu,
    /// Processor time in all of the syncers over that of the ideal ones.
    WholeCpuRatio,
    /// Processor time of one component in one stage of a burst, all pods together: of the tenants' planes, of the host, or of
    /// tenantbench itself, which asks and watches.
    BurstPartCpu,
    /// By how much the host's own processes grew over the round.
    HostGrowth,
    /// Objects that the round made on the host, of every kind.
    HostObjectsCreated,
    /// Tenants that the host holds at once.
    TenantsHeld,
    /// The 99th percentile of the API's answers to tenants, with as many of them as the host holds.
    DensityApiP99,
    /// Memory that each of the tenants takes of the machine, as proportional set size.
    DensityMemory,
    /// The same of one component: of the tenants' planes, or of the host by what it has grown.
    DensityPartMemory,
    /// Processor time of all components in a minute in which nobody asks for anything, divided by the tenants.
    DensityCpu,
    /// The same of one component.
    DensityPartCpu,
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
    /// Whether its subjects are unlike things, such as components, so that nothing can be said of all together.
    pub by_part: bool,
}

impl Metric {
    /// All known metrics, in the order of the table.
    pub const ALL: &'static [MetricInfo] = &[
        row(Metric::TenantReady, "tenant_ready_seconds", Group::Waiting, "tenant ready"),
        row(Metric::FirstPodReady, "first_pod_ready_seconds", Group::Waiting, "first pod Ready"),
        row(Metric::CrdsEstablished, "crds_established_seconds", Group::Waiting, "CRDs established"),
        row(Metric::OperatorReady, "operator_ready_seconds", Group::Waiting, "operator ready"),
        row(Metric::Install, "install_seconds", Group::Waiting, "whole install"),
        row(Metric::WorkloadReady, "workload_ready_seconds", Group::Waiting, "workload ready"),
        row(Metric::List, "list_seconds", Group::Waiting, "list"),
        row(Metric::PodSyncDown, "pod_sync_down_seconds", Group::Sync, "pod: tenant to host"),
        row(Metric::PodSyncUp, "pod_sync_up_seconds", Group::Sync, "Ready: host to tenant"),
        row(Metric::WatchLag, "watch_lag_seconds", Group::Sync, "watch lag"),
        row(Metric::PodAdded, "pod_added_seconds", Group::Sync, "both ways together"),
        row(Metric::PodAddedDown, "pod_added_down_seconds", Group::Sync, "of it: down"),
        row(Metric::PodAnswer, "pod_answer_seconds", Group::Sync, "of it: API's answer"),
        row(Metric::PodAddedIdeal, "pod_added_ideal_seconds", Group::Sync, "ideal: both ways"),
        row(Metric::PodAddedIdealRatio, "pod_added_ideal_ratio", Group::Sync, "speed to ideal: pod"),
        row(Metric::ContentSync, "content_sync_seconds", Group::Sync, "ConfigMap or Secret"),
        row(Metric::ContentAnswer, "content_answer_seconds", Group::Sync, "of it: API's answer"),
        row(Metric::ContentDirect, "content_direct_seconds", Group::Sync, "straight on the host"),
        row(Metric::SyncerRestart, "syncer_restart_seconds", Group::Sync, "killed, next pod"),
        row(Metric::SyncerRestartReady, "syncer_restart_ready_seconds", Group::Sync, "killed, it Ready"),
        row(Metric::BurstBound, "burst_bound_seconds", Group::Sync, "burst: bound"),
        row(Metric::BurstReady, "burst_ready_seconds", Group::Sync, "burst: Ready"),
        row(Metric::BurstGone, "burst_gone_seconds", Group::Sync, "burst: gone"),
        row(Metric::BurstBoundIdeal, "burst_bound_ideal_seconds", Group::Sync, "ideal: bound"),
        row(Metric::BurstReadyIdeal, "burst_ready_ideal_seconds", Group::Sync, "ideal: Ready"),
        row(Metric::BurstGoneIdeal, "burst_gone_ideal_seconds", Group::Sync, "ideal: gone"),
        row(Metric::BurstBoundDirect, "burst_bound_direct_seconds", Group::Sync, "straight: bound"),
        row(Metric::BurstReadyDirect, "burst_ready_direct_seconds", Group::Sync, "straight: Ready"),
        row(Metric::BurstGoneDirect, "burst_gone_direct_seconds", Group::Sync, "straight: gone"),
        row(Metric::BurstBoundIdealRatio, "burst_bound_ideal_ratio", Group::Sync, "speed to ideal: bound"),
        row(Metric::BurstReadyIdealRatio, "burst_ready_ideal_ratio", Group::Sync, "speed to ideal: Ready"),
        row(Metric::BurstGoneIdealRatio, "burst_gone_ideal_ratio", Group::Sync, "speed to ideal: gone"),
        row(
            Metric::BurstReadyDirectRatio,
            "burst_ready_direct_ratio",
            Group::Sync,
            "speed to straight: Ready",
        ),
        row(Metric::BurstGoneDirectRatio, "burst_gone_direct_ratio", Group::Sync, "speed to straight: gone"),
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
        by_part(Metric::ContainerMemory, "container_memory_bytes", Group::TenantCost, "a container's memory"),
        row(Metric::TenantMemory, "tenant_memory_bytes", Group::TenantCost, "all of its containers"),
        row(Metric::SyncerIdle, "syncer_idle_pss_bytes", Group::TenantCost, "syncer, idle"),
        row(Metric::SyncerIdleResident, "syncer_idle_rss_bytes", Group::TenantCost, "idle, resident"),
        row(Metric::SyncerFull, "syncer_full_pss_bytes", Group::TenantCost, "syncer, all Ready"),
        row(Metric::SyncerAfter, "syncer_after_pss_bytes", Group::TenantCost, "syncer, all gone"),
        row(Metric::SyncerPerPod, "syncer_per_pod_bytes", Group::TenantCost, "syncer, for a pod"),
        row(Metric::SyncerKept, "syncer_kept_per_pod_bytes", Group::TenantCost, "syncer, kept of a pod"),
        row(Metric::SyncerPodCpu, "syncer_cpu_per_pod_seconds", Group::TenantCost, "CPU: pod until Ready"),
        row(Metric::SyncerEndCpu, "syncer_cpu_per_end_seconds", Group::TenantCost, "CPU: pod's end"),
        row(Metric::SyncerWholeCpu, "syncer_cpu_per_pod_whole_seconds", Group::TenantCost, "CPU: pod in all"),
        row(Metric::IdealPodCpu, "ideal_cpu_per_pod_seconds", Group::TenantCost, "ideal's CPU: Ready"),
        row(Metric::IdealEndCpu, "ideal_cpu_per_end_seconds", Group::TenantCost, "ideal's CPU: end"),
        row(Metric::IdealWholeCpu, "ideal_cpu_per_pod_whole_seconds", Group::TenantCost, "ideal's: in all"),
        row(Metric::WholeCpuRatio, "syncer_cpu_ideal_ratio", Group::TenantCost, "ideal's CPU to it"),
        by_part(Metric::BurstPartCpu, "burst_component_cpu_seconds", Group::TenantCost, "a component's CPU"),
        row(Metric::HostGrowth, "host_growth_bytes", Group::HostCost, "memory growth"),
        row(Metric::HostObjectsCreated, "host_objects_created", Group::HostCost, "objects created"),
        by_part(Metric::TenantsHeld, "tenants_held", Group::Density, "tenants held"),
        by_part(Metric::DensityApiP99, "density_api_p99_seconds", Group::Density, "API p99"),
        by_part(Metric::DensityMemory, "density_memory_bytes", Group::Density, "a tenant's memory"),
        by_part(
            Metric::DensityPartMemory,
            "density_component_memory_bytes",
            Group::Density,
            "of it: a component",
        ),
        by_part(Metric::DensityCpu, "density_cpu_per_minute_seconds", Group::Density, "its CPU a minute"),
        by_part(
            Metric::DensityPartCpu,
            "density_component_cpu_per_minute_seconds",
            Group::Density,
            "of it: a component",
        ),
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

    /// Whether the values of a metric are of unlike things; false for a name that is not known.
    pub(crate) fn is_by_part(name: &str) -> bool {
        Self::find(name).is_some_and(|info| info.by_part)
    }

    /// The place of a metric in the table, known ones first; names that are not known follow in their own order.
    pub(crate) fn rank(name: &str) -> usize {
        Self::ALL.iter().position(|info| info.name == name).unwrap_or(Self::ALL.len())
    }
}

const fn row(metric: Metric, name: &'static str, group: Group, title: &'static str) -> MetricInfo {
    MetricInfo { metric, name, group, title, by_part: false }
}

/// A metric whose subjects are unlike things.
const fn by_part(metric: Metric, name: &'static str, group: Group, title: &'static str) -> MetricInfo {
    MetricInfo { by_part: true, ..row(metric, name, group, title) }
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
    fn components_and_kinds_of_tenants_are_unlike_things_and_pods_are_not() {
        for name in ["burst_component_cpu_seconds", "container_memory_bytes", "tenants_held"] {
            assert!(Metric::is_by_part(name), "{name}");
        }
        assert!(Metric::ALL.iter().all(|info| info.by_part || info.group != Group::Density));
        for name in ["pod_sync_down_seconds", "content_sync_seconds", "tenant_ready_seconds", "unknown"] {
            assert!(!Metric::is_by_part(name), "{name}");
        }
    }

    #[test]
    fn a_name_says_its_unit() {
        assert_eq!(Metric::TenantReady.unit(), Unit::Seconds);
        assert_eq!(Metric::SyncerPss.unit(), Unit::Bytes);
        assert_eq!(Metric::HostObjectsCreated.unit(), Unit::Count);
    }
}
