//! Custom kinds, whose definitions come and go while the syncer runs.

use std::borrow::Cow;

use serde_json::Value;

use super::{Id, Index, Key};
use crate::{
    kinds::{Custom, Kind, Side},
    translate::custom::{Target, View},
};

impl Index {
    /// Kinds of which the tenant may have objects that name ConfigMaps and Secrets: until they are known, what has a
    /// copy keeps it.
    pub fn await_users<'a>(&mut self, kinds: impl Iterator<Item = (&'a str, &'a str)>) {
        self.awaited.extend(kinds.map(|(group, name)| (group.into(), name.into())));
    }

    /// All that the tenant has of a kind is known. Returns the copies that may have lost their last user by it.
    pub fn users_known(&mut self, group: &str, name: &str) -> Vec<Key> {
        if !self.awaited.remove(&(group.into(), name.into())) || !self.awaited.is_empty() {
            return Vec::new();
        }
        let of = |kind| {
            let copied = self.contents(kind).iter().filter(|(_, pair)| pair.host.is_some());
            copied.map(move |(id, _)| Key::new(kind, id.clone()))
        };
        of(Kind::ConfigMap).chain(of(Kind::Secret)).collect()
    }

    /// Whether something not known yet may name what has a copy.
    pub(super) fn may_be_used(&self, key: &Key) -> bool {
        let has_copy = || self.contents(key.kind).get(&key.id).is_some_and(|pair| pair.host.is_some());
        !self.awaited.is_empty() && has_copy()
    }

    /// Nothing is decided about a custom kind until both sides have been listed; about others nothing is from the start
    /// on.
    pub fn is_listed(&self, kind: Kind) -> bool {
        !matches!(kind, Kind::Custom(_)) || self.contents(kind).is_listed()
    }

    /// A custom kind is about to be listed, again perhaps, and from now on in this version.
    pub fn unlist(&mut self, kind: Kind) {
        if let Kind::Custom(custom) = kind {
            self.served.replace(custom);
        }
        self.contents.of_mut(kind).unlist();
    }

    /// A key in the version in which its kind is served now: it may have waited, or failed, since there was another.
    pub fn as_served<'k>(&self, key: &'k Key) -> Cow<'k, Key> {
        let Kind::Custom(former) = key.kind else { return Cow::Borrowed(key) };
        let present = self.served.get(&former).copied().unwrap_or(former);
        Cow::Owned(Key::new(Kind::Custom(present), key.id.clone()))
    }

    pub(super) fn custom_listed(&mut self, side: Side, custom: Custom) -> Vec<Key> {
        let kind = Kind::Custom(custom);
        let mut changed = match side {
            Side::Tenant => self.users_known(kind.api().group, kind.name()),
            Side::Host => Vec::new(),
        };
        if self.is_listed(kind) {
            changed.extend(self.contents(kind).iter().map(|(id, _)| Key::new(kind, id.clone())));
        }
        changed
    }

    /// A host copy with what the tenant is to see of it, in the tenant's names.
    pub fn shown(&self, kind: Kind, id: &Id, mut host: Value) -> Value {
        if let (Kind::Custom(custom), Some(status)) = (kind, host.get_mut("status")) {
            let (_, host_name) = self.names().place(&id.namespace, &id.name);
            let view = View {
                host_name: &host_name,
                host_namespace: self.names().host_namespace(),
                id,
                origin: &|target, name| self.origin(target, name),
            };
            *status = custom.rules().up(status, &view);
        }
        host
    }

    /// The tenant's object of a kind that has this name on the host.
    fn origin(&self, target: &Target, host_name: &str) -> Option<Id> {
        let is_it = |id: &&Id| self.names().place(&id.namespace, &id.name).1 == host_name;
        let is_kind = |kind: Kind| target.is(kind.api().group, kind.name());
        let pods = self.pods.iter().map(|(id, _)| id).filter(|_| is_kind(Kind::Pod));
        let services = self.services.iter().map(|(id, _)| id).filter(|_| is_kind(Kind::Service));
        let tables = self.contents.iter().filter(|(kind, _)| is_kind(*kind));
        let others = tables.flat_map(|(_, table)| table.iter().map(|(id, _)| id));
        pods.chain(services).chain(others).find(is_it).cloned()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::{
        kinds::{Api, Reach},
        names::Names,
        object::Object,
        translate::custom::{Draft, Rules},
    };

    fn widget() -> Kind {
        let drafts: Vec<Draft> = serde_json::from_value(json!([
            {"path": "spec.secretName", "is": "name", "of": "Secret"},
            {"path": "status.secretName", "is": "name", "of": "Secret"},
        ]))
        .expect("drafts");
        let rules = Rules::compile(&drafts, |_| true).expect("rules");
        let api = Api::at_run_time(["example.com", "v1", "Widget", "widgets"], Reach::Namespaced);
        Kind::Custom(Custom::new(api, Arc::new(rules), true))
    }

    fn index() -> Index {
        let mut index = Index::new(Names::new("vc", "host-ns"), "10.0.0.9");
        index.await_users([("example.com", "Widget")].into_iter());
        index
    }

    fn object(name: &str, more: Value) -> Object {
        let mut object = json!({
            "metadata": {"name": name, "namespace": "ns", "uid": name, "resourceVersion": "1"},
        });
        object.as_object_mut().expect("an object").extend(more.as_object().expect("more").clone());
        object.into()
    }

    fn copy(index: &Index, kind: Kind, object: &Object) -> Object {
        let names = |_: &Value| Vec::new();
        let around = crate::translate::content::Around { ownership: &index.ownership, namespaces: &names };
        let mut copy = crate::translate::content::host(kind, &object.tree(), &around).expect("a copy");
        (copy["metadata"]["uid"], copy["metadata"]["resourceVersion"]) = (json!("h"), json!("1"));
        copy.into()
    }

    fn key(kind: Kind, name: &str) -> Key {
        Key::new(kind, Id::new("ns", name))
    }

    #[test]
    fn a_key_that_has_waited_is_of_the_version_that_is_served_now() {
        let mut index = index();
        let other = Api::at_run_time(["example.com", "v2", "Widget", "widgets"], Reach::Namespaced);
        let other = Kind::Custom(Custom::new(other, Arc::default(), true));
        let waiting = key(widget(), "w");
        let version = |index: &Index| index.as_served(&waiting).kind.api().version;
        assert_eq!(version(&index), "v1");
        for (kind, served) in [(widget(), "v1"), (other, "v2"), (widget(), "v1")] {
            index.unlist(kind);
            assert_eq!(version(&index), served);
        }
    }

    #[test]
    fn a_secret_keeps_its_copy_until_it_is_known_that_nothing_names_it() {
        let mut index = index();
        let secret = object("s", json!({}));
        index.seen(Side::Tenant, Kind::Secret, &secret);
        assert!(!index.is_wanted(&key(Kind::Secret, "s")));
        let copied = copy(&index, Kind::Secret, &secret);
        index.seen(Side::Host, Kind::Secret, &copied);
        assert!(index.is_wanted(&key(Kind::Secret, "s")));
        index.listing(Side::Tenant, widget());
        assert_eq!(index.listed(Side::Tenant, widget(), 0), [key(Kind::Secret, "s")]);
        assert!(!index.is_wanted(&key(Kind::Secret, "s")));
    }

    #[test]
    fn what_a_custom_resource_names_is_wanted_until_both_its_sides_are_gone() {
        let mut index = index();
        index.users_known("example.com", "Widget");
        let tenant = object("w", json!({"spec": {"secretName": "s"}}));
        assert_eq!(index.seen(Side::Tenant, widget(), &tenant), [key(Kind::Secret, "s"), key(widget(), "w")]);
        let copied = copy(&index, widget(), &tenant);
        index.seen(Side::Host, widget(), &copied);
        index.gone(Side::Tenant, widget(), &tenant);
        assert!(index.is_wanted(&key(Kind::Secret, "s")));
        index.ended(&key(widget(), "w"), "h");
        assert!(index.gone(Side::Host, widget(), &copied).contains(&key(Kind::Secret, "s")));
        assert!(!index.is_wanted(&key(Kind::Secret, "s")));
    }

    #[test]
    fn a_kind_is_decided_about_when_both_sides_are_listed_and_not_while_it_is_listed_again() {
        let mut index = index();
        index.seen(Side::Tenant, widget(), &object("w", json!({})));
        index.listed(Side::Tenant, widget(), 0);
        assert!(!index.is_listed(widget()) && index.is_listed(Kind::Secret));
        index.listing(Side::Host, widget());
        assert_eq!(index.listed(Side::Host, widget(), 0), [key(widget(), "w")]);
        assert!(index.is_listed(widget()));
        index.unlist(widget());
        assert!(!index.is_listed(widget()));
    }

    #[test]
    fn a_status_shows_the_tenants_names() {
        let mut index = index();
        index.seen(Side::Tenant, Kind::Secret, &object("s", json!({})));
        let host = json!({"status": {"secretName": "s-x-ns-x-vc", "message": "w-x-ns-x-vc is ready"}});
        let shown = index.shown(widget(), &Id::new("ns", "w"), host);
        assert_eq!(shown["status"], json!({"secretName": "s", "message": "w is ready"}));
    }
}
