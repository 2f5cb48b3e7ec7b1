//! What is asked for when it is scraped: queues and indices.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric},
    metrics::{MetricType, gauge::ConstGauge},
    registry::Unit,
};

use super::labels::{Objects, OfTenant};
use crate::{
    index::Index,
    sync::{Load, Tenant},
};

/// A gauge's name, without prefix and unit, and what it is.
type About = (&'static str, &'static str);

const OLDEST: About = ("queue_oldest_age", "How long the key whose turn is next has waited");
const OBJECTS: About = ("objects", "Objects that the index knows of");
const NODES: About = ("nodes", "Host nodes that run a pod of the tenant, those of DaemonSets apart");

/// A number of keys.
type Count = fn(&Load) -> usize;

const KEYS: [(About, Count); 4] = [
    (("queue_keys", "Keys that wait for a turn"), |load| load.waiting),
    (("in_flight_keys", "Keys that have their turn now"), |load| load.in_flight),
    (("failing_keys", "Keys whose last turn failed"), |load| load.failing),
    (("later_keys", "Keys that come back at a time: retries, and tokens to be replaced"), |load| load.later),
];

/// The names of all gauges here, as they are shown.
#[cfg(test)]
pub(super) fn names() -> Vec<String> {
    let plain = KEYS.iter().map(|((name, _), _)| *name).chain([OBJECTS.0, NODES.0]);
    plain.map(str::to_owned).chain([format!("{}_seconds", OLDEST.0)]).collect()
}

#[derive(Debug)]
pub(super) struct State(Arc<Mutex<Vec<Weak<Tenant>>>>);

impl State {
    pub(super) fn new(tenants: Arc<Mutex<Vec<Weak<Tenant>>>>) -> Self {
        Self(tenants)
    }
}

impl Collector for State {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        let tenants: Vec<Arc<Tenant>> = self.0.lock().iter().filter_map(Weak::upgrade).collect();
        let of = |tenant: &Tenant| OfTenant { tenant: name(tenant) };
        let loads: Vec<(OfTenant, Load)> = tenants.iter().map(|tenant| (of(tenant), tenant.load())).collect();
        for (about, read) in KEYS {
            let values = loads.iter().map(|(of, load)| (of.clone(), read(load) as f64));
            gauge(&mut encoder, about, None, values)?;
        }
        let ages = loads.iter().map(|(of, load)| (of.clone(), load.oldest.as_secs_f64()));
        gauge(&mut encoder, OLDEST, Some(&Unit::Seconds), ages)?;
        gauge(&mut encoder, OBJECTS, None, tenants.iter().flat_map(|tenant| objects(tenant)))?;
        let nodes =
            tenants.iter().map(|tenant| (of(tenant), tenant.index(|index| index.nodes().len()) as f64));
        gauge(&mut encoder, NODES, None, nodes)
    }
}

fn name(tenant: &Tenant) -> String {
    tenant.settings().names.vcluster().to_owned()
}

fn objects(tenant: &Tenant) -> Vec<(Objects, f64)> {
    let held = tenant.index(Index::held);
    held.into_iter()
        .map(|(kind, side, count)| (Objects { tenant: name(tenant), side, kind: kind.into() }, count as f64))
        .collect()
}

/// One gauge with all its label sets. Without any, it is left out.
fn gauge<L: EncodeLabelSet>(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help): About,
    unit: Option<&Unit>,
    values: impl Iterator<Item = (L, f64)>,
) -> std::fmt::Result {
    let mut values = values.peekable();
    if values.peek().is_none() {
        return Ok(());
    }
    let mut metric = encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
    for (labels, value) in values {
        ConstGauge::new(value).encode(metric.encode_family(&labels)?)?;
    }
    Ok(())
}
