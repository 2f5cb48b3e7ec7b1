//! What no key's turn does and has to be done all the same: it is tried until it succeeds.

use super::SyncError;
use crate::{clock::Clock, retry};

/// Tries until it succeeds; not before an API server wants to be asked again.
pub(crate) async fn until_done<F: Future<Output = Result<(), SyncError>>>(
    clock: &Clock,
    meanwhile: &str,
    attempt: impl Fn() -> F,
) {
    let mut failures = 0;
    while let Err(error) = attempt().await {
        let wait = retry::delay(failures).max(error.asked_wait().unwrap_or_default());
        tracing::debug!(%error, wait = wait.as_secs_f64(), "{meanwhile}");
        clock.sleep(wait).await;
        failures += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    use crate::{
        kinds::Kind,
        sync::Doing,
        watch::Doors,
        write::played::{all, host},
    };

    #[tokio::test]
    async fn a_list_whose_answer_asks_for_patience_is_asked_for_again_only_after_the_wait_and_is_counted() {
        for (code, asked_for) in [(429, 60), (500, 60), (503, 60), (503, u64::MAX)] {
            let refusal = (code, Some(asked_for), String::new());
            let (host, metrics, asked) = host(vec![refusal, all(&[])], Doors::shared());
            let (clock, soon) = (Clock::default(), Duration::from_millis(200));
            let attempt =
                async || host.list_metadata(Kind::Pod, "ns", "a").await.doing("listing").map(|_| ());
            let mut done = Box::pin(until_done(&clock, "it is not listed yet", attempt));
            for passed in [0, 50] {
                clock.pass(Duration::from_secs(passed));
                assert!(timeout(soon, &mut done).await.is_err());
                assert_eq!(asked.lock().len(), 1, "{code}, after {passed} s");
            }
            let counted = r#"requests_total{side="host",resource="pods",verb="list",outcome="throttled"} 1"#;
            assert!(metrics.text().contains(counted), "{}", metrics.text());
            clock.pass(Duration::from_secs(10));
            done.await;
            assert_eq!(asked.lock().len(), 2);
        }
    }
}
