//! Whose call goes next where more are asked for than may be under way. Pure: `W` is whoever waits.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    fmt::Debug,
};

use crate::queue::TenantId;

/// Who waits for a place, by tenant.
#[derive(Debug)]
pub(super) struct Turnstile<W> {
    tenants: HashMap<TenantId, Line<W>>,
    /// The tenants of whom someone waits: first those of whom few wait, of these who has the fewest calls under way, and of
    /// these who has waited longest.
    order: BTreeSet<(Place, TenantId)>,
    /// Those of them who have none under way, by how long.
    idle: BTreeSet<(u64, TenantId)>,
    under_way: usize,
    /// Those of them that went while many waited of their tenants.
    of_many: usize,
    /// Tenants of whom calls are under way.
    active: usize,
    /// Grows with each call that goes, and each tenant that comes.
    numbers: u64,
    /// Calls that went.
    gone: u64,
    /// How many had gone when one last went of whose tenant few waited.
    few_gone: Option<u64>,
    /// Who called last, and how often in a row.
    last: Option<(TenantId, u32)>,
    /// Whether more than one tenant calls, as far as is remembered.
    is_shared: bool,
}

/// After so many calls of one tenant in a row, it is alone.
const ALONE: u32 = 1000;
/// Who has no more calls waiting than these goes before those who have.
const FEW: usize = 2;
/// Of so many calls that go, one is that of who has waited longest with none under way, however many wait of it.
const EACH: u64 = 16;
/// While those of whom few wait call, those of whom many do have one of so many places: what they have under way makes the
/// others' answers late, however soon these go.
const SHARE: usize = 4;
/// Without a call of them among so many, they do not.
const RECENT: u64 = 64;

/// Where a tenant stands among those that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    has_many: bool,
    under_way: usize,
    number: u64,
}

#[derive(Debug)]
struct Line<W> {
    waiting: VecDeque<W>,
    under_way: usize,
    /// Those of them that went while many waited.
    of_many: usize,
    number: u64,
    place: Option<Place>,
}

impl<W> Default for Turnstile<W> {
    fn default() -> Self {
        Self {
            tenants: HashMap::new(),
            order: BTreeSet::new(),
            idle: BTreeSet::new(),
            under_way: 0,
            of_many: 0,
            active: 0,
            numbers: 0,
            gone: 0,
            few_gone: None,
            last: None,
            is_shared: false,
        }
    }
}

impl<W> Turnstile<W> {
    /// Calls under way.
    pub(super) fn under_way(&self) -> usize {
        self.under_way
    }

    /// Whether several tenants have called of late.
    pub(super) fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Someone of a tenant waits.
    pub(super) fn wait(&mut self, tenant: TenantId, who: W) {
        self.remember(tenant);
        let number = self.numbers;
        let none = || Line { waiting: VecDeque::new(), under_way: 0, of_many: 0, number, place: None };
        let line = self.tenants.entry(tenant).or_insert_with(none);
        if line.waiting.is_empty() {
            self.numbers += 1;
            line.number = self.numbers;
        }
        self.change(tenant, |line| line.waiting.push_back(who));
    }

    /// Who goes next, if `limit` allows it: so many calls in all, and the first one of so many tenants beyond that.
    pub(super) fn next(&mut self, limit: usize) -> Option<(TenantId, W)> {
        let longest = self.idle.first().filter(|_| self.gone % EACH == EACH - 1).map(|(_, tenant)| *tenant);
        let tenant = longest.or(self.order.first().map(|(_, tenant)| *tenant))?;
        let line = self.tenants.get(&tenant)?;
        let (under_way, has_many) = (line.under_way, line.place.is_some_and(|place| place.has_many));
        let taken = if under_way == 0 { self.active } else { self.under_way };
        if taken >= limit || (has_many && longest.is_none() && self.is_share_taken(limit)) {
            return None;
        }
        let who = self.tenants.get_mut(&tenant)?.waiting.pop_front()?;
        self.numbers += 1;
        let number = self.numbers;
        let of_many = usize::from(has_many);
        self.change(tenant, |line| {
            line.under_way += 1;
            line.of_many += of_many;
            line.number = number;
        });
        self.gone += 1;
        // Who has called much of late asks for much, though few wait by chance.
        if !has_many && under_way <= FEW {
            self.few_gone = Some(self.gone);
        }
        self.of_many += of_many;
        self.under_way += 1;
        self.active += usize::from(under_way == 0);
        Some((tenant, who))
    }

    /// A call that went has ended.
    pub(super) fn end(&mut self, tenant: TenantId) {
        let (mut was_last, mut of_many) = (false, 0);
        self.change(tenant, |line| {
            of_many = usize::from(line.of_many == line.under_way);
            line.of_many -= of_many;
            line.under_way -= 1;
            was_last = line.under_way == 0;
        });
        self.of_many -= of_many;
        self.under_way -= 1;
        self.active -= usize::from(was_last);
    }

    /// Whether calls wait only for those of whom many wait to take no more than their share.
    pub(super) fn holds_back(&self, limit: usize) -> bool {
        !self.order.is_empty() && self.is_share_taken(limit)
    }

