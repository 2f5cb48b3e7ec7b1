//! The folder that holds everything of one run on this machine, and the lock that says the run lives.

use std::{
    fmt,
    fs::{File, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::process::{Ledger, inherited};

/// The longest path that a Unix socket can have, in bytes, without the final zero.
const SOCKET_PATH_MAX: usize = 107;

/// How much a host needs at least, in bytes.
const ROOM: u64 = 256_000_000;

/// The name of a run, also of its folder: lower-case letters, digits and dashes, at most 48.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunName(String);

/// A text that cannot name a run.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} cannot be a name: use 1 to 48 lower-case letters, digits and dashes, no dash at an end")]
pub struct RunNameError {
    text: String,
}

impl FromStr for RunName {
    type Err = RunNameError;

    fn from_str(text: &str) -> Result<Self, RunNameError> {
        let ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let dash_at_end = text.starts_with('-') || text.ends_with('-');
        if text.is_empty() || text.len() > 48 || dash_at_end || !text.chars().all(ok) {
            return Err(RunNameError { text: text.to_owned() });
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for RunName {
    type Error = RunNameError;

    fn try_from(text: String) -> Result<Self, RunNameError> {
        text.parse()
    }
}

impl From<RunName> for String {
    fn from(name: RunName) -> Self {
        name.0
    }
}

impl fmt::Display for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where the files of a run are. Says nothing about whether they exist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunFolder {
    path: PathBuf,
}

/// Why a run's folder could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// Somebody else holds the lock.
    #[error("{name} is already running (folder {path}); end it, or choose another name")]
    Live {
        /// The run.
        name: RunName,
        /// Its folder.
        path: PathBuf,
    },
    /// Files are there, but no process holds the lock.
    #[error("{name} was left behind by a killed run (folder {path}); remove it with `tenantbench gc`")]
    Leftover {
        /// The run.
        name: RunName,
        /// Its folder.
        path: PathBuf,
    },
    /// The folder cannot be made or written.
    #[error(
        "cannot write the run folder {path}: {source}; make it writable or set TENANTBENCH_STATE to a folder that is"
    )]
    NotWritable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// etcd alone reserves 64 MB before it starts.
    #[error("only {} MB free for the run folder {path}, {} MB are needed; free some or set TENANTBENCH_STATE to a folder with room", .free / 1_000_000, ROOM / 1_000_000)]
    NoRoom {
        /// The folder.
        path: PathBuf,
        /// Bytes that are free.
        free: u64,
    },
    /// Unix sockets in the folder would have too long a name.
    #[error(
        "the run folder {path} is too deep for Unix sockets; set TENANTBENCH_STATE to a path under 50 bytes"
    )]
    TooDeep {
        /// The folder.
        path: PathBuf,
    },
}

impl RunFolder {
    /// The folder at `path`.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Makes the folder of a new run and takes its lock. The folder can be read by its owner alone: it holds keys.
    ///
    /// # Errors
    /// When the run lives, was left behind, or the folder cannot be had; each says what to do.
    pub fn create(runs: &Path, name: &RunName) -> Result<(Self, RunLock), FolderError> {
        let folder = Self::at(runs.join(&name.0));
        let path = folder.path.clone();
        if folder.control_socket().as_os_str().len() > SOCKET_PATH_MAX {
            return Err(FolderError::TooDeep { path });
        }
        let not_writable = |source| FolderError::NotWritable { path: path.clone(), source };
        fs_err::create_dir_all(runs).map_err(not_writable)?;
        let free = free_bytes(runs).map_err(not_writable)?;
        if free < ROOM {
            return Err(FolderError::NoRoom { path, free });
        }
        match std::fs::DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(not_writable(error)),
            _ => {}
        }
        let lock = RunLock::take(&folder).map_err(not_writable)?;
        let lock = lock.ok_or_else(|| FolderError::Live { name: name.clone(), path: path.clone() })?;
        let empty = is_empty_but_for_lock(&path).map_err(not_writable)?;
        if empty { Ok((folder, lock)) } else { Err(FolderError::Leftover { name: name.clone(), path }) }
    }

    /// All run folders under `runs`, by name.
    ///
    /// # Errors
    /// When the folder is there but cannot be read.
    pub fn all(runs: &Path) -> io::Result<Vec<(RunName, Self)>> {
        let entries = match fs_err::read_dir(runs) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(error),
        };
        let mut all = Vec::new();
        for entry in entries {
            let entry = entry?;
            if let Ok(name) = entry.file_name().to_string_lossy().parse() {
                all.push((name, Self::at(entry.path())));
            }
        }
        all.sort_by(|(a, _): &(RunName, _), (b, _)| a.cmp(b));
        Ok(all)
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file or folder in it.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    /// The socket on which the supervisor takes commands.
    pub fn control_socket(&self) -> PathBuf {
        self.join("control.sock")
    }

    /// The socket through which the API server reaches nodes, pods and services.
    pub fn egress_socket(&self) -> PathBuf {
        self.join("egress.sock")
    }

    /// What the supervisor was told to do.
    pub fn config(&self) -> PathBuf {
        self.join("config.json")
    }

    /// The log of a component.
    pub fn log(&self, component: &str) -> PathBuf {
        self.join("logs").join(format!("{component}.log"))
    }

    /// The API server's audit log: JSON lines.
    pub fn audit_log(&self) -> PathBuf {
        self.join("audit.log")
    }

    /// The platform team's kubeconfig.
    pub fn admin_kubeconfig(&self) -> PathBuf {
        self.join("admin.kubeconfig")
    }

    /// The list of processes that the run started.
    pub fn ledger(&self) -> Ledger {
        Ledger::at(self.join("processes.ndjson"))
    }

    /// Writes a file that only its owner can read.
    ///
    /// # Errors
    /// When it cannot be written; the message names the file.
    pub fn write_secret(&self, name: &str, text: &str) -> io::Result<PathBuf> {
        let path = self.join(name);
        let mut options = fs_err::OpenOptions::new();
        options.options_mut().mode(0o600);
        let mut file = options.create(true).write(true).truncate(true).open(&path)?;
        io::Write::write_all(&mut file, text.as_bytes())?;
        Ok(path)
    }
}

