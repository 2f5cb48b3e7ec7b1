//! What happens in a storm: a pure function of a seed and a size.

use std::{
    collections::{BTreeMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};

use crate::{
    load::Load,
    thing::{Thing, Wish},
};

/// How large a storm is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    /// Objects that the tenant makes.
    pub(crate) objects: usize,
    /// Times that the syncer is killed with SIGKILL.
    pub(crate) kills: usize,
    /// Other faults.
    pub(crate) others: usize,
    /// The longest that something stays paused or cut off.
    pub(crate) longest: Duration,
}

/// A program that faults are done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    HostEtcd,
    TenantEtcd,
    HostApi,
    TenantApi,
}

/// One of the two clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Host,
    Tenant,
}

/// What can happen to the connections between the syncer and an API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// They are reset, and none can be opened.
    Cut,
    /// They stay, and nothing comes through.
    Stalled,
    /// The API server's half of each is closed.
    HalfClosed,
}

/// A moment in a life of the syncer, told by what it has done and not by a clock: a loaded machine changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// It has sent so many bytes.
    Sent(u64),
    /// It was sent so many bytes.
    Received(u64),
}

/// A fault. Those with a time last that long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// SIGKILL of the syncer at that moment, or when it has come to rest before it; and a start.
    KillSyncer(Moment),
    /// SIGKILL of the syncer; history is compacted while it is away.
    Away(Duration),
    /// SIGSTOP of the syncer.
    PauseSyncer(Duration),
    /// SIGKILL, and a start.
    Kill(Target, Duration),
    /// SIGSTOP.
    Pause(Target, Duration),
    /// Trouble with the network.
    Network(Side, Trouble, Duration),
    /// The syncer is cut off while the API server starts anew with its history compacted, so that its watches lapse.
    Lapse(Side, Duration),
    /// The tenant's etcd has no room for writes.
    FullDisk(Duration),
}

impl Target {
    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::HostEtcd => "host-etcd",
            Self::TenantEtcd => "tenant-etcd",
            Self::HostApi => "host-apiserver",
            Self::TenantApi => "tenant-apiserver",
        }
    }

    /// The API server of a side.
    pub(crate) fn api(side: Side) -> Self {
        if side == Side::Host { Self::HostApi } else { Self::TenantApi }
    }

    /// The etcd of a side.
    pub(crate) fn etcd(side: Side) -> Self {
        if side == Side::Host { Self::HostEtcd } else { Self::TenantEtcd }
    }
}

impl Fault {
    /// The programs that it kills with SIGKILL, as often as it does.
    fn kills(self) -> Vec<&'static str> {
        match self {
            Self::KillSyncer(_) | Self::Away(_) => vec!["syncer"],
            Self::Kill(target, _) => vec![target.program()],
            Self::Lapse(side, _) => vec![Target::api(side).program()],
            Self::FullDisk(_) => vec![Target::TenantEtcd.program(); 2],
            Self::PauseSyncer(_) | Self::Pause(..) | Self::Network(..) => Vec::new(),
        }
    }
}

/// What someone does by hand to a copy on the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drift {
    Edit,
    Delete,
    StripLabels,
}

/// What happens to one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Make(Wish),
    Change(Wish),
    Delete { forced: bool },
    Drift(Drift),
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Load(Thing, Act),
    Fault(Fault),
}

/// A whole storm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    pub(crate) events: Vec<Event>,
    /// What the tenant wants to have in the end.
    pub(crate) wishes: BTreeMap<Thing, Wish>,
}

impl Schedule {
    /// The storm of a seed.
    pub(crate) fn new(seed: u64, size: Size) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut load = Load::default();
        (0..size.objects).for_each(|_| load.go_on(&mut rng));
        let mut events: Vec<Event> =
            load.acts.into_iter().map(|(thing, act)| Event::Load(thing, act)).collect();
        for fault in faults(seed, size, &mut rng) {
            // Not before there is anything to be at fault with.
            let at = rng.random_range(events.len() / 20..=events.len());
            events.insert(at, Event::Fault(fault));
        }
        Self { events, wishes: load.wishes }
    }

    pub(crate) fn faults(&self) -> impl Iterator<Item = Fault> {
        self.events.iter().filter_map(|event| match event {
            Event::Fault(fault) => Some(*fault),
            Event::Load(..) => None,
        })
    }

    /// Tells whether two storms are the same.
    pub(crate) fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        format!("{:?}", self.events).hash(&mut hasher);
        hasher.finish()
    }
}

impl std::fmt::Display for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut kills = BTreeMap::<&str, usize>::new();
        for program in self.faults().flat_map(Fault::kills) {
            *kills.entry(program).or_default() += 1;
        }
        let made = self.events.iter().filter(|event| matches!(event, Event::Load(_, Act::Make(_)))).count();
        write!(
            f,
            "{} events, {made} objects made, {} wished for in the end; {} faults, {} kills -9 {kills:?}",
            self.events.len(),
            self.wishes.len(),
            self.faults().count(),
            kills.values().sum::<usize>(),
        )
    }
}

