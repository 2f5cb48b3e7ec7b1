//! What processes use, by component: the host's own, and those of all tenants' planes.

use std::collections::BTreeMap;

use crate::{
    observe::{
        machine,
        process::{self, Usage},
        readings::Readings,
    },
    probe::machine::below,
    tenancy::{Platform, Tenant},
};

/// Memory at one moment, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Memory {
    /// By how much all that is measured has grown since the first tenant.
    pub(super) used: u64,
    /// What the machine still has.
    pub(super) available: u64,
}

/// Usage at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Bill {
    /// All below the host, in bytes; none where its processes are not on this machine.
    all: Option<u64>,
    available: u64,
    /// By component: `etcd` is the tenants', `host: etcd` the host's.
    parts: BTreeMap<String, Readings>,
}

impl Bill {
    /// Looks at all processes.
    pub(super) fn take<'t>(platform: &Platform, tenants: impl IntoIterator<Item = &'t Tenant>) -> Self {
        let host = platform.host.processes();
        let roots: Vec<u32> = host.values().copied().collect();
        let all = (!roots.is_empty()).then(|| {
            // One that has just ended uses nothing.
            below(&roots).into_iter().filter_map(process::usage).map(|usage| usage.pss_bytes).sum()
        });
        let of_host = host.into_iter().map(|(component, pid)| (format!("host: {component}"), pid));
        let planes = tenants.into_iter().filter_map(|tenant| tenant.plane.as_ref());
        let of_planes = planes.flat_map(|plane| plane.processes());
        let of_planes = of_planes.map(|(component, pid)| (component.to_owned(), pid));
        let mut parts: BTreeMap<String, Readings> = BTreeMap::new();
        for (component, pid) in of_host.chain(of_planes) {
            parts.entry(component).or_default().read(pid);
        }
        Self { all, available: machine::available_memory(), parts }
    }

    /// The same, with this program.
    pub(super) fn with_own(mut self) -> Self {
        self.parts.entry("tenantbench".to_owned()).or_default().read(std::process::id());
        self
    }

    /// Memory since `before`: of the host's processes, or of the whole machine where these are elsewhere.
    pub(super) fn memory_since(&self, before: &Self) -> Memory {
        let used = match (self.all, before.all) {
            (Some(now), Some(then)) => now.saturating_sub(then),
            _ => before.available.saturating_sub(self.available),
        };
        Memory { used, available: self.available }
    }

    /// What each of so many tenants costs since `before`. A component is left out where one of its processes could not
    /// be read: what the others use would pass for all.
    pub(super) fn each_since(&self, before: &Self, tenants: u32) -> Cost {
        let tenants = f64::from(tenants);
        let since = |(component, now): (&String, &Readings)| {
            let then = before.parts.get(component).map_or(Some(Usage::default()), Readings::total);
            let (now, then) = (now.total()?, then?);
            let memory = now.pss_bytes.saturating_sub(then.pss_bytes) as f64 / tenants;
            let cpu = (now.cpu_seconds - then.cpu_seconds).max(0.0) / tenants;
            Some((component.clone(), Part { memory, cpu }))
        };
        let parts = self.parts.iter().filter_map(since).collect();
        Cost { memory: self.memory_since(before).used as f64 / tenants, parts }
    }

    /// Seconds of processor time that each of so many tenants takes a second, by component; none of one that was not
    /// read whole both times.
    pub(super) fn rates_since(&self, before: &Self, tenants: u32) -> BTreeMap<String, Option<f64>> {
        let rate = |(component, now): (&String, &Readings)| {
            let rate = before.parts.get(component).and_then(|then| now.rate_since(then));
            (component.clone(), rate.map(|rate| rate.max(0.0) / f64::from(tenants)))
        };
        self.parts.iter().map(rate).collect()
    }
}

/// What one tenant costs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cost {
    /// All of its memory in bytes, with what is in no component: helpers of nodes, DNS.
    pub(super) memory: f64,
    /// By component.
    pub(super) parts: BTreeMap<String, Part>,
}

/// One component's share of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Part {
    /// In bytes.
    pub(super) memory: f64,
    /// In seconds.
    pub(super) cpu: f64,
}

