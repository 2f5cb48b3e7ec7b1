//! The part of the fold that belongs to the host, and the floors that it sets.

use indexmap::IndexMap;

use crate::{
    HostReady, Metric,
    report::{Floor, HostReport, HostStart, ModelReport},
};

/// The host as its first start described it, and every start.
#[derive(Clone, Debug, Default)]
pub(super) struct HostFold {
    first: Option<HostReport>,
    starts: Vec<HostStart>,
}

impl HostFold {
    pub(super) fn apply(&mut self, host: &HostReady) {
        let (round, model) = host.only_for.clone().unzip();
        self.starts.push(HostStart {
            round,
            model,
            api_ready_seconds: host.api_ready_seconds,
            ready_seconds: host.ready_seconds,
        });
        self.first.get_or_insert_with(|| HostReport {
            kind: host.kind.clone(),
            nodes: host.nodes.clone(),
            node_count: host.node_count,
            node_ready_delay_seconds: host.node_ready_delay_seconds,
            pod_isolation: host.pod_isolation.clone(),
            versions: host.versions.clone(),
            cannot_show: host.cannot_show.clone(),
            starts: Vec::new(),
        });
    }

    pub(super) fn report(&self) -> Option<HostReport> {
        self.first.as_ref().map(|host| HostReport { starts: self.starts.clone(), ..host.clone() })
    }
}

/// The waits that are in the figures whatever the model does.
pub(super) fn floors(host: Option<&HostReport>, models: &IndexMap<String, ModelReport>) -> Vec<Floor> {
    let names = |metrics: &[Metric]| metrics.iter().map(|metric| metric.name().to_owned()).collect();
    let delay = host.and_then(|host| host.node_ready_delay_seconds).map(|seconds| Floor {
        name: "a simulated node's delay before a pod without a program is Ready".to_owned(),
        seconds,
        within: names(&[Metric::WorkloadReady]),
    });
    let pause = models
        .values()
        .filter_map(|model| model.metrics.get(Metric::NamespaceClearWait.name())?.figures.p50)
        .reduce(f64::min)
        .map(|seconds| Floor {
            name: "the pause that Kubernetes makes before it clears a namespace".to_owned(),
            seconds,
            within: names(&[Metric::TenantDeleted]),
        });
    delay.into_iter().chain(pause).collect()
}
