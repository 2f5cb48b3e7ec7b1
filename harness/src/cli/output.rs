//! What is shown and where: data on standard output, everything else on standard error. Decided once.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use clap::{ArgAction, Args, ValueEnum};
use indexmap::IndexMap;
use owo_colors::OwoColorize;
use serde::Serialize;
use serde_json::Value;
use tenantbench_syncer::log;

use super::{
    exit::{CliError, Code},
    ui::{Environment, Mode, UiOptions},
};

/// Flags that every verb takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Show less: errors only.
    #[arg(short, long, global = true, env = "TENANTBENCH_QUIET")]
    quiet: bool,
    /// Show more; twice, everything.
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    verbose: u8,
    /// When to use colours. NO_COLOR and CLICOLOR_FORCE are honoured.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, env = "TENANTBENCH_COLOR", value_name = "WHEN")]
    color: Color,
    /// Print lines instead of bars that move.
    #[arg(long, global = true, env = "TENANTBENCH_NO_PROGRESS")]
    no_progress: bool,
}

impl OutputArgs {
    /// How much a server that has a log of its own logs; none for its usual.
    pub fn servers_level(&self) -> Option<&'static str> {
        match (self.quiet, self.verbose) {
            (true, _) => Some("error"),
            (false, 0) => None,
            (false, 1) => Some("debug"),
            (false, _) => Some("trace"),
        }
    }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What is logged where no flag says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// Only what may be wrong.
    Doubts,
    /// What is done, too.
    Work,
    /// The verb starts its own.
    Own,
}

/// How data is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// One JSON document.
    Json,
}

/// The terminal, or what stands in for it.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    mode: Mode,
}

impl Terminal {
    /// Decides by flags, environment and what standard error is; starts the log.
    pub fn new(arguments: &OutputArgs, usual: Log) -> Self {
        match arguments.color {
            Color::Auto => {}
            Color::Always => ColorChoice::Always.write_global(),
            Color::Never => ColorChoice::Never.write_global(),
        }
        start_log(arguments, usual);
        let options = UiOptions { quiet: arguments.quiet, no_progress: arguments.no_progress };
        Self { mode: Mode::choose(options, Environment::of_this_process(), io::stderr().is_terminal()) }
    }

    /// Whether bars that move may be drawn on standard error.
    pub fn bars(&self) -> bool {
        self.mode == Mode::Bars
    }

    /// How a run is shown while it goes on.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// A line for the reader, unless the terminal is to be quiet.
    pub fn note(&self, text: &str) {
        if self.mode != Mode::Silent {
            say(format_args!("{text}"));
        }
    }

    /// A doubt.
    pub fn warn(&self, text: &str) {
        say(format_args!("{} {text}", "warning:".yellow().bold()));
    }

    /// An error with all that is known of it.
    pub fn error(&self, error: &CliError) {
        say(format_args!("{} {}", "error:".red().bold(), error.message()));
        for line in error.log_lines() {
            say(format_args!("  {} {line}", "|".dimmed()));
        }
        if let Some(hint) = error.hint_text() {
            say(format_args!("\n{} {hint}", "hint:".cyan().bold()));
        }
    }

    /// Data. Whoever closes standard output early has seen enough.
    ///
    /// # Errors
    /// When it cannot be written, as on a full disk.
    pub fn data(&self, text: &str) -> Result<(), CliError> {
        let mut stdout = AutoStream::auto(io::stdout().lock());
        let newline = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
        match write!(stdout, "{text}{newline}").and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::new(
                Code::ResultsNotWritten,
                format!("cannot write to standard output: {error}"),
            )),
            _ => Ok(()),
        }
    }

    /// A value as one JSON document, which says first what it is: `{"schema": …, "NAME": VALUE}`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn json(&self, schema: &str, name: &str, value: impl Serialize) -> Result<(), CliError> {
        let value = serde_json::to_value(value).unwrap_or_default();
        let document = IndexMap::from([("schema", Value::from(schema)), (name, value)]);
        let text = serde_json::to_string_pretty(&document)
            .map_err(|error| CliError::new(Code::Bug, format!("cannot write JSON: {error}")))?;
        self.data(&text)
    }
}

fn start_log(arguments: &OutputArgs, usual: Log) {
    let level = match (arguments.quiet, arguments.verbose, usual) {
        (.., Log::Own) => return,
        (true, ..) => "error",
        (false, 0, Log::Doubts) => "warn",
        (false, 0, Log::Work) | (false, 1, _) => "info",
        (false, ..) => "tenantbench=debug,info",
    };
    let asked = std::env::var("TENANTBENCH_LOG").ok().filter(|text| log::level(text).is_ok());
    log::start(log::Format::Text, asked.as_deref().unwrap_or(level));
}

/// Where nobody reads standard error, there is nobody to tell.
fn say(text: std::fmt::Arguments<'_>) {
    drop(writeln!(AutoStream::auto(io::stderr().lock()), "{text}"));
}
