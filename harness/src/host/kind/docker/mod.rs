//! The Docker engine, through its own command line: that knows contexts, sockets and credentials.

mod error;

use std::{ffi::OsStr, process::Stdio};

use nix::sys::statvfs::statvfs;
use tokio::process::Command;

pub use error::DockerError;
pub(super) use error::of_text;

/// Runs `docker`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Docker;

/// What the engine says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Engine {
    /// Its version.
    pub server_version: String,
    /// `1` or `2`; old engines do not say.
    #[serde(default)]
    pub cgroup_version: String,
    /// Where images and containers are, on the engine's machine.
    #[serde(default)]
    pub docker_root_dir: String,
    /// The machine's architecture, as `uname -m` prints it.
    #[serde(default)]
    pub architecture: String,
}

/// Something of ours that takes room on the engine's disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guest {
    /// What a cluster of one node writes until it is ready (290 MB were measured), and one virtual cluster in it.
    Cluster,
    /// A node image (870 MB), and half of it once more while it is made.
    NodeImage,
}

impl Guest {
    fn needs(self) -> (&'static str, u64) {
        match self {
            Self::Cluster => ("a cluster", 450_000_000),
            Self::NodeImage => ("a node image", 1_300_000_000),
        }
    }
}

impl Engine {
    /// How many bytes are free where it keeps images and containers; none where that is not on this machine, or not
    /// ours to see.
    pub fn free_bytes(&self) -> Option<u64> {
        let system = statvfs(self.docker_root_dir.as_str()).ok()?;
        Some(system.blocks_available() * system.fragment_size())
    }

    /// Whether there is room. A node whose disk fills up while it starts says anything but that, and an image is known
    /// to be too large only after minutes.
    ///
    /// # Errors
    /// [`DockerError::DiskFull`] where there is not.
    pub fn has_room_for(&self, wanted: Guest) -> Result<(), DockerError> {
        let (what, needed) = wanted.needs();
        match self.free_bytes() {
            Some(free) if free < needed => Err(DockerError::DiskFull(format!(
                "{} MB are free in {}, {what} takes {} MB",
                free / 1_000_000,
                self.docker_root_dir,
                needed / 1_000_000
            ))),
            _ => Ok(()),
        }
    }
}

impl Docker {
    /// A command that ends with whoever waits for it, in the environment of this process.
    pub fn command<A: AsRef<OsStr>>(self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new("docker");
        command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Runs a command and returns what it printed, without the last line's end.
    ///
    /// # Errors
    /// [`DockerError`], as its words on standard error mean.
    pub async fn run<A: AsRef<OsStr>>(
        self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<String, DockerError> {
        let mut command = self.command(arguments);
        let what = describe(&command);
        let output = command.output().await.map_err(|error| DockerError::start(&error))?;
        if !output.status.success() {
            return Err(of_text(&what, &String::from_utf8_lossy(&output.stderr)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    /// As [`Docker::run`], line by line; blank lines are left out.
    ///
    /// # Errors
    /// As [`Docker::run`].
    pub async fn lines<A: AsRef<OsStr>>(
        self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Vec<String>, DockerError> {
        let text = self.run(arguments).await?;
        Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
    }

    /// Asks the engine what it is, which needs it to be there, running and ours to use.
    ///
    /// # Errors
    /// [`DockerError`] with the reason.
    pub async fn engine(self) -> Result<Engine, DockerError> {
        let text = self.run(["info", "--format", "{{json .}}"]).await?;
        let said = parse_engine(&text);
        said.ok_or_else(|| of_text("docker info", &text))
    }

    /// The id of an image that is there; none where it is not.
    ///
    /// # Errors
    /// [`DockerError`] when the engine cannot be asked.
    pub async fn image_id(self, image: &str) -> Result<Option<String>, DockerError> {
        match self.run(["image", "inspect", "--format", "{{.Id}}", image]).await {
            Ok(id) => Ok(Some(id)),
            Err(DockerError::NoImage { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// An engine that cannot be reached makes `docker info` succeed with errors in its answer.
fn parse_engine(text: &str) -> Option<Engine> {
    let engine: Engine = serde_json::from_str(text.lines().last()?).ok()?;
    (!engine.server_version.is_empty()).then_some(engine)
}

/// The first words of a command, enough to know it again.
fn describe(command: &Command) -> String {
    let arguments = command.as_std().get_args().take(3).map(|word| word.to_string_lossy().into_owned());
    format!("docker {}", arguments.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_says_its_version_and_its_cgroups() {
        let text = r#"{"ServerVersion":"20.10.24+dfsg1","CgroupVersion":"1","DockerRootDir":"/var/lib/docker","Architecture":"x86_64","ID":"x"}"#;
        let engine = parse_engine(text).unwrap();
        assert_eq!((engine.server_version.as_str(), engine.cgroup_version.as_str()), ("20.10.24+dfsg1", "1"));
    }

    #[test]
    fn an_engine_whose_disk_cannot_be_seen_is_given_a_try_and_a_full_one_is_not() {
        let at = |folder: &str| Engine { docker_root_dir: folder.into(), ..Engine::default() };
        assert_eq!(at("/none/such").has_room_for(Guest::Cluster), Ok(()));
        // A file system of the kernel's own, which has no blocks at all.
        let full = at("/proc").has_room_for(Guest::Cluster).unwrap_err();
        assert!(full.to_string().starts_with("Docker's disk is full (0 MB are free in /proc"), "{full}");
    }

    #[test]
    fn an_answer_without_a_server_is_no_engine() {
        let text = r#"{"ID":"","ServerVersion":"","ServerErrors":["Cannot connect to the Docker daemon"]}"#;
        assert_eq!(parse_engine(text), None);
        assert_eq!(parse_engine(""), None);
    }

    #[test]
    fn a_command_is_named_by_its_first_words() {
        let command = Docker.command(["image", "inspect", "--format", "x"]);
        assert_eq!(describe(&command), "docker image inspect --format");
    }
}
