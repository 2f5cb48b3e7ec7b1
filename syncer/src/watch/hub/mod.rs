//! One watch of the host for all tenants of a process, for each kind that the syncer may watch in all namespaces.
//!
//! A tenant's part in it is a [`Subscription`]: it lists its own namespace, as it may by its Role, and then takes the
//! changes that are newer. What another tenant has cannot be put into its [`inbox`].

mod address;
mod inbox;
mod router;
mod source;

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use kube::Client;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use self::{address::Address, inbox::Inbox, router::Router, source::Source};
use super::{Event, Selection, Watch};
use crate::{
    client::WatchClients,
    kinds::{Api, Kind},
    names::marks,
    run::Health,
};

pub use inbox::Loss;

/// How tenants get the host's changes of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// It is not known yet.
    Unknown,
    /// From one watch of all namespaces, which misses nothing from now on.
    Together,
    /// From a watch of each one's namespace: the syncer may not watch the kind in all.
    Apart,
}

/// The watches that all tenants share. Clones are the same.
#[derive(Clone)]
pub(super) struct Hub(Arc<Inner>);

struct Inner {
    requests: Client,
    watches: WatchClients,
    health: Health,
    streams: Mutex<HashMap<Topic, Weak<Stream>>>,
}

/// What one watch of the host shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Topic {
    api: Api,
    labels: Option<String>,
}

/// One watch of the host, which ends with the last subscription.
struct Stream {
    router: Arc<Router>,
    sharing: watch::Receiver<Sharing>,
    kind: Kind,
    health: Health,
    stop: CancellationToken,
}

/// One tenant's part in a watch of the host.
pub(super) struct Subscription {
    stream: Arc<Stream>,
    sharing: watch::Receiver<Sharing>,
    inbox: Arc<Inbox>,
}

impl Hub {
    /// Watches nothing yet. What becomes of its watches is told to `health`, the whole process's.
    pub(super) fn new(requests: Client, watches: WatchClients, health: Health) -> Self {
        Self(Arc::new(Inner { requests, watches, health, streams: Mutex::default() }))
    }

    /// Takes part in the watch that shows, among others, what `watch` does.
    pub(super) fn subscribe(&self, watch: &Watch) -> Subscription {
        let labels: &[_] = match &watch.selection {
            Selection::Copies(labels) | Selection::Tokens(labels) => labels,
            Selection::All | Selection::Labelled(_) => &[],
        };
        let stream = self.stream(watch);
        let inbox = stream.router.enlist(Address::new(&watch.namespace, labels));
        Subscription { sharing: stream.sharing.clone(), inbox, stream }
    }

    fn stream(&self, watch: &Watch) -> Arc<Stream> {
        let everywhere = everywhere(watch);
        let topic = Topic { api: watch.kind.api(), labels: everywhere.selection.labels() };
        let mut streams = self.0.streams.lock();
        if let Some(stream) = streams.get(&topic).and_then(Weak::upgrade) {
            return stream;
        }
        let (told, sharing) = watch::channel(Sharing::Unknown);
        let router = Arc::<Router>::default();
        let stop = CancellationToken::new();
        let Inner { requests, watches, health, .. } = &*self.0;
        let source = Source {
            watch: everywhere,
            requests: requests.clone(),
            watches: watches.clone(),
            health: health.clone(),
            router: Arc::clone(&router),
            sharing: told,
        };
        tokio::spawn(source.run(stop.clone()));
        let stream = Arc::new(Stream { router, sharing, kind: watch.kind, health: health.clone(), stop });
        streams.retain(|_, stream| stream.strong_count() > 0);
        streams.insert(topic, Arc::downgrade(&stream));
        stream
    }
}

/// The watch that shows what all tenants' watches like this one do.
fn everywhere(watch: &Watch) -> Watch {
    let selection = match &watch.selection {
        // Whosever they are.
        Selection::Copies(_) => Selection::Labelled(marks::copies(marks::VCLUSTER)),
        Selection::Tokens(_) => Selection::Labelled(marks::tokens(marks::VCLUSTER)),
        same => same.clone(),
    };
    Watch { namespace: String::new(), selection, ..watch.clone() }
}

