//! How many tenants the host holds, what stops it, and what each of them costs.

mod load;
mod search;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{FutureExt, future::BoxFuture};
use tenantbench_reports::{Metric, Verdict};
use tenantbench_scenarios::Fill;

use self::search::{Bounds, LATEST, Search, Stop, p99};
use crate::{
    run::{
        RunError,
        round::{Round, Step},
        steps::bill::{Bill, Memory},
    },
    tenancy::{Limits, TenancyError, Tenant},
    workload::install,
};

/// How long processor time is counted while nobody asks for anything.
const REST: Duration = Duration::from_secs(5);

/// Seconds of one.
const MINUTE: f64 = 60.0;

/// How long one tenant may take to come or go.
const ONE: Duration = Duration::from_secs(120);

const SHARED: &str =
    "its tenants share the host's kinds, and none may define one: see ray-install for such a model's";

/// Adds tenants until something stops it, and takes all of them away again.
pub fn run<'r>(round: &'r mut Round<'_>, fill: &'r Fill) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        // In a namespace of the host the definitions would be everybody's.
        if fill.crds_of.is_some() && round.model.name() != VCLUSTER {
            round.record.check(&title(fill), Verdict::NotShown, SHARED);
            return Ok(Step::Done);
        }
        round.platform.allow_each(ONE);
        let mut crowd = Crowd::new(round, fill);
        crowd.seek().await?;
        crowd.tell().await?;
        Ok(Step::Done)
    }
    .boxed()
}

const VCLUSTER: &str = "vcluster";

/// What tenants have, in names of checks and figures.
fn kind(fill: &Fill) -> &'static str {
    if fill.crds_of.is_some() { "crds" } else { "bare" }
}

/// Why a component has no figure.
fn ended(kind: &str, part: &str) -> String {
    format!("{kind}: a process of {part} had ended, or could not be read")
}

/// The sum over all components; the first that has no figure where one has none, for half a sum would be a wrong one.
fn total(rates: &BTreeMap<String, Option<f64>>) -> Result<f64, &str> {
    rates.iter().map(|(part, rate)| rate.ok_or(part.as_str())).sum()
}

fn title(fill: &Fill) -> String {
    format!("density {}", kind(fill))
}

/// The tenants that are there, and what is known of them.
struct Crowd<'a> {
    round: &'a Round<'a>,
    fill: &'a Fill,
    tenants: Vec<Arc<Tenant>>,
    made: u32,
    began: Instant,
    before: Bill,
    search: Search,
    bounds: Bounds,
    /// The most that one tenant has cost.
    dearest: Option<u64>,
    /// Of the largest number that holds.
    p99: Option<Duration>,
}

impl<'a> Crowd<'a> {
    fn new(round: &'a Round<'a>, fill: &'a Fill) -> Self {
        Self {
            round,
            fill,
            tenants: Vec::new(),
            made: 0,
            began: Instant::now(),
            before: Bill::take(round.platform, []),
            search: Search::new(fill.most),
            bounds: Bounds { may: fill.memory, free: fill.keep_free },
            dearest: None,
            p99: None,
        }
    }

    /// Tries numbers of tenants until it is known how many hold.
    async fn seek(&mut self) -> Result<(), RunError> {
        while let Some(wanted) = self.search.next() {
            self.shrink(wanted as usize).await?;
            if let Some(why) = self.grow(wanted).await {
                self.search.stops(self.count() + 1, why);
                if self.count() <= self.search.held() {
                    continue;
                }
            }
            self.judge().await;
        }
        Ok(())
    }

    fn count(&self) -> u32 {
        self.tenants.len() as u32
    }

    /// Adds tenants one by one; returns what stopped it before the number was reached.
    async fn grow(&mut self, wanted: u32) -> Option<Stop> {
        while self.count() < wanted {
            if self.began.elapsed() > self.fill.within {
                return Some(Stop::Time);
            }
            let before = self.memory();
            if let Some(stop) = self.bounds.against(before, self.dearest) {
                return Some(stop);
            }
            if let Err(error) = self.add().await {
                return Some(Stop::Failed(error.to_string()));
            }
            let cost = self.memory().used.saturating_sub(before.used);
            self.dearest = self.dearest.max(Some(cost));
        }
        None
    }

