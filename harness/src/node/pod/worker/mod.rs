//! A pod that runs as processes.

mod files;
mod start;
mod stop;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, Pod, PodSpec};
use kube::ResourceExt;
use parking_lot::RwLock;
use tokio::{
    sync::{Notify, mpsc},
    task::AbortHandle,
    time,
};

use self::stop::Ending;
use super::{
    Context, ServedPod,
    api::{self, StatusWriter},
    ephemeral,
    machine::{self, Records, Step},
    manager::{self, Updates},
    probe::{Finding, ProbeKind},
    record::{Ended, Record},
    references::{self, Contents, Reference},
    status::{Facts, wanted},
    volume::{Plan, Tokens, plan},
};
use crate::{
    node::{
        NodeError,
        changes::Key,
        runtime::{self, Sandbox},
    },
    process::{Exit, Process},
};

/// One pod and all that belongs to it.
pub(super) struct Worker {
    context: Arc<Context>,
    pod: Arc<Pod>,
    key: Key,
    uid: String,
    folder: PathBuf,
    node: Ipv4Addr,
    since: Timestamp,
    sandbox: Sandbox,
    served: Arc<RwLock<ServedPod>>,
    status: StatusWriter,
    records: Records,
    live: BTreeMap<String, Live>,
    volumes: Vec<(String, Plan)>,
    wanted: BTreeSet<Reference>,
    contents: Contents,
    tokens: Tokens,
    /// Counts the versions of volumes that were written.
    version: u64,
    /// What the volumes were last made of.
    written: BTreeMap<String, super::volume::Files>,
    /// Rings when an object that the pod refers to has changed.
    bell: Arc<Notify>,
    news: mpsc::Sender<News>,
    /// What was last told in an event, so that it is told once.
    told: BTreeSet<String>,
    /// All volumes have been there once.
    mounted: bool,
    finished: bool,
    stopping: bool,
}

/// A running container.
struct Live {
    process: Process,
    started: Timestamp,
    /// Says how the container ended, and its probes.
    tasks: Vec<AbortHandle>,
}

/// What happens to a pod's containers.
enum News {
    Exited { container: String, pid: u32, exit: Exit, message: Option<String> },
    Probed { container: String, pid: u32, finding: Finding },
}

/// Something that failed is tried again after this, unless a change comes first.
const RETRY: Duration = Duration::from_secs(2);

/// Runs the pod until it is gone.
pub(super) async fn run(context: Arc<Context>, mut updates: Updates) {
    let Some(pod) = updates.current() else { return };
    let (news, mut inbox) = mpsc::channel(32);
    let worker = tokio::select! {
        worker = begin(&context, &pod, news) => worker,
        () = until_deleted(&mut updates) => None,
    };
    match worker {
        Some(mut worker) => {
            worker.work(&mut updates, &mut inbox).await;
            worker.end(&mut updates).await;
        }
        None if updates.is_shutdown() => {}
        None => api::delete(&context, &pod).await,
    }
}

async fn until_deleted(updates: &mut Updates) {
    while !is_over(updates) {
        updates.changed().await;
    }
}

fn is_over(updates: &mut Updates) -> bool {
    let deleted = updates.current().is_none_or(|pod| pod.metadata.deletion_timestamp.is_some());
    deleted || updates.is_shutdown()
}

/// Sets up the pod's network, again and again where that fails.
async fn begin(context: &Arc<Context>, pod: &Arc<Pod>, news: mpsc::Sender<News>) -> Option<Worker> {
    loop {
        match try_begin(context, pod, news.clone()).await {
            Ok(worker) => return Some(worker),
            Err(error) => context.events.warning(pod, "FailedCreatePodSandBox", &error.to_string()),
        }
        time::sleep(RETRY).await;
    }
}

