//! The one thread that starts processes.

use std::{
    io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Stdio,
    sync::mpsc,
    thread,
};

use nix::{
    sys::{prctl, signal::Signal},
    unistd::{Pid, getppid},
};
use tokio::{process::Command, sync::oneshot};

use super::{Entry, Ledger, Process, Program, RUN_VARIABLE};

type Job = Box<dyn FnOnce() + Send>;

/// Starts processes from one thread that lives as long as the last clone of this handle.
///
/// The kernel sends a child's `PR_SET_PDEATHSIG` when the *thread* that forked it ends, so a thread of an async
/// runtime, which may end at any time, must never be the one that forks.
#[derive(Clone, Debug)]
pub struct Spawner {
    jobs: mpsc::Sender<Job>,
    run: PathBuf,
    ledger: Ledger,
}

/// A process that could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// The program's file could not be run.
    #[error("cannot start {name} ({path}): {source}")]
    Start {
        /// The name that messages use.
        name: String,
        /// The program's file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The program's log file could not be made.
    #[error("cannot write the log of {name}: {source}")]
    Log {
        /// The name that messages use.
        name: String,
        /// What the system said; it names the file.
        source: io::Error,
    },
    /// The run's ledger could not be written, so a kill of tenantbench would leave the process unaccounted for.
    #[error("cannot record {name} in the run folder: {source}")]
    Ledger {
        /// The name that messages use.
        name: String,
        /// What the system said; it names the file.
        source: io::Error,
    },
    /// The thread that starts processes is gone.
    #[error("the thread that starts processes has ended")]
    Ended,
}

impl Spawner {
    /// Starts the thread. `run` is the run's folder, with which every child is marked; `ledger` lists them.
    ///
    /// # Errors
    /// When the machine has no thread left.
    pub fn start(run: &Path, ledger: Ledger) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        thread::Builder::new()
            .name("spawner".into())
            .spawn(move || queue.into_iter().for_each(|job| job()))?;
        Ok(Self { jobs, run: run.to_owned(), ledger })
    }

    /// Starts a program in a process group of its own; it dies when we do. Call within a tokio runtime.
    ///
    /// # Errors
    /// When the program cannot be run, or its log or the ledger cannot be written.
    pub async fn spawn(&self, program: &Program) -> Result<Process, SpawnError> {
        let name = program.name.clone();
        let mut command = program.command();
        command.env(RUN_VARIABLE, &self.run).process_group(0);
        let log = open_log(&program.log).map_err(|source| SpawnError::Log { name: name.clone(), source })?;
        let errors = log.try_clone().map_err(|source| SpawnError::Log { name: name.clone(), source })?;
        command.stdin(Stdio::null()).stdout(log).stderr(errors);

        let runtime = tokio::runtime::Handle::current();
        let child = self
            .on_thread(move || {
                let _runtime = runtime.enter();
                die_with_parent(&mut command);
                command.spawn()
            })
            .await?
            .map_err(|source| SpawnError::Start { name: name.clone(), path: program.path.clone(), source })?;

        let process = Process::watch(&name, child, &program.log).ok_or_else(|| SpawnError::Start {
            name: name.clone(),
            path: program.path.clone(),
            source: gone(),
        })?;
        let entry = Entry { name: name.clone(), identity: process.identity() };
        if let Err(source) = self.ledger.append(&entry) {
            process.kill();
            process.exited().await;
            return Err(SpawnError::Ledger { name, source });
        }
        Ok(process)
    }

    /// Runs `job` on the thread and returns what it returned: for code that forks in its own way.
    ///
    /// # Errors
    /// [`SpawnError::Ended`] when the thread is gone.
    pub async fn on_thread<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, SpawnError> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(move || drop(reply.send(job())));
        self.jobs.send(job).map_err(|_| SpawnError::Ended)?;
        answer.await.map_err(|_| SpawnError::Ended)
    }

    /// The run folder with which children are marked.
    pub fn run(&self) -> &Path {
        &self.run
    }

    /// The list of processes of the run.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}

fn open_log(path: &Path) -> io::Result<std::fs::File> {
    Ok(fs_err::OpenOptions::new().create(true).append(true).open(path)?.into_parts().0)
}

fn gone() -> io::Error {
    io::Error::other("it ended before it could be recorded")
}

/// Makes the kernel kill the child when the thread that calls `spawn` ends.
fn die_with_parent(command: &mut Command) {
    let parent = Pid::this();
    let hook = move || {
        prctl::set_pdeathsig(Signal::SIGKILL)?;
        // We may have died between fork and prctl; then no signal would ever come.
        if getppid() == parent { Ok(()) } else { Err(io::Error::other("parent ended")) }
    };
    // SAFETY: between fork and exec the hook makes two system calls and allocates only on its way to failure.
    unsafe { command.as_std_mut().pre_exec(hook) };
}
