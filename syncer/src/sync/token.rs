//! A pod's tokens: asked of the tenant's API, and kept in a Secret on the host as long as either side has the pod.
//!
//! The host's pod does not own the Secret. Its garbage collector would then ask the API server for the pod, and for the
//! pod's owner, wherever it sees the Secret first: two more calls for a pod. It would also miss a pod whose successor of
//! the same name its own watch shows it in the pod's place.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Doing, SyncError, Tenant};
use crate::{
    index::Key,
    json,
    kinds::{Kind, Side},
    translate::pod::{TokenAsk, Tokens, token_asks, token_secret},
    write::WriteError,
};

/// Tokens are replaced when this much of their life is over.
const REFRESH_AT_PERCENT: i32 = 80;

/// Tokens by key, and when the first of them is to be replaced.
pub(super) struct Minted {
    tokens: Vec<(String, String)>,
    minted_at: Timestamp,
    refresh_at: Timestamp,
}

/// Asks for the tokens that a tenant's pod wants, bound to it; none if it wants none.
pub(super) async fn mint(tenant: &Tenant, pod: &Value) -> Result<Option<Minted>, SyncError> {
    let asks = token_asks(pod);
    if asks.is_empty() {
        return Ok(None);
    }
    let minted_at = tenant.clock().steady();
    let requests = asks.iter().map(|ask| request(tenant, pod, ask));
    let answers = futures::future::try_join_all(requests).await?;
    tenant.cluster(Side::Tenant).metrics().tokens_minted(answers.len());
    let life = answers.iter().map(|(_, life)| *life).min().unwrap_or_default();
    let refresh_at = minted_at.saturating_add(life * REFRESH_AT_PERCENT / 100).unwrap_or(Timestamp::MAX);
    let tokens = asks.into_iter().zip(answers).map(|(ask, (token, _))| (ask.key, token)).collect();
    Ok(Some(Minted { tokens, minted_at, refresh_at }))
}

/// A token and its life, which is taken from the API server's own times: its clock need not be ours.
async fn request(
    tenant: &Tenant,
    pod: &Value,
    ask: &TokenAsk,
) -> Result<(String, SignedDuration), SyncError> {
    let metadata = &pod["metadata"];
    let account = json::text(&pod["spec"]["serviceAccountName"]).unwrap_or("default");
    let namespace = json::text(&metadata["namespace"]).unwrap_or_default();
    let mut spec = json!({
        "expirationSeconds": ask.seconds,
        "boundObjectRef": { "apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "uid": metadata["uid"] },
    });
    // Without an audience it is the API server's own. The field must then be empty, not absent.
    let audiences: Vec<&str> = ask.audience.as_deref().into_iter().collect();
    if let Some(spec) = spec.as_object_mut() {
        spec.insert("audiences".to_owned(), json!(audiences));
    }
    let body = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec });
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token");
    let answer = tenant.cluster(Side::Tenant).post(&path, &body).await.doing("asking for a token")?;
    let token = json::text(&answer["status"]["token"]).ok_or(SyncError::NoToken)?;
    let time = |value: &Value| json::text(value).and_then(|text| text.parse::<Timestamp>().ok());
    let made = time(&answer["metadata"]["creationTimestamp"]).ok_or(SyncError::NoToken)?;
    let expires = time(&answer["status"]["expirationTimestamp"]).ok_or(SyncError::NoToken)?;
    Ok((token.to_owned(), expires.duration_since(made)))
}

/// Writes the Secret.
pub(super) async fn store(tenant: &Tenant, key: &Key, pod: &Value, minted: &Minted) -> Result<(), SyncError> {
    let (secret, asked) = (secret(tenant, key, pod, minted), tenant.asking());
    let names = &tenant.settings().names;
    let name = json::text(&secret["metadata"]["name"]).unwrap_or_default();
    let host = tenant.cluster(Side::Host);
    let written = match host.create(Kind::PodToken, names.host_namespace(), &secret).await {
        Err(WriteError::Exists) => host.replace(Kind::PodToken, names.host_namespace(), name, &secret).await,
        other => other,
    };
    tenant.learn(Side::Host, Kind::PodToken, written.doing("writing the pod's tokens")?, asked);
    Ok(())
}

/// Deletes the Secret with this uid, which holds the tokens of the pod with that one.
pub(super) async fn drop(tenant: &Tenant, key: &Key, secret: &str, pod: &str) -> Result<(), SyncError> {
    let names = &tenant.settings().names;
    let name = names.token_secret(&key.id.namespace, &key.id.name, pod);
    let host = tenant.cluster(Side::Host);
    let deleted = host.delete(Kind::PodToken, (names.host_namespace(), &name), secret, None).await;
    deleted.doing("deleting the tokens of a pod that is gone")?;
    tenant.tokens_dropped(&key.id, secret);
    Ok(())
}

fn secret(tenant: &Tenant, key: &Key, pod: &Value, minted: &Minted) -> Value {
    let uid = json::text(&pod["metadata"]["uid"]).unwrap_or_default();
    let Minted { tokens, minted_at, refresh_at } = minted;
    let ca = &tenant.settings().ca;
    let held = Tokens { tokens, ca, minted_at: *minted_at, refresh_at: *refresh_at };
    token_secret((&key.id.namespace, &key.id.name, uid), held, tenant.ownership())
}
