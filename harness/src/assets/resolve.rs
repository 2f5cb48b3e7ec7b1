//! From wanted binaries to files, through every source in turn.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use super::{
    AssetError, Binary, Cache, Found, Go, Options, Progress, Source, Step,
    cache::InstallLock,
    download::{self, Refused},
    go::{GoError, Line},
    lookup::{locate, version_of},
    wrapper::{Wrapper, wrapper},
};
use crate::host::control_plane::Binaries;

/// Binaries that are there and of the right version.
#[derive(Clone, Debug, Default)]
pub struct Assets {
    found: BTreeMap<Binary, Found>,
}

impl Assets {
    /// All that was found.
    pub fn all(&self) -> impl Iterator<Item = &Found> {
        self.found.values()
    }

    /// The file of a binary, if it was asked for.
    pub fn path(&self, binary: Binary) -> Option<&Path> {
        self.found.get(&binary).map(|found| found.path.as_path())
    }

    /// The programs of a control plane, if all were asked for.
    pub fn control_plane(&self) -> Option<Binaries> {
        let path = |binary| self.path(binary).map(Path::to_owned);
        Some(Binaries {
            etcd: path(Binary::Etcd)?,
            api_server: path(Binary::KubeApiserver)?,
            controller_manager: path(Binary::KubeControllerManager)?,
            scheduler: path(Binary::KubeScheduler)?,
        })
    }
}

/// Finds each wanted binary, and obtains what is not there.
///
/// # Errors
/// When one is corrupt, of the wrong version, or can be had from no source.
pub async fn resolve(
    options: &Options,
    wanted: &[Binary],
    progress: Arc<dyn Progress>,
) -> Result<Assets, AssetError> {
    let looks = futures::future::try_join_all(wanted.iter().map(|binary| locate(options, *binary))).await?;
    let missing: Vec<Binary> =
        wanted.iter().zip(&looks).filter(|(_, found)| found.is_none()).map(|(binary, _)| *binary).collect();
    let mut found: BTreeMap<_, _> = looks.into_iter().flatten().map(|found| (found.binary, found)).collect();
    if !missing.is_empty() {
        install(options, &missing, false, progress).await?;
    }
    for binary in missing {
        if let Some(installed) = locate(options, binary).await? {
            found.insert(binary, installed);
        }
    }
    Ok(Assets { found })
}

/// Puts binaries into the cache, those that are there already only with `force`. Two runs at once do the work once.
///
/// # Errors
/// When one can be had from no source, or the cache cannot be written.
pub async fn install(
    options: &Options,
    wanted: &[Binary],
    force: bool,
    progress: Arc<dyn Progress>,
) -> Result<(), AssetError> {
    let lock = take_lock(&options.cache, Arc::clone(&progress)).await?;
    let mut installer = Installer { options, lock: &lock, progress: &*progress, unreachable: Vec::new() };
    let mut to_build = Vec::new();
    for binary in wanted {
        // Whoever held the lock before us may have installed it.
        if !force && options.cache.get(*binary)?.is_some() {
            continue;
        }
        if let Some(reason) = installer.download(*binary).await? {
            to_build.push((*binary, reason));
        }
    }
    installer.build(&to_build).await
}

/// A folder to build something large in, that goes when it is dropped, and that nobody else builds in meanwhile.
#[derive(Debug)]
pub struct Workshop {
    folder: tempfile::TempDir,
    // After the folder: whoever waits for the lock finds nothing left.
    _lock: InstallLock,
}

impl Workshop {
    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Takes the cache's one workshop; waits while another process has it. What a killed one left in it is removed.
///
/// # Errors
/// When the cache cannot be written.
pub async fn workshop(cache: &Cache, progress: Arc<dyn Progress>) -> Result<Workshop, AssetError> {
    let lock = take_lock(cache, progress).await?;
    Ok(Workshop { folder: cache.staging(&lock)?, _lock: lock })
}

async fn take_lock(cache: &Cache, progress: Arc<dyn Progress>) -> Result<InstallLock, AssetError> {
    let cache = cache.clone();
    let lock = tokio::task::spawn_blocking(move || cache.lock(|| progress.step(&Step::Waiting)));
    lock.await.map_err(|error| AssetError::Cache(std::io::Error::other(error)))?
}

struct Installer<'a> {
    options: &'a Options,
    lock: &'a InstallLock,
    progress: &'a dyn Progress,
    /// Servers that did not answer: each is waited for once.
    unreachable: Vec<(String, String)>,
}

