//! What the nodes of a cluster and the pods on them have logged, saved for whoever wants to know why it failed.

use std::{
    io::{self, Read},
    path::{Component, Path},
    process::{Command, Stdio},
};

use k8s_openapi::api::core::v1::{Event, Pod};
use kube::{Api, Client, api::ListParams};
use serde::{Serialize, de::DeserializeOwned};

use super::{Docker, sweep};
use crate::host::HostError;

/// How much is kept of the end of each file, in bytes.
const ENOUGH: usize = 2 << 20;
/// Folders of `/var/log` that are left out: the audit log is on this machine already, and journald's is not text.
const LEFT_OUT: [&str; 2] = ["tenantbench", "journal"];

/// Saves the logs of one cluster.
#[derive(Clone)]
pub(in crate::host) struct Collector {
    cluster: String,
    /// None before the API was served.
    client: Option<Client>,
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collector").field("cluster", &self.cluster).finish_non_exhaustive()
    }
}

impl Collector {
    pub(super) fn new(cluster: &str, client: Option<Client>) -> Self {
        Self { cluster: cluster.to_owned(), client }
    }

    /// Writes a folder for each node, and the cluster's pods and events. What cannot be had is left out: a cluster that
    /// failed seldom gives all.
    pub(in crate::host) async fn collect(&self, to: &Path) -> Result<(), HostError> {
        for node in sweep::containers(&self.cluster).await? {
            let folder = to.join(&node);
            fs_err::create_dir_all(&folder).map_err(HostError::io("cannot save the nodes' logs"))?;
            keep(&folder.join("inspect.json"), Docker.run(["inspect", &node]).await.ok());
            keep(
                &folder.join("journal.log"),
                Docker.run(["exec", &node, "journalctl", "--no-pager"]).await.ok(),
            );
            let (files, name) = (folder.clone(), node.clone());
            let copied = tokio::task::spawn_blocking(move || copy_logs(&name, &files)).await;
            if let Ok(Err(error)) = copied {
                tracing::warn!(%error, node, "not all logs were saved");
            }
        }
        if let Some(client) = &self.client {
            keep(&to.join("pods.json"), all::<Pod>(client).await);
            keep(&to.join("events.json"), all::<Event>(client).await);
        }
        Ok(())
    }
}

fn keep(path: &Path, text: Option<String>) {
    if let Some(text) = text
        && let Err(error) = fs_err::write(path, text)
    {
        tracing::warn!(%error, "a log was not saved");
    }
}

async fn all<K>(client: &Client) -> Option<String>
where
    K: kube::Resource<DynamicType = ()> + Clone + std::fmt::Debug + DeserializeOwned + Serialize,
{
    let found = Api::<K>::all(client.clone()).list(&ListParams::default()).await.ok()?;
    serde_json::to_string_pretty(&found.items).ok()
}

/// Copies `/var/log` of a node, also of one that has ended, and what its first process printed.
fn copy_logs(node: &str, folder: &Path) -> io::Result<()> {
    let printed = Command::new("docker").args(["logs", node]).stdin(Stdio::null()).output()?;
    fs_err::write(folder.join("serial.log"), tail(&printed.stdout[..])?)?;
    let mut copy = Command::new("docker");
    copy.args(["cp", &format!("{node}:/var/log"), "-"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut copy = copy.stderr(Stdio::null()).spawn()?;
    let unpacked = copy.stdout.take().map_or(Ok(()), |stream| unpack(stream, folder));
    copy.wait()?;
    unpacked
}

/// Unpacks the ends of the files in an archive of `log/`.
fn unpack(archive: impl Read, folder: &Path) -> io::Result<()> {
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
        let wanted = !path.components().any(|part| LEFT_OUT.iter().any(|out| part.as_os_str() == *out));
        if !entry.header().entry_type().is_file() || !plain || !wanted {
            continue;
        }
        let to = folder.join(path);
        fs_err::create_dir_all(to.parent().unwrap_or(folder))?;
        fs_err::write(to, tail(&mut entry)?)?;
    }
    Ok(())
}

/// The last bytes of a stream.
fn tail(mut stream: impl Read) -> io::Result<Vec<u8>> {
    let mut end = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match stream.read(&mut buffer)? {
            0 => break,
            count => end.extend_from_slice(&buffer[..count]),
        }
        if end.len() > 2 * ENOUGH {
            end.drain(..end.len() - ENOUGH);
        }
    }
    let surplus = end.len().saturating_sub(ENOUGH);
    end.drain(..surplus);
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (name, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o600);
            archive.append_data(&mut header, name, *content).unwrap();
        }
        archive.into_inner().unwrap()
    }

    #[test]
    fn logs_are_unpacked_without_the_audit_log() {
        let folder = tempfile::tempdir().unwrap();
        let files: [(&str, &[u8]); 2] =
            [("log/pods/a/0.log", b"said"), ("log/tenantbench/audit.log", b"much")];
        unpack(&archive(&files)[..], folder.path()).unwrap();
        assert_eq!(fs_err::read_to_string(folder.path().join("log/pods/a/0.log")).unwrap(), "said");
        assert!(!folder.path().join("log/tenantbench").exists());
    }

    #[test]
    fn of_a_long_log_the_end_is_kept() {
        let mut long = vec![b'a'; 3 * ENOUGH];
        long.extend_from_slice(b"last words");
        let end = tail(&long[..]).unwrap();
        assert_eq!(end.len(), ENOUGH);
        assert!(end.ends_with(b"last words"));
    }
}
