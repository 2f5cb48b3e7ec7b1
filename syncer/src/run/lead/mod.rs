//! Which of several replicas writes: the one that holds a Lease on the host. The others list and watch, so that they can
//! go on at once.
//!
//! Whoever holds it stops writing well before another one may take it, by its own clock, and then ends: what it has in
//! hand may be out of date.

mod decide;
mod lease;

use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use self::{decide::Step, lease::LeaseApi};
use super::RunError;

/// A Lease that was not renewed for so long may be taken.
const DURATION: Duration = Duration::from_secs(4);
/// How often the holder renews it.
const RENEW_EVERY: Duration = Duration::from_secs(1);
/// How long after the beginning of its last good renewal the holder writes. What it has sent by then has the rest of
/// [`DURATION`] to be carried out or not.
const WRITES_FOR: Duration = Duration::from_millis(2500);
/// How long one try may take.
const TRY: Duration = Duration::from_secs(1);
/// Between tries that failed.
const AGAIN: Duration = Duration::from_millis(250);

/// Whether this process may write, and until when. Clones are the same.
#[derive(Clone, Debug)]
pub struct Lead(Option<watch::Receiver<Option<Instant>>>);

impl Lead {
    /// There is no other replica.
    pub fn alone() -> Self {
        Self(None)
    }

    /// How long writes may go on; none where another replica may write now.
    pub(crate) fn left(&self) -> Option<Duration> {
        match &self.0 {
            None => Some(Duration::MAX),
            Some(until) => until.borrow().and_then(|until| until.checked_duration_since(Instant::now())),
        }
    }

    /// Returns when this process may write.
    pub(super) async fn held(&self) {
        if let Some(until) = &self.0 {
            // The sender lives as long as the election, and that as long as the process.
            let _ = until.clone().wait_for(Option::is_some).await;
        }
    }
}

/// Which Lease is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Election {
    /// Its namespace on the host.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What this replica calls itself; no other may.
    pub identity: String,
}

/// How what ran has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Nothing of it is under way.
    Whole,
    /// Turns were dropped, and what they had sent may be carried out or not.
    CutOff,
}

/// Runs what leads when it is elected, or at once where there is no election. Ends it when the lead is lost.
pub(super) async fn led(
    candidate: Option<Candidate>,
    running: impl Future<Output = Result<Ended, RunError>>,
    stop: &CancellationToken,
) -> Result<(), RunError> {
    let Some(candidate) = candidate else { return running.await.map(drop) };
    let mut running = std::pin::pin!(running);
    let ended = tokio::select! {
        ended = &mut running => ended,
        stopped = candidate.run(stop) => {
            stopped?;
            running.await
        }
    };
    if matches!(ended, Ok(Ended::CutOff)) && candidate.until.borrow().is_some() {
        tokio::time::sleep(DURATION - WRITES_FOR).await;
    }
    candidate.release().await;
    ended.map(drop)
}

/// A part in an election.
pub(super) struct Candidate {
    lease: LeaseApi,
    until: watch::Sender<Option<Instant>>,
}

impl Candidate {
    /// One that has not begun, and what it comes to.
    pub(super) fn new(client: kube::Client, election: &Election) -> (Self, Lead) {
        let (until, receiver) = watch::channel(None);
        (Self { lease: LeaseApi::new(client, election), until }, Lead(Some(receiver)))
    }

    /// Waits for the Lease, and keeps it. Ends when it is lost, or at `stop`.
    pub(super) async fn run(&self, stop: &CancellationToken) -> Result<(), RunError> {
        let held = async {
            self.take().await;
            self.keep().await
        };
        match stop.run_until_cancelled(held).await {
            Some(lost) => Err(lost),
            None => Ok(()),
        }
    }

    /// Gives the Lease back, if it is held, so that the next one need not wait. Nothing may be written any more.
    pub(super) async fn release(&self) {
        if self.until.send_replace(None).is_some() {
            let released = tokio::time::timeout(TRY, self.lease.release()).await;
            if !matches!(released, Ok(Ok(()))) {
                tracing::debug!("the Lease was not given back; the next replica waits until it has lapsed");
            }
        }
    }

    /// Tries until it is taken.
    async fn take(&self) {
        let mut seen = self.lease.follow();
        let mut is_told = false;
        loop {
            let (step, began) = (seen.step(DURATION), Instant::now());
            match step {
                Step::Wait { until } => {
                    if !std::mem::replace(&mut is_told, true) {
                        let (lease, holder) = (self.lease.name(), seen.holder());
                        tracing::info!(lease, holder, "another replica leads; this one watches and waits");
                    }
                    seen.changed_or(until).await;
                }
                Step::Take => match tokio::time::timeout(TRY, self.lease.take(&seen)).await {
                    Ok(Ok(())) => {
                        self.until.send_replace(Some(began + WRITES_FOR));
                        tracing::info!(lease = self.lease.name(), "this replica leads");
                        return;
                    }
                    failed => {
                        tracing::debug!(?failed, "the Lease is not taken");
                        seen.changed_or(Some(Instant::now() + AGAIN)).await;
                    }
                },
            }
        }
    }

    /// Renews it until it is lost.
    async fn keep(&self) -> RunError {
        let lost = || RunError::LostLead { lease: self.lease.name().to_owned() };
        loop {
            tokio::time::sleep(RENEW_EVERY).await;
            loop {
                let began = Instant::now();
                match tokio::time::timeout(TRY, self.lease.renew()).await {
                    Ok(Ok(true)) => {
                        self.until.send_replace(Some(began + WRITES_FOR));
                        break;
                    }
                    Ok(Ok(false)) => {
                        self.until.send_replace(None);
                        return lost();
                    }
                    failed => tracing::debug!(?failed, "the Lease is not renewed"),
                }
                if self.until.borrow().is_none_or(|until| until <= Instant::now()) {
                    self.until.send_replace(None);
                    return lost();
                }
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}
