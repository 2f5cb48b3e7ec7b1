//! Kinds that are known only at run time.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use super::{Api, Reach};
use crate::translate::custom::Rules;

/// A custom resource's kind. Small and `Copy`, as a [`Kind`](super::Kind) must be: what it stands for is kept for as
/// long as the process lives, which is as long as its configuration does.
#[derive(Clone, Copy)]
pub struct Custom(&'static Definition);

/// What is known of it.
struct Definition {
    api: Api,
    rules: Arc<Rules>,
    has_status: bool,
}

impl Custom {
    /// A kind that lives at `api`, with rules for what its objects name. `has_status`: whether the tenant's API keeps
    /// their status apart.
    pub fn new(api: Api, rules: Arc<Rules>, has_status: bool) -> Self {
        Self(Box::leak(Box::new(Definition { api, rules, has_status })))
    }

    /// What its objects name.
    pub fn rules(self) -> &'static Rules {
        &self.0.rules
    }

    /// Whether the tenant's API keeps the status of its objects apart.
    pub fn has_status(self) -> bool {
        self.0.has_status
    }

    /// One that nothing is known of but how its paths are spelled: what it needs on the host follows from that.
    pub fn of_plural(plural: &str, group: &str) -> Self {
        let api = Api::at_run_time([group, "VERSION", "KIND", plural], Reach::Namespaced);
        Self::new(api, Arc::default(), true)
    }

    /// Where it lives.
    pub fn api(self) -> Api {
        self.0.api
    }

    fn key(self) -> (&'static str, &'static str) {
        (self.0.api.group, self.0.api.plural)
    }
}

impl std::fmt::Debug for Custom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (group, plural) = self.key();
        write!(f, "{plural}.{group}")
    }
}

impl PartialEq for Custom {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0) || self.key() == other.key()
    }
}

impl Eq for Custom {}

impl Hash for Custom {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl PartialOrd for Custom {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Custom {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::Kind;

    fn custom(plural: &'static str) -> Kind {
        let api = Api { version: "v1alpha1", ..Api::namespaced("ray.io", "RayJob", plural) };
        Kind::Custom(Custom::new(api, Arc::default(), true))
    }

    #[test]
    fn a_custom_kind_is_what_its_group_and_plural_are() {
        assert_eq!(custom("rayjobs"), custom("rayjobs"));
        assert_ne!(custom("rayjobs"), custom("rayclusters"));
        assert_eq!(custom("rayjobs").path("ns", "j"), "/apis/ray.io/v1alpha1/namespaces/ns/rayjobs/j");
    }
}