/// The faults of a storm in the order in which they are to be put into it.
fn faults(seed: u64, size: Size, rng: &mut StdRng) -> Vec<Fault> {
    let mut faults: Vec<Fault> =
        (0..size.kills).map(|_| Fault::KillSyncer(moment(size.objects, rng))).collect();
    // A few seeds in a row have every kind of fault.
    let start = usize::try_from(seed).unwrap_or_default().wrapping_mul(size.others);
    faults.extend((0..size.others).map(|at| other(start.wrapping_add(at), size.longest, rng)));
    faults.shuffle(rng);
    faults
}

/// At its start, in its lists, at its first writes or well into its work, one as likely as the other.
fn moment(objects: usize, rng: &mut StdRng) -> Moment {
    let scale = f64::from(objects.max(2).ilog2());
    let mut bytes = |from: f64, to: f64| rng.random_range(from..to).exp2() as u64;
    let (sent, received) = (bytes(9.0, 10.0 + scale), bytes(11.0, 13.0 + scale));
    if rng.random() { Moment::Sent(sent) } else { Moment::Received(received) }
}

fn other(number: usize, longest: Duration, rng: &mut StdRng) -> Fault {
    use {Fault::*, Side::*, Target::*, Trouble::*};
    let time = longest.mul_f64(rng.random_range(0.1..1.0));
    // Long enough that calls are given up, where that is wanted at all.
    let long = longest.mul_f64(rng.random_range(0.8..1.0));
    let short = time.min(Duration::from_secs(3));
    let all = [
        Kill(TenantApi, short),
        Pause(HostApi, long),
        Network(Tenant, Cut, time),
        Lapse(Host, short),
        Away(short),
        FullDisk(short),
        Kill(HostEtcd, short),
        Network(Host, Stalled, long),
        Pause(TenantApi, long),
        Kill(HostApi, short),
        PauseSyncer(long),
        Network(Host, HalfClosed, short),
        Pause(TenantEtcd, time),
        Lapse(Tenant, short),
        Network(Tenant, Stalled, time),
        Kill(TenantEtcd, short),
        Pause(HostEtcd, time),
        Network(Host, Cut, time),
        Network(Tenant, HalfClosed, short),
    ];
    all[number % all.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn size(objects: usize, kills: usize, others: usize) -> Size {
        Size { objects, kills, others, longest: Duration::from_secs(1) }
    }

    proptest! {
        #[test]
        fn the_same_seed_gives_the_same_storm(seed: u64, objects in 20..200usize, kills in 0..20usize) {
            let size = size(objects, kills, 7);
            prop_assert_eq!(Schedule::new(seed, size), Schedule::new(seed, size));
        }

        #[test]
        fn a_storm_has_all_that_it_is_to_have(seed: u64, objects in 20..200usize, kills in 0..20usize) {
            let storm = Schedule::new(seed, size(objects, kills, 7));
            let is_kill = |event: &&Event| matches!(event, Event::Fault(Fault::KillSyncer(_)));
            prop_assert_eq!(storm.events.iter().filter(is_kill).count(), kills);
            let is_first = |event: &&Event| matches!(event, Event::Load(_, Act::Make(wish)) if wish.life == 1);
            prop_assert_eq!(storm.events.iter().filter(is_first).count(), objects);
        }

        #[test]
        fn what_is_wished_in_the_end_is_what_was_done_last(seed: u64) {
            let storm = Schedule::new(seed, size(150, 0, 0));
            let mut last = std::collections::BTreeMap::new();
            for event in storm.events {
                match event {
                    Event::Load(thing, Act::Make(wish) | Act::Change(wish)) => {
                        last.insert(thing, (wish.life, wish.version));
                    }
                    Event::Load(thing, Act::Delete { .. }) => {
                        last.remove(&thing);
                    }
                    _ => {}
                }
            }
            let wished: std::collections::BTreeMap<_, _> =
                storm.wishes.iter().map(|(thing, wish)| (*thing, (wish.life, wish.version))).collect();
            prop_assert_eq!(wished, last);
        }
    }

    #[test]
    fn three_seeds_in_a_row_have_every_fault() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 1..=3 {
            for event in Schedule::new(seed, size(50, 0, 7)).events {
                if let Event::Fault(fault) = event {
                    let text = format!("{fault:?}");
                    seen.insert(
                        text.split_once(|c: char| c.is_ascii_digit())
                            .map_or(text.clone(), |(head, _)| head.to_owned()),
                    );
                }
            }
        }
        assert_eq!(seen.len(), 19, "{seen:?}");
    }
}
