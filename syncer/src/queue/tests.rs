//! Tables and properties: fair, nothing lost, nobody waits for ever.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

impl Merge for u32 {
    fn merge(&mut self, later: Self) {
        *self = later;
    }
}

const A: TenantId = TenantId(1);
const B: TenantId = TenantId(2);

/// A queue with these limits and open lanes.
fn queue<K: Clone + Eq + Hash>(all: usize, of_tenant: usize, tenants: &[TenantId]) -> Queue<K, u32> {
    let mut queue = Queue::new(Limits { all, of_tenant });
    for tenant in tenants {
        queue.add(*tenant);
        queue.open(*tenant);
    }
    queue
}

fn popped<K: Clone + Eq + Hash>(queue: &mut Queue<K, u32>) -> Vec<(TenantId, K)> {
    std::iter::from_fn(|| queue.pop()).map(|(tenant, key, _)| (tenant, key)).collect()
}

#[test]
fn a_key_pushed_twice_comes_once_with_what_came_last() {
    let mut queue = queue(9, 4, &[A]);
    queue.push(A, "k", Line::Down, 1);
    queue.push(A, "k", Line::Up, 2);
    assert_eq!(queue.pop(), Some((A, "k", 2)));
    assert_eq!(queue.pop(), None);
}

#[test]
fn a_key_that_is_worked_on_comes_again_only_afterwards() {
    let mut queue = queue(9, 4, &[A]);
    queue.push(A, "k", Line::Down, 1);
    queue.pop();
    queue.push(A, "k", Line::Up, 2);
    assert_eq!(queue.pop(), None);
    queue.done(A, &"k", false);
    assert_eq!(queue.pop(), Some((A, "k", 2)));
}

#[test]
fn what_comes_for_a_key_at_work_can_be_looked_at_and_still_comes_again() {
    let mut queue = queue(4, 4, &[A]);
    queue.push(A, "k", Line::Down, 1);
    queue.pop();
    assert_eq!(queue.waiting(A, &"k"), None);
    queue.push(A, "k", Line::Down, 2);
    assert_eq!(queue.waiting(A, &"k"), Some(&2));
    queue.done(A, &"k", false);
    assert_eq!(queue.pop(), Some((A, "k", 2)));
}

#[test]
fn a_greedy_tenant_delays_a_modest_one_by_a_quantum_at_most() {
    for line in [Line::Down, Line::Up, Line::Resync] {
        let mut queue = queue(1000, 1000, &[A, B]);
        (0..500).for_each(|key| queue.push(A, key, Line::Down, 0));
        queue.push(B, 0, line, 0);
        let before = popped(&mut queue).into_iter().take_while(|(tenant, _)| *tenant == A).count();
        assert!(before <= QUANTUM as usize, "{before}");
    }
}

#[test]
fn what_can_wait_goes_while_nothing_else_is_under_way_and_has_a_turn_now_and_then_however_much_is() {
    let mut queue = queue(1000, 1000, &[A]);
    (0..20).for_each(|key| queue.push(A, key, Line::Aside, 0));
    assert_eq!(popped(&mut queue).len(), lane::ASIDE_BELOW, "with nothing else to do, a few at a time");
    (100..300).for_each(|key| queue.push(A, key, Line::Up, 0));
    let order = popped(&mut queue);
    let asides: Vec<usize> = (0..order.len()).filter(|at| order[*at].1 < 100).collect();
    assert_eq!(order.len(), 200 + asides.len());
    assert!(asides.windows(2).all(|two| two[1] - two[0] == lane::ASIDE_EACH), "{asides:?}");
    for (_, key) in order {
        queue.done(A, &key, false);
    }
    (0..lane::ASIDE_BELOW as i32).for_each(|key| {
        queue.done(A, &key, false);
    });
    let left = popped(&mut queue).len();
    assert!(left > 0 && !queue.is_drained(A));
}

#[test]
fn what_can_wait_does_so_while_a_single_key_that_could_not_is_worked_on() {
    let mut queue = queue(9, 9, &[A]);
    (0..6).for_each(|key| queue.push(A, key, Line::Aside, 0));
    queue.push(A, 100, Line::Up, 0);
    assert_eq!(popped(&mut queue), [(A, 100)]);
    queue.set_apart(A, &100);
    assert_eq!(popped(&mut queue), [], "it goes on at its tenant");
    queue.done(A, &100, true);
    queue.push(A, 100, Line::Up, 0);
    assert_eq!(queue.pop(), Some((A, 100, 0)), "again");
    assert_eq!(popped(&mut queue).len(), lane::ASIDE_BELOW - 1, "who failed may hang");
}

