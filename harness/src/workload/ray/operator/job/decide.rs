//! How a RayJob moves on. Pure: the clock is a parameter.
//!
//! `Initializing` → `Running` → `Complete` or `Failed`, and `Suspended` from either of the first two. There is no Ray to
//! ask, so the job's status is its submitter's: running while that runs, and ended as that ended.

use std::time::Duration;

use k8s_openapi::{
    api::{batch::v1::Job, core::v1::PodTemplateSpec},
    apimachinery::pkg::apis::meta::v1::Time,
    jiff::SignedDuration,
};

use super::desired;
use crate::workload::ray::api::v1::{
    ClusterState, JobDeploymentStatus, JobStatus, RayCluster, RayJob, RayJobStatus,
};

/// What there is of a job.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) cluster: Option<RayCluster>,
    pub(super) submitter: Option<Job>,
}

/// What is done to what there is.
#[derive(Debug, PartialEq)]
pub(super) enum Act {
    CreateCluster(Box<RayCluster>),
    CreateSubmitter(Box<Job>),
    DeleteCluster,
    DeleteSubmitter,
}

/// What one reconciliation does.
#[derive(Debug, Default)]
pub(super) struct Decision {
    pub(super) acts: Vec<Act>,
    pub(super) status: RayJobStatus,
    /// When to look again although nothing changed.
    pub(super) again: Option<Duration>,
}

/// Decides for one job.
pub(super) fn decide(job: &RayJob, seen: &Seen, now: &Time) -> Decision {
    let mut status = job.status.clone().unwrap_or_default();
    status.observed_generation = job.metadata.generation;
    if let Some(cluster) = &seen.cluster {
        status.ray_cluster_status = cluster.status.clone().map(Box::new);
    }
    let mut decision = Decision { status, ..Decision::default() };
    let stage = decision.status.job_deployment_status;
    if has_ended(stage) {
        retire(job, seen, now, &mut decision);
    } else if job.spec.suspend == Some(true) {
        suspend(job, seen, &mut decision);
    } else if let Some(reason) = invalid(job) {
        end(&mut decision.status, JobDeploymentStatus::Failed, "ValidationFailed", reason, now);
    } else {
        advance(job, seen, now, &mut decision);
    }
    decision
}

fn has_ended(stage: Option<JobDeploymentStatus>) -> bool {
    matches!(stage, Some(JobDeploymentStatus::Complete | JobDeploymentStatus::Failed))
}

fn invalid(job: &RayJob) -> Option<&'static str> {
    if job.spec.ray_cluster_spec.is_none() && desired::selected(job).is_none() {
        return Some("either rayClusterSpec or clusterSelector must be set");
    }
    match job.spec.submission_mode.as_deref() {
        None | Some("K8sJobMode") => None,
        Some(_) => Some("the built-in model of Ray knows the submission mode K8sJobMode only"),
    }
}

fn advance(job: &RayJob, seen: &Seen, now: &Time, decision: &mut Decision) {
    let status = &mut decision.status;
    if matches!(status.job_deployment_status, None | Some(JobDeploymentStatus::Suspended)) {
        status.job_deployment_status = Some(JobDeploymentStatus::Initializing);
        status.ray_cluster_name = Some(desired::cluster_name(job));
        status.job_id = Some(desired::job_id(job));
        status.start_time = Some(now.clone());
    }
    if is_late(job, status, now) {
        end(status, JobDeploymentStatus::Failed, "DeadlineExceeded", "activeDeadlineSeconds has passed", now);
        return;
    }
    decision.again = remaining(job.spec.active_deadline_seconds, decision.status.start_time.as_ref(), now);
    match (&seen.cluster, &job.spec.ray_cluster_spec) {
        (None, Some(spec)) => {
            decision.acts.push(Act::CreateCluster(Box::new(desired::cluster(job, spec))));
        }
        (Some(cluster), _) if is_ready(cluster) => submit(job, cluster, seen, now, decision),
        _ => {}
    }
}

fn submit(job: &RayJob, cluster: &RayCluster, seen: &Seen, now: &Time, decision: &mut Decision) {
    let status = &mut decision.status;
    let Some(submitter) = &seen.submitter else {
        let head: &PodTemplateSpec = &cluster.spec.head_group_spec.template;
        decision.acts.push(Act::CreateSubmitter(Box::new(desired::submitter(job, Some(head)))));
        return;
    };
    status.job_deployment_status = Some(JobDeploymentStatus::Running);
    let seen_running = submitter.status.as_ref().and_then(|status| status.ready).unwrap_or_default() > 0;
    status.job_status = Some(if seen_running { JobStatus::Running } else { JobStatus::Pending });
    if let Some(outcome) = outcome(submitter) {
        match outcome {
            Outcome::Succeeded => {
                status.job_status = Some(JobStatus::Succeeded);
                status.succeeded = Some(1);
                end(status, JobDeploymentStatus::Complete, "", "Job finished successfully.", now);
            }
            Outcome::Failed(message) => {
                status.job_status = Some(JobStatus::Failed);
                status.failed = Some(1);
                end(status, JobDeploymentStatus::Failed, "AppFailed", &message, now);
            }
        }
    }
}

