//! An API server that is busy: it stands before a real one and asks to come again later, as often as it is told to.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Method, Request, Response, StatusCode, header::RETRY_AFTER};
use http_body_util::{Full, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use parking_lot::Mutex;
use serde_json::json;

use crate::{
    front::{behind, forward},
    support::played_server::{Answer, PlayedServer},
};

/// Runs until it is dropped.
pub(crate) struct Throttler {
    pub(crate) server: PlayedServer,
    state: Arc<Mutex<State>>,
}

struct State {
    /// Creations of pods that are still to be turned away.
    left: usize,
    /// When pods were asked for.
    asked: Vec<Instant>,
}

impl Throttler {
    /// Stands before the API server of `config`, with the certificate in `folder`. The first `times` creations of pods are
    /// told to come again after `wait`.
    pub(crate) async fn start(folder: &Path, config: kube::Config, times: usize, wait: Duration) -> Self {
        let behind = behind(config);
        let state = Arc::new(Mutex::new(State { left: times, asked: Vec::new() }));
        let seen = Arc::clone(&state);
        let server = PlayedServer::start(folder, move |request: Request<Incoming>| {
            let is_turned_away = seen.lock().is_turned_away(&request);
            let behind = behind.clone();
            async move { if is_turned_away { later(wait) } else { forward(behind, request).await } }
        });
        Self { server: server.await, state }
    }

    /// The time from each time that a pod was asked for to the next.
    pub(crate) fn pauses(&self) -> Vec<Duration> {
        let asked = &self.state.lock().asked;
        asked.windows(2).map(|pair| pair[1].duration_since(pair[0])).collect()
    }
}

impl State {
    fn is_turned_away(&mut self, request: &Request<Incoming>) -> bool {
        if request.method() != Method::POST || !request.uri().path().ends_with("/pods") {
            return false;
        }
        self.asked.push(Instant::now());
        let is_turned_away = self.left > 0;
        self.left = self.left.saturating_sub(1);
        is_turned_away
    }
}

fn later(wait: Duration) -> Answer {
    let body = json!({
        "apiVersion": "v1", "kind": "Status", "status": "Failure", "message": "the test asks to come again later",
        "reason": "TooManyRequests", "code": 429,
    });
    let response = Response::builder().status(StatusCode::TOO_MANY_REQUESTS);
    let response = response.header(RETRY_AFTER, wait.as_secs());
    response.body(UnsyncBoxBody::new(Full::from(body.to_string()))).expect("a response")
}
