//! Colours, which never carry a meaning of their own.

use std::fmt::Display;

use owo_colors::{OwoColorize, Style};

use crate::{Outcome, Verdict};

/// Colours, or none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint(pub(super) bool);

impl Paint {
    pub(super) fn good(self, text: impl Display) -> String {
        self.with(Style::new().green(), text)
    }

    pub(super) fn doubt(self, text: impl Display) -> String {
        self.with(Style::new().yellow(), text)
    }

    pub(super) fn bad(self, text: impl Display) -> String {
        self.with(Style::new().red(), text)
    }

    pub(super) fn heading(self, text: impl Display) -> String {
        self.with(Style::new().bold(), text)
    }

    pub(super) fn quiet(self, text: impl Display) -> String {
        self.with(Style::new().dimmed(), text)
    }

    pub(super) fn outcome(self, outcome: Outcome) -> String {
        match outcome {
            Outcome::Ok => self.good("ok"),
            Outcome::Refused => self.doubt("refused"),
            Outcome::Failed => self.bad("failed"),
        }
    }

    pub(super) fn verdict(self, verdict: Verdict) -> String {
        match verdict {
            Verdict::Held => self.good(verdict.words()),
            Verdict::NotShown | Verdict::NotEnforced => self.doubt(verdict.words()),
            Verdict::Broken => self.bad(verdict.words()),
        }
    }

    fn with(self, style: Style, text: impl Display) -> String {
        if self.0 { text.style(style).to_string() } else { text.to_string() }
    }
}
