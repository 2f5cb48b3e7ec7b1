//! The syncer as a process.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::support::served::{Answer, get};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// Sends a signal to a process of ours.
pub(crate) fn signal(id: u32, signal: Signal) {
    let id = i32::try_from(id).expect("a process id");
    let _ = kill(Pid::from_raw(id), signal);
}

/// The syncer; it ends with this.
pub(crate) struct Syncer {
    arguments: Vec<String>,
    log: PathBuf,
    listen: String,
    child: Option<Child>,
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Syncer {
    /// One that listens on `listen` and logs to a file; not started yet.
    pub(crate) fn new(arguments: Vec<String>, listen: String, folder: &Path) -> Self {
        let log = folder.join("syncer.log");
        Self { arguments, log, listen, child: None }
    }

    pub(crate) fn start(&mut self) {
        let log = fs_err::OpenOptions::new().create(true).append(true).open(&self.log).expect("a log");
        let (log, _) = log.into_parts();
        // Another build of it, such as one that does not change while a long storm goes on.
        let program = std::env::var_os("TENANTBENCH_FAULT_SYNCER");
        let program = program.unwrap_or_else(|| env!("CARGO_BIN_EXE_tenantbench-syncer").into());
        let child = Command::new(program)
            .args(&self.arguments)
            .args(["--listen", &self.listen])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        self.child = Some(child.expect("the syncer starts"));
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub(crate) fn signal(&self, what: Signal) {
        if let Some(child) = &self.child {
            signal(child.id(), what);
        }
    }

    /// Waits for its end; returns its exit code.
    pub(crate) async fn end(&mut self) -> Option<i32> {
        let mut child = self.child.take()?;
        let ended = tokio::task::spawn_blocking(move || child.wait()).await.expect("waits");
        ended.expect("is a child").code()
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().is_ok_and(|status| status.is_some()))
    }

    /// What it tells of itself on this path.
    pub(crate) async fn page(&self, path: &str) -> Answer {
        get(self.listen.parse().expect("an address"), path).await
    }

    pub(crate) fn log(&self) -> String {
        fs_err::read_to_string(&self.log).unwrap_or_default()
    }

    /// What it answers on `/readyz`, if it answers.
    pub(crate) async fn is_ready(&self) -> bool {
        let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
            .build_http::<http_body_util::Empty<hyper::body::Bytes>>();
        let uri = format!("http://{}/readyz", self.listen).parse().expect("an address");
        client.get(uri).await.is_ok_and(|answer| answer.status().is_success())
    }
}