/// What is left after the end: the submitter for its logs, and the cluster unless it is to go.
fn retire(job: &RayJob, seen: &Seen, now: &Time, decision: &mut Decision) {
    let own = desired::selected(job).is_none();
    if job.spec.shutdown_after_job_finishes != Some(true) || seen.cluster.is_none() || !own {
        return;
    }
    let ttl = job.spec.ttl_seconds_after_finished.unwrap_or_default();
    match remaining(Some(ttl), decision.status.end_time.as_ref(), now) {
        Some(rest) if !rest.is_zero() => decision.again = Some(rest),
        _ => decision.acts.push(Act::DeleteCluster),
    }
}

fn suspend(job: &RayJob, seen: &Seen, decision: &mut Decision) {
    let own_cluster = seen.cluster.is_some() && desired::selected(job).is_none();
    if own_cluster {
        decision.acts.push(Act::DeleteCluster);
    }
    if seen.submitter.is_some() {
        decision.acts.push(Act::DeleteSubmitter);
    }
    if decision.acts.is_empty() {
        let status = &mut decision.status;
        status.job_deployment_status = Some(JobDeploymentStatus::Suspended);
        status.ray_cluster_status = None;
        status.job_status = None;
    }
}

fn end(status: &mut RayJobStatus, stage: JobDeploymentStatus, reason: &str, message: &str, now: &Time) {
    status.job_deployment_status = Some(stage);
    status.reason = (!reason.is_empty()).then(|| reason.into());
    status.message = Some(message.into());
    status.end_time = Some(now.clone());
}

fn is_ready(cluster: &RayCluster) -> bool {
    cluster.status.as_ref().and_then(|status| status.state) == Some(ClusterState::Ready)
}

fn is_late(job: &RayJob, status: &RayJobStatus, now: &Time) -> bool {
    remaining(job.spec.active_deadline_seconds, status.start_time.as_ref(), now)
        .is_some_and(|rest| rest.is_zero())
}

/// What is left of `seconds` after `since`; zero when they have passed, none where there is no limit.
fn remaining(seconds: Option<i32>, since: Option<&Time>, now: &Time) -> Option<Duration> {
    let (seconds, since) = (seconds?, since?);
    let passed: SignedDuration = now.0.duration_since(since.0);
    let left = SignedDuration::from_secs(i64::from(seconds)) - passed;
    Some(Duration::try_from(left).unwrap_or_default())
}

enum Outcome {
    Succeeded,
    Failed(String),
}

