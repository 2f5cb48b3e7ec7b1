//! What is wrong with a configuration, and where.

use std::path::PathBuf;

use crate::translate::custom::RuleError;

/// A place in a file; both numbers count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The character within the line.
    pub column: u64,
}

/// A configuration that cannot be followed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("config file {path} cannot be read: {source}; check --config")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file holds something that it may not.
    #[error("{path}:{}:{}: {message}", place.line, place.column)]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Place,
        /// What is wrong and what to do.
        message: String,
    },
    /// A value that cannot be left out.
    #[error("nothing says what `{0}` is; give --{0}, or `{0}` in the config file")]
    Missing(&'static str),
    /// One tenant and many at once.
    #[error(
        "`{0}` is of one virtual cluster, and this process serves many; leave it out, or leave out the many"
    )]
    OneOfMany(&'static str),
    /// No NAME=KUBECONFIG.
    #[error(
        "tenant {0:?} is not NAME=KUBECONFIG with a DNS label for a name, such as team-a=/etc/team-a.kubeconfig"
    )]
    TenantForm(String),
    /// Two tenants of one name.
    #[error("tenant {0} is named twice; give each a name of its own")]
    TenantTwice(String),
    /// A tenant's files that cannot be used.
    #[error("tenant {name}: {problem}")]
    Tenant {
        /// Its name.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// A kind that is listed twice.
    #[error("custom kind {0} is listed twice; put its rules in one place")]
    Twice(String),
    /// A kind that every API server has.
    #[error(
        "{0} is no custom kind but a built-in one; `kinds` lists those that can be synced, `sync` turns them on"
    )]
    BuiltIn(String),
    /// A rule that cannot be followed.
    #[error("custom kind {kind}, rule {rule}: {error}")]
    Rule {
        /// Its kind.
        kind: String,
        /// Its place in the list, from 1.
        rule: usize,
        /// What is wrong.
        error: RuleError,
    },
    /// Never: whatever was read can be written.
    #[error("the configuration cannot be printed: {0}")]
    Print(String),
}
