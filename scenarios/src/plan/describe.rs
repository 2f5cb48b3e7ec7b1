//! What each step does in each model, in words, and what it measures.

use super::PlannedStep;
use crate::language::{Action, Model, Quota, Step, Word, format_duration};

/// The steps of a model's turn.
pub(super) fn steps(steps: &[Step], model: Model) -> Vec<PlannedStep> {
    steps
        .iter()
        .zip(1..)
        .map(|(step, number)| {
            let (what, until) = words(&step.action, model);
            let what = match &step.tenant {
                Some(tenant) => format!("{tenant}: {what}"),
                None => what,
            };
            PlannedStep {
                number,
                what,
                until: until.to_owned(),
                metrics: metrics(&step.action, model),
                may_refuse: step.action.may_refuse().contains(&model),
                step: step.clone(),
            }
        })
        .collect()
}

fn words(action: &Action, model: Model) -> (String, &'static str) {
    match (action, model) {
        (Action::CreateTenant { quota }, Model::Vcluster) => (
            format!("create a virtual cluster in a namespace of the host{}", limited(quota.as_ref())),
            "its API answers the tenant",
        ),
        (Action::CreateTenant { quota }, _) => (
            format!("create a namespace with its bindings{}", limited(quota.as_ref())),
            "the host's API answers the tenant",
        ),
        (Action::Fill(fill), _) => (
            format!(
                "add tenants{}, at most {}, {} of memory and {}",
                fill.crds_of.map(|workload| format!(" with the CRDs of {workload}")).unwrap_or_default(),
                fill.most,
                mebibytes(fill.memory),
                format_duration(fill.within)
            ),
            "something stops it, that time at the latest, and it is known how many hold; then they go",
        ),
        (Action::Install { workload, .. }, Model::NamespaceAssisted) => (
            format!("use {workload}, which the platform installed before the tenant came"),
            "it is there, as it is already: the platform's installation was measured when it was made",
        ),
        (Action::Install { workload, .. }, _) => {
            (format!("the tenant installs {workload}"), "CRDs Established and served, operator Available")
        }
        (Action::Start { object, name, workers }, _) => (
            format!("the tenant creates {} {name} with {workers} workers", object.word()),
            "the tenant sees all its pods Ready",
        ),
        (Action::List { object }, _) => {
            (format!("the tenant lists {}", object.resource()), "the list is answered")
        }
        (Action::Stop { object, name }, _) => {
            (format!("the tenant deletes {} {name}", object.word()), "the tenant sees it and its pods gone")
        }
        (Action::Uninstall { workload }, Model::NamespaceAssisted) => {
            (format!("leave {workload} in place"), "nothing: it serves other tenants too")
        }
        (Action::Uninstall { workload }, _) => {
            (format!("the tenant removes {workload}"), "none of it is left in the tenant's API")
        }
        (Action::CreateNamespace { name, .. }, _) => {
            (format!("the tenant makes a namespace {name}"), "it is there, and the host was looked at")
        }
        (Action::Deploy { name, replicas }, _) => (
            format!("the tenant asks for {replicas} pods of Deployment {name}"),
            "as many are Ready as its quota leaves room for, and it is told of the rest",
        ),
        (Action::Check { parts, against }, _) => {
            let parts: Vec<&str> = parts.iter().map(|part| part.description()).collect();
            let against = against.as_ref().map(|other| format!(" from {other}")).unwrap_or_default();
            (format!("try {}{against}", parts.join(", ")), "each part has its verdict")
        }
        (Action::Burst { pods, parallel, tenants }, _) => (
            format!(
                "{}; the same straight on the host, and through an ideal syncer",
                burst(*pods, *parallel, *tenants)
            ),
            "all are Ready where they were asked for, then gone on the host",
        ),
        (Action::Pace { pods, changes }, _) => (
            format!(
                "the tenant creates {pods} pods one after another, and changes a ConfigMap and a Secret in use \
                 {changes} times each"
            ),
            "each is seen on the other side",
        ),
        (Action::KillSyncer { pods, .. }, _) => (
            format!("kill the syncer while the tenant has {pods} pods"),
            "a pod that is made afterwards is on the host",
        ),
        (Action::DeleteTenant, _) => {
            ("delete the tenant".to_owned(), "nothing of it is left in the host's API")
        }
        (Action::Audit, _) => {
            ("compare host and machine with what they were".to_owned(), "every leftover is named")
        }
    }
}