#[test]
fn what_could_wait_and_is_urgent_now_waits_no_more() {
    let mut queue = queue(9, 9, &[A]);
    (0..6).for_each(|key| queue.push(A, key, Line::Aside, 0));
    queue.push(A, 5, Line::Down, 1);
    assert_eq!(queue.pop(), Some((A, 5, 1)));
    assert_eq!(popped(&mut queue), []);
}

#[test]
fn what_goes_ahead_does_so_before_its_tenant_is_opened_and_before_all_else() {
    let mut queue = Queue::new(Limits { all: 9, of_tenant: 9 });
    queue.add(A);
    for (key, line) in [("list", Line::Resync), ("new", Line::Down), ("aside", Line::Aside)] {
        queue.push(A, key, line, 1);
    }
    assert_eq!(popped(&mut queue), []);
    queue.push(A, "new", Line::Ahead, 2);
    assert_eq!(queue.pop(), Some((A, "new", 2)));
    assert_eq!(popped(&mut queue), [], "nothing else");
    queue.push(A, "new", Line::Down, 3);
    queue.done(A, &"new", true);
    assert_eq!(queue.failures(A, &"new"), 1);
    assert_eq!(popped(&mut queue), [], "not again");
    assert!(!queue.is_drained(A));
    queue.open(A);
    queue.push(A, "list", Line::Ahead, 4);
    let keys: Vec<&str> = popped(&mut queue).into_iter().map(|(_, key)| key).collect();
    assert_eq!(keys, ["list", "new"]);
    for key in keys {
        queue.done(A, &key, false);
    }
    assert_eq!(queue.pop(), Some((A, "aside", 1)));
    queue.done(A, &"aside", false);
    assert!(queue.is_drained(A));
}

#[test]
fn what_waits_can_be_taken_back_and_others_go_on() {
    let mut queue = queue(9, 9, &[A, B]);
    queue.push(A, "k", Line::Down, 1);
    queue.push(B, "other", Line::Down, 2);
    assert_eq!((queue.take_back(A, &"k"), queue.take_back(A, &"k")), (Some(1), None));
    assert!(queue.is_drained(A));
    assert_eq!(queue.pop(), Some((B, "other", 2)));
    queue.push(A, "k", Line::Down, 3);
    assert_eq!(queue.pop(), Some((A, "k", 3)));
    queue.push(A, "k", Line::Up, 4);
    assert_eq!(queue.take_back(A, &"k"), Some(4), "what came while it is worked on");
    queue.done(A, &"k", false);
    assert_eq!(queue.pop(), None);
    queue.done(B, &"other", false);
    assert!(queue.is_drained(A) && queue.is_drained(B));
}

#[test]
fn what_is_pushed_and_taken_back_leaves_no_place_in_a_lane_that_gives_nothing_out() {
    let mut queue = Queue::new(Limits { all: 9, of_tenant: 9 });
    queue.add(A);
    queue.push(A, 0, Line::Resync, 0);
    // Each by itself, each in two lines, and one that comes and goes all the time.
    for key in 1..10_000 {
        for key in [key, 10_000] {
            queue.push(A, key, Line::Resync, 0);
            queue.push(A, key, Line::Down, 0);
            queue.take_back(A, &key);
        }
    }
    assert!(queue.lanes[&A].places() < 500, "{}", queue.lanes[&A].places());
    queue.push(A, 10_000, Line::Resync, 0);
    queue.open(A);
    assert_eq!(popped(&mut queue), [(A, 0), (A, 10_000)]);
}

#[test]
fn a_tenant_that_is_not_open_is_not_drained() {
    let mut queue: Queue<u8, u32> = Queue::new(Limits { all: 9, of_tenant: 9 });
    queue.add(A);
    assert!(!queue.is_drained(A));
    queue.open(A);
    assert!(queue.is_drained(A));
}

#[test]
fn a_tenant_at_its_limit_waits_while_others_go_on() {
    let mut queue = queue(9, 2, &[A, B]);
    (0..5).for_each(|key| queue.push(A, key, Line::Down, 0));
    queue.push(B, 9, Line::Down, 0);
    assert_eq!(popped(&mut queue), [(A, 0), (A, 1), (B, 9)]);
    queue.done(A, &0, false);
    assert_eq!(queue.pop().map(|(_, key, _)| key), Some(2));
}

