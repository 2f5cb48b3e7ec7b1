//! How long to wait before an object is tried again: longer with every failure, from the start after a success.

use std::{collections::HashMap, time::Duration};

use kube::runtime::reflector::{Lookup, ObjectRef};
use parking_lot::Mutex;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(30);

/// The failures in a row of each object of one kind.
pub(crate) struct Backoff<K: Lookup<DynamicType = ()> + 'static> {
    failures: Mutex<HashMap<ObjectRef<K>, u32>>,
}

impl<K: Lookup<DynamicType = ()> + 'static> Backoff<K> {
    pub(crate) fn new() -> Self {
        Self { failures: Mutex::new(HashMap::new()) }
    }

    /// The object failed once more.
    pub(crate) fn failed(&self, object: &K) -> Duration {
        let mut failures = self.failures.lock();
        let count = failures.entry(ObjectRef::from_obj(object)).or_insert(0);
        let delay = FIRST.saturating_mul(1 << (*count).min(16)).min(LONGEST);
        *count = count.saturating_add(1);
        delay
    }

    /// The object is as it should be, or gone.
    pub(crate) fn succeeded(&self, object: &ObjectRef<K>) {
        self.failures.lock().remove(object);
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ConfigMap;

    use super::*;

    #[test]
    fn the_delay_doubles_up_to_a_limit_and_starts_again_after_a_success() {
        let backoff = Backoff::new();
        let mut object = ConfigMap::default();
        object.metadata.name = Some("a".into());
        let delays: Vec<_> = (0..12).map(|_| backoff.failed(&object)).collect();
        assert_eq!(delays[..3], [FIRST, 2 * FIRST, 4 * FIRST]);
        assert_eq!(delays[11], LONGEST);
        backoff.succeeded(&ObjectRef::from_obj(&object));
        assert_eq!(backoff.failed(&object), FIRST);
    }
}
