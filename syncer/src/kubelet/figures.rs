//! Metrics and summaries of the host's kubelets, cut down to the tenant's pods on the way.

use std::{collections::BTreeSet, vec};

use futures::{StreamExt, stream};
use http::StatusCode;
use http_body_util::{BodyExt, Limited, StreamBody};
use hyper::body::{Bytes, Frame};
use kube::client::Body;

use super::{
    Backing,
    answer::unlisted,
    exposition::Filter,
    own::{self, Placed, Scope},
    reach::{Reach, ReachError},
    reply::{Answer, flowing, say, tell},
    route::SUMMARY,
    summary,
};

/// A summary is one document. A node of 250 pods has about 2 MB.
const LARGEST_SUMMARY: usize = 64 << 20;

const CLOSED: &str = "host kubelets' figures are not passed on: a namespaced Role cannot cover them; start the syncer \
                      with --node-metrics kubelet (or proxy) and bind the ClusterRole that `tenantbench-syncer role` \
                      prints for it";

/// A page of metrics of one node, or of all nodes that run a pod of the tenant.
pub(super) async fn metrics(backing: &Backing, node: Option<&str>, page: &'static str) -> Answer {
    if !backing.reach.is_open() {
        return say(StatusCode::FORBIDDEN, CLOSED);
    }
    let placed = match own::placed(&backing.tenant, node).await {
        Ok(placed) => placed,
        Err(error) => return unlisted(&error),
    };
    let scope = Scope::of(&backing.tenant.settings().names, &placed);
    let mut nodes = nodes(&placed).into_iter();
    // The first answer decides, for a body's failure can only be told by breaking it off.
    let body = match nodes.next() {
        None => None,
        Some(first) => match backing.reach.get(&first, page).await {
            Ok(body) => Some(body),
            Err(error) => return failed(&first, &error),
        },
    };
    let scrape = Scrape { reach: backing.reach.clone(), page, nodes, body, filter: Filter::new(scope) };
    let pieces = stream::unfold(scrape, |mut scrape| async move { Some((scrape.next().await?, scrape)) });
    let body = StreamBody::new(pieces.map(|piece| piece.map(Frame::data))).boxed_unsync();
    flowing(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", body)
}

/// Several nodes' texts, one after the other.
struct Scrape {
    reach: Reach,
    page: &'static str,
    nodes: vec::IntoIter<String>,
    body: Option<Body>,
    filter: Filter,
}

impl Scrape {
    async fn next(&mut self) -> Option<Result<Bytes, kube::Error>> {
        loop {
            let Some(body) = &mut self.body else {
                let node = self.nodes.next()?;
                match self.reach.get(&node, self.page).await {
                    Ok(body) => self.body = Some(body),
                    Err(error) => return Some(Err(kube::Error::Service(error.into()))),
                }
                continue;
            };
            let kept = match body.frame().await {
                Some(Ok(frame)) => self.filter.take(&frame.into_data().unwrap_or_default()),
                Some(Err(error)) => return Some(Err(error)),
                None => {
                    self.body = None;
                    self.filter.end()
                }
            };
            if !kept.is_empty() {
                return Some(Ok(kept.into()));
            }
        }
    }
}

/// The summary of one node.
pub(super) async fn summary(backing: &Backing, node: Option<&str>) -> Answer {
    if !backing.reach.is_open() {
        return say(StatusCode::FORBIDDEN, CLOSED);
    }
    let placed = match own::placed(&backing.tenant, node).await {
        Ok(placed) => placed,
        Err(error) => return unlisted(&error),
    };
    let nodes = nodes(&placed);
    let [node] = nodes.as_slice() else {
        return say(
            StatusCode::NOT_FOUND,
            "a summary is of one node that runs pods; ask for nodes/NAME/proxy/stats/summary",
        );
    };
    let body = match backing.reach.get(node, SUMMARY).await {
        Ok(body) => Limited::new(body, LARGEST_SUMMARY),
        Err(error) => return failed(node, &error),
    };
    let Ok(bytes) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return say(StatusCode::BAD_GATEWAY, "the host's summary breaks off or is too large");
    };
    match serde_json::from_slice(&bytes) {
        Ok(document) => {
            let scope = Scope::of(&backing.tenant.settings().names, &placed);
            tell(&summary::filtered(&document, &scope))
        }
        Err(_) => say(StatusCode::BAD_GATEWAY, "the host's summary is no JSON"),
    }
}

fn nodes(placed: &[Placed]) -> Vec<String> {
    let nodes: BTreeSet<&String> = placed.iter().map(|placed| &placed.own.node).collect();
    nodes.into_iter().cloned().collect()
}

fn failed(node: &str, error: &ReachError) -> Answer {
    tracing::warn!(node, %error, "the host's kubelet gives no figures");
    let status = match error {
        ReachError::Status { status: StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN } => {
            StatusCode::FORBIDDEN
        }
        _ => StatusCode::BAD_GATEWAY,
    };
    say(status, format!("{node}: {error}"))
}
