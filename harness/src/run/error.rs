//! What can end a run.

use std::time::Duration;

use crate::{
    apply::ApplyError, host::HostError, observe::until::WaitError, probe::inventory::InventoryError,
    tenancy::TenancyError, workload::InstallError,
};

/// A run, or a round of it, that could not be finished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The host failed.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The tenant could not be made, used or deleted.
    #[error(transparent)]
    Tenancy(#[from] TenancyError),
    /// The workload could not be installed or removed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// An object was refused where the model should have allowed it, or failed.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// A wait ended without what it waited for.
    #[error(transparent)]
    Wait(#[from] WaitError),
    /// The audit could not see everything.
    #[error(transparent)]
    Inventory(#[from] InventoryError),
    /// The scenario names a step before the one that it builds on.
    #[error("this step needs {0} before it; check the scenario with `tenantbench plan`")]
    OutOfOrder(&'static str),
    /// What a model promises does not hold.
    #[error("{}; see the report's checks", broken.join("; "))]
    Broken {
        /// Each promise with what was seen instead.
        broken: Vec<String>,
    },
    /// A program of ours in a container did not say what it should.
    #[error("cannot {what} in pod {pod}: {reason}; see the pod's events")]
    Inside {
        /// What was to be done there.
        what: String,
        /// Which pod, as the tenant names it.
        pod: String,
        /// What came instead.
        reason: String,
    },
    /// A host could not be set up on this machine.
    #[error("{0}")]
    Setup(String),
    /// A step took longer than it may.
    #[error("{step}: not done within {} s; raise --timeout", limit.as_secs())]
    StepTooLong {
        /// What the step does.
        step: String,
        /// How long it may take.
        limit: Duration,
    },
    /// An API call of a probe failed.
    #[error("cannot {what}: {source}")]
    Probe {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: Box<kube::Error>,
    },
    /// A kept tenant's kubeconfig cannot be written.
    #[error("cannot write {path}: {reason}; choose another --results folder")]
    Kubeconfig {
        /// Which file.
        path: String,
        /// Why.
        reason: String,
    },
    /// The workload could not be put together.
    #[error(transparent)]
    Workload(#[from] crate::workload::WorkloadError),
    /// The journal cannot be written any more.
    #[error(transparent)]
    Journal(#[from] tenantbench_reports::journal::JournalError),
    /// The results folder cannot be used.
    #[error(transparent)]
    Results(#[from] tenantbench_reports::results::ResultsError),
    /// A process of the host ended in the middle of a run.
    #[error("the host broke down: {0}")]
    HostDied(String),
    /// Ctrl-C, or a signal from outside.
    #[error("interrupted; what was measured until then is kept")]
    Interrupted,
}

impl RunError {
    /// Wraps a failed call of a probe.
    pub(crate) fn probe(what: &'static str) -> impl FnOnce(kube::Error) -> Self {
        move |source| Self::Probe { what, source: Box::new(source) }
    }

    /// The same of a step whose time of `limit` is up: a wait that began late in it had less, but it is the step's time
    /// that can be raised.
    pub(super) fn at_the_end_of(mut self, limit: Duration) -> Self {
        let wait = match &mut self {
            Self::Wait(wait)
            | Self::Tenancy(TenancyError::Wait(wait))
            | Self::Install(InstallError::Wait(wait)) => Some(wait),
            _ => None,
        };
        if let Some(WaitError::TimedOut { limit: had, .. }) = wait {
            *had = limit;
        }
        self
    }

    /// An object of ours that does not have the shape of its kind.
    pub(crate) fn object(source: serde_json::Error) -> Self {
        TenancyError::object("object of a check")(source).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_that_ends_with_its_step_tells_the_time_of_the_step() {
        let late = |millis| WaitError::TimedOut {
            what: "all pods Ready".to_owned(),
            limit: Duration::from_millis(millis),
            last_seen: "999 of 1000 Ready".to_owned(),
        };
        let ends: [RunError; 3] =
            [late(8000).into(), TenancyError::from(late(7930)).into(), InstallError::from(late(2)).into()];
        for error in ends {
            let said = error.at_the_end_of(Duration::from_secs(8)).to_string();
            let wanted = "all pods Ready did not happen within 8 s; last seen: 999 of 1000 Ready;";
            assert!(said.contains(wanted), "{said}");
        }
    }
}
