//! The newest objects of a key that a watch or a write has handed us. They live as long as the key is in the queue.

use std::time::Instant;

use crate::{kinds::Side, object::Object, queue::Merge};

/// Why a key is looked at: the first news of each side that has not been followed yet. Stays with the key through
/// retries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct News {
    tenant: Option<Instant>,
    host: Option<Instant>,
    /// Sets apart one following of news from another in the log; none until it is in the queue.
    pub(super) change: Option<u64>,
    /// Whether a turn at it has failed.
    pub(super) again: bool,
}

impl News {
    /// The side whose news came first, and when; none where only time has come.
    pub fn first(&self) -> Option<(Side, Instant)> {
        let tenant = self.tenant.map(|at| (Side::Tenant, at));
        let host = self.host.map(|at| (Side::Host, at));
        tenant.into_iter().chain(host).min_by_key(|(_, at)| *at)
    }

    /// What sets this following of news apart from others in this process.
    pub fn change(&self) -> u64 {
        self.change.unwrap_or_default()
    }

    /// Whether it is tried for the first time.
    pub fn is_fresh(&self) -> bool {
        !self.again
    }
}

impl Merge for News {
    fn merge(&mut self, later: Self) {
        self.tenant = self.tenant.or(later.tenant);
        self.host = self.host.or(later.host);
        self.change = self.change.or(later.change);
        self.again |= later.again;
    }
}

/// Up to one object of each side.
#[derive(Clone, Debug, Default)]
pub struct Hand {
    tenant: Option<Object>,
    host: Option<Object>,
    pub(super) news: News,
}

impl Hand {
    /// Nothing to hold, and news of a side.
    pub fn seen(side: Side, at: Instant) -> Self {
        let (tenant, host) = match side {
            Side::Tenant => (Some(at), None),
            Side::Host => (None, Some(at)),
        };
        Self { news: News { tenant, host, ..News::default() }, ..Self::default() }
    }

    /// One object, which is news.
    pub fn of(side: Side, object: Object, at: Instant) -> Self {
        let mut hand = Self::seen(side, at);
        hand.hold(side, object);
        hand
    }

    /// Nothing to hold, and news that a failed turn has not brought to an end.
    pub fn again(news: News) -> Self {
        Self { news: News { again: true, ..news }, ..Self::default() }
    }

    /// Why the key is looked at.
    pub fn news(&self) -> News {
        self.news
    }

    /// The same objects, of which nothing is news.
    #[must_use]
    pub fn without_news(self) -> Self {
        Self { news: News::default(), ..self }
    }

    /// Holds an object instead of the one before.
    pub fn hold(&mut self, side: Side, object: Object) {
        *self.side(side) = Some(object);
    }

    /// The object of a side, if it is this version.
    pub fn at(&self, side: Side, uid: &str, version: u64) -> Option<&Object> {
        let held = match side {
            Side::Tenant => self.tenant.as_ref(),
            Side::Host => self.host.as_ref(),
        };
        held.filter(|object| object.uid() == uid && object.version() == version)
    }

    /// The host's object, whatever its version.
    pub fn host(&self) -> Option<&Object> {
        self.host.as_ref()
    }

    /// Holds the objects of a later hand instead of its own.
    pub fn hold_those_of(&mut self, later: &Self) {
        for (held, later) in [(&mut self.tenant, &later.tenant), (&mut self.host, &later.host)] {
            if later.is_some() {
                held.clone_from(later);
            }
        }
    }

    fn side(&mut self, side: Side) -> &mut Option<Object> {
        match side {
            Side::Tenant => &mut self.tenant,
            Side::Host => &mut self.host,
        }
    }
}

impl Merge for Hand {
    fn merge(&mut self, later: Self) {
        self.hold_those_of(&later);
        self.news.merge(later.news);
    }
}
