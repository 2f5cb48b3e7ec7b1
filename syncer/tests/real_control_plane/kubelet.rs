//! Logs and exec, from the tenant's API server through the syncer to the host's kubelet.

use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client,
    api::{AttachParams, LogParams},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{self, World, create, is_ready, pod, until};

#[tokio::test(flavor = "multi_thread")]
async fn logs_and_exec_reach_the_host_pod_through_the_tenant() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let _streams = world.host_node().await;
    let _syncer = world.syncer().await;
    let pods = world.tenant_api::<Pod>("default");
    create(&pods, pod("web", None)).await;
    until("the pod to be Ready", &pods, "web", is_ready).await;
    let host_pod = format!("{}/{}/c", support::HOST_NAMESPACE, world.names.host("default", "web"));

    let tail = LogParams { tail_lines: Some(5), timestamps: true, ..LogParams::default() };
    let log = pods.logs("web", &tail).await.expect("a log");
    assert_eq!(log.trim(), format!("/containerLogs/{host_pod}?tailLines=5&timestamps=true"));

    let pods: Api<Pod> = Api::namespaced(world.tenant_upgrades(), "default");
    let mut process =
        pods.exec("web", ["sh", "-c", "a b"], &AttachParams::interactive_tty()).await.expect("exec");
    let mut input = process.stdin().expect("stdin");
    let mut output = process.stdout().expect("stdout");
    input.write_all(b"ping").await.expect("written");
    let mut text = String::new();
    output.read_to_string(&mut text).await.expect("read");
    assert!(
        text.starts_with(&format!(
            "/exec/{host_pod}?command=sh&command=-c&command=a+b&input=1&output=1&tty=1"
        )),
        "{text}"
    );
    assert!(text.ends_with("ping"), "{text}");
    let status = process.take_status().expect("a status").await.expect("an end");
    assert_eq!(status.status.as_deref(), Some("Success"));
}

/// The status of an answer, or none where the caller is turned away before there is one.
async fn status(caller: &Client, path: &str) -> Option<u16> {
    let request = http::Request::get(path).body(kube::client::Body::empty()).expect("a request");
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
    for path in ["/healthz", "/containerLogs/default/web/c"] {
        assert_eq!(status(&stranger, path).await, None, "{path}");
    }
}
