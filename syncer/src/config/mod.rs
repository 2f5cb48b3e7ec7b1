//! What a syncer is told: flags win over the environment, that over the file, the file over defaults.
//!
//! One type ([`Settings`]) is the flags, the file and its published schema, so that the three cannot differ.

mod custom;
mod effective;
mod error;
mod file;
mod schema;
mod settings;
mod tenants;

#[cfg(test)]
mod tests;

pub use custom::{CustomKind, ReadyKind, ready};
pub use effective::{Effective, Origin};
pub use error::{ConfigError, Place};
pub use file::{decode, read};
pub use schema::schema;
pub use settings::{SchemaName, Settings};
pub use tenants::TenantFile;