impl Subscription {
    /// Begins anew, as soon as it is known how: what is listed from now on and the changes after it miss nothing.
    pub(super) async fn begin(&mut self) -> Sharing {
        // First of all: what is lost from here on is told by the inbox.
        self.inbox.begin();
        // The source goes on for as long as there is a subscription.
        self.sharing.wait_for(|way| *way != Sharing::Unknown).await.map_or(Sharing::Apart, |way| *way)
    }

    /// The next change, or why it has to begin anew.
    pub(super) async fn next(&self) -> Result<(u64, Event), Loss> {
        let change = self.inbox.next().await?;
        Ok((change.object().version(), change.into()))
    }

    /// Returns when the way is not `present` any more.
    pub(super) async fn leaves(&mut self, present: Sharing) {
        if self.sharing.wait_for(|way| *way != present).await.is_err() {
            std::future::pending().await
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.stop.cancel();
        self.health.host_watch_ends(self.kind);
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.stream.router.dismiss(&self.inbox);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::watch::feed::Change;

    /// A shared watch whose source is a test.
    pub(crate) struct Played {
        router: Arc<Router>,
        pub(crate) told: watch::Sender<Sharing>,
        stream: Arc<Stream>,
    }

    impl Played {
        pub(crate) fn new(kind: Kind) -> Self {
            let (told, sharing) = watch::channel(Sharing::Together);
            let (router, stop) = (Arc::<Router>::default(), CancellationToken::new());
            let health = Health::default();
            let stream = Stream { router: Arc::clone(&router), sharing, kind, health, stop };
            Self { router, told, stream: Arc::new(stream) }
        }

        pub(crate) fn subscription(&self, namespace: &str) -> Subscription {
            let inbox = self.router.enlist(Address::new(namespace, &[]));
            Subscription { sharing: self.told.subscribe(), inbox, stream: Arc::clone(&self.stream) }
        }

        pub(crate) fn shows(&self, namespace: &str, version: u64) {
            self.router.route(&Change::Apply(address::tests::object(namespace, None, version)));
        }

        pub(crate) fn loses(&self, loss: Loss) {
            self.router.lose(loss);
        }
    }

    #[tokio::test]
    async fn a_loss_while_a_tenant_begins_is_not_lost_itself() {
        let played = Played::new(Kind::Pod);
        let mut one = played.subscription("ns");
        assert_eq!(one.begin().await, Sharing::Together);
        played.told.send_replace(Sharing::Apart);
        played.loses(Loss::Rights);
        assert_eq!(one.next().await.map(|_| ()), Err(Loss::Rights));
        assert_eq!(one.begin().await, Sharing::Apart);
    }

    #[tokio::test]
    async fn tenants_of_one_kind_share_a_watch_until_the_last_of_them_leaves() {
        let config = kube::Config::new("https://127.0.0.1:1".parse().expect("an address"));
        let requests = crate::client::client(config.clone(), crate::client::Purpose::Requests);
        let health = Health::default();
        let hub = Hub::new(requests.expect("a client"), WatchClients::new(config), health);
        let watch = |kind, namespace: &str, vcluster: &str| Watch {
            side: crate::kinds::Side::Host,
            kind,
            namespace: namespace.to_owned(),
            selection: Selection::Copies(address::tests::of(vcluster).into()),
        };
        let pods = [("a", "vc"), ("b", "vc"), ("b", "other")]
            .map(|(namespace, vcluster)| hub.subscribe(&watch(Kind::Pod, namespace, vcluster)));
        let secrets = hub.subscribe(&watch(Kind::Secret, "a", "vc"));
        assert!(pods.iter().all(|one| Arc::ptr_eq(&one.stream, &pods[0].stream)));
        assert!(!Arc::ptr_eq(&secrets.stream, &pods[0].stream));
        let (stream, stop) = (Arc::downgrade(&pods[0].stream), pods[0].stream.stop.clone());
        drop(pods);
        assert!(stream.upgrade().is_none() && stop.is_cancelled());
    }
}
