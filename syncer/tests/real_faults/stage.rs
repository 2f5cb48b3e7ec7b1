//! Where a storm takes place: two clusters with an etcd each, and between them and the syncer a network that can fail.

use std::{net::SocketAddr, time::Duration};

use serde_json::{Value, json};
use tenantbench_syncer::{
    kinds::{Kinds, On},
    role::watch_rules,
};
use tokio::sync::watch;

use crate::{
    link::{Link, Traffic},
    program::Syncer,
    schedule::{Moment, Side, Target},
    support::{HostKubelet, World, free_port, prepare_namespace},
    thing::NAMESPACES,
};

/// All that a storm is made of.
pub(crate) struct Stage {
    pub(crate) syncer: Syncer,
    pub(crate) host: Link,
    pub(crate) tenant: Link,
    traffic: watch::Sender<Traffic>,
    /// What had come through when the syncer was last started.
    before: Traffic,
    kubelet: Option<HostKubelet>,
    pub(crate) world: World,
}

/// A syncer that sends and is sent nothing for so long has come to rest.
const REST: Duration = Duration::from_millis(500);
/// How often those are asked that tell nobody when they are ready.
const AGAIN: Duration = Duration::from_millis(100);

impl Stage {
    /// Both clusters and the network; the syncer has not been started.
    pub(crate) async fn set() -> Self {
        Self::set_for(|kubeconfig| vec!["--name=vc".to_owned(), format!("--tenant-kubeconfig={kubeconfig}")])
            .await
    }

    /// The same with a syncer that serves many tenants, of whom there is one, by the watches of the host that all share.
    pub(crate) async fn set_for_many() -> Self {
        let stage = Self::set_for(|kubeconfig| vec![format!("--tenant=vc={kubeconfig}")]).await;
        let always = Kinds::default().only(|row| row.on == On::Default);
        stage.world.grant_everywhere(watch_rules(&always)).await;
        stage
    }

    async fn set_for(tenant_flags: impl FnOnce(String) -> Vec<String>) -> Self {
        let mut world = World::start_apart().await;
        for namespace in NAMESPACES.iter().filter(|name| **name != "default") {
            prepare_namespace(&world.tenant, namespace).await;
        }
        world.start_host_garbage_collector();
        let options = world.options();
        let traffic = watch::Sender::default();
        let host = Link::to(address(&options.host), traffic.clone()).await;
        let tenant = Link::to(address(&options.tenant), traffic.clone()).await;
        let file = |name: &str, link: &Link, config: &kube::Config| {
            let path = world.folder().join(name);
            let authority = world.folder().join("ca.crt");
            let text = kubeconfig(&link.url(), &authority, config);
            fs_err::write(&path, text.to_string()).expect("the folder can be written");
            path.display().to_string()
        };
        let flags = [
            ("--host-namespace", options.names.host_namespace().to_owned()),
            ("--host-kubeconfig", file("host.kubeconfig", &host, &options.host)),
            ("--service", options.service.clone()),
            ("--owner", "configmap/plane".to_owned()),
            ("--node-address", "127.0.0.1".to_owned()),
        ];
        let common = flags.into_iter().map(|(flag, value)| format!("{flag}={value}"));
        let own = tenant_flags(file("tenant.kubeconfig", &tenant, &options.tenant));
        let arguments = common.chain(own).collect();
        let syncer = Syncer::new(arguments, format!("127.0.0.1:{}", free_port()), world.folder());
        let kubelet = Some(world.host_kubelet());
        let before = Traffic::default();
        Self { syncer, host, tenant, traffic, before, kubelet, world }
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

    /// Stops the host's scheduler and kubelet.
    pub(crate) fn stop_kubelet(&mut self) {
        self.kubelet = None;
    }

    /// Starts them again.
    pub(crate) fn start_kubelet(&mut self) {
        self.kubelet = Some(self.world.host_kubelet());
    }

    pub(crate) fn start_syncer(&mut self) {
        self.before = *self.traffic.borrow();
        self.syncer.start();
    }

    /// Returns at this moment of the syncer's life, or when it has come to rest before.
    pub(crate) async fn until(&self, moment: Moment) {
        let mut traffic = self.traffic.subscribe();
        loop {
            let now = *traffic.borrow_and_update();
            let is_reached = match moment {
                Moment::Sent(bytes) => now.up - self.before.up >= bytes,
                Moment::Received(bytes) => now.down - self.before.down >= bytes,
            };
            if is_reached || tokio::time::timeout(REST, traffic.changed()).await.is_err() {
                return;
            }
        }
    }

    /// Starts what has ended by itself, as whoever runs it would. None of it is ours, but for the syncer.
    pub(crate) fn revive(&mut self, is_down: impl Fn(&str) -> bool) {
        for target in [Target::HostEtcd, Target::TenantEtcd, Target::HostApi, Target::TenantApi] {
            if !is_down(target.program()) {
                self.revive_one(target);
            }
        }
        if self.syncer.has_ended() {
            let log = self.syncer.log();
            eprintln!(
                "the syncer has ended by itself and is started again: {}",
                log.lines().last().unwrap_or_default()
            );
            self.start_syncer();
        }
    }

    pub(crate) fn revive_one(&mut self, target: Target) {
        let processes = self.world.processes();
        if processes.has_ended(target.program()) {
            eprintln!("{} has ended by itself and is started again", target.program());
            processes.start_again(target.program());
        }
    }

    /// Returns when both API servers answer; starts whatever has ended by itself as often as it takes.
    pub(crate) async fn until_servers_answer(&mut self) {
        for side in [Side::Host, Side::Tenant] {
            while !self.answers(side).await {
                self.revive(|_| false);
                tokio::time::sleep(AGAIN).await;
            }
        }
    }

    /// The same, and leaves a syncer that has ended alone.
    pub(crate) async fn until_servers_listen(&mut self) {
        for side in [Side::Host, Side::Tenant] {
            while !self.answers(side).await {
                tokio::time::sleep(AGAIN).await;
            }
        }
    }

    async fn answers(&self, side: Side) -> bool {
        let cluster = if side == Side::Host { &self.world.host } else { &self.world.tenant };
        let request = http::Request::get("/readyz").body(Vec::new()).expect("a request");
        tokio::time::timeout(Duration::from_secs(2), cluster.request_text(request))
            .await
            .is_ok_and(|answer| answer.is_ok())
    }

    /// Returns when the syncer says that it is ready.
    pub(crate) async fn until_ready(&mut self) {
        while !self.syncer.is_ready().await {
            tokio::time::sleep(AGAIN).await;
        }
    }
}

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
