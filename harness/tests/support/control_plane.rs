//! Real etcd, kube-apiserver and, by wish, kube-controller-manager for one test.

use std::{
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use k8s_openapi::api::{authentication::v1::TokenRequest, core::v1::ServiceAccount};
use kube::{Api, Client, api::PostParams, config::Kubeconfig};
use nix::sys::{prctl::set_pdeathsig, signal::Signal};
use tenantbench::host::ports::free_ports;
use tenantbench_syncer::client::{self, Purpose};

/// A control plane that ends with the value.
pub(crate) struct ControlPlane {
    pub(crate) client: Client,
    kubeconfig: Kubeconfig,
    children: Vec<Child>,
    folder: tempfile::TempDir,
}

impl ControlPlane {
    /// Starts etcd and kube-apiserver, and waits until they answer.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (etcd_port, peer_port, port) = (free_port(), free_port(), free_port());
        let etcd = format!("http://127.0.0.1:{etcd_port}");
        let peer = format!("http://127.0.0.1:{peer_port}");
        let mut children = vec![spawn(
            folder.path(),
            "etcd",
            &[
                "--data-dir=data",
                "--unsafe-no-fsync",
                &format!("--listen-client-urls={etcd}"),
                &format!("--advertise-client-urls={etcd}"),
                &format!("--listen-peer-urls={peer}"),
                &format!("--initial-advertise-peer-urls={peer}"),
                &format!("--initial-cluster=default={peer}"),
            ],
        )];
        write_credentials(folder.path());
        children.push(spawn(
            folder.path(),
            "kube-apiserver",
            &[
                &format!("--etcd-servers={etcd}"),
                &format!("--secure-port={port}"),
                "--bind-address=127.0.0.1",
                "--cert-dir=certs",
                "--token-auth-file=tokens.csv",
                "--service-account-key-file=sa.pub",
                "--service-account-signing-key-file=sa.key",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--authorization-mode=RBAC",
                "--service-cluster-ip-range=10.96.0.0/16",
                "--disable-admission-plugins=ServiceAccount",
                "--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
            ],
        ));
        let kubeconfig = kubeconfig(folder.path(), port).await;
        let client = connect(&kubeconfig).await;
        until_ready(&client, folder.path()).await;
        Self { client, kubeconfig, children, folder }
    }

    /// Starts kube-controller-manager beside it, for garbage collection and Jobs.
    pub(crate) fn start_controller_manager(&mut self) {
        let port = format!("--secure-port={}", free_port());
        let kubeconfig = format!("--kubeconfig={}", self.kubeconfig_file().display());
        self.children.push(spawn(
            self.folder.path(),
            "kube-controller-manager",
            &[&kubeconfig, "--leader-elect=false", "--bind-address=127.0.0.1", &port, "--cert-dir=certs-kcm"],
        ));
    }

    /// The admin's kubeconfig as a file.
    pub(crate) fn kubeconfig_file(&self) -> PathBuf {
        let file = self.folder.path().join("kubeconfig");
        std::fs::write(&file, serde_json::to_string(&self.kubeconfig).unwrap()).unwrap();
        file
    }

    /// A client with the rights of a ServiceAccount.
    pub(crate) async fn service_account(&self, namespace: &str, name: &str) -> Client {
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client.clone(), namespace);
        let request = TokenRequest::default();
        let answer = accounts.create_token_request(name, &PostParams::default(), &request).await.unwrap();
        let mut kubeconfig = serde_json::to_value(&self.kubeconfig).unwrap();
        kubeconfig["users"][0]["user"]["token"] = answer.status.unwrap().token.into();
        connect(&serde_json::from_value(kubeconfig).unwrap()).await
    }

    /// Another client of its own connections.
    pub(crate) async fn another_client(&self) -> Client {
        connect(&self.kubeconfig).await
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A port of loopback that nobody had a moment ago.
pub(crate) fn free_port() -> u16 {
    let [port] = free_ports().unwrap();
    port
}

/// One of the real binaries.
pub(crate) fn binary(name: &str) -> PathBuf {
    let found =
        Command::new(env!("CARGO_BIN_EXE_tenantbench")).args(["tools", "path", name]).output().unwrap();
    assert!(found.status.success(), "no {name}; run `tenantbench tools install`, or set TENANTBENCH_ASSETS");
    PathBuf::from(String::from_utf8(found.stdout).unwrap().trim())
}

fn spawn(folder: &Path, name: &str, flags: &[&str]) -> Child {
    let log = std::fs::File::create(folder.join(format!("{name}.log"))).unwrap();
    let mut command = Command::new(binary(name));
    command.args(flags).current_dir(folder).stdin(Stdio::null());
    command.stdout(log.try_clone().unwrap()).stderr(log);
    // SAFETY: prctl is a plain system call. A test that aborts drops nothing, and must leave no server behind.
    unsafe { command.pre_exec(|| Ok(set_pdeathsig(Signal::SIGKILL)?)) };
    command.spawn().unwrap_or_else(|error| panic!("cannot start {}: {error}", binary(name).display()))
}

fn write_credentials(folder: &Path) {
    let key = rcgen::KeyPair::generate().unwrap();
    std::fs::write(folder.join("sa.key"), key.serialize_pem()).unwrap();
    std::fs::write(folder.join("sa.pub"), key.public_key_pem()).unwrap();
    std::fs::write(folder.join("tokens.csv"), "secret,admin,admin,system:masters\n").unwrap();
}

/// The API server makes its own certificate; what it wrote is what is trusted.
async fn kubeconfig(folder: &Path, port: u16) -> Kubeconfig {
    let certificate = folder.join("certs/apiserver.crt");
    for _ in 0..600 {
        if certificate.is_file() && folder.join("certs/apiserver.key").is_file() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(certificate.is_file(), "{}", log(folder, "kube-apiserver"));
    serde_json::from_value(serde_json::json!({
        "clusters": [{"name": "test", "cluster": {
            "server": format!("https://127.0.0.1:{port}"), "certificate-authority": certificate,
        }}],
        "users": [{"name": "admin", "user": {"token": "secret"}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
        "current-context": "test",
    }))
    .unwrap()
}

async fn connect(kubeconfig: &Kubeconfig) -> Client {
    let config = client::from_kubeconfig(kubeconfig.clone()).await.unwrap();
    client::client(config, Purpose::Watches { streams: 20 }).unwrap()
}

/// There is nothing to watch before the API server answers, so this one wait asks again and again.
async fn until_ready(client: &Client, folder: &Path) {
    for _ in 0..600 {
        let request = http::Request::get("/readyz").body(Vec::new()).unwrap();
        if client.request_text(request).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("kube-apiserver is not ready: {}", log(folder, "kube-apiserver"));
}

fn log(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(format!("{name}.log"))).unwrap_or_default()
}
