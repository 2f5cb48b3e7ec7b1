//! How tenants of one process watch the host: together where that may be, else each by itself.

use std::sync::Arc;

use futures::{Stream, StreamExt, stream::BoxStream};
use kube::Client;

use super::{
    Doors, Event, Hub, Watch,
    hub::{Loss, Sharing, Subscription},
    list::{Listed, Lister},
    own::Own,
    steps::Steps,
};
use crate::{
    client::{ClientError, Lease, WatchClients},
    metrics::Metrics,
    run::Health,
};

/// The ways to the host. Clones are the same.
#[derive(Clone)]
pub struct HostWatches(Arc<Ways>);

struct Ways {
    requests: Client,
    watches: WatchClients,
    doors: Doors,
    hub: Option<Hub>,
}

/// One tenant's watch of one kind.
struct Member {
    watch: Watch,
    host: HostWatches,
    metrics: Metrics,
    shared: Option<Subscription>,
    lister: Lister,
    state: State,
}

/// How far it has come.
enum State {
    /// It is to be found out how it gets what.
    Begun,
    /// It lists its own namespace.
    Listing,
    /// It takes what is newer than this.
    Following(u64),
    /// It has a watch of its own.
    Alone(Alone),
}

/// A watch of its own, and its place on a connection.
struct Alone {
    events: BoxStream<'static, kube::Result<Event>>,
    _lease: Lease,
}

impl HostWatches {
    /// The ways to the host of this configuration; `requests`: the client for ordinary calls. `of_many`: how the process
    /// fares, where it serves many tenants, who then watch the host together as far as it lets them.
    pub fn new(host: kube::Config, requests: Client, of_many: Option<&Health>) -> Self {
        let watches = WatchClients::new(host);
        let hub = of_many.map(|health| Hub::new(requests.clone(), watches.clone(), health.clone()));
        Self(Arc::new(Ways { requests, watches, doors: Doors::shared(), hub }))
    }

    /// Room for a watch that is nobody else's.
    ///
    /// # Errors
    /// Credentials or certificates that cannot be used.
    pub(crate) fn lease(&self) -> Result<Lease, ClientError> {
        self.0.watches.lease(1)
    }

    /// Through which lists are asked for.
    pub(crate) fn doors(&self) -> Doors {
        self.0.doors.clone()
    }

    /// What a watch of its own would say, in the same order.
    pub(super) fn events(
        &self,
        watch: Watch,
        metrics: Metrics,
    ) -> impl Stream<Item = kube::Result<Event>> + Send + use<> {
        let shared = self.0.hub.as_ref().map(|hub| hub.subscribe(&watch));
        Member::new(watch, self.clone(), metrics, shared).events()
    }
}

impl Member {
    fn new(watch: Watch, host: HostWatches, metrics: Metrics, shared: Option<Subscription>) -> Self {
        let lister = Lister::new(watch.clone(), host.0.requests.clone());
        Self { watch, host, metrics, shared, lister, state: State::Begun }
    }

    fn begin_anew(&mut self, loss: Loss) {
        self.metrics.lists_again(self.watch.kind, loss);
        tracing::debug!(watch = %self.watch, namespace = self.watch.namespace, ?loss, "it is listed anew");
        self.state = State::Begun;
    }
}

