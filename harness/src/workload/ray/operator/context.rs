//! What every reconciliation may use.

use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};
use kube::{
    Client,
    runtime::events::{Recorder, Reporter},
};

use super::metrics::Metrics;

/// The client, the clock and the counters, shared by all controllers.
pub(super) struct Context {
    pub(super) client: Client,
    pub(super) recorder: Recorder,
    pub(super) metrics: Metrics,
}

impl Context {
    pub(super) fn new(client: Client, instance: String) -> Self {
        let reporter = Reporter { controller: "kuberay-operator".into(), instance: Some(instance) };
        Self { recorder: Recorder::new(client.clone(), reporter), client, metrics: Metrics::default() }
    }

    /// The wall clock in whole seconds, which is all that a timestamp of the API holds.
    pub(super) fn now(&self) -> Time {
        let now = Timestamp::now();
        Time(Timestamp::from_second(now.as_second()).unwrap_or(now))
    }
}
