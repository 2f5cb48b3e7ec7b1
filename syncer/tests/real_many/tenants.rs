//! Tenants that come, go and break while one process serves them.

use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::{
    Api,
    api::{DeleteParams, ListParams},
};
use serde_json::json;

use crate::support::{
    HOST_NAMESPACE, OtherTenant, SyncerProgram, World, create, is_ready, pod, served::get, soon, until,
};

/// Makes a pod and waits until it is Ready.
async fn runs_a_pod(pods: &Api<Pod>, name: &str) {
    create(pods, pod(name, None)).await;
    until("the pod to be Ready", pods, name, is_ready).await;
}

/// There is nothing to watch in another process.
async fn tells(syncer: &SyncerProgram, path: &str, what: &str, is_so: impl Fn(&str) -> bool) {
    let so = async {
        while !is_so(&get(syncer.address, path).await.text) {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    soon(what, so).await;
}

async fn names(pods: &Api<Pod>) -> Vec<String> {
    let listed = pods.list_metadata(&ListParams::default()).await.expect("may list");
    listed.items.into_iter().filter_map(|pod| pod.metadata.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_come_and_go_and_one_that_breaks_is_nothing_to_the_others() {
    let mut world = World::start().await;
    let OtherTenant { admin, kubeconfig } = world.another_tenant("b").await;
    let _kubelets = [HOST_NAMESPACE, "tenant-b"].map(|namespace| world.host_kubelet_in(namespace));
    let folder = tempfile::tempdir().expect("a folder");
    let place = |file: &str| folder.path().join(file);
    fs_err::copy(world.tenant_kubeconfig(), place("a.kubeconfig")).expect("is copied");
    // One that is away, and one that is none.
    let nobody = fs_err::read_to_string(&kubeconfig).expect("is there");
    let nobody: serde_json::Value = serde_json::from_str(&nobody).expect("JSON");
    let mut away = nobody.clone();
    away["clusters"][0]["cluster"]["server"] = json!("https://127.0.0.1:1");
    fs_err::write(place("away.kubeconfig"), away.to_string()).expect("is written");
    fs_err::write(place("none.kubeconfig"), "- no kubeconfig").expect("is written");
    let flag = format!("--tenants-dir={}", folder.path().display());
    let secrets = format!("--tenant-secrets={HOST_NAMESPACE}");
    let syncer = SyncerProgram::of_many(&world, &[&flag, &secrets]);

    let of_a: Api<Pod> = world.tenant_api("default");
    let of_b: Api<Pod> = Api::namespaced(admin, "default");
    let on_host: Api<Pod> = Api::namespaced(world.host.clone(), "tenant-b");
    runs_a_pod(&of_a, "web").await;
    tells(&syncer, "/readyz?verbose", "readiness", |text| {
        [
            "[+]tenant a ok",
            "[!]tenant away is not ready",
            "[!]tenant none is not ready",
            "readyz check passed",
        ]
        .iter()
        .all(|words| text.contains(words))
    })
    .await;

    fs_err::copy(&kubeconfig, place("b.kubeconfig")).expect("is copied");
    runs_a_pod(&of_b, "web").await;
    assert_eq!(names(&on_host).await, ["web-x-default-x-b"]);

    world.processes().stop("b-apiserver");
    runs_a_pod(&of_a, "while-b-is-away").await;
    assert_eq!(get(syncer.address, "/readyz").await.status, 200);
    world.processes().start_again("b-apiserver");
    soon("b to answer", async { while of_b.get("web").await.is_err() {} }).await;
    runs_a_pod(&of_b, "after-the-break").await;

    fs_err::remove_file(place("b.kubeconfig")).expect("is removed");
    let ready = r#"tenantbench_syncer_tenant_ready{tenant="b"}"#;
    tells(&syncer, "/metrics", "b to be left", |text| !text.contains(ready)).await;
    create(&of_b, pod("alone", None)).await;
    of_b.delete("web", &DeleteParams::default().grace_period(0)).await.expect("is deleted");
    runs_a_pod(&of_a, "without-b").await;
    let mut left = names(&on_host).await;
    left.sort();
    assert_eq!(
        left,
        ["after-the-break-x-default-x-b", "web-x-default-x-b"],
        "all of it stays, nothing comes"
    );

    let text = fs_err::read_to_string(&kubeconfig).expect("is there");
    let secret = json!({
        "metadata": {"name": "of-b", "labels": {"tenantbench.dev/tenant": "b"}}, "stringData": {"kubeconfig": text},
    });
    create(&world.host_api::<Secret>(), secret).await;
    until("the pod to be Ready", &of_b, "alone", is_ready).await;
    tells(&syncer, "/metrics", "b to be ready", |text| text.contains(&format!("{ready} 1"))).await;
    let mut now = names(&on_host).await;
    now.sort();
    assert_eq!(
        now,
        ["after-the-break-x-default-x-b", "alone-x-default-x-b"],
        "what was missed is made up for"
    );
}