fn outcome(submitter: &Job) -> Option<Outcome> {
    let conditions = submitter.status.as_ref()?.conditions.as_ref()?;
    conditions.iter().filter(|condition| condition.status == "True").find_map(|condition| {
        match condition.type_.as_str() {
            "Complete" => Some(Outcome::Succeeded),
            "Failed" => Some(Outcome::Failed(condition.message.clone().unwrap_or_default())),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn job(spec: Value, status: Value) -> RayJob {
        let mut full = json!({"rayClusterSpec": {"headGroupSpec": {"template": {}}}, "entrypoint": "true"});
        full.as_object_mut().unwrap().extend(spec.as_object().cloned().unwrap());
        serde_json::from_value(json!({
            "apiVersion": "ray.io/v1", "kind": "RayJob",
            "metadata": {"name": "j", "namespace": "n", "uid": "0f3a9c11-0000"},
            "spec": full, "status": status,
        }))
        .unwrap()
    }

    fn cluster(state: &str) -> RayCluster {
        serde_json::from_value(json!({
            "apiVersion": "ray.io/v1", "kind": "RayCluster", "metadata": {"name": "j-0f3a9"},
            "spec": {"headGroupSpec": {"template": {"spec": {"containers": [{"name": "ray", "image": "ray"}]}}}},
            "status": {"state": state},
        }))
        .unwrap()
    }

    fn submitter(status: Value) -> Job {
        serde_json::from_value(json!({"metadata": {"name": "j"}, "status": status})).unwrap()
    }

    fn at(second: i64) -> Time {
        serde_json::from_value(json!(format!("2026-01-01T00:00:{second:02}Z"))).unwrap()
    }

    fn decided(job: &RayJob, cluster: Option<RayCluster>, submitter: Option<Job>) -> Decision {
        decide(job, &Seen { cluster, submitter }, &at(30))
    }

    fn stage(decision: &Decision) -> Option<JobDeploymentStatus> {
        decision.status.job_deployment_status
    }

    #[test]
    fn a_new_job_makes_its_cluster_and_names_it() {
        let decision = decided(&job(json!({}), json!({})), None, None);
        assert_eq!(stage(&decision), Some(JobDeploymentStatus::Initializing));
        assert_eq!(decision.status.ray_cluster_name.as_deref(), Some("j-0f3a9"));
        assert!(matches!(decision.acts[..], [Act::CreateCluster(_)]));
    }

    #[test]
    fn nothing_is_submitted_before_the_cluster_is_ready() {
        let job = job(json!({}), json!({"jobDeploymentStatus": "Initializing"}));
        assert!(decided(&job, Some(cluster("")), None).acts.is_empty());
        let acts = decided(&job, Some(cluster("ready")), None).acts;
        let [Act::CreateSubmitter(submitter)] = &acts[..] else { panic!("{acts:?}") };
        let pod = submitter.spec.as_ref().unwrap().template.spec.as_ref().unwrap();
        assert_eq!(pod.containers[0].image.as_deref(), Some("ray"));
        assert!(pod.containers[0].args.as_ref().unwrap()[0].ends_with("-- true"));
    }

    #[test]
    fn the_job_ends_as_its_submitter_ends() {
        let job = job(json!({}), json!({"jobDeploymentStatus": "Running"}));
        let with = |status| decided(&job, Some(cluster("ready")), Some(submitter(status)));
        let running = with(json!({"active": 1, "ready": 1}));
        assert_eq!(running.status.job_status, Some(JobStatus::Running));
        let complete = with(json!({"conditions": [{"type": "Complete", "status": "True"}]}));
        assert_eq!(stage(&complete), Some(JobDeploymentStatus::Complete));
        assert_eq!(complete.status.job_status, Some(JobStatus::Succeeded));
        let failed = with(json!({"conditions": [{"type": "Failed", "status": "True", "message": "why"}]}));
        assert_eq!(stage(&failed), Some(JobDeploymentStatus::Failed));
        assert_eq!(failed.status.message.as_deref(), Some("why"));
        assert_eq!(failed.status.end_time, Some(at(30)));
    }

    #[test]
    fn a_job_past_its_deadline_fails_and_one_before_it_is_looked_at_again() {
        let status = json!({"jobDeploymentStatus": "Initializing", "startTime": "2026-01-01T00:00:10Z"});
        let late = decided(&job(json!({"activeDeadlineSeconds": 20}), status.clone()), None, None);
        assert_eq!(late.status.reason.as_deref(), Some("DeadlineExceeded"));
        let early = decided(&job(json!({"activeDeadlineSeconds": 25}), status), None, None);
        assert_eq!(early.again, Some(Duration::from_secs(5)));
    }

    #[test]
    fn an_ended_job_deletes_its_cluster_when_asked_to_and_not_before_its_time() {
        let status = json!({"jobDeploymentStatus": "Complete", "endTime": "2026-01-01T00:00:20Z"});
        let spec = |ttl: i32| json!({"shutdownAfterJobFinishes": true, "ttlSecondsAfterFinished": ttl});
        let now = decided(&job(spec(10), status.clone()), Some(cluster("ready")), None);
        assert_eq!(now.acts, [Act::DeleteCluster]);
        let later = decided(&job(spec(15), status.clone()), Some(cluster("ready")), None);
        assert_eq!((later.acts.len(), later.again), (0, Some(Duration::from_secs(5))));
        assert!(decided(&job(json!({}), status), Some(cluster("ready")), None).acts.is_empty());
    }

    #[test]
    fn a_suspended_job_gives_up_everything_and_says_so_then() {
        let job = job(json!({"suspend": true}), json!({"jobDeploymentStatus": "Running"}));
        let first = decided(&job, Some(cluster("ready")), Some(submitter(json!({}))));
        assert_eq!(first.acts, [Act::DeleteCluster, Act::DeleteSubmitter]);
        assert_eq!(stage(&decided(&job, None, None)), Some(JobDeploymentStatus::Suspended));
    }

    #[test]
    fn a_selected_cluster_is_neither_made_nor_deleted() {
        let spec = json!({
            "clusterSelector": {"ray.io/cluster": "shared"}, "rayClusterSpec": null, "suspend": true,
        });
        let decision = decided(&job(spec, json!({})), Some(cluster("ready")), None);
        assert!(decision.acts.is_empty());
    }

    #[test]
    fn a_submission_mode_that_is_not_known_is_refused_by_name() {
        let decision = decided(&job(json!({"submissionMode": "HTTPMode"}), json!({})), None, None);
        assert_eq!(decision.status.reason.as_deref(), Some("ValidationFailed"));
        assert!(decision.status.message.unwrap().contains("K8sJobMode"));
    }
}
