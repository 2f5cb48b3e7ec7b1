//! What a RayCluster should have: a head Pod, a headless Service in front of it, and workers. Pure: no I/O.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{
        Container, EmptyDirVolumeSource, EnvVar, Pod, PodSpec, PodTemplateSpec, Service, ServicePort,
        ServiceSpec, Volume, VolumeMount,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::ResourceExt;

use super::super::names;
use crate::workload::ray::api::v1::{RayCluster, WorkerGroupSpec};

/// The head's ports by name, as Ray has them.
pub(super) const PORTS: [(&str, i32); 5] =
    [("gcs-server", 6379), ("dashboard", 8265), ("client", 10001), ("metrics", 8080), ("serve", 8000)];

/// How many workers a group should have now.
pub(super) fn workers(group: &WorkerGroupSpec) -> usize {
    if group.suspend == Some(true) {
        return 0;
    }
    let replicas = group.replicas.unwrap_or(group.min_replicas);
    let bounded = replicas.min(group.max_replicas).max(group.min_replicas).max(0);
    let hosts = group.num_of_hosts.unwrap_or(1).max(1);
    usize::try_from(bounded.saturating_mul(hosts)).unwrap_or_default()
}

/// The Service through which workers find the head: headless, and with addresses that are not ready yet, for workers
/// must reach the head while it starts.
pub(super) fn head_service(cluster: &RayCluster) -> Service {
    let labels = names::head_labels(&cluster.name_any());
    let port = |(name, port): (&str, i32)| ServicePort {
        name: Some(name.into()),
        port,
        app_protocol: Some("tcp".into()),
        ..ServicePort::default()
    };
    let spec = &cluster.spec.head_group_spec;
    Service {
        metadata: ObjectMeta {
            name: Some(names::head_service(&cluster.name_any())),
            namespace: cluster.namespace(),
            labels: Some(labels.clone()),
            annotations: cluster.spec.head_service_annotations.clone(),
            owner_references: Some(names::owner(cluster)),
            ..ObjectMeta::default()
        },
        spec: Some(ServiceSpec {
            type_: spec.service_type.clone(),
            // Another type than ClusterIP cannot be headless.
            cluster_ip: matches!(spec.service_type.as_deref(), None | Some("ClusterIP"))
                .then(|| "None".into()),
            publish_not_ready_addresses: Some(true),
            selector: Some(labels),
            ports: Some(PORTS.map(port).into()),
            ..ServiceSpec::default()
        }),
        status: None,
    }
}

/// The head.
pub(super) fn head_pod(cluster: &RayCluster) -> Pod {
    let spec = &cluster.spec.head_group_spec;
    let name = cluster.name_any();
    let mut pod = pod(cluster, &spec.template, names::head_labels(&name));
    pod.metadata.name = Some(names::head_pod(&name));
    adapt(&mut pod, "--head", "127.0.0.1", spec.ray_start_params.as_ref());
    pod
}

/// A worker of `group`. The API server gives it a name.
pub(super) fn worker_pod(cluster: &RayCluster, group: &WorkerGroupSpec) -> Pod {
    let name = cluster.name_any();
    let mut pod = pod(cluster, &group.template, names::worker_labels(&name, &group.group_name));
    pod.metadata.generate_name = Some(names::worker_prefix(&name, &group.group_name));
    let head = format!("{}.{}.svc", names::head_service(&name), cluster.namespace().unwrap_or_default());
    adapt(&mut pod, &format!("--address={head}:6379"), &head, group.ray_start_params.as_ref());
    pod
}

/// The user's template with the labels by which everything is found again. The user's own labels yield to them.
fn pod(cluster: &RayCluster, template: &PodTemplateSpec, labels: BTreeMap<String, String>) -> Pod {
    let given = template.metadata.clone().unwrap_or_default();
    let mut all = given.labels.unwrap_or_default();
    all.extend(labels);
    Pod {
        metadata: ObjectMeta {
            namespace: cluster.namespace(),
            labels: Some(all),
            annotations: given.annotations,
            owner_references: Some(names::owner(cluster)),
            ..ObjectMeta::default()
        },
        spec: template.spec.clone(),
        status: None,
    }
}

/// Gives Ray's container, which is the first, its command, its surroundings and shared memory.
fn adapt(pod: &mut Pod, role: &str, head: &str, parameters: Option<&BTreeMap<String, String>>) {
    let labels = pod.metadata.labels.clone().unwrap_or_default();
    let label = |key: &str| labels.get(key).cloned().unwrap_or_default();
    let Some(spec) = pod.spec.as_mut() else { return };
    let Some(container) = spec.containers.first_mut() else { return };
    if container.command.is_none() {
        container.command = Some(["/bin/bash", "-c", "--"].map(String::from).into());
        container.args = Some(vec![start_command(role, parameters)]);
    }
    let added = [
        ("RAY_CLUSTER_NAME", label(names::CLUSTER)),
        ("RAY_NODE_TYPE_NAME", label(names::GROUP)),
        ("FQ_RAY_IP", head.to_owned()),
        ("RAY_ADDRESS", format!("{head}:6379")),
        ("RAY_PORT", "6379".to_owned()),
        ("RAY_USAGE_STATS_KUBERAY_IN_USE", "1".to_owned()),
    ];
    add_environment(container, added);
    add_shared_memory(spec);
}

fn start_command(role: &str, parameters: Option<&BTreeMap<String, String>>) -> String {
    let mut command = format!("ulimit -n 65536; ray start {role} --block --metrics-export-port=8080");
    for (name, value) in parameters.into_iter().flatten() {
        command.push_str(&format!(" --{name}={value}"));
    }
    command
}

fn add_environment<const N: usize>(container: &mut Container, added: [(&str, String); N]) {
    let env = container.env.get_or_insert_default();
    for (name, value) in added {
        if !env.iter().any(|variable| variable.name == name) {
            env.push(EnvVar { name: name.into(), value: Some(value), value_from: None });
        }
    }
}

/// Ray keeps its objects in shared memory; a container has 64 MB of it unless it is given more.
fn add_shared_memory(spec: &mut PodSpec) {
    const NAME: &str = "shared-mem";
    let volumes = spec.volumes.get_or_insert_default();
    if volumes.iter().any(|volume| volume.name == NAME) {
        return;
    }
    volumes.push(Volume {
        name: NAME.into(),
        empty_dir: Some(EmptyDirVolumeSource { medium: Some("Memory".into()), size_limit: None }),
        ..Volume::default()
    });
    if let Some(container) = spec.containers.first_mut() {
        container.volume_mounts.get_or_insert_default().push(VolumeMount {
            name: NAME.into(),
            mount_path: "/dev/shm".into(),
            ..VolumeMount::default()
        });
    }
}
