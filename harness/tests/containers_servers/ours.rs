//! etcd, kube-apiserver and kube-controller-manager, each a program that the assets step has, in an image of ours.

use std::{path::Path, sync::Arc};

use tenantbench::assets::{self, Binary, Options, Silent};
use testcontainers::{
    ContainerAsync, ContainerRequest, GenericImage, ImageExt,
    core::{IntoContainerPort, WaitFor},
    runners::AsyncRunner,
};

use crate::{
    engine::Loaded,
    server::{self, Api, PORT},
};

/// Three containers and their images; all gone with this value, containers first.
pub(crate) struct Servers {
    api: ContainerAsync<GenericImage>,
    _others: [ContainerAsync<GenericImage>; 2],
    _images: [Loaded; 3],
}

impl Servers {
    pub(crate) async fn start() -> Self {
        let options = Options::from_env(None).unwrap();
        let found = assets::resolve(&options, &Binary::SERVERS, Arc::new(Silent)).await.unwrap();
        let binaries = found.control_plane().unwrap();
        let image = |program: &Path, name: &str| Loaded::of(program, name).0;
        let images = [
            image(&binaries.etcd, "etcd"),
            image(&binaries.api_server, "kube-apiserver"),
            image(&binaries.controller_manager, "kube-controller-manager"),
        ];
        let key = rcgen::KeyPair::generate().unwrap();
        let etcd = started(etcd(&images[0])).await;
        let store = format!("http://{}:2379", etcd.get_bridge_ip_address().await.unwrap());
        let api = started(api_server(&images[1], &store, &key)).await;
        let server = format!("https://{}:{PORT}", api.get_bridge_ip_address().await.unwrap());
        let controllers = started(controllers(&images[2], &server, &key)).await;
        Self { api, _others: [etcd, controllers], _images: images }
    }

    pub(crate) async fn api(&self) -> Api {
        Api::in_container(&self.api).await
    }
}

async fn started(request: ContainerRequest<GenericImage>) -> ContainerAsync<GenericImage> {
    // Old engines do not know their own default network by another name.
    request.with_network("bridge").with_startup_timeout(server::PATIENCE).start().await.unwrap()
}

fn etcd(image: &Loaded) -> ContainerRequest<GenericImage> {
    GenericImage::new(image.name.clone(), image.tag.clone())
        .with_wait_for(WaitFor::message_on_stderr("ready to serve client requests"))
        .with_cmd([
            "--listen-client-urls=http://0.0.0.0:2379",
            "--advertise-client-urls=http://0.0.0.0:2379",
            "--data-dir=/tmp/etcd",
        ])
}

fn api_server(image: &Loaded, store: &str, key: &rcgen::KeyPair) -> ContainerRequest<GenericImage> {
    GenericImage::new(image.name.clone(), image.tag.clone())
        .with_exposed_port(PORT.tcp())
        .with_wait_for(WaitFor::message_on_stderr("Serving securely"))
        .with_copy_to("/tmp/accounts.key", key.serialize_pem().into_bytes())
        .with_copy_to("/tmp/accounts.pub", key.public_key_pem().into_bytes())
        .with_copy_to(server::TOKENS, server::tokens())
        .with_cmd([
            format!("--etcd-servers={store}"),
            "--cert-dir=/tmp/certificates".to_owned(),
            "--service-account-issuer=https://test".to_owned(),
            "--service-account-key-file=/tmp/accounts.pub".to_owned(),
            "--service-account-signing-key-file=/tmp/accounts.key".to_owned(),
            "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
            "--authorization-mode=RBAC".to_owned(),
            format!("--token-auth-file={}", server::TOKENS),
        ])
}

fn controllers(image: &Loaded, server: &str, key: &rcgen::KeyPair) -> ContainerRequest<GenericImage> {
    GenericImage::new(image.name.clone(), image.tag.clone())
        .with_copy_to("/tmp/kubeconfig", server::from_beside(server))
        .with_copy_to("/tmp/accounts.key", key.serialize_pem().into_bytes())
        .with_cmd([
            "--kubeconfig=/tmp/kubeconfig",
            "--service-account-private-key-file=/tmp/accounts.key",
            "--leader-elect=false",
        ])
}
