//! Where a binary is already: in a folder that the user named, or in the cache.

use std::{
    env, io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tenantbench_syncer::client::retried;
use tokio::{process::Command, time};

use super::{AssetError, Binary, Cache, Releases, Version};

/// Where to look for binaries, and how to obtain them.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folders that the user named, the nearest first.
    pub folders: Vec<PathBuf>,
    /// The cache.
    pub cache: Cache,
    /// Where releases are downloaded from; none forbids downloads.
    pub releases: Option<Releases>,
    /// Whether Go may be used.
    pub build: bool,
}

impl Options {
    /// What the environment says; `folder` is the value of `--assets`.
    ///
    /// # Errors
    /// When there is no place for the cache, or a named folder is not there.
    pub fn from_env(folder: Option<PathBuf>) -> Result<Self, AssetError> {
        let variables = ["TENANTBENCH_ASSETS", "KUBEBUILDER_ASSETS"];
        let set = variables.into_iter().filter_map(env::var_os).filter(|value| !value.is_empty());
        let folders: Vec<PathBuf> = folder.into_iter().chain(set.map(PathBuf::from)).collect();
        if let Some(path) = folders.iter().find(|path| !path.is_dir()) {
            return Err(AssetError::NoFolder { path: path.clone() });
        }
        Ok(Self { folders, cache: Cache::from_env()?, releases: Some(Releases::from_env()), build: true })
    }
}

/// Where a binary came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A folder that the user named.
    Folder,
    /// The user's own programs.
    Path,
    /// The official release.
    Download,
    /// Built here.
    GoBuild,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Folder => "folder",
            Self::Path => "PATH",
            Self::Download => "official release",
            Self::GoBuild => "go build",
        })
    }
}

/// A binary that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub binary: Binary,
    /// Its file.
    pub path: PathBuf,
    /// What it says of itself.
    pub version: Version,
    /// Where it came from.
    pub source: Source,
    /// A doubt that does not forbid its use, one line.
    pub warning: Option<String>,
}

/// Looks in the named folders, for kind and helm in `PATH`, and in the cache; obtains nothing.
///
/// # Errors
/// When what is there cannot be used: corrupt, or of the wrong version.
pub async fn locate(options: &Options, binary: Binary) -> Result<Option<Found>, AssetError> {
    for folder in &options.folders {
        let path = folder.join(binary.name());
        if path.is_file() {
            return in_folder(binary, path).await.map(Some);
        }
    }
    if let Some(found) = on_path(binary).await {
        return Ok(Some(found));
    }
    let record = options.cache.get(binary)?;
    Ok(record.map(|record| Found {
        binary,
        path: options.cache.path(binary),
        version: record.version,
        source: record.source,
        warning: None,
    }))
}

/// kind and helm are tools that many have. Theirs is used where it is of the pinned minor version, and passed over where not:
/// nobody asked for it by name.
async fn on_path(binary: Binary) -> Option<Found> {
    if !matches!(binary, Binary::Kind | Binary::Helm) {
        return None;
    }
    let folders = env::var_os("PATH")?;
    let path =
        env::split_paths(&folders).map(|folder| folder.join(binary.name())).find(|path| path.is_file())?;
    let version =
        version_of(binary, &path, "").await.ok().filter(|found| found.is_patch_of(&binary.pinned()))?;
    Some(Found { binary, path, version, source: Source::Path, warning: None })
}

async fn in_folder(binary: Binary, path: PathBuf) -> Result<Found, AssetError> {
    let remedy =
        "replace it, or unset the --assets, TENANTBENCH_ASSETS or KUBEBUILDER_ASSETS that names its folder";
    let version = version_of(binary, &path, remedy).await?;
    let wanted = binary.pinned();
    if !version.is_patch_of(&wanted) {
        return Err(AssetError::WrongVersion { path, found: version, wanted, remedy: remedy.into() });
    }
    let warning =
        (version != wanted).then(|| format!("{} is version {version}, not {wanted}", path.display()));
    Ok(Found { binary, path, version, source: Source::Folder, warning })
}

/// Runs a binary to hear its version: proof that it is whole and made for this machine.
///
/// # Errors
/// [`AssetError::Corrupt`] when it does not run or says something else.
pub(super) async fn version_of(binary: Binary, path: &Path, remedy: &str) -> Result<Version, AssetError> {
    let corrupt =
        |reason: String| AssetError::Corrupt { path: path.to_owned(), reason, remedy: remedy.into() };
    let ask = || {
        let mut command = Command::new(path);
        command.args(binary.version_arguments()).env_clear().stdin(Stdio::null()).kill_on_drop(true);
        command.output()
    };
    // A file that was written just now stays open in a process that was being started meanwhile, until that runs.
    let is_open = |error: &io::Error| error.kind() == io::ErrorKind::ExecutableFileBusy;
    let output = time::timeout(Duration::from_secs(20), retried(ask, is_open))
        .await
        .map_err(|_| corrupt("no answer in 20 s".into()))?
        .map_err(|error| corrupt(error.to_string()))?;
    let said = |stream| binary.parse_version(&String::from_utf8_lossy(stream));
    said(&output.stdout)
        .or_else(|| said(&output.stderr))
        .ok_or_else(|| corrupt(format!("it does not say its version ({})", output.status)))
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, OpenOptions, Permissions},
        os::unix::fs::PermissionsExt,
    };

    use super::*;

    #[tokio::test]
    async fn a_program_that_is_still_open_for_writing_is_asked_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("etcd");
        fs::write(&path, "#!/bin/sh\necho 'etcd Version: 3.6.16'\n").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        let open = OpenOptions::new().append(true).open(&path).unwrap();
        let closed = async {
            time::sleep(Duration::from_millis(120)).await;
            drop(open);
        };
        let (version, ()) = tokio::join!(version_of(Binary::Etcd, &path, "none"), closed);
        assert_eq!(version.unwrap(), Version("3.6.16".into()));
    }
}
