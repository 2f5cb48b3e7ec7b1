//! What a syncer counts and times, and its text form for Prometheus.
//!
//! Labels are few and bounded: kinds, sides, verbs, outcomes, and the tenant for what is cheap to keep per tenant.
//! Never a name of an object. What a watch or a worker records is an addition to an atomic number or, for a histogram,
//! under a lock that is held for nanoseconds; what can be asked for is asked for when it is scraped (`state`).

mod echo;
mod families;
mod labels;
mod process;
mod state;
pub mod turn;

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use prometheus_client::{encoding::text, metrics::info::Info, registry::Registry};

pub(crate) use labels::resource;
pub use labels::{Outcome, Verb};

use self::{
    echo::Echoes,
    families::Families,
    labels::{ByKind, Lost, Moved, OfTenant, Request, Requests, Spent, Stage, Turns, Watched, Way},
};
use crate::{
    kinds::{Kind, Side},
    sync::Tenant,
    watch::Loss,
};

/// The media type of [`Metrics::text`].
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

const PREFIX: &str = "tenantbench_syncer";

/// What is counted and timed. Clones are the same.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    families: Families,
    echoes: Echoes,
    tenants: Arc<Mutex<Vec<Weak<Tenant>>>>,
}

/// How a turn at a key ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    /// Both sides agreed already.
    Idle,
    /// Something was written, and both sides agree.
    Done,
    /// It is tried again.
    Failed,
}

/// One turn at a key.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// The key's kind.
    pub kind: Kind,
    /// The side whose news is followed, and when the news came; none where time alone was the reason.
    pub news: Option<(Side, Instant)>,
    /// Whether it had waited in the queue only, not for a retry.
    pub first: bool,
    /// When it was popped.
    pub popped: Instant,
    /// When it was done.
    pub done: Instant,
    /// What of it was spent on waiting for API servers.
    pub waited: Duration,
    /// How it ended.
    pub ended: Ended,
}

/// One call to an API server.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Whose.
    pub side: Side,
    /// The verb.
    pub verb: Verb,
    /// The path.
    pub path: &'a str,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
    /// Bytes of its body.
    pub sent: usize,
    /// Bytes of the answer's body.
    pub received: usize,
}

impl Default for Metrics {
    fn default() -> Self {
        let (families, tenants) = (Families::default(), Arc::default());
        let mut registry = Registry::default();
        registry.register_collector(Box::new(process::Process::default()));
        let ours = registry.sub_registry_with_prefix(PREFIX);
        families.register(ours);
        ours.register("build", "The build", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        ours.register_collector(Box::new(state::State::new(Arc::clone(&tenants))));
        Self(Arc::new(Inner { registry, families, echoes: Echoes::default(), tenants }))
    }
}

impl Metrics {
    /// All that is known now, as Prometheus reads it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = text::encode(&mut text, &self.0.registry);
        text
    }

    /// From now on this tenant's queue and index are shown, as long as it is there.
    pub fn show(&self, tenant: &Arc<Tenant>) {
        let mut tenants = self.0.tenants.lock();
        tenants.retain(|tenant| tenant.strong_count() > 0);
        tenants.push(Arc::downgrade(tenant));
    }

    /// Of many tenants, this one is ready or not.
    pub fn tenant_ready(&self, tenant: &str, is_ready: bool) {
        let of = OfTenant { tenant: tenant.to_owned() };
        self.0.families.ready.get_or_create(&of).set(is_ready.into());
    }

    /// Of many tenants, this one is no more.
    pub fn tenant_gone(&self, tenant: &str) {
        self.0.families.ready.remove(&OfTenant { tenant: tenant.to_owned() });
    }

