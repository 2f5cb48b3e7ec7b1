//! Runs the recipe.

use std::{
    collections::VecDeque,
    env,
    path::Path,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};
use tokio_util::sync::CancellationToken;

use super::{Docker, Guest, NodeImageError, Say, programs, recipe};
use crate::assets::{Assets, Binary, Options, Progress, versions, workshop};

/// How many lines of a recipe that failed are shown.
const TAIL: usize = 12;
/// How often something is said of a step that lasts.
const EVERY: Duration = Duration::from_secs(15);

/// Builds the image, unless it is there and `force` is not set, and returns what Docker calls it. Two runs at once do
/// the work once.
///
/// # Errors
/// What is missing, or what failed; [`NodeImageError::Interrupted`] when `shutdown` is cancelled. Nothing half-done is
/// left.
pub async fn build(
    options: &Options,
    force: bool,
    progress: Arc<dyn Progress>,
    say: Say,
    shutdown: &CancellationToken,
) -> Result<String, NodeImageError> {
    let reference = recipe::reference(&recipe::programs(options).await?);
    if !force && Docker.image_id(&reference).await?.is_some() {
        return Ok(reference);
    }
    if !options.build {
        return Err(NodeImageError::NoBuild);
    }
    check_tools()?;
    Docker.engine().await?.has_room_for(Guest::NodeImage)?;
    let work = async {
        let programs = programs(options, Arc::clone(&progress)).await?;
        let workshop = workshop(&options.cache, progress).await?;
        Ok::<_, NodeImageError>((programs, workshop))
    };
    let (programs, workshop) = tokio::select! {
        work = work => work?,
        () = shutdown.cancelled() => return Err(NodeImageError::Interrupted),
    };
    // Whoever had the workshop before us may have built it.
    if force || Docker.image_id(&reference).await?.is_none() {
        let folder = workshop.folder();
        prepare(folder, &programs)?;
        run(folder, &reference, &say, shutdown).await?;
    }
    Ok(reference)
}

/// Whether this machine has what the recipe runs.
pub(in crate::host::kind) fn check_tools() -> Result<(), NodeImageError> {
    if !nix::unistd::geteuid().is_root() {
        return Err(NodeImageError::NotRoot);
    }
    let needed = [("debootstrap", "debootstrap"), ("unshare", "util-linux"), ("apt-get", "apt")];
    let folders: Vec<_> =
        env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
    match needed.into_iter().find(|(program, _)| !folders.iter().any(|folder| folder.join(program).is_file()))
    {
        Some((program, package)) => Err(NodeImageError::NoProgram { program, package }),
        None => Ok(()),
    }
}

/// Lays out what the recipe takes: itself, and the programs in one folder.
fn prepare(folder: &Path, programs: &Assets) -> Result<(), NodeImageError> {
    let (recipe, bin) = (folder.join("recipe"), folder.join("bin"));
    fs_err::create_dir_all(&recipe)?;
    fs_err::create_dir_all(&bin)?;
    recipe::write(&recipe)?;
    for binary in Binary::NODE {
        if let Some(path) = programs.path(binary) {
            std::os::unix::fs::symlink(std::path::absolute(path)?, bin.join(binary.name()))?;
        }
    }
    Ok(())
}

async fn run(
    folder: &Path,
    reference: &str,
    say: &Say,
    shutdown: &CancellationToken,
) -> Result<(), NodeImageError> {
    // Whatever the recipe mounts and starts is in namespaces that end with it, however it ends.
    let mut command = Command::new("unshare");
    command.args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c"]);
    command.args(["exec \"$0\" 2>&1"]).arg(folder.join("recipe/build"));
    command.env("PROGRAMS", folder.join("bin")).env("WORK", folder).env("IMAGE", reference);
    command.env("KUBERNETES", format!("v{}", versions::KUBERNETES)).env("LC_ALL", "C");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0).kill_on_drop(true);
    let mut child = command.spawn()?;
    let mut lines = child.stdout.take().map(|pipe| BufReader::new(pipe).lines());
    let mut report = Report::new(say);
    let mut tick = tokio::time::interval(EVERY);
    while let Some(reader) = &mut lines {
        tokio::select! {
            line = reader.next_line() => match line? {
                Some(line) => report.line(line),
                None => lines = None,
            },
            _ = tick.tick() => report.tick(),
            () = shutdown.cancelled() => {
                child.kill().await?;
                return Err(NodeImageError::Interrupted);
            }
        }
    }
    if child.wait().await?.success() { Ok(()) } else { Err(report.failure()) }
}

/// What the recipe said, and how far it is.
struct Report<'a> {
    say: &'a Say,
    step: String,
    began: Instant,
    tail: VecDeque<String>,
}

impl<'a> Report<'a> {
    fn new(say: &'a Say) -> Self {
        Self { say, step: "starting".into(), began: Instant::now(), tail: VecDeque::new() }
    }

    fn line(&mut self, line: String) {
        if let Some(step) = line.strip_prefix("== ") {
            (self.say)(&format!("node image: {step}"));
            self.step = step.to_owned();
            self.began = Instant::now();
        } else if !line.trim().is_empty() {
            self.tail.push_back(line);
            if self.tail.len() > TAIL {
                self.tail.pop_front();
            }
        }
    }

    fn tick(&self) {
        let seconds = self.began.elapsed().as_secs();
        if seconds > 0 {
            (self.say)(&format!("node image: {} ({seconds} s)", self.step));
        }
    }

    fn failure(self) -> NodeImageError {
        let tail: Vec<String> = self.tail.into();
        let reason = tail.last().cloned().unwrap_or_else(|| "it ended without a word".into());
        let full = tail.iter().find(|line| line.contains("no space left on device")).cloned();
        match full {
            Some(line) => super::DockerError::DiskFull(line).into(),
            None => NodeImageError::Failed { step: self.step, reason, tail },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(lines: &[&str]) -> NodeImageError {
        let say: Say = Arc::new(|_| {});
        let mut report = Report::new(&say);
        for line in lines {
            report.line((*line).to_owned());
        }
        report.failure()
    }

    #[test]
    fn a_recipe_that_fails_names_the_step_and_its_last_words() {
        let error = report(&["== the node's programs", "install: cannot stat 'x'"]);
        assert_eq!(
            error.to_string(),
            "the node image could not be built: the node's programs: install: cannot stat 'x'"
        );
    }

    #[test]
    fn a_full_disk_is_told_as_such() {
        let error =
            report(&["== the node image", "write /var/lib/docker/x: no space left on device", "exit 1"]);
        assert!(matches!(error, NodeImageError::Docker(_)), "{error}");
    }
}
