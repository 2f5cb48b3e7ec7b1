//! The real kubectl, with one side's kubeconfig.

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use crate::lab::{Lab, stderr, stdout};

pub(crate) struct Kubectl {
    program: PathBuf,
    config: PathBuf,
}

impl Kubectl {
    /// With the kubeconfig that a kept run wrote for this side of its virtual cluster.
    pub(crate) fn of_kept(lab: &Lab, results: &str, side: &str) -> Self {
        let runs = std::fs::read_dir(lab.path(results)).unwrap().flatten().map(|run| run.path());
        let mut configs = runs.map(|run| run.join(format!("vcluster-{side}.kubeconfig")));
        let config = configs.find(|config| config.is_file());
        let config = config.unwrap_or_else(|| panic!("no kubeconfig of the {side} among the results"));
        let program = stdout(&lab.ok(&["tools", "path", "kubectl"])).trim().into();
        Self { program, config }
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// Its standard output; it must succeed.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        succeeded(arguments, &self.run(arguments))
    }

    /// The same with something on its standard input.
    pub(crate) fn ok_with(&self, input: &str, arguments: &[&str]) -> String {
        let mut command = self.command(arguments);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        succeeded(arguments, &child.wait_with_output().unwrap())
    }

    /// What it says; it must fail.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?}: {}", stdout(&output));
        assert_eq!(stdout(&output), "", "{arguments:?}");
        stderr(&output)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--kubeconfig").arg(&self.config).arg("--request-timeout=30s").args(arguments);
        command
    }
}

fn succeeded(arguments: &[&str], output: &Output) -> String {
    assert!(output.status.success(), "{arguments:?}: {}\n{}", stdout(output), stderr(output));
    stdout(output)
}
