//! One watch of the host for each kind, where a ClusterRole lets the tenants of a process share it; and what becomes of
//! that when tenants, rights and the host's API server come and go.

use std::{collections::BTreeMap, time::Duration};

use futures::StreamExt;
use k8s_openapi::api::core::v1::{Event, Pod};
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;
use tenantbench_syncer::{
    kinds::{Kinds, On, optional},
    role::watch_rules,
};

use crate::{
    support::{
        HOST_NAMESPACE, OtherTenant, SyncerProgram, World, create, is_ready, pod, served::get, soon, until,
    },
    told::{until_metrics, until_ready},
};

/// How long a syncer may take to tell what it is waited for.
const LIMIT: Duration = Duration::from_secs(120);

/// What is watched on the host by default, and what by an option.
const RESOURCES: [&str; 7] =
    ["configmaps", "events", "persistentvolumeclaims", "pods", SECRETS, "services", NODES];
/// Copies are watched, and apart from them what holds pods' tokens.
const SECRETS: &str = "secrets";
/// They have no namespace, so whoever may watch them may watch all.
const NODES: &str = "nodes";
/// Tenants whose watches are counted.
const MANY: usize = 5;
/// Pods that change while their tenant joins.
const PODS: usize = 20;

/// Open watches of each resource, in one namespace and in all.
type Watches = BTreeMap<&'static str, [i64; 2]>;

/// The watches of the host that are open, as its own API server counts them.
async fn open(world: &World) -> Watches {
    let request = http::Request::get("/metrics").body(Vec::new()).expect("a request");
    let text = world.host.request_text(request).await.unwrap_or_default();
    let mut watches: Watches = RESOURCES.map(|resource| (resource, [0, 0])).into();
    for line in text.lines().filter(|line| line.starts_with("apiserver_longrunning_requests{")) {
        let label = |name: &str| {
            let value = line.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split_once('"'));
            value.map(|(value, _)| value).unwrap_or_default()
        };
        let scope = ["namespace", "cluster"].iter().position(|scope| *scope == label("scope"));
        let counts = watches.get_mut(label("resource")).filter(|_| label("verb") == "WATCH");
        if let (Some(scope), Some(counts)) = (scope, counts) {
            let value = line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok());
            counts[scope] += value.expect("a number") as i64;
        }
    }
    watches
}

/// Waits until of each resource so many watches more are open than before, and so many of nodes. API servers tell nobody of
/// that.
async fn until_open(world: &World, before: &Watches, [of_one, of_all]: [i64; 2], nodes: i64) {
    let more = |(name, [one, all]): (&&'static str, &[i64; 2])| match *name {
        NODES => (NODES, [*one, all + nodes]),
        SECRETS => (SECRETS, [one + 2 * of_one, all + 2 * of_all]),
        name => (name, [one + of_one, all + of_all]),
    };
    let wanted: Watches = before.iter().map(more).collect();
    let mut seen = Watches::new();
    let reached = async {
        while seen != wanted {
            tokio::time::sleep(Duration::from_millis(100)).await;
            seen = open(world).await;
        }
    };
    if tokio::time::timeout(Duration::from_secs(120), reached).await.is_err() {
        panic!("open watches: {seen:?} instead of {wanted:?}");
    }
}

/// Lets the syncer watch all namespaces.
async fn allow(world: &World) {
    world.grant_everywhere(watch_rules(&Kinds::default().only(|row| row.on == On::Default))).await;
}

/// Waits until the syncer says of each kind that has namespaces that it is watched together, or not.
async fn until_together(syncer: &SyncerProgram, together: bool) {
    let ending = format!(" {}", u8::from(together));
    until_metrics(syncer, LIMIT, |text| {
        let lines = text.lines().filter(|line| line.starts_with("tenantbench_syncer_host_watched_together{"));
        let lines = lines.filter(|line| !line.contains("\"Node\""));
        // Nodes are not among them, and Secrets are twice.
        lines.filter(|line| line.ends_with(&ending)).count() == RESOURCES.len()
    })
    .await;
}

