//! The tenant's kubelets between its API server and the host's: who gets in, what is answered, under which names.

use http::Request;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::{
    Api, Client,
    api::{ListParams, Patch, PatchParams},
};
use serde_json::Value;
use tenantbench_syncer::{kubelet::NodeMetrics, role::cluster_rules};

use crate::support::{
    self, HOST_NAMESPACE, HostKubelet, HostStreams, Running, TENANT_NODE_ADDRESS, World, create, is_ready,
    pod, until,
};

/// The status of an answer, or none where the caller is turned away before there is one.
async fn status(caller: &Client, path: &str) -> Option<u16> {
    let request = Request::get(path).body(kube::client::Body::empty()).expect("a request");
    caller.send(request).await.ok().map(|answer| answer.status().as_u16())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kubelet_endpoint_serves_the_api_server_and_its_own_pods_only() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let _streams = world.host_node().await;
    let _syncer = world.syncer().await;
    let pods = world.tenant_api::<Pod>("default");
    create(&pods, pod("web", None)).await;
    until("the pod to be Ready", &pods, "web", is_ready).await;
    // Someone else's pod on the host, once under a name that one of the tenant's could have.
    let stolen = world.names.host("default", "stolen");
    for name in ["foreign", &stolen] {
        create(&world.host_api::<Pod>(), pod(name, None)).await;
        until("the foreign pod to run", &world.host_api::<Pod>(), name, is_ready).await;
    }

    let server = world.kubelet_caller(true);
    assert_eq!(status(&server, "/containerLogs/default/web/c").await, Some(200));
    for (namespace, name) in
        [("default", "foreign"), (support::HOST_NAMESPACE, "foreign"), ("default", "stolen")]
    {
        for path in
            [format!("/containerLogs/{namespace}/{name}/c"), format!("/exec/{namespace}/{name}/c?command=id")]
        {
            assert_eq!(status(&server, &path).await, Some(404), "{path}");
        }
    }
    let stranger = world.kubelet_caller(false);
    for path in ["/healthz", "/pods", "/containerLogs/default/web/c"] {
        assert_eq!(status(&stranger, path).await, None, "{path}");
    }
}

/// A tenant with one pod on `node-1`, whose Nodes its API server can proxy to.
struct Lab {
    world: World,
    streams: HostStreams,
    _kubelet: HostKubelet,
    _syncer: Running,
}

impl Lab {
    async fn start(metrics: NodeMetrics) -> Self {
        let world = World::start().await;
        world.grant_everywhere(cluster_rules(metrics)).await;
        let (kubelet, streams) = (world.host_kubelet(), world.host_node().await);
        let options = tenantbench_syncer::run::Options {
            node_address: TENANT_NODE_ADDRESS.to_owned(),
            node_metrics: metrics,
            ..world.options()
        };
        let syncer = world.launch(options);
        syncer.ready().await;
        let pods = world.tenant_api::<Pod>("default");
        create(&pods, pod("web", None)).await;
        until("the pod to be Ready", &pods, "web", is_ready).await;
        Self { world, streams, _kubelet: kubelet, _syncer: syncer }
    }

    /// Asks the tenant's API server for a page of its `node-1`.
    async fn page(&self, path: &str) -> Result<String, kube::Error> {
        let request =
            Request::get(format!("/api/v1/nodes/node-1/proxy{path}")).body(Vec::new()).expect("a request");
        self.world.tenant.request_text(request).await
    }

    /// The host's uid of the tenant's pod.
    async fn host_uid(&self) -> String {
        let name = self.world.names.host("default", "web");
        self.world.host_api::<Pod>().get(&name).await.expect("is there").metadata.uid.expect("a uid")
    }

    async fn tenant_uid(&self) -> String {
        self.world
            .tenant_api::<Pod>("default")
            .get("web")
            .await
            .expect("is there")
            .metadata
            .uid
            .expect("a uid")
    }

    /// Sets pages of a host kubelet that runs this pod and others.
    async fn set_pages(&self) {
        let (host, uid) = (self.world.names.host("default", "web"), self.host_uid().await);
        let cadvisor = format!(
            "# HELP container_cpu_usage_seconds_total CPU.\n# TYPE container_cpu_usage_seconds_total counter\n\
             container_cpu_usage_seconds_total{{container=\"\",id=\"/\",namespace=\"\",pod=\"\"}} 99\n\
             container_cpu_usage_seconds_total{{container=\"c\",id=\"/kubepods/pod{uid}/1\",namespace=\"{HOST_NAMESPACE}\",pod=\"{host}\"}} 7\n\
             container_cpu_usage_seconds_total{{container=\"c\",id=\"/kubepods/podx/1\",namespace=\"tenant-b\",pod=\"secret\"}} 8\n\
             # HELP machine_cpu_cores Cores.\n# TYPE machine_cpu_cores gauge\nmachine_cpu_cores 64\n"
        );
        let other = "\"podRef\":{\"name\":\"secret\",\"namespace\":\"tenant-b\",\"uid\":\"x\"}";
        let own = format!(
            "\"podRef\":{{\"name\":\"{host}\",\"namespace\":\"{HOST_NAMESPACE}\",\"uid\":\"{uid}\"}}"
        );
        let summary = format!(
            "{{\"node\":{{\"nodeName\":\"node-1\",\"cpu\":{{\"usageNanoCores\":9}}}},\"pods\":[{{{own},\"containers\":[{{\"name\":\"c\"}}]}},{{{other}}}]}}"
        );
        self.streams.set_page("/metrics/cadvisor", cadvisor);
        self.streams.set_page("/stats/summary", summary);
    }

