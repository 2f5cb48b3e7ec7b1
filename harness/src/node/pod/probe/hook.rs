//! What a container does before it is told to end.

use std::time::Duration;

use k8s_openapi::api::core::v1::{LifecycleHandler, Probe};
use tokio::time;

use super::{Probed, target::Target};

/// Runs a hook to its end; the error says what went wrong.
pub(crate) async fn run(probed: &Probed, hook: &LifecycleHandler) -> Result<(), String> {
    if let Some(sleep) = &hook.sleep {
        time::sleep(Duration::from_secs(u64::try_from(sleep.seconds).unwrap_or_default())).await;
        return Ok(());
    }
    // It acts by the same means by which a probe asks.
    let means = Probe {
        exec: hook.exec.clone(),
        http_get: hook.http_get.clone(),
        tcp_socket: hook.tcp_socket.clone(),
        ..Probe::default()
    };
    Target::of(&means, &probed.container).check(probed).await
}