async fn runs_a_pod(pods: &Api<Pod>, name: &str) {
    create(pods, pod(name, None)).await;
    until("the pod to be Ready", pods, name, is_ready).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_share_one_watch_for_each_kind_where_a_cluster_role_lets_them_and_else_have_one_each() {
    let world = World::start().await;
    // Idle ones, so that one API server can stand for all of them.
    let tenants: Vec<String> = (0..MANY).map(|number| format!("t{number}")).collect();
    for name in &tenants {
        world.host_namespace(&format!("tenant-{name}")).await;
    }
    let kubeconfig = world.tenant_kubeconfig();
    let flags: Vec<String> =
        tenants.iter().map(|name| format!("--tenant={name}={}", kubeconfig.display())).collect();
    let flags: Vec<&str> = flags.iter().map(String::as_str).chain(["--sync=host-nodes"]).collect();
    let always = Kinds::default().only(|row| row.on == On::Default);
    world.grant(&always.with(optional("host-nodes").expect("an option")).expect("fits")).await;
    let before = open(&world).await;

    let mut apart = SyncerProgram::of_many(&world, &flags);
    apart.serves().await;
    until_ready(&apart, MANY, LIMIT).await;
    until_open(&world, &before, [MANY as i64, 0], 1).await;
    until_together(&apart, false).await;
    let told = get(apart.address, "/readyz?verbose").await.text;
    let reason = "watch host/pods (one for each, for it may not list,watch pods in all namespaces) ok";
    assert!(told.contains(reason), "{told}");
    apart.terminate().await;
    until_open(&world, &before, [0, 0], 0).await;

    allow(&world).await;
    let together = SyncerProgram::of_many(&world, &flags);
    together.serves().await;
    until_ready(&together, MANY, LIMIT).await;
    until_open(&world, &before, [0, 1], 1).await;
    until_together(&together, true).await;
    let told = get(together.address, "/readyz?verbose").await.text;
    assert!(told.contains("watch host/pods (one for all tenants) ok"), "{told}");
}

/// Says something new of each pod of a namespace of the host.
async fn change_all(pods: &Api<Pod>, words: &str) {
    futures::stream::iter(0..PODS)
        .for_each_concurrent(4, |number| async move {
            let name = format!("p{number}-x-default-x-b");
            let change = Patch::Merge(json!({"status": {"message": words}}));
            pods.patch_status(&name, &PatchParams::default(), &change).await.expect("is changed");
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_on_the_host_while_a_tenant_joins_reaches_it() {
    let mut world = World::start().await;
    let OtherTenant { admin, kubeconfig } = world.another_tenant("b").await;
    let _kubelets = [HOST_NAMESPACE, "tenant-b"].map(|namespace| world.host_kubelet_in(namespace));
    allow(&world).await;
    let folder = tempfile::tempdir().expect("a folder");
    let of_b = folder.path().join("b.kubeconfig");
    fs_err::copy(world.tenant_kubeconfig(), folder.path().join("a.kubeconfig")).expect("is copied");
    let syncer = SyncerProgram::of_many(&world, &[&format!("--tenants-dir={}", folder.path().display())]);
    syncer.serves().await;
    until_ready(&syncer, 1, LIMIT).await;
    until_together(&syncer, true).await;

    fs_err::copy(&kubeconfig, &of_b).expect("is copied");
    let pods: Api<Pod> = Api::namespaced(admin.clone(), "default");
    futures::stream::iter(0..PODS)
        .for_each_concurrent(4, |number| {
            let pods = &pods;
            async move { runs_a_pod(pods, &format!("p{number}")).await }
        })
        .await;

    let on_host: Api<Pod> = Api::namespaced(world.host.clone(), "tenant-b");
    for round in 0..4 {
        let words = format!("round {round}");
        fs_err::remove_file(&of_b).expect("is removed");
        until_ready(&syncer, 1, LIMIT).await;
        tokio::join!(change_all(&on_host, &words), async {
            fs_err::copy(&kubeconfig, &of_b).expect("is copied");
            until_ready(&syncer, 2, LIMIT).await;
        });
        for number in 0..PODS {
            let says_so = |pod: Option<&Pod>| {
                let status = pod.and_then(|pod| pod.status.as_ref());
                status.and_then(|status| status.message.as_deref()) == Some(&words)
            };
            until("the pod to say so", &pods, &format!("p{number}"), says_so).await;
        }
    }
    runs_a_pod(&world.tenant_api("default"), "of-a").await;
    nothing_of_another_namespace_is_shown(&world).await;
}

/// An event of another tenant's namespace that says to be about this one's pod.
async fn nothing_of_another_namespace_is_shown(world: &World) {
    let on_host: Api<Pod> = world.host_api();
    let uid = on_host.get("of-a-x-default-x-a").await.expect("is there").metadata.uid;
    let event = |namespace: &str, name: &str| {
        json!({
            "metadata": {"name": name, "namespace": namespace}, "reason": "Told", "message": name,
            "involvedObject": {"kind": "Pod", "namespace": namespace, "name": "of-a-x-default-x-a", "uid": uid},
        })
    };
    create(&Api::<Event>::namespaced(world.host.clone(), "tenant-b"), event("tenant-b", "foreign")).await;
    create(&world.host_api::<Event>(), event(HOST_NAMESPACE, "own")).await;
    let events: Api<Event> = world.tenant_api("default");
    let told = async {
        loop {
            let all = events.list(&Default::default()).await.expect("may list").items;
            let told: Vec<String> = all
                .into_iter()
                .filter(|event| event.reason.as_deref() == Some("Told"))
                .filter_map(|event| event.message)
                .collect();
            if !told.is_empty() {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert_eq!(soon("the event", told).await, ["own"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hosts_api_server_may_be_killed_and_the_right_be_taken_away() {
    let mut world = World::start().await;
    let OtherTenant { admin, kubeconfig } = world.another_tenant("b").await;
    let _kubelets = [HOST_NAMESPACE, "tenant-b"].map(|namespace| world.host_kubelet_in(namespace));
    let tenants: [Api<Pod>; 2] = [world.tenant_api("default"), Api::namespaced(admin, "default")];
    allow(&world).await;
    until_kubelets_watch(&world).await;
    let before = open(&world).await;
    let flags = [("a", world.tenant_kubeconfig()), ("b", kubeconfig)]
        .map(|(name, file)| format!("--tenant={name}={}", file.display()));
    let syncer = SyncerProgram::of_many(&world, &flags.each_ref().map(String::as_str));
    syncer.serves().await;
    until_ready(&syncer, 2, LIMIT).await;
    until_open(&world, &before, [0, 1], 0).await;
    let gaps = |text: &str| {
        let gap = r#"tenantbench_syncer_host_lists_again_total{kind="Pod",reason="gap"} "#;
        text.lines().find_map(|line| line.strip_prefix(gap)?.parse().ok()).unwrap_or(0_u64)
    };
    assert_eq!(gaps(&get(syncer.address, "/metrics").await.text), 0, "nobody has listed twice");

    world.processes().stop("host-apiserver");
    for pods in &tenants {
        create(pods, pod("meanwhile", None)).await;
    }
    world.processes().start_again("host-apiserver");
    for pods in &tenants {
        until("the pod to be Ready", pods, "meanwhile", is_ready).await;
        runs_a_pod(pods, "afterwards").await;
    }
    until_open(&world, &before, [0, 1], 0).await;

    let listed_again = gaps(&get(syncer.address, "/metrics").await.text);

    // An API server that has started since does not know what its predecessor would have shown. Between the two the
    // stopped syncer has no connection, so that the end of the pod does not wait for it in a socket.
    syncer.signal("-STOP").await;
    world.host_starts_again().await;
    let on_host: Api<Pod> = world.host_api();
    on_host.delete("meanwhile-x-default-x-a", &DeleteParams::default()).await.expect("is deleted");
    until("the pod to be gone", &on_host, "meanwhile-x-default-x-a", |pod: Option<&Pod>| pod.is_none()).await;
    world.host_starts_again().await;
    syncer.signal("-CONT").await;
    until("the pod to be gone", &tenants[0], "meanwhile", |pod: Option<&Pod>| pod.is_none()).await;
    until_metrics(&syncer, LIMIT, |text| gaps(text) > listed_again).await;
    assert!(!syncer.log().contains("was taken away"), "{}", syncer.log());

    world.revoke_everywhere().await;
    // A watch that is open goes on without the right to it.
    world.host_starts_again().await;
    until_together(&syncer, false).await;
    for pods in &tenants {
        runs_a_pod(pods, "without-the-right").await;
    }
    until_open(&world, &before, [2, 0], 0).await;
    assert!(
        syncer.log().contains("the right to list,watch pods in all namespaces was taken away"),
        "{}",
        syncer.log()
    );

    // Within half a minute.
    allow(&world).await;
    until_together(&syncer, true).await;
    until_open(&world, &before, [0, 1], 0).await;
    for pods in &tenants {
        runs_a_pod(pods, "with-the-right-again").await;
    }
}

/// The kubelets' own watches are to be among those that were there before.
async fn until_kubelets_watch(world: &World) {
    soon("the kubelets to watch", async {
        while open(world).await["pods"][0] < 2 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
}