#[test]
fn what_happens_now_goes_before_what_a_list_has_shown_and_does_not_stop_it() {
    let mut queue = queue(1000, 1000, &[A]);
    (0..100).for_each(|key| queue.push(A, key, Line::Resync, 0));
    (100..200).for_each(|key| queue.push(A, key, Line::Down, 0));
    let order: Vec<u32> = popped(&mut queue).into_iter().map(|(_, key)| key).collect();
    let of_list = |keys: &[u32]| keys.iter().filter(|key| **key < 100).count();
    assert!(order[0] >= 100 && of_list(&order[..90]) == 10, "{order:?}");
    assert_eq!(order.len(), 200);
}

#[test]
fn what_comes_up_does_not_wait_for_all_that_goes_down() {
    let mut queue = queue(1000, 1000, &[A]);
    (0..100).for_each(|key| queue.push(A, key, Line::Down, 0));
    queue.push(A, 100, Line::Up, 0);
    let before = popped(&mut queue).into_iter().take_while(|(_, key)| *key != 100).count();
    assert!(before <= 1, "{before}");
}

#[test]
fn a_key_of_a_list_that_changes_meanwhile_moves_to_the_front_and_comes_once() {
    let mut queue = queue(1000, 1000, &[A]);
    (0..50).for_each(|key| queue.push(A, key, Line::Resync, 0));
    queue.push(A, 40, Line::Down, 1);
    assert_eq!(queue.pop(), Some((A, 40, 1)));
    queue.done(A, &40, false);
    queue.push(A, 40, Line::Resync, 2);
    let times = popped(&mut queue).into_iter().filter(|(_, key)| *key == 40).count();
    assert_eq!(times, 1);
}

#[test]
fn a_key_that_left_an_entry_behind_is_not_given_out_by_it_while_it_is_worked_on() {
    let mut queue = queue(1000, 1000, &[A]);
    queue.push(A, 1, Line::Resync, 0);
    queue.push(A, 1, Line::Down, 0);
    assert_eq!(queue.pop(), Some((A, 1, 0)));
    queue.push(A, 1, Line::Resync, 5);
    queue.push(A, 2, Line::Resync, 0);
    assert_eq!(popped(&mut queue), [(A, 2)]);
    queue.done(A, &1, false);
    assert_eq!(popped(&mut queue), [(A, 1)]);
}

#[test]
fn a_lane_gives_nothing_before_it_is_open_and_takes_nothing_after_it_is_gone() {
    let mut queue: Queue<&str, u32> = Queue::new(Limits { all: 9, of_tenant: 9 });
    queue.push(A, "lost", Line::Down, 0);
    queue.add(A);
    queue.push(A, "k", Line::Down, 0);
    assert_eq!(queue.pop(), None);
    queue.open(A);
    assert_eq!(popped(&mut queue), [(A, "k")]);
    queue.remove(A);
    queue.push(A, "k", Line::Down, 0);
    assert_eq!(queue.pop(), None);
    queue.done(A, &"k", true);
    assert_eq!(queue.failures(A, &"k"), 0);
}

#[test]
fn while_all_places_are_taken_a_tenant_that_has_none_is_given_one() {
    let mut queue = queue(4, 4, &[A, B]);
    (0..8).for_each(|key| queue.push(A, key, Line::Down, 0));
    assert_eq!(popped(&mut queue).len(), 4);
    (8..12).for_each(|key| queue.push(B, key, Line::Up, 0));
    assert_eq!(popped(&mut queue), [(B, 8)]);
    queue.done(B, &8, false);
    assert_eq!(popped(&mut queue), [(B, 9)]);
    queue.done(A, &0, false);
    assert_eq!(popped(&mut queue), [], "there is one more than there are places");
    queue.done(A, &1, false);
    assert_eq!(popped(&mut queue).len(), 1);
}

#[test]
fn keys_that_wait_for_their_tenant_leave_their_places_to_others() {
    let mut queue = queue(5, 4, &[A, B]);
    queue.push(B, 8, Line::Down, 0);
    queue.pop();
    (0..8).for_each(|key| queue.push(A, key, Line::Down, 0));
    let silent = popped(&mut queue);
    queue.push(B, 9, Line::Down, 0);
    assert_eq!((silent.len(), queue.pop()), (4, None));
    silent.iter().for_each(|(tenant, key)| queue.set_apart(*tenant, key));
    assert_eq!(popped(&mut queue), [(B, 9)], "and none of A beyond its own limit");
    queue.done(B, &8, false);
    queue.done(B, &9, false);
    for (tenant, key) in &silent {
        queue.done(*tenant, key, false);
    }
    assert_eq!(popped(&mut queue).len(), 4);
}

