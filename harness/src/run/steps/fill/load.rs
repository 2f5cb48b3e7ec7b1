//! What tenants ask of their APIs while they are counted: a ConfigMap made, read and deleted, again and again.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api,
    api::{DeleteParams, ObjectMeta, PostParams},
};

use crate::tenancy::Tenant;

/// Calls under way at once.
const AT_ONCE: usize = 8;

/// ConfigMaps of each measurement: three calls each, and a 99th percentile needs some four hundred.
const OBJECTS: usize = 134;

/// How long a call may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long each call took, over all tenants in turn.
///
/// # Errors
/// The first call that fails.
pub(super) async fn answers(tenants: &[Arc<Tenant>]) -> Result<Vec<Duration>, String> {
    let turns = (0..OBJECTS).filter_map(|turn| Some((turn, tenants.get(turn % tenants.len().max(1))?)));
    let calls: Vec<_> = turns.map(|(turn, tenant)| three(tenant, turn)).collect();
    let times: Vec<[Duration; 3]> = stream::iter(calls).buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(times.into_iter().flatten().collect())
}

async fn three(tenant: &Tenant, turn: usize) -> Result<[Duration; 3], String> {
    let api: Api<ConfigMap> = Api::namespaced(tenant.client(), &tenant.workspace);
    let name = format!("density-{turn}");
    let metadata = ObjectMeta { name: Some(name.clone()), ..ObjectMeta::default() };
    let object = ConfigMap { metadata, ..ConfigMap::default() };
    let (create, delete) = (PostParams::default(), DeleteParams::default());
    let made = timed(tenant, "create", || api.create(&create, &object)).await?;
    let read = timed(tenant, "get", || api.get(&name)).await?;
    let gone = timed(tenant, "delete", || api.delete(&name, &delete)).await?;
    Ok([made, read, gone])
}

/// How long a call takes until it is done. Calls that meet at a tenant's quota are refused by the API server, which asks
/// for another try; as for any client, that is part of the answer's time.
async fn timed<T, F>(tenant: &Tenant, verb: &str, call: impl Fn() -> F) -> Result<Duration, String>
where
    F: Future<Output = kube::Result<T>>,
{
    let began = Instant::now();
    let failed = |reason: String| format!("{}: cannot {verb} a ConfigMap: {reason}", tenant.name);
    let answered = async {
        loop {
            match call().await {
                Err(kube::Error::Api(status)) if status.reason == "Conflict" => {}
                answer => return answer,
            }
        }
    };
    match tokio::time::timeout(PATIENCE, answered).await {
        Ok(answer) => answer.map(|_| began.elapsed()).map_err(|error| failed(error.to_string())),
        Err(_) => Err(failed(format!("no answer within {} s", PATIENCE.as_secs()))),
    }
}
