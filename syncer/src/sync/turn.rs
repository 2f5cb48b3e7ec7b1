//! A turn at one key: what every kind's turn knows and learns.

use std::marker::PhantomData;

use serde_json::Value;

use super::{Hand, Tenant};
use crate::{index::Key, kinds::Side, object::Object};

/// A key at work. `K` tells apart what the kinds do with their turn, and nothing is ever made of it.
pub(super) struct Turn<'a, K> {
    pub(super) tenant: &'a Tenant,
    pub(super) key: &'a Key,
    pub(super) hand: Hand,
    kind: PhantomData<K>,
}

impl<'a, K> Turn<'a, K> {
    pub(super) fn new(tenant: &'a Tenant, key: &'a Key, hand: Hand) -> Self {
        Self { tenant, key, hand, kind: PhantomData }
    }

    /// Takes in an object of this key as it is now.
    pub(super) fn learn(&mut self, side: Side, object: Object) {
        self.tenant.learn(side, self.key.kind, object.clone());
        self.hand.hold(side, object);
    }

    /// Takes in the host's answer to the copy that was sent as `body`.
    pub(super) fn wrote(&mut self, body: &Value, answer: Object) {
        self.tenant.wrote(body, answer.clone(), self.key);
        self.hand.hold(Side::Host, answer);
    }
}
