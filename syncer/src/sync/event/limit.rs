//! How many events a tenant gets: a burst, and then so many a second. Each costs a write that would otherwise carry a
//! pod.

use std::time::Instant;

const BURST: f64 = 1000.0;
const PER_SECOND: f64 = 50.0;

/// A bucket of permits that fills with time.
#[derive(Debug)]
pub(super) struct Limit {
    permits: f64,
    /// When it was last asked.
    at: Option<Instant>,
}

impl Default for Limit {
    fn default() -> Self {
        Self { permits: BURST, at: None }
    }
}

impl Limit {
    /// Whether one more may go.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let passed = self.at.map_or(0.0, |at| now.saturating_duration_since(at).as_secs_f64());
        self.permits = (self.permits + passed * PER_SECOND).min(BURST);
        self.at = Some(now);
        let may = self.permits >= 1.0;
        if may {
            self.permits -= 1.0;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_goes_at_once_and_the_rest_by_the_second() {
        let start = Instant::now();
        let mut limit = Limit::default();
        let taken = |limit: &mut Limit, at| (0..5000).filter(|_| limit.take(at)).count();
        assert_eq!(taken(&mut limit, start), 1000);
        assert_eq!(taken(&mut limit, start + Duration::from_secs(2)), 100);
        assert_eq!(taken(&mut limit, start + Duration::from_secs(3600)), 1000);
    }
}
