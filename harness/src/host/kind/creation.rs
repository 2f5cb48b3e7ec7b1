//! `kind create cluster`: what it says while it works, and how it is ended half-way.

use std::{path::Path, process::Stdio};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use super::{KindBlueprint, docker::of_text, end_creation};
use crate::host::{HostError, folder::RunFolder};

/// How many lines of kind's log go into an error.
const TAIL: usize = 8;

/// kind at work. Whoever drops it half-way must call [`Creation::end`] first.
#[derive(Debug)]
pub(super) struct Creation {
    child: Child,
    group: Option<Pid>,
}

impl Creation {
    /// Starts it, in a process group of its own.
    pub(super) fn start(
        blueprint: &KindBlueprint,
        config: &Path,
        kubeconfig: &Path,
    ) -> Result<Self, HostError> {
        let mut command = Command::new(&blueprint.program);
        command.args(["create", "cluster", "--retain", "--name", &blueprint.cluster]);
        command.args(["--image", blueprint.image.reference()]);
        command.arg("--config").arg(config).arg("--kubeconfig").arg(kubeconfig);
        command.env("KIND_EXPERIMENTAL_PROVIDER", "docker");
        // A network that bears our label, and goes with the cluster. kind's own stays for ever.
        command.env("KIND_EXPERIMENTAL_DOCKER_NETWORK", &blueprint.cluster);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
        let failed = |error| HostError::io(format!("cannot start {}", blueprint.program.display()))(error);
        let child = command.spawn().map_err(failed)?;
        let group = child.id().map(|id| Pid::from_raw(id.cast_signed()));
        Ok(Self { child, group })
    }

    /// Waits until it is done. `say` hears each step.
    pub(super) async fn finished(&mut self, folder: &RunFolder, say: impl Fn(&str)) -> Result<(), HostError> {
        let mut text = String::new();
        if let Some(pipe) = self.child.stderr.take() {
            let mut lines = BufReader::new(pipe).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(step) = step(&line) {
                    say(&format!("kind: {step}"));
                }
                text.push_str(&line);
                text.push('\n');
            }
        }
        drop(fs_err::write(folder.log("kind"), &text));
        let status = self.child.wait().await.map_err(HostError::io("cannot wait for kind"))?;
        if status.success() { Ok(()) } else { Err(refusal(&text)) }
    }

    /// Ends it, and what it started.
    pub(super) async fn end(mut self, folder: &RunFolder) {
        if let Err(error) = self.child.kill().await {
            tracing::warn!(%error, "cannot end kind");
        }
        let folder = folder.clone();
        let ended = tokio::task::spawn_blocking(move || end_creation(&folder)).await;
        if let Ok(Err(error)) = ended {
            tracing::warn!(%error, "a container's start does not end");
        }
        if let Some(group) = self.group {
            // A failure means that nobody is left in it.
            let _ = killpg(group, Signal::SIGKILL);
        }
    }
}

/// The step that a line announces: kind marks each with a bullet and ends it with pictures.
fn step(line: &str) -> Option<String> {
    let announced = line.trim_start().strip_prefix('•')?;
    let plain: String = announced.chars().filter(char::is_ascii).collect();
    let words = plain.trim().trim_end_matches('.').trim();
    (!words.is_empty()).then(|| words.to_owned())
}

/// What kind's last words mean.
fn refusal(text: &str) -> HostError {
    let error = of_text("kind create cluster", text);
    if error.is_unfit() {
        return error.into();
    }
    let said =
        text.lines().find_map(|line| line.strip_prefix("ERROR: ")).unwrap_or("it ended without a word");
    let lines: Vec<String> = text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    let tail = lines[lines.len().saturating_sub(TAIL)..].to_vec();
    HostError::Failed { message: format!("kind could not create the cluster: {said}"), tail, unfit: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_told_without_its_pictures() {
        assert_eq!(step(" • Preparing nodes 📦  ...").unwrap(), "Preparing nodes");
        assert_eq!(step(" • Ensuring node image (a/b:v1) 🖼  ...").unwrap(), "Ensuring node image (a/b:v1)");
        assert_eq!(step(" ✓ Preparing nodes 📦"), None);
        assert_eq!(step("Creating cluster \"x\" ..."), None);
    }

    #[test]
    fn kinds_reason_is_the_message_and_its_last_lines_the_log() {
        let text = "Creating cluster \"x\" ...\n ✗ Starting control-plane 🕹️\nERROR: failed to create cluster: failed to init node with kubeadm\n\nStack Trace\n";
        let error = refusal(text);
        assert_eq!(
            error.to_string(),
            "kind could not create the cluster: failed to create cluster: failed to init node with kubeadm"
        );
        assert_eq!(error.log_lines().last().unwrap(), "Stack Trace");
    }

    #[test]
    fn a_full_disk_under_kind_is_told_as_such() {
        let text = "ERROR: failed to create cluster: command \"docker run\" failed\nCommand Output: docker: Error response from daemon: mkdir /var/lib/docker/x: no space left on device.\n";
        assert!(refusal(text).to_string().starts_with("Docker's disk is full"), "{}", refusal(text));
    }
}
