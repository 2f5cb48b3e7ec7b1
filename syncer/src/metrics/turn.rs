//! What one turn at a key spends on waiting for API servers. Calls are made deep down and may overlap; each one says to
//! the turn that it belongs to, if to any, when it begins and ends.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use crate::kinds::Side;

tokio::task_local! {
    static TURN: Spending;
}

/// A turn that waits for nothing but its tenant's API server for so long is set apart from those that wait for the host.
const PATIENCE: Duration = Duration::from_millis(500);

#[derive(Debug, Default)]
struct Spending {
    of_tenant: Open,
    of_host: Open,
    all: Open,
    waited: Cell<Duration>,
    writes: Cell<u32>,
}

/// Calls that are not answered yet.
#[derive(Debug, Default)]
struct Open {
    count: Cell<u32>,
    since: Cell<Option<Instant>>,
}

impl Open {
    fn begin(&self, now: Instant) {
        if self.count.replace(self.count.get() + 1) == 0 {
            self.since.set(Some(now));
        }
    }

    /// Returns since when there were some, if this was the last one.
    fn end(&self) -> Option<Instant> {
        self.count.set(self.count.get().saturating_sub(1));
        if self.count.get() == 0 { self.since.take() } else { None }
    }
}

impl Spending {
    fn of(&self, side: Side) -> &Open {
        match side {
            Side::Tenant => &self.of_tenant,
            Side::Host => &self.of_host,
        }
    }

    fn waits_for_tenant_alone(&self) -> bool {
        let since = self.of_tenant.since.get().filter(|_| self.of_host.count.get() == 0);
        since.is_some_and(|since| since.elapsed() >= PATIENCE)
    }
}

/// What a turn has spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Waiting for at least one answer.
    pub waited: Duration,
    /// Calls that were to change something.
    pub writes: u32,
}

/// Runs a turn and says what it has spent. Calls `set_apart` once, should it wait long for its tenant alone.
pub async fn counted<T>(turn: impl Future<Output = T>, set_apart: impl FnOnce()) -> (T, Spent) {
    let counted = async {
        let mut turn = std::pin::pin!(turn);
        let result = tokio::select! {
            biased;
            result = &mut turn => result,
            () = until_it_waits_for_tenant() => {
                set_apart();
                turn.await
            }
        };
        let spent =
            TURN.with(|spending| Spent { waited: spending.waited.get(), writes: spending.writes.get() });
        (result, spent)
    };
    TURN.scope(Spending::default(), counted).await
}

async fn until_it_waits_for_tenant() {
    while !TURN.with(Spending::waits_for_tenant_alone) {
        tokio::time::sleep(PATIENCE).await;
    }
}

/// A call that has begun; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Waiting(Side);

impl Waiting {
    pub(crate) fn begin(side: Side, is_write: bool) -> Self {
        // Outside of a turn, as for a Node's lease, nobody counts.
        let _ = TURN.try_with(|spending| {
            let now = Instant::now();
            spending.of(side).begin(now);
            spending.all.begin(now);
            spending.writes.set(spending.writes.get() + u32::from(is_write));
        });
        Self(side)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = TURN.try_with(|spending| {
            spending.of(self.0).end();
            if let Some(since) = spending.all.end() {
                spending.waited.set(spending.waited.get() + since.elapsed());
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn call(side: Side, millis: u64, is_write: bool) {
        let waiting = Waiting::begin(side, is_write);
        tokio::time::sleep(Duration::from_millis(millis)).await;
        drop(waiting);
    }

    #[tokio::test]
    async fn calls_that_overlap_are_waited_for_once() {
        let started = Instant::now();
        let calls = async {
            tokio::join!(call(Side::Host, 60, true), call(Side::Tenant, 40, false));
        };
        let ((), spent) = counted(calls, || panic!("nobody waits long")).await;
        let took = started.elapsed();
        assert!(spent.waited >= Duration::from_millis(60) && spent.waited <= took, "{spent:?} of {took:?}");
        assert_eq!(spent.writes, 1);
    }

    #[tokio::test]
    async fn a_call_outside_of_a_turn_is_nobodys() {
        drop(Waiting::begin(Side::Host, true));
        assert_eq!(counted(async {}, || {}).await.1, Spent::default());
    }

    #[tokio::test]
    async fn a_turn_that_waits_long_for_its_tenant_alone_is_set_apart() {
        let long = u64::try_from(PATIENCE.as_millis()).unwrap_or_default() * 3;
        let is_set_apart = async |turn: futures::future::BoxFuture<'static, ()>| {
            let set_apart = Cell::new(false);
            counted(turn, || set_apart.set(true)).await;
            set_apart.get()
        };
        assert!(is_set_apart(Box::pin(call(Side::Tenant, long, false))).await);
        assert!(!is_set_apart(Box::pin(call(Side::Host, long, false))).await);
        let both = async move {
            tokio::join!(call(Side::Host, long, true), call(Side::Tenant, long, true));
        };
        assert!(!is_set_apart(Box::pin(both)).await);
    }
}
