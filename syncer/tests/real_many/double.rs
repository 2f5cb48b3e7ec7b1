//! A test double of an API server in which nothing ever is: every list is empty, every watch silent. One stands for the
//! host and for any number of tenants.

use std::{
    convert::Infallible,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Frame, Incoming};
use serde_json::{Value, json};

use crate::support::played_server::{Answer, PlayedServer};

/// Runs until it is dropped.
pub(crate) struct Double {
    pub(crate) server: PlayedServer,
    lists: Arc<Lists>,
}

impl Double {
    /// With the certificate in `folder`. `everywhere`: whether all namespaces may be watched at once.
    pub(crate) async fn start(folder: &Path, everywhere: bool) -> Self {
        let lists = Arc::new(Lists { everywhere, ..Lists::default() });
        let counted = Arc::clone(&lists);
        let server = PlayedServer::start(folder, move |request| {
            let lists = Arc::clone(&counted);
            async move { lists.counted(request).await }
        });
        Self { server: server.await, lists }
    }

    /// The most lists of the host that were asked for at once.
    pub(crate) fn most_lists_at_once(&self) -> usize {
        self.lists.most.load(Ordering::SeqCst)
    }

    /// How many lists there were of what holds pods' tokens.
    pub(crate) fn lists_of_tokens(&self) -> usize {
        self.lists.of_tokens.load(Ordering::SeqCst)
    }
}

/// Lists of host namespaces that are being answered.
#[derive(Default)]
struct Lists {
    everywhere: bool,
    now: AtomicUsize,
    most: AtomicUsize,
    of_tokens: AtomicUsize,
}

impl Lists {
    /// Answers; a list of the host takes a moment, so that those that are asked for at once are seen to be.
    async fn counted(&self, request: Request<Incoming>) -> Answer {
        let query = request.uri().query().unwrap_or_default();
        let is_list = request.method() == Method::GET
            && request.uri().path().split('/').rev().nth(1).is_some_and(|part| part.starts_with("tenant-"))
            && !query.contains("watch=");
        if !is_list {
            return answer(request, self.everywhere).await;
        }
        let is_of_tokens = query.contains("pod-token");
        self.most.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(20)).await;
        let answer = answer(request, self.everywhere).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        self.of_tokens.fetch_add(is_of_tokens.into(), Ordering::SeqCst);
        answer
    }
}

/// What a request for anything is answered where nothing is; whether one may look at all namespaces is `everywhere`.
pub(crate) async fn answer(request: Request<Incoming>, everywhere: bool) -> Answer {
    let (path, query) =
        (request.uri().path().to_owned(), request.uri().query().unwrap_or_default().to_owned());
    if query.contains("watch=") {
        let silence = futures::stream::pending::<Result<Frame<Bytes>, Infallible>>();
        return Response::new(UnsyncBoxBody::new(StreamBody::new(silence)));
    }
    if request.method() == Method::POST {
        let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let mut made: Value = serde_json::from_slice(&body).unwrap_or_default();
        made["metadata"]["uid"] = json!("made");
        made["metadata"]["resourceVersion"] = json!("1");
        // Only a review has these.
        let asked = &made["spec"]["resourceAttributes"];
        let is_to_watch =
            asked["namespace"].is_null() && ["list", "watch"].map(Value::from).contains(&asked["verb"]);
        made["status"] = json!({ "allowed": everywhere && is_to_watch });
        return said(StatusCode::CREATED, &made);
    }
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match parts.as_slice() {
        ["version"] => {
            let words = ["gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform"]
                .map(|word| (word.to_owned(), json!("")));
            let mut version = json!({"major": "1", "minor": "36", "gitVersion": "v1.36.3"});
            version.as_object_mut().expect("an object").extend(words);
            said(StatusCode::OK, &version)
        }
        ["api", "v1", "namespaces"] if query.contains("kube-system") => {
            let namespace = json!({"metadata": {"name": "kube-system", "uid": "of-kube-system"}});
            said(StatusCode::OK, &list(&[namespace]))
        }
        ["api", "v1", "namespaces", _, "services", name] => {
            let spec = json!({"clusterIP": "10.96.0.9", "ports": [{"port": 443}]});
            said(StatusCode::OK, &json!({"metadata": {"name": name, "uid": "of-it"}, "spec": spec}))
        }
        ["api", "v1", "namespaces", _, _, _] => {
            let status = json!({"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404, "message": ""});
            said(StatusCode::NOT_FOUND, &status)
        }
        _ => said(StatusCode::OK, &list(&[])),
    }
}

pub(crate) fn list(items: &[Value]) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": "1"}, "items": items})
}

pub(crate) fn said(status: StatusCode, body: &Value) -> Answer {
    let mut response = Response::new(UnsyncBoxBody::new(Full::new(Bytes::from(body.to_string()))));
    *response.status_mut() = status;
    response
}
