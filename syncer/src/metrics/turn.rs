//! What one turn at a key spends on waiting for API servers. Calls are made deep down and may overlap; each one says to
//! the turn that it belongs to, if to any, when it begins and ends.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

tokio::task_local! {
    static TURN: Spending;
}

#[derive(Debug, Default)]
struct Spending {
    open: Cell<u32>,
    since: Cell<Option<Instant>>,
    waited: Cell<Duration>,
    writes: Cell<u32>,
}

/// What a turn has spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Waiting for at least one answer.
    pub waited: Duration,
    /// Calls that were to change something.
    pub writes: u32,
}

/// Runs a turn and says what it has spent.
pub async fn counted<T>(turn: impl Future<Output = T>) -> (T, Spent) {
    let counted = async {
        let result = turn.await;
        let spent =
            TURN.with(|spending| Spent { waited: spending.waited.get(), writes: spending.writes.get() });
        (result, spent)
    };
    TURN.scope(Spending::default(), counted).await
}

/// A call that has begun; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Waiting(());

impl Waiting {
    pub(crate) fn begin(is_write: bool) -> Self {
        // Outside of a turn, as for a Node's lease, nobody counts.
        let _ = TURN.try_with(|spending| {
            if spending.open.get() == 0 {
                spending.since.set(Some(Instant::now()));
            }
            spending.open.set(spending.open.get() + 1);
            spending.writes.set(spending.writes.get() + u32::from(is_write));
        });
        Self(())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = TURN.try_with(|spending| {
            spending.open.set(spending.open.get().saturating_sub(1));
            if spending.open.get() == 0
                && let Some(since) = spending.since.take()
            {
                spending.waited.set(spending.waited.get() + since.elapsed());
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_that_overlap_are_waited_for_once() {
        let call = |millis, is_write| async move {
            let waiting = Waiting::begin(is_write);
            tokio::time::sleep(Duration::from_millis(millis)).await;
            drop(waiting);
        };
        let started = Instant::now();
        let ((), spent) = counted(async {
            tokio::join!(call(60, true), call(40, false));
        })
        .await;
        let took = started.elapsed();
        assert!(spent.waited >= Duration::from_millis(60) && spent.waited <= took, "{spent:?} of {took:?}");
        assert_eq!(spent.writes, 1);
    }

    #[tokio::test]
    async fn a_call_outside_of_a_turn_is_nobodys() {
        drop(Waiting::begin(true));
        assert_eq!(counted(async {}).await.1, Spent::default());
    }
}
