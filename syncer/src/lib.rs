//! The syncer: makes the pods of a virtual cluster run on its host cluster. Knows nothing of the harness.
//!
//! [`watch`] → [`index`] (pure) → [`decide`] (pure) → [`queue`] (fair) → [`sync`] with [`translate`] (pure) → [`write`] → …

pub mod client;
pub mod decide;
pub mod index;
mod json;
pub mod kinds;
pub mod names;
pub mod object;
pub mod translate;
pub mod role;
