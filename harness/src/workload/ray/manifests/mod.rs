//! The objects of an installation, as KubeRay's chart renders them by default: four CRDs and thirteen more.

mod deployment;
mod identity;
mod roles;
mod sample;

use kube::api::{ApiResource, DynamicObject};
use serde::Serialize;
use serde_json::{Value, json};

pub use sample::Sample;
use sample::sample;

use super::{RayError, api::v1::RayCluster, crds};
use crate::workload::{Assisted, Instance, Objects, Package, ReadyWhen};

/// The name of the Deployment, the ServiceAccount and the operator's ClusterRole: a constant of the chart.
pub(super) const OPERATOR: &str = "kuberay-operator";

/// The operator's port for metrics and probes.
pub(super) const PORT: u16 = 8080;

/// What may differ between two installations.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the operator runs. The namespace must exist.
    pub namespace: String,
    /// The operator's image.
    pub image: String,
    /// Namespaces to watch; all where it is empty.
    pub watch_namespaces: Vec<String>,
    /// A folder of CRDs to take instead of the derived ones.
    pub crds: Option<camino::Utf8PathBuf>,
    /// The cluster that a tenant makes.
    pub sample: Sample,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            namespace: "default".into(),
            image: concat!("tenantbench.dev/tenantbench:", env!("CARGO_PKG_VERSION")).into(),
            watch_namespaces: Vec::new(),
            crds: None,
            sample: Sample::default(),
        }
    }
}

/// Puts the workload together.
///
/// # Errors
/// When the folder of CRDs lacks one of the four or cannot be read.
pub fn package(options: &Options) -> Result<Package, RayError> {
    package_with(chosen_crds(options)?, options)
}

/// The CRDs as `options` want them: derived, which takes a moment, or read from files.
///
/// # Errors
/// When the folder of CRDs lacks one of the four or cannot be read.
pub fn chosen_crds(options: &Options) -> Result<Objects, RayError> {
    let crds = match &options.crds {
        Some(folder) => crds::read(folder, &crds::NAMES)?,
        None => crds::derived()?,
    };
    crds.iter().map(dynamic).collect()
}

/// As [`package`], around CRDs that are there already.
///
/// # Errors
/// When an object cannot be built.
pub fn package_with(crds: Objects, options: &Options) -> Result<Package, RayError> {
    Ok(Package {
        name: "ray".into(),
        display: "Ray (built-in model)".into(),
        namespace: options.namespace.clone(),
        crds,
        objects: objects(options)?,
        deployment: OPERATOR.into(),
        assisted: assisted()?,
        instance: instance(&options.sample)?,
    })
}

/// Rights before the identity that needs them would be refused for escalation; so roles, then bindings, then Pods.
fn objects(options: &Options) -> Result<Objects, RayError> {
    let mut objects = vec![identity::service_account(&options.namespace)];
    objects.extend(roles::cluster_roles());
    objects.push(identity::cluster_role_binding(&options.namespace));
    objects.push(roles::leader_election(&options.namespace));
    objects.push(identity::leader_election_binding(&options.namespace));
    objects.push(deployment::service(&options.namespace));
    objects.push(deployment::deployment(options));
    objects.iter().map(dynamic).collect()
}

/// The chart has editor roles for jobs, services and cron jobs but none for clusters: the platform adds that one.
fn assisted() -> Result<Assisted, RayError> {
    Ok(Assisted {
        objects: vec![dynamic(&roles::cluster_editor())?],
        tenant_roles: roles::EDITORS.map(String::from).into(),
    })
}

fn instance(options: &Sample) -> Result<Instance, RayError> {
    Ok(Instance {
        object: dynamic(&sample(options))?,
        resource: ApiResource::erase::<RayCluster>(&()),
        pods: options.workers as usize + 1,
        pod_selector: format!("ray.io/cluster={}", options.name),
        ready: ReadyWhen::Field { pointer: "/status/state".into(), word: "ready".into() },
    })
}

fn dynamic(object: &impl Serialize) -> Result<DynamicObject, RayError> {
    serde_json::to_value(object)
        .and_then(serde_json::from_value)
        .map_err(|error| RayError::Derive { reason: error.to_string() })
}

/// The labels of every object of the installation.
fn labels() -> Value {
    json!({
        "app.kubernetes.io/name": OPERATOR,
        "app.kubernetes.io/instance": OPERATOR,
        "app.kubernetes.io/managed-by": "tenantbench",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(objects: &[DynamicObject]) -> Vec<String> {
        let kind = |object: &DynamicObject| object.types.clone().map(|types| types.kind).unwrap_or_default();
        objects
            .iter()
            .map(|object| format!("{} {}", kind(object), object.metadata.name.clone().unwrap_or_default()))
            .collect()
    }

    #[test]
    fn an_installation_has_the_charts_seventeen_objects() {
        let package = package(&Options::default()).unwrap();
        let expected = [
            "CustomResourceDefinition rayclusters.ray.io",
            "CustomResourceDefinition raycronjobs.ray.io",
            "CustomResourceDefinition rayjobs.ray.io",
            "CustomResourceDefinition rayservices.ray.io",
            "ServiceAccount kuberay-operator",
            "ClusterRole kuberay-operator",
            "ClusterRole rayjob-editor-role",
            "ClusterRole rayjob-viewer-role",
            "ClusterRole rayservice-editor-role",
            "ClusterRole rayservice-viewer-role",
            "ClusterRole raycronjob-editor-role",
            "ClusterRole raycronjob-viewer-role",
            "ClusterRoleBinding kuberay-operator",
            "Role kuberay-operator-leader-election",
            "RoleBinding kuberay-operator-leader-election",
            "Service kuberay-operator",
            "Deployment kuberay-operator",
        ];
        assert_eq!(named(&package.all().cloned().collect::<Vec<_>>()), expected);
    }

    #[test]
    fn twelve_of_the_seventeen_have_no_namespace() {
        let package = package(&Options::default()).unwrap();
        assert_eq!(package.all().filter(|object| object.metadata.namespace.is_none()).count(), 12);
    }

    #[test]
    fn the_platform_adds_only_the_editor_role_that_the_chart_lacks() {
        let package = package(&Options::default()).unwrap();
        let mut roles = named(&package.objects);
        roles.extend(named(&package.assisted.objects));
        assert_eq!(named(&package.assisted.objects), ["ClusterRole raycluster-editor-role"]);
        for role in &package.assisted.tenant_roles {
            assert!(roles.contains(&format!("ClusterRole {role}")), "{role} is bound but not made");
        }
    }

    #[test]
    fn the_sample_is_a_ray_cluster_with_a_head_and_its_workers() {
        let package = package(&Options::default()).unwrap();
        let object = serde_json::to_value(&package.instance.object).unwrap();
        let cluster: RayCluster = serde_json::from_value(object).unwrap();
        let groups = cluster.spec.worker_group_specs.unwrap_or_default();
        assert_eq!(groups.iter().filter_map(|group| group.replicas).sum::<i32>(), 3);
        assert_eq!(package.instance.pods, 4);
    }
}
