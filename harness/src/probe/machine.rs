//! What a run has on this machine: processes, listening ports, files. Found by descent and by place, not by label.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use procfs::process::{FDTarget, Process};
use tenantbench_reports::Leftover;

use crate::observe::process::ProcessId;

/// Files that grow while a host lives, whatever tenants do: logs, the store, sockets of the host itself.
const HOSTS_OWN: [&str; 4] = ["data", "logs", "audit", "pki"];

/// What is on this machine at one moment.
#[derive(Clone, Debug, Default)]
pub struct MachineState {
    processes: BTreeMap<ProcessId, String>,
    ports: BTreeSet<String>,
    files: BTreeSet<PathBuf>,
}

impl MachineState {
    /// Looks at all descendants of `roots`, the ports on which they listen, and the files below `folders`.
    ///
    /// Whatever a process of the run starts stays below it: the host's supervisor adopts orphans.
    pub fn take(roots: &[u32], folders: &[PathBuf]) -> Self {
        let all = everything();
        let ours = descendants(&all, roots);
        let ports = listeners(&ours);
        let processes = ours.into_iter().filter_map(|pid| all.get(&pid).map(|it| (it.id, it.title.clone())));
        let mut files = BTreeSet::new();
        for folder in folders {
            collect_files(folder, folder, &mut files);
        }
        Self { processes: processes.collect(), ports, files }
    }

    /// What is here and was not in `before`.
    pub fn added_since(&self, before: &MachineState) -> Vec<Leftover> {
        let leftover = |kind: &str, name: String| Leftover { kind: kind.to_owned(), name, by_design: None };
        let processes = self
            .processes
            .iter()
            .filter(|(id, _)| !before.processes.contains_key(id))
            .map(|(id, title)| leftover("process", format!("{} {title}", id.pid)));
        let ports = self.ports.difference(&before.ports).map(|port| leftover("port", port.clone()));
        let files = self.files.difference(&before.files).filter(|file| {
            // A folder that is left stands for all that is in it.
            file.parent().is_none_or(|parent| before.files.contains(parent) || !self.files.contains(parent))
        });
        let files = files.map(|file| leftover("file", file.display().to_string()));
        processes.chain(ports).chain(files).collect()
    }
}

/// The processes of `roots` and all below them, as they are now.
pub fn below(roots: &[u32]) -> Vec<u32> {
    descendants(&everything(), roots).into_iter().filter_map(|pid| u32::try_from(pid).ok()).collect()
}

struct Seen {
    id: ProcessId,
    parent: i32,
    title: String,
}

fn everything() -> BTreeMap<i32, Seen> {
    let processes = procfs::process::all_processes().into_iter().flatten().flatten();
    processes
        .filter_map(|process| {
            let stat = process.stat().ok()?;
            // A zombie has ended; only its parent's wait is missing.
            if stat.state == 'Z' {
                return None;
            }
            let words = process.cmdline().unwrap_or_default();
            let title = if words.is_empty() { stat.comm.clone() } else { words.join(" ") };
            let id = ProcessId { pid: stat.pid, started: stat.starttime };
            Some((stat.pid, Seen { id, parent: stat.ppid, title: title.chars().take(120).collect() }))
        })
        .collect()
}

fn descendants(all: &BTreeMap<i32, Seen>, roots: &[u32]) -> BTreeSet<i32> {
    let roots: BTreeSet<i32> = roots.iter().filter_map(|pid| i32::try_from(*pid).ok()).collect();
    let below_a_root = |pid: &i32| {
        let mut current = *pid;
        while let Some(seen) = all.get(&current) {
            if roots.contains(&current) {
                return true;
            }
            current = seen.parent;
        }
        false
    };
    all.keys().copied().filter(below_a_root).collect()
}

/// The addresses on which any of `pids` listens in this process's own network; those of pods' own networks end with
/// their pods.
fn listeners(pids: &BTreeSet<i32>) -> BTreeSet<String> {
    let sockets = pids.iter().filter_map(|pid| Process::new(*pid).ok()?.fd().ok()).flatten().flatten();
    let ours: BTreeSet<u64> = sockets
        .filter_map(|descriptor| match descriptor.target {
            FDTarget::Socket(inode) => Some(inode),
            _ => None,
        })
        .collect();
    let tcp = procfs::net::tcp().into_iter().chain(procfs::net::tcp6()).flatten();
    tcp.filter(|entry| entry.state == procfs::net::TcpState::Listen && ours.contains(&entry.inode))
        .map(|entry| format!("tcp/{}", entry.local_address))
        .collect()
}

fn collect_files(root: &Path, folder: &Path, files: &mut BTreeSet<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if folder == root && HOSTS_OWN.iter().any(|own| entry.file_name().to_string_lossy().starts_with(own))
        {
            continue;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => {
                files.insert(path.clone());
                collect_files(root, &path, files);
            }
            Ok(_) => {
                files.insert(path);
            }
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_process_a_port_and_a_file_that_bear_no_mark_of_ours_are_all_named() {
        let folder = tempfile::tempdir().unwrap();
        let roots = [std::process::id()];
        let folders = [folder.path().to_owned()];
        let before = MachineState::take(&roots, &folders);

        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        std::fs::create_dir(folder.path().join("pods")).unwrap();
        std::fs::write(folder.path().join("pods/left"), "x").unwrap();
        std::fs::write(folder.path().join("audit.log"), "the host's own").unwrap();

        let added = MachineState::take(&roots, &folders).added_since(&before);
        child.kill().unwrap();
        child.wait().unwrap();
        let names: Vec<_> = added.iter().map(|one| format!("{} {}", one.kind, one.name)).collect();
        assert!(names.contains(&format!("process {} sleep 60", child.id())), "{names:?}");
        assert!(names.contains(&format!("port tcp/{}", listener.local_addr().unwrap())), "{names:?}");
        assert!(names.iter().any(|name| name.ends_with("/pods")), "{names:?}");
        assert!(!names.iter().any(|name| name.ends_with("pods/left")), "its folder stands for it: {names:?}");
        assert!(!names.iter().any(|name| name.ends_with("audit.log")), "{names:?}");
    }
}
