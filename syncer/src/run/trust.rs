//! Whether what a watch says may be believed after an interruption.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{RunError, identity::Identity};
use crate::{kinds::Side, watch::Event};

/// Knows which tenant it is, and whom to tell when it is another. Clones are the same.
#[derive(Clone)]
pub struct Trust {
    identity: Arc<Identity>,
    wrong: mpsc::UnboundedSender<RunError>,
}

impl Trust {
    /// Trusts this tenant; what is wrong is sent to `wrong`.
    pub(super) fn new(identity: Arc<Identity>, wrong: mpsc::UnboundedSender<RunError>) -> Self {
        Self { identity, wrong }
    }

    /// Whether a watch of a side may go on. Of the host nothing is asked: its watches show what is ours, by its uid.
    pub(crate) async fn holds(&self, side: Side) -> bool {
        let checked = if side == Side::Tenant { self.identity.check().await } else { Ok(()) };
        // Nobody listens any more where it is ending anyway.
        checked.map_err(|error| self.wrong.send(error)).is_ok()
    }

    /// A watch of a side has shown something.
    pub(crate) fn saw(&self, side: Side, event: &Event) {
        if let (Side::Tenant, Event::Apply(object) | Event::Delete(object)) = (side, event) {
            self.identity.saw(object.version());
        }
    }
}
