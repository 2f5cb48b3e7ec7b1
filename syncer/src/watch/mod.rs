//! One kind of one side, as it changes: lists, then watches, and lists again where the watch has lapsed.

use futures::{Stream, TryStreamExt};
use kube::{
    Api,
    runtime::{
        WatchStreamExt,
        watcher::{self, Event},
    },
};
use tokio_util::sync::CancellationToken;

use crate::{
    kinds::{Kind, Side},
    object::Object,
    retry::Patience,
    run::Health,
};

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
    /// may come back.
    pub async fn run(
        self,
        client: kube::Client,
        health: Health,
        stop: CancellationToken,
        mut sink: impl FnMut(Event<Object>),
    ) {
        let pulse = health.pulse(&self.to_string());
        let events = self.events(client);
        let mut events = std::pin::pin!(events);
        loop {
            let next = tokio::select! {
                () = stop.cancelled() => return pulse.end(),
                next = events.try_next() => next,
                () = pulse.due() => continue,
            };
            match next {
                Ok(Some(event)) => sink(event),
                Ok(None) => return,
                Err(error) => {
                    health.metrics().interrupted(self.side, self.kind);
                    tracing::debug!(watch = %self, %error, "the watch is interrupted");
                }
            }
        }
    }

    fn events(&self, client: kube::Client) -> impl Stream<Item = watcher::Result<Event<Object>>> + use<> {
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