impl Steps for Member {
    async fn step(&mut self) -> kube::Result<Option<Event>> {
        match &mut self.state {
            State::Begun => {
                let way = match &mut self.shared {
                    Some(shared) => shared.begin().await,
                    None => Sharing::Apart,
                };
                if way == Sharing::Together {
                    self.state = State::Listing;
                    return Ok(Some(Event::Listing));
                }
                self.state = State::Alone(alone(&self.watch, &self.host)?);
                Ok(None)
            }
            State::Listing => match self.lister.next().await {
                Ok(Listed::Object(object)) => Ok(Some(Event::Listed(object))),
                Ok(Listed::Whole(version)) => {
                    self.state = State::Following(version);
                    Ok(Some(Event::Whole(version)))
                }
                Err(error) => {
                    self.state = State::Begun;
                    Err(error)
                }
            },
            State::Following(listed) => {
                let Some(shared) = &self.shared else { return Ok(None) };
                match shared.next().await {
                    Ok((version, event)) => Ok((version > *listed).then_some(event)),
                    Err(loss) => {
                        self.begin_anew(loss);
                        Ok(None)
                    }
                }
            }
            State::Alone(alone) => {
                let changed = async {
                    match &mut self.shared {
                        Some(shared) => shared.leaves(Sharing::Apart).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    // It never ends.
                    event = alone.events.next() => return event.transpose(),
                    () = changed => {}
                }
                self.begin_anew(Loss::Rights);
                Ok(None)
            }
        }
    }
}

fn alone(watch: &Watch, host: &HostWatches) -> kube::Result<Alone> {
    let lease = host.lease().map_err(|error| kube::Error::Service(error.into()))?;
    let events = Own::new(watch.clone(), lease.client().clone()).events().boxed();
    Ok(Alone { events, _lease: lease })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures::FutureExt;
    use http::{Request, Response};
    use kube::client::Body;
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        kinds::{Kind, Side},
        watch::{
            Selection,
            hub::tests::Played,
            steps::tests::{next, some},
        },
    };

    /// A host whose lists are as the test says, each after the other.
    fn host(lists: Vec<Value>) -> HostWatches {
        let lists = Arc::new(parking_lot::Mutex::new(lists.into_iter()));
        let service = tower::service_fn(move |_: Request<Body>| {
            let list = lists.lock().next().expect("a list more");
            async move { Ok::<_, Infallible>(Response::new(Body::from(list.to_string().into_bytes()))) }
        });
        let nowhere = kube::Config::new("https://127.0.0.1:1".parse().expect("an address"));
        HostWatches::new(nowhere, Client::new(service, "ns"), None)
    }

    fn list(version: u64, objects: &[u64]) -> Value {
        let one = |version: &u64| json!({"metadata": {"name": "o", "namespace": "ns", "uid": "u", "resourceVersion": version.to_string()}});
        let items: Vec<Value> = objects.iter().map(one).collect();
        let metadata = json!({"resourceVersion": version.to_string()});
        json!({"apiVersion": "v1", "kind": "PodList", "metadata": metadata, "items": items})
    }

    fn member(played: &Played, lists: Vec<Value>) -> Member {
        let watch = Watch {
            side: Side::Host,
            kind: Kind::Pod,
            namespace: "ns".to_owned(),
            selection: Selection::All,
        };
        let (host, shared) = (host(lists), Some(played.subscription("ns")));
        Member::new(watch, host, Metrics::default(), shared)
    }

    #[tokio::test]
    async fn what_changes_while_a_tenant_lists_comes_after_its_list_and_what_the_list_has_does_not_come_again()
     {
        let played = Played::new(Kind::Pod);
        let mut member = member(&played, vec![list(10, &[3, 7, 9])]);
        assert_eq!(some(&mut member, 2).await, ["listing", "listed 3"]);
        // The shared watch lags behind the list, and then goes past it.
        for version in [9, 10, 11] {
            played.shows("ns", version);
            played.shows("other", version + 100);
        }
        assert_eq!(some(&mut member, 4).await, ["listed 7", "listed 9", "whole 10", "apply 11"]);
        assert_eq!(next(&mut member).now_or_never(), None);
        played.shows("ns", 12);
        assert_eq!(next(&mut member).await, "apply 12");
    }

    #[tokio::test]
    async fn who_has_missed_something_lists_anew() {
        let played = Played::new(Kind::Pod);
        let mut member = member(
            &played,
            [(10, &[][..]), (20, &[15]), (30, &[])].map(|(version, objects)| list(version, objects)).into(),
        );
        assert_eq!(some(&mut member, 2).await, ["listing", "whole 10"]);
        played.shows("ns", 12);
        played.loses(Loss::Gap);
        played.shows("ns", 14);
        assert_eq!(some(&mut member, 3).await, ["listing", "listed 15", "whole 20"]);
        // In the midst of a list, too.
        played.loses(Loss::Slow);
        assert_eq!(next(&mut member).await, "listing");
        played.loses(Loss::Gap);
        assert_eq!(some(&mut member, 2).await, ["whole 30", "listing"]);
    }
}
