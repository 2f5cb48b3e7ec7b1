//! Health over HTTP, the log, and how the program ends.

use k8s_openapi::api::core::v1::{Pod, Secret};
use serde_json::{Value, json};

use crate::support::{
    SyncerProgram, World, create, is_ready, pod,
    served::{Served, get},
    soon, until,
};

#[tokio::test(flavor = "multi_thread")]
async fn readiness_says_what_is_missing_while_the_tenants_api_is_away() {
    let mut world = World::start().await;
    world.stop_tenant();
    let syncer = world.launch(world.options());
    let served = Served::start(syncer.health()).await;
    let (ready, live) = (get(served.address, "/readyz").await, get(served.address, "/livez").await);
    assert_eq!(ready.status, 503);
    assert!(ready.text.starts_with("[-]start failed: an API server has not answered"), "{}", ready.text);
    assert_eq!((live.status.as_u16(), live.text.as_str()), (200, "ok"));

    world.start_tenant();
    syncer.ready().await;
    assert_eq!(get(served.address, "/readyz").await.text, "ok");
    let ready = get(served.address, "/readyz?verbose").await.text;
    for check in ["list tenant/pods", "list host/services", "first round"] {
        assert!(ready.contains(&format!("[+]{check} ok\n")), "{ready}");
    }
    let live = get(served.address, "/livez?verbose").await.text;
    // Those of events and tokens begin when the first round is done.
    for check in ["dispatcher", "watch tenant/pods", "watch host/pods"] {
        assert!(live.contains(&format!("[+]{check} ok\n")), "{live}");
    }
    assert_eq!(get(served.address, "/").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_has_a_line_with_its_key_and_a_number_and_secrets_have_none() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let mut syncer = SyncerProgram::start(&world, &["--log-format=json", "--log-level=debug"]);
    let secret = json!({"metadata": {"name": "s"}, "stringData": {"k": "the-secret-itself"}});
    create(&world.tenant_api::<Secret>("default"), secret).await;
    let mut web = pod("web", None);
    web["spec"]["volumes"] = json!([{"name": "v", "secret": {"secretName": "s"}}]);
    create(&world.tenant_api::<Pod>("default"), web).await;
    until("the pod to be Ready", &world.tenant_api::<Pod>("default"), "web", is_ready).await;
    soon("readiness", ready(&syncer)).await;
    let (status, took) = syncer.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", syncer.log());
    assert!(took.as_secs_f64() < 1.0, "{took:?}");

    let lines = syncer.log_lines();
    assert_eq!(lines[0]["message"], "the syncer starts");
    assert_eq!(lines[0]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(lines.last().map(|line| &line["message"]), Some(&json!("the syncer stops as it was told to")));
    let made: Vec<&Value> = lines
        .iter()
        .filter(|line| {
            line["message"] == "written" && line["span"]["kind"] == "Pod" && line["side"] == "host"
        })
        .filter(|line| {
            line["action"] == "create" && line["path"].as_str().is_some_and(|path| path.ends_with("/pods"))
        })
        .collect();
    assert_eq!(made.len(), 1, "{}", syncer.log());
    let span = &made[0]["span"];
    assert_eq!((&span["namespace"], &span["object"]), (&json!("default"), &json!("web")));
    assert!(span["change"].as_u64().is_some_and(|change| change > 0), "{span}");
    let log = syncer.log();
    // A token and a bearer header begin so.
    for content in ["the-secret-itself", "dGhlLXNlY3JldC1pdHNlbGY", "eyJhbGciOi", "Bearer"] {
        assert!(!log.contains(content), "{content} is in the log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_day_leaves_no_line_about_an_object() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let mut syncer = SyncerProgram::start(&world, &[]);
    create(&world.tenant_api::<Pod>("default"), pod("web", None)).await;
    until("the pod to be Ready", &world.tenant_api::<Pod>("default"), "web", is_ready).await;
    soon("readiness", ready(&syncer)).await;
    syncer.terminate().await;
    let log = syncer.log();
    assert!(!log.contains("web"), "{log}");
    assert!(log.lines().count() <= 8, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_waiting_mends_ends_it_with_a_code_and_one_line() {
    const REASON: &str = "the host gives no addresses from the tenant's service range";
    let world = World::start().await;
    let end = async |flags: &[&str]| {
        let mut syncer = SyncerProgram::start(&world, &[&["--service-cidr=10.55.0.0/16"], flags].concat());
        let status = soon("the program to end", syncer.ended()).await;
        assert_eq!(status.code(), Some(1));
        assert_eq!(syncer.log().matches(REASON).count(), 1, "{}", syncer.log());
        syncer
    };
    let last = end(&[]).await.log().lines().last().map(str::to_owned).unwrap_or_default();
    assert!(last.contains("ERROR") && last.contains(REASON), "{last}");
    // A log for programs is read by programs to its end.
    let lines = end(&["--log-format=json"]).await.log_lines();
    let last = lines.last().expect("a line");
    assert!(last["error"].as_str().is_some_and(|error| error.starts_with(REASON)), "{last}");
    let untold = end(&["--log-level=off"]).await.log();
    assert!(untold.starts_with(&format!("tenantbench-syncer: {REASON}")), "{untold}");
}

/// There is nothing to watch in another process before it listens.
async fn ready(syncer: &SyncerProgram) {
    while get(syncer.address, "/readyz").await.status != 200 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