async fn try_begin(
    context: &Arc<Context>,
    pod: &Arc<Pod>,
    news: mpsc::Sender<News>,
) -> Result<Worker, NodeError> {
    let full = || NodeError::Helper { name: "pod-sandbox", reason: "all pod addresses are taken".into() };
    let node = context.node_of(pod).ok_or_else(full)?;
    let uid = pod.uid().unwrap_or_default();
    let folder = context.folder.join(&uid);
    fs_err::create_dir_all(folder.join("containers"))?;
    let address = context.network.take_address().ok_or_else(full)?;
    let hostname = pod.spec.as_ref().and_then(|spec| spec.hostname.clone()).unwrap_or_else(|| pod.name_any());
    let sandbox = Sandbox::start(&context.network, address, &hostname).await?;
    let spec = pod.spec.clone().unwrap_or_default();
    let containers = spec.init_containers.iter().flatten().chain(&spec.containers);
    let key = manager::key(pod);
    let (bell, wanted) = (Arc::new(Notify::new()), references::of(pod));
    context.listeners.listen(&key.0, &wanted, &bell);
    Ok(Worker {
        served: context.registry.add(key.clone(), Arc::clone(pod), false),
        status: StatusWriter::start(Arc::clone(context), pod),
        records: containers.map(|container| (container.name.clone(), Record::default())).collect(),
        context: Arc::clone(context),
        volumes: plan(pod),
        pod: Arc::clone(pod),
        key,
        uid,
        folder,
        node,
        since: Timestamp::now(),
        sandbox,
        live: BTreeMap::new(),
        wanted,
        contents: Contents::new(),
        tokens: Tokens::default(),
        version: 0,
        written: BTreeMap::new(),
        bell,
        news,
        told: BTreeSet::new(),
        mounted: false,
        finished: false,
        stopping: false,
    })
}

impl Worker {
    async fn work(&mut self, updates: &mut Updates, inbox: &mut mpsc::Receiver<News>) {
        let mut stale = true;
        loop {
            if is_over(updates) {
                return;
            }
            if let Some(pod) = updates.current() {
                stale |= pod.metadata.labels != self.pod.metadata.labels
                    || pod.metadata.annotations != self.pod.metadata.annotations;
                self.pod = pod;
                self.served.write().pod = Arc::clone(&self.pod);
                stale |= self.take_in_added();
            }
            if stale || self.tokens.refresh_at().is_some_and(|at| at <= Timestamp::now()) {
                stale = !self.refresh().await;
            }
            // Volumes come before the first container; what is lost later does not stop those that run.
            self.mounted |= !stale;
            let mut wake = if self.mounted { self.advance().await } else { None };
            if stale {
                wake = Some(wake.map_or(RETRY, |wake| wake.min(RETRY)));
            }
            self.publish();
            if let Some(at) = self.tokens.refresh_at() {
                wake = Some(wake.map_or(until(at), |wake| wake.min(until(at))));
            }
            let bell = Arc::clone(&self.bell);
            tokio::select! {
                () = updates.changed() => {}
                Some(news) = inbox.recv() => self.hear(news),
                () = bell.notified() => stale = true,
                () = sleep(wake) => {}
            }
        }
    }

    /// Takes in ephemeral containers that have come. Returns whether they refer to something new.
    fn take_in_added(&mut self) -> bool {
        for container in ephemeral::of(&self.pod) {
            self.records.entry(container.name).or_default();
        }
        let wanted = references::of(&self.pod);
        let is_new = !wanted.is_subset(&self.wanted);
        if is_new {
            self.context.listeners.listen(&self.key.0, &wanted, &self.bell);
            self.wanted = wanted;
        }
        is_new
    }

