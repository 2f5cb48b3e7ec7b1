//! Loops that must not stop: each beats as long as it turns.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// How often an idle loop beats.
const EVERY: Duration = Duration::from_secs(5);

/// A loop without a beat for so long is stuck. The longest that one waits in a piece, for the next of a list, is 60 s.
pub(super) const STUCK: Duration = Duration::from_secs(90);

/// Stands for the last beat of a loop that was told to end.
const ENDED: u64 = u64::MAX;

/// The beats of one loop.
#[derive(Clone, Debug)]
pub struct Pulse {
    since: Instant,
    /// The last beat, in milliseconds after `since`.
    beat: Arc<AtomicU64>,
}

impl Pulse {
    fn new(now: Instant) -> Self {
        Self { since: now, beat: Arc::default() }
    }

    /// The loop turns. Returns when it should do so again, if nothing else makes it.
    pub async fn due(&self) {
        self.beat(Instant::now());
        tokio::time::sleep(EVERY).await;
    }

    /// The loop ends because it was told to.
    pub(crate) fn end(&self) {
        self.beat.store(ENDED, Ordering::Relaxed);
    }

    fn has_ended(&self) -> bool {
        self.beat.load(Ordering::Relaxed) == ENDED
    }

    fn beat(&self, now: Instant) {
        let passed = now.saturating_duration_since(self.since).as_millis();
        self.beat.store(u64::try_from(passed).unwrap_or(ENDED - 1), Ordering::Relaxed);
    }

    fn silence(&self, now: Instant) -> Duration {
        let beat = self.since + Duration::from_millis(self.beat.load(Ordering::Relaxed));
        now.saturating_duration_since(beat)
    }
}

/// The loops of a syncer, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Pulses(Arc<Mutex<Vec<(String, Pulse)>>>);

impl Pulses {
    /// A loop begins.
    pub(super) fn add(&self, name: &str, now: Instant) -> Pulse {
        let pulse = Pulse::new(now);
        self.0.lock().push((name.to_owned(), pulse.clone()));
        pulse
    }

    /// How long each loop has been silent, in the order in which they began.
    pub(super) fn silences(&self, now: Instant) -> Vec<(String, Duration)> {
        let mut pulses = self.0.lock();
        pulses.retain(|(_, pulse)| !pulse.has_ended());
        pulses.iter().map(|(name, pulse)| (name.clone(), pulse.silence(now))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_silent_since_its_last_beat() {
        let start = Instant::now();
        let pulses = Pulses::default();
        let (one, _two) = (pulses.add("one", start), pulses.add("two", start));
        one.beat(start + Duration::from_secs(7));
        let silences = pulses.silences(start + Duration::from_secs(10));
        let seconds: Vec<(&str, u64)> =
            silences.iter().map(|(name, silence)| (name.as_str(), silence.as_secs())).collect();
        assert_eq!(seconds, [("one", 3), ("two", 10)]);
        one.end();
        assert_eq!(pulses.silences(start).len(), 1, "one was told to end");
    }
}