fn burst(pods: u32, parallel: u32, tenants: u32) -> String {
    match tenants {
        1 => format!("the tenant creates {pods} pods, {parallel} at a time, and deletes them"),
        _ => format!(
            "{tenants} tenants at once create {pods} pods each, {parallel} at a time, and delete them"
        ),
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

fn limited(quota: Option<&Quota>) -> String {
    quota.map(|quota| format!(" with a quota of {quota}")).unwrap_or_default()
}

/// The metrics of a step. Those of a control plane and a syncer only where there is one.
fn metrics(action: &Action, model: Model) -> Vec<&'static str> {
    let (always, with_plane): (&[&str], &[&str]) = match action {
        Action::CreateTenant { .. } => (&["tenant_ready_seconds"], &[]),
        Action::Fill(_) => (
            &[
                "tenants_held",
                "density_api_p99_seconds",
                "density_memory_bytes",
                "density_component_memory_bytes",
                "density_cpu_per_minute_seconds",
                "density_component_cpu_per_minute_seconds",
            ],
            &[],
        ),
        Action::Install { .. } => {
            (&["crds_established_seconds", "operator_ready_seconds", "install_seconds"], &[])
        }
        Action::CreateNamespace { .. } | Action::Check { .. } => (&[], &[]),
        Action::Start { .. } => (&["workload_ready_seconds", "host_objects_created"], &RUNNING),
        Action::Deploy { .. } => (&["workload_ready_seconds"], &RUNNING),
        Action::Burst { .. } => (&[], &BURST),
        Action::Pace { .. } => (&[], &PACE),
        Action::KillSyncer { .. } => (&[], &["syncer_restart_seconds", "syncer_restart_ready_seconds"]),
        Action::List { .. } => (&["list_seconds"], &[]),
        Action::Stop { .. } => (&["workload_deleted_seconds"], &[]),
        Action::Uninstall { .. } => (&["uninstall_seconds"], &[]),
        Action::DeleteTenant => (
            &["tenant_deleted_seconds", "namespace_clear_wait_seconds"],
            &["virtual_cluster_deleted_seconds", "control_plane_cpu_seconds", "syncer_cpu_seconds"],
        ),
        Action::Audit => (&["host_growth_bytes"], &[]),
    };
    let with_plane = if model == Model::Vcluster { with_plane } else { &[] };
    always.iter().chain(with_plane).copied().collect()
}

/// What is told of a workload that runs, beside its own waiting.
const RUNNING: [&str; 6] = [
    "pod_sync_down_seconds",
    "pod_sync_up_seconds",
    "container_memory_bytes",
    "tenant_memory_bytes",
    "control_plane_pss_bytes",
    "syncer_pss_bytes",
];

const BURST: [&str; 28] = [
    "burst_bound_seconds",
    "burst_ready_seconds",
    "burst_gone_seconds",
    "burst_bound_ideal_seconds",
    "burst_ready_ideal_seconds",
    "burst_gone_ideal_seconds",
    "burst_bound_direct_seconds",
    "burst_ready_direct_seconds",
    "burst_gone_direct_seconds",
    "burst_bound_ideal_ratio",
    "burst_ready_ideal_ratio",
    "burst_gone_ideal_ratio",
    "burst_ready_direct_ratio",
    "burst_gone_direct_ratio",
    "syncer_idle_pss_bytes",
    "syncer_idle_rss_bytes",
    "syncer_full_pss_bytes",
    "syncer_after_pss_bytes",
    "syncer_per_pod_bytes",
    "syncer_kept_per_pod_bytes",
    "syncer_cpu_per_pod_seconds",
    "syncer_cpu_per_end_seconds",
    "syncer_cpu_per_pod_whole_seconds",
    "ideal_cpu_per_pod_seconds",
    "ideal_cpu_per_end_seconds",
    "ideal_cpu_per_pod_whole_seconds",
    "syncer_cpu_ideal_ratio",
    "burst_component_cpu_seconds",
];

const PACE: [&str; 10] = [
    "first_pod_ready_seconds",
    "pod_sync_up_seconds",
    "pod_added_seconds",
    "pod_added_down_seconds",
    "pod_answer_seconds",
    "pod_added_ideal_seconds",
    "pod_added_ideal_ratio",
    "content_sync_seconds",
    "content_answer_seconds",
    "content_direct_seconds",
];
