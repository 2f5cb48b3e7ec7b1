//! Label sets. Every value comes from a short list.

use http::Method;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};

use super::Ended;
use crate::{
    kinds::{Kind, Side},
    watch::Loss,
};

/// Gives each value of an enum a word, which is also its label.
macro_rules! words {
    ($type:ty { $($value:pat => $word:literal),+ $(,)? }) => {
        impl $type {
            /// One word, for logs and metrics.
            pub(crate) fn word(self) -> &'static str {
                match self { $($value => $word),+ }
            }
        }

        impl EncodeLabelValue for $type {
            fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result {
                EncodeLabelValue::encode(&self.word(), encoder)
            }
        }
    };
}

/// What an API server is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Read an object.
    Get,
    /// Read all of a kind.
    List,
    /// Make one, or post to a subresource.
    Create,
    /// Write one whole.
    Update,
    /// Change a part of one.
    Patch,
    /// Delete one.
    Delete,
}

impl Verb {
    /// By which HTTP method it is asked for.
    pub(crate) fn method(self) -> Method {
        match self {
            Self::Get | Self::List => Method::GET,
            Self::Create => Method::POST,
            Self::Update => Method::PUT,
            Self::Patch => Method::PATCH,
            Self::Delete => Method::DELETE,
        }
    }

    /// Whether it is to change something.
    pub(crate) fn changes(self) -> bool {
        !matches!(self, Self::Get | Self::List)
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Done.
    Done,
    /// There is one of that name already (409).
    Exists,
    /// There is none of that name (404).
    Gone,
    /// It has changed meanwhile (409).
    Conflict,
    /// The API server asks for patience (429, or a 5xx with `Retry-After`).
    Throttled,
    /// Any other refusal.
    Refused,
    /// No answer, or none that can be read.
    Lost,
}

/// What a turn is spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Stage {
    Queued,
    Decided,
    Answered,
}

/// Which way a change goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Direction {
    Down,
    Up,
}

/// By which connection bytes come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum By {
    Request,
    Watch,
}

words!(Side { Self::Tenant => "tenant", Self::Host => "host" });
words!(Verb {
    Self::Get => "get",
    Self::List => "list",
    Self::Create => "create",
    Self::Update => "update",
    Self::Patch => "patch",
    Self::Delete => "delete",
});
words!(Outcome {
    Self::Done => "done",
    Self::Exists => "exists",
    Self::Gone => "gone",
    Self::Conflict => "conflict",
    Self::Throttled => "throttled",
    Self::Refused => "refused",
    Self::Lost => "lost",
});
words!(Stage { Self::Queued => "queued", Self::Decided => "decided", Self::Answered => "answered" });
words!(Direction { Self::Down => "down", Self::Up => "up" });
words!(By { Self::Request => "request", Self::Watch => "watch" });
words!(Loss { Self::Gap => "gap", Self::Slow => "slow", Self::Rights => "rights" });
words!(Ended { Self::Idle => "idle", Self::Done => "done", Self::Failed => "failed" });

/// A kind as the API spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Name(Kind);

impl From<Kind> for Name {
    fn from(kind: Kind) -> Self {
        Self(kind)
    }
}

impl EncodeLabelValue for Name {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result {
        EncodeLabelValue::encode(&self.0.name(), encoder)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ByKind {
    pub(super) kind: Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Lost {
    pub(super) kind: Name,
    pub(super) reason: Loss,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Way {
    kind: Name,
    direction: Direction,
}

impl Way {
    /// Where news of `side` goes: to the other one.
    pub(super) fn new(kind: Kind, side: Side) -> Self {
        let direction = if side == Side::Tenant { Direction::Down } else { Direction::Up };
        Self { kind: kind.into(), direction }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Spent {
    #[prometheus(flatten)]
    pub(super) way: Way,
    pub(super) stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Turns {
    pub(super) kind: Name,
    pub(super) result: Ended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Watched {
    side: Side,
    kind: Name,
}

impl Watched {
    pub(super) fn new(side: Side, kind: Kind) -> Self {
        Self { side, kind: kind.into() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Request {
    pub(super) side: Side,
    pub(super) resource: String,
    pub(super) verb: Verb,
    pub(super) outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Requests {
    pub(super) side: Side,
    pub(super) verb: Verb,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Moved {
    side: Side,
    by: By,
}

impl Moved {
    pub(super) fn by_request(side: Side) -> Self {
        Self { side, by: By::Request }
    }

    pub(super) fn by_watch(side: Side) -> Self {
        Self { side, by: By::Watch }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfTenant {
    pub(super) tenant: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Objects {
    pub(super) tenant: String,
    pub(super) side: Side,
    pub(super) kind: Name,
}

/// What a path, with a query or without, is about, as `kubectl auth can-i` names it: `pods/status`,
/// `leases.coordination.k8s.io`.
pub(crate) fn resource(path: &str) -> String {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let mut parts = path.trim_start_matches('/').split('/');
    let group = match parts.next() {
        Some("apis") => parts.next().unwrap_or_default(),
        _ => "",
    };
    let _version = parts.next();
    let mut rest: Vec<&str> = parts.collect();
    if rest.len() > 2 && rest[0] == "namespaces" {
        rest.drain(..2);
    }
    let mut resource = rest.first().copied().unwrap_or_default().to_owned();
    if !group.is_empty() {
        resource.push('.');
        resource.push_str(group);
    }
    if let Some(subresource) = rest.get(2) {
        resource.push('/');
        resource.push_str(subresource);
    }
    resource
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_about_a_resource_and_never_about_a_name() {
        let table = [
            ("/api/v1/namespaces/ns/pods/p", "pods"),
            ("/api/v1/namespaces/ns/pods", "pods"),
            ("/api/v1/namespaces/ns/pods?labelSelector=example.com/a%3Db", "pods"),
            ("/api/v1/namespaces/ns/pods/p/status", "pods/status"),
            ("/api/v1/nodes/n", "nodes"),
            ("/api/v1/namespaces/ns", "namespaces"),
            ("/apis/coordination.k8s.io/v1/namespaces/x/leases/n", "leases.coordination.k8s.io"),
            ("/api/v1/namespaces/ns/serviceaccounts/a/token", "serviceaccounts/token"),
            ("", ""),
        ];
        for (path, expected) in table {
            assert_eq!(resource(path), expected, "{path}");
        }
    }
}
