//! The log: one way for every program that runs a syncer.
//!
//! Levels: `info` tells of starting, stopping and what an operator should know, never of single objects on an ordinary
//! day; `debug` has a line for each change. Lines within a turn at a key carry the key and the number of the change.

use std::{io, io::IsTerminal};

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

/// What is logged where nobody says more.
pub const USUAL: &str = "info";

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts the log of this process on standard error, at a level that [`level`] has read.
pub fn start(format: Format, level: &str) {
    let filter = EnvFilter::try_new(directives(level)).unwrap_or_default();
    let log = tracing_subscriber::fmt().with_writer(io::stderr).with_env_filter(filter);
    // Tests in one process may have started a log before.
    drop(match format {
        Format::Text => log.with_ansi(io::stderr().is_terminal()).try_init(),
        Format::Json => {
            log.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
        }
    });
}

/// A bare level is for our own lines. Of others' only doubts are shown, for their lines may show headers.
fn directives(level: &str) -> String {
    match level.parse::<LevelFilter>() {
        Ok(level) if level < LevelFilter::WARN => level.to_string(),
        Ok(level) => format!("tenantbench={level},warn"),
        Err(_) => level.to_owned(),
    }
}

/// Reads a level, or directives of the tracing crates.
///
/// # Errors
/// What is neither.
pub fn level(text: &str) -> Result<String, String> {
    EnvFilter::try_new(directives(text)).map_err(|error| error.to_string())?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_level_is_for_our_own_lines() {
        assert_eq!(directives("debug"), "tenantbench=debug,warn");
        assert_eq!(directives("error"), "error");
        assert_eq!(directives("tenantbench=trace,kube=info"), "tenantbench=trace,kube=info");
        assert!(level("tenantbench=loud").is_err());
        assert!(level("off").is_ok());
    }
}