impl Installer<'_> {
    /// Downloads and installs a binary. Returns the reason if it cannot be had that way.
    async fn download(&mut self, binary: Binary) -> Result<Option<String>, AssetError> {
        let Some(releases) = &self.options.releases else {
            return Ok(Some("downloads are switched off".into()));
        };
        let Some(server) = releases.server_of(binary) else {
            return Ok(Some(format!("{binary} is not downloaded here")));
        };
        if let Some((_, reason)) = self.unreachable.iter().find(|(known, _)| known == server) {
            return Ok(Some(reason.clone()));
        }
        let staging = self.options.cache.staging(self.lock)?;
        match download::download(releases, binary, staging.path(), self.progress).await {
            Ok(staged) => self.put(binary, &staged, Source::Download).await.map(|()| None),
            Err(Refused::Fatal(error)) => Err(error),
            Err(Refused::Unavailable(reason)) => {
                self.unreachable.push((server.clone(), reason.clone()));
                Ok(Some(reason))
            }
        }
    }

    /// Builds and installs binaries, each with the reason for which it could not be downloaded.
    async fn build(&self, wanted: &[(Binary, String)]) -> Result<(), AssetError> {
        let Some((first, reason)) = wanted.first() else { return Ok(()) };
        let go = match self.options.build {
            true => Go::find().await.map_err(|error| error.to_string()),
            false => Err("builds are switched off".into()),
        };
        let go = go.map_err(|error| AssetError::Nowhere {
            binary: *first,
            version: first.pinned(),
            tried: vec![reason.clone(), error],
        })?;
        let mut reasons: Vec<&String> = wanted.iter().map(|(_, reason)| reason).collect();
        reasons.dedup();
        for reason in reasons {
            self.progress.step(&Step::Passed { reason: reason.clone() });
        }
        let staging = self.options.cache.staging(self.lock)?;
        let mut prepared: Vec<(Wrapper, PathBuf)> = Vec::new();
        for (number, (binary, _)) in wanted.iter().enumerate() {
            let failed = |source| AssetError::Build { binary: *binary, source };
            let wrapper = wrapper(*binary);
            let folder = match prepared.iter().find(|(known, _)| *known == wrapper) {
                Some((_, folder)) => folder.clone(),
                None => {
                    let module = format!("{} v{}", wrapper.module.path, wrapper.module.version);
                    self.progress.step(&Step::Fetching { module });
                    let folder = staging.path().join(prepared.len().to_string());
                    go.prepare(&wrapper, &folder).await.map_err(failed)?;
                    prepared.push((wrapper, folder.clone()));
                    folder
                }
            };
            let staged =
                self.compile(&go, *binary, number + 1, wanted.len(), &folder).await.map_err(failed)?;
            self.put(*binary, &staged, Source::GoBuild).await?;
        }
        Ok(())
    }

    async fn compile(
        &self,
        go: &Go,
        binary: Binary,
        number: usize,
        of: usize,
        folder: &Path,
    ) -> Result<PathBuf, GoError> {
        let begun = Instant::now();
        let mut packages = 0;
        let built = go.build(binary, folder, |line| {
            packages += usize::from(line == Line::Package);
            self.progress.step(&match line {
                Line::Module(module) => Step::Fetching { module },
                Line::Package | Line::Tick => {
                    Step::Building { binary, number, of, packages, elapsed: begun.elapsed() }
                }
            });
        });
        built.await
    }

    /// Runs a binary once, to know that it is whole and the right one, and installs it.
    async fn put(&self, binary: Binary, staged: &Path, source: Source) -> Result<(), AssetError> {
        make_executable(staged)?;
        let remedy = "try again, or give your own with --assets DIR";
        let found = version_of(binary, staged, remedy).await?;
        let wanted = binary.pinned();
        if found != wanted {
            let (path, remedy) = (staged.to_owned(), remedy.to_owned());
            return Err(AssetError::WrongVersion { path, found, wanted, remedy });
        }
        self.options.cache.install(self.lock, binary, staged, found, source.clone())?;
        self.progress.step(&Step::Installed { binary, source });
        Ok(())
    }
}

fn make_executable(path: &Path) -> Result<(), AssetError> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o755))?)
}
