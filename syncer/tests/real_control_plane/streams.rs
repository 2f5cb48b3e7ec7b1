//! Logs, exec, attach and port-forward, from clients of the tenant's API server through the syncer to the host's
//! kubelet: the real kubectl and kube's client, over WebSocket and SPDY.

use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    api::{AttachParams, LogParams, TerminalSize},
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use crate::support::{
    self, HostKubelet, HostStreams, Kubectl, Running, World, create, is_ready, pod, soon, until,
};

/// A tenant's pod on a host node whose kubelet is a double.
struct Lab {
    world: World,
    streams: HostStreams,
    _kubelet: HostKubelet,
    _syncer: Running,
}

impl Lab {
    async fn start() -> Self {
        let world = World::start().await;
        let streams = world.host_node().await;
        Self::with(world, streams).await
    }

    async fn with(world: World, streams: HostStreams) -> Self {
        let kubelet = world.host_kubelet();
        let syncer = world.syncer().await;
        let pods = world.tenant_api::<Pod>("default");
        create(&pods, pod("web", None)).await;
        until("the pod to be Ready", &pods, "web", is_ready).await;
        Self { world, streams, _kubelet: kubelet, _syncer: syncer }
    }

    /// kubectl over both protocols.
    fn kubectls(&self) -> [Kubectl; 2] {
        [self.world.kubectl(), self.world.kubectl().over_spdy()]
    }

    /// The pod as the host's kubelet is asked for it.
    fn host_pod(&self) -> String {
        format!("{}/{}", support::HOST_NAMESPACE, self.world.names.host("default", "web"))
    }

    fn pods_with_upgrades(&self) -> Api<Pod> {
        Api::namespaced(self.world.tenant_upgrades(), "default")
    }
}

