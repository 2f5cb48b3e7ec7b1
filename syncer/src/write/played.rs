//! A host for tests, which answers as they say.

use std::{convert::Infallible, sync::Arc};

use http::{Request, Response, header};
use kube::{Client, client::Body};
use parking_lot::Mutex;
use serde_json::json;

use super::Cluster;
use crate::{flow::Gate, kinds::Side, metrics::Metrics, queue::TenantId, run::Lead, watch::Doors};

/// What was asked for: paths with their queries, and the form of each answer.
pub(crate) type Asked = Arc<Mutex<Vec<[String; 2]>>>;

/// An answer's status, the seconds of its `Retry-After`, and its body.
pub(crate) type Answer = (u16, Option<u64>, String);

/// A host that gives these answers, one after the other.
pub(crate) fn host(answers: Vec<Answer>, doors: Doors) -> (Cluster, Metrics, Asked) {
    let (asked, answers) = (Asked::default(), Arc::new(Mutex::new(answers.into_iter())));
    let log = Arc::clone(&asked);
    let service = tower::service_fn(move |request: Request<Body>| {
        let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        log.lock().push([request.uri().to_string(), accept.unwrap_or_default().to_owned()]);
        let (status, wait, body) = answers.lock().next().expect("an answer more");
        let mut answer = Response::builder().status(status);
        if let Some(wait) = wait {
            answer = answer.header(header::RETRY_AFTER, wait);
        }
        let answer = answer.body(Body::from(body.into_bytes()));
        async move { Ok::<_, Infallible>(answer.expect("an answer")) }
    });
    let (way, metrics) = ((Client::new(service, "ns"), Gate::of_host(), doors), Metrics::default());
    let cluster = Cluster::new(Side::Host, way, TenantId(1), (metrics.clone(), Lead::alone()));
    (cluster, metrics, asked)
}

/// All objects there are, with these names.
pub(crate) fn all(names: &[&str]) -> Answer {
    let items: Vec<_> = names.iter().map(|name| json!({"metadata": {"name": name}})).collect();
    let list = json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "items": items});
    (200, None, list.to_string())
}
