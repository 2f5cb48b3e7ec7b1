//! What an operator of etcd does, through its JSON gateway.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};

/// None where it does not answer, or refuses.
async fn call(etcd: &str, path: &str, body: Value) -> Option<Value> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let request =
        Request::post(format!("{etcd}{path}")).body(Full::from(body.to_string())).expect("a request");
    let exchange = async {
        let answer = client.request(request).await.ok().filter(|answer| answer.status().is_success())?;
        Some(answer.into_body().collect().await.ok()?.to_bytes())
    };
    let bytes = tokio::time::timeout(Duration::from_secs(5), exchange).await.ok()??;
    serde_json::from_slice(&bytes).ok()
}

/// Writes a value past the API server. Returns whether that worked.
pub(crate) async fn put(etcd: &str, key: &str, value: &Value) -> bool {
    let pair = json!({"key": STANDARD.encode(key), "value": STANDARD.encode(value.to_string())});
    call(etcd, "/v3/kv/put", pair).await.is_some()
}

/// Removes all history. Returns whether etcd has answered.
pub(crate) async fn compact(etcd: String) -> bool {
    let Some(answer) = call(&etcd, "/v3/kv/range", json!({"key": "AA==", "limit": "1"})).await else {
        return false;
    };
    let revision = answer["header"]["revision"].clone();
    // Refused where nothing has been written since the last time.
    let _ = call(&etcd, "/v3/kv/compaction", json!({"revision": revision, "physical": true})).await;
    true
}

/// Gives the room of removed history back, and lets writes in again. Returns whether that worked.
pub(crate) async fn make_room(etcd: String) -> bool {
    if !compact(etcd.clone()).await || call(&etcd, "/v3/maintenance/defragment", json!({})).await.is_none() {
        return false;
    }
    // Each with its member, or nothing is turned off.
    for mut alarm in alarms(&etcd).await.unwrap_or_default() {
        alarm["action"] = json!("DEACTIVATE");
        let _ = call(&etcd, "/v3/maintenance/alarm", alarm).await;
    }
    alarms(&etcd).await.is_some_and(|alarms| alarms.is_empty())
}

/// Whether etcd says that it has no room.
pub(crate) async fn is_full(etcd: String) -> bool {
    alarms(&etcd).await.is_some_and(|alarms| !alarms.is_empty())
}

async fn alarms(etcd: &str) -> Option<Vec<Value>> {
    let answer = call(etcd, "/v3/maintenance/alarm", json!({"action": "GET"})).await?;
    Some(answer["alarms"].as_array().cloned().unwrap_or_default())
}
