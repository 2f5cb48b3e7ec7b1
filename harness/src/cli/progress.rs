//! Shows how obtaining binaries goes: a bar on a terminal, lines elsewhere.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

use super::output::Terminal;
use crate::assets::{Progress, Step};

/// How often a line is printed for what lasts.
const EVERY: Duration = Duration::from_secs(15);

/// What fits the terminal.
pub fn assets(terminal: &Terminal) -> Arc<dyn Progress> {
    if terminal.bars() {
        Arc::new(Bar::new(*terminal))
    } else {
        Arc::new(Lines { terminal: *terminal, last: Mutex::default() })
    }
}

struct Bar {
    terminal: Terminal,
    bar: ProgressBar,
}

impl Bar {
    fn new(terminal: Terminal) -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { terminal, bar }
    }
}

impl Progress for Bar {
    fn step(&self, step: &Step) {
        if is_lasting(step) {
            self.bar.set_message(describe(step));
        } else {
            self.bar.suspend(|| self.terminal.note(&describe(step)));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

struct Lines {
    terminal: Terminal,
    /// When a line was last printed for what lasts, and what it was about.
    last: Mutex<Option<(Instant, String)>>,
}

impl Progress for Lines {
    fn step(&self, step: &Step) {
        if is_lasting(step) {
            let subject = subject(step);
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            let due = last.as_ref().is_none_or(|(at, of)| at.elapsed() >= EVERY || *of != subject);
            if !due {
                return;
            }
            *last = Some((Instant::now(), subject));
        }
        self.terminal.note(&describe(step));
    }
}

fn is_lasting(step: &Step) -> bool {
    matches!(step, Step::Downloading { .. } | Step::Building { .. } | Step::Fetching { .. })
}

fn subject(step: &Step) -> String {
    match step {
        Step::Downloading { binary, .. } => format!("download {binary}"),
        Step::Building { binary, .. } => format!("build {binary}"),
        // One line for all modules: there are hundreds.
        _ => "fetch".to_owned(),
    }
}

fn describe(step: &Step) -> String {
    match step {
        Step::Waiting => "another tenantbench installs binaries; waiting for it".to_owned(),
        Step::Passed { reason } => format!("{reason}: building with Go instead"),
        Step::Fetching { module } => format!("fetching Go module {module}"),
        Step::Installed { binary, source } => format!("installed {binary} ({source})"),
        Step::Downloading { binary, done, total } => match total {
            Some(total) => format!("downloading {binary}: {} of {} MB", megabytes(*done), megabytes(*total)),
            None => format!("downloading {binary}: {} MB", megabytes(*done)),
        },
        Step::Building { binary, number, of, packages, elapsed } => {
            let seconds = elapsed.as_secs();
            let (minutes, seconds) = (seconds / 60, seconds % 60);
            format!("building {binary} ({number} of {of}): {packages} packages, {minutes}:{seconds:02}")
        }
    }
}

fn megabytes(bytes: u64) -> u64 {
    bytes / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::Binary;

    #[test]
    fn a_build_says_how_far_it_is() {
        let step = Step::Building {
            binary: Binary::KubeApiserver,
            number: 2,
            of: 5,
            packages: 812,
            elapsed: Duration::from_secs(83),
        };
        assert_eq!(describe(&step), "building kube-apiserver (2 of 5): 812 packages, 1:23");
    }
}