/// More than fits into any buffer on the way.
fn plenty() -> Vec<u8> {
    (0..6_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_reach_the_host_with_every_option() {
    let lab = Lab::start().await;
    let pods = lab.world.tenant_api::<Pod>("default");
    let tail = LogParams { tail_lines: Some(5), timestamps: true, ..LogParams::default() };
    let log = pods.logs("web", &tail).await.expect("a log");
    assert_eq!(log.trim(), format!("/containerLogs/{}/c?tailLines=5&timestamps=true", lab.host_pod()));
    let cases: [(&[&str], &str); 6] = [
        (&[], ""),
        (&["--tail=3"], "?tailLines=3"),
        (&["--previous"], "?previous=true"),
        (&["--since=90s", "--timestamps"], "?sinceSeconds=90&timestamps=true"),
        (&["--limit-bytes=2000"], "?limitBytes=2000"),
        (&["--since-time=2026-01-02T03:04:05Z"], "?sinceTime=2026-01-02T03%3A04%3A05Z"),
    ];
    for (flags, query) in cases {
        let said = lab.world.kubectl().run(&[&["logs", "web"], flags].concat(), b"").await;
        assert_eq!(said.text().trim(), format!("/containerLogs/{}/c{query}", lab.host_pod()), "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_followed_log_comes_line_by_line() {
    let lab = Lab::start().await;
    let mut kubectl = lab.world.kubectl().start(&["logs", "-f", "web", "--tail=1"]);
    let mut lines = BufReader::new(kubectl.stdout.take().expect("piped")).lines();
    let mut next = async || soon("a line", lines.next_line()).await.expect("text").expect("a line");
    assert_eq!(next().await, format!("/containerLogs/{}/c?follow=true&tailLines=1", lab.host_pod()));
    for number in 1..=3 {
        // Told only now, so that whoever gathers lines on the way is found out.
        lab.streams.tell_a_line();
        assert_eq!(next().await, format!("line {number}"));
    }
    kubectl.kill().await.expect("ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_execs_over_websocket_and_spdy() {
    let lab = Lab::start().await;
    let plenty = plenty();
    for (kubectl, upgrade) in lab.kubectls().iter().zip(["websocket", "SPDY/3.1"]) {
        let said = kubectl.run(&["exec", "-i", "web", "--", "cat"], &plenty).await;
        assert!(said.stdout == plenty, "{upgrade}: {} bytes back; {}", said.stdout.len(), said.stderr);
        assert_eq!(said.code, Some(0), "{upgrade}: {}", said.stderr);
        let request = lab.streams.last();
        assert_eq!(request.header("upgrade"), [upgrade]);
        assert_eq!(request.uri, format!("/exec/{}/c?command=cat&error=1&input=1&output=1", lab.host_pod()));
        assert_eq!(request.header("authorization"), [""; 0], "{upgrade}");

        let said = kubectl.run(&["exec", "web", "--", "exit", "7"], b"").await;
        assert_eq!(said.code, Some(7), "{upgrade}: {said:?}");

        let said = kubectl.run(&["exec", "web", "--", "both"], b"").await;
        assert_eq!((said.text().as_str(), said.stderr.as_str()), ("out\n", "err\n"), "{upgrade}");
    }
    // What a SPDY client offers reaches the kubelet, each value as it was sent.
    let request = lab.streams.last();
    assert_eq!(request.method, "POST");
    assert_eq!(
        request.header("x-stream-protocol-version"),
        ["v5", "v4", "v3", "v2"]
            .map(|version| format!("{version}.channel.k8s.io"))
            .iter()
            .chain(&["channel.k8s.io".to_owned()])
            .collect::<Vec<_>>()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_kubelet_that_speaks_spdy_only_is_reached_by_both() {
    let world = World::start().await;
    let streams = world.host_node_without_websockets().await;
    let lab = Lab::with(world, streams).await;
    for kubectl in lab.kubectls() {
        let said = kubectl.run(&["exec", "-i", "web", "--", "cat"], b"over").await;
        assert_eq!((said.code, said.text().as_str()), (Some(0), "over"), "{said:?}");
        assert_eq!(lab.streams.last().header("upgrade"), ["SPDY/3.1"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_attaches_over_websocket_and_spdy() {
    let lab = Lab::start().await;
    for (kubectl, upgrade) in lab.kubectls().iter().zip(["websocket", "SPDY/3.1"]) {
        let said = kubectl.run(&["attach", "-i", "-q", "web"], b"hello").await;
        assert_eq!((said.code, said.text().as_str()), (Some(0), "attached\nhello"), "{upgrade}: {said:?}");
        let request = lab.streams.last();
        assert_eq!(request.header("upgrade"), [upgrade]);
        assert_eq!(request.uri, format!("/attach/{}/c?error=1&input=1&output=1", lab.host_pod()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_forwards_ports_over_websocket_and_spdy() {
    let lab = Lab::start().await;
    let plenty = plenty();
    for (kubectl, upgrade) in lab.kubectls().iter().zip(["websocket", "SPDY/3.1"]) {
        let mut forward = kubectl.start(&["port-forward", "pod/web", ":8080"]);
        let mut lines = BufReader::new(forward.stdout.take().expect("piped")).lines();
        let line = soon("kubectl to listen", lines.next_line()).await.expect("text").expect("a line");
        let port: u16 = line
            .split(['>', ' '])
            .nth(2)
            .and_then(|address| address.rsplit(':').next()?.parse().ok())
            .expect(&line);
        for text in [b"first".as_slice(), &plenty] {
            let back = soon("all to come back", there_and_back(port, text)).await;
            assert!(back == text, "{upgrade}: {} of {} bytes", back.len(), text.len());
        }
        let request = lab.streams.last();
        assert_eq!(request.header("upgrade"), [upgrade]);
        assert!(request.uri.starts_with(&format!("/portForward/{}", lab.host_pod())), "{request:?}");
        forward.kill().await.expect("ends");
    }
}

/// Sends, half-closes, and reads until the end.
async fn there_and_back(port: u16, text: &[u8]) -> Vec<u8> {
    let (mut from, mut to) =
        tokio::net::TcpStream::connect(("127.0.0.1", port)).await.expect("listens").into_split();
    let mut back = Vec::new();
    let sending = async {
        to.write_all(text).await.expect("sent");
        to.shutdown().await.expect("half-closed");
    };
    let (_, read) = tokio::join!(sending, from.read_to_end(&mut back));
    read.expect("read");
    back
}

#[tokio::test(flavor = "multi_thread")]
async fn kubes_client_execs_with_a_terminal_and_its_size() {
    let lab = Lab::start().await;
    let pods = lab.pods_with_upgrades();
    let mut process =
        pods.exec("web", ["sh", "-c", "a b"], &AttachParams::interactive_tty()).await.expect("exec");
    let mut input = process.stdin().expect("stdin");
    let mut output = process.stdout().expect("stdout");
    input.write_all(b"ping").await.expect("written");
    let mut text = String::new();
    output.read_to_string(&mut text).await.expect("read");
    let asked =
        format!("/exec/{}/c?command=sh&command=-c&command=a+b&input=1&output=1&tty=1\n", lab.host_pod());
    assert_eq!(text, format!("{asked}ping"));
    let status = process.take_status().expect("a status").await.expect("an end");
    assert_eq!(status.status.as_deref(), Some("Success"));

    let mut process = pods.exec("web", ["size"], &AttachParams::interactive_tty()).await.expect("exec");
    let mut output = process.stdout().expect("stdout");
    let mut sizes = process.terminal_size().expect("a terminal");
    sizes.try_send(TerminalSize { width: 81, height: 25 }).expect("sent");
    let mut text = String::new();
    soon("the size to arrive", output.read_to_string(&mut text)).await.expect("read");
    assert_eq!(text, r#"{"Width":81,"Height":25}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn kubes_client_forwards_ports() {
    let lab = Lab::start().await;
    let mut forward = lab.pods_with_upgrades().portforward("web", &[8080]).await.expect("a forward");
    assert_eq!(lab.streams.last().uri, format!("/portForward/{}?port=8080", lab.host_pod()));
    let mut stream = forward.take_stream(8080).expect("a stream");
    stream.write_all(b"ping").await.expect("written");
    let mut back = [0; 4];
    soon("it to come back", stream.read_exact(&mut back)).await.expect("read");
    assert_eq!(&back, b"ping");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgraded_connection_is_carried_byte_for_byte() {
    let lab = Lab::start().await;
    let request = http::Request::post("/exec/default/web/c?command=raw-echo&input=1&output=1")
        .header("connection", "Upgrade")
        .header("upgrade", "SPDY/3.1")
        .header("x-stream-protocol-version", "v4.channel.k8s.io")
        .header("x-stream-protocol-version", "v3.channel.k8s.io")
        .body(kube::client::Body::empty())
        .expect("a request");
    let mut answer = lab.world.kubelet_caller(true).send(request).await.expect("an answer");
    assert_eq!(answer.status(), 101);
    assert_eq!(answer.headers()["x-stream-protocol-version"], "v4.channel.k8s.io");
    assert_eq!(
        lab.streams.last().header("x-stream-protocol-version"),
        ["v4.channel.k8s.io", "v3.channel.k8s.io"]
    );
    let upgraded = hyper::upgrade::on(&mut answer).await.expect("an upgrade");
    let (mut from, mut to) = tokio::io::split(hyper_util::rt::TokioIo::new(upgraded));
    let plenty = plenty();
    let mut back = vec![0; plenty.len()];
    let both = async { tokio::join!(to.write_all(&plenty), from.read_exact(&mut back)) };
    let (sent, read) = soon("all to come back", both).await;
    sent.expect("sent");
    read.expect("read");
    assert!(back == plenty, "it was changed on the way");
}
