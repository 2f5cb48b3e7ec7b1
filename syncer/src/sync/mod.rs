//! Carries out what was decided about one key: reads what is not at hand, translates, writes, and learns from the
//! answers, until nothing is left to do.

mod content;
mod event;
mod hand;
mod leftover;
pub(crate) mod newcomers;
mod pod;
mod push;
mod raised;
mod service;
mod stray;
mod tenant;
mod token;
mod turn;
mod until_done;
mod volume;
mod work;

use std::time::Duration;

pub use hand::{Hand, News};
pub use leftover::clear_tokens;
pub use stray::sweep;
pub use tenant::{Settings, Tenant};
pub(crate) use until_done::until_done;
pub use work::{After, Load, Work};

use crate::{index::Key, kinds::Kind, write::WriteError};

/// Steps that one key may take in a row; more of them mean that two parties undo each other's work.
const LONGEST_RUN: usize = 12;

/// Why a key is to be tried again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// A call failed.
    #[error("{doing}: {error}")]
    Write {
        /// What was being done.
        doing: &'static str,
        /// The API server's answer.
        error: WriteError,
    },
    /// It does not come to rest.
    #[error("it still differs after {LONGEST_RUN} steps; is someone else changing it?")]
    Restless,
    /// An object of someone else has the name that ours needs.
    #[error("{0} on the host is not ours; remove it")]
    Foreign(String),
    /// The node of a pod is not there any more.
    #[error("the host's node {0} is gone")]
    NoNode(String),
    /// A token answer without a token.
    #[error("the tenant's API server gave no token")]
    NoToken,
}

impl SyncError {
    /// Whether something has changed meanwhile: a new turn reads it and can do better at once.
    pub fn is_about_a_change(&self) -> bool {
        matches!(self, Self::Write { error: WriteError::Conflict(_), .. })
    }

    /// How long the API server asks to wait.
    pub fn asked_wait(&self) -> Option<Duration> {
        match self {
            Self::Write { error: WriteError::Throttled { seconds }, .. } => {
                Some(Duration::from_secs(*seconds))
            }
            _ => None,
        }
    }
}

/// Names what was being done when a call failed.
trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, SyncError>;
}

impl<T> Doing<T> for Result<T, WriteError> {
    fn doing(self, doing: &'static str) -> Result<T, SyncError> {
        self.map_err(|error| SyncError::Write { doing, error })
    }
}

/// Brings both sides of a key together. Returns when to look at it again, if at a time.
///
/// # Errors
/// What keeps them apart for now.
pub async fn sync(tenant: &Tenant, key: &Key, hand: Hand) -> Result<Option<Duration>, SyncError> {
    if !tenant.is_known() {
        return newcomers::make(tenant, key, hand).await.map(|()| None);
    }
    let key = &*tenant.index(|index| index.as_served(key));
    if tenant.index(|index| index.is_doubted(key)) {
        stray::ask(tenant, key).await?;
    }
    if tenant.index(|index| index.is_truce_over(key, tenant.clock().instant())) {
        tenant.end_truce(key).await?;
    }
    match key.kind {
        Kind::Pod => pod::Sync::new(tenant, key, hand).run().await,
        Kind::Service => service::Sync::new(tenant, key, hand).run().await.map(|()| None),
        Kind::Event => event::copy(tenant, hand).await.map(|()| None),
        Kind::Node => tenant.nodes().sync(tenant, &key.id.name).await.map(|()| None),
        kind if tenant.index(|index| index.raised(kind).is_some()) => {
            raised::Sync::new(tenant, key, hand).run().await.map(|()| None)
        }
        Kind::PersistentVolume => volume::tend(tenant, key).await.map(|()| None),
        kind if kind.is_copied() => content::Sync::new(tenant, key, hand).run().await.map(|()| None),
        _ => Ok(None),
    }
}
