//! How many keys may be worked on at once: as many as goes well.

/// Halved by each turn that met trouble, raised by one with each that did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    least: usize,
    now: usize,
    most: usize,
}

impl Pace {
    /// As many as are allowed, until there is trouble. At least `least` go on, for only a turn finds out that it is over.
    pub(super) fn new(least: usize, most: usize) -> Self {
        Self { least: least.clamp(1, most.max(1)), now: most.max(1), most: most.max(1) }
    }

    /// How many now.
    pub(super) fn limit(self) -> usize {
        self.now
    }

    /// A turn has ended.
    pub(super) fn note(&mut self, met_trouble: bool) {
        self.now = if met_trouble { (self.now / 2).max(self.least) } else { (self.now + 1).min(self.most) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_halves_it_and_good_turns_bring_it_back() {
        let mut pace = Pace::new(2, 64);
        let after = |pace: &mut Pace, troubles: &[bool]| {
            troubles.iter().for_each(|met_trouble| pace.note(*met_trouble));
            pace.limit()
        };
        assert_eq!(after(&mut pace, &[]), 64);
        assert_eq!(after(&mut pace, &[true]), 32);
        assert_eq!(after(&mut pace, &[true; 9]), 2);
        assert_eq!(after(&mut pace, &[false; 3]), 5);
        assert_eq!(after(&mut pace, &[false; 100]), 64);
    }
}
