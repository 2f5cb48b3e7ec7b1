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

use self::{
    address::{Address, Change},
    inbox::Inbox,
    router::Router,
    source::Source,
};
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Topic {
    api: Api,
    /// Whether only what is some virtual cluster's copy, by its label.
    copies: bool,
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

    /// Takes part in the watch that shows what `watch` does; none where no such watch can be shared.
    pub(super) fn subscribe(&self, watch: &Watch) -> Option<Subscription> {
        let vcluster = match &watch.selection {
            Selection::All => None,
            Selection::CopiesOf(vcluster) => Some(vcluster.as_str()),
            Selection::Labelled(_) => return None,
        };
        if watch.namespace.is_empty() {
            return None;
        }
        let stream = self.stream(watch);
        let inbox = stream.router.enlist(Address::new(&watch.namespace, vcluster));
        Some(Subscription { sharing: stream.sharing.clone(), inbox, stream })
    }

    fn stream(&self, watch: &Watch) -> Arc<Stream> {
        let copies = watch.selection != Selection::All;
        let topic = Topic { api: watch.kind.api(), copies };
        let mut streams = self.0.streams.lock();
        if let Some(stream) = streams.get(&topic).and_then(Weak::upgrade) {
            return stream;
        }
        let everywhere = Watch {
            namespace: String::new(),
            selection: if copies { Selection::Labelled(marks::VCLUSTER.to_owned()) } else { Selection::All },
            ..watch.clone()
        };
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

impl Subscription {
    /// Begins anew, as soon as it is known how: what is listed from now on and the changes after it miss nothing.
    pub(super) async fn begin(&mut self) -> Sharing {
        // One whose source has ended is dropped as well.
        let way =
            self.sharing.wait_for(|way| *way != Sharing::Unknown).await.map_or(Sharing::Apart, |way| *way);
        self.inbox.begin();
        way
    }

    /// The next change, or why it has to begin anew.
    pub(super) async fn next(&self) -> Result<(u64, Event), Loss> {
        let change = self.inbox.next().await?;
        let version = change.object().version();
        Ok(match change {
            Change::Apply(object) => (version, Event::Apply(object)),
            Change::Delete(object) => (version, Event::Delete(object)),
        })
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