/// Held by the one process that owns a run; the kernel lets go of it when that process ends, however it ends.
#[derive(Debug)]
pub struct RunLock {
    file: File,
}

impl RunLock {
    /// Takes the lock if nobody holds it.
    ///
    /// # Errors
    /// When the lock file cannot be opened.
    pub fn take(folder: &RunFolder) -> io::Result<Option<Self>> {
        let path = folder.join("lock");
        let file = fs_err::OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
        let file = file.into_parts().0;
        match file.try_lock() {
            // `gc` may have removed the file between our opening and locking it: then our lock guards nothing.
            Ok(()) if same_file(&file, &path) => Ok(Some(Self { file })),
            Ok(()) | Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// The lock that the process which took it left open for us, see [`crate::process::detach_with`].
    ///
    /// # Errors
    /// When there is none.
    pub fn handed_on(number: i32) -> io::Result<Self> {
        let file = inherited(number)?.ok_or_else(|| io::Error::other("no lock was handed on"))?;
        Ok(Self { file })
    }

    /// The open file, to hand the lock on.
    pub fn file(&self) -> &File {
        &self.file
    }
}

/// True if a process holds the lock of the run.
pub fn is_live(folder: &RunFolder) -> bool {
    let Ok(file) = File::open(folder.join("lock")) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

fn free_bytes(path: &Path) -> io::Result<u64> {
    let system = nix::sys::statvfs::statvfs(path)?;
    Ok(system.blocks_available() * system.fragment_size())
}

fn same_file(file: &File, path: &Path) -> bool {
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => identity(open) == identity(named),
        _ => false,
    }
}

fn is_empty_but_for_lock(path: &Path) -> io::Result<bool> {
    for entry in fs_err::read_dir(path)? {
        if entry?.file_name() != "lock" {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn name(text: &str) -> RunName {
        text.parse().unwrap()
    }

    #[test]
    fn a_name_that_could_leave_the_folder_is_refused() {
        for text in ["", "..", "a/b", "-a", "a-", "A", &"a".repeat(49)] {
            assert!(text.parse::<RunName>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_live_run_cannot_be_started_again() {
        let runs = tempfile::tempdir().unwrap();
        let (folder, lock) = RunFolder::create(runs.path(), &name("a")).unwrap();
        assert!(is_live(&folder));
        assert!(matches!(RunFolder::create(runs.path(), &name("a")), Err(FolderError::Live { .. })));
        drop(lock);
        assert!(!is_live(&folder));
        assert!(RunFolder::create(runs.path(), &name("a")).is_ok());
    }

    #[test]
    fn files_without_a_lock_are_a_leftover() {
        let runs = tempfile::tempdir().unwrap();
        let (folder, lock) = RunFolder::create(runs.path(), &name("a")).unwrap();
        folder.write_secret("key", "secret").unwrap();
        drop(lock);
        assert!(matches!(RunFolder::create(runs.path(), &name("a")), Err(FolderError::Leftover { .. })));
    }

    #[test]
    fn only_the_owner_can_read_the_folder_and_its_secrets() {
        let runs = tempfile::tempdir().unwrap();
        let (folder, _lock) = RunFolder::create(runs.path(), &name("a")).unwrap();
        let secret = folder.write_secret("key", "secret").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(folder.path()), mode(&secret)), (0o700, 0o600));
    }

    #[test]
    fn a_folder_too_deep_for_sockets_is_refused_before_anything_is_made() {
        let runs = Path::new("/tmp").join("x".repeat(100));
        assert!(matches!(RunFolder::create(&runs, &name("a")), Err(FolderError::TooDeep { .. })));
        assert!(!runs.exists());
    }
}
