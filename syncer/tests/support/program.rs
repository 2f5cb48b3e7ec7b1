//! The syncer as an operator runs it: a program with flags, a log and an exit code.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::{HOST_NAMESPACE, World, free_port, soon};

/// A syncer in a process of its own, killed when it is dropped.
pub(crate) struct SyncerProgram {
    child: Child,
    log: PathBuf,
    /// Where it serves what it tells of itself.
    pub(crate) address: SocketAddr,
}

impl SyncerProgram {
    /// Starts it for `world`, with these flags besides the necessary ones.
    pub(crate) fn start(world: &World, flags: &[&str]) -> Self {
        let own = kubeconfig(world.folder.path(), "program-tenant", &world.options.tenant);
        let one = [
            "--name=vc".to_owned(),
            format!("--host-namespace={HOST_NAMESPACE}"),
            "--tenant-kubeconfig".to_owned(),
        ];
        let one = one.into_iter().chain([own.display().to_string()]);
        Self::run(world, one.chain(flags.iter().map(|&flag| flag.to_owned())))
    }

    /// Starts one of many tenants, with these flags to say which; their host namespaces are `tenant-NAME`.
    pub(crate) fn of_many(world: &World, flags: &[&str]) -> Self {
        let many = std::iter::once("--host-namespace=tenant-{tenant}").chain(flags.iter().copied());
        Self::run(world, many.map(str::to_owned))
    }

    fn run(world: &World, flags: impl Iterator<Item = String>) -> Self {
        let folder = world.folder.path();
        let host = kubeconfig(folder, "program-host", &world.options.host);
        let all = ["--service=vc", "--owner=configmap/plane", "--node-address=127.0.0.1"].map(str::to_owned);
        let all = all.into_iter().chain([format!("--host-kubeconfig={}", host.display())]);
        Self::spawn(folder, all.chain(flags))
    }

    /// Starts one with these flags, and its log in `folder`.
    pub(crate) fn spawn(folder: &Path, flags: impl Iterator<Item = String>) -> Self {
        let address: SocketAddr = ([127, 0, 0, 1], free_port()).into();
        let log = folder.join(format!("syncer-program-{}.log", address.port()));
        let stderr = fs_err::File::create(&log).expect("the folder can be written").into_parts().0;
        let child = Command::new(env!("CARGO_BIN_EXE_tenantbench-syncer"))
            .arg(format!("--listen={address}"))
            .args(flags)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .stderr(stderr)
            .spawn()
            .expect("the program starts");
        Self { child, log, address }
    }

    /// Returns when it serves what it tells of itself. There is nothing to watch in another process before it does.
    pub(crate) async fn serves(&self) {
        let served = async {
            while tokio::net::TcpStream::connect(self.address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        soon("the program to serve", served).await;
    }

    /// Its log so far.
    pub(crate) fn log(&self) -> String {
        fs_err::read_to_string(&self.log).expect("a log")
    }

    /// The lines of a log in JSON.
    pub(crate) fn log_lines(&self) -> Vec<Value> {
        let log = self.log();
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
    }

    /// Sends SIGTERM; returns how it ended and how long that took.
    pub(crate) async fn terminate(&mut self) -> (ExitStatus, Duration) {
        let began = Instant::now();
        self.signal("-TERM").await;
        (self.ended().await, began.elapsed())
    }

    /// Sends a signal, as `kill` names it.
    pub(crate) async fn signal(&self, signal: &str) {
        let pid = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().await.expect("kill runs");
        assert!(sent.success(), "{sent}");
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        self.child.wait().await.expect("it ends")
    }
}

/// Writes a kubeconfig of this name.
pub(super) fn kubeconfig(folder: &Path, name: &str, config: &kube::Config) -> PathBuf {
    let path = folder.join(format!("{name}.kubeconfig"));
    let text = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {
            "server": config.cluster_url.to_string(), "certificate-authority": folder.join("ca.crt"),
        }}],
        "users": [{"name": "c", "user": config.auth_info}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
    });
    fs_err::write(&path, text.to_string()).expect("the folder can be written");
    path
}