    async fn add(&mut self) -> Result<(), RunError> {
        self.made += 1;
        let own = format!("{}{}", kind(self.fill), self.made);
        let name = self.round.host_namespace(&own);
        let limits = Limits::default();
        let made = async {
            let making = self.round.create(&name, &limits);
            let tenant = self.round.beside.tenant(&name, making).await?;
            if self.fill.crds_of.is_some() {
                let package = self.round.workload.package(&tenant.workspace).map_err(TenancyError::from)?;
                install::crds(&tenant.api, &package, self.round.platform.patience()).await?;
            }
            Ok::<_, RunError>(tenant)
        };
        match made.await {
            Ok(tenant) => {
                self.tenants.push(tenant);
                Ok(())
            }
            Err(error) => {
                // The error is what is told; what is left of the tenant would be in the way.
                if let Err(left) = self.round.beside.remove([name.as_str()]).await {
                    tracing::warn!(error = %left, "a half-made tenant could not be removed");
                }
                Err(error)
            }
        }
    }

    /// Whether the tenants that are there are well.
    async fn judge(&mut self) {
        let count = self.count();
        match load::answers(&self.tenants).await.map(p99) {
            Err(reason) => self.search.stops(count, Stop::Failed(reason)),
            Ok(Some(p99)) if p99 > LATEST => self.search.stops(count, Stop::Slow { p99 }),
            Ok(p99) => {
                self.search.holds(count);
                self.p99 = p99;
            }
        }
    }

    /// Removes tenants until only `wanted` are left.
    async fn shrink(&mut self, wanted: usize) -> Result<(), RunError> {
        let surplus = self.tenants.split_off(wanted.min(self.tenants.len()));
        Ok(self.round.beside.remove(surplus.iter().map(|tenant| tenant.name.as_str())).await?)
    }

    fn memory(&self) -> Memory {
        self.bill().memory_since(&self.before)
    }

    fn bill(&self) -> Bill {
        Bill::take(self.round.platform, self.tenants.iter().map(Arc::as_ref))
    }

    /// Lets what the last tenant has begun, and what those left that are gone, come to an end.
    async fn rest(&self) -> Result<(), RunError> {
        for tenant in &self.tenants {
            tenant.settled(self.round.platform.limit()).await?;
        }
        tokio::time::sleep(REST).await;
        Ok(())
    }

    /// Records what came of it, with the largest number that holds still there.
    async fn tell(&mut self) -> Result<(), RunError> {
        self.shrink(self.search.held() as usize).await?;
        let (record, why, kind) = (&self.round.record, self.search.why(), kind(self.fill));
        let held = self.search.held();
        let full = |metric, value, part: Option<&str>| {
            let subject = part.map_or_else(|| kind.to_owned(), |part| format!("{kind}: {part}"));
            record.full(metric, value, None, Some(subject), metric == Metric::TenantsHeld && why.is_own());
        };
        full(Metric::TenantsHeld, f64::from(held), None);
        if let Some(p99) = self.p99 {
            full(Metric::DensityApiP99, p99.as_secs_f64(), None);
        }
        let mut detail = format!("{held} tenants; stopped by {why}");
        if held > 0 {
            self.rest().await?;
            let now = self.bill();
            let cost = now.each_since(&self.before, held);
            full(Metric::DensityMemory, cost.memory, None);
            for (part, usage) in &cost.parts {
                full(Metric::DensityPartMemory, usage.memory, Some(part));
            }
            detail += &format!("; {}", cost.memory_words());
            tokio::time::sleep(REST).await;
            let rates = self.bill().rates_since(&now, held);
            for (part, rate) in &rates {
                match rate {
                    Some(rate) => full(Metric::DensityPartCpu, rate * MINUTE, Some(part)),
                    None => record.absent(Metric::DensityPartCpu, &ended(kind, part)),
                }
                if !cost.parts.contains_key(part) {
                    record.absent(Metric::DensityPartMemory, &ended(kind, part));
                }
            }
            match total(&rates) {
                Ok(rate) => full(Metric::DensityCpu, rate * MINUTE, None),
                Err(part) => record.absent(Metric::DensityCpu, &ended(kind, part)),
            }
        }
        record.check(&title(self.fill), Verdict::Held, detail);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_time_of_all_components_is_known_where_that_of_each_is() {
        let mut rates = BTreeMap::from([("etcd".to_owned(), Some(0.5)), ("syncer".to_owned(), Some(0.25))]);
        assert_eq!(total(&rates), Ok(0.75));
        rates.insert("host: etcd".to_owned(), None);
        assert_eq!(total(&rates), Err("host: etcd"));
    }
}
