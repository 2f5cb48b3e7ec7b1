//! A bar for the turns and a spinner for what is being done.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::narrator::Narrator;

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(120);

/// The bars on the screen.
pub(super) struct Bars {
    all: MultiProgress,
    turns: ProgressBar,
    now: ProgressBar,
}

impl Bars {
    pub(super) fn new() -> Self {
        let all = MultiProgress::new();
        let turns = all.add(ProgressBar::new(0).with_style(style("{bar:24} {pos}/{len} turns, {elapsed}")));
        let now = all.add(ProgressBar::new_spinner().with_style(style("{spinner} {wide_msg}")));
        turns.enable_steady_tick(Duration::from_secs(1));
        now.enable_steady_tick(TICK);
        Self { all, turns, now }
    }

    pub(super) fn show(&self, narrator: &Narrator) {
        let (ended, turns) = narrator.progress();
        self.turns.set_length(turns);
        self.turns.set_position(ended);
        self.now.set_message(narrator.now());
    }

    pub(super) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.all.suspend(write)
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.now.finish_and_clear();
        self.turns.finish_and_clear();
    }
}

/// The templates above are tested; should one be wrong all the same, a plain bar is better than none.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_right() {
        for template in ["{bar:24} {pos}/{len} turns, {elapsed}", "{spinner} {wide_msg}"] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
