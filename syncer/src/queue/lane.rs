//! One tenant's keys, in lines: what goes ahead at a start, what the tenant asks for, what becomes of it, what lists have
//! shown, and what can wait for all of these.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::Hash,
};

use super::{Lengths, Merge};
use crate::{kinds::Side, room::Room};

/// In which line of its tenant a key waits. The first ones are about what happens now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    /// What needs to know so little that it goes before the tenant is opened, and before all else.
    Ahead,
    /// News of the tenant, on its way to the host.
    Down,
    /// News of the host, on its way to the tenant.
    Up,
    /// What a list has shown, or time alone asks for.
    Resync,
    /// What nobody waits for: it goes while nothing else is under way, but for what failed last time, and otherwise in
    /// each 32nd turn.
    Aside,
}

impl From<Side> for Line {
    /// Where keys wait that a side has something new about.
    fn from(side: Side) -> Self {
        match side {
            Side::Tenant => Self::Down,
            Side::Host => Self::Up,
        }
    }
}

const LINES: [Line; 5] = [Line::Ahead, Line::Down, Line::Up, Line::Resync, Line::Aside];

/// Turns of which one is for what can wait, however much else there is to do.
pub(super) const ASIDE_EACH: usize = 32;
/// While nothing else is worked on, as many that can wait may go at once.
pub(super) const ASIDE_BELOW: usize = 4;

/// Whose turn it is within a tenant. A line that is empty leaves its turn to the others, so none waits for ever and none
/// idles.
const TURNS: [Line; 9] =
    [Line::Down, Line::Up, Line::Down, Line::Up, Line::Down, Line::Up, Line::Down, Line::Up, Line::Resync];

/// Places of a line that nothing waits in any more and that do not matter.
const SPARE: usize = 64;

/// A key that is worked on.
#[derive(Debug)]
struct Busy {
    /// Against the limit of all tenants.
    counts: bool,
    is_urgent: bool,
}

#[derive(Debug)]
pub(super) struct Lane<K, V> {
    lines: [VecDeque<K>; LINES.len()],
    /// What waits, in a line or, while its key is worked on, for that to end.
    waiting: HashMap<K, (Line, V)>,
    /// Keys that wait in each line. A line may hold more: keys that have moved to a more urgent one.
    ready: [usize; LINES.len()],
    busy: HashMap<K, Busy>,
    /// Keys of those worked on that what can wait does so for.
    urgent: usize,
    failures: HashMap<K, u32>,
    turn: usize,
    /// How many keys may be worked on at once.
    most: usize,
    pub(super) deficit: u32,
    pub(super) in_ring: bool,
    pub(super) is_open: bool,
}

impl<K: Clone + Eq + Hash, V: Merge> Lane<K, V> {
    /// A closed one.
    pub(super) fn new(most: usize) -> Self {
        Self {
            lines: Default::default(),
            waiting: HashMap::new(),
            ready: Default::default(),
            busy: HashMap::new(),
            urgent: 0,
            failures: HashMap::new(),
            turn: 0,
            most: most.max(1),
            deficit: 0,
            in_ring: false,
            is_open: false,
        }
    }

    /// Adds a key or, where it waits already, merges `value` into what waits; it then waits in the more urgent line.
    pub(super) fn push(&mut self, key: K, line: Line, value: V) {
        let is_busy = self.busy.contains_key(&key);
        match self.waiting.get_mut(&key) {
            Some((present, waiting)) => {
                waiting.merge(value);
                if line >= *present {
                    return;
                }
                self.ready[*present as usize] -= usize::from(!is_busy);
                *present = line;
            }
            None => {
                self.waiting.insert(key.clone(), (line, value));
            }
        }
        if !is_busy {
            self.ready[line as usize] += 1;
            self.line(line).push_back(key);
        }
    }

    /// What waits for a key.
    pub(super) fn waiting(&self, key: &K) -> Option<&V> {
        self.waiting.get(key).map(|(_, value)| value)
    }

    /// Takes away what waits for a key.
    pub(super) fn take_back(&mut self, key: &K) -> Option<V> {
        let (line, value) = self.waiting.remove(key)?;
        self.ready[line as usize] -= usize::from(!self.busy.contains_key(key));
        LINES.into_iter().for_each(|line| self.tidy(line));
        Some(value)
    }

    /// That a key has failed is forgotten.
    pub(super) fn forgive(&mut self, key: &K) {
        self.failures.remove(key);
    }

