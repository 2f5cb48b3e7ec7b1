//! When a Lease may be taken. Pure.

use std::time::{Duration, Instant};

/// What to do about a Lease that another one may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Try to take it.
    Take,
    /// Wait for it to change, or until then.
    Wait {
        /// When it may be taken, should it not change; none where that is not known.
        until: Option<Instant>,
    },
}

/// What is known of a Lease.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// Who holds it; empty for nobody.
    pub(super) holder: String,
    /// How long it holds without being renewed, as the holder says.
    pub(super) duration: Duration,
    /// The version that says so; none where there is no Lease.
    pub(super) version: Option<String>,
    /// When that was first seen here. Clocks of others are not compared with.
    pub(super) seen: Option<Instant>,
}

/// `known`: none before it has been listed. `least`: how long a Lease holds at least, whatever it says.
pub(super) fn decide(known: Option<&Known>, least: Duration, now: Instant) -> Step {
    let Some(known) = known else { return Step::Wait { until: None } };
    if known.holder.is_empty() || known.version.is_none() {
        return Step::Take;
    }
    let until = known.seen.unwrap_or(now) + known.duration.max(least);
    if until <= now { Step::Take } else { Step::Wait { until: Some(until) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_taken_when_nobody_holds_it_or_it_has_not_been_renewed_while_we_watched() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        let held = |ago: u32, seconds: u32| Known {
            holder: "other".to_owned(),
            duration: second * seconds,
            version: Some("7".to_owned()),
            seen: Some(now.checked_sub(second * ago).expect("a time")),
        };
        let given_back = Known { holder: String::new(), ..held(0, 4) };
        let wait = |seconds: u32| Step::Wait { until: Some(now + second * seconds) };
        let table = [
            (None, Step::Wait { until: None }),
            (Some(Known::default()), Step::Take),
            (Some(given_back), Step::Take),
            (Some(held(1, 4)), wait(3)),
            (Some(held(1, 15)), wait(14)),
            (Some(held(1, 0)), wait(3)),
            (Some(held(4, 4)), Step::Take),
        ];
        for (known, expected) in table {
            assert_eq!(decide(known.as_ref(), second * 4, now), expected, "{known:?}");
        }
    }
}
