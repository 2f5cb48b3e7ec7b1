//! Runs the Go toolchain.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time,
};

use super::{
    Binary,
    wrapper::{Wrapper, linker_flags, package, staging_modules},
};

/// The first Go that can fetch the toolchain which a module asks for.
const OLDEST: (u32, u32) = (1, 21);

/// A Go toolchain on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Go {
    /// Its version, such as `1.26.8`.
    pub version: String,
}

/// Go is missing or failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GoError {
    /// There is no `go` to run.
    #[error("no `go` in PATH ({0}); install Go from https://go.dev/dl")]
    Missing(#[source] io::Error),
    /// It cannot build the pinned modules.
    #[error("go {0} is too old; install Go 1.26 or newer from https://go.dev/dl")]
    TooOld(String),
    /// A command failed.
    #[error("`{command}` failed: {reason}")]
    Failed {
        /// The command.
        command: String,
        /// The last line that it printed.
        reason: String,
    },
    /// What it said could not be understood, or a file could not be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// What a build prints.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A module is fetched.
    Module(String),
    /// A package has been compiled.
    Package,
    /// Time went by.
    Tick,
}

impl Go {
    /// Finds Go and asks its version.
    ///
    /// # Errors
    /// When it is missing or too old.
    pub async fn find() -> Result<Self, GoError> {
        let mut command = Command::new("go");
        command.args(["env", "GOVERSION"]).current_dir("/").stdin(Stdio::null()).kill_on_drop(true);
        let output = command.output().await.map_err(GoError::Missing)?;
        let text = String::from_utf8_lossy(&output.stdout);
        let version = text.trim().trim_start_matches("go").to_owned();
        if is_new_enough(&version) { Ok(Self { version }) } else { Err(GoError::TooOld(version)) }
    }

    /// Makes the module to build in: fetches the required one, reads which parts it has, writes `go.mod`.
    pub(super) async fn prepare(&self, wrapper: &Wrapper, folder: &Path) -> Result<(), GoError> {
        let staging = if wrapper.module.staged { self.staging(wrapper).await? } else { Vec::new() };
        fs_err::create_dir_all(folder)?;
        fs_err::write(folder.join("go.mod"), wrapper.go_mod(&staging))?;
        Ok(())
    }

    async fn staging(&self, wrapper: &Wrapper) -> Result<Vec<String>, GoError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Module {
            go_mod: Option<PathBuf>,
            error: Option<String>,
        }
        let target = format!("{}@v{}", wrapper.module.path, wrapper.module.version);
        let mut command = Command::new("go");
        command.args(["mod", "download", "-json", &target]).current_dir("/").env("GOWORK", "off");
        command.stdin(Stdio::null()).kill_on_drop(true);
        let output = command.output().await.map_err(GoError::Missing)?;
        let failed =
            |reason: String| GoError::Failed { command: format!("go mod download {target}"), reason };
        let module: Module = serde_json::from_slice(&output.stdout)
            .map_err(|_| failed(last_line(&String::from_utf8_lossy(&output.stderr))))?;
        if let Some(error) = module.error {
            return Err(failed(last_line(&error)));
        }
        let path = module.go_mod.ok_or_else(|| failed("it names no go.mod".into()))?;
        Ok(staging_modules(&fs_err::read_to_string(path)?))
    }

    /// Builds a binary in a prepared folder and returns its file there. `say` hears each line, and at least one tick
    /// a second.
    pub(super) async fn build(
        &self,
        binary: Binary,
        folder: &Path,
        mut say: impl FnMut(Line),
    ) -> Result<PathBuf, GoError> {
        let program = folder.join(binary.name());
        let mut command = Command::new("go");
        command.args(["build", "-v", "-mod=mod", "-trimpath", "-ldflags", &linker_flags(binary), "-o"]);
        command.arg(&program).arg(package(binary));
        command.current_dir(folder).env("CGO_ENABLED", "0").env("GOWORK", "off");
        // A build that is killed leaves its work there: gigabytes, and nobody else would remove them.
        command.env("GOTMPDIR", folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
        let mut build = Build { child: command.spawn().map_err(GoError::Missing)? };
        let mut lines = build.child.stderr.take().map(|pipe| BufReader::new(pipe).lines());
        let mut tick = time::interval(Duration::from_secs(1));
        let mut words = String::new();
        while let Some(reader) = &mut lines {
            tokio::select! {
                line = reader.next_line() => match line? {
                    Some(line) => match parse(&line) {
                        Some(line) => say(line),
                        None => words = line,
                    },
                    None => lines = None,
                },
                _ = tick.tick() => say(Line::Tick),
            }
        }
        let status = build.child.wait().await?;
        if status.success() {
            return Ok(program);
        }
        let reason = if words.is_empty() { status.to_string() } else { words };
        Err(GoError::Failed { command: format!("go build {}", package(binary)), reason })
    }
}

/// A build that ends, with the compilers it started, when nobody waits for it any more.
#[derive(Debug)]
struct Build {
    child: Child,
}

impl Drop for Build {
    fn drop(&mut self) {
        if let Some(pid) = self.child.id() {
            // It leads a group of its own. A failure means that it has ended.
            let _ = killpg(Pid::from_raw(pid.cast_signed()), Signal::SIGKILL);
        }
    }
}

fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.split(['.', 'r', 'b', '-', ' ']).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= OLDEST,
        _ => false,
    }
}

fn parse(line: &str) -> Option<Line> {
    if let Some(module) = line.strip_prefix("go: downloading ") {
        return Some(Line::Module(module.to_owned()));
    }
    // With -v a compiled package is printed alone on its line.
    let is_package = !line.is_empty() && !line.contains([' ', ':', '\t']);
    is_package.then_some(Line::Package)
}

fn last_line(text: &str) -> String {
    text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no reason given").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_go_that_can_fetch_its_successor_is_new_enough() {
        for good in ["1.26.8", "1.21", "1.27rc1", "2.0"] {
            assert!(is_new_enough(good), "{good}");
        }
        for bad in ["1.20.14", "", "devel"] {
            assert!(!is_new_enough(bad), "{bad}");
        }
    }

    #[test]
    fn a_build_prints_modules_packages_and_complaints() {
        assert_eq!(
            parse("go: downloading k8s.io/api v0.36.3"),
            Some(Line::Module("k8s.io/api v0.36.3".into()))
        );
        assert_eq!(parse("k8s.io/api/core/v1"), Some(Line::Package));
        assert_eq!(parse("go: k8s.io/nothing: module lookup disabled"), None);
        assert_eq!(parse("# k8s.io/api/core/v1"), None);
    }
}
