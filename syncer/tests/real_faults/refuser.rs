//! An API server that refuses everything in one way.

use std::{net::SocketAddr, path::Path};

use http::{Response, StatusCode};
use http_body_util::{Full, combinators::UnsyncBoxBody};
use serde_json::json;
use tokio::sync::watch;

use crate::support::played_server::PlayedServer;

/// Runs until it is dropped.
pub(crate) struct Refuser {
    server: PlayedServer,
    answers: watch::Sender<usize>,
}

impl Refuser {
    /// With the certificate of the world in `folder`.
    pub(crate) async fn start(folder: &Path, status: StatusCode) -> Self {
        let answers = watch::Sender::new(0);
        let counted = answers.clone();
        let server = PlayedServer::start(folder, move |_| {
            counted.send_modify(|answers| *answers += 1);
            let body = json!({
                "apiVersion": "v1", "kind": "Status", "status": "Failure", "message": "refused by the test",
                "reason": "Refused", "code": status.as_u16(),
            });
            let mut response = Response::new(UnsyncBoxBody::new(Full::from(body.to_string())));
            *response.status_mut() = status;
            async move { response }
        });
        Self { server: server.await, answers }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Returns when so many requests have been refused.
    pub(crate) async fn refused(&self, many: usize) {
        self.answers.subscribe().wait_for(|answers| *answers >= many).await.expect("it serves");
    }
}
