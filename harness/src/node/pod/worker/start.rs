//! Starts a container of a pod.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container as Spec, PodSecurityContext, SecurityContext};
use kube::ResourceExt;
use tokio::time;

use super::{Live, News, Worker};
use crate::{
    node::{
        helper::layout::{IMAGE_BIN, Process},
        image::{command_line, program_name},
        network::proxy::Frontend,
        pod::{
            ServedContainer,
            environment::{Sources, environment},
            expand::expand,
            machine,
            probe::{self, ProbeKind, Probed},
            record::State,
        },
        runtime::{Container, ContainerSpec, ENVIRONMENT, POD_VARIABLE},
    },
    process::last_lines,
};

/// Tells a program that runs without mounts where its volumes are: under that folder, at their mount paths.
const POD_ROOT_VARIABLE: &str = "TENANTBENCH_POD_ROOT";

/// How long output that is still on its way is waited for.
const LAST_OUTPUT: Duration = Duration::from_secs(1);

/// How many of its last lines stand for a container's last words.
const LAST_WORDS: usize = 10;

impl Worker {
    /// Starts a container. False if something stands in the way; its state says what.
    pub(super) async fn start(&mut self, name: &str) -> bool {
        let Some(container) = self.container(name) else { return false };
        match self.try_start(&container).await {
            Ok(()) => true,
            Err((reason, message)) => {
                self.tell("Failed", format!("container {name}: {message}"));
                if let Some(record) = self.records.get_mut(name) {
                    // How it ended before stays known, or it would count as never started.
                    if let State::Ended(ended) = &record.state {
                        record.last = Some(ended.clone());
                    }
                    record.state = State::Waiting { reason, message: Some(message) };
                }
                false
            }
        }
    }

    async fn try_start(&mut self, container: &Spec) -> Result<(), (&'static str, String)> {
        let config = |message: String| ("CreateContainerConfigError", message);
        let image = container.image.as_deref().unwrap_or_default();
        let program = self.context.images.program(image);
        let no_program =
            || config("its image has no program on this host, but another of the pod's has".into());
        let program = program.ok_or_else(no_program)?.to_owned();
        let variables = self.variables(container).await.map_err(config)?;
        let value = |name: &str| variables.get(name).cloned();
        let mounts = self.mounts(container, value).map_err(config)?;
        let process = self.process(container, &program, &variables);
        let environment = whole(&variables, &self.uid);

        let folder = self.folder.join("containers").join(&container.name);
        fs_err::create_dir_all(&folder).map_err(|error| config(error.to_string()))?;
        let attempt = self.attempt(&container.name);
        let spec = ContainerSpec {
            name: container.name.clone(),
            program,
            program_name: program_name(image).to_owned(),
            command: process.clone(),
            environment: environment.clone(),
            mounts,
            hosts: self.hosts(),
            log: folder.join(format!("{attempt}.log")),
            folder: folder.clone(),
        };
        let started = Container::start(&self.context.network, &self.sandbox, spec).await;
        let started = started.map_err(|error| ("RunContainerError", error.to_string()))?;
        let served = ServedContainer {
            logs: folder,
            attempt,
            log: started.log.clone(),
            pid: started.process.pid(),
            running: true,
            namespaces: self.sandbox.namespaces(),
            process,
            environment,
        };
        self.runs(container, started, served);
        Ok(())
    }

    /// Notes that a container runs, and follows how it does.
    fn runs(&mut self, container: &Spec, started: Container, served: ServedContainer) {
        let (name, pid, now) = (container.name.clone(), started.process.pid(), Timestamp::now());
        self.served.write().containers.insert(name.clone(), served.clone());
        let policy = self.context.restart;
        if let Some(record) = self.records.get_mut(&name) {
            if let Some(end) = record.end().cloned() {
                record.restarts += 1;
                record.backoff = record.backoff.after_restart(&policy, end.finished, now);
                record.last = Some(end);
            }
            record.state = State::Running { pid: Some(pid), since: now };
            record.started = !probe::has(container, ProbeKind::Startup);
            record.ready = record.started && !probe::has(container, ProbeKind::Readiness);
        }
        self.context.events.normal(&self.pod, "Started", &format!("started container {name}"));
        let tasks = vec![self.follow_exit(&name, &started), self.follow_probes(container, served)];
        self.live.insert(name, Live { process: started.process, started: now, tasks });
    }

