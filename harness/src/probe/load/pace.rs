//! One pod at a time, and what each way of it takes.

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    api::{DeleteParams, PostParams},
};
use serde_json::json;

use super::{Crowds, Ends, Runs, burst, pod};
use crate::{
    observe::{clock::Moment, patience::Patience, until::WaitError},
    run::RunError,
};

/// What one pod took, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Paced {
    /// The tenant's API answered its creation.
    pub answer: f64,
    /// Created in the tenant → seen on the host.
    pub down: f64,
    /// Ready on the host → Ready in the tenant.
    pub up: f64,
    /// When the tenant's watch showed it Ready.
    pub ready: Moment,
}

impl Paced {
    /// What the syncer added, with what the tenant's API took to answer.
    pub fn added(&self) -> f64 {
        self.down + self.up
    }
}

/// Watches on both sides, and a way to ask.
pub struct Pace {
    api: Api<Pod>,
    crowds: Crowds,
    runs: Runs,
    patience: Patience,
    made: u32,
}

impl Pace {
    /// Opens it; all waits together may take as long as `limit`, from now on.
    ///
    /// # Errors
    /// [`RunError`] where an API does not answer.
    pub async fn open(ends: &Ends, limit: Duration) -> Result<Self, RunError> {
        let patience = Patience::with_all(limit);
        let api = Api::namespaced(ends.requests().await?, &ends.asked.namespace);
        Ok(Self { api, crowds: ends.crowds(patience.left()).await?, runs: ends.runs, patience, made: 0 })
    }

    /// One pod, from its creation until it is gone on both sides.
    ///
    /// # Errors
    /// [`RunError`] as calls and waits end.
    pub async fn one(&mut self) -> Result<Paced, RunError> {
        let (name, paced) = self.live().await?;
        let before = (self.crowds.asked.tally().gone, self.crowds.host().tally().gone);
        let deleted = self.api.delete(&name, &DeleteParams::default()).await;
        deleted.map_err(RunError::probe("delete a pod"))?;
        self.crowds.host().until("a pod's end on the host", self.limit(), |now| now.gone > before.1).await?;
        self.crowds.asked.until("a pod's end", self.limit(), |now| now.gone > before.0).await?;
        Ok(paced)
    }

    async fn live(&mut self) -> Result<(String, Paced), RunError> {
        self.made += 1;
        let name = format!("pace-{}", self.made);
        let before = self.crowds.asked.tally().ready;
        let wanted = pod(&name, self.runs, json!({}))?;
        let started = Moment::now();
        let created = self.api.create(&PostParams::default(), &wanted).await;
        let answer = started.elapsed().as_secs_f64();
        created.map_err(RunError::probe("create a pod"))?;
        self.crowds.asked.until("a pod Ready", self.limit(), |tally| tally.ready > before).await?;
        let (asked, host) = (self.crowds.asked.way(&name), self.crowds.host().way(&name));
        // Both watches run by themselves: the tenant's may be shown Ready a moment before the host's.
        let host = match host.filter(|way| way.ready.is_some()) {
            Some(way) => Some(way),
            None => {
                let there = |tally: &crate::observe::crowd::Tally| tally.ready > before;
                self.crowds.host().until("a pod Ready on the host", self.limit(), there).await?;
                self.crowds.host().way(&name)
            }
        };
        let ways = asked.zip(host);
        let paced = ways.and_then(|(asked, host)| {
            Some(Paced {
                answer,
                down: host.seen.seconds_since(&started),
                up: asked.ready?.seconds_since(&host.ready?),
                ready: asked.ready?,
            })
        });
        let paced = paced.ok_or_else(|| self.one_end_only(&name))?;
        Ok((name, paced))
    }

    /// How long a wait may take that begins now.
    fn limit(&self) -> Duration {
        self.patience.left()
    }

    fn one_end_only(&self, name: &str) -> WaitError {
        WaitError::TimedOut {
            what: format!("both ends of {name}"),
            limit: self.limit(),
            last_seen: "one end only".to_owned(),
        }
    }

    /// Creates many pods that stay, and waits until all are Ready.
    ///
    /// # Errors
    /// [`RunError`] as calls and waits end.
    pub async fn fill(&self, pods: u32, parallel: u32) -> Result<(), RunError> {
        burst::create(&self.api, self.runs, burst::Load { pods, parallel, limit: self.limit() }).await?;
        let all = pods as usize;
        Ok(self.crowds.asked.until("all pods Ready", self.limit(), |tally| tally.ready == all).await?)
    }

    /// A pod is created now; seconds since `from` until it is on the host, and until the tenant sees it Ready.
    ///
    /// # Errors
    /// [`RunError`] as calls and waits end.
    pub async fn next(&mut self, from: Moment) -> Result<[f64; 2], RunError> {
        self.made += 1;
        let name = format!("pace-{}", self.made);
        let (before, ready) = (self.crowds.host().tally().seen, self.crowds.asked.tally().ready);
        let created = self.api.create(&PostParams::default(), &pod(&name, self.runs, json!({}))?).await;
        created.map_err(RunError::probe("create a pod"))?;
        self.crowds.host().until("a pod on the host", self.limit(), |tally| tally.seen > before).await?;
        self.crowds.asked.until("the pod Ready", self.limit(), |tally| tally.ready > ready).await?;
        let ways = self.crowds.host().way(&name).zip(self.crowds.asked.way(&name).and_then(|way| way.ready));
        let seconds = ways.map(|(host, ready)| [host.seen.seconds_since(&from), ready.seconds_since(&from)]);
        Ok(seconds.ok_or_else(|| self.one_end_only(&name))?)
    }
}
