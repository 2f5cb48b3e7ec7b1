//! A turn at one key: what every kind's turn knows and learns.

use std::marker::PhantomData;

use serde_json::Value;

use super::{Hand, SyncError, Tenant};
use crate::{
    index::{Asked, Key, Pair},
    kinds::Side,
    names::marks,
    object::Object,
};

/// A key at work. `K` tells apart what the kinds do with their turn, and nothing is ever made of it.
pub(super) struct Turn<'a, K> {
    pub(super) tenant: &'a Tenant,
    pub(super) key: &'a Key,
    pub(super) hand: Hand,
    /// Nothing that the present step learns was asked earlier.
    pub(super) asked: Asked,
    kind: PhantomData<K>,
}

impl<'a, K> Turn<'a, K> {
    pub(super) fn new(tenant: &'a Tenant, key: &'a Key, hand: Hand) -> Self {
        Self { tenant, key, hand, asked: tenant.asking(), kind: PhantomData }
    }

    /// What was asked in earlier steps is answered.
    pub(super) fn begin_step(&mut self) {
        self.asked = self.tenant.asking();
    }

    /// The object of each side as it is now, if it is there.
    pub(super) async fn objects<T, H>(
        &mut self,
        pair: &Pair<T, H>,
    ) -> Result<(Option<Object>, Option<Object>), SyncError> {
        let tenant =
            self.tenant.fetch((Side::Tenant, self.key), pair.tenant.as_ref(), &mut self.hand).await?;
        let host = self.tenant.fetch((Side::Host, self.key), pair.host.as_ref(), &mut self.hand).await?;
        Ok((tenant, host))
    }

    /// Both objects as they are now, where the host's is the copy of this very object of the tenant's: while a turn waits
    /// for an answer, another of that name may have taken the place of either.
    pub(super) async fn both<T, H>(
        &mut self,
        pair: &Pair<T, H>,
    ) -> Result<Option<(Object, Object)>, SyncError> {
        let (tenant, host) = self.objects(pair).await?;
        Ok(tenant.zip(host).filter(|(tenant, host)| is_copy(host, tenant.uid())))
    }

    /// Takes in an object of this key as it is now.
    pub(super) fn learn(&mut self, side: Side, object: Object) {
        self.tenant.learn(side, self.key.kind, object.clone(), self.asked);
        self.hand.hold(side, object);
    }

    /// Takes in the host's answer to the copy that was sent as `body`.
    pub(super) fn wrote(&mut self, body: &Value, answer: Object) {
        self.tenant.wrote(body, answer.clone(), self.key, self.asked);
        self.hand.hold(Side::Host, answer);
    }
}

/// Whether a host's object is the copy of the tenant's object with this uid. What is true of the copy of its predecessor
/// must never be told to it.
pub(super) fn is_copy(host: &Object, tenant_uid: &str) -> bool {
    host.annotation(marks::UID) == Some(tenant_uid)
}
