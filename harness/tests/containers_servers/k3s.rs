//! k3s, from its own image: another server, another store (SQLite behind kine), other controllers.

use tenantbench::assets::versions::K3S_IMAGE;
use testcontainers::{ContainerAsync, GenericImage, ImageExt, core::IntoContainerPort, runners::AsyncRunner};

use crate::{
    engine::docker,
    server::{self, Api, PORT},
};

/// Names another image of k3s, such as one of a company's own registry.
const VARIABLE: &str = "TENANTBENCH_K3S_IMAGE";

pub(crate) struct K3s(ContainerAsync<GenericImage>);

/// The image, pulled where it is not there; or why it cannot be had.
pub(crate) fn image() -> Result<String, String> {
    let image = std::env::var(VARIABLE).unwrap_or_else(|_| K3S_IMAGE.to_owned());
    if docker(&["image", "inspect", &image]).status.success() {
        return Ok(image);
    }
    let pulled = docker(&["pull", "--quiet", &image]);
    let words = String::from_utf8_lossy(&pulled.stderr);
    let reason = words.lines().last().unwrap_or("docker gave no reason");
    if pulled.status.success() { Ok(image) } else { Err(format!("no image {image} of k3s: {reason}")) }
}

/// Its servers alone: an agent needs rights over the whole machine.
pub(crate) async fn start(image: &str) -> K3s {
    let (name, tag) = image.rsplit_once(':').unwrap();
    let container = GenericImage::new(name, tag)
        .with_exposed_port(PORT.tcp())
        .with_copy_to(server::TOKENS, server::tokens())
        .with_startup_timeout(server::PATIENCE)
        .with_cmd([
            "server".to_owned(),
            "--disable-agent".to_owned(),
            "--disable=coredns,local-storage,metrics-server,servicelb,traefik".to_owned(),
            format!("--kube-apiserver-arg=token-auth-file={}", server::TOKENS),
        ])
        .start()
        .await
        .unwrap();
    K3s(container)
}

impl K3s {
    pub(crate) async fn api(&self) -> Api {
        Api::in_container(&self.0).await
    }
}
