//! Memory that a burst took goes back to the system as soon as there is nothing to do.

use std::time::Duration;

use tokio::time::Instant;

/// So long without a key is a rest.
const QUIET: Duration = Duration::from_secs(1);

/// Fewer turns than this leave nothing worth looking for.
const WORTH: u32 = 64;

/// The turns since memory was last given back.
#[derive(Debug, Default)]
pub(super) struct Rest {
    turns: u32,
    /// When the last one began.
    last: Option<Instant>,
}

impl Rest {
    /// A key has come.
    pub(super) fn turn(&mut self) {
        self.turns = self.turns.saturating_add(1);
        self.last = Some(Instant::now());
    }

    /// Returns when nothing has come for a while after much has, however often it is asked meanwhile. Never, if little has.
    pub(super) async fn due(&self) {
        match self.at() {
            Some(at) => tokio::time::sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    fn at(&self) -> Option<Instant> {
        self.last.filter(|_| self.is_worth_it()).map(|last| last + QUIET)
    }

    fn is_worth_it(&self) -> bool {
        self.turns >= WORTH
    }

    /// Gives back what is free.
    pub(super) fn give_back(&mut self) {
        self.turns = 0;
        trim();
    }
}

/// The C library's allocator keeps free pages that lie between used ones until it is asked for them.
#[cfg(target_env = "gnu")]
fn trim() {
    // SAFETY: it takes a number, is safe to call from any thread, and touches nothing that is in use.
    unsafe { nix::libc::malloc_trim(0) };
}

#[cfg(not(target_env = "gnu"))]
fn trim() {}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_rest_is_due_a_while_after_the_last_turn_however_often_it_is_asked_for() {
        let mut rest = Rest::default();
        assert_eq!(rest.at(), None);
        let before = Instant::now();
        (0..WORTH).for_each(|_| rest.turn());
        let at = rest.at().expect("much was done");
        assert!(before + QUIET <= at && at <= Instant::now() + QUIET);
        assert!(rest.due().now_or_never().is_none());
        assert_eq!(rest.at(), Some(at), "not put off");
    }

    #[tokio::test]
    async fn a_rest_is_due_after_much_was_done_and_once() {
        let mut rest = Rest::default();
        (1..WORTH).for_each(|_| rest.turn());
        assert!(!rest.is_worth_it(), "little was done");
        rest.turn();
        assert!(rest.is_worth_it());
        assert!(rest.due().now_or_never().is_none(), "not at once");
        rest.give_back();
        assert!(!rest.is_worth_it(), "it was done");
    }
}
