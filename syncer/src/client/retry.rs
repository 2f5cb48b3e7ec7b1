//! Calls that may well succeed when they are tried again, of an API server above all. For whoever works beside the syncer,
//! which itself waits longer from try to try.

use std::time::Duration;

/// How long between two tries.
const PAUSE: Duration = Duration::from_millis(50);
/// Tries of what is busy: a second.
const OF_BUSY: u32 = 20;
/// Tries of a server that may not know of a right yet: ten seconds.
const OF_UNAWARE: u32 = 200;

/// Calls until it succeeds, fails with what does not pass, or has failed for a second.
///
/// # Errors
/// The last try's.
pub async fn retried<T, E, F>(call: impl Fn() -> F, passes: impl Fn(&E) -> bool) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    tried(OF_BUSY, call, passes).await
}

/// Calls with a right that was granted just now: an API server knows of it when its own watch has shown it, and refuses
/// until then.
///
/// # Errors
/// The last try's, after ten seconds.
pub async fn granted<T, F>(call: impl Fn() -> F) -> kube::Result<T>
where
    F: Future<Output = kube::Result<T>>,
{
    let is_refused = |error: &kube::Error| matches!(error, kube::Error::Api(status) if status.code == 403);
    tried(OF_UNAWARE, call, is_refused).await
}

async fn tried<T, E, F>(tries: u32, call: impl Fn() -> F, passes: impl Fn(&E) -> bool) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    for _ in 1..tries {
        match call().await {
            Err(error) if passes(&error) => tokio::time::sleep(PAUSE).await,
            answer => return answer,
        }
    }
    call().await
}

/// Whether an API server was only busy, or two counted in the same quota at once.
pub fn is_passing(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if matches!(status.code, 409 | 429 | 500..=599) && !status.is_already_exists())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// How a call ends that fails `failures` times, and how often it was tried.
    async fn calls(failures: u32, passes: bool) -> (Result<u32, u32>, u32) {
        let calls = Cell::new(0);
        let call = async || {
            calls.set(calls.get() + 1);
            if calls.get() > failures { Ok(calls.get()) } else { Err(calls.get()) }
        };
        (retried(call, |_| passes).await, calls.get())
    }

    #[tokio::test]
    async fn what_passes_is_tried_again_but_not_for_ever() {
        assert_eq!(calls(2, true).await, (Ok(3), 3));
        assert_eq!(calls(u32::MAX, true).await, (Err(OF_BUSY), OF_BUSY));
    }

    #[tokio::test]
    async fn what_does_not_pass_is_not_tried_again() {
        assert_eq!(calls(2, false).await, (Err(1), 1));
    }

    #[tokio::test]
    async fn a_right_that_is_not_known_yet_is_tried_again_and_what_is_missing_is_not() {
        for (code, expected) in [(403, 3), (404, 1)] {
            let calls = Cell::new(0);
            let call = async || {
                calls.set(calls.get() + 1);
                let status = kube::core::Status { code, ..kube::core::Status::default() };
                if calls.get() > 2 { Ok(()) } else { Err(kube::Error::Api(status.into())) }
            };
            assert_eq!((granted(call).await.is_ok(), calls.get()), (expected == 3, expected));
        }
    }
}
