//! What every server here has in common: a token that may do all, and a port of this machine.

use std::time::{Duration, Instant};

use kube::config::Kubeconfig;
use serde_json::json;
use testcontainers::{ContainerAsync, GenericImage};

/// The port of an API server in its container.
pub(crate) const PORT: u16 = 6443;

/// Where [`tokens`] lie in the container.
pub(crate) const TOKENS: &str = "/tmp/tokens.csv";

/// How long a server may take until it answers.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

const TOKEN: &str = "of-this-test";

/// Its group needs no roles, which a server that has just started has not made yet.
pub(crate) fn tokens() -> Vec<u8> {
    format!("{TOKEN},tester,1,system:masters\n").into_bytes()
}

/// A kubeconfig with a token. Each server makes a certificate of its own, which is not what is tried here.
pub(crate) fn kubeconfig(server: &str, token: &str) -> Kubeconfig {
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "it",
        "clusters": [{"name": "it", "cluster": {"server": server, "insecure-skip-tls-verify": true}}],
        "users": [{"name": "it", "user": {"token": token}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
    });
    serde_json::from_value(config).unwrap()
}

/// An API server that answers.
pub(crate) struct Api {
    server: String,
}

impl Api {
    /// The server in a container, once it calls itself ready.
    pub(crate) async fn in_container(container: &ContainerAsync<GenericImage>) -> Self {
        let port = container.get_host_port_ipv4(PORT).await.unwrap();
        let api = Self { server: format!("https://127.0.0.1:{port}") };
        let config = kube::Config::from_custom_kubeconfig(api.admin(), &Default::default()).await.unwrap();
        let client = kube::Client::try_from(config).unwrap();
        let begun = Instant::now();
        loop {
            let request = http::Request::get("/readyz").body(Vec::new()).unwrap();
            match client.request_text(request).await {
                Ok(_) => return api,
                Err(error) if begun.elapsed() > PATIENCE => panic!("{} is not ready: {error}", api.server),
                // A server that is starting can be asked, and tells nobody when it is done.
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    }

    /// Whoever may do everything.
    pub(crate) fn admin(&self) -> Kubeconfig {
        kubeconfig(&self.server, TOKEN)
    }

    pub(crate) fn of(&self, token: &str) -> Kubeconfig {
        kubeconfig(&self.server, token)
    }
}

/// The same token, from another container.
pub(crate) fn from_beside(server: &str) -> Vec<u8> {
    serde_json::to_vec(&kubeconfig(server, TOKEN)).unwrap()
}
