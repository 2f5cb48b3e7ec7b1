//! How many lists one API server is asked for at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Lists of a host that are asked for at once. One that is asked for hundreds answers most of them with 429.
const AT_ONCE: usize = 20;

/// Lets so many in at once. Clones are the same doors.
#[derive(Clone, Debug)]
pub struct Doors(Option<Arc<Semaphore>>);

impl Doors {
    /// Those of an API server that many tenants share.
    pub fn shared() -> Self {
        Self(Some(Arc::new(Semaphore::new(AT_ONCE))))
    }

    /// Those of one that a single tenant has.
    pub fn open() -> Self {
        Self(None)
    }

    /// Waits to be let in; whoever is has to hold what is returned, if anything, until it is done.
    pub(crate) async fn enter(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        Arc::clone(self.0.as_ref()?).acquire_owned().await.ok()
    }
}
