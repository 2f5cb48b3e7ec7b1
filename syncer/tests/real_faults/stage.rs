//! Where a storm takes place: two clusters with an etcd each, and between them and the syncer a network that can fail.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::{
    link::Link,
    program::Syncer,
    schedule::{Side, Target},
    support::{HostKubelet, World, free_port, prepare_namespace},
    thing::NAMESPACES,
};

/// All that a storm is made of.
pub(crate) struct Stage {
    pub(crate) syncer: Syncer,
    pub(crate) host: Link,
    pub(crate) tenant: Link,
    _kubelet: HostKubelet,
    pub(crate) world: World,
}

impl Target {
    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::HostEtcd => "host-etcd",
            Self::TenantEtcd => "tenant-etcd",
            Self::HostApi => "host-apiserver",
            Self::TenantApi => "tenant-apiserver",
        }
    }
}

const PROGRAMS: [&str; 4] = ["host-etcd", "tenant-etcd", "host-apiserver", "tenant-apiserver"];

impl Stage {
    /// Both clusters and the network; the syncer has not been started.
    pub(crate) async fn set() -> Self {
        let mut world = World::start_apart().await;
        for namespace in NAMESPACES.iter().filter(|name| **name != "default") {
            prepare_namespace(&world.tenant, namespace).await;
        }
        world.start_host_garbage_collector();
        let options = world.options();
        let (host, tenant) =
            (Link::to(address(&options.host)).await, Link::to(address(&options.tenant)).await);
        let file = |name: &str, link: &Link, config: &kube::Config| {
            let path = world.folder().join(name);
            let authority = world.folder().join("ca.crt");
            let text = kubeconfig(&link.url(), &authority, config);
            fs_err::write(&path, text.to_string()).expect("the folder can be written");
            path.display().to_string()
        };
        let flags = [
            ("--name", "vc".to_owned()),
            ("--host-namespace", options.names.host_namespace().to_owned()),
            ("--host-kubeconfig", file("host.kubeconfig", &host, &options.host)),
            ("--tenant-kubeconfig", file("tenant.kubeconfig", &tenant, &options.tenant)),
            ("--service", options.service.clone()),
            ("--owner", "configmap/plane".to_owned()),
            ("--node-address", "127.0.0.1".to_owned()),
        ];
        let arguments = flags.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]).collect();
        let syncer = Syncer::new(arguments, format!("127.0.0.1:{}", free_port()), world.folder());
        let kubelet = world.host_kubelet();
        Self { syncer, host, tenant, _kubelet: kubelet, world }
    }

    pub(crate) fn link(&self, side: Side) -> &Link {
        match side {
            Side::Host => &self.host,
            Side::Tenant => &self.tenant,
        }
    }

    /// The address of a side's etcd.
    pub(crate) fn etcd(&self, side: Side) -> String {
        self.world.etcds[side as usize].clone()
    }

    /// Starts what has ended by itself, as whoever runs it would. None of it is ours, but for the syncer.
    pub(crate) fn revive(&mut self, is_down: impl Fn(&str) -> bool) {
        for name in PROGRAMS {
            if !is_down(name) && self.world.processes().has_ended(name) {
                self.world.processes().start_again(name);
            }
        }
        self.syncer.revive();
    }

    /// Returns when both API servers answer; starts whatever has ended by itself as often as it takes.
    pub(crate) async fn until_servers_answer(&mut self) {
        for side in [Side::Host, Side::Tenant] {
            while !self.answers(side).await {
                self.revive(|_| false);
                tokio::time::sleep(SECOND / 5).await;
            }
        }
    }

    /// The same, and leaves a syncer that has ended alone.
    pub(crate) async fn until_servers_listen(&mut self) {
        for side in [Side::Host, Side::Tenant] {
            while !self.answers(side).await {
                tokio::time::sleep(SECOND / 5).await;
            }
        }
    }

    async fn answers(&self, side: Side) -> bool {
        let cluster = if side == Side::Host { &self.world.host } else { &self.world.tenant };
        let request = http::Request::get("/readyz").body(Vec::new()).expect("a request");
        tokio::time::timeout(SECOND, cluster.request_text(request)).await.is_ok_and(|answer| answer.is_ok())
    }

    /// Returns when the syncer says that it is ready.
    pub(crate) async fn until_ready(&mut self) {
        while !self.syncer.is_ready().await {
            tokio::time::sleep(SECOND / 20).await;
        }
    }
}

const SECOND: std::time::Duration = std::time::Duration::from_secs(1);

fn address(config: &kube::Config) -> SocketAddr {
    let authority = config.cluster_url.authority().expect("an address");
    authority.as_str().parse().expect("a loopback address")
}

fn kubeconfig(url: &str, authority: &std::path::Path, config: &kube::Config) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": url, "certificate-authority": authority}}],
        "users": [{"name": "c", "user": config.auth_info}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
    })
}
