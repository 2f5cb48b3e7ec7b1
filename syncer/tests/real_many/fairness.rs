//! Greedy tenants beside modest ones. The host is a real API server with a node for each tenant; the tenants are a test
//! double, so that what the machine has goes to what they share. Figures in JSON, of the size of VirtualCluster's paper:
//! `cargo test --workspace --test real_many -- --ignored --nocapture greedy_tenants_beside`,
//! smaller with `TENANTBENCH_FAIRNESS=2x200+8` (greedy ones, pods of each, modest ones).

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures::{StreamExt, future::join_all};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client,
    api::{DeleteParams, ListParams},
    runtime::{WatchStreamExt, watcher},
};
use serde_json::{Value, json};
use tenantbench_syncer::names::Names;
use tokio::{sync::watch, task::JoinHandle};

use crate::{
    figures::{Figures, ratios},
    idle::LIMIT,
    played::{NAMESPACE, Played, PlayedTenant},
    support::{MountingNode, SyncerProgram, World, create, is_ready, pod, prepare_namespace},
    told::until_ready,
};

/// With and without the greedy ones, one after the other, in an order that changes.
const ROUNDS: usize = 2;
/// Pods that a modest one makes, one after the other.
const EACH: usize = 10;

#[derive(Clone, Copy)]
struct Size {
    greedy: usize,
    pods: usize,
    modest: usize,
}

impl Size {
    fn wanted() -> Self {
        let text = std::env::var("TENANTBENCH_FAIRNESS").unwrap_or_else(|_| "10x900+40".to_owned());
        let numbers: Vec<usize> =
            text.split(['x', '+']).map(|number| number.parse().expect("a number")).collect();
        let [greedy, pods, modest] = numbers[..] else { panic!("{text}: not as in 10x900+40") };
        Self { greedy, pods, modest }
    }

    fn names(self) -> impl Iterator<Item = String> {
        let greedy = (0..self.greedy).map(|number| format!("greedy-{number}"));
        greedy.chain((0..self.modest).map(|number| format!("modest-{number}")))
    }
}

/// When a host pod was first seen, and first seen to be Ready.
#[derive(Clone, Copy)]
struct Seen {
    first: Instant,
    ready: Option<Instant>,
}

/// A modest tenant and what a watch of its host namespace shows.
struct Modest {
    tenant: PlayedTenant,
    names: Names,
    seen: watch::Receiver<HashMap<String, Seen>>,
    watching: JoinHandle<()>,
}

impl Drop for Modest {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

/// One pod's way.
struct Way {
    down: Duration,
    up: Duration,
    whole: Duration,
}

impl Modest {
    fn new(tenant: PlayedTenant, name: &str, host: Client) -> Self {
        let namespace = format!("tenant-{name}");
        let (sender, seen) = watch::channel(HashMap::new());
        let pods: Api<Pod> = Api::namespaced(host, &namespace);
        let watching = tokio::spawn(async move {
            let shown = watcher(pods, watcher::Config::default()).default_backoff().applied_objects();
            let noted = shown.for_each(|pod| {
                if let Ok(pod) = pod {
                    let now = Instant::now();
                    sender.send_modify(|all: &mut HashMap<String, Seen>| {
                        let name = pod.metadata.name.clone().unwrap_or_default();
                        let seen = all.entry(name).or_insert(Seen { first: now, ready: None });
                        seen.ready = seen.ready.or_else(|| is_ready(Some(&pod)).then_some(now));
                    });
                }
                std::future::ready(())
            });
            noted.await;
        });
        Self { tenant, names: Names::new(name, &namespace), seen, watching }
    }

