//! One container: a process and its log.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use super::{Log, Sandbox};
use crate::{
    node::{
        NodeError,
        helper::layout::{Bind, ContainerLayout, ContainerPlace, Process as Command},
        network::{Helpers, Network},
    },
    process::Process,
};

/// What a container is made of.
pub struct ContainerSpec {
    /// Its name in the pod.
    pub name: String,
    /// The image's program on this machine.
    pub program: PathBuf,
    /// What it is called inside.
    pub program_name: String,
    /// What is run, as seen from inside.
    pub command: Command,
    /// The whole environment.
    pub environment: Vec<(String, String)>,
    /// What is mounted beside the machine's programs.
    pub mounts: Vec<Bind>,
    /// Text of `/etc/hosts`.
    pub hosts: String,
    /// The container's own folder on this machine; it exists.
    pub folder: PathBuf,
    /// The file that takes what it prints.
    pub log: PathBuf,
}

/// What every container's environment begins with.
pub(crate) const ENVIRONMENT: &[(&str, &str)] = &[
    ("PATH", "/image/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
    ("HOME", "/root"),
    ("TMPDIR", "/tmp"),
];

/// A container that was started.
#[derive(Clone)]
pub struct Container {
    /// Its process, which is the program itself.
    pub process: Process,
    /// What it prints.
    pub log: Log,
}

impl Container {
    /// Starts it in the pod that `sandbox` belongs to.
    ///
    /// # Errors
    /// When its files cannot be made or the process cannot be started. What keeps the program itself from starting
    /// shows as exit code 128 and in the log.
    pub async fn start(network: &Network, sandbox: &Sandbox, spec: ContainerSpec) -> Result<Self, NodeError> {
        let place = match sandbox.namespaces() {
            Some(pod) => Some(ContainerPlace {
                pod,
                root: own_folder(&spec.folder, "root")?,
                program: spec.program,
                program_name: spec.program_name,
                mounts: with_tmp(&spec.folder, spec.mounts)?,
                hosts: spec.hosts,
            }),
            None => {
                link_mounts(&spec.folder.join("root"), &spec.mounts)?;
                None
            }
        };
        let layout = ContainerLayout { parent: Helpers::parent(), place, process: spec.command };
        let log = Log::create(&spec.log)?;
        let prepare = |command: &mut tokio::process::Command| {
            command.envs(spec.environment).stdin(Stdio::null());
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        };
        let mut child = network.helpers().start("pod-container", &layout, prepare).await?;
        log.take(child.stdout.take(), child.stderr.take());
        let gone = || NodeError::Helper { name: "pod-container", reason: "it ended at once".into() };
        let process = Process::watch(&spec.name, child, &spec.log).ok_or_else(gone)?;
        Ok(Self { process, log })
    }
}

fn own_folder(folder: &Path, name: &str) -> Result<PathBuf, NodeError> {
    let path = folder.join(name);
    fs_err::create_dir_all(&path)?;
    Ok(path)
}

/// `/tmp` is on disk, so that what is written there does not count as memory. Volumes may lie over it.
fn with_tmp(folder: &Path, mounts: Vec<Bind>) -> Result<Vec<Bind>, NodeError> {
    let tmp = Bind { source: own_folder(folder, "tmp")?, target: "/tmp".into(), read_only: false };
    let mut all = vec![tmp];
    all.extend(mounts);
    // Outer before inner, or the outer would hide the inner.
    all.sort_by_key(|bind| bind.target.components().count());
    Ok(all)
}

/// Where there are no mounts, links stand for them; a program is told their root in `TENANTBENCH_POD_ROOT`.
fn link_mounts(root: &Path, mounts: &[Bind]) -> Result<(), NodeError> {
    for mount in mounts {
        let link = root.join(mount.target.strip_prefix("/").unwrap_or(&mount.target));
        fs_err::create_dir_all(link.parent().unwrap_or(root))?;
        if !link.is_symlink() {
            fs_err::os::unix::fs::symlink(&mount.source, link)?;
        }
    }
    Ok(())
}
