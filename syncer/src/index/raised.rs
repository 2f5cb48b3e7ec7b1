//! Kinds whose origin is the host: Nodes, and the classes that the tenant gets copies of. Their names are the same on
//! both sides.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use super::{Asked, Id, Index, Key, Table, hash, rows::Rows};
use crate::{
    kinds::{Kind, Side},
    names::marks,
    object::Object,
    translate::{host_class, node},
};

/// The tenant's object of such a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// Whether we have made it.
    pub is_ours: bool,
    /// A hash of what it holds of what is ours.
    pub content: u64,
}

/// The host's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// A hash of what the tenant's is to hold.
    pub content: u64,
    /// Of a Node: whether it is Ready.
    pub is_ready: bool,
}

/// One table for each such kind that is synced.
#[derive(Debug, Default)]
pub(super) struct Raising {
    tables: HashMap<Kind, Table<Raised, Origin>>,
    facts: node::Facts,
    /// Whether Nodes are made of the host's, and not of their names.
    follows_nodes: bool,
}

impl Raising {
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.tables.contains_key(&kind)
    }

    pub(super) fn rows(&self, kind: Kind) -> Option<&dyn Rows> {
        Some(self.tables.get(&kind)?)
    }

    pub(super) fn rows_mut(&mut self, kind: Kind) -> Option<&mut dyn Rows> {
        Some(self.tables.get_mut(&kind)?)
    }
}

impl Index {
    /// The same, which knows these kinds as the host's, and Nodes with `facts`, made of the host's where
    /// `follows_nodes`.
    #[must_use]
    pub fn raising(
        mut self,
        kinds: impl IntoIterator<Item = Kind>,
        facts: node::Facts,
        follows_nodes: bool,
    ) -> Self {
        let tables = kinds.into_iter().map(|kind| (kind, Table::default())).collect();
        self.raising = Raising { tables, facts, follows_nodes };
        self
    }

    /// The pairs of a kind whose origin is the host.
    pub fn raised(&self, kind: Kind) -> Option<&Table<Raised, Origin>> {
        self.raising.tables.get(&kind)
    }

    /// The names of the host's objects that the tenant has our copies of, or is about to.
    pub fn copied_from_host(&self, kind: Kind) -> Vec<String> {
        let pairs = self.raised(kind).into_iter().flat_map(Table::iter);
        let copied = pairs.filter(|(_, pair)| {
            pair.host.is_some() && pair.tenant.as_ref().is_none_or(|tenant| tenant.detail.is_ours)
        });
        copied.map(|(id, _)| id.name.to_string()).collect()
    }

    /// What the tenant's Node is to hold; none where the host has no such node.
    pub fn wanted_node(&self, name: &str) -> Option<u64> {
        if !self.raising.follows_nodes {
            return Some(hash(&node::comparable(&node::synthesised(name, &self.raising.facts))));
        }
        let host = self.raised(Kind::Node)?.get(&Id::new("", name))?.host.as_ref()?;
        host.deleting.is_none().then_some(host.detail.content)
    }

    /// Whether the host's node is Ready, as far as that can be known.
    pub fn is_node_ready(&self, name: &str) -> bool {
        let host = self.raised(Kind::Node).and_then(|table| table.get(&Id::new("", name))?.host.as_ref());
        host.map_or(!self.raising.follows_nodes, |host| host.detail.is_ready)
    }

    /// The tenant's object was sent with this content and stored as `answer`. Returns the keys to look at again, and
    /// how long it is left alone if someone keeps changing it.
    pub fn raised_wrote(
        &mut self,
        kind: Kind,
        sent: u64,
        (answer, asked): (&Object, Asked),
        now: Instant,
    ) -> (Vec<Key>, Option<Duration>) {
        let stored = tenants_content(kind, answer);
        let key = Key::new(kind, Id::new("", answer.name()));
        let truce = self.written.note(&key, sent, stored, now);
        (self.answered(Side::Tenant, kind, answer, asked), truce)
    }

    pub(super) fn raised_seen(&mut self, side: Side, kind: Kind, object: &Object) -> Vec<Key> {
        let key = Key::new(kind, Id::new("", object.name()));
        let written = &self.written;
        let Some(table) = self.raising.tables.get_mut(&kind) else { return Vec::new() };
        let is_news = match side {
            Side::Tenant => {
                let content = written.counts_as(&key, tenants_content(kind, object));
                table.see_tenant(&key.id, object, Raised { is_ours: is_ours(kind, object), content })
            }
            Side::Host if !host_class::is_carried(kind, object.name()) => false,
            Side::Host => {
                let origin = origin(kind, object, &self.raising.facts);
                let known = table.get(&key.id).and_then(|pair| pair.host.as_ref());
                // Every node of the host tells of itself every few minutes.
                let is_same =
                    known.is_some_and(|known| known.detail == origin && known.deleting == object.deleting());
                table.see_host(&key.id, object, origin) && !is_same
            }
        };
        if is_news { vec![key] } else { Vec::new() }
    }