    /// Makes a pod and waits until the tenant sees it Ready.
    async fn one(&self, name: &str) -> Way {
        let on_host = self.names.host(NAMESPACE, name);
        let mut seen = self.seen.clone();
        let began = Instant::now();
        self.tenant.create(name, of_tenant());
        let in_tenant = async {
            self.tenant.is_ready(name).await;
            Instant::now()
        };
        let on_host = seen.wait_for(|all| all.get(&on_host).is_some_and(|seen| seen.ready.is_some()));
        let (done, seen) = tokio::join!(in_tenant, async { on_host.await.map(|_| ()) });
        seen.expect("the watch goes on");
        let seen = self.seen.borrow()[&self.names.host(NAMESPACE, name)];
        Way {
            down: seen.first - began,
            up: done.saturating_duration_since(seen.ready.expect("it is Ready")),
            whole: done - began,
        }
    }
}

/// A pod as a tenant's API server has it: with a token.
fn of_tenant() -> Value {
    let mut pod = pod("p", None);
    pod["spec"]["serviceAccountName"] = json!("default");
    pod["spec"]["volumes"] = json!([{"name": "token", "projected": {"sources": [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}},
    ]}}]);
    pod["spec"]["containers"][0]["volumeMounts"] = json!([{"name": "token", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": true}]);
    pod
}

/// What the host itself takes for a pod that is made there by somebody who is no tenant, one after the other until `stop`.
async fn straight(host: Client, round: String, stop: Arc<AtomicBool>) -> Vec<Duration> {
    let pods: Api<Pod> = Api::namespaced(host, "straight");
    let mut took = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let name = format!("straight-{round}-{}", took.len());
        let began = Instant::now();
        create(&pods, pod(&name, None)).await;
        took.push(began.elapsed());
        pods.delete(&name, &DeleteParams::default().grace_period(0)).await.expect("may delete");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    took
}

struct Lab {
    world: World,
    size: Size,
    played: Played,
    modest: Vec<Modest>,
    nodes: Vec<MountingNode>,
    _syncer: SyncerProgram,
}

impl Lab {
    async fn start(size: Size) -> Self {
        let mut world = World::start().await;
        world.stop_tenant();
        let played = Played::start(world.folder(), size.names()).await;
        let tenants = world.folder().join("tenants");
        fs_err::create_dir(&tenants).expect("is made");
        for name in size.names() {
            world.host_namespace(&format!("tenant-{name}")).await;
            let made = world.kubeconfig_of(&name, &format!("https://{}/{name}", played.server.address));
            fs_err::copy(made, tenants.join(format!("{name}.kubeconfig"))).expect("is copied");
        }
        prepare_namespace(&world.host, "straight").await;
        let nodes = size.names().map(|name| world.host_node_in(&format!("tenant-{name}"))).collect();
        let syncer = SyncerProgram::of_many(&world, &[&format!("--tenants-dir={}", tenants.display())]);
        syncer.serves().await;
        until_ready(&syncer, size.greedy + size.modest, LIMIT).await;
        let modest = (0..size.modest).map(|number| {
            let name = format!("modest-{number}");
            Modest::new(played.tenant(&name), &name, world.host.clone())
        });
        let modest = modest.collect();
        let this = Self { modest, world, size, played, nodes, _syncer: syncer };
        // Connections, and the first of everything.
        join_all(this.modest.iter().map(|modest| modest.one("warm"))).await;
        this.clear().await;
        this
    }

    fn greedy(&self) -> impl Iterator<Item = PlayedTenant> {
        (0..self.size.greedy).map(|number| self.played.tenant(&format!("greedy-{number}")))
    }

    /// All modest ones at once, each one pod after the other; and beside them, the greedy ones with all of theirs.
    async fn arm(&self, round: usize, beside: bool) -> Arm {
        let (stop, name) = (Arc::new(AtomicBool::new(false)), format!("{round}-{beside}"));
        let straight = tokio::spawn(straight(self.world.host.clone(), name.clone(), Arc::clone(&stop)));
        if beside {
            for (number, tenant) in
                (0..self.size.pods).flat_map(|number| self.greedy().map(move |one| (number, one)))
            {
                tenant.create(&format!("{name}-{number}"), of_tenant());
            }
        }
        // While all of these were made, the host got some of them.
        let greedy_before = self.greedy_on_host().await;
        let began = Instant::now();
        let each = self.modest.iter().map(|modest| async {
            let mut ways = Vec::new();
            for number in 0..EACH {
                ways.push(modest.one(&format!("{name}-{number}")).await);
            }
            ways
        });
        let ways = join_all(each).await.into_iter().flatten().collect();
        let took = began.elapsed();
        // Otherwise the last ones were not beside all of it.
        let greedy_left = self.greedy().map(|tenant| tenant.count_not_ready()).sum();
        let greedy_begun = self.greedy_on_host().await - greedy_before;
        stop.store(true, Ordering::SeqCst);
        let straight = straight.await.expect("it goes on");
        self.clear().await;
        Arm { ways, straight, took, greedy_left, greedy_begun }
    }

    /// Pods that the host has of the greedy ones, whose kubelets begin one after the other.
    async fn greedy_on_host(&self) -> usize {
        let pods: Api<Pod> = Api::all(self.world.host.clone());
        let pods = pods.list_metadata(&ListParams::default()).await.expect("may list");
        let namespaces = pods.items.iter().filter_map(|pod| pod.metadata.namespace.as_deref());
        namespaces.filter(|namespace| namespace.starts_with("tenant-greedy-")).count()
    }

    async fn clear(&self) {
        let all: Vec<_> = self.size.names().map(|name| self.played.tenant(&name)).collect();
        all.iter().for_each(PlayedTenant::delete_all);
        join_all(all.iter().map(PlayedTenant::is_empty)).await;
        // What the host still has to do for them would be beside the next arm.
        join_all(self.nodes.iter().map(MountingNode::is_empty)).await;
    }
}

struct Arm {
    ways: Vec<Way>,
    straight: Vec<Duration>,
    took: Duration,
    greedy_left: usize,
    greedy_begun: usize,
}

#[derive(Default)]
struct Samples {
    down: Figures,
    up: Figures,
    whole: Figures,
    straight: Figures,
}

impl Samples {
    fn take(&mut self, arm: &Arm) {
        for way in &arm.ways {
            self.down.add(way.down);
            self.up.add(way.up);
            self.whole.add(way.whole);
        }
        arm.straight.iter().for_each(|took| self.straight.add(*took));
    }

    fn told(&self) -> Value {
        json!({
            "down": self.down.told(), "up": self.up.told(), "create_to_ready_in_tenant": self.whole.told(),
            "hosts_own_answer": self.straight.told(),
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement of many minutes, not a check"]
async fn greedy_tenants_beside_modest_ones_are_timed_with_and_without_them() {
    let size = Size::wanted();
    let lab = Lab::start(size).await;
    let (mut alone, mut beside) = (Samples::default(), Samples::default());
    for round in 0..ROUNDS {
        for is_beside in if round % 2 == 0 { [false, true] } else { [true, false] } {
            let arm = lab.arm(round, is_beside).await;
            let name = if is_beside { "beside" } else { "alone" };
            let (took, left, begun) = (arm.took.as_secs_f64(), arm.greedy_left, arm.greedy_begun);
            eprintln!(
                "round {round}, {name}: {took:.1} s; of the greedy's pods {begun} came onto the host in it, {left} are not Ready at its end"
            );
            assert!(!is_beside || left > 0, "the modest were not beside the greedy all the time");
            if is_beside { beside.take(&arm) } else { alone.take(&arm) }
        }
    }
    let told = json!({
        "greedy": size.greedy, "pods_at_once_of_each": size.pods, "modest": size.modest, "unit": "ms",
        "alone": alone.told(), "beside": beside.told(),
        "ratios": {
            "down": ratios(&alone.down, &beside.down), "up": ratios(&alone.up, &beside.up),
            "create_to_ready_in_tenant": ratios(&alone.whole, &beside.whole),
            "hosts_own_answer": ratios(&alone.straight, &beside.straight),
        },
    });
    println!("{told:#}");
}
