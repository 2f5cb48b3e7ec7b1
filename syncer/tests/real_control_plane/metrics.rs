//! What a running syncer counts, as a scraper reads it.

use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::api::{Patch, PatchParams};
use prometheus_parse::{LineInfo, Scrape, Value};
use serde_json::json;

use crate::support::{
    World, create, is_ready, pod,
    served::{Served, get},
    until,
};

/// Reads a scrape, and complains of each line that is not of the format.
fn read(text: &str) -> Scrape {
    for line in text.lines().filter(|line| !line.starts_with("# UNIT ") && *line != "# EOF") {
        assert!(!matches!(LineInfo::parse(line), LineInfo::Ignored | LineInfo::Empty), "{line:?}");
    }
    Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).expect("a scrape")
}

/// The value of the one sample with these labels; of a histogram, its count.
fn value(scrape: &Scrape, metric: &str, labels: &[(&str, &str)]) -> f64 {
    let metric = format!("tenantbench_syncer_{metric}");
    let mut found = scrape.samples.iter().filter(|sample| {
        sample.metric == metric && labels.iter().all(|(key, value)| sample.labels.get(key) == Some(*value))
    });
    let (one, other) = (found.next(), found.next());
    assert!(other.is_none(), "more than one {metric} {labels:?}");
    match one.map(|sample| &sample.value) {
        Some(Value::Counter(value) | Value::Gauge(value) | Value::Untyped(value)) => *value,
        Some(Value::Histogram(buckets)) => buckets.last().map_or(0.0, |bucket| bucket.count),
        other => panic!("{metric} {labels:?} is {other:?} in {:#?}", scrape.samples),
    }
}

/// Counts a restart of a pod's container on the host, and waits until the tenant shows it.
async fn restart_on_host(world: &World, name: &str, restarts: i32) {
    let status = json!({"status": {"containerStatuses": [{"name": "c", "restartCount": restarts}]}});
    let (host, host_name) = (world.host_api::<Pod>(), world.names.host("default", name));
    let patched = host.patch_status(&host_name, &PatchParams::default(), &Patch::Strategic(status)).await;
    patched.expect("is patched");
    until("the restart", &world.tenant_api::<Pod>("default"), name, |pod: Option<&Pod>| {
        let statuses = pod.and_then(|pod| pod.status.as_ref()?.container_statuses.as_ref());
        statuses.is_some_and(|statuses| statuses.iter().any(|status| status.restart_count == restarts))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scrape_tells_what_a_pods_way_cost_and_names_no_object() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let syncer = world.syncer().await;
    let served = Served::start(syncer.health()).await;
    create(&world.tenant_api::<ConfigMap>("default"), json!({"metadata": {"name": "map-name"}})).await;
    create(&world.tenant_api::<Pod>("default"), pod("pod-name", Some("map-name"))).await;
    until("the pod to be Ready", &world.tenant_api::<Pod>("default"), "pod-name", is_ready).await;
    create(&world.tenant_api::<Pod>("default"), pod("other-name", None)).await;
    until("the pod to be Ready", &world.tenant_api::<Pod>("default"), "other-name", is_ready).await;
    // A turn is counted before the next one at its key begins.
    for restarts in 1..=2 {
        restart_on_host(&world, "pod-name", restarts).await;
    }

    let answer = get(served.address, "/metrics").await;
    assert!(answer.media_type.starts_with("application/openmetrics-text"), "{}", answer.media_type);
    let text = &answer.text;
    for name in ["pod-name", "other-name", "map-name", "tenant-a"] {
        assert!(!text.contains(name), "{name} in {text}");
    }
    let scrape = read(text);
    let value = |metric, labels: &[(&str, &str)]| value(&scrape, metric, labels);
    assert!(value("sync_duration_seconds", &[("kind", "Pod"), ("direction", "down")]) >= 1.0);
    assert!(value("sync_duration_seconds", &[("kind", "Pod"), ("direction", "up")]) >= 1.0);
    for stage in ["queued", "decided", "answered"] {
        let labels = [("kind", "Pod"), ("direction", "down"), ("stage", stage)];
        assert!(value("stage_duration_seconds", &labels) >= 1.0, "{stage}");
    }
    let made = [("side", "host"), ("resource", "pods"), ("verb", "create"), ("outcome", "done")];
    assert_eq!(value("requests_total", &made), 2.0);
    let bound = [("side", "tenant"), ("resource", "pods/binding"), ("verb", "create"), ("outcome", "done")];
    assert_eq!(value("requests_total", &bound), 2.0);
    assert_eq!(value("tokens_minted_total", &[]), 2.0);
    for side in ["tenant", "host"] {
        assert_eq!(value("objects", &[("tenant", "vc"), ("side", side), ("kind", "Pod")]), 2.0);
        assert_eq!(value("watch_lists_total", &[("side", side), ("kind", "Pod")]), 1.0);
        assert!(value("watch_events_total", &[("side", side), ("kind", "Pod")]) >= 2.0);
        for by in ["watch", "request"] {
            assert!(value("received_bytes_total", &[("side", side), ("by", by)]) > 100.0, "{side} {by}");
        }
    }
    assert!(value("watch_lag_seconds", &[("side", "host"), ("kind", "Pod")]) >= 1.0);
    assert_eq!(value("nodes", &[("tenant", "vc")]), 1.0);
    for gauge in ["queue_keys", "queue_oldest_age_seconds", "in_flight_keys", "failing_keys", "later_keys"] {
        assert!(value(gauge, &[("tenant", "vc")]) >= 0.0, "{gauge}");
    }
}
