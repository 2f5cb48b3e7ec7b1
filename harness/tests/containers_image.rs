//! Images of ours in a container engine that had no part in making them. Skipped, with the reason, where there is none.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
    sync::Arc,
    time::Duration,
};

use tenantbench::{
    assets::{self, Binary, Options, Silent},
    image::Image,
};
use testcontainers::{
    ContainerAsync, GenericImage, ImageExt,
    core::{IntoContainerPort, WaitFor},
    runners::AsyncRunner,
};

fn docker(arguments: &[&str]) -> Output {
    Command::new("docker").args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Whether there is a container engine; says why where there is none.
fn engine() -> bool {
    let asked = Command::new("docker").args(["info", "--format", "{{.ServerVersion}}"]).output();
    let there = asked.is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("skipped: no Docker engine answers (`docker info` says why)");
    }
    there
}

/// An image in the engine, gone with this value.
struct Loaded {
    name: String,
    tag: String,
}

impl Loaded {
    fn of(program: &Path, name: &str) -> (Self, Image) {
        let loaded = Self { name: format!("tenantbench.test/{name}"), tag: std::process::id().to_string() };
        let image = Image::of(program, name, &loaded.reference()).unwrap();
        let mut load = Command::new("docker").arg("load").stdin(Stdio::piped()).spawn().unwrap();
        load.stdin.take().unwrap().write_all(&image.archive().unwrap()).unwrap();
        assert!(load.wait().unwrap().success());
        (loaded, image)
    }

    fn reference(&self) -> String {
        format!("{}:{}", self.name, self.tag)
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        docker(&["rmi", "--force", &self.reference()]);
    }
}

#[test]
fn docker_loads_our_image_under_its_name_and_digest_and_runs_it() {
    if !engine() {
        return;
    }
    let (loaded, image) = Loaded::of(Path::new(env!("CARGO_BIN_EXE_tenantbench")), "tenantbench");
    let id = said(&docker(&["image", "inspect", "--format", "{{.Id}}", &loaded.reference()]));
    assert_eq!(id, image.id());
    let version = said(&docker(&["run", "--rm", &loaded.reference(), "--version"]));
    assert_eq!(version, format!("tenantbench {}", env!("CARGO_PKG_VERSION")));
    // What is not in the image would be missed by a program that looks a name up.
    let found = said(&docker(&["run", "--rm", &loaded.reference(), "internal", "fetch", "localhost:9"]));
    assert!(found.contains("unreached"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_api_server_and_its_store_answer_from_images_of_ours() {
    if !engine() {
        return;
    }
    let options = Options::from_env(None).unwrap();
    let found = assets::resolve(&options, &Binary::SERVERS, Arc::new(Silent)).await.unwrap();
    let binaries = found.control_plane().unwrap();
    let (store, _) = Loaded::of(&binaries.etcd, "etcd");
    let (server, _) = Loaded::of(&binaries.api_server, "kube-apiserver");

    let etcd = etcd(&store).await;
    let address = format!("http://{}:2379", etcd.get_bridge_ip_address().await.unwrap());
    let api = api_server(&server, &address).await;
    let port = api.get_host_port_ipv4(6443).await.unwrap();

    let mut config = kube::Config::new(format!("https://127.0.0.1:{port}").parse().unwrap());
    config.accept_invalid_certs = true;
    config.auth_info.token = Some(TOKEN.to_owned().into());
    let client = kube::Client::try_from(config).unwrap();
    let version = tokio::time::timeout(Duration::from_secs(60), client.apiserver_version());
    assert!(version.await.unwrap().unwrap().git_version.starts_with("v1."));
}

const TOKEN: &str = "of-this-test";

async fn etcd(image: &Loaded) -> ContainerAsync<GenericImage> {
    GenericImage::new(image.name.clone(), image.tag.clone())
        .with_wait_for(WaitFor::message_on_stderr("ready to serve client requests"))
        .with_cmd([
            "--listen-client-urls=http://0.0.0.0:2379",
            "--advertise-client-urls=http://0.0.0.0:2379",
            "--data-dir=/tmp/etcd",
        ])
        // Old engines do not know their own default network by that name.
        .with_network("bridge")
        .start()
        .await
        .unwrap()
}

async fn api_server(image: &Loaded, store: &str) -> ContainerAsync<GenericImage> {
    let key = rcgen::KeyPair::generate().unwrap();
    GenericImage::new(image.name.clone(), image.tag.clone())
        .with_exposed_port(6443.tcp())
        .with_wait_for(WaitFor::message_on_stderr("Serving securely"))
        .with_copy_to("/tmp/accounts.key", key.serialize_pem().into_bytes())
        // Its group needs no roles, which a server that has just started has not made yet.
        .with_copy_to("/tmp/tokens.csv", format!("{TOKEN},tester,1,system:masters\n").into_bytes())
        .with_copy_to("/tmp/accounts.pub", key.public_key_pem().into_bytes())
        .with_startup_timeout(Duration::from_secs(120))
        .with_cmd([
            format!("--etcd-servers={store}"),
            "--cert-dir=/tmp/certificates".to_owned(),
            "--service-account-issuer=https://test".to_owned(),
            "--service-account-key-file=/tmp/accounts.pub".to_owned(),
            "--service-account-signing-key-file=/tmp/accounts.key".to_owned(),
            "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
            "--authorization-mode=RBAC".to_owned(),
            "--token-auth-file=/tmp/tokens.csv".to_owned(),
        ])
        .start()
        .await
        .unwrap()
}
