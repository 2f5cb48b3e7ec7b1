//! Where the files of a way are.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::{KUBECONFIG, Open, PID_FILE};
use crate::{
    host::{
        folder::{RunFolder, RunName, is_live},
        state::{NoStateFolder, forwards_folder},
    },
    tenancy::vcluster::PlaneNames,
};

/// The folder of the way to one virtual cluster on one host cluster.
#[derive(Clone, Debug)]
pub struct Place {
    pub(super) parent: PathBuf,
    pub(super) name: RunName,
}

impl Place {
    /// The place of the way to a virtual cluster, where `server` is the host's address.
    ///
    /// # Errors
    /// When no variable says where state belongs.
    pub fn of(server: &str, names: &PlaneNames) -> Result<Self, NoStateFolder> {
        let mut hasher = Sha256::new();
        for part in [server, &names.namespace, &names.cluster] {
            hasher.update(part.as_bytes());
            hasher.update([0]);
        }
        let hash: String = hasher.finalize().iter().take(3).map(|byte| format!("{byte:02x}")).collect();
        let text = format!("{}-{hash}", names.cluster);
        // A virtual cluster's name is of the same letters and shorter.
        let name = text.parse().map_err(|_| NoStateFolder)?;
        Ok(Self { parent: forwards_folder()?, name })
    }

    pub(super) fn folder(&self) -> RunFolder {
        RunFolder::at(self.parent.join(self.name.to_string()))
    }

    /// The kubeconfig of a way that is open.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder().join(KUBECONFIG)
    }

    /// The way that is open, if one is.
    pub fn open(&self) -> Option<Open> {
        let folder = self.folder();
        if !is_live(&folder) {
            return None;
        }
        let text = fs_err::read(folder.join(PID_FILE)).ok()?;
        serde_json::from_slice(&text).ok()
    }
}