impl Cost {
    /// Memory in words, the dearest component first.
    pub(super) fn memory_words(&self) -> String {
        let mib = |bytes: f64| bytes / f64::from(1 << 20);
        let mut parts: Vec<(&String, f64)> =
            self.parts.iter().map(|(name, part)| (name, mib(part.memory))).collect();
        parts.sort_by(|a, b| b.1.total_cmp(&a.1));
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|part| part.1 >= 0.5)
            .map(|(name, amount)| format!("{name} {amount:.0}"))
            .collect();
        format!("each takes {:.1} MiB ({})", mib(self.memory), parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::observe::clock::Moment;

    fn used(mib: u64, cpu_seconds: f64) -> Usage {
        Usage { pss_bytes: mib << 20, cpu_seconds, ..Usage::default() }
    }

    fn bill(all: u64, parts: &[(&str, u64, f64)]) -> Bill {
        let now = Moment::now();
        let reading = |mib, cpu| Readings::fake(1, Some((used(mib, cpu), now)));
        let parts = parts.iter().map(|&(name, mib, cpu)| (name.to_owned(), reading(mib, cpu)));
        Bill { all: Some(all << 20), available: 0, parts: parts.collect() }
    }

    #[test]
    fn each_tenant_costs_its_share_of_what_has_come_since() {
        let before = bill(500, &[("host: etcd", 100, 10.0)]);
        let now = bill(900, &[("host: etcd", 108, 18.0), ("syncer", 40, 4.0), ("etcd", 120, 2.0)]);
        let cost = now.each_since(&before, 4);
        assert_eq!(cost.parts.values().map(|part| part.cpu).sum::<f64>(), 3.5);
        assert_eq!(cost.memory_words(), "each takes 100.0 MiB (etcd 30, syncer 10, host: etcd 2)");
    }

    #[test]
    fn what_has_shrunk_costs_nothing() {
        let cost =
            bill(400, &[("host: etcd", 90, 10.0)]).each_since(&bill(500, &[("host: etcd", 100, 10.0)]), 2);
        assert_eq!((cost.memory, cost.parts["host: etcd"]), (0.0, Part { memory: 0.0, cpu: 0.0 }));
    }

    #[test]
    fn a_component_of_which_a_process_is_gone_is_left_out_and_not_taken_for_cheap() {
        let before = bill(500, &[("etcd", 100, 1.0), ("syncer", 50, 1.0)]);
        let mut now = bill(600, &[("etcd", 140, 3.0), ("syncer", 60, 2.0)]);
        now.parts.entry("etcd".into()).and_modify(|etcd| {
            *etcd = etcd.clone().and(Readings::fake(2, None));
        });
        let cost = now.each_since(&before, 2);
        assert_eq!(cost.parts.keys().collect::<Vec<_>>(), ["syncer"]);
        assert_eq!(cost.memory_words(), "each takes 50.0 MiB (syncer 5)");
        assert_eq!(now.rates_since(&before, 2)["etcd"], None);
        assert!(!before.each_since(&now, 2).parts.contains_key("etcd"), "nor where it was not known before");
    }

    #[test]
    fn a_rate_does_not_grow_with_what_it_takes_to_look_at_all_processes() {
        let start = Moment::now();
        let bill = |cpu, seconds| {
            let at = Moment { instant: start.instant + Duration::from_secs(seconds), ..start };
            let parts = BTreeMap::from([("etcd".to_owned(), Readings::fake(1, Some((used(1, cpu), at))))]);
            Bill { all: None, available: 0, parts }
        };
        // A rest of 5 s, and another 5 until its turn came in the second look at hundreds.
        let rates = bill(3.0, 10).rates_since(&bill(1.0, 0), 2);
        assert_eq!(rates, BTreeMap::from([("etcd".to_owned(), Some(0.1))]));
    }

    #[test]
    fn where_processes_are_elsewhere_the_whole_machine_is_asked() {
        let elsewhere = |available| Bill { all: None, available, parts: BTreeMap::new() };
        let memory = elsewhere(700).memory_since(&elsewhere(1000));
        assert_eq!(memory, Memory { used: 300, available: 700 });
    }
}
