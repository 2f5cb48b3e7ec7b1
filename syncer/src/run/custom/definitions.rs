//! One side's definitions of custom resources, as they come and go: names and versions only.

use std::{collections::BTreeMap, pin::pin};

use futures::TryStreamExt;
use k8s_openapi::{
    Resource as _, apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, Client, ResourceExt,
    core::PartialObjectMeta,
    runtime::{
        WatchStreamExt,
        watcher::{self, Event},
    },
};
use tokio::sync::watch;

use super::{
    super::Trust,
    served::{Served, by_definition},
};
use crate::{
    kinds::Side,
    retry::Patience,
    role::{Access, may},
};

/// The definitions' names, each with its version; none before they have been listed.
pub(super) type Definitions = Option<BTreeMap<String, String>>;

/// Whether whoever `client` is may watch definitions. A Role cannot allow that, for they have no namespace.
pub(super) async fn may_be_watched(client: &Client) -> bool {
    for verb in ["get", "list", "watch"] {
        let group = CustomResourceDefinition::GROUP;
        let resource = "customresourcedefinitions";
        let access = Access { verb, group, resource, subresource: "", everywhere: true };
        // Whoever cannot be asked is asked for definitions one by one.
        if !may(client, "", &access).await.unwrap_or_default() {
            return false;
        }
    }
    true
}

/// Keeps `known` as the definitions of a side are. Ends with the program or whoever drops it, and where the tenant turns
/// out to be another: kinds that are not defined there would lose their copies.
pub(super) async fn follow(side: Side, client: Client, trust: Trust, known: watch::Sender<Definitions>) {
    // A definition can be a megabyte; its metadata says enough.
    let api: Api<PartialObjectMeta<CustomResourceDefinition>> = Api::all(client);
    let mut events = pin!(watcher::watcher(api, watcher::Config::default()).backoff(Patience::default()));
    let (mut listing, mut was_interrupted) = (BTreeMap::new(), false);
    loop {
        let event = match events.try_next().await {
            Ok(Some(event)) => event,
            Ok(None) => return,
            Err(error) => {
                tracing::debug!(?side, %error, "the watch on definitions is interrupted");
                was_interrupted = true;
                continue;
            }
        };
        if was_interrupted && !trust.holds(side).await {
            return;
        }
        was_interrupted = false;
        let entry = |object: &PartialObjectMeta<CustomResourceDefinition>| {
            (object.name_any(), object.resource_version().unwrap_or_default())
        };
        match event {
            Event::Init => listing.clear(),
            Event::InitApply(object) => listing.extend([entry(&object)]),
            Event::InitDone => drop(known.send_replace(Some(std::mem::take(&mut listing)))),
            Event::Apply(object) => {
                known.send_modify(|known| known.get_or_insert_default().extend([entry(&object)]))
            }
            Event::Delete(object) => known.send_modify(|known| {
                known.get_or_insert_default().remove(&object.name_any());
            }),
        }
    }
}

/// What a side serves of a kind whose definitions are watched. The definitions themselves say so: discovery lags behind them, and in a starting
/// API server shows nothing for a while.
///
/// # Errors
/// An API server that does not answer.
pub(super) async fn of(
    client: &Client,
    known: &BTreeMap<String, String>,
    group: &str,
    kind: &str,
) -> Result<Vec<Served>, kube::Error> {
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    for name in known.keys().filter(|name| is_of(name, group)) {
        let found = api.get_opt(name).await?;
        if let Some(definition) = found.filter(|found| found.spec.names.kind == kind) {
            return Ok(by_definition(&definition));
        }
    }
    Ok(Vec::new())
}

/// Whether a definition, which is named `PLURAL.GROUP`, is of this group.
pub(super) fn is_of(name: &str, group: &str) -> bool {
    name.split_once('.').is_some_and(|(_, of)| of == group)
}
