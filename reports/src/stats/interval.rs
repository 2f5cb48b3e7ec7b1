//! Which of n sorted values bound a quantile with 95 % confidence.

use super::Quantile;

/// Each tail of a two-sided 95 % interval.
const TAIL: f64 = 0.025;

/// The 1-based ranks of the two values that bound a quantile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranks {
    /// Rank of the lower end.
    pub low: usize,
    /// Rank of the upper end.
    pub high: usize,
}

/// The fewest values that carry a two-sided 95 % interval of a quantile: neither extreme may miss it by more than a tail.
#[must_use]
pub fn needed(quantile: Quantile) -> usize {
    let rarer = quantile.share().max(1.0 - quantile.share());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive count")]
    let n = (TAIL.ln() / rarer.ln()).ceil() as usize;
    n
}

/// The ranks that bound a quantile of n values; none where n is too small.
///
/// The number of values below the quantile is binomial, so the lower end is the highest rank, and the upper end the
/// lowest, that is wrong in at most a tail of the cases.
#[must_use]
pub fn interval_ranks(n: usize, quantile: Quantile) -> Option<Ranks> {
    if n < needed(quantile) {
        return None;
    }
    let below = cumulative(n, quantile.share());
    let low = below.iter().take_while(|&&probability| probability <= TAIL).count();
    let high = below.iter().position(|&probability| probability >= 1.0 - TAIL)? + 1;
    (low >= 1 && high <= n).then_some(Ranks { low, high })
}

/// P(B ≤ k) for k = 0 … n of a binomial B(n, p), summed in logarithms so that large n does not underflow.
fn cumulative(n: usize, p: f64) -> Vec<f64> {
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let float = |count: usize| count as f64;
    let odds = (p / (1.0 - p)).ln();
    let mut log_mass = float(n) * (1.0 - p).ln();
    let mut sum = 0.0;
    (0..=n)
        .map(|k| {
            sum += log_mass.exp();
            log_mass += (float(n - k) / float(k + 1)).ln() + odds;
            sum
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_needed_counts_are_those_of_the_design_page() {
        assert_eq!(needed(Quantile::P50), 6);
        assert_eq!(needed(Quantile::P90), 36);
        assert_eq!(needed(Quantile::P99), 368);
    }

    #[test]
    fn one_value_less_than_needed_gives_no_interval() {
        for quantile in [Quantile::P50, Quantile::P90, Quantile::P99] {
            assert_eq!(interval_ranks(needed(quantile) - 1, quantile), None);
            assert!(interval_ranks(needed(quantile), quantile).is_some(), "{quantile:?}");
        }
    }

    #[test]
    fn ranks_agree_with_published_tables_for_the_median() {
        // Signed-rank tables of the median's interval: n = 10 gives ranks 2 and 9, n = 20 gives 6 and 15.
        assert_eq!(interval_ranks(10, Quantile::P50), Some(Ranks { low: 2, high: 9 }));
        assert_eq!(interval_ranks(20, Quantile::P50), Some(Ranks { low: 6, high: 15 }));
    }

    #[test]
    fn a_hundred_thousand_values_do_not_underflow() {
        let ranks = interval_ranks(100_000, Quantile::P50).unwrap();
        assert!(ranks.low > 49_600 && ranks.high < 50_400, "{ranks:?}");
    }
}
