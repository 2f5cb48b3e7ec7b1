//! Both sides as watches tell of them, from the end of a storm on.

use std::{collections::BTreeSet, time::Duration};

use futures::{FutureExt, Stream, StreamExt, stream::SelectAll};
use kube::{
    Api, Client,
    core::DynamicObject,
    runtime::{WatchStreamExt, watcher},
};

use crate::{
    oracle::{Truth, View},
    support::HOST_NAMESPACE,
    thing::{KINDS, Kind},
};

type Event = (usize, Kind, watcher::Event<DynamicObject>);

/// Waits until nothing differs between the tenant and the host.
///
/// # Errors
/// What still differs after `longest`.
pub(crate) async fn until_equal(
    clusters: [Client; 2],
    truth: &Truth,
    longest: Duration,
) -> Result<(), Vec<String>> {
    let mut last = vec!["nothing was listed".to_owned()];
    let watching = async {
        let mut views = [View::default(), View::default()];
        let mut listed = BTreeSet::new();
        let mut events = events(clusters);
        while let Some(event) = events.next().await {
            take(event, &mut views, &mut listed);
            while let Some(Some(event)) = events.next().now_or_never() {
                take(event, &mut views, &mut listed);
            }
            if listed.len() == 2 * KINDS.len() {
                last = truth.differences(&views[0], &views[1]);
                if last.is_empty() {
                    return;
                }
            }
        }
    };
    match tokio::time::timeout(longest, watching).await {
        Ok(()) => Ok(()),
        Err(_) => Err(last),
    }
}

fn take((side, kind, event): Event, views: &mut [View; 2], listed: &mut BTreeSet<(usize, Kind)>) {
    let key = |object: &DynamicObject| {
        let metadata = &object.metadata;
        (kind, metadata.namespace.clone().unwrap_or_default(), metadata.name.clone().unwrap_or_default())
    };
    match event {
        watcher::Event::Apply(object) | watcher::Event::InitApply(object) => {
            views[side].0.insert(key(&object), object);
        }
        watcher::Event::Delete(object) => {
            views[side].0.remove(&key(&object));
        }
        watcher::Event::Init => {
            views[side].0.retain(|(of, ..), _| *of != kind);
            listed.remove(&(side, kind));
        }
        watcher::Event::InitDone => {
            listed.insert((side, kind));
        }
    }
}

/// Of the tenant, and of the host's namespace.
fn events(clusters: [Client; 2]) -> SelectAll<impl Stream<Item = Event> + Unpin + use<>> {
    let streams = clusters.into_iter().enumerate().flat_map(|(side, client)| {
        KINDS.map(|kind| {
            let events =
                watcher(api(side, kind, client.clone()), watcher::Config::default()).default_backoff();
            events.filter_map(move |event| async move { Some((side, kind, event.ok()?)) }).boxed()
        })
    });
    futures::stream::select_all(streams)
}

fn api(side: usize, kind: Kind, client: Client) -> Api<DynamicObject> {
    if side == 0 {
        Api::all_with(client, &kind.resource())
    } else {
        Api::namespaced_with(client, HOST_NAMESPACE, &kind.resource())
    }
}
