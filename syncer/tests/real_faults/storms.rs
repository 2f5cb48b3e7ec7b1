//! Storms: load and faults at once, by a seed, and what must be true when it is over.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    str::FromStr,
    time::{Duration, Instant},
};

use kube::{
    api::{ObjectMeta, PostParams},
    core::DynamicObject,
};
use serde_json::json;

use crate::{
    faults::Faults,
    lanes::Lanes,
    oracle::Truth,
    schedule::{Event, Schedule, Size},
    stage::Stage,
    support::HOST_NAMESPACE,
    thing::Kind,
    watching::until_equal,
};

/// Acts that may be under way when a fault begins.
const BACKLOG: usize = 48;
const TICK: Duration = Duration::from_millis(500);

const SMALL: Size = Size { objects: 120, kills: 8, others: 7, longest: Duration::from_millis(1500) };

#[tokio::test(flavor = "multi_thread")]
async fn a_first_small_storm_ends_with_both_sides_equal() {
    weather(Stage::set().await, 1, SMALL, Duration::from_secs(120)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_small_storm_ends_with_both_sides_equal() {
    weather(Stage::set().await, 2, SMALL, Duration::from_secs(120)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_small_storm_ends_with_both_sides_equal() {
    weather(Stage::set().await, 3, SMALL, Duration::from_secs(120)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_storm_over_shared_watches_ends_with_both_sides_equal() {
    weather(Stage::set_for_many().await, 4, SMALL, Duration::from_secs(120)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes many minutes: the nightly size, or what TENANTBENCH_FAULT_{SEED,KILLS,OBJECTS,OTHERS,PAUSE,TOGETHER} say"]
async fn nightly() {
    let kills = variable("KILLS", 200);
    let size = Size {
        objects: variable("OBJECTS", 5000),
        kills,
        others: variable("OTHERS", kills / 5),
        longest: Duration::from_secs(variable("PAUSE", 30)),
    };
    let stage = if variable("TOGETHER", false) { Stage::set_for_many().await } else { Stage::set().await };
    weather(stage, variable("SEED", 1), size, Duration::from_secs(900)).await;
}

fn variable<T: FromStr<Err: Debug>>(name: &str, otherwise: T) -> T {
    let text = std::env::var(format!("TENANTBENCH_FAULT_{name}"));
    text.map_or(otherwise, |text| text.parse().expect("a number"))
}

/// Goes through a whole storm.
async fn weather(mut stage: Stage, seed: u64, size: Size, longest_calm: Duration) {
    let schedule = Schedule::new(seed, size);
    eprintln!("seed {seed}: {size:?}, schedule {:016x}", schedule.digest());
    let truth = Truth {
        names: stage.world.names.clone(),
        wishes: schedule.wishes.clone(),
        foreign: foreign(&stage).await,
    };
    let began = Instant::now();
    storm(&schedule, &mut stage, &truth).await;
    let stormed = began.elapsed();
    let equal = calm(&mut stage, &truth, longest_calm).await;
    let summary = format!(
        "seed {seed}: {schedule}; storm {:.0} s, equal after {:.1} s",
        stormed.as_secs_f64(),
        (began.elapsed() - stormed).as_secs_f64(),
    );
    eprintln!("{summary}");
    if let Err(wrong) = equal {
        let log = stage.syncer.log();
        let lines: Vec<&str> = log.lines().collect();
        eprintln!("{}", lines[lines.len().saturating_sub(40)..].join("\n"));
        panic!("{summary}; {} differences:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
    }
    // Once more, and for good: a start finds nothing to do.
    stage.syncer.kill();
    stage.start_syncer();
    stage.until_ready().await;
    let equal = calm(&mut stage, &truth, longest_calm).await;
    assert_eq!(equal, Ok(()), "{summary}: after another start");
}

async fn storm(schedule: &Schedule, stage: &mut Stage, truth: &Truth) {
    let lanes = Lanes::start(stage.world.tenant.clone(), stage.world.host.clone(), truth.names.clone());
    let (mut faults, began, mut begun) = (Faults::default(), Instant::now(), 0);
    stage.start_syncer();
    for event in schedule.events.clone() {
        match event {
            Event::Load(thing, act) => lanes.push(thing, act),
            Event::Fault(fault) => {
                go_on(stage, &mut faults, &lanes, BACKLOG).await;
                begun += 1;
                let seconds = began.elapsed().as_secs();
                eprintln!("{seconds} s: fault {begun} of {}: {fault:?}", schedule.faults().count());
                faults.begin(fault, stage).await;
            }
        }
    }
    go_on(stage, &mut faults, &lanes, 0).await;
    while faults.next_end().is_some() {
        faults.end_first(stage).await;
    }
    stage.until_servers_answer().await;
}

/// Waits until nothing differs, while whatever ends by itself is started again.
///
/// # Errors
/// What still differs after `longest`.
pub(crate) async fn calm(stage: &mut Stage, truth: &Truth, longest: Duration) -> Result<(), Vec<String>> {
    let clusters = [stage.world.tenant.clone(), stage.world.host.clone()];
    let mut equal = std::pin::pin!(until_equal(clusters, truth, longest));
    loop {
        tokio::select! {
            equal = &mut equal => return equal,
            () = tokio::time::sleep(TICK) => stage.revive(|_| false),
        }
    }
}

/// Waits until at most so many acts are under way. Faults end meanwhile, and what has ended by itself is started.
async fn go_on(stage: &mut Stage, faults: &mut Faults, lanes: &Lanes, most: usize) {
    loop {
        let tick =
            faults.next_end().map_or(TICK, |at| at.saturating_duration_since(Instant::now()).min(TICK));
        tokio::select! {
            () = lanes.at_most(most) => return,
            () = tokio::time::sleep(tick) => {}
        }
        if faults.next_end().is_some_and(|at| at <= Instant::now()) {
            faults.end_first(stage).await;
        }
        stage.revive(|program| faults.holds(program));
    }
}

/// Objects in the host namespace that are not the syncer's, one of which imitates a copy.
pub(crate) async fn foreign(stage: &Stage) -> BTreeMap<(Kind, String), DynamicObject> {
    let imitation = ObjectMeta {
        labels: Some(
            [("tenantbench.dev/vcluster", "vc"), ("tenantbench.dev/namespace", "default")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
        ),
        annotations: Some(
            [("tenantbench.dev/name", "map-0"), ("tenantbench.dev/uid", "nobody")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
        ),
        ..ObjectMeta::default()
    };
    let objects = [
        (Kind::ConfigMap, "theirs", ObjectMeta::default(), json!({"data": {"k": "theirs"}})),
        (Kind::Secret, "theirs", ObjectMeta::default(), json!({"stringData": {"k": "theirs"}})),
        (Kind::Service, "theirs", ObjectMeta::default(), json!({"spec": {"ports": [{"port": 80}]}})),
        (Kind::ConfigMap, "imitation", imitation.clone(), json!({"data": {"k": "theirs"}})),
        (Kind::Secret, "imitation", imitation, json!({"stringData": {"k": "theirs"}})),
    ];
    let mut made = BTreeMap::new();
    for (kind, name, metadata, data) in objects {
        let metadata = ObjectMeta { name: Some(name.to_owned()), ..metadata };
        let object = DynamicObject { types: None, metadata, data };
        let api = kind.api(&stage.world.host, HOST_NAMESPACE);
        let object = api.create(&PostParams::default(), &object).await.expect("is accepted");
        made.insert((kind, name.to_owned()), object);
    }
    made
}
