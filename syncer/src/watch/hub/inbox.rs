//! What the hub has for one tenant's watch and the tenant has not taken yet: bounded, and only of its own address.

use std::collections::VecDeque;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::address::Address;
use crate::watch::feed::Change;

/// Bytes of objects that wait for one tenant; who has more to wait for lists anew.
const ROOM: usize = 8 << 20;
/// What an object costs besides its text.
const EACH: usize = 512;

/// Why changes are missing, so that it has to be listed anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Loss {
    /// The host does not know any more what has changed since the hub's watch lapsed.
    Gap,
    /// Its tenant did not take them in time.
    Slow,
    /// The right to watch all namespaces has come or gone.
    Rights,
}

/// The changes for one address. Nothing else can be put into it.
#[derive(Debug)]
pub(super) struct Inbox {
    address: Address,
    state: Mutex<State>,
    news: Notify,
}

#[derive(Debug, Default)]
struct State {
    changes: VecDeque<Change>,
    size: usize,
    loss: Option<Loss>,
}

impl Inbox {
    pub(super) fn new(address: Address) -> Self {
        Self { address, state: Mutex::default(), news: Notify::new() }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Takes what of a change is its own. Never waits: where there is no room, all is given up.
    pub(super) fn offer(&self, change: &Change) {
        let Some(own) = self.address.own(change) else { return };
        let mut state = self.state.lock();
        if state.loss.is_some() {
            return;
        }
        state.size += cost(&own);
        if state.size > ROOM {
            *state = State { loss: Some(Loss::Slow), ..State::default() };
        } else {
            state.changes.push_back(own);
        }
        drop(state);
        self.news.notify_one();
    }

    /// Changes are missing from now on.
    pub(super) fn lose(&self, loss: Loss) {
        *self.state.lock() = State { loss: Some(loss), ..State::default() };
        self.news.notify_one();
    }

    /// Begins anew: what comes from now on is complete, and a list that is asked for now shows the rest.
    pub(super) fn begin(&self) {
        *self.state.lock() = State::default();
    }

    /// The next change, or why there is none.
    pub(super) async fn next(&self) -> Result<Change, Loss> {
        loop {
            if let Some(next) = self.take() {
                return next;
            }
            self.news.notified().await;
        }
    }

    fn take(&self) -> Option<Result<Change, Loss>> {
        let mut state = self.state.lock();
        if let Some(loss) = state.loss {
            return Some(Err(loss));
        }
        let change = state.changes.pop_front()?;
        state.size -= cost(&change);
        if state.changes.is_empty() {
            // An idle tenant holds nothing.
            state.changes = VecDeque::new();
        }
        Some(Ok(change))
    }
}

fn cost(change: &Change) -> usize {
    change.object().size() + EACH
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::{super::address::tests::object, *};

    fn inbox() -> Inbox {
        Inbox::new(Address::new("ns", &[]))
    }

    fn change(version: u64) -> Change {
        Change::Apply(object("ns", None, version))
    }

    fn next(inbox: &Inbox) -> Option<Result<u64, Loss>> {
        inbox.next().now_or_never().map(|next| next.map(|change| change.object().version()))
    }

    #[test]
    fn changes_come_in_order_and_none_of_another_namespace() {
        let inbox = inbox();
        for change in [change(1), Change::Apply(object("other", None, 2)), change(3)] {
            inbox.offer(&change);
        }
        assert_eq!([next(&inbox), next(&inbox), next(&inbox)], [Some(Ok(1)), Some(Ok(3)), None]);
    }

    #[test]
    fn after_a_loss_nothing_comes_until_it_begins_anew() {
        let inbox = inbox();
        inbox.offer(&change(1));
        inbox.lose(Loss::Gap);
        inbox.offer(&change(2));
        assert_eq!([next(&inbox), next(&inbox)], [Some(Err(Loss::Gap)); 2]);
        inbox.begin();
        inbox.offer(&change(3));
        assert_eq!([next(&inbox), next(&inbox)], [Some(Ok(3)), None]);
    }

    #[test]
    fn who_does_not_take_changes_loses_them_and_holds_no_more_than_its_room() {
        let inbox = inbox();
        for _ in 0..ROOM / cost(&change(1)) {
            inbox.offer(&change(1));
        }
        assert!(inbox.state.lock().size <= ROOM && inbox.state.lock().loss.is_none());
        inbox.offer(&change(1));
        assert!(inbox.state.lock().changes.is_empty());
        assert_eq!(next(&inbox), Some(Err(Loss::Slow)));
    }

    #[test]
    fn what_is_taken_makes_room() {
        let inbox = inbox();
        for version in 0..3 * (ROOM / cost(&change(1))) as u64 {
            inbox.offer(&change(version));
            assert_eq!(next(&inbox), Some(Ok(version)));
        }
        assert_eq!(inbox.state.lock().size, 0);
    }
}
