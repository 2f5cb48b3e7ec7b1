//! What the index keeps of objects that are copied by one engine, and of the volumes that stand for the host's.

use serde_json::Value;

use super::{
    Copied, Id, Uid,
    digest::{content_hash, hash},
};
use crate::{
    json,
    kinds::Kind,
    object::Object,
    translate::{
        claim,
        content::{self, Around},
        endpoints, policy, raise, shared,
    },
};

/// What a tenant's object looks like on the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Translated {
    /// As a copy whose content has this hash.
    To(u64),
    /// Not at all: it cannot be carried as it is.
    Refused,
    /// Nobody knows: something that its translation depends on has changed.
    Outdated,
}

/// A tenant's object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What it looks like on the host.
    pub translated: Translated,
    /// The fields that either side may change.
    pub shared: Option<Box<str>>,
    /// A hash of what the host makes of it, as the tenant has it.
    pub raised: u64,
    /// The Service of the same namespace that it belongs to, where it is of a kind that belongs to one.
    pub service: Option<Box<str>>,
    /// Whether its translation depends on the labels of namespaces.
    pub selects_namespaces: bool,
}

/// A copy on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCopy {
    /// Whose copy it is and what it holds.
    pub copied: Copied,
    /// The fields that either side may change.
    pub shared: Option<Box<str>>,
    /// Those fields as both sides last had them.
    pub agreed: Option<Box<str>>,
    /// A hash of what the host makes of it.
    pub raised: u64,
    /// The volume that is bound to it.
    pub volume: Option<Box<str>>,
}

/// A tenant's volume that stands for one of the host's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// The claim that it is bound to.
    pub claim: Id,
    /// That claim's uid.
    pub claim_uid: Uid,
}

impl Wanted {
    pub(super) fn of(kind: Kind, tree: &Value, around: &Around<'_>) -> Self {
        let translated = match content::host(kind, tree, around) {
            Ok(copy) => Translated::To(content_hash(kind, &copy)),
            Err(_) => Translated::Refused,
        };
        Self {
            translated,
            shared: shared::mark(kind, tree).map(Into::into),
            raised: hash(&raise::part(kind, tree)),
            service: endpoints::service(kind, tree).map(Into::into),
            selects_namespaces: kind == Kind::NetworkPolicy && policy::selects_namespaces(tree),
        }
    }
}

impl HostCopy {
    /// `shown`: the object as the tenant is to see it.
    pub(super) fn of(kind: Kind, object: &Object, shown: &Value, content: u64) -> Self {
        Self {
            copied: Copied::of(object, content),
            shared: shared::mark(kind, shown).map(Into::into),
            agreed: shared::agreed(shown).map(Into::into),
            raised: hash(&raise::part(kind, shown)),
            volume: claim::bound_volume(shown)
                .filter(|_| kind == Kind::PersistentVolumeClaim)
                .map(Into::into),
        }
    }
}

impl Volume {
    pub(super) fn of(object: &Object) -> Self {
        let tree = object.tree();
        let claim = &tree["spec"]["claimRef"];
        let text = |field: &str| json::text(&claim[field]).unwrap_or_default();
        Self { claim: Id::new(text("namespace"), text("name")), claim_uid: text("uid").into() }
    }
}
