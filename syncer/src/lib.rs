//! The syncer: makes the pods of a virtual cluster run on its host cluster. Knows nothing of the harness.

pub mod client;
