//! A host, and a developer on it who may do what `admin` may in one namespace.

#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    path::PathBuf,
    process::{Command, Output, Stdio},
    sync::Arc,
    time::Duration,
};

use tenantbench::{
    host::supervised::SupervisedHost,
    tenancy::{Limits, Platform, kubeconfig_file},
};

use crate::lab::{Lab, stderr, stdout};

pub(crate) const NAMESPACE: &str = "team-a";

pub(crate) struct Developer {
    pub(crate) lab: Lab,
    pub(crate) kubeconfig: PathBuf,
    pub(crate) kubectl: PathBuf,
}

impl Developer {
    /// Starts a host; the platform makes the namespace with its fence, and has a certificate signed for the developer.
    pub(crate) async fn new() -> Self {
        let lab = Lab::new();
        lab.ok(&["host", "up"]);
        Self::on(lab).await
    }

    /// The same on the host that the lab has.
    pub(crate) async fn on(lab: Lab) -> Self {
        let host =
            SupervisedHost::connect(&lab.path("state/runs"), &"default".parse().unwrap()).await.unwrap();
        let platform = Platform::new(Arc::new(host), "test".into(), Duration::from_secs(60)).await.unwrap();
        let own = platform.namespace(NAMESPACE, "developer", &Limits::default()).await.unwrap();
        let kubeconfig = lab.path("developer.kubeconfig");
        kubeconfig_file::write(&kubeconfig, &own).unwrap();
        let kubectl = stdout(&lab.ok(&["tools", "path", "kubectl"])).trim().into();
        Self { lab, kubeconfig, kubectl }
    }

    /// A verb of `tenant` in the developer's namespace.
    pub(crate) fn tenant(&self, arguments: &[&str]) -> Command {
        let mut command = self.lab.command(&[&["tenant", "-n", NAMESPACE], arguments].concat());
        command.env("KUBECONFIG", &self.kubeconfig);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.tenant(arguments).output().unwrap()
    }

    /// The same; it must succeed. Its standard output.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}\n{}", stdout(&output), stderr(&output));
        stdout(&output)
    }

    /// kubectl on the host, as the developer.
    pub(crate) fn on_host(&self, arguments: &[&str]) -> Output {
        self.kubectl(arguments).output().unwrap()
    }

    /// The same; it must succeed. Its standard output.
    pub(crate) fn on_host_ok(&self, arguments: &[&str]) -> String {
        let output = self.on_host(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        stdout(&output)
    }

    /// The same, not yet started.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.kubectl);
        command.arg("--kubeconfig").arg(&self.kubeconfig).args(["-n", NAMESPACE]).args(arguments);
        command.stdin(Stdio::null());
        command
    }

    /// kubectl in a virtual cluster, by a way that ends with it. It must succeed.
    pub(crate) fn inside(&self, name: &str, arguments: &[&str]) -> String {
        let kubectl = self.kubectl.to_str().unwrap();
        self.ok(&[&["connect", name, "--", kubectl], arguments].concat())
    }

    /// What the virtual clusters have in the namespace, as `kind/name`.
    pub(crate) fn left(&self) -> Vec<String> {
        let kinds = "statefulsets,services,pods,secrets,serviceaccounts,roles,rolebindings,configmaps,\
                     persistentvolumeclaims";
        let selector = "tenantbench.dev/virtual-cluster";
        let found = self.on_host(&["get", kinds, "-l", selector, "-o", "name"]);
        stdout(&found).lines().map(str::to_owned).collect()
    }
}
