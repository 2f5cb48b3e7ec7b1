//! The virtual cluster model: a control plane and a syncer of the tenant's own, in its one host namespace.
//!
//! The platform team makes a namespace and binds the tenant to the built-in `admin` role in it, as in the namespace
//! model. Everything from there on is done by the tenant, with that role and nothing more.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::{Api, Client};
use serde_json::Value;

use super::{Limits, Model, Platform, TenancyError, Tenant, platform::connect};
use crate::{apply::Applier, names, observe::until::Wait};

pub mod chart;
pub mod custom;
pub mod dns;
mod keys;
pub mod life;
pub mod objects;
pub(super) mod plane;
mod plane_names;
pub mod prepare;
pub mod reach;
mod room;
pub mod store;
pub mod values;

pub use plane_names::{NotATenantName, PlaneNames, TenantName};
pub use values::{Images, Values, VirtualCluster};

use life::Site;
use plane::Plane;

/// The namespace inside the virtual cluster in which the tenant works.
const WORKSPACE: &str = "default";

/// A tenant is a virtual cluster.
pub(super) struct VirtualClusterModel;

impl Model for VirtualClusterModel {
    fn name(&self) -> &'static str {
        "vcluster"
    }

    fn create<'a>(
        &'a self,
        platform: &'a Platform,
        name: &'a str,
        limits: &'a Limits,
    ) -> BoxFuture<'a, Result<Tenant, TenancyError>> {
        create(platform, name, limits, |_, _| ()).boxed()
    }

    fn delete<'a>(
        &'a self,
        platform: &'a Platform,
        tenant: &'a Tenant,
    ) -> BoxFuture<'a, Result<Option<Duration>, TenancyError>> {
        delete(platform, tenant).boxed()
    }
}

/// A virtual cluster whose pods a measuring double syncs: the floor that syncers are held against.
///
/// # Errors
/// [`TenancyError`] as calls and waits end.
pub async fn with_ideal_syncer(
    platform: &Platform,
    name: &str,
    limits: &Limits,
) -> Result<Tenant, TenancyError> {
    create(platform, name, limits, objects::ideal).await
}

/// Makes one; `change` may change each object before it is applied.
async fn create(
    platform: &Platform,
    name: &str,
    limits: &Limits,
    change: impl Fn(&PlaneNames, &mut Value),
) -> Result<Tenant, TenancyError> {
    room::check(platform)?;
    let user = names::tenant_user(name);
    let host = platform.namespace(name, &user, limits).await?;
    let host = Arc::new(Applier::new(connect(host).await?).await?);
    let values = Values {
        service_cidr: platform.host.service_cidr().to_owned(),
        images: Images::default().held_by(&platform.nodes().await?),
        ..Values::default()
    };
    let plane = PlaneNames::new(names::VIRTUAL_CLUSTER, name, &values);
    let site = Site { host: Arc::clone(&host), namespace: name.to_owned() };
    let mut wanted = objects::objects(&plane, &values);
    wanted.iter_mut().for_each(|object| change(&plane, object));
    life::apply_all(&site, wanted).await?;
    let endpoint = platform.host.forward(name, &plane.service, objects::API_PORT).await?;
    let kubeconfig = life::kubeconfig(&site, &plane, platform.limit()).await?;
    let kubeconfig = life::reached_at(kubeconfig, &format!("https://{endpoint}"));
    let client = connect(kubeconfig.clone()).await?;
    usable(client.clone(), platform.limit()).await?;
    let plane = Plane::find(host.client().clone(), plane, platform.limit()).await?;
    let api = Arc::new(Applier::new(client).await?);
    let workspace = WORKSPACE.to_owned();
    Ok(Tenant { name: name.to_owned(), user, host, api, kubeconfig, workspace, plane: Some(plane) })
}

/// A virtual cluster is usable when its API answers its admin and its controllers have made a service account, for
/// before that no pod can be created in it.
async fn usable(client: Client, limit: Duration) -> Result<(), TenancyError> {
    let accounts: Api<ServiceAccount> = Api::namespaced(client, WORKSPACE);
    let wait = Wait::new("the virtual cluster's API and default service account", limit);
    Ok(wait.object(accounts, "default", |_| Some(()), |_| String::new()).await?)
}

async fn delete(platform: &Platform, tenant: &Tenant) -> Result<Option<Duration>, TenancyError> {
    let plane = PlaneNames::new(names::VIRTUAL_CLUSTER, &tenant.name, &Values::default());
    let site = Site { host: Arc::clone(&tenant.host), namespace: tenant.name.clone() };
    let begun = Instant::now();
    life::delete(&site, &plane, platform.limit(), &|_| ()).await?;
    let own = begun.elapsed();
    platform.delete_namespace(&tenant.name).await?;
    Ok(Some(own))
}
