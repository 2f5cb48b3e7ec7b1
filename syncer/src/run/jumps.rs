//! Notices that the time of day went forward faster than time passed: the machine slept, or was set. What is due by
//! now would otherwise be found out only when it was to be due.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;

use crate::sync::Tenant;

const EVERY: Duration = Duration::from_secs(10);
/// Less than this is a clock being trimmed.
const JUMP: SignedDuration = SignedDuration::from_secs(30);

/// Never returns; stops when it is dropped.
pub(super) async fn look_out(tenant: Arc<Tenant>) {
    let clock = tenant.clock();
    let (mut steady, mut instant) = (clock.steady(), clock.instant());
    loop {
        clock.sleep(EVERY).await;
        let (next_steady, next_instant) = (clock.steady(), clock.instant());
        let passed = SignedDuration::try_from(next_instant - instant).unwrap_or_default();
        let ahead = next_steady.duration_since(steady) - passed;
        if ahead > JUMP {
            tracing::warn!(seconds = ahead.as_secs(), "the clock jumped ahead; all tokens are looked at");
            tenant.look_at_tokens();
        }
        (steady, instant) = (next_steady, next_instant);
    }
}
