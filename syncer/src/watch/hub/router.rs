//! Which tenants a change of the host concerns, by its namespace.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;

use super::{
    address::Address,
    inbox::{Inbox, Loss},
};
use crate::watch::feed::Change;

/// The inboxes of one kind by host namespace.
#[derive(Debug, Default)]
pub(super) struct Router(Mutex<HashMap<Box<str>, Vec<Arc<Inbox>>>>);

impl Router {
    /// From now on changes of this address come into the inbox.
    pub(super) fn enlist(&self, address: Address) -> Arc<Inbox> {
        let inbox = Arc::new(Inbox::new(address));
        self.0.lock().entry(inbox.address().namespace().into()).or_default().push(Arc::clone(&inbox));
        inbox
    }

    /// And no more.
    pub(super) fn dismiss(&self, inbox: &Arc<Inbox>) {
        let mut namespaces = self.0.lock();
        let namespace = inbox.address().namespace();
        if let Some(inboxes) = namespaces.get_mut(namespace) {
            inboxes.retain(|other| !Arc::ptr_eq(other, inbox));
            if inboxes.is_empty() {
                namespaces.remove(namespace);
            }
        }
    }

    /// Hands a change to whom it concerns.
    pub(super) fn route(&self, change: &Change) {
        let namespaces = self.0.lock();
        let concerned = namespaces.get(change.object().namespace());
        concerned.into_iter().flatten().for_each(|inbox| inbox.offer(change));
    }

    /// Tells all that changes are missing.
    pub(super) fn lose(&self, loss: Loss) {
        self.0.lock().values().flatten().for_each(|inbox| inbox.lose(loss));
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::{
        super::address::tests::{object, of},
        *,
    };

    fn versions(inbox: &Inbox) -> Vec<u64> {
        let next = || inbox.next().now_or_never().and_then(Result::ok);
        std::iter::from_fn(next).map(|change| change.object().version()).collect()
    }

    #[test]
    fn each_tenant_gets_what_is_its_own_and_nothing_after_it_has_left() {
        let router = Router::default();
        let vc = of("vc");
        let [a, b, all] = [("a", vc.as_slice()), ("b", &vc), ("b", &[])]
            .map(|(namespace, labels)| router.enlist(Address::new(namespace, labels)));
        for (namespace, version) in [("a", 1), ("b", 2), ("kube-system", 3), ("a", 4)] {
            router.route(&Change::Apply(object(namespace, Some("vc"), version)));
        }
        assert_eq!((versions(&a), versions(&b), versions(&all)), (vec![1, 4], vec![2], vec![2]));
        router.dismiss(&b);
        router.route(&Change::Apply(object("b", Some("vc"), 5)));
        assert_eq!((versions(&b), versions(&all)), (vec![], vec![5]));
        router.dismiss(&all);
        assert_eq!(router.0.lock().len(), 1, "an empty namespace is forgotten");
    }

    #[test]
    fn a_tenant_that_takes_nothing_is_nothing_to_the_others() {
        let router = Router::default();
        let [slow, quick] = ["slow", "quick"].map(|name| router.enlist(Address::new(name, &[])));
        let mut taken = 0;
        while !matches!(slow.next().now_or_never(), Some(Err(Loss::Slow))) {
            for _ in 0..1000 {
                router.route(&Change::Apply(object("slow", None, 1)));
            }
            router.route(&Change::Apply(object("quick", None, 2)));
            taken += versions(&quick).len();
        }
        router.route(&Change::Apply(object("quick", None, 3)));
        assert_eq!(versions(&quick), [3]);
        assert!(taken > 0);
    }
}
