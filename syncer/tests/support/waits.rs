//! Waits that end: each fails its test when what it waits for takes too long, and says what that was.

use std::time::Duration;

use kube::{
    Api, Client, Resource,
    runtime::wait::{Condition, await_condition},
};
use serde::de::DeserializeOwned;

const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Waits for what must happen soon.
pub(crate) async fn soon<T>(what: &str, happens: impl Future<Output = T>) -> T {
    match tokio::time::timeout(LONGEST_WAIT, happens).await {
        Ok(value) => value,
        Err(_) => panic!("waited {LONGEST_WAIT:?} for {what}"),
    }
}

/// Waits by a watch until an object satisfies `condition`; returns it as it then is.
pub(crate) async fn until<K>(what: &str, api: &Api<K>, name: &str, condition: impl Condition<K>) -> Option<K>
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug + Send + 'static,
{
    soon(&format!("{what} ({name})"), await_condition(api.clone(), name, condition))
        .await
        .expect("the watch works")
}

/// There is no watch to wait on before there is an API server.
pub(super) async fn until_ready(cluster: &Client) {
    let ready = async {
        loop {
            let request = http::Request::get("/readyz").body(Vec::new()).expect("a request");
            if cluster.request_text(request).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    soon("an API server to start", ready).await;
}
