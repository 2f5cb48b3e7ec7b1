//! A measuring double: the ideal syncer. It sends exactly the API writes that any correct syncer must send for a pod
//! (see docs/performance.md) as soon as a watch tells that it can, and does nothing else: it translates the first pod and
//! no other, and has no index, no queue and no other kinds. How fast it is bounds how fast any syncer can be. It knows
//! pods of one make only, those of [`crate::probe::load`].

mod calls;
mod form;
mod pod;

use std::{collections::HashMap, io, path::PathBuf, process::ExitCode, sync::Arc};

use axum::Router;
use futures::{StreamExt, pin_mut};
use k8s_openapi::api::apps::v1::StatefulSet;
use kube::{
    Api, Client, Resource,
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

use super::{ended, mounted};
use crate::{cli::signals, names};
use calls::Calls;
use form::Form;
use pod::News;

/// What it is told; a subset of what a syncer is told.
#[derive(clap::Args, Debug)]
pub struct IdealSyncerArgs {
    /// The kubeconfig of the tenant's API.
    #[arg(long, value_name = "FILE")]
    tenant_kubeconfig: PathBuf,
    /// What the names of the host's pods end in.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The StatefulSet of the plane, which owns what is made on the host.
    #[arg(long, value_name = "NAME")]
    stateful_set: String,
    /// The port on which it says that it is ready.
    #[arg(long)]
    port: u16,
}

/// Runs it until a signal.
pub fn ideal_syncer(args: &IdealSyncerArgs) -> ExitCode {
    // As a syncer of one tenant has it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ran = runtime.and_then(|runtime| {
        runtime.block_on(async {
            let stop = signals::shutdown()?;
            tokio::select! {
                ended = run(args) => ended,
                () = stop.cancelled() => Ok(()),
            }
        })
    });
    ended(ran)
}

async fn run(args: &IdealSyncerArgs) -> io::Result<()> {
    let root = mounted(std::path::Path::new("/"));
    let host = client::in_cluster(&root).map_err(io::Error::other)?;
    let namespace = client::in_cluster_namespace(&root).map_err(io::Error::other)?;
    let kubeconfig = mounted(&args.tenant_kubeconfig);
    let tenant = client::from_file(&kubeconfig).await.map_err(io::Error::other)?;
    let make = |config, purpose| client::client(config, purpose).map_err(io::Error::other);
    let watches = Purpose::Watches { streams: 1 };
    let authority = client::authority(&tenant);
    let hosts = make(host.clone(), Purpose::Requests)?;
    let tenants = make(tenant.clone(), Purpose::Requests)?;
    let names = Names::new(args.name.as_str(), namespace.as_str());
    let owner = owner(&hosts, &namespace, &args.stateful_set).await?;
    let form = Form::new(names, owner, authority);
    let calls = Calls::new(hosts, tenants, namespace.clone(), form);
    let resource = Kind::Pod.resource();
    let tenant: Api<Object> = Api::all_with(make(tenant, watches)?, &resource);
    let host: Api<Object> = Api::namespaced_with(make(host, watches)?, &namespace, &resource);
    let listener = TcpListener::bind(("0.0.0.0", args.port)).await?;
    let ready = Router::new().fallback(async || {});
    tokio::select! {
        () = follow(calls, tenant, host) => Ok(()),
        served = axum::serve(listener, ready) => served,
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
async fn follow(calls: Calls, tenant: Api<Object>, host: Api<Object>) {
    let chosen = watcher::Config::default().labels(&format!("{}=true", names::LOAD_LABEL));
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
