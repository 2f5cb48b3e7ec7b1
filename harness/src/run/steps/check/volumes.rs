//! What one pod writes to a claimed volume, the next one reads.

use std::path::Path;

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::{Api, ResourceExt, api::DeleteParams, runtime::watcher};
use serde_json::{Value, json};

use super::{
    ground::{BACK, Ground, apply, ready, state},
    verdict::Finding,
};
use crate::{inside::Inside, observe::until::Wait, run::RunError, workload::container};

const NAME: &str = "volume";
const CLAIM: &str = "notes";
const FILE: &str = "/data/note";
const WRITER: &str = "writer";
const READER: &str = "reader";

pub(super) async fn run(ground: &Ground<'_>) -> Result<Vec<Finding>, RunError> {
    if ground.simulated {
        return Ok(vec![Finding::not_shown(NAME, "simulated nodes have no disks to claim")]);
    }
    // Nobody else has written this.
    let text = format!("{:016x}", rand::random::<u64>());
    apply(ground.tenant, claim(), BACK).await?;
    apply(ground.tenant, pod(WRITER, &["put", FILE, &text], "Never"), BACK).await?;
    written(ground).await?;
    apply(ground.tenant, pod(READER, &["idle"], "Always"), BACK).await?;
    ready(&ground.pods(BACK), READER, ground.limit()).await?;
    let seen: Inside = ground.ask(BACK, READER, &["look", FILE]).await?;
    let read = seen.files.get(Path::new(FILE));
    let volume = bound(ground).await?;
    Ok(vec![match read {
        Some(read) if *read == text => Finding::held(
            NAME,
            format!("{READER} read what {WRITER} had written; the claim is bound to {volume}"),
        ),
        other => Finding::broken(NAME, format!("{READER} read {other:?}, not {text:?}")),
    }])
}

/// Waits until the writer has ended well, and takes its pod away, so that its node lets go of the volume.
async fn written(ground: &Ground<'_>) -> Result<(), RunError> {
    let pods = ground.pods(BACK);
    let phase = |pod: &Pod| pod.status.as_ref().and_then(|status| status.phase.clone());
    let ended = |pod: &Pod| phase(pod).filter(|phase| phase == "Succeeded" || phase == "Failed");
    let wait = Wait::new(format!("the end of pod {WRITER}"), ground.limit());
    let end = wait.object(pods.clone(), WRITER, ended, state).await?;
    if end != "Succeeded" {
        return Err(RunError::Inside { what: format!("write {FILE}"), pod: WRITER.into(), reason: end });
    }
    let deleted = pods.delete(WRITER, &DeleteParams::default()).await;
    deleted.map_err(RunError::probe("delete a pod"))?;
    let only = watcher::Config::default().fields(&format!("metadata.name={WRITER}"));
    Ok(Wait::new(format!("pod {WRITER} gone"), ground.limit()).gone(pods, only).await?)
}

/// The name of the claim's volume, as the tenant sees it.
async fn bound(ground: &Ground<'_>) -> Result<String, RunError> {
    let claims: Api<PersistentVolumeClaim> = Api::namespaced(ground.tenant.client(), BACK);
    let volume = |claim: &PersistentVolumeClaim| claim.spec.as_ref()?.volume_name.clone();
    let wait = Wait::new(format!("the volume of claim {CLAIM}"), ground.limit());
    Ok(wait.object(claims, CLAIM, volume, ResourceExt::name_any).await?)
}

fn claim() -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": CLAIM},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
    })
}

fn pod(name: &str, program: &[&str], restart: &str) -> Value {
    container::pod(
        name,
        program,
        json!({"volumeMounts": [{"name": "data", "mountPath": "/data"}]}),
        json!({
            "restartPolicy": restart,
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": CLAIM}}],
        }),
    )
}
