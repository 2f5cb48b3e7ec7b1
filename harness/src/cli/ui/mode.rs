//! Which view fits.

/// What the user asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UiOptions {
    /// `--quiet`: nothing at all.
    pub quiet: bool,
    /// `--no-progress`: lines in place of bars.
    pub no_progress: bool,
}

/// How a run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Not at all.
    Silent,
    /// A line for each thing that happens.
    Lines,
    /// Bars that move, and lines for what lasts.
    Bars,
}

/// The variables that bear on the view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `TERM`.
    pub term: Option<String>,
    /// `CI`: set by most services, some of which offer a terminal that is none.
    pub ci: Option<String>,
}

impl Environment {
    /// The variables of this process.
    #[must_use]
    pub fn of_this_process() -> Self {
        let variable = |name| std::env::var(name).ok();
        Self { term: variable("TERM"), ci: variable("CI") }
    }
}

impl Mode {
    /// The view that fits flags, environment and whether standard error is a terminal.
    #[must_use]
    pub fn choose(options: UiOptions, environment: Environment, is_terminal: bool) -> Self {
        let in_ci = environment.ci.is_some_and(|ci| !matches!(ci.as_str(), "" | "0" | "false"));
        let dumb = environment.term.is_none_or(|term| matches!(term.as_str(), "" | "dumb"));
        if options.quiet {
            Self::Silent
        } else if options.no_progress || !is_terminal || in_ci || dumb {
            Self::Lines
        } else {
            Self::Bars
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: UiOptions = UiOptions { quiet: false, no_progress: false };

    #[test]
    fn bars_are_for_a_real_terminal_only() {
        let quiet = UiOptions { quiet: true, ..PLAIN };
        let no_progress = UiOptions { no_progress: true, ..PLAIN };
        for (options, term, ci, is_terminal, mode) in [
            (PLAIN, Some("xterm-256color"), None, true, Mode::Bars),
            (PLAIN, Some("xterm-256color"), Some("false"), true, Mode::Bars),
            (PLAIN, Some("xterm-256color"), Some(""), true, Mode::Bars),
            (PLAIN, Some("xterm-256color"), Some("true"), true, Mode::Lines),
            (PLAIN, Some("xterm-256color"), Some("1"), true, Mode::Lines),
            (PLAIN, Some("dumb"), None, true, Mode::Lines),
            (PLAIN, Some(""), None, true, Mode::Lines),
            (PLAIN, None, None, true, Mode::Lines),
            (PLAIN, Some("xterm-256color"), None, false, Mode::Lines),
            (no_progress, Some("xterm-256color"), None, true, Mode::Lines),
            (quiet, Some("xterm-256color"), None, true, Mode::Silent),
            (quiet, None, Some("true"), false, Mode::Silent),
        ] {
            let environment = Environment { term: term.map(str::to_owned), ci: ci.map(str::to_owned) };
            let seen = Mode::choose(options, environment.clone(), is_terminal);
            assert_eq!(seen, mode, "{options:?} {environment:?} terminal: {is_terminal}");
        }
    }
}
