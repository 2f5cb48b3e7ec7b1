//! What a RayJob should have. Pure: no I/O.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::{
        batch::v1::{Job, JobSpec},
        core::v1::{Container, EnvVar, PodSpec, PodTemplateSpec},
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::ResourceExt;

use super::super::names;
use crate::workload::ray::api::v1::{RayCluster, RayClusterSpec, RayJob};

/// Upstream tries a submission three times.
const SUBMISSION_RETRIES: i32 = 2;

/// Five characters of the uid: a job made anew under an old name does not meet the old job's cluster.
fn suffix(job: &RayJob) -> String {
    job.uid().unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).take(5).collect()
}

/// The cluster's name: the one selected, or one made of the job's.
pub(super) fn cluster_name(job: &RayJob) -> String {
    match selected(job) {
        Some(name) => name.to_owned(),
        None => format!("{}-{}", job.name_any(), suffix(job)),
    }
}

/// A cluster that exists and is not the job's to make or delete.
pub(super) fn selected(job: &RayJob) -> Option<&str> {
    job.spec.cluster_selector.as_ref()?.get(names::CLUSTER).map(String::as_str)
}

/// The identity under which the program is submitted.
pub(super) fn job_id(job: &RayJob) -> String {
    job.spec.job_id.clone().unwrap_or_else(|| format!("{}-{}", job.name_any(), suffix(job)))
}

/// The job's own cluster.
pub(super) fn cluster(job: &RayJob, spec: &RayClusterSpec) -> RayCluster {
    let mut cluster = RayCluster::new(&cluster_name(job), spec.clone());
    cluster.metadata = metadata(job, cluster_name(job));
    cluster
}

fn metadata(job: &RayJob, name: String) -> ObjectMeta {
    let labels =
        [(names::ORIGINATED_FROM, job.name_any()), ("ray.io/originated-from-crd", "RayJob".to_owned())];
    ObjectMeta {
        name: Some(name),
        namespace: job.namespace(),
        labels: Some(labels.map(|(key, value)| (key.to_owned(), value)).into()),
        owner_references: Some(names::owner(job)),
        ..ObjectMeta::default()
    }
}

/// The batch Job that submits the program to the head and ends as it ends.
pub(super) fn submitter(job: &RayJob, head: Option<&PodTemplateSpec>) -> Job {
    let given = job.spec.submitter_pod_template.as_deref().cloned();
    let mut template = given.unwrap_or_else(|| default_template(head));
    let labels = template.metadata.get_or_insert_default().labels.get_or_insert_default();
    labels.insert(names::ORIGINATED_FROM.into(), job.name_any());
    if let Some(spec) = template.spec.as_mut() {
        spec.restart_policy.get_or_insert_with(|| "Never".into());
        if let Some(container) = spec.containers.first_mut() {
            complete(container, job);
        }
    }
    let retries = job.spec.submitter_config.as_ref().and_then(|config| config.backoff_limit);
    Job {
        metadata: metadata(job, job.name_any()),
        spec: Some(JobSpec {
            backoff_limit: Some(retries.unwrap_or(SUBMISSION_RETRIES)),
            template,
            ..JobSpec::default()
        }),
        status: None,
    }
}

/// The head's image has the command line that submits.
fn default_template(head: Option<&PodTemplateSpec>) -> PodTemplateSpec {
    let image = head.and_then(|head| head.spec.as_ref()?.containers.first()?.image.clone());
    let container = Container { name: "ray-job-submitter".into(), image, ..Container::default() };
    PodTemplateSpec {
        metadata: None,
        spec: Some(PodSpec { containers: vec![container], ..PodSpec::default() }),
    }
}

fn complete(container: &mut Container, job: &RayJob) {
    let address = format!("{}:8265", names::head_service(&cluster_name(job)));
    let env: BTreeMap<&str, String> =
        [("RAY_DASHBOARD_ADDRESS", address.clone()), ("RAY_JOB_SUBMISSION_ID", job_id(job))].into();
    let present = container.env.get_or_insert_default();
    for (name, value) in env {
        if !present.iter().any(|variable| variable.name == name) {
            present.push(EnvVar { name: name.into(), value: Some(value), value_from: None });
        }
    }
    if container.command.is_none() {
        let entrypoint = job.spec.entrypoint.as_deref().unwrap_or_default();
        let submit = format!(
            "ray job submit --address http://{address} --submission-id {} -- {entrypoint}",
            job_id(job)
        );
        container.command = Some(["/bin/bash", "-c", "--"].map(String::from).into());
        container.args = Some(vec![submit]);
    }
}
