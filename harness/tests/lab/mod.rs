//! A place of its own for each test, cleaned up when the test ends, however it ends.

#![allow(dead_code, reason = "each test file uses its part")]
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

pub(crate) mod running;

use std::{
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use tenantbench::process::{Entry, Identity, of_run};

/// A state folder and the way to run tenantbench in it.
pub(crate) struct Lab {
    folder: tempfile::TempDir,
}

impl Lab {
    pub(crate) fn new() -> Self {
        // Unix sockets need a short path, so not below a long TMPDIR.
        Self { folder: tempfile::Builder::new().prefix("tb-").tempdir_in("/tmp").unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tenantbench"));
        command.args(arguments).env("TENANTBENCH_STATE", self.path("state")).stdin(Stdio::null());
        // A test that means another host says so; the machine's Docker decides nothing.
        command.env("TENANTBENCH_HOST", "local");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(&[], arguments)
    }

    pub(crate) fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
        self.command(arguments).envs(variables.iter().copied()).output().unwrap()
    }

    /// Runs tenantbench with its state on a disk of this size: a tmpfs in namespaces of its own, which need no root.
    pub(crate) fn run_on_small_disk(&self, size: &str, arguments: &[&str]) -> Output {
        let state = self.path("state");
        std::fs::create_dir(&state).unwrap();
        let script = format!("mount -t tmpfs -o size={size} tmpfs '{}' && exec \"$@\"", state.display());
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script, "sh"]);
        command.arg(env!("CARGO_BIN_EXE_tenantbench")).args(arguments);
        command
            .env("TENANTBENCH_STATE", state)
            .env("TENANTBENCH_HOST", "local")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Runs tenantbench, which must succeed.
    pub(crate) fn ok(&self, arguments: &[&str]) -> Output {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}\n{}", output.status, stderr(&output));
        output
    }

    /// helm, where it is installed; says why not.
    pub(crate) fn helm(&self) -> Option<PathBuf> {
        let found = self.run(&["tools", "path", "helm"]);
        if found.status.success() {
            return Some(stdout(&found).trim().into());
        }
        println!("skipped what needs helm: {}", stderr(&found).trim());
        None
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    pub(crate) fn run_folder(&self) -> PathBuf {
        self.path("state/runs/default")
    }

    /// The one host's status.
    pub(crate) fn host(&self) -> Value {
        let list: Value =
            serde_json::from_slice(&self.ok(&["host", "list", "--format", "json"]).stdout).unwrap();
        list["hosts"][0].clone()
    }

    pub(crate) fn supervisor(&self) -> Identity {
        let processes = self.processes();
        let ledger: Vec<_> = recorded(self);
        let supervisor = processes.iter().find(|process| !ledger.contains(&process.identity));
        supervisor.map_or_else(|| Identity { pid: u32::MAX >> 1, start_ticks: 0 }, |process| process.identity)
    }

    pub(crate) fn component(&self, name: &str) -> Identity {
        let pid = self.host()["processes"][name].as_u64().unwrap();
        Identity::of(pid.try_into().unwrap()).unwrap()
    }

    /// All processes of the host: the supervisor and what it started.
    pub(crate) fn processes(&self) -> Vec<Entry> {
        of_run(&self.run_folder())
    }

    /// `127.0.0.1:PORT`, once the kubeconfig of a starting host says it.
    pub(crate) fn announced_address(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.run_folder().join("admin.kubeconfig")).ok()?;
        let (_, rest) = text.split_once("https://")?;
        Some(rest.split_once('"')?.0.to_owned())
    }

    /// The processes of every host that runs in this lab.
    pub(crate) fn all_processes(&self) -> Vec<Entry> {
        let runs = std::fs::read_dir(self.path("state/runs")).into_iter().flatten().flatten();
        runs.flat_map(|run| of_run(&run.path())).collect()
    }

    /// The programs of any run whose command line holds all these words, as arguments of their own.
    pub(crate) fn processes_with(&self, words: &[&str]) -> Vec<Identity> {
        let identities = self.all_processes().into_iter().map(|process| process.identity);
        identities
            .filter(|identity| {
                let line = std::fs::read(format!("/proc/{}/cmdline", identity.pid)).unwrap_or_default();
                let arguments: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
                words.iter().all(|word| arguments.contains(&word.as_bytes()))
            })
            .collect()
    }

    /// True if nothing is left of any run, whatever it was called.
    pub(crate) fn is_clean_everywhere(&self) -> bool {
        self.all_processes().is_empty()
            && std::fs::read_dir(self.path("state/runs")).map_or(true, |mut runs| runs.next().is_none())
    }

    /// True if nothing is left of any run.
    pub(crate) fn is_clean(&self) -> bool {
        let runs = self.path("state/runs");
        self.processes().is_empty() && std::fs::read_dir(runs).is_ok_and(|mut runs| runs.next().is_none())
    }

    /// Looks again and again, for half a minute at most.
    pub(crate) fn until<T>(&self, look: impl Fn() -> Option<T>) -> T {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            match look() {
                Some(found) => return found,
                None => assert!(Instant::now() < end, "it did not happen in 30 s"),
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        drop(self.command(&["host", "down", "--all"]).output());
    }
}

fn recorded(lab: &Lab) -> Vec<Identity> {
    let ledger = tenantbench::process::Ledger::at(lab.run_folder().join("processes.ndjson"));
    ledger.read().unwrap_or_default().into_iter().map(|entry| entry.identity).collect()
}

pub(crate) fn identity(child: &Child) -> Identity {
    Identity::of(child.id()).unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
