//! The Secrets on the host with the tokens of a tenant's pods. They are listed after all else, so for a while it is not known
//! which pods have some.

use super::{HostPod, Id, Index, Key, Pair, Seen, TenantPod, Uid, keys, rows::Rows};
use crate::{
    kinds::{Kind, Side},
    names::marks,
    object::Object,
};

/// A pod's token Secret on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The uid of the tenant pod whose tokens they are.
    pub pod_uid: Uid,
    /// When they were made, in seconds since 1970.
    pub minted_at: i64,
    /// When they are to be replaced, in seconds since 1970.
    pub refresh_at: i64,
}

/// What is known of the tokens that are on the host for a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KnownTokens<'a> {
    /// Nothing: they have not been listed yet.
    #[default]
    Unlisted,
    /// There are none.
    Absent,
    /// These.
    Held(&'a Seen<Token>),
}

impl<'a> KnownTokens<'a> {
    /// Those that are known to be there.
    pub fn held(self) -> Option<&'a Seen<Token>> {
        match self {
            Self::Held(token) => Some(token),
            Self::Unlisted | Self::Absent => None,
        }
    }
}

impl Index {
    /// What is on the host for a pod of this name.
    pub fn tokens_of(&self, pod: &Id) -> KnownTokens<'_> {
        let held = self.tokens.get(pod).and_then(|pair| pair.host.as_ref());
        let absent =
            if self.tokens.is_listed_on_host() { KnownTokens::Absent } else { KnownTokens::Unlisted };
        held.map_or(absent, KnownTokens::Held)
    }

    /// The pods of which tokens are on the host.
    pub fn pods_with_tokens(&self) -> impl Iterator<Item = &Id> {
        self.tokens.iter().map(|(id, _)| id)
    }

    /// The Secret with this uid, which held tokens of a pod of this name, is gone.
    pub fn tokens_dropped(&mut self, pod: &Id, secret: &str) {
        self.tokens.lose(Side::Host, pod, secret);
    }

    pub(super) fn token_seen(&mut self, pod: Id, object: &Object) -> Vec<Key> {
        let fresh = self.tokens.see_host(&pod, object, token(object));
        keys(fresh, Kind::Pod, pod)
    }

    /// The list is whole: pods that have lost theirs are looked at, and the first time those on the host that never had
    /// any. Others get theirs when they are made there, which must not come sooner than the host has asked to be let alone.
    pub(super) fn tokens_listed(&mut self, side: Side) -> Vec<Key> {
        let is_first = !self.tokens.is_listed_on_host();
        let mut pods = self.tokens.listed(side);
        if is_first {
            let runs = self.pods.iter().filter(|(_, pair)| pair.host.is_some() && wants_tokens(pair));
            let lacks = |id: &&Id| self.tokens_of(id) == KnownTokens::Absent;
            pods.extend(runs.map(|(id, _)| id).filter(lacks).cloned());
        }
        pods.into_iter().map(|id| Key::new(Kind::Pod, id)).collect()
    }
}

fn wants_tokens(pair: &Pair<TenantPod, HostPod>) -> bool {
    pair.tenant.as_ref().is_some_and(|pod| pod.detail.wants_tokens)
}

fn token(object: &Object) -> Token {
    // One without times is one to replace.
    let time = |key: &str| {
        let time = object.annotation(key).and_then(|text| text.parse::<jiff::Timestamp>().ok());
        time.map_or(0, jiff::Timestamp::as_second)
    };
    Token {
        pod_uid: object.annotation(marks::UID).unwrap_or_default().into(),
        minted_at: time(marks::MINTED_AT),
        refresh_at: time(marks::REFRESH_AT),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::names::Names;

    fn pod(name: &str) -> Object {
        let volume =
            json!({"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}});
        json!({
            "metadata": {"name": name, "namespace": "ns", "uid": format!("t-{name}"), "resourceVersion": "1"},
            "spec": {"volumes": [volume], "containers": [{"name": "c", "image": "i"}]},
        })
        .into()
    }

    fn copy(index: &Index, name: &str) -> Object {
        json!({
            "metadata": {
                "name": index.names().host("ns", name), "namespace": "host", "uid": format!("h-{name}"),
                "resourceVersion": "2", "labels": marks::labels(index.names(), "ns"),
                "annotations": {(marks::NAME): name, (marks::UID): format!("t-{name}")},
            },
            "spec": {}, "status": {},
        })
        .into()
    }

    /// As the watch of metadata shows it.
    fn secret(index: &Index, name: &str) -> Object {
        let uid = format!("t-{name}");
        let mut labels: Value = json!(marks::labels(index.names(), "ns"));
        labels[marks::ROLE] = json!(marks::POD_TOKEN);
        json!({"kind": "PartialObjectMetadata", "metadata": {
            "name": index.names().token_secret("ns", name, &uid), "namespace": "host", "uid": format!("s-{name}"),
            "resourceVersion": "2", "labels": labels,
            "annotations": {
                (marks::NAME): name, (marks::UID): uid, (marks::REFRESH_AT): "1970-01-01T00:01:40Z",
            },
        }})
        .into()
    }

    #[test]
    fn which_pods_lack_tokens_is_known_once_those_have_been_listed() {
        let mut index = Index::new(Names::new("vc", "host"), "10.0.0.9");
        for name in ["a", "b", "not-on-the-host"] {
            index.seen(Side::Tenant, Kind::Pod, &pod(name));
        }
        for name in ["a", "b"] {
            let copy = copy(&index, name);
            index.seen(Side::Host, Kind::Pod, &copy);
        }
        let [a, b] = ["a", "b"].map(|name| Id::new("ns", name));
        assert_eq!(
            (index.tokens_of(&a), index.tokens_of(&b)),
            (KnownTokens::Unlisted, KnownTokens::Unlisted)
        );

        index.listing(Side::Host, Kind::PodToken);
        let listed = secret(&index, "a");
        assert_eq!(index.seen(Side::Host, Kind::PodToken, &listed), [Key::new(Kind::Pod, a.clone())]);
        assert_eq!(index.tokens_of(&a).held().map(|token| token.detail.refresh_at), Some(100));
        assert_eq!(index.listed(Side::Host, Kind::PodToken, 0), [Key::new(Kind::Pod, b.clone())]);
        assert_eq!(index.tokens_of(&b), KnownTokens::Absent);

        // Listed again, only what has vanished is news.
        index.listing(Side::Host, Kind::PodToken);
        assert_eq!(index.listed(Side::Host, Kind::PodToken, 0), [Key::new(Kind::Pod, a.clone())]);
        assert_eq!(index.tokens_of(&a), KnownTokens::Absent);
    }
}
