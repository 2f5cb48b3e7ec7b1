//! What can go wrong with a host.

/// A host that could not be made, reached or removed. Each message names the thing, the reason and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {}