    fn follow_exit(&self, name: &str, started: &Container) -> tokio::task::AbortHandle {
        let (news, container, started) = (self.news.clone(), name.to_owned(), started.clone());
        let task = tokio::spawn(async move {
            let exit = started.process.exited().await;
            // A process that left the container's group may hold its output open for ever.
            drop(time::timeout(LAST_OUTPUT, started.log.finished()).await);
            let words = last_words(&started.process.log());
            let pid = started.process.pid();
            // Nobody listens once the pod is ending.
            drop(news.send(News::Exited { container, pid, exit, message: words }).await);
        });
        task.abort_handle()
    }

    fn follow_probes(&self, container: &Spec, served: ServedContainer) -> tokio::task::AbortHandle {
        let (sender, mut findings) = tokio::sync::mpsc::channel(4);
        let (news, name, pid) = (self.news.clone(), container.name.clone(), served.pid);
        let probed = Probed {
            context: self.context.clone(),
            address: self.sandbox.address(),
            container: container.clone(),
            served,
        };
        let task = tokio::spawn(async move {
            let pass_on = async {
                while let Some(finding) = findings.recv().await {
                    let told = News::Probed { container: name.clone(), pid, finding };
                    if news.send(told).await.is_err() {
                        return;
                    }
                }
            };
            tokio::join!(probe::run(probed, sender), pass_on);
        });
        task.abort_handle()
    }

    async fn variables(&self, container: &Spec) -> Result<BTreeMap<String, String>, String> {
        let services = self.visible_services().await;
        let sources =
            Sources { pod: &self.pod, place: self.place(), contents: &self.contents, services: &services };
        let own = environment(container, &sources).map_err(|error| error.to_string())?;
        let mut all: BTreeMap<_, _> =
            ENVIRONMENT.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        all.insert("HOSTNAME".into(), self.hostname());
        all.extend(own);
        self.adapt_to_machine(&container.name, &mut all).await;
        Ok(all)
    }

    /// The API server's Service, and those of the pod's namespace if it wants to know of them.
    async fn visible_services(&self) -> Vec<Frontend> {
        let services = self.context.network.services();
        let mut visible = services.api_server().await;
        if self.pod.spec.as_ref().and_then(|spec| spec.enable_service_links).unwrap_or(true) {
            visible.extend(
                services.of_namespace(&self.key.0).into_iter().filter(|one| one.service != "kubernetes"),
            );
        }
        visible
    }

    /// Where pods share the machine's network, the API server's Service is a port of the machine's own.
    async fn adapt_to_machine(&self, container: &str, variables: &mut BTreeMap<String, String>) {
        if self.sandbox.namespaces().is_some() {
            return;
        }
        let root = self.machine_root(container);
        variables.insert(POD_ROOT_VARIABLE.into(), root.to_string_lossy().into_owned());
        let address = variables.get("KUBERNETES_SERVICE_HOST").and_then(|host| host.parse().ok());
        let port = variables.get("KUBERNETES_SERVICE_PORT").and_then(|port| port.parse().ok());
        let (Some(address), Some(port)) = (address, port) else { return };
        let service = std::net::SocketAddrV4::new(address, port);
        match self.context.network.forward_address(service).await {
            Ok(local) => {
                variables.insert("KUBERNETES_SERVICE_HOST".into(), local.ip().to_string());
                variables.insert("KUBERNETES_SERVICE_PORT".into(), local.port().to_string());
            }
            Err(error) => tracing::warn!(%service, %error, "a pod will not reach its API server"),
        }
    }

