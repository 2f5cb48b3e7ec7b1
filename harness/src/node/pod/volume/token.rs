//! Tokens of a pod's service account: bound to the pod, asked for again before they expire.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::{
    authentication::v1::{BoundObjectReference, TokenRequest as ApiRequest, TokenRequestSpec},
    core::v1::{Pod, ServiceAccount},
};
use kube::{Api, Client, ResourceExt, api::PostParams};

use super::plan::TokenRequest;

/// The share of its life after which a token is asked for anew.
const REFRESH_AT_PERCENT: i64 = 80;

/// The tokens that a pod has.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    held: BTreeMap<TokenRequest, Held>,
}

#[derive(Debug)]
struct Held {
    token: String,
    refresh_at: Timestamp,
}

impl Tokens {
    /// Gets those that are missing or old.
    pub(crate) async fn renew(
        &mut self,
        client: &Client,
        pod: &Pod,
        wanted: impl IntoIterator<Item = TokenRequest>,
    ) -> Result<(), kube::Error> {
        for request in wanted {
            let fresh = self.held.get(&request).is_some_and(|held| held.refresh_at > Timestamp::now());
            if !fresh {
                let held = ask(client, pod, &request).await?;
                self.held.insert(request, held);
            }
        }
        Ok(())
    }

    /// When the first of them is to be renewed.
    pub(crate) fn refresh_at(&self) -> Option<Timestamp> {
        self.held.values().map(|held| held.refresh_at).min()
    }

    pub(crate) fn by_request(&self) -> BTreeMap<TokenRequest, String> {
        self.held.iter().map(|(request, held)| (request.clone(), held.token.clone())).collect()
    }
}

async fn ask(client: &Client, pod: &Pod, request: &TokenRequest) -> Result<Held, kube::Error> {
    let account = pod.spec.as_ref().and_then(|spec| spec.service_account_name.clone());
    let account = account.unwrap_or_else(|| "default".to_owned());
    let audiences = Some(request.audience.clone()).filter(|audience| !audience.is_empty());
    let spec = TokenRequestSpec {
        audiences: audiences.map(|audience| vec![audience]),
        expiration_seconds: Some(request.seconds),
        bound_object_ref: Some(BoundObjectReference {
            api_version: Some("v1".into()),
            kind: Some("Pod".into()),
            name: pod.metadata.name.clone(),
            uid: pod.metadata.uid.clone(),
        }),
    };
    let body = ApiRequest { spec: Some(spec), ..ApiRequest::default() };
    let api = Api::<ServiceAccount>::namespaced(client.clone(), &pod.namespace().unwrap_or_default());
    let asked_at = Timestamp::now();
    let given = api.create_token_request(&account, &PostParams::default(), &body).await?;
    let status = given.status.unwrap_or_default();
    let life =
        status.expiration_timestamp.map_or(request.seconds, |at| at.0.duration_since(asked_at).as_secs());
    let refresh_at = asked_at + SignedDuration::from_secs(life * REFRESH_AT_PERCENT / 100);
    Ok(Held { token: status.token.unwrap_or_default(), refresh_at })
}