    /// Clears a line where most places in it are of keys that wait there no more: of a lane that is closed nothing is
    /// taken, which would do so.
    fn tidy(&mut self, line: Line) {
        let places = &mut self.lines[line as usize];
        if places.len() <= 2 * self.ready[line as usize] + SPARE {
            return;
        }
        let (waiting, busy, mut kept) = (&self.waiting, &self.busy, HashSet::new());
        let waits = |key: &K| waiting.get(key).is_some_and(|(present, _)| *present == line);
        places.retain(|key| waits(key) && !busy.contains_key(key) && kept.insert(key.clone()));
    }

    /// Whether there is a key to give out now.
    pub(super) fn may_give(&self) -> bool {
        let is_calm = self.urgent == 0 && self.busy.len() < ASIDE_BELOW;
        let is_due = |line: Line| match line {
            Line::Ahead => true,
            Line::Aside => self.is_open && (is_calm || self.is_turn_of_asides()),
            Line::Down | Line::Up | Line::Resync => self.is_open,
        };
        let has_one = LINES.into_iter().any(|line| self.ready[line as usize] > 0 && is_due(line));
        has_one && self.busy.len() < self.most
    }

    /// Whether no key is worked on.
    pub(super) fn is_idle(&self) -> bool {
        self.busy.is_empty()
    }

    fn is_turn_of_asides(&self) -> bool {
        self.turn % ASIDE_EACH == ASIDE_EACH - 1
    }

    /// The next key.
    pub(super) fn pop(&mut self) -> Option<(K, V)> {
        let first = match self.ready[Line::Ahead as usize] {
            0 if self.is_turn_of_asides() => Line::Aside,
            0 => TURNS[self.turn % TURNS.len()],
            _ => Line::Ahead,
        };
        self.turn += 1;
        let others = LINES.into_iter().filter(|line| *line != first);
        let key = std::iter::once(first).chain(others).find_map(|line| self.take(line))?;
        let (line, value) = self.waiting.remove(&key)?;
        self.ready[line as usize] -= 1;
        // One that failed may well hang for as long as a call may take.
        let is_urgent = line != Line::Aside && !self.failures.contains_key(&key);
        self.urgent += usize::from(is_urgent);
        self.busy.insert(key.clone(), Busy { counts: true, is_urgent });
        Some((key, value))
    }

    /// The first key of a line that still waits there. One that has moved on, or is worked on since, gets its place when
    /// that is done.
    fn take(&mut self, line: Line) -> Option<K> {
        while let Some(key) = self.line(line).pop_front() {
            let still_waits = self.waiting.get(&key).is_some_and(|(present, _)| *present == line);
            if still_waits && !self.busy.contains_key(&key) {
                return Some(key);
            }
        }
        None
    }

    /// A key that is worked on counts no more. Returns whether it did.
    pub(super) fn set_apart(&mut self, key: &K) -> bool {
        self.busy.get_mut(key).is_some_and(|busy| std::mem::take(&mut busy.counts))
    }

    /// Keys that are worked on and count against the limit of all tenants.
    pub(super) fn counted(&self) -> usize {
        self.busy.values().filter(|busy| busy.counts).count()
    }

    /// A key has been worked on. Returns whether it still counted.
    pub(super) fn done(&mut self, key: &K, failed: bool) -> bool {
        let busy = self.busy.remove(key);
        let counted = busy.as_ref().is_some_and(|busy| busy.counts);
        self.urgent -= usize::from(busy.is_some_and(|busy| busy.is_urgent));
        if let Some((line, _)) = self.waiting.get(key) {
            let line = *line;
            self.ready[line as usize] += 1;
            self.line(line).push_back(key.clone());
        }
        if failed {
            *self.failures.entry(key.clone()).or_default() += 1;
        } else {
            self.failures.remove(key);
        }
        counted
    }

    /// How often in a row a key has failed.
    pub(super) fn failures(&self, key: &K) -> u32 {
        self.failures.get(key).copied().unwrap_or_default()
    }

    /// Places in all lines.
    #[cfg(test)]
    pub(super) fn places(&self) -> usize {
        self.lines.iter().map(VecDeque::len).sum()
    }

    pub(super) fn shrink(&mut self) {
        self.lines.iter_mut().for_each(Room::shrink);
        self.waiting.shrink();
        self.busy.shrink();
        self.failures.shrink();
    }

    pub(super) fn is_drained(&self) -> bool {
        self.is_open && self.waiting.is_empty() && self.busy.is_empty()
    }

    pub(super) fn lengths(&self) -> Lengths<'_, V> {
        let next = self.lines.iter().flatten().find_map(|key| self.waiting.get(key));
        Lengths {
            waiting: self.waiting.len(),
            busy: self.busy.len(),
            failing: self.failures.len(),
            next: next.map(|(_, value)| value),
        }
    }

    fn line(&mut self, line: Line) -> &mut VecDeque<K> {
        &mut self.lines[line as usize]
    }
}
