//! The supervisor's life: come up, answer, notice what breaks, go down.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::{
    Config, Event, Reply, Request, State, Status,
    control::{self, Call},
    output::Output,
    plant::Plant,
};
use crate::{
    host::{HostError, folder::RunLock},
    process::{Identity, Spawner, become_reaper, kill_children},
};

/// Who wants to hear when the host is gone, if anybody.
type Farewell = Option<Call>;

/// How long the last answer may take to be written before the process ends.
const LAST_WORDS: Duration = Duration::from_millis(500);

pub(super) struct Service {
    plant: Plant,
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
        let socket = service.plant.config.folder.control_socket();
        control::serve(&socket, calls).map_err(HostError::io("cannot make the control socket"))?;

        let farewell = match service.come_up(&mut queue, &mut owner_gone, &mut stop).await {
            Ok(None) => service.serve(&mut queue, &mut owner_gone, &mut stop).await,
            Ok(Some(farewell)) => farewell,
            Err(error) => {
                service.report_failure(&error);
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
            state: State::Starting,
            kept: false,
            started_at: Timestamp::now(),
            supervisor: Identity::own().map_err(HostError::io(context))?,
            processes: Default::default(),
            api_server: String::new(),
            service_cidr: config.service_cidr.to_string(),
            facts: None,
        };
        let plant = Plant::new(config, spawner, output.clone());
        Ok(Self { plant, output, status, _lock: lock })
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
                        Request::Forward { .. } => reply(call.reply, not_ready()),
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
        self.status.processes = self.plant.servers.pids();
        self.status.api_server.clone_from(&self.plant.api_server);
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
                },
            }
        }
    }

    fn forward(&self, namespace: String, service: String, port: u16, back: oneshot::Sender<Reply>) {
        let Some(nodes) = self.plant.nodes.clone() else { return reply(back, not_ready()) };
        tokio::spawn(async move {
            let answer = match nodes.forward(&namespace, &service, port).await {
                Ok(address) => Reply::Forwarded { address },
                Err(error) => Reply::Error { message: error.to_string() },
            };
            reply(back, answer);
        });
    }

    fn report_failure(&mut self, error: &HostError) {
        tracing::error!(%error, "the host failed");
        self.status.state = State::Failed { reason: error.to_string() };
        let tail = error.log_lines().to_vec();
        self.output.say(&Event::Failed { message: error.to_string(), tail });
    }

    async fn go_down(mut self, farewell: Farewell) {
        tracing::info!("going down");
        let mut removed = self.plant.stop().await;
        let strays = tokio::task::spawn_blocking(kill_children).await.unwrap_or_default();
        if strays > 0 {
            removed.push(format!("{strays} stray processes"));
        }
        let folder = self.plant.config.folder.path();
        let answer = match fs_err::remove_dir_all(folder) {
            Ok(()) => {
                removed.push(format!("folder {}", folder.display()));
                Reply::Down { removed }
            }
            Err(error) => Reply::Error { message: format!("{error}; remove it with `tenantbench gc`") },
        };
        if let Some(call) = farewell {
            reply(call.reply, answer);
            drop(tokio::time::timeout(LAST_WORDS, call.written).await);
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