    fn is_share_taken(&self, limit: usize) -> bool {
        let do_few_call = self.few_gone.is_some_and(|few| self.gone - few < RECENT);
        self.is_shared && do_few_call && self.of_many >= (limit / SHARE).max(1)
    }

    fn remember(&mut self, tenant: TenantId) {
        let times = match self.last {
            Some((last, times)) if last == tenant => times.saturating_add(1),
            Some(_) => {
                self.is_shared = true;
                1
            }
            None => 1,
        };
        self.is_shared &= times < ALONE;
        self.last = Some((tenant, times));
    }

    /// Changes what a tenant's place depends on, and gives it the one that it then has.
    fn change(&mut self, tenant: TenantId, f: impl FnOnce(&mut Line<W>)) {
        let Some(line) = self.tenants.get_mut(&tenant) else { return };
        if let Some(place) = line.place.take() {
            self.order.remove(&(place, tenant));
            self.idle.remove(&(place.number, tenant));
        }
        f(line);
        if line.waiting.is_empty() && line.under_way == 0 {
            self.tenants.remove(&tenant);
        } else if !line.waiting.is_empty() {
            let has_many = line.waiting.len() > FEW;
            let place = Place { has_many, under_way: line.under_way, number: line.number };
            line.place = Some(place);
            self.order.insert((place, tenant));
            if line.under_way == 0 {
                self.idle.insert((line.number, tenant));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const A: TenantId = TenantId(1);
    const B: TenantId = TenantId(2);

    fn all<W: Debug>(turnstile: &mut Turnstile<W>, limit: usize) -> Vec<(TenantId, W)> {
        std::iter::from_fn(|| turnstile.next(limit)).collect()
    }

    #[test]
    fn one_tenant_alone_has_all_places_in_the_order_of_its_calls() {
        let mut turnstile = Turnstile::default();
        (0..9).for_each(|call| turnstile.wait(A, call));
        assert_eq!(all(&mut turnstile, 4), [(A, 0), (A, 1), (A, 2), (A, 3)]);
        turnstile.end(A);
        assert_eq!(all(&mut turnstile, 4), [(A, 4)]);
        assert_eq!(all(&mut turnstile, 6), [(A, 5), (A, 6)]);
    }

    #[test]
    fn who_has_nothing_under_way_goes_at_once_however_many_others_wait() {
        let mut turnstile = Turnstile::default();
        (0..90).for_each(|call| turnstile.wait(A, call));
        assert_eq!(all(&mut turnstile, 8).len(), 8);
        turnstile.wait(B, 1);
        turnstile.wait(B, 2);
        assert_eq!(all(&mut turnstile, 8), [(B, 1)], "the second one waits as others do");
        turnstile.end(A);
        assert_eq!(all(&mut turnstile, 8), []);
        turnstile.end(A);
        assert_eq!(all(&mut turnstile, 8), [(B, 2)]);
    }

    #[test]
    fn who_asks_for_little_goes_before_who_asks_for_much_but_for_each_sixteenth_time() {
        let mut turnstile = Turnstile::default();
        (0..90).for_each(|call| turnstile.wait(A, call));
        (10..40).for_each(|tenant| turnstile.wait(TenantId(tenant), 0));
        let order: Vec<_> = all(&mut turnstile, 20).into_iter().map(|(tenant, _)| tenant).collect();
        assert_eq!(order.iter().position(|tenant| *tenant == A), Some(15));
        assert_eq!(order.len(), 20);
    }

    #[test]
    fn while_some_ask_for_little_those_who_ask_for_much_have_each_fourth_place() {
        let mut turnstile = Turnstile::default();
        turnstile.wait(B, 0);
        (0..2000).for_each(|call| turnstile.wait(A, call));
        turnstile.is_shared = true;
        let order: Vec<_> = all(&mut turnstile, 8).into_iter().map(|(tenant, _)| tenant).collect();
        assert_eq!((order, turnstile.holds_back(8)), (vec![B, A, A], true));
        turnstile.end(A);
        assert_eq!(all(&mut turnstile, 8).len(), 1, "one for one");
        turnstile.end(B);
        assert_eq!(all(&mut turnstile, 8), [], "B may come again");
        (0..RECENT).for_each(|_| {
            turnstile.end(A);
            all(&mut turnstile, 8);
        });
        assert_eq!((turnstile.under_way(), turnstile.holds_back(8)), (8, false), "it has not");
    }

    #[test]
    fn who_asks_for_much_has_its_share_and_no_more_also_where_its_calls_come_one_by_one() {
        let mut turnstile = Turnstile::default();
        let mut under_way = 0;
        for call in 0..2000 {
            turnstile.wait(A, call);
            under_way += all(&mut turnstile, 16).len();
            if call % 2 == 0 && under_way > 0 {
                turnstile.end(A);
                under_way -= 1;
            }
        }
        assert_eq!(under_way, 16, "it is alone");
        for call in 0..200 {
            turnstile.wait(B, call);
            assert_eq!(turnstile.next(16), Some((B, call)));
            turnstile.end(A);
            turnstile.end(B);
            under_way -= 1;
            under_way += all(&mut turnstile, 16).len();
            assert_eq!(turnstile.under_way(), under_way);
        }
        assert_eq!(under_way, 16 / SHARE);
    }

    #[test]
    fn first_calls_of_many_tenants_are_bounded_too() {
        let mut turnstile = Turnstile::default();
        (0..90).for_each(|call| turnstile.wait(A, call));
        assert_eq!(all(&mut turnstile, 8).len(), 8);
        (10..90).for_each(|tenant| turnstile.wait(TenantId(tenant), 0));
        assert_eq!(all(&mut turnstile, 8).len(), 7);
    }

    #[test]
    fn it_is_shared_while_more_than_one_tenant_calls() {
        let mut turnstile = Turnstile::default();
        (0..9).for_each(|_| turnstile.wait(A, ()));
        assert!(!turnstile.is_shared());
        turnstile.wait(B, ());
        assert!(turnstile.is_shared());
        (1..ALONE).for_each(|_| turnstile.wait(A, ()));
        assert!(turnstile.is_shared());
        turnstile.wait(A, ());
        assert!(!turnstile.is_shared());
    }

    #[test]
    fn places_are_shared_evenly() {
        let mut turnstile = Turnstile::default();
        for call in 0..50 {
            [A, B].into_iter().for_each(|tenant| turnstile.wait(tenant, call));
        }
        let of = |gone: &[(TenantId, i32)], tenant| gone.iter().filter(|(of, _)| *of == tenant).count();
        let gone = all(&mut turnstile, 8);
        assert_eq!([of(&gone, A), of(&gone, B)], [4, 4]);
        (0..3).for_each(|_| turnstile.end(A));
        let gone = all(&mut turnstile, 8);
        assert_eq!([of(&gone, A), of(&gone, B)], [3, 0]);
    }

    #[test]
    fn a_smaller_limit_lets_nobody_go_until_enough_have_ended() {
        let mut turnstile = Turnstile::default();
        (0..20).for_each(|call| turnstile.wait(A, call));
        assert_eq!(all(&mut turnstile, 8).len(), 8);
        (0..4).for_each(|_| turnstile.end(A));
        assert_eq!(all(&mut turnstile, 4), []);
        turnstile.end(A);
        assert_eq!(all(&mut turnstile, 4).len(), 1);
    }

    proptest! {
        /// Nobody is lost, no more are under way than may be, and whoever waits with nothing under way goes in the end,
        /// whatever others ask for.
        #[test]
        fn all_go_and_nobody_waits_for_ever(
            steps in prop::collection::vec((0u32..5, any::<bool>()), 1..300), limit in 1usize..12,
        ) {
            let mut turnstile = Turnstile::default();
            let (mut waiting, mut under_way) = (0, VecDeque::new());
            let mut idle: HashMap<TenantId, u64> = HashMap::new();
            let mut open: HashMap<TenantId, [usize; 2]> = HashMap::new();
            let went = |turnstile: &mut Turnstile<()>, open: &mut HashMap<TenantId, [usize; 2]>,
                            idle: &mut HashMap<TenantId, u64>| {
                let mut gone = Vec::new();
                while let Some((tenant, ())) = turnstile.next(limit) {
                    let [waits, runs] = open.entry(tenant).or_default();
                    (*waits, *runs) = (*waits - 1, *runs + 1);
                    idle.remove(&tenant);
                    for (of, passed) in idle.iter_mut() {
                        *passed += 1;
                        assert!(*passed <= 5 * EACH, "{passed} passed {of:?}");
                    }
                    gone.push(tenant);
                }
                gone
            };
            for (tenant, ends) in steps {
                let ended = if ends { under_way.pop_front() } else { None };
                if let Some(tenant) = ended {
                    turnstile.end(tenant);
                    let [waits, runs] = open.entry(tenant).or_default();
                    *runs -= 1;
                    if *waits > 0 && *runs == 0 {
                        idle.entry(tenant).or_default();
                    }
                } else {
                    let tenant = TenantId(tenant);
                    turnstile.wait(tenant, ());
                    waiting += 1;
                    let [waits, runs] = open.entry(tenant).or_default();
                    *waits += 1;
                    if *runs == 0 {
                        idle.entry(tenant).or_default();
                    }
                }
                let gone = went(&mut turnstile, &mut open, &mut idle);
                waiting -= gone.len();
                under_way.extend(gone);
                let tenants: std::collections::HashSet<_> = under_way.iter().collect();
                prop_assert!(under_way.len() < 2 * limit && tenants.len() <= limit);
                prop_assert_eq!((turnstile.under_way(), turnstile.active), (under_way.len(), tenants.len()));
            }
            while let Some(tenant) = under_way.pop_front() {
                turnstile.end(tenant);
                let gone: Vec<_> = all(&mut turnstile, limit);
                waiting -= gone.len();
                under_way.extend(gone.into_iter().map(|(tenant, ())| tenant));
            }
            prop_assert_eq!(waiting, 0);
            prop_assert!(turnstile.tenants.is_empty() && turnstile.order.is_empty());
            prop_assert_eq!(turnstile.of_many, 0);
        }
    }
}
