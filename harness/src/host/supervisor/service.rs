//! The supervisor's life: come up, answer, notice what breaks, go down.

use std::{path::PathBuf, time::Duration};

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::{
    Config, Event, Reply, Request, State, Status,
    control::{self, Call},
    output::Output,
    plant::Plant,
};
use crate::{
    host::{
        HostError,
        folder::{RunFolder, RunLock},
    },
    process::{Identity, Spawner, become_reaper, kill_children},
};

/// Who wants to hear when the host is gone, if anybody.
type Farewell = Option<Call>;

/// How long the last answer may take to be written before the process ends.
const LAST_WORDS: Duration = Duration::from_millis(500);

pub(super) struct Service {
    plant: Plant,
    folder: RunFolder,
    logs: Option<PathBuf>,
    output: Output,
    status: Status,
    // Held until the very end; the folder is removed under it.
    _lock: RunLock,
}

impl Service {
    /// Brings the host up, serves it, and takes it down. `owner_gone` resolves when the owner's pipe closes,
    /// `stop` when a signal asks us to end.
    pub(super) async fn run(
        config: Config,
        lock: RunLock,
        output: Output,
        mut owner_gone: oneshot::Receiver<()>,
        mut stop: mpsc::Receiver<()>,
    ) -> Result<(), HostError> {
        let mut service = Self::new(config, lock, output)?;
        let (calls, mut queue) = mpsc::channel(16);
        let socket = service.folder.control_socket();
        control::serve(&socket, calls).map_err(HostError::io("cannot make the control socket"))?;

        let farewell = match service.come_up(&mut queue, &mut owner_gone, &mut stop).await {
            Ok(None) => service.serve(&mut queue, &mut owner_gone, &mut stop).await,
            Ok(Some(farewell)) => farewell,
            Err(error) => {
                service.report_failure(&error);
                service.rescue_logs().await;
                None
            }
        };
        service.go_down(farewell).await;
        Ok(())
    }

    fn new(config: Config, lock: RunLock, output: Output) -> Result<Self, HostError> {
        let context = "cannot become the host's supervisor";
        become_reaper().map_err(HostError::io(context))?;
        let ledger = config.folder.ledger();
        let spawner = Spawner::start(config.folder.path(), ledger).map_err(HostError::io(context))?;
        let status = Status {
            name: config.name.to_string(),
            kind: config.blueprint.kind(),
            state: State::Starting,
            kept: false,
            started_at: Timestamp::now(),
            supervisor: Identity::own().map_err(HostError::io(context))?,
            processes: Default::default(),
            containers: Vec::new(),
            audit_log: PathBuf::new(),
            api_server: String::new(),
            service_cidr: config.blueprint.service_cidr().to_string(),
            facts: None,
        };
        let plant = Plant::new(&config, spawner, output.clone());
        Ok(Self { plant, folder: config.folder, logs: config.logs, output, status, _lock: lock })
    }

    /// Comes up, answering meanwhile. Returns a farewell if it is to go down before it is ready.
    async fn come_up(
        &mut self,
        queue: &mut mpsc::Receiver<Call>,
        owner_gone: &mut oneshot::Receiver<()>,
        stop: &mut mpsc::Receiver<()>,
    ) -> Result<Option<Farewell>, HostError> {
        let facts = {
            let mut starting = std::pin::pin!(self.plant.start());
            loop {
                tokio::select! {
                    facts = &mut starting => break facts?,
                    _ = &mut *owner_gone, if !self.status.kept => return Ok(Some(None)),
                    _ = stop.recv() => return Ok(Some(None)),
                    Some(call) = queue.recv() => match &call.request {
                        Request::Down => return Ok(Some(Some(call))),
                        Request::Forward { .. } | Request::Logs { .. } => reply(call.reply, not_ready()),
                        Request::Keep => {
                            self.status.kept = true;
                            reply(call.reply, Reply::Kept);
                        }
                        Request::Status => reply(call.reply, Reply::Status(Box::new(self.status.clone()))),
                    },
                }
            }
        };
        self.status.state = State::Ready;
        self.status.processes = self.plant.processes();
        self.status.containers = self.plant.containers();
        self.status.audit_log = self.plant.audit_log();
        self.status.api_server = self.plant.api_server().to_owned();
        self.status.facts = Some(facts);
        self.output.say(&Event::Ready(Box::new(self.status.clone())));
        Ok(None)
    }

