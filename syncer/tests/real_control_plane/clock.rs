//! The syncer's clock: set forward and back, and an hour that passes at once.

use std::time::Duration;

use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::{
    Api,
    runtime::{WatchStreamExt, watcher},
};
use tenantbench_syncer::clock::Clock;
use tokio::sync::mpsc;

use crate::support::{Running, World, create, is_ready, pod, soon, until};

const MINUTE: Duration = Duration::from_secs(60);
const HOURS: SignedDuration = SignedDuration::from_secs(5 * 3600);

/// The times at which a token was made anew, as a watch tells.
struct Mints {
    events: mpsc::UnboundedReceiver<Secret>,
    last: Option<Secret>,
}

impl Mints {
    fn of(secrets: Api<Secret>) -> Self {
        let (told, events) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let config = watcher::Config::default().labels("tenantbench.dev/role=pod-token");
            let watch = watcher(secrets, config).applied_objects();
            let mut watch = std::pin::pin!(watch);
            while let Ok(Some(secret)) = watch.try_next().await {
                if told.send(secret).is_err() {
                    return;
                }
            }
        });
        Self { events, last: None }
    }

    /// Waits for the next one.
    async fn next(&mut self) {
        self.last = soon("a token", self.events.recv()).await;
    }

    /// What an annotation of the last one says.
    fn time(&self, annotation: &str) -> Timestamp {
        let annotations = self.last.as_ref().and_then(|secret| secret.metadata.annotations.as_ref());
        let text = annotations.and_then(|all| all.get(annotation)).expect("the annotation");
        text.parse().expect("a time")
    }
}

/// A syncer that is ready has a pod through, with its first token.
async fn first_mint(world: &World, syncer: &Running) -> Mints {
    syncer.ready().await;
    let mut mints = Mints::of(world.host_api());
    let pods = world.tenant_api::<Pod>("default");
    create(&pods, pod("web", None)).await;
    until("the pod to be Ready", &pods, "web", is_ready).await;
    mints.next().await;
    mints
}

/// Lets some time pass in steps, in which whatever loops would loop, and then has another pod through.
async fn let_it_work(world: &World, clock: &Clock, marker: &str) {
    let pods = world.tenant_api::<Pod>("default");
    for step in 0..3 {
        clock.pass(MINUTE / 2);
        let name = format!("{marker}-{step}");
        let mut marker = pod(&name, None);
        marker["spec"]["automountServiceAccountToken"] = false.into();
        create(&pods, marker).await;
        until("the marker to be Ready", &pods, &name, is_ready).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_made_anew_once_and_in_time_however_the_clock_jumps() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let options = world.options();
    let clock = options.clock.clone();
    let syncer = world.launch(options);
    let mut mints = first_mint(&world, &syncer).await;
    let due = |mints: &Mints| {
        let life =
            mints.time("tenantbench.dev/refresh-at").duration_since(mints.time("tenantbench.dev/minted-at"));
        life.as_secs()
    };
    // 80 % of an hour.
    assert_eq!(due(&mints), 2880);

    // Set back: nothing is due, and nothing is late for it.
    clock.set(-HOURS);
    let_it_work(&world, &clock, "back").await;
    assert!(mints.events.is_empty());
    clock.pass(47 * MINUTE);
    mints.next().await;
    assert_eq!(due(&mints), 2880);

    // Set forward: as after a sleep, all may be due, once.
    clock.set(HOURS);
    let_it_work(&world, &clock, "forward").await;
    mints.next().await;
    assert_eq!(due(&mints), 2880);
    let_it_work(&world, &clock, "calm").await;
    assert!(mints.events.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_an_earlier_run_made_by_a_clock_of_the_future_is_replaced_at_the_start() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let mut options = world.options();
    options.clock.set(HOURS);
    let syncer = world.launch(options.clone());
    let mut mints = first_mint(&world, &syncer).await;
    syncer.stop().await;
    options.clock = Clock::default();
    let _syncer = world.launch(options);
    mints.next().await;
    assert!(mints.time("tenantbench.dev/minted-at") <= Timestamp::now());
}
