//! What the tenant has been told already. A retry that fails for the same reason is not worth a call each time.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// An event's count rises this often at most.
const QUIET: Duration = Duration::from_secs(60);
/// A reason not given for so long is forgotten.
const FORGET: Duration = Duration::from_secs(600);
/// Reasons after which the forgettable ones are looked for.
const MANY: usize = 1024;

/// What to say of a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Say {
    /// It is new.
    First,
    /// It has been given so many times more.
    Again {
        /// How many.
        more: u64,
    },
    /// It was given a moment ago.
    Nothing,
}

#[derive(Debug)]
struct Reason {
    said: Instant,
    given: Instant,
    unsaid: u64,
}

/// Reasons by their event's name.
#[derive(Debug, Default)]
pub(super) struct Told(HashMap<String, Reason>);

impl Told {
    /// A reason is given. What to say?
    pub(super) fn again(&mut self, event: &str, now: Instant) -> Say {
        if let Some(reason) = self.0.get_mut(event) {
            reason.unsaid += 1;
            reason.given = now;
            if now.saturating_duration_since(reason.said) < QUIET {
                return Say::Nothing;
            }
            reason.said = now;
            return Say::Again { more: std::mem::take(&mut reason.unsaid) };
        }
        if self.0.len() >= MANY {
            self.0.retain(|_, reason| now.saturating_duration_since(reason.given) < FORGET);
        }
        self.0.insert(event.to_owned(), Reason { said: now, given: now, unsaid: 0 });
        Say::First
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_told_once_and_then_counted_by_the_minute() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut told = Told::default();
        assert_eq!(told.again("a", at(0)), Say::First);
        assert_eq!(told.again("b", at(0)), Say::First);
        assert_eq!(told.again("a", at(15)), Say::Nothing);
        assert_eq!(told.again("a", at(30)), Say::Nothing);
        assert_eq!(told.again("a", at(60)), Say::Again { more: 3 });
        assert_eq!(told.again("a", at(75)), Say::Nothing);
    }

    #[test]
    fn reasons_that_are_given_no_more_are_forgotten() {
        let start = Instant::now();
        let mut told = Told::default();
        (0..MANY).for_each(|n| assert_eq!(told.again(&n.to_string(), start), Say::First));
        told.again("one more", start + FORGET);
        assert_eq!(told.0.len(), 1);
    }
}