    /// Answers until somebody wants the host gone. A server that dies is reported once; what still runs stays,
    /// so that one can look at it.
    async fn serve(
        &mut self,
        queue: &mut mpsc::Receiver<Call>,
        owner_gone: &mut oneshot::Receiver<()>,
        stop: &mut mpsc::Receiver<()>,
    ) -> Farewell {
        loop {
            let intact = self.status.state == State::Ready;
            tokio::select! {
                error = self.plant.failure(), if intact => self.report_failure(&error),
                _ = &mut *owner_gone, if !self.status.kept => return None,
                _ = stop.recv() => return None,
                Some(call) = queue.recv() => match &call.request {
                    Request::Down => return Some(call),
                    Request::Keep => {
                        self.status.kept = true;
                        reply(call.reply, Reply::Kept);
                    }
                    Request::Status => reply(call.reply, Reply::Status(Box::new(self.status.clone()))),
                    Request::Forward { namespace, service, port } => {
                        let (namespace, service) = (namespace.clone(), service.clone());
                        self.forward(namespace, service, *port, call.reply);
                    }
                    Request::Logs { to } => self.save_logs(to.clone(), call.reply),
                },
            }
        }
    }

    fn forward(&self, namespace: String, service: String, port: u16, back: oneshot::Sender<Reply>) {
        let Some(forwarder) = self.plant.forwarder() else { return reply(back, not_ready()) };
        tokio::spawn(async move {
            let answer = match forwarder.forward(&namespace, &service, port).await {
                Ok(address) => Reply::Forwarded { address },
                Err(error) => Reply::Error { message: error.to_string() },
            };
            reply(back, answer);
        });
    }

    fn save_logs(&self, to: PathBuf, back: oneshot::Sender<Reply>) {
        let logs = self.plant.logs();
        tokio::spawn(async move {
            let answer = match logs.save(&to).await {
                Ok(()) => Reply::Saved,
                Err(error) => Reply::Error { message: error.to_string() },
            };
            reply(back, answer);
        });
    }

    /// The logs of a host that did not come up go with it, unless somebody wants them.
    async fn rescue_logs(&self) {
        if let Some(to) = &self.logs
            && let Err(error) = self.plant.logs().save(to).await
        {
            tracing::warn!(%error, "the host's logs were not saved");
        }
    }

    fn report_failure(&mut self, error: &HostError) {
        tracing::error!(%error, "the host failed");
        self.status.state = State::Failed { reason: error.to_string() };
        self.output.say(&Event::failed(error));
    }

    async fn go_down(mut self, farewell: Farewell) {
        tracing::info!("going down");
        let stopped = self.plant.stop().await;
        let strays = tokio::task::spawn_blocking(kill_children).await.unwrap_or_default();
        let answer = match stopped.map(|removed| self.remove_folder(removed, strays)) {
            Ok(answer) => answer,
            // The folder stays, for it tells `gc` what else there is.
            Err(error) => {
                tracing::error!(%error, "not everything of the host could be removed");
                Reply::Error { message: format!("{error}; `tenantbench gc` removes what is left") }
            }
        };
        if let Some(call) = farewell {
            reply(call.reply, answer);
            drop(tokio::time::timeout(LAST_WORDS, call.written).await);
        }
    }

    /// Removes the run's folder, last of all.
    fn remove_folder(&self, mut removed: Vec<String>, strays: usize) -> Reply {
        if strays > 0 {
            removed.push(format!("{strays} stray processes"));
        }
        let folder = self.folder.path();
        match fs_err::remove_dir_all(folder) {
            Ok(()) => {
                removed.push(format!("folder {}", folder.display()));
                Reply::Down { removed }
            }
            Err(error) => Reply::Error { message: format!("{error}; remove it with `tenantbench gc`") },
        }
    }
}

/// Who asked may be gone; that concerns nobody else.
fn reply(back: oneshot::Sender<Reply>, answer: Reply) {
    drop(back.send(answer));
}

fn not_ready() -> Reply {
    Reply::Error { message: "the host is not ready yet".into() }
}
