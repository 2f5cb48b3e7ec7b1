//! A measuring double: the ideal syncer. It sends exactly the API writes that any correct syncer must send for a pod
//! (see docs/performance.md) as soon as a watch tells that it can, and does nothing else: it translates the first pod and
//! no other, and has no index, no queue and no other kinds. How fast it is bounds how fast any syncer can be. It knows
//! pods of one make only, those of the harness's load.
//!
//! A crate of its own, so that every build optimises it as it does the syncer: a floor that takes more processor time
//! than it has to would flatter what is measured against it.

mod calls;
mod form;
mod pod;

use std::{collections::HashMap, io, sync::Arc};

use axum::Router;
use futures::{StreamExt, future::BoxFuture, pin_mut};
use k8s_openapi::api::apps::v1::StatefulSet;
use kube::{
    Api, Client, Config, Resource,
    runtime::{WatchStreamExt, watcher},
};
use serde_json::Value;
use tenantbench_syncer::{
    client::{self, Purpose},
    kinds::Kind,
    names::{Names, marks},
    object::Object,
};
use tokio::{net::TcpListener, sync::mpsc};

use calls::Calls;
use form::Form;
use pod::News;

/// The one virtual cluster that an ideal syncer serves.
#[derive(Debug)]
pub struct Plane {
    /// The host's API, with the plane's own rights.
    pub host: Config,
    /// The tenant's API.
    pub tenant: Config,
    /// The host's namespace that holds the plane and its pods.
    pub namespace: String,
    /// What the names of the host's pods end in.
    pub name: String,
    /// The StatefulSet of the plane, which owns what is made on the host.
    pub stateful_set: String,
    /// The label selector of the tenant's pods that are served, and of theirs on the host.
    pub pods: String,
}

impl Plane {
    /// Serves the plane's pods until the future is dropped. Whoever connects to `port` is told that it is ready.
    ///
    /// Boxed, so that all of it is compiled with this crate and as this crate is: a future is otherwise compiled where it
    /// is awaited.
    ///
    /// # Errors
    /// Credentials that cannot be used, a StatefulSet that cannot be read, a port that is taken.
    #[must_use]
    pub fn serve(self, port: u16) -> BoxFuture<'static, io::Result<()>> {
        Box::pin(self.served(port))
    }

    async fn served(self, port: u16) -> io::Result<()> {
        let make = |config, purpose| client::client(config, purpose).map_err(io::Error::other);
        let watches = Purpose::Watches { streams: 1 };
        let authority = client::authority(&self.tenant);
        let hosts = make(self.host.clone(), Purpose::Requests)?;
        let tenants = make(self.tenant.clone(), Purpose::Requests)?;
        let names = Names::new(self.name.as_str(), self.namespace.as_str());
        let owner = owner(&hosts, &self.namespace, &self.stateful_set).await?;
        let form = Form::new(names, owner, authority);
        let calls = Calls::new(hosts, tenants, self.namespace.clone(), form);
        let resource = Kind::Pod.resource();
        let tenant: Api<Object> = Api::all_with(make(self.tenant, watches)?, &resource);
        let host: Api<Object> = Api::namespaced_with(make(self.host, watches)?, &self.namespace, &resource);
        let listener = TcpListener::bind(("0.0.0.0", port)).await?;
        let ready = Router::new().fallback(async || {});
        let chosen = watcher::Config::default().labels(&self.pods);
        tokio::select! {
            () = follow(calls, tenant, host, &chosen) => Ok(()),
            served = axum::serve(listener, ready) => served,
        }
    }
}

/// Who owns what is made on the host.
async fn owner(host: &Client, namespace: &str, name: &str) -> io::Result<Value> {
    let api: Api<StatefulSet> = Api::namespaced(host.clone(), namespace);
    let set = api.get(name).await.map_err(io::Error::other)?;
    Ok(serde_json::to_value(set.owner_ref(&()))?)
}

/// Which side an event is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Tenant,
    Host,
}

/// Gives what the watches show to the pods' tasks.
async fn follow(calls: Calls, tenant: Api<Object>, host: Api<Object>, chosen: &watcher::Config) {
    let events = |api, side| {
        let all = watcher(api, chosen.clone()).default_backoff();
        all.filter_map(move |event| std::future::ready(event.ok().map(|event| (side, event))))
    };
    let events = futures::stream::select(events(tenant, Side::Tenant), events(host, Side::Host));
    pin_mut!(events);
    let calls = Arc::new(calls);
    let mut pods: HashMap<String, mpsc::UnboundedSender<News>> = HashMap::new();
    while let Some((side, event)) = events.next().await {
        match (side, event) {
            (Side::Tenant, watcher::Event::Apply(object) | watcher::Event::InitApply(object)) => {
                if object.deleting().is_some() {
                    tell(&pods, object.name(), News::Unwanted);
                } else if !pods.contains_key(object.name()) {
                    let (sender, news) = mpsc::unbounded_channel();
                    pods.insert(object.name().to_owned(), sender);
                    tokio::spawn(pod::run(Arc::clone(&calls), object, news));
                }
            }
            (Side::Tenant, watcher::Event::Delete(object)) => {
                pods.remove(object.name());
            }
            (Side::Host, watcher::Event::Apply(object) | watcher::Event::InitApply(object)) => {
                if let Some(name) = object.annotation(marks::NAME).map(str::to_owned) {
                    tell(&pods, &name, News::Host(Box::new(object)));
                }
            }
            (Side::Host, watcher::Event::Delete(object)) => {
                if let Some(name) = object.annotation(marks::NAME) {
                    tell(&pods, name, News::Gone);
                }
            }
            (_, watcher::Event::Init | watcher::Event::InitDone) => {}
        }
    }
}

fn tell(pods: &HashMap<String, mpsc::UnboundedSender<News>>, name: &str, news: News) {
    if let Some(pod) = pods.get(name) {
        // A pod whose task has ended wants to hear nothing.
        drop(pod.send(news));
    }
}
