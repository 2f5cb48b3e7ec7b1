//! One kind of one side, as it changes: lists, then watches, and lists again where the watch has lapsed.

mod doors;

use futures::{Stream, TryStreamExt};
use kube::{
    Api,
    runtime::{WatchStreamExt, watcher},
};
use tokio_util::sync::CancellationToken;

pub use doors::Doors;

use crate::{
    kinds::{Kind, Side},
    object::Object,
    retry::Patience,
    run::{Health, Pulse, Trust},
};

/// What a watch says.
pub type Event = watcher::Event<Object>;

/// What to watch.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Of which side.
    pub side: Side,
    /// Which kind.
    pub kind: Kind,
    /// The namespace; empty for all.
    pub namespace: String,
    /// A label selector; empty for all.
    pub labels: String,
    /// A field selector; empty for all.
    pub fields: String,
}

impl std::fmt::Display for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "watch {}/{}", self.side.word(), self.kind.api().plural)
    }
}

impl Watch {
    /// Hands each event to `sink` until `stop`. Failures are retried for ever: the API server may not be up yet, or
    /// may come back. It is listed when `doors` lets it. What comes after an interruption is handed on only if it can be trusted, which else ends the watch.
    pub async fn run(
        self,
        (client, doors): (kube::Client, Doors),
        health: Health,
        trust: Trust,
        stop: CancellationToken,
        mut sink: impl FnMut(Event),
    ) {
        let pulse = health.pulse(&self.to_string());
        let events = self.events(client);
        let mut events = std::pin::pin!(events);
        let mut was_interrupted = false;
        // Held until the list is whole.
        let mut door = None;
        let mut is_listed = false;
        loop {
            let next = async {
                if !is_listed && door.is_none() {
                    door = doors.enter().await;
                }
                let next = events.try_next().await;
                let is_trusted = !was_interrupted || next.is_err() || trust.holds(self.side).await;
                next.map(|event| event.filter(|_| is_trusted))
            };
            match until(&stop, &pulse, next).await {
                Some(Ok(Some(event))) => {
                    was_interrupted = false;
                    is_listed = !matches!(event, Event::Init | Event::InitApply(_));
                    if is_listed {
                        door = None;
                    }
                    trust.saw(self.side, &event);
                    sink(event);
                }
                Some(Ok(None)) | None => return pulse.end(),
                Some(Err(error)) => {
                    was_interrupted = true;
                    (is_listed, door) = (false, None);
                    health.metrics().interrupted(self.side, self.kind);
                    tracing::debug!(watch = %self, %error, "the watch is interrupted");
                }
            }
        }
    }

    fn events(&self, client: kube::Client) -> impl Stream<Item = watcher::Result<Event>> + use<> {
        let resource = self.kind.resource();
        let api: Api<Object> = if self.namespace.is_empty() {
            Api::all_with(client, &resource)
        } else {
            Api::namespaced_with(client, &self.namespace, &resource)
        };
        let mut config = watcher::Config::default();
        if !self.labels.is_empty() {
            config = config.labels(&self.labels);
        }
        if !self.fields.is_empty() {
            config = config.fields(&self.fields);
        }
        watcher::watcher(api, config).backoff(Patience::default())
    }
}

/// Awaits what comes next, while the pulse is felt; none once `stop` is.
async fn until<T>(stop: &CancellationToken, pulse: &Pulse, next: impl Future<Output = T>) -> Option<T> {
    let mut next = std::pin::pin!(next);
    loop {
        tokio::select! {
            () = stop.cancelled() => return None,
            next = &mut next => return Some(next),
            () = pulse.due() => {}
        }
    }
}
