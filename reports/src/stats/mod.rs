//! Statistics that hold for small samples: order statistics, and intervals only where n carries them.
//!
//! The interval of a quantile is distribution-free: its ends are two of the sorted values, chosen by the binomial
//! distribution so that each tail holds at most 2.5 % (H. A. David, H. N. Nagaraja, *Order Statistics*, 3rd ed.,
//! §7.1). Such a pair exists from n = 6 for p50, 36 for p90 and 368 for p99; below that there is no interval, and p90
//! and p99 are not given at all. The median of fewer values is given, as a description of them, without an interval.

mod interval;

pub use interval::{Ranks, interval_ranks, needed};

/// Where a quantile lies, as a share of the values below it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantile(f64);

impl Quantile {
    /// The median.
    pub const P50: Self = Self(0.50);
    /// 90 % lie below.
    pub const P90: Self = Self(0.90);
    /// 99 % lie below.
    pub const P99: Self = Self(0.99);

    /// The share of values below, between 0 and 1.
    #[must_use]
    pub fn share(self) -> f64 {
        self.0
    }
}

/// A value, and whether a time-out cut it short.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// The value; where `censored`, the true one is at least this.
    pub value: f64,
    /// True where a time-out ended the wait.
    pub censored: bool,
}

/// A figure made of observations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// The figure; where `at_least`, the true one is this or more.
    pub value: f64,
    /// True where a censored observation stands at or below it in the order.
    pub at_least: bool,
}

/// Observations in order, ready to be asked for figures. Never empty.
#[derive(Clone, Debug)]
pub struct Sorted(Vec<Observation>);

impl Sorted {
    /// Sorts finite observations; none where there is nothing to sort.
    #[must_use]
    pub fn new(mut observations: Vec<Observation>) -> Option<Self> {
        observations.retain(|observation| observation.value.is_finite());
        if observations.is_empty() {
            return None;
        }
        observations.sort_by(|a, b| a.value.total_cmp(&b.value).then(a.censored.cmp(&b.censored)));
        Some(Self(observations))
    }

    /// How many there are.
    #[must_use]
    pub fn n(&self) -> usize {
        self.0.len()
    }

    /// The smallest.
    #[must_use]
    pub fn min(&self) -> Figure {
        self.at_rank(1)
    }

    /// The largest.
    #[must_use]
    pub fn max(&self) -> Figure {
        self.at_rank(self.n())
    }

    /// The middle value, or the mean of the two middle ones. Given for any n.
    #[must_use]
    pub fn median(&self) -> Figure {
        let (low, high) = (self.at_rank(self.n().div_ceil(2)), self.at_rank(self.n() / 2 + 1));
        Figure { value: f64::midpoint(low.value, high.value), at_least: high.at_least }
    }

    /// The quantile by nearest rank; none where n does not carry its interval.
    #[must_use]
    pub fn quantile(&self, quantile: Quantile) -> Option<Figure> {
        interval_ranks(self.n(), quantile)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a rank between 1 and n"
        )]
        let rank = (quantile.share() * self.n() as f64).ceil() as usize;
        Some(self.at_rank(rank.clamp(1, self.n())))
    }

    /// The two-sided 95 % interval of a quantile; none where n does not carry one.
    #[must_use]
    pub fn interval(&self, quantile: Quantile) -> Option<(Figure, Figure)> {
        let ranks = interval_ranks(self.n(), quantile)?;
        Some((self.at_rank(ranks.low), self.at_rank(ranks.high)))
    }

    fn at_rank(&self, rank: usize) -> Figure {
        let upto = &self.0[..rank.clamp(1, self.n())];
        Figure {
            value: upto.last().map_or(f64::NAN, |observation| observation.value),
            at_least: upto.iter().any(|observation| observation.censored),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(values: &[f64]) -> Sorted {
        Sorted::new(values.iter().map(|&value| Observation { value, censored: false }).collect()).unwrap()
    }

    #[test]
    fn nothing_has_no_figures() {
        assert!(Sorted::new(vec![]).is_none());
        assert!(Sorted::new(vec![Observation { value: f64::NAN, censored: false }]).is_none());
    }

    #[test]
    fn the_median_of_few_values_is_given_without_an_interval() {
        let sorted = exact(&[3.0, 1.0, 2.0, 10.0]);
        assert_eq!(sorted.median(), Figure { value: 2.5, at_least: false });
        assert_eq!(sorted.interval(Quantile::P50), None);
        assert_eq!(sorted.quantile(Quantile::P90), None);
    }

    #[test]
    fn six_values_carry_the_interval_of_the_median() {
        let (low, high) = exact(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).interval(Quantile::P50).unwrap();
        assert_eq!((low.value, high.value), (1.0, 6.0));
    }

    #[test]
    fn what_stands_above_a_time_out_is_a_lower_bound() {
        let sorted = Sorted::new(vec![
            Observation { value: 1.0, censored: false },
            Observation { value: 2.0, censored: false },
            Observation { value: 60.0, censored: true },
        ])
        .unwrap();
        assert!(!sorted.median().at_least);
        assert_eq!(sorted.max(), Figure { value: 60.0, at_least: true });
    }

    proptest! {
        #[test]
        fn figures_stand_in_order(values in prop::collection::vec(-1e9..1e9_f64, 1..500)) {
            let sorted = exact(&values);
            prop_assert!(sorted.min().value <= sorted.median().value);
            prop_assert!(sorted.median().value <= sorted.max().value);
            for quantile in [Quantile::P50, Quantile::P90, Quantile::P99] {
                if let Some((low, high)) = sorted.interval(quantile) {
                    let at = sorted.quantile(quantile).unwrap().value;
                    prop_assert!(low.value <= at && at <= high.value);
                }
            }
        }
    }
}