#[test]
fn lengths_tell_what_waits_what_is_worked_on_and_what_failed() {
    let mut queue = queue(9, 1, &[A]);
    assert_eq!(queue.lengths(B), None);
    (0..3).for_each(|key| queue.push(A, key, Line::Down, key));
    queue.pop();
    queue.done(A, &0, true);
    queue.pop();
    let lengths = Lengths { waiting: 1, busy: 1, failing: 1, next: Some(&2) };
    assert_eq!(queue.lengths(A), Some(lengths));
}

#[test]
fn failures_are_counted_until_a_success() {
    let mut queue = queue(9, 2, &[A]);
    queue.push(A, "k", Line::Down, 0);
    queue.pop();
    for (failed, failures) in [(true, 1), (true, 2), (false, 0), (true, 1)] {
        queue.done(A, &"k", failed);
        assert_eq!(queue.failures(A, &"k"), failures);
    }
}

fn line() -> impl Strategy<Value = Line> {
    prop_oneof![Just(Line::Ahead), Just(Line::Down), Just(Line::Up), Just(Line::Resync), Just(Line::Aside)]
}

proptest! {
    #[test]
    fn no_key_is_lost_none_is_in_two_hands_and_of_who_is_not_open_only_what_goes_ahead_is_given_out(
        steps in prop::collection::vec((0u32..4, 0u8..6, line(), 0u8..5, any::<bool>()), 1..300),
    ) {
        let all: Vec<TenantId> = (0..4).map(TenantId).collect();
        let mut queue = queue(5, 3, &all[..2]);
        all.iter().for_each(|tenant| queue.add(*tenant));
        let (mut open, mut ahead) = (HashSet::from([all[0], all[1]]), HashSet::new());
        let (mut pushed, mut busy) = (HashSet::new(), Vec::<(TenantId, u8)>::new());
        for (tenant, key, line, step, failed) in steps {
            match step {
                0 => {
                    queue.push(TenantId(tenant), key, line, 0);
                    pushed.insert((TenantId(tenant), key));
                    if line == Line::Ahead {
                        ahead.insert((TenantId(tenant), key));
                    }
                }
                1 => if let Some((tenant, key, _)) = queue.pop() {
                    prop_assert!(!busy.contains(&(tenant, key)));
                    prop_assert!(ahead.remove(&(tenant, key)) || open.contains(&tenant));
                    pushed.remove(&(tenant, key));
                    busy.push((tenant, key));
                },
                2 => if let Some((tenant, key)) = busy.first() {
                    queue.set_apart(*tenant, key);
                },
                3 => {
                    queue.open(TenantId(tenant));
                    open.insert(TenantId(tenant));
                }
                _ => if let Some((tenant, key)) = busy.pop() {
                    queue.done(tenant, &key, failed);
                },
            }
        }
        all.iter().for_each(|tenant| queue.open(*tenant));
        while let Some((tenant, key)) = busy.pop() {
            queue.done(tenant, &key, false);
        }
        while let Some((tenant, key, _)) = queue.pop() {
            pushed.remove(&(tenant, key));
            queue.done(tenant, &key, false);
        }
        prop_assert!(pushed.is_empty(), "{pushed:?}");
        prop_assert!(all.iter().all(|tenant| queue.is_drained(*tenant)));
    }

    /// Whoever has a key waits for a quantum of each other tenant at most, whatever these have pushed and in which line.
    #[test]
    fn nobody_waits_longer_than_a_quantum_of_each_other_tenant(
        greedy in prop::collection::vec((0usize..400, line()), 1..12), modest in line(), given in 0usize..60,
    ) {
        let all: Vec<TenantId> = (0..=greedy.len()).map(|n| TenantId(n as u32)).collect();
        let mut queue = queue(usize::MAX, usize::MAX, &all);
        for (tenant, (keys, line)) in all[1..].iter().zip(&greedy) {
            (0..*keys).for_each(|key| queue.push(*tenant, key, *line, 0));
        }
        let given = (0..given).filter_map(|_| queue.pop()).count();
        queue.push(all[0], 0, modest, 0);
        let before = popped(&mut queue).into_iter().take_while(|(tenant, _)| *tenant != all[0]).count();
        prop_assert!(before <= greedy.len() * QUANTUM as usize, "{before} after {given}");
    }
}
