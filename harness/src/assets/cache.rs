//! The folder of installed binaries: a file and a record each. A file without a record is not installed.

use std::{
    env,
    fs::File,
    io::{self, Read},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::{AssetError, Binary, Source, Version, versions};

/// The cache of one pinned release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    root: PathBuf,
}

/// What is known of an installed binary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What it said of itself when it was installed.
    pub version: Version,
    /// Hex digest of the file.
    pub sha256: String,
    /// Bytes of the file.
    pub size: u64,
    /// When the file was last changed, in nanoseconds since 1970.
    pub modified_ns: i64,
    /// Where it came from.
    pub source: Source,
    /// When it was installed.
    pub installed_at: Timestamp,
}

/// The right to install. Held by one process at a time; the kernel lets go when that ends.
#[derive(Debug)]
pub(super) struct InstallLock {
    _file: File,
}

impl Cache {
    /// `$XDG_CACHE_HOME/tenantbench/assets/vX.Y.Z`, else the same under `~/.cache`.
    ///
    /// # Errors
    /// When neither variable is an absolute path.
    pub fn from_env() -> Result<Self, AssetError> {
        let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
        base.map(|base| Self::under(&base.join("tenantbench"))).ok_or(AssetError::NoCacheFolder)
    }

    /// The cache under a folder that is tenantbench's own.
    pub fn under(folder: &Path) -> Self {
        Self { root: folder.join("assets").join(format!("v{}", versions::KUBERNETES)) }
    }

    /// The folder that holds the binaries by name; fit for `PATH` and `KUBEBUILDER_ASSETS`.
    pub fn folder(&self) -> &Path {
        &self.root
    }

    /// Where a binary is, or would be.
    pub fn path(&self, binary: Binary) -> PathBuf {
        self.root.join(binary.name())
    }

    /// The record of an installed binary, after a look that the file is the one that was installed.
    ///
    /// # Errors
    /// [`AssetError::Changed`] when it is not.
    pub fn get(&self, binary: Binary) -> Result<Option<Record>, AssetError> {
        let Ok(text) = fs_err::read(self.record_path(binary)) else { return Ok(None) };
        let Ok(record) = serde_json::from_slice::<Record>(&text) else { return Ok(None) };
        if record.version != binary.pinned() {
            return Ok(None);
        }
        let path = self.path(binary);
        let changed = || AssetError::Changed { binary, path: path.clone() };
        let metadata = std::fs::metadata(&path).map_err(|_| changed())?;
        let untouched = (metadata.len(), modified_ns(&metadata)) == (record.size, record.modified_ns);
        // A copied or touched file has another time; only then is it worth reading 100 MB.
        if untouched || (metadata.len() == record.size && sha256(&path)? == record.sha256) {
            return Ok(Some(record));
        }
        Err(changed())
    }

    /// Takes the right to install; blocks while another process has it. `waiting` is called before it blocks.
    pub(super) fn lock(&self, waiting: impl FnOnce()) -> Result<InstallLock, AssetError> {
        fs_err::create_dir_all(&self.root)?;
        let path = self.root.join(".lock");
        let file = fs_err::OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        let file = file.into_parts().0;
        if file.try_lock().is_err() {
            waiting();
            file.lock()?;
        }
        self.remove_half_installed()?;
        Ok(InstallLock { _file: file })
    }

