//! The syncer as an operator runs it: a program with flags, a log and an exit code.

use std::{
    net::SocketAddr,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::{HOST_NAMESPACE, World, free_port};

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
        let folder = world.folder.path();
        let kubeconfig = |name: &str, config: &kube::Config| {
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
        };
        let address: SocketAddr = ([127, 0, 0, 1], free_port()).into();
        let log = folder.join("syncer-program.log");
        let stderr = fs_err::File::create(&log).expect("the folder can be written").into_parts().0;
        let child = Command::new(env!("CARGO_BIN_EXE_tenantbench-syncer"))
            .args(["--name=vc", "--service=vc", "--owner=configmap/plane", "--node-address=127.0.0.1"])
            .arg(format!("--host-namespace={HOST_NAMESPACE}"))
            .arg(format!("--listen={address}"))
            .arg("--host-kubeconfig")
            .arg(kubeconfig("program-host", &world.options.host))
            .arg("--tenant-kubeconfig")
            .arg(kubeconfig("program-tenant", &world.options.tenant))
            .args(flags)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .stderr(stderr)
            .spawn()
            .expect("the program starts");
        Self { child, log, address }
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
        let pid = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().await.expect("kill runs");
        assert!(sent.success(), "{sent}");
        (self.ended().await, began.elapsed())
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        self.child.wait().await.expect("it ends")
    }
}
