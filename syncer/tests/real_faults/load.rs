//! What the tenant and the people on the host do, as a pure function of random numbers.

use std::collections::BTreeMap;

use rand::{RngExt, rngs::StdRng};

use crate::{
    schedule::{Act, Drift},
    thing::{Kind, NAMESPACES, Thing, Wish},
};

/// What is done, in order, and what the tenant then wants to have.
#[derive(Default)]
pub(crate) struct Load {
    pub(crate) acts: Vec<(Thing, Act)>,
    pub(crate) wishes: BTreeMap<Thing, Wish>,
    made: usize,
}

impl Load {
    /// Another object is made; now and then something happens to an earlier one.
    pub(crate) fn go_on(&mut self, rng: &mut StdRng) {
        let kind = match rng.random_range(0..10) {
            0..4 => Kind::Pod,
            4..6 => Kind::Service,
            6..8 => Kind::Secret,
            _ => Kind::ConfigMap,
        };
        let namespace = rng.random_range(0..NAMESPACES.len());
        let thing = Thing { kind, namespace, number: self.made };
        self.made += 1;
        let mounts = if kind == Kind::Pod { self.mounts(namespace, rng) } else { Vec::new() };
        self.make(thing, Wish { life: 1, version: 0, mounts, evicted: false });
        for happens in [Self::change, Self::delete, Self::make_again, Self::drift] {
            let Some(earlier) = self.any(rng) else { continue };
            happens(self, earlier, rng);
        }
    }

    /// One of the objects that are there, in one of four cases.
    fn any(&self, rng: &mut StdRng) -> Option<Thing> {
        if rng.random_range(0..4) > 0 || self.wishes.is_empty() {
            return None;
        }
        self.wishes.keys().nth(rng.random_range(0..self.wishes.len())).copied()
    }

    /// Up to two ConfigMaps and Secrets of the namespace, some of which are not there.
    fn mounts(&self, namespace: usize, rng: &mut StdRng) -> Vec<Thing> {
        let mut mounts: Vec<Thing> = (0..rng.random_range(0..3))
            .filter_map(|_| {
                let number = rng.random_range(0..=self.made);
                let kinds = [Kind::ConfigMap, Kind::Secret].map(|kind| Thing { kind, namespace, number });
                let there = kinds.into_iter().find(|thing| self.wishes.contains_key(thing));
                there.or_else(|| kinds.into_iter().next().filter(|_| rng.random_range(0..8) == 0))
            })
            .collect();
        mounts.sort();
        mounts.dedup();
        mounts
    }

    fn make(&mut self, thing: Thing, wish: Wish) {
        self.wishes.insert(thing, wish.clone());
        self.acts.push((thing, Act::Make(wish)));
    }

    fn change(&mut self, thing: Thing, _: &mut StdRng) {
        let Some(wish) = self.wishes.get_mut(&thing) else { return };
        wish.version += 1;
        self.acts.push((thing, Act::Change(wish.clone())));
    }

    fn delete(&mut self, thing: Thing, rng: &mut StdRng) {
        self.wishes.remove(&thing);
        self.acts.push((thing, Act::Delete { forced: rng.random_range(0..3) == 0 }));
    }

    fn make_again(&mut self, thing: Thing, rng: &mut StdRng) {
        let Some(before) = self.wishes.get(&thing).cloned() else { return };
        self.delete(thing, rng);
        self.make(thing, Wish { life: before.life + 1, version: 0, evicted: false, ..before });
    }

    fn drift(&mut self, thing: Thing, rng: &mut StdRng) {
        let drift = [Drift::Edit, Drift::Delete, Drift::StripLabels][rng.random_range(0..3)];
        if let Some(wish) = self.wishes.get_mut(&thing) {
            wish.evicted |= drift == Drift::Delete && thing.kind == Kind::Pod;
        }
        self.acts.push((thing, Act::Drift(drift)));
    }
}
