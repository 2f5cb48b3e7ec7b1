//! A store through etcd's JSON gateway, from inside the plane's pod.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// The store of the plane whose pod this is.
pub struct Etcd {
    // Plain HTTP on the pod's own loopback; a client for TLS would look for authorities, which our image has none of.
    client: Client<HttpConnector, Full<Bytes>>,
    address: String,
}

/// A store that did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EtcdError {
    /// It cannot be asked, or refuses.
    #[error("the store at {address} failed: {reason}; see the log of the plane's etcd")]
    Call {
        /// Where it was looked for.
        address: String,
        /// The client's or the store's words.
        reason: String,
    },
    /// It speaks another language.
    #[error("the store at {address} gave an answer that is none of etcd 3: {source}")]
    Answer {
        /// Where it is.
        address: String,
        /// What is wrong with the answer.
        source: serde_json::Error,
    },
}

/// Kubernetes' part of the store, and the key after its last one.
const FIRST: &[u8] = b"/registry/";
const END: &[u8] = b"/registry0";

/// Keys to one answer: an object can have a megabyte and more.
const PAGE: usize = 500;

/// Operations to one transaction, of which etcd takes 128, and bytes, of which it takes 1.5 MiB.
const MOST_OPERATIONS: usize = 100;
const MOST_BYTES: usize = 700_000;

/// How often a store that starts is asked. It has no event to wait for before it answers.
const TRIES: u32 = 300;
const BETWEEN: Duration = Duration::from_millis(100);

#[derive(Deserialize)]
struct Page {
    header: PageHeader,
    #[serde(default)]
    kvs: Vec<Entry>,
    #[serde(default)]
    more: bool,
}

#[derive(Deserialize)]
struct PageHeader {
    revision: String,
}

#[derive(Deserialize)]
struct Entry {
    key: String,
    #[serde(default)]
    value: String,
}

impl Etcd {
    /// The store at `address`, such as `http://127.0.0.1:2379`.
    pub fn at(address: &str) -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http(), address: address.to_owned() }
    }

    /// All keys of Kubernetes with their values, as they were at one moment.
    ///
    /// # Errors
    /// [`EtcdError`].
    pub async fn all(&self) -> Result<Vec<(Vec<u8>, Vec<u8>)>, EtcdError> {
        let (mut all, mut from, mut revision) = (Vec::new(), FIRST.to_vec(), String::from("0"));
        loop {
            let asked = json!({
                "key": STANDARD.encode(&from), "range_end": STANDARD.encode(END), "limit": PAGE, "revision": revision,
            });
            let page: Page = self.ask("range", &asked).await?;
            all.extend(page.kvs.iter().map(|entry| (bytes(&entry.key), bytes(&entry.value))));
            match all.last() {
                Some((last, _)) if page.more => from = [last.as_slice(), &[0]].concat(),
                _ => return Ok(all),
            }
            revision = page.header.revision;
        }
    }

    /// Whether it holds nothing of Kubernetes, once it answers.
    ///
    /// # Errors
    /// When it does not answer for long.
    pub async fn is_empty(&self) -> Result<bool, EtcdError> {
        let asked = json!({"key": STANDARD.encode(FIRST), "range_end": STANDARD.encode(END), "limit": 1, "keys_only": true});
        let mut tries = 0;
        loop {
            match self.ask::<Page>("range", &asked).await {
                Ok(page) => return Ok(page.kvs.is_empty()),
                Err(error) if tries == TRIES => return Err(error),
                Err(_) => tokio::time::sleep(BETWEEN).await,
            }
            tries += 1;
        }
    }

    /// Writes keys with their values.
    ///
    /// # Errors
    /// [`EtcdError`].
    pub async fn put(&self, entries: &[(Vec<u8>, Vec<u8>)]) -> Result<(), EtcdError> {
        let (mut operations, mut size) = (Vec::new(), 0);
        for (key, value) in entries {
            if operations.len() == MOST_OPERATIONS || (size + value.len() > MOST_BYTES && size > 0) {
                self.commit(std::mem::take(&mut operations)).await?;
                size = 0;
            }
            size += key.len() + value.len();
            operations
                .push(json!({"request_put": {"key": STANDARD.encode(key), "value": STANDARD.encode(value)}}));
        }
        if operations.is_empty() { Ok(()) } else { self.commit(operations).await }
    }

    async fn commit(&self, operations: Vec<Value>) -> Result<(), EtcdError> {
        self.ask::<Value>("txn", &json!({"success": operations})).await.map(drop)
    }

    async fn ask<T: DeserializeOwned>(&self, what: &str, asked: &Value) -> Result<T, EtcdError> {
        let failed = |reason: String| EtcdError::Call { address: self.address.clone(), reason };
        let request = Request::post(format!("{}/v3/kv/{what}", self.address));
        let request =
            request.body(Full::from(asked.to_string())).map_err(|error| failed(error.to_string()))?;
        let answer = self.client.request(request).await.map_err(|error| failed(error.to_string()))?;
        let status = answer.status();
        let text = answer.into_body().collect().await.map_err(|error| failed(error.to_string()))?.to_bytes();
        if !status.is_success() {
            return Err(failed(format!("{status}: {}", String::from_utf8_lossy(&text))));
        }
        serde_json::from_slice(&text)
            .map_err(|source| EtcdError::Answer { address: self.address.clone(), source })
    }
}

/// The gateway writes bytes as base 64 and nothing else.
fn bytes(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap_or_default()
}
