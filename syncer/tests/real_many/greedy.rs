//! A greedy tenant beside a modest one, both on real API servers:
//! `cargo test --workspace --test real_many -- --ignored --nocapture greedy`.

use std::time::{Duration, Instant};

use futures::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    api::{DeleteParams, ListParams},
    runtime::wait::await_condition,
};

use crate::support::{HOST_NAMESPACE, SyncerProgram, World, create, is_ready, pod, soon, until};

/// Pods that the greedy one makes at once.
const GREEDY: usize = 300;
/// Of both sorts, one after the other.
const ROUNDS: usize = 3;
/// Pods of the modest one in a round without the greedy one.
const ALONE: usize = 20;

/// Makes a pod; returns how long it took until it was seen to be Ready.
async fn one(pods: &Api<Pod>, name: &str) -> Duration {
    let began = Instant::now();
    create(pods, pod(name, None)).await;
    until("the pod to be Ready", pods, name, is_ready).await;
    began.elapsed()
}

/// All at once, as far as one client can; returns when all are Ready.
async fn many(pods: Api<Pod>) {
    let made = futures::stream::iter(0..GREEDY).for_each_concurrent(20, |number| {
        let pods = pods.clone();
        async move { drop(create(&pods, pod(&format!("greedy-{number}"), None)).await) }
    });
    made.await;
    for number in 0..GREEDY {
        await_condition(pods.clone(), &format!("greedy-{number}"), is_ready).await.expect("the watch works");
    }
}

async fn clear(pods: &Api<Pod>) {
    let at_once = DeleteParams::default().grace_period(0);
    pods.delete_collection(&at_once, &ListParams::default()).await.expect("may delete");
    // The last of them goes when its copy has.
    soon("the pods to go", async {
        while !pods.list_metadata(&ListParams::default()).await.expect("may list").items.is_empty() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
}

fn told(what: &str, samples: &[Duration]) -> (f64, f64) {
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    let mean = samples.iter().copied().map(millis).sum::<f64>() / samples.len() as f64;
    let worst = samples.iter().copied().map(millis).fold(0.0, f64::max);
    eprintln!("{what}: mean {mean:.0} ms, worst {worst:.0} ms, n={}", samples.len());
    (mean, worst)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement of some minutes, not a check"]
async fn a_modest_tenant_beside_a_greedy_one_is_timed_with_and_without_it() {
    let mut world = World::start().await;
    let other = world.another_tenant("b").await;
    let _kubelets = [HOST_NAMESPACE, "tenant-b"].map(|namespace| world.host_kubelet_in(namespace));
    let flags = [
        format!("--tenant=a={}", world.tenant_kubeconfig().display()),
        format!("--tenant=b={}", other.kubeconfig.display()),
    ];
    let _syncer = SyncerProgram::of_many(&world, &flags.each_ref().map(String::as_str));
    let greedy: Api<Pod> = world.tenant_api("default");
    let modest: Api<Pod> = Api::namespaced(other.admin, "default");
    one(&greedy, "warm").await;
    one(&modest, "warm").await;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        for number in 0..ALONE {
            alone.push(one(&modest, &format!("alone-{round}-{number}")).await);
        }
        clear(&modest).await;
        let all = tokio::spawn(many(greedy.clone()));
        for number in 0.. {
            let took = one(&modest, &format!("beside-{round}-{number}")).await;
            // What ended after the greedy one's work was done was not beside all of it.
            if all.is_finished() {
                break;
            }
            beside.push(took);
        }
        all.await.expect("all are Ready");
        tokio::join!(clear(&greedy), clear(&modest));
    }
    eprintln!(
        "a greedy tenant with {GREEDY} pods at once, a modest one with one at a time, one syncer, real API servers"
    );
    let (mean, worst) = told("modest alone", &alone);
    let (beside_mean, beside_worst) = told("modest beside the greedy one", &beside);
    eprintln!("ratios: mean {:.2}, worst {:.2}", beside_mean / mean, beside_worst / worst);
}
