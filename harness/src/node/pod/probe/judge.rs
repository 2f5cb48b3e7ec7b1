//! When a series of probes counts. No I/O.

use k8s_openapi::api::core::v1::Probe;

/// Counts successes and failures in a row.
#[derive(Debug)]
pub(super) struct Judge {
    success_threshold: u32,
    failure_threshold: u32,
    verdict: Option<bool>,
    row: (bool, u32),
}

impl Judge {
    pub(super) fn new(probe: &Probe) -> Self {
        let threshold = |value: Option<i32>, default| {
            value.and_then(|value| u32::try_from(value).ok()).unwrap_or(default).max(1)
        };
        Self {
            success_threshold: threshold(probe.success_threshold, 1),
            failure_threshold: threshold(probe.failure_threshold, 3),
            verdict: None,
            row: (false, 0),
        }
    }

    /// Takes the next outcome. Returns the verdict when it is new.
    pub(super) fn hear(&mut self, up: bool) -> Option<bool> {
        self.row = if self.row.0 == up { (up, self.row.1 + 1) } else { (up, 1) };
        let threshold = if up { self.success_threshold } else { self.failure_threshold };
        let new = self.row.1 >= threshold && self.verdict != Some(up);
        if new {
            self.verdict = Some(up);
        }
        new.then_some(up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(outcomes: &[bool]) -> Vec<Option<bool>> {
        let probe = Probe { success_threshold: Some(2), failure_threshold: Some(3), ..Probe::default() };
        let mut judge = Judge::new(&probe);
        outcomes.iter().map(|up| judge.hear(*up)).collect()
    }

    #[test]
    fn a_verdict_takes_as_many_in_a_row_as_its_threshold() {
        let (up, down) = (Some(true), Some(false));
        assert_eq!(verdicts(&[true, true, true]), [None, up, None]);
        assert_eq!(
            verdicts(&[false, false, true, false, false, false]),
            [None, None, None, None, None, down]
        );
        assert_eq!(verdicts(&[true, true, false, false, false, true, true])[4..], [down, None, up]);
    }
}
