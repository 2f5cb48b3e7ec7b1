//! The newest objects of a key that a watch or a write has handed us. They live as long as the key is in the queue.

use crate::{kinds::Side, object::Object, queue::Merge};

/// Up to one object of each side.
#[derive(Clone, Debug, Default)]
pub struct Hand {
    tenant: Option<Object>,
    host: Option<Object>,
}

impl Hand {
    /// One object.
    pub fn of(side: Side, object: Object) -> Self {
        let mut hand = Self::default();
        hand.hold(side, object);
        hand
    }

    /// Holds an object instead of the one before.
    pub fn hold(&mut self, side: Side, object: Object) {
        *self.side(side) = Some(object);
    }

    /// The object of a side, if it is this version.
    pub fn at(&self, side: Side, uid: &str, version: u64) -> Option<&Object> {
        let held = match side {
            Side::Tenant => self.tenant.as_ref(),
            Side::Host => self.host.as_ref(),
        };
        held.filter(|object| object.uid() == uid && object.version() == version)
    }

    /// The host's object, whatever its version.
    pub fn host(&self) -> Option<&Object> {
        self.host.as_ref()
    }

    fn side(&mut self, side: Side) -> &mut Option<Object> {
        match side {
            Side::Tenant => &mut self.tenant,
            Side::Host => &mut self.host,
        }
    }
}

impl Merge for Hand {
    fn merge(&mut self, later: Self) {
        if later.tenant.is_some() {
            self.tenant = later.tenant;
        }
        if later.host.is_some() {
            self.host = later.host;
        }
    }
}