    /// What the tenant is to see of [`Lab::set_pages`], through its own API server.
    async fn assert_only_own_figures(&self) {
        let uid = self.tenant_uid().await;
        assert_eq!(
            self.page("/metrics/cadvisor").await.expect("metrics"),
            format!(
                "# HELP container_cpu_usage_seconds_total CPU.\n# TYPE container_cpu_usage_seconds_total counter\n\
                 container_cpu_usage_seconds_total{{container=\"c\",id=\"/kubepods/pod{uid}/1\",namespace=\"default\",pod=\"web\"}} 7\n"
            )
        );
        let summary: Value =
            serde_json::from_str(&self.page("/stats/summary").await.expect("a summary")).expect("JSON");
        let expected = serde_json::json!({
            "node": {"nodeName": "node-1"},
            "pods": [{
                "podRef": {"name": "web", "namespace": "default", "uid": uid}, "containers": [{"name": "c"}],
            }],
        });
        assert_eq!(summary, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_role_alone_pods_are_listed_and_figures_are_refused_with_reason_and_remedy() {
    let lab = Lab::start(NodeMetrics::Off).await;
    for path in ["/pods", "/runningpods/"] {
        let list: Value = serde_json::from_str(&lab.page(path).await.expect("a list")).expect("JSON");
        let items = list["items"].as_array().expect("items");
        let [item] = items.as_slice() else { panic!("{path}: {list}") };
        assert_eq!(list["kind"], "PodList", "{path}");
        assert_eq!(item["metadata"]["name"], "web", "{path}");
        assert_eq!(item["metadata"]["namespace"], "default", "{path}");
        assert_eq!(item["metadata"]["uid"], lab.tenant_uid().await.as_str(), "{path}");
        assert_eq!(item["spec"]["containers"][0]["name"], "c", "{path}");
    }
    for path in ["/metrics", "/metrics/cadvisor", "/metrics/resource", "/metrics/probes", "/stats/summary"] {
        let error = lab.page(path).await.expect_err("no figures").to_string();
        for word in ["a namespaced Role cannot cover them", "--node-metrics", "tenantbench-syncer role"] {
            assert!(error.contains(word), "{path}: {error}");
        }
    }
    for path in ["/configz", "/logs/", "/debug/pprof/", "/run/default/web/c", "/checkpoint/default/web/c"] {
        let caller = lab.world.kubelet_caller(true);
        assert_eq!(status(&caller, path).await, Some(404), "{path}");
    }
    let nodes: Api<Node> = Api::all(lab.world.tenant.clone());
    assert_eq!(nodes.list(&ListParams::default()).await.expect("nodes").items.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_wider_role_own_figures_come_through_the_hosts_api_server() {
    let lab = Lab::start(NodeMetrics::Proxy).await;
    lab.set_pages().await;
    lab.assert_only_own_figures().await;
    // A caller with the API server's certificate that names no node is answered for all of them.
    let request = Request::get("/metrics/cadvisor").body(Vec::new()).expect("a request");
    let text = lab.world.kubelet_caller(true).request_text(request).await.expect("metrics");
    assert_eq!(text, lab.page("/metrics/cadvisor").await.expect("metrics"));
    // A node that runs none of its pods has nothing to say.
    let nodes: Api<Node> = Api::all(lab.world.tenant.clone());
    let mut other = nodes.get("node-1").await.expect("is there");
    other.metadata = serde_json::from_value(serde_json::json!({"name": "node-2"})).expect("metadata");
    create(&nodes, serde_json::to_value(other).expect("JSON")).await;
    let request =
        Request::get("/api/v1/nodes/node-2/proxy/metrics/cadvisor").body(Vec::new()).expect("a request");
    assert_eq!(lab.world.tenant.request_text(request).await.expect("metrics"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_fine_grained_rights_own_figures_come_from_the_hosts_kubelets() {
    let lab = Lab::start(NodeMetrics::Kubelet).await;
    lab.set_pages().await;
    let status = lab.streams.node_status("127.0.0.1", true);
    let nodes: Api<Node> = Api::all(lab.world.host.clone());
    let patch = Patch::Strategic(
        serde_json::json!({"status": {"addresses": [{"$patch": "replace"}, status["addresses"][0]]}}),
    );
    nodes.patch_status("node-1", &PatchParams::default(), &patch).await.expect("a change");
    lab.assert_only_own_figures().await;
    let authorization = lab.streams.last().header("authorization").join("");
    assert!(authorization.starts_with("Bearer "), "the syncer's own token is what the kubelet judges by");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_lacks_what_the_option_needs_is_named_in_the_answer() {
    let lab = Lab::start(NodeMetrics::Proxy).await;
    lab.world.revoke_everywhere().await;
    let error = lab.page("/metrics/cadvisor").await.expect_err("no figures").to_string();
    assert!(error.contains("403 Forbidden; bind the ClusterRole that `tenantbench-syncer role`"), "{error}");
}
