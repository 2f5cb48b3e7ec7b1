//! `/healthz`, `/readyz` and `/metrics`.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use axum::{Router, extract::State, http::StatusCode, routing::get};
use tokio::net::TcpListener;

use super::{context::Context, error::OperatorError};

/// How far the operator is.
#[derive(Debug, Default)]
pub(super) struct Progress {
    standing_by: AtomicBool,
    leading: AtomicBool,
    watches_awaited: AtomicUsize,
}

impl Progress {
    /// The lease is watched: should its holder vanish, this process takes over.
    pub(super) fn standing_by(&self) {
        self.standing_by.store(true, Ordering::Release);
    }

    /// This process leads and has begun `watches` watches.
    pub(super) fn leading(&self, watches: usize) {
        self.watches_awaited.store(watches, Ordering::Release);
        self.leading.store(true, Ordering::Release);
    }

    /// One watch has told all there was.
    pub(super) fn watch_started(&self) {
        self.watches_awaited.fetch_sub(1, Ordering::AcqRel);
    }

    fn is_leading(&self) -> bool {
        self.leading.load(Ordering::Acquire)
    }

    /// A leader is ready when it sees everything, a standby when it sees the lease.
    fn is_ready(&self) -> bool {
        if self.is_leading() {
            self.watches_awaited.load(Ordering::Acquire) == 0
        } else {
            self.standing_by.load(Ordering::Acquire)
        }
    }
}

/// Binds the port; an error here is better than an operator that nobody can probe.
pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener, OperatorError> {
    TcpListener::bind(address).await.map_err(|source| OperatorError::Listen { address, source })
}

/// Serves until the process ends.
pub(super) async fn serve(
    listener: TcpListener,
    progress: Arc<Progress>,
    context: Arc<Context>,
) -> Result<(), OperatorError> {
    let router = Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state((progress, context));
    axum::serve(listener, router).await.map_err(OperatorError::Serve)
}

type Shared = State<(Arc<Progress>, Arc<Context>)>;

async fn ready(State((progress, _)): Shared) -> (StatusCode, &'static str) {
    if progress.is_ready() {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the watches have not begun")
    }
}

async fn metrics(State((progress, context)): Shared) -> String {
    context.metrics.text(progress.is_leading())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standby_is_ready_when_it_watches_the_lease_and_a_leader_when_it_sees_everything() {
        let progress = Progress::default();
        assert!(!progress.is_ready());
        progress.standing_by();
        assert!(progress.is_ready());
        progress.leading(2);
        assert!(!progress.is_ready());
        progress.watch_started();
        progress.watch_started();
        assert!(progress.is_ready());
    }
}
