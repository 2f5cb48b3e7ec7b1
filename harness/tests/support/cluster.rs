//! A host, kubectl, and pods that run as processes.

#![allow(dead_code, reason = "each test file uses its part")]
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

use crate::lab::{Lab, stderr, stdout};

/// A host with kubectl.
pub(crate) struct Cluster {
    pub(crate) lab: Lab,
    kubectl: PathBuf,
    kubeconfig: String,
}

impl Cluster {
    pub(crate) fn up(variables: &[(&str, &str)]) -> Self {
        let lab = Lab::new();
        let up = lab.run_with(variables, &["host", "up"]);
        assert!(up.status.success(), "{}", stderr(&up));
        let kubeconfig = stdout(&up).trim().to_owned();
        let kubectl = stdout(&lab.ok(&["tools", "path", "kubectl"])).trim().into();
        Self { lab, kubectl, kubeconfig }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.kubectl);
        command.args(["--kubeconfig", &self.kubeconfig]).args(arguments).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        stdout(&output)
    }

    pub(crate) fn apply(&self, object: &Value) {
        let mut child = self.command(&["apply", "-f", "-"]).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(object.to_string().as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    pub(crate) fn wait(&self, pod: &str, what: &str) {
        self.ok(&["wait", "pod", pod, "--for", what, "--timeout", "30s"]);
    }

    pub(crate) fn ready(&self, pod: &Value) -> String {
        self.apply(pod);
        let name = pod["metadata"]["name"].as_str().unwrap().to_owned();
        let waited = self.run(&["wait", "pod", &name, "--for", "condition=Ready", "--timeout", "30s"]);
        assert!(waited.status.success(), "{}", self.ok(&["describe", "pod", &name]));
        name
    }

    pub(crate) fn get(&self, pod: &str) -> Value {
        serde_json::from_str(&self.ok(&["get", "pod", pod, "-o", "json"])).unwrap()
    }

    /// Runs a shell line in a pod; gives the exit code and what was printed.
    pub(crate) fn exec(&self, pod: &str, line: &str) -> (i32, String, String) {
        let output = self.run(&["exec", pod, "--", "sh", "-c", line]);
        (output.status.code().unwrap(), stdout(&output), stderr(&output))
    }

    /// Ends the host, which must leave nothing.
    pub(crate) fn down(self) {
        self.lab.ok(&["host", "down"]);
        assert!(self.lab.is_clean());
    }
}

/// A pod that runs a shell line as a process.
pub(crate) fn pod(name: &str, line: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": name, "labels": { "app": name } },
        "spec": {
            "terminationGracePeriodSeconds": 5,
            "containers": [{
                "name": "main", "image": "tenantbench.dev/tenantbench:dev", "command": ["sh", "-c", line],
            }],
        },
    })
}

/// Says hello, then stays until it is asked to end.
pub(crate) const FOREVER: &str = "trap 'echo bye; exit 0' TERM; echo hello; while :; do sleep 0.05; done";
