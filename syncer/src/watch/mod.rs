//! One kind of one side, as it changes: lists, then watches, and lists again where the watch has lapsed.

mod doors;
mod feed;
mod host;
mod hub;
mod list;
mod own;
mod steps;

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use kube::Api;
use tokio_util::sync::CancellationToken;

pub use doors::Doors;
pub use host::HostWatches;
use hub::Hub;
pub use hub::Loss;
use own::Own;
use steps::Steps;

use crate::{
    kinds::{Kind, Side},
    names::marks,
    object::Object,
    retry,
    run::{Health, Pulse, Trust},
};

/// What a watch says.
#[derive(Debug)]
pub enum Event {
    /// A list begins.
    Listing,
    /// An object of it.
    Listed(Object),
    /// The list is whole, as of this version.
    Whole(u64),
    /// An object is so now.
    Apply(Object),
    /// An object is gone, or not selected any more.
    Delete(Object),
}

/// After so many failures in a row lists are tried again no less often, about once a second.
const LIST_AGAIN: u32 = 6;

/// So many objects are taken in before others have their turn: ten tenants that show a thousand pods each at once would
/// otherwise make a modest one's news wait at each step of its way. To look for what has come after each single object
/// costs a quarter of the time that a list takes.
const AT_A_TIME: u32 = 8;

/// What to watch.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Of which side.
    pub side: Side,
    /// Which kind.
    pub kind: Kind,
    /// The namespace; empty for all.
    pub namespace: String,
    /// Which objects there.
    pub selection: Selection,
}

/// Which objects of a kind are watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All.
    All,
    /// The copies of a virtual cluster, which all have these labels.
    Copies(Vec<(&'static str, String)>),
    /// What holds the tokens of its pods, with the same labels.
    Tokens(Vec<(&'static str, String)>),
    /// Those that a label selector selects.
    Labelled(String),
}

/// By which way an API server is watched.
#[derive(Clone)]
pub enum Way {
    /// By a watch of its own on this client.
    Own(kube::Client),
    /// As the tenants of a process watch their host.
    Host(HostWatches),
}

impl Selection {
    /// The label selector that says so.
    pub fn labels(&self) -> Option<String> {
        match self {
            Self::All => None,
            Self::Copies(labels) => Some(marks::copies(&marks::selector(labels))),
            Self::Tokens(labels) => Some(marks::tokens(&marks::selector(labels))),
            Self::Labelled(labels) => Some(labels.clone()),
        }
    }
}

impl std::fmt::Display for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "watch {}/{}", self.side.word(), self.kind.watched_as())
    }
}

impl Watch {
    /// Hands each event to `sink` until `stop`. Failures are retried for ever: the API server may not be up yet, or
    /// may come back. What comes after an interruption is handed on only if it can be trusted, which else ends the watch.
    pub async fn run(
        self,
        way: Way,
        health: Health,
        trust: Trust,
        stop: CancellationToken,
        mut sink: impl FnMut(Event),
    ) {
        let (side, kind, name) = (self.side, self.kind, self.to_string());
        let pulse = health.pulse(&name);
        let (mut events, doors) = match way {
            Way::Own(client) => (Own::new(self, client).events().boxed(), Doors::open()),
            Way::Host(host) => (host.events(self, health.metrics().clone()).boxed(), host.doors()),
        };
        let mut failures = Failures::default();
        // Held until the list is whole.
        let mut door = None;
        let mut is_listing = false;
        let mut taken_in = 0_u32;
        loop {
            let next = async {
                // Not slept without need: the shortest sleep is a millisecond, which thousands of listed objects would wait.
                if let Some(wait) = failures.wait() {
                    tokio::time::sleep(wait).await;
                }
                // What has come of a list, or what a burst has made, is at hand at once, and others want to go on meanwhile.
                taken_in += 1;
                if taken_in.is_multiple_of(AT_A_TIME) {
                    tokio::task::yield_now().await;
                }
                if is_listing && door.is_none() {
                    door = doors.enter().await;
                }
                let next = events.try_next().await;
                let is_trusted = !failures.is_last() || next.is_err() || trust.holds(side).await;
                next.map(|event| event.filter(|_| is_trusted))
            };
            match until(&stop, &pulse, next).await {
                Some(Ok(Some(event))) => {
                    is_listing = matches!(event, Event::Listing | Event::Listed(_));
                    if !is_listing {
                        door = None;
                    }
                    failures.end(is_listing);
                    trust.saw(side, &event);
                    sink(event);
                }
                Some(Ok(None)) | None => return pulse.end(),
                Some(Err(error)) => {
                    failures.add(is_listing);
                    (is_listing, door) = (false, None);
                    health.metrics().interrupted(side, kind);
                    tracing::debug!(watch = name, %error, "the watch is interrupted");
                }
            }
        }
    }

    /// Where it is watched.
    fn api(&self, client: kube::Client) -> Api<Object> {
        let resource = self.kind.resource();
        if self.namespace.is_empty() {
            Api::all_with(client, &resource)
        } else {
            Api::namespaced_with(client, &self.namespace, &resource)
        }
    }
}

/// Failures in a row. A list is no success before it is whole.
#[derive(Default)]
struct Failures {
    count: u32,
    wait: Option<Duration>,
    is_last: bool,
}

impl Failures {
    fn add(&mut self, is_listing: bool) {
        let count = if is_listing { self.count.min(LIST_AGAIN) } else { self.count };
        self.wait = Some(retry::delay(count));
        self.count += 1;
        self.is_last = true;
    }

    fn end(&mut self, is_listing: bool) {
        self.is_last = false;
        if !is_listing {
            self.count = 0;
        }
    }

    /// How long to wait before the next try, if at all.
    fn wait(&mut self) -> Option<Duration> {
        self.wait.take()
    }

    /// Whether nothing has come since the last one.
    fn is_last(&self) -> bool {
        self.is_last
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_fail_one_after_the_other_are_asked_for_less_and_less_often() {
        let mut failures = Failures::default();
        let waits: Vec<Duration> = (0..8)
            .map(|_| {
                failures.end(true);
                failures.add(true);
                failures.wait().expect("a wait")
            })
            .collect();
        assert!(waits[0] < Duration::from_millis(21) && waits[7] > Duration::from_millis(600), "{waits:?}");
        assert!(waits.iter().all(|wait| *wait < Duration::from_millis(1300)), "{waits:?}");
        failures.end(false);
        failures.add(false);
        assert!(failures.wait().expect("a wait") < Duration::from_millis(21));
        assert_eq!(failures.wait(), None);
    }
}
