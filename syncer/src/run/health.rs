//! Whether the syncer lives and is ready, as state and over HTTP.

use std::{convert::Infallible, net::SocketAddr};

use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{
    body::{Bytes, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::CancellationToken;

use super::RunError;

/// How far a syncer has come. Clones share one state.
#[derive(Clone, Debug)]
pub struct Health(watch::Sender<State>);

#[derive(Clone, Copy, Debug, Default)]
struct State {
    lists: usize,
    drained: bool,
}

impl Default for Health {
    fn default() -> Self {
        Self(watch::Sender::new(State::default()))
    }
}

impl Health {
    /// Whether both sides have been listed and all that they asked for has been done once.
    pub fn is_ready(&self) -> bool {
        self.0.borrow().drained
    }

    /// Returns when it is ready.
    pub async fn ready(&self) {
        self.reach(|state| state.drained).await;
    }

    pub(super) fn list_is_whole(&self) {
        self.0.send_modify(|state| state.lists += 1);
    }

    pub(super) async fn lists_are_whole(&self, all: usize) {
        self.reach(|state| state.lists >= all).await;
    }

    pub(super) fn drained(&self) {
        self.0.send_if_modified(|state| !std::mem::replace(&mut state.drained, true));
    }

    async fn reach(&self, reached: impl FnMut(&State) -> bool) {
        // The sender is `self`, so the channel cannot close meanwhile.
        let _ = self.0.subscribe().wait_for(reached).await;
    }
}

/// Serves `/livez` and `/readyz` on `address` until `stop`.
///
/// # Errors
/// An address that cannot be listened on.
pub async fn serve(address: SocketAddr, health: Health, stop: CancellationToken) -> Result<(), RunError> {
    let listener = TcpListener::bind(address).await.map_err(|source| RunError::Listen { address, source })?;
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else { continue };
        let health = health.clone();
        let service = service_fn(move |request| {
            let answer = answer(&request, &health);
            async move { Ok::<_, Infallible>(answer) }
        });
        tokio::spawn(
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
        );
    }
}

fn answer(request: &Request<Incoming>, health: &Health) -> Response<Full<Bytes>> {
    let (status, text) = match request.uri().path() {
        "/livez" => (StatusCode::OK, "ok"),
        "/readyz" if health.is_ready() => (StatusCode::OK, "ok"),
        "/readyz" => (StatusCode::SERVICE_UNAVAILABLE, "not all is synced yet"),
        _ => (StatusCode::NOT_FOUND, "this serves /livez and /readyz"),
    };
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response
}