    pub(super) fn raised_gone(&mut self, side: Side, kind: Kind, object: &Object) -> Vec<Key> {
        let key = Key::new(kind, Id::new("", object.name()));
        let table = self.raising.tables.get_mut(&kind);
        let is_news = table.is_some_and(|table| table.lose(side, &key.id, object.uid()));
        if is_news && side == Side::Tenant {
            self.written.forget(&key);
        }
        if is_news { vec![key] } else { Vec::new() }
    }

    pub(super) fn raised_listing(&mut self, side: Side, kind: Kind) {
        if let Some(table) = self.raising.tables.get_mut(&kind) {
            table.listing(side);
        }
    }

    pub(super) fn raised_listed(&mut self, side: Side, kind: Kind) -> Vec<Key> {
        let table = self.raising.tables.get_mut(&kind);
        let vanished = table.map(|table| table.listed(side)).unwrap_or_default();
        vanished.into_iter().map(|id| Key::new(kind, id)).collect()
    }
}

fn is_ours(kind: Kind, object: &Object) -> bool {
    let mark = if kind == Kind::Node { marks::SYNTHESISED } else { marks::FROM_HOST };
    object.label(mark).is_some()
}

fn tenants_content(kind: Kind, object: &Object) -> u64 {
    let tree = object.tree();
    let content = match kind {
        Kind::Node => node::comparable(&node::owned(&tree)),
        _ => host_class::content(kind, &tree),
    };
    hash(&content)
}

fn origin(kind: Kind, object: &Object, facts: &node::Facts) -> Origin {
    let tree = object.tree();
    match kind {
        Kind::Node => Origin {
            content: hash(&node::comparable(&node::following(&tree, facts))),
            is_ready: node::is_ready(&tree),
        },
        _ => Origin { content: hash(&host_class::content(kind, &tree)), is_ready: false },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::names::Names;

    fn index(follows_nodes: bool) -> Index {
        Index::new(Names::new("vc", "host-ns"), "10.0.0.9").raising(
            [Kind::Node, Kind::PriorityClass],
            node::Facts::default(),
            follows_nodes,
        )
    }

    fn host_node(version: u64, ready: &str) -> Object {
        json!({
            "metadata": {"name": "n", "uid": "h", "resourceVersion": version.to_string()},
            "status": {"conditions": [{"type": "Ready", "status": ready, "lastHeartbeatTime": version.to_string()}]},
        })
        .into()
    }

    #[test]
    fn a_followed_node_is_wanted_while_the_host_has_it_and_ready_as_the_host_says() {
        let mut index = index(true);
        assert_eq!((index.wanted_node("n"), index.is_node_ready("n")), (None, false));
        let key = Key::new(Kind::Node, Id::new("", "n"));
        assert_eq!(index.seen(Side::Host, Kind::Node, &host_node(1, "True")), std::slice::from_ref(&key));
        let wanted = index.wanted_node("n");
        assert!(wanted.is_some() && index.is_node_ready("n"));
        assert_eq!(index.seen(Side::Host, Kind::Node, &host_node(2, "True")), [], "a heartbeat");
        assert_eq!(index.wanted_node("n"), wanted);
        index.seen(Side::Host, Kind::Node, &host_node(3, "Unknown"));
        assert!(index.wanted_node("n") != wanted && !index.is_node_ready("n"));
        assert_eq!(index.gone(Side::Host, Kind::Node, &host_node(3, "Unknown")), [key]);
        assert_eq!(index.wanted_node("n"), None);
    }

    #[test]
    fn a_node_of_which_nothing_is_known_is_always_wanted_the_same_and_ready() {
        let index = index(false);
        assert!(index.wanted_node("n").is_some() && index.is_node_ready("n"));
        assert_eq!(index.wanted_node("n"), index.wanted_node("n"));
    }

    #[test]
    fn an_api_server_that_stores_something_else_is_not_written_to_for_ever() {
        let mut index = index(false);
        let stored: Object = json!({
            "metadata": {"name": "p", "uid": "t", "resourceVersion": "5", "labels": {marks::FROM_HOST: "true"}}, "value": 7,
        })
        .into();
        let asked = index.asking();
        index.raised_wrote(Kind::PriorityClass, 42, (&stored, asked), Instant::now());
        let pair =
            index.raised(Kind::PriorityClass).and_then(|table| table.get(&Id::new("", "p"))).expect("seen");
        assert_eq!(pair.tenant.as_ref().expect("the tenant's").detail, Raised { is_ours: true, content: 42 });
    }
}