    fn process(&self, container: &Spec, program: &Path, variables: &BTreeMap<String, String>) -> Process {
        let expanded = |words: Option<&Vec<String>>| -> Vec<String> {
            let words = words.into_iter().flatten();
            words.map(|word| expand(word, |name| variables.get(name).cloned())).collect()
        };
        let name = program_name(container.image.as_deref().unwrap_or_default());
        let inside = match self.sandbox.namespaces() {
            Some(_) => Path::new(IMAGE_BIN).join(name),
            None => program.to_owned(),
        };
        let mut command = expanded(container.command.as_ref());
        let mut arguments = expanded(container.args.as_ref());
        if self.sandbox.namespaces().is_none() {
            let root = self.machine_root(&container.name);
            let targets: Vec<_> =
                container.volume_mounts.iter().flatten().map(|mount| mount.mount_path.as_str()).collect();
            for word in command.iter_mut().chain(&mut arguments) {
                *word = relocated(word, &targets, &root);
            }
        }
        let own: Option<&SecurityContext> = container.security_context.as_ref();
        let pods: Option<&PodSecurityContext> =
            self.pod.spec.as_ref().and_then(|spec| spec.security_context.as_ref());
        let id = |own: Option<i64>, pods: Option<i64>| own.or(pods).and_then(|id| u32::try_from(id).ok());
        Process {
            argv: command_line(&inside, name, command, arguments),
            directory: container.working_dir.clone().unwrap_or_else(|| "/".into()).into(),
            uid: id(own.and_then(|own| own.run_as_user), pods.and_then(|pods| pods.run_as_user)),
            gid: id(own.and_then(|own| own.run_as_group), pods.and_then(|pods| pods.run_as_group)),
        }
    }

    /// The folder that stands for a container's root where there are no mounts.
    fn machine_root(&self, container: &str) -> PathBuf {
        self.folder.join("containers").join(container).join("root")
    }

    fn hostname(&self) -> String {
        let set = self.pod.spec.as_ref().and_then(|spec| spec.hostname.clone());
        set.unwrap_or_else(|| self.pod.name_any())
    }

    fn hosts(&self) -> String {
        let mut text = format!(
            "127.0.0.1\tlocalhost\n::1\tlocalhost\n{}\t{}\n",
            self.sandbox.address(),
            self.hostname()
        );
        let aliases = self.pod.spec.iter().flat_map(|spec| spec.host_aliases.iter().flatten());
        for alias in aliases {
            let names = alias.hostnames.iter().flatten().map(String::as_str).collect::<Vec<_>>();
            text.push_str(&format!("{}\t{}\n", alias.ip, names.join("\t")));
        }
        text
    }

    /// The number of the start that comes next.
    fn attempt(&self, name: &str) -> u32 {
        self.records.get(name).map_or(0, |record| record.restarts + u32::from(record.end().is_some()))
    }

    /// Lets every container that waits say what for.
    pub(super) fn wait_for_all(&mut self, reason: &'static str, message: &str) {
        let main = self.pod.spec.iter().flat_map(|spec| &spec.containers);
        for container in main.filter(|container| !machine::is_sidecar(container)) {
            if let Some(record) = self.records.get_mut(&container.name)
                && let State::Waiting { .. } = record.state
            {
                record.state = State::Waiting { reason, message: Some(message.to_owned()) };
            }
        }
    }
}

fn whole(variables: &BTreeMap<String, String>, uid: &str) -> Vec<(String, String)> {
    let mut all: Vec<_> = variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    all.push((POD_VARIABLE.to_owned(), uid.to_owned()));
    all
}

/// The last lines of a log, without their times.
fn last_words(log: &Path) -> Option<String> {
    let lines = last_lines(log, LAST_WORDS);
    let texts: Vec<_> = lines.iter().map(|line| line.splitn(4, ' ').nth(3).unwrap_or(line)).collect();
    Some(texts.join("\n")).filter(|text| !text.is_empty())
}

/// An argument whose paths below mount paths lead below `root`: for programs that run without mounts.
fn relocated(word: &str, targets: &[&str], root: &Path) -> String {
    let (before, path) = match word.find('/') {
        Some(at) if at == 0 || matches!(word.as_bytes()[at - 1], b'=' | b':' | b',') => word.split_at(at),
        _ => return word.to_owned(),
    };
    let below = |target: &&&str| Path::new(path).starts_with(target);
    match targets.iter().find(below) {
        Some(_) => format!("{before}{}{path}", root.display()),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_volumes_lead_below_the_root_where_there_are_no_mounts() {
        for (word, wanted) in [
            ("--key=/pki/a.key", "--key=/pod/pki/a.key"),
            ("/pki", "/pod/pki"),
            ("--key=/pkix", "--key=/pkix"),
            ("--url=https://127.0.0.1/pki", "--url=https://127.0.0.1/pki"),
            ("--flag", "--flag"),
        ] {
            assert_eq!(relocated(word, &["/pki", "/data"], Path::new("/pod")), wanted);
        }
    }
}
