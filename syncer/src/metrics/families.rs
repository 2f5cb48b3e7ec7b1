//! The families of metrics that are recorded as things happen, with names and words.

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use super::labels::{ByKind, Lost, Moved, OfTenant, Request, Requests, Spent, Turns, Watched, Way};

/// All of them.
#[derive(Debug)]
pub(super) struct Families {
    pub(super) stages: Family<Spent, Histogram>,
    pub(super) whole: Family<Way, Histogram>,
    pub(super) turns: Family<Turns, Counter>,
    pub(super) lag: Family<Watched, Histogram>,
    pub(super) events: Family<Watched, Counter>,
    pub(super) lists: Family<Watched, Counter>,
    pub(super) interruptions: Family<Watched, Counter>,
    pub(super) requests: Family<Request, Counter>,
    pub(super) request_time: Family<Requests, Histogram>,
    pub(super) received: Family<Moved, Counter>,
    pub(super) sent: Family<Moved, Counter>,
    pub(super) refused: Family<ByKind, Counter>,
    pub(super) dropped_events: Counter,
    pub(super) tokens: Counter,
    pub(super) ready: Family<OfTenant, Gauge>,
    pub(super) together: Family<ByKind, Gauge>,
    pub(super) lists_again: Family<Lost, Counter>,
}

impl Default for Families {
    fn default() -> Self {
        let fine = || Histogram::new(buckets(0.000_05, 22));
        let coarse = || Histogram::new(buckets(0.000_5, 18));
        Self {
            stages: Family::new_with_constructor(fine),
            whole: Family::new_with_constructor(coarse),
            turns: Family::default(),
            lag: Family::new_with_constructor(fine),
            events: Family::default(),
            lists: Family::default(),
            interruptions: Family::default(),
            requests: Family::default(),
            request_time: Family::new_with_constructor(coarse),
            received: Family::default(),
            sent: Family::default(),
            refused: Family::default(),
            dropped_events: Counter::default(),
            tokens: Counter::default(),
            ready: Family::default(),
            together: Family::default(),
            lists_again: Family::default(),
        }
    }
}

/// Bounds that double, with a round first one.
fn buckets(first: f64, count: i32) -> impl Iterator<Item = f64> {
    (0..count).map(move |n| first * 2f64.powi(n))
}

impl Families {
    /// Names them.
    pub(super) fn register(&self, registry: &mut Registry) {
        let seconds = || Unit::Seconds;
        registry.register_with_unit(
            "stage_duration",
            "What a turn at a key was spent on: waiting in the queue, deciding and translating, waiting for API servers",
            seconds(),
            self.stages.clone(),
        );
        registry.register_with_unit(
            "sync_duration",
            "From news being seen to both sides agreeing, retries included, for news that led to a write",
            seconds(),
            self.whole.clone(),
        );
        registry.register(
            "turns",
            "Turns at a key by how they ended; each failed one is tried again",
            self.turns.clone(),
        );
        registry.register_with_unit(
            "watch_lag",
            "How much later than the answer to our own write the watch shows it",
            seconds(),
            self.lag.clone(),
        );
        registry.register("watch_events", "Objects that watches and lists have shown", self.events.clone());
        registry.register(
            "watch_lists",
            "Lists begun; after the first one, because a watch had lapsed",
            self.lists.clone(),
        );
        registry.register(
            "watch_interruptions",
            "Watches that broke or could not be opened",
            self.interruptions.clone(),
        );
        registry.register("requests", "Calls to API servers, watches apart", self.requests.clone());
        registry.register_with_unit(
            "request_duration",
            "How long API servers took to answer",
            seconds(),
            self.request_time.clone(),
        );
        registry.register_with_unit(
            "received",
            "Bodies received, before any framing",
            Unit::Bytes,
            self.received.clone(),
        );
        registry.register_with_unit(
            "sent",
            "Bodies sent, before any framing",
            Unit::Bytes,
            self.sent.clone(),
        );
        registry.register(
            "refused",
            "Objects that tenants were told are not synced; one per object and reason",
            self.refused.clone(),
        );
        registry.register(
            "dropped_events",
            "Host events beyond what a tenant gets",
            self.dropped_events.clone(),
        );
        registry.register(
            "tenant_ready",
            "Whether a tenant of many is worked for and all has been done once",
            self.ready.clone(),
        );
        registry.register(
            "host_watched_together",
            "Of many tenants: whether one watch of the host shows a kind to all (1), or each has its own (0)",
            self.together.clone(),
        );
        registry.register(
            "host_lists_again",
            "Of many tenants: lists of one's own namespace, because what all watch together has missed something for it",
            self.lists_again.clone(),
        );
        registry.register("tokens_minted", "Tokens made for pods", self.tokens.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_begin_round_and_reach_far_enough() {
        let bounds: Vec<f64> = buckets(0.000_5, 18).collect();
        assert_eq!(bounds[..3], [0.0005, 0.001, 0.002]);
        assert!(bounds[17] > 60.0);
    }
}