    /// Takes the steps that are due. Returns how long until the next is, if one waits for its time.
    async fn advance(&mut self) -> Option<Duration> {
        if self.finished {
            return None;
        }
        let spec = self.spec();
        let mut wake = None;
        for step in machine::next(&spec, &self.records, &self.context.restart, Timestamp::now()) {
            match step {
                Step::Start(name) => {
                    if !self.start(&name).await {
                        wake = Some(RETRY);
                    }
                }
                Step::Wait(name, at) => {
                    self.back_off(&name);
                    wake = Some(wake.map_or(until(at), |wake: Duration| wake.min(until(at))));
                }
                Step::Finish => {
                    self.finished = true;
                    self.end_containers(Ending { grace: self.grace(), hooks: true }).await;
                }
            }
        }
        wake
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Exited { container, pid, exit, message } => self.exited(&container, pid, exit, message),
            News::Probed { container, pid, finding } => self.probed(&container, pid, finding),
        }
    }

    fn exited(&mut self, container: &str, pid: u32, exit: Exit, message: Option<String>) {
        let Some(live) = self.live.remove(container) else { return };
        live.tasks.iter().for_each(AbortHandle::abort);
        if let Some(served) = self.served.write().containers.get_mut(container) {
            served.running = false;
        }
        if let Some(record) = self.records.get_mut(container) {
            let message = message.filter(|_| !exit.is_success());
            record.ended(Ended { pid, exit, started: live.started, finished: Timestamp::now(), message });
        }
    }

    fn probed(&mut self, container: &str, pid: u32, finding: Finding) {
        let Some(live) = self.live.get(container).filter(|live| live.process.pid() == pid) else { return };
        let has_readiness = self.has_readiness(container);
        let Some(record) = self.records.get_mut(container) else { return };
        match finding {
            Finding::Up(ProbeKind::Startup) => {
                record.started = true;
                record.ready |= !has_readiness;
            }
            Finding::Up(ProbeKind::Readiness) => record.ready = true,
            Finding::Up(ProbeKind::Liveness) => {}
            Finding::Down(ProbeKind::Readiness, message) => {
                record.ready = false;
                self.context.events.warning(&self.pod, "Unhealthy", &message);
            }
            Finding::Down(ProbeKind::Liveness | ProbeKind::Startup, message) => {
                self.context.events.warning(&self.pod, "Unhealthy", &message);
                let text = format!("container {container} failed its probe and will be restarted");
                self.context.events.normal(&self.pod, "Killing", &text);
                let (process, grace) = (live.process.clone(), self.grace());
                tokio::spawn(async move { process.stop(grace).await });
            }
            Finding::Failed(message) => self.tell("Unhealthy", message),
        }
    }

    fn back_off(&mut self, name: &str) {
        let Some(record) = self.records.get_mut(name) else { return };
        if let super::record::State::Ended(ended) = &record.state {
            let delay = record.backoff.delay().as_secs();
            let message = format!("back-off {delay}s restarting failed container {name}");
            record.last = Some(ended.clone());
            record.state =
                super::record::State::Waiting { reason: "CrashLoopBackOff", message: Some(message.clone()) };
            self.context.events.warning(&self.pod, "BackOff", &message);
        }
    }

    fn publish(&self) {
        let facts = Facts {
            pod: &self.pod,
            records: &self.records,
            node: self.node,
            address: Some(self.sandbox.address()),
            finished: self.finished,
            stopping: self.stopping,
            since: self.since,
            now: Timestamp::now(),
        };
        self.status.write(wanted(&facts));
    }

    /// Sends an event unless the same was sent before.
    fn tell(&mut self, reason: &str, message: String) {
        if !self.told.contains(&message) {
            self.context.events.warning(&self.pod, reason, &message);
            self.told.insert(message);
        }
    }

    fn spec(&self) -> PodSpec {
        self.pod.spec.clone().unwrap_or_default()
    }

    fn container(&self, name: &str) -> Option<Container> {
        let spec = self.pod.spec.as_ref()?;
        let mut all = spec.init_containers.iter().flatten().chain(&spec.containers);
        let found = all.find(|container| container.name == name).cloned();
        found.or_else(|| ephemeral::containers(spec).into_iter().find(|container| container.name == name))
    }

    fn has_readiness(&self, name: &str) -> bool {
        self.container(name).is_some_and(|container| super::probe::has(&container, ProbeKind::Readiness))
    }

    /// How long a container may take to end.
    fn grace(&self) -> Duration {
        let deleted = self.pod.metadata.deletion_grace_period_seconds;
        let seconds =
            deleted.or_else(|| self.pod.spec.as_ref()?.termination_grace_period_seconds).unwrap_or(30);
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
    }

    /// Ends what is left, tells the API server, and removes the pod's files.
    async fn end(mut self, updates: &mut Updates) {
        self.stopping = true;
        let (gone, shutdown) = (updates.current().is_none(), updates.is_shutdown());
        if let Some(pod) = updates.current() {
            self.pod = pod;
        }
        if !gone && !shutdown {
            self.publish();
        }
        self.stop_within(updates).await;
        runtime::end_all(self.uid.clone()).await;
        self.finished = true;
        self.publish();
        if gone || shutdown {
            self.status.abandon();
        } else {
            self.status.finish().await;
        }
        self.context.registry.remove(&self.key, &self.served);
        self.sandbox.stop().await;
        if let Err(error) = fs_err::remove_dir_all(&self.folder) {
            tracing::warn!(pod = self.key.1, %error, "a pod's folder stays");
        }
        // Last, for who sees the pod gone may look for what it left.
        if !gone && !shutdown {
            api::delete(&self.context, &self.pod).await;
        }
    }
}

fn until(at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default()
}

async fn sleep(wake: Option<Duration>) {
    match wake {
        Some(duration) => time::sleep(duration).await,
        None => std::future::pending().await,
    }
}
