//! What Docker's words mean, and what to do about it.

use std::io;

/// Docker could not do what was asked. Each message names the thing, the reason and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DockerError {
    /// There is no `docker` to run.
    #[error(
        "no `docker` in PATH; install Docker Engine (https://docs.docker.com/engine/install), or use --host local"
    )]
    Missing,
    /// No engine answers.
    #[error("Docker is not running ({0}); start it, as with `systemctl start docker`, or use --host local")]
    NotRunning(String),
    /// The engine's socket is not ours to use.
    #[error(
        "no permission to use Docker ({0}); join its group with `sudo usermod -aG docker $USER` and log in again, or use --host local"
    )]
    NotPermitted(String),
    /// An image is neither there nor to be had.
    #[error(
        "Docker has no image {image} and cannot pull it; check its name, connect to its registry, or build one with `tenantbench tools node-image`"
    )]
    NoImage {
        /// The image, or Docker's words where they do not name it.
        image: String,
    },
    /// The engine's disk is full.
    #[error("Docker's disk is full ({0}); free some, as with `docker system prune`, and try again")]
    DiskFull(String),
    /// All address ranges that the engine may give to networks are taken.
    #[error(
        "Docker has no addresses left for one more network ({0}); remove some, as with `docker network prune`"
    )]
    NoAddresses(String),
    /// Another refusal.
    #[error("`{command}` failed: {reason}")]
    Failed {
        /// The command.
        command: String,
        /// The line that says why.
        reason: String,
    },
}

impl DockerError {
    /// From the attempt to start the program.
    pub(super) fn start(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Failed { command: "docker".into(), reason: error.to_string() },
        }
    }

    /// True where the machine lacks something, so that trying again changes nothing.
    pub fn is_unfit(&self) -> bool {
        !matches!(self, Self::Failed { .. })
    }
}

/// Reads an error from what `command`, or a program that runs docker, printed.
pub(in crate::host::kind) fn of_text(command: &str, text: &str) -> DockerError {
    let line = |words: &[&str]| {
        let told = |line: &&str| words.iter().any(|word| line.to_lowercase().contains(word));
        text.lines().map(str::trim).find(told).map(shorten)
    };
    // The order matters: a full disk stops the engine's other work too, and a refused socket looks like none.
    if let Some(found) = line(&["no space left on device"]) {
        return DockerError::DiskFull(found);
    }
    if let Some(found) = line(&["permission denied while trying to connect"]) {
        return DockerError::NotPermitted(found);
    }
    if let Some(found) = line(&[
        "cannot connect to the docker daemon",
        "failed to connect to the docker api",
        "error during connect",
        "is the docker daemon running",
    ]) {
        return DockerError::NotRunning(found);
    }
    if let Some(found) = line(&["non-overlapping ipv4 address pool", "predefined address pools have been"]) {
        return DockerError::NoAddresses(found);
    }
    let absent = [
        "no such image",
        "unable to find image",
        "pull access denied",
        "manifest unknown",
        "failed to pull image",
    ];
    if let Some(found) = line(&absent) {
        return DockerError::NoImage { image: quoted(&found) };
    }
    let said = text.lines().map(str::trim).rfind(|line| !line.is_empty());
    DockerError::Failed { command: command.to_owned(), reason: shorten(said.unwrap_or("no reason given")) }
}

/// Without what every message begins with, and without the request's address that follows some.
fn shorten(line: &str) -> String {
    let prefixes = ["Command Output: ", "docker: ", "Error response from daemon: ", "Error: ", "ERROR: "];
    let mut rest = line;
    while let Some(shorter) = prefixes.iter().find_map(|prefix| rest.strip_prefix(prefix)) {
        rest = shorter;
    }
    let rest = rest.split(": Get \"").next().unwrap_or(rest);
    rest.trim_end_matches('.').to_owned()
}

/// The image that a message names: in quotes, or after the colon.
fn quoted(line: &str) -> String {
    let between = |mark: char| line.split(mark).nth(1).filter(|text| !text.is_empty());
    let named = between('\'').or_else(|| between('"'));
    named.or_else(|| line.split(": ").nth(1)).unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> DockerError {
        of_text("docker info", text)
    }

    #[test]
    fn an_engine_that_is_not_running_is_told_from_one_that_is_forbidden() {
        let stopped = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?";
        let newer = "failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct and if the daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory";
        for text in [stopped, newer] {
            assert!(matches!(read(text), DockerError::NotRunning(_)), "{:?}", read(text));
        }
        let forbidden = "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get \"http://%2Fvar%2Frun%2Fdocker.sock/v1.24/containers/json\": dial unix /var/run/docker.sock: connect: permission denied";
        let DockerError::NotPermitted(reason) = read(forbidden) else { panic!("{:?}", read(forbidden)) };
        assert!(reason.ends_with("/var/run/docker.sock"), "{reason}");
    }

    #[test]
    fn an_image_that_is_absent_is_named() {
        let cases = [
            ("Error: No such image: kindest/node:v9", "kindest/node:v9"),
            ("Error response from daemon: No such image: a/b:1", "a/b:1"),
            ("Unable to find image 'a/b:1' locally", "a/b:1"),
            (
                "ERROR: failed to create cluster: failed to pull image \"kindest/node:v9\": command \"docker pull kindest/node:v9\" failed with error: exit status 1",
                "kindest/node:v9",
            ),
        ];
        for (text, image) in cases {
            assert_eq!(read(text), DockerError::NoImage { image: image.into() });
        }
    }

    #[test]
    fn a_full_disk_is_found_in_whatever_failed() {
        let text = "Command Output: docker: Error response from daemon: failed to copy files: write /var/lib/docker/x: no space left on device";
        let DockerError::DiskFull(reason) = read(text) else { panic!("{:?}", read(text)) };
        assert!(reason.starts_with("failed to copy files"), "{reason}");
    }

    #[test]
    fn networks_can_run_out() {
        let text = "Error response from daemon: could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network";
        assert!(matches!(read(text), DockerError::NoAddresses(_)));
    }

    #[test]
    fn other_words_are_handed_on_with_the_command() {
        let error =
            of_text("docker network rm", "Error response from daemon: network x has active endpoints\n");
        assert_eq!(error.to_string(), "`docker network rm` failed: network x has active endpoints");
        assert!(!error.is_unfit());
    }

    #[test]
    fn each_message_is_one_line_with_a_remedy() {
        let errors = [
            DockerError::Missing,
            read("Cannot connect to the Docker daemon at x. Is the docker daemon running?"),
            read("permission denied while trying to connect to the Docker daemon socket"),
            read("No such image: x"),
            read("no space left on device"),
        ];
        for error in errors {
            let text = error.to_string();
            assert!(error.is_unfit() && !text.contains('\n') && text.contains(';'), "{text}");
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_missing() {
        assert_eq!(DockerError::start(&io::ErrorKind::NotFound.into()), DockerError::Missing);
    }
}
