//! The four servers as processes: started together, watched, stopped in order.

use std::{collections::BTreeMap, time::Duration};

use futures::future::{join_all, select_all};

use super::local::LocalConfig;
use crate::{
    host::{
        HostError,
        control_plane::{self, Files, Settings},
    },
    process::{Process, Program, Spawner},
};

/// How long a server may take to end by itself. What it would save is thrown away anyway.
const GRACE: Duration = Duration::from_secs(2);
/// How many lines of a dead server's log go into the error.
const TAIL: usize = 8;

/// The running servers, in the order in which they are stopped.
#[derive(Clone, Debug, Default)]
pub(super) struct Servers {
    /// Those that need the API server, then it, then etcd.
    stages: [Vec<Process>; 3],
}

impl Servers {
    /// Starts etcd and kube-apiserver. They start at the same time: the latter takes longer to set itself up.
    pub(super) async fn start_api(
        &mut self,
        spawner: &Spawner,
        config: &LocalConfig,
        files: &Files,
        settings: &Settings,
    ) -> Result<(), HostError> {
        let program = |name: &str, path| Program::new(name, path, config.folder.log(name));
        let etcd =
            program("etcd", &config.blueprint.binaries.etcd).args(control_plane::etcd(files, settings.ports));
        self.stages[2].push(spawner.spawn(&etcd).await?);
        let api_server = program("kube-apiserver", &config.blueprint.binaries.api_server)
            .args(control_plane::api_server(files, settings));
        self.stages[1].push(spawner.spawn(&api_server).await?);
        Ok(())
    }

    /// Starts what acts on the API.
    pub(super) async fn start_controllers(
        &mut self,
        spawner: &Spawner,
        config: &LocalConfig,
        files: &Files,
        settings: &Settings,
    ) -> Result<(), HostError> {
        let program = |name: &str, path| Program::new(name, path, config.folder.log(name));
        let manager = program("kube-controller-manager", &config.blueprint.binaries.controller_manager)
            .args(control_plane::controller_manager(files, settings));
        self.stages[0].push(spawner.spawn(&manager).await?);
        let scheduler = program("kube-scheduler", &config.blueprint.binaries.scheduler)
            .args(control_plane::scheduler(files));
        self.stages[0].push(spawner.spawn(&scheduler).await?);
        Ok(())
    }

    /// Waits until one of the servers ends, and says how. Never returns while all run.
    pub(super) async fn failure(&self) -> HostError {
        let ends: Vec<_> = self.all().map(|process| Box::pin(ended(process))).collect();
        if ends.is_empty() {
            return std::future::pending().await;
        }
        select_all(ends).await.0
    }

    /// Process ids by component.
    pub(super) fn pids(&self) -> BTreeMap<String, u32> {
        self.all().map(|process| (process.name().to_owned(), process.pid())).collect()
    }

    /// Stops all, those first that depend on the others. Returns what was stopped, a line each.
    pub(super) async fn stop(&self) -> Vec<String> {
        let mut stopped = Vec::new();
        for stage in &self.stages {
            let ends = join_all(stage.iter().map(|process| process.stop(GRACE))).await;
            let names = stage.iter().zip(ends);
            stopped
                .extend(names.map(|(process, exit)| {
                    format!("process {} ({}): {exit}", process.pid(), process.name())
                }));
        }
        stopped
    }

    fn all(&self) -> impl Iterator<Item = &Process> {
        self.stages.iter().flatten()
    }
}

async fn ended(process: &Process) -> HostError {
    let exit = process.exited().await;
    HostError::ChildDied { name: process.name().to_owned(), exit, tail: process.last_lines(TAIL) }
}

/// True if a server ended because somebody took its port between our choosing and its binding it.
pub(super) fn lost_its_port(error: &HostError) -> bool {
    error.log_lines().iter().any(|line| line.contains("address already in use"))
}
