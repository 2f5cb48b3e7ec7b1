//! What tenants ask of their APIs while they are counted: a ConfigMap made, read and deleted, again and again.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ObjectMeta, PostParams},
};

use crate::tenancy::Tenant;

/// Calls under way at once.
const AT_ONCE: usize = 8;

/// ConfigMaps of each measurement at least: three calls each, and a 99th percentile needs some four hundred.
const OBJECTS: usize = 134;

/// How long a call may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long each call took, over all tenants in turn.
///
/// # Errors
/// The first call that fails.
pub(super) async fn answers(tenants: &[Arc<Tenant>]) -> Result<Vec<Duration>, String> {
    let calls: Vec<_> =
        turns(tenants.len()).filter_map(|whose| tenants.get(whose)).map(|tenant| three(tenant)).collect();
    let times: Vec<[Duration; 3]> = stream::iter(calls).buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(times.into_iter().flatten().collect())
}

/// Whose turn it is, one after another: everybody's once, and then on until there are enough.
fn turns(tenants: usize) -> impl Iterator<Item = usize> {
    (0..tenants).cycle().take(OBJECTS.max(tenants))
}

/// Each has a name that the API server makes up: what a measurement has left that failed is in no later one's way.
async fn three(tenant: &Tenant) -> Result<[Duration; 3], String> {
    let api: Api<ConfigMap> = Api::namespaced(tenant.client(), &tenant.workspace);
    let metadata = ObjectMeta { generate_name: Some("density-".to_owned()), ..ObjectMeta::default() };
    let object = ConfigMap { metadata, ..ConfigMap::default() };
    let (create, delete) = (PostParams::default(), DeleteParams::default());
    let (object, made) = timed(tenant, "create", || api.create(&create, &object)).await?;
    let name = object.name_any();
    let (_, read) = timed(tenant, "get", || api.get(&name)).await?;
    let (_, gone) = timed(tenant, "delete", || api.delete(&name, &delete)).await?;
    Ok([made, read, gone])
}

/// What a call gives, and how long it takes until it is done. Calls that meet at a tenant's quota are refused by the API
/// server, which asks for another try; as for any client, that is part of the answer's time.
async fn timed<T, F>(tenant: &Tenant, verb: &str, call: impl Fn() -> F) -> Result<(T, Duration), String>
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
        Ok(answer) => answer.map(|given| (given, began.elapsed())).map_err(|error| failed(error.to_string())),
        Err(_) => Err(failed(format!("no answer within {} s", PATIENCE.as_secs()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often each tenant is asked.
    fn asked(tenants: usize) -> Vec<usize> {
        (0..tenants).map(|tenant| turns(tenants).filter(|whose| *whose == tenant).count()).collect()
    }

    #[test]
    fn every_tenant_is_asked_however_many_there_are() {
        for tenants in [200, 500] {
            assert!(asked(tenants).iter().all(|times| *times == 1), "{tenants} tenants");
        }
        assert_eq!(turns(0).count(), 0);
    }

    #[test]
    fn few_tenants_are_asked_some_four_hundred_times_in_all_one_after_another() {
        for tenants in [1, 3, 100, 134] {
            let (asked, calls) = (asked(tenants), turns(tenants).count() * 3);
            assert_eq!(calls, 402, "{tenants} tenants");
            let (least, most) = (asked.iter().min(), asked.iter().max());
            assert!(least.zip(most).is_some_and(|(least, most)| most - least <= 1), "{asked:?}");
        }
        assert_eq!(turns(3).take(5).collect::<Vec<_>>(), [0, 1, 2, 0, 1]);
    }
}
