//! A connection of this machine, carried to a port of a pod through the API.

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use tokio::{io::copy_bidirectional, net::TcpStream};

/// Carries `near` until either side ends it. `pods` must have a client for upgrades.
///
/// # Errors
/// Where the API opens no way to the pod.
pub(crate) async fn carry(pods: &Api<Pod>, pod: &str, port: u16, mut near: TcpStream) -> kube::Result<()> {
    // Small requests and answers are what goes through here; they must not wait for more.
    drop(near.set_nodelay(true));
    let mut forward = pods.portforward(pod, &[port]).await?;
    if let Some(mut far) = forward.take_stream(port) {
        // Either side may hang up at any time.
        if let Err(error) = copy_bidirectional(&mut near, &mut far).await {
            tracing::debug!(%error, pod, "a forwarded connection broke");
        }
    }
    forward.abort();
    Ok(())
}