    /// Nobody else installs, so any staging folder was left by a process that was killed.
    fn remove_half_installed(&self) -> io::Result<()> {
        for entry in fs_err::read_dir(&self.root)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(STAGING) {
                fs_err::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }

    /// A folder on the cache's file system, in which to make what is installed later.
    pub(super) fn staging(&self, _: &InstallLock) -> Result<TempDir, AssetError> {
        Ok(tempfile::Builder::new().prefix(STAGING).tempdir_in(&self.root)?)
    }

    /// Puts a finished file in its place, then its record.
    pub(super) fn install(
        &self,
        _: &InstallLock,
        binary: Binary,
        staged: &Path,
        version: Version,
        source: Source,
    ) -> Result<(), AssetError> {
        fs_err::set_permissions(staged, std::fs::Permissions::from_mode(0o755))?;
        let sha256 = sha256(staged)?;
        let (path, record_path) = (self.path(binary), self.record_path(binary));
        match fs_err::remove_file(&record_path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => fs_err::rename(staged, &path)?,
        }
        let metadata = fs_err::metadata(&path)?;
        let record = Record {
            version,
            sha256,
            size: metadata.len(),
            modified_ns: modified_ns(&metadata),
            source,
            installed_at: Timestamp::now(),
        };
        let staged_record = staged.with_extension("json");
        fs_err::write(&staged_record, serde_json::to_vec_pretty(&record).map_err(io::Error::from)?)?;
        fs_err::rename(staged_record, record_path)?;
        Ok(())
    }

    fn record_path(&self, binary: Binary) -> PathBuf {
        self.root.join(format!("{binary}.json"))
    }
}

const STAGING: &str = ".staging-";

fn modified_ns(metadata: &std::fs::Metadata) -> i64 {
    metadata.mtime() * 1_000_000_000 + metadata.mtime_nsec()
}

/// The hex digest of a file.
pub(super) fn sha256(path: &Path) -> io::Result<String> {
    let mut file = fs_err::File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&digest.finalize())),
            count => digest.update(&buffer[..count]),
        }
    }
}

/// Bytes as lower-case hex digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(content: &str) -> (TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::under(folder.path());
        let lock = cache.lock(|| {}).unwrap();
        let staging = cache.staging(&lock).unwrap();
        let staged = staging.path().join("etcd");
        fs_err::write(&staged, content).unwrap();
        cache.install(&lock, Binary::Etcd, &staged, Binary::Etcd.pinned(), Source::Download).unwrap();
        (folder, cache)
    }

    #[test]
    fn what_was_installed_is_found_with_its_digest() {
        let (_folder, cache) = installed("abc");
        let record = cache.get(Binary::Etcd).unwrap().unwrap();
        assert!(record.sha256.starts_with("ba7816bf8f01cfea"), "{}", record.sha256);
        assert_eq!(cache.get(Binary::Kubectl).unwrap(), None);
    }

    #[test]
    fn a_file_that_changed_is_refused() {
        let (_folder, cache) = installed("abc");
        fs_err::write(cache.path(Binary::Etcd), "xyz").unwrap();
        assert!(matches!(cache.get(Binary::Etcd), Err(AssetError::Changed { .. })));
    }

    #[test]
    fn a_file_that_was_only_touched_is_accepted() {
        let (_folder, cache) = installed("abc");
        fs_err::write(cache.path(Binary::Etcd), "abc").unwrap();
        assert!(cache.get(Binary::Etcd).unwrap().is_some());
    }

    #[test]
    fn a_file_without_a_record_is_not_installed() {
        let (_folder, cache) = installed("abc");
        fs_err::remove_file(cache.record_path(Binary::Etcd)).unwrap();
        assert_eq!(cache.get(Binary::Etcd).unwrap(), None);
    }

    #[test]
    fn the_next_to_install_removes_what_a_killed_one_left() {
        let (_folder, cache) = installed("abc");
        let half = cache.folder().join(".staging-killed");
        fs_err::create_dir(&half).unwrap();
        drop(cache.lock(|| {}).unwrap());
        assert!(!half.exists());
    }

    #[test]
    fn only_one_installs_at_a_time() {
        let (_folder, cache) = installed("abc");
        let first = cache.lock(|| {}).unwrap();
        let (said, heard) = std::sync::mpsc::channel();
        let second = std::thread::spawn({
            let cache = cache.clone();
            move || drop(cache.lock(|| said.send(()).unwrap()).unwrap())
        });
        heard.recv().unwrap();
        assert!(!second.is_finished());
        drop(first);
        second.join().unwrap();
    }
}
