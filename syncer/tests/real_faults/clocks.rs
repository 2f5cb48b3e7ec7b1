//! Storms in which the syncer's clock jumps. The syncer is a task here: only then can its clock be moved by hand.

use std::time::Duration;

use jiff::SignedDuration;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tenantbench_syncer::{
    clock::Clock,
    run::{Health, Options, run},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    lanes::Lanes,
    oracle::Truth,
    schedule::{Event, Schedule, Size},
    stage::Stage,
    storms::{calm, foreign},
};

const LOAD: Size = Size { objects: 60, kills: 0, others: 0, longest: Duration::ZERO };
/// Acts from one jump to the next.
const PACE: usize = 8;
/// Acts that may be under way when the clock jumps.
const BACKLOG: usize = 12;

#[derive(Clone, Copy, Debug)]
enum Jump {
    /// The time of day is set, as by an operator.
    Set(SignedDuration),
    /// Time passes at once, as for a machine that slept.
    Pass(Duration),
    /// The syncer ends without notice, and starts by a clock that is right.
    Restart,
}

fn jump(rng: &mut StdRng) -> Jump {
    match rng.random_range(0..5) {
        0 | 1 => Jump::Set(SignedDuration::from_secs(rng.random_range(-100_000..100_000))),
        2 | 3 => Jump::Pass(Duration::from_secs(rng.random_range(1..5000))),
        _ => Jump::Restart,
    }
}

fn start(options: Options) -> JoinHandle<()> {
    tokio::spawn(async move {
        run(options, Health::default(), CancellationToken::new()).await.expect("the syncer runs");
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_in_which_the_clock_jumps_ends_with_both_sides_equal() {
    let (seed, mut rng) = (1, StdRng::seed_from_u64(1));
    let schedule = Schedule::new(seed, LOAD);
    let mut stage = Stage::set().await;
    let truth = Truth {
        names: stage.world.names.clone(),
        wishes: schedule.wishes.clone(),
        foreign: foreign(&stage).await,
    };
    let lanes = Lanes::start(stage.world.tenant.clone(), stage.world.host.clone(), truth.names.clone());
    let mut options = stage.world.options();
    let mut syncer = start(options.clone());
    for (at, event) in schedule.events.into_iter().enumerate() {
        if let Event::Load(thing, act) = event {
            lanes.push(thing, act);
        }
        if at % PACE == PACE - 1 {
            lanes.at_most(BACKLOG).await;
            let jump = jump(&mut rng);
            eprintln!("seed {seed}: {jump:?}");
            match jump {
                Jump::Set(by) => options.clock.set(by),
                Jump::Pass(by) => options.clock.pass(by),
                Jump::Restart => {
                    syncer.abort();
                    assert!(syncer.await.expect_err("it was cut short").is_cancelled());
                    options.clock = Clock::default();
                    syncer = start(options.clone());
                }
            }
        }
    }
    lanes.at_most(0).await;
    let equal = calm(&mut stage, &truth, Duration::from_secs(120)).await;
    assert_eq!(equal, Ok(()), "seed {seed}");
    syncer.abort();
}