    /// A key has had its turn.
    pub fn turn(&self, turn: &Turn) {
        let this = &self.0.families;
        this.turns.get_or_create(&Turns { kind: turn.kind.into(), result: turn.ended }).inc();
        let Some((side, seen)) = turn.news else { return };
        let way = Way::new(turn.kind, side);
        let stage = |stage, took: Duration| {
            this.stages.get_or_create(&Spent { way, stage }).observe(took.as_secs_f64());
        };
        let worked = turn.done.saturating_duration_since(turn.popped);
        if turn.first {
            stage(Stage::Queued, turn.popped.saturating_duration_since(seen));
        }
        stage(Stage::Decided, worked.saturating_sub(turn.waited));
        if !turn.waited.is_zero() {
            stage(Stage::Answered, turn.waited);
        }
        if turn.ended == Ended::Done {
            let took = turn.done.saturating_duration_since(seen);
            this.whole.get_or_create(&way).observe(took.as_secs_f64());
        }
    }

    /// An API server was asked for something.
    pub fn call(&self, call: &Call<'_>) {
        let Call { side, verb, outcome, .. } = *call;
        let this = &self.0.families;
        let resource = labels::resource(call.path);
        this.requests.get_or_create(&Request { side, resource, verb, outcome }).inc();
        this.request_time.get_or_create(&Requests { side, verb }).observe(call.took.as_secs_f64());
        this.sent.get_or_create(&Moved::by_request(side)).inc_by(call.sent as u64);
        this.received.get_or_create(&Moved::by_request(side)).inc_by(call.received as u64);
    }

    /// A write that was sent at `asked` has been answered with this version.
    pub fn answered(&self, side: Side, kind: Kind, version: u64, asked: Instant) {
        self.lag(side, kind, self.0.echoes.answered((side, kind), version, asked, Instant::now()));
    }

    /// A watch has shown an object of this version and size.
    pub fn shown(&self, side: Side, kind: Kind, version: u64, size: usize) {
        self.listed(side, kind, size);
        self.lag(side, kind, self.0.echoes.shown((side, kind), version, Instant::now()));
    }

    /// A list has shown an object of this size.
    pub fn listed(&self, side: Side, kind: Kind, size: usize) {
        self.0.families.events.get_or_create(&Watched::new(side, kind)).inc();
        self.0.families.received.get_or_create(&Moved::by_watch(side)).inc_by(size as u64);
    }

    /// A list begins.
    pub fn listing(&self, side: Side, kind: Kind) {
        self.0.families.lists.get_or_create(&Watched::new(side, kind)).inc();
        self.0.echoes.listing((side, kind));
    }

    /// A watch broke or could not be opened.
    pub fn interrupted(&self, side: Side, kind: Kind) {
        self.0.families.interruptions.get_or_create(&Watched::new(side, kind)).inc();
    }

    /// A kind of the host is watched once for all tenants, or by each of them; none where it is not watched any more.
    pub fn watched_together(&self, kind: Kind, together: Option<bool>) {
        let (family, of) = (&self.0.families.together, ByKind { kind: kind.into() });
        match together {
            Some(together) => drop(family.get_or_create(&of).set(together.into())),
            None => drop(family.remove(&of)),
        }
    }

    /// A tenant lists a kind of the host anew for this reason.
    pub fn lists_again(&self, kind: Kind, reason: Loss) {
        self.0.families.lists_again.get_or_create(&Lost { kind: kind.into(), reason }).inc();
    }

    /// A tenant was told that an object of this kind is not synced.
    pub fn refused(&self, kind: Kind) {
        self.0.families.refused.get_or_create(&ByKind { kind: kind.into() }).inc();
    }

    /// A host event was one too many.
    pub fn event_dropped(&self) {
        self.0.families.dropped_events.inc();
    }

    /// So many tokens were made for a pod.
    pub fn tokens_minted(&self, count: usize) {
        self.0.families.tokens.inc_by(count as u64);
    }

    fn lag(&self, side: Side, kind: Kind, lag: Option<Duration>) {
        if let Some(lag) = lag {
            self.0.families.lag.get_or_create(&Watched::new(side, kind)).observe(lag.as_secs_f64());
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
