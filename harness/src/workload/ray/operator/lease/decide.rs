//! Who may lead, from what the Lease says. Pure: the clock is a parameter.

use std::time::Duration;

use k8s_openapi::{
    api::coordination::v1::LeaseSpec, apimachinery::pkg::apis::meta::v1::MicroTime, jiff::Timestamp,
};

/// How long a lease lives without renewal. Upstream's figures, which are client-go's.
pub(super) const DURATION: Duration = Duration::from_secs(15);
/// A leader that has not renewed for this long must assume that it soon leads no more.
pub(super) const RENEW_DEADLINE: Duration = Duration::from_secs(10);
/// How often a leader renews.
pub(super) const RENEW_EVERY: Duration = Duration::from_secs(2);

/// What to do about a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Nobody holds it, or its holder has not renewed in time.
    Take,
    /// We hold it.
    Renew,
    /// Another holds it, as was first seen at the time kept by the caller: look again after this long.
    Wait(Duration),
}

/// Decides for `me`. `unchanged_for` is how long this process has seen the lease unchanged: the holder's own clock is
/// not compared with ours, for the two may differ.
pub(super) fn decide(lease: Option<&LeaseSpec>, me: &str, unchanged_for: Duration) -> Decision {
    let Some(lease) = lease else { return Decision::Take };
    match lease.holder_identity.as_deref() {
        None | Some("") => Decision::Take,
        Some(holder) if holder == me => Decision::Renew,
        Some(_) => {
            let seconds = lease.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
            let lives = seconds.map_or(DURATION, Duration::from_secs);
            match lives.checked_sub(unchanged_for) {
                Some(rest) if !rest.is_zero() => Decision::Wait(rest),
                _ => Decision::Take,
            }
        }
    }
}

/// The lease in the hands of `me`.
pub(super) fn held(old: Option<&LeaseSpec>, me: &str, now: Timestamp) -> LeaseSpec {
    let ours = |old: &&LeaseSpec| old.holder_identity.as_deref() == Some(me);
    let transitions = old.and_then(|old| old.lease_transitions);
    LeaseSpec {
        holder_identity: Some(me.into()),
        lease_duration_seconds: i32::try_from(DURATION.as_secs()).ok(),
        acquire_time: old.filter(ours).and_then(|old| old.acquire_time.clone()).or(Some(MicroTime(now))),
        renew_time: Some(MicroTime(now)),
        lease_transitions: match old {
            None => Some(0),
            Some(old) if ours(&old) => transitions,
            Some(_) => Some(transitions.unwrap_or_default().saturating_add(1)),
        },
        ..LeaseSpec::default()
    }
}

/// The lease given back: the next one need not wait until it expires.
pub(super) fn released(old: &LeaseSpec, now: Timestamp) -> LeaseSpec {
    LeaseSpec {
        holder_identity: Some(String::new()),
        lease_duration_seconds: Some(1),
        renew_time: Some(MicroTime(now)),
        ..old.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held_by(holder: &str) -> LeaseSpec {
        held(None, holder, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_lease_is_taken_renewed_or_waited_for() {
        let second = Duration::from_secs(1);
        let cases = [
            (None, Duration::ZERO, Decision::Take),
            (Some(held_by("")), Duration::ZERO, Decision::Take),
            (Some(held_by("me")), second, Decision::Renew),
            (Some(held_by("other")), second, Decision::Wait(14 * second)),
            (Some(held_by("other")), 15 * second, Decision::Take),
            (Some(held_by("other")), 60 * second, Decision::Take),
        ];
        for (lease, unchanged_for, expected) in cases {
            assert_eq!(decide(lease.as_ref(), "me", unchanged_for), expected, "{lease:?}");
        }
    }

    #[test]
    fn renewing_keeps_the_time_of_acquisition_and_taking_over_counts() {
        let later = Timestamp::from_second(100).unwrap();
        let renewed = held(Some(&held_by("me")), "me", later);
        assert_eq!(renewed.acquire_time, Some(MicroTime(Timestamp::UNIX_EPOCH)));
        assert_eq!((renewed.renew_time, renewed.lease_transitions), (Some(MicroTime(later)), Some(0)));
        let taken = held(Some(&held_by("other")), "me", later);
        assert_eq!((taken.acquire_time, taken.lease_transitions), (Some(MicroTime(later)), Some(1)));
    }

    #[test]
    fn a_released_lease_can_be_taken_at_once() {
        let released = released(&held_by("other"), Timestamp::UNIX_EPOCH);
        assert_eq!(decide(Some(&released), "me", Duration::ZERO), Decision::Take);
    }
}
