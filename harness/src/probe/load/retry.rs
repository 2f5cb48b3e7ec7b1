//! Calls that an API server may well do when it is asked again.

use std::time::Duration;

/// How often a call is tried.
const TRIES: u32 = 20;

/// How long between two tries.
const PAUSE: Duration = Duration::from_millis(50);

/// Calls until it succeeds, fails with what does not pass, or has failed too often.
///
/// # Errors
/// The last try's.
pub async fn retried<T, E, F>(call: impl Fn() -> F, passes: impl Fn(&E) -> bool) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    for _ in 1..TRIES {
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
    async fn tried(failures: u32, passes: bool) -> (Result<u32, u32>, u32) {
        let calls = Cell::new(0);
        let call = async || {
            calls.set(calls.get() + 1);
            if calls.get() > failures { Ok(calls.get()) } else { Err(calls.get()) }
        };
        (retried(call, |_| passes).await, calls.get())
    }

    #[tokio::test]
    async fn what_passes_is_tried_again_but_not_for_ever() {
        assert_eq!(tried(2, true).await, (Ok(3), 3));
        assert_eq!(tried(u32::MAX, true).await, (Err(TRIES), TRIES));
    }

    #[tokio::test]
    async fn what_does_not_pass_is_not_tried_again() {
        assert_eq!(tried(2, false).await, (Err(1), 1));
    }
}
