//! What a tenant is: one file per model behind one trait, [`Model`].

use std::{sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use kube::{Client, ResourceExt, api::DynamicObject, config::Kubeconfig};

use crate::{
    apply::Applier,
    names,
    workload::{Package, Workload, install::Installed},
};

mod assisted;
mod credentials;
mod error;
pub mod kubeconfig_file;
mod limits;
mod namespace;
mod platform;
mod signing_request;
pub mod vcluster;

pub use credentials::with_user;
pub use error::TenancyError;
pub use limits::Limits;
pub use platform::{Platform, connect};
pub use vcluster::plane::{Component, Plane};

/// A way of sharing a cluster.
pub trait Model: Send + Sync {
    /// The name in scenarios, flags and reports.
    fn name(&self) -> &'static str;

    /// True where what the model does to a host cannot be undone in it, so that each round needs a new one.
    fn wants_own_host(&self) -> bool {
        false
    }

    /// What the platform team does before its first tenant comes; nothing, where tenants bring all themselves.
    fn prepare<'a>(
        &'a self,
        _platform: &'a Platform,
        _workload: &'a Workload,
    ) -> BoxFuture<'a, Result<Option<PlatformInstall>, TenancyError>> {
        async { Ok(None) }.boxed()
    }

    /// Makes a tenant and returns once its admin can work.
    fn create<'a>(
        &'a self,
        platform: &'a Platform,
        name: &'a str,
        limits: &'a Limits,
    ) -> BoxFuture<'a, Result<Tenant, TenancyError>>;

    /// What the platform team grants a new tenant beyond its namespace.
    fn grant<'a>(
        &'a self,
        _platform: &'a Platform,
        _workload: &'a Workload,
        _tenant: &'a Tenant,
    ) -> BoxFuture<'a, Result<(), TenancyError>> {
        async { Ok(()) }.boxed()
    }

    /// What the tenant itself must install to use the workload: all of it, where the platform installs nothing.
    ///
    /// # Errors
    /// [`TenancyError`] where the workload cannot be put together for the tenant.
    fn tenant_package(&self, workload: &Workload, tenant: &Tenant) -> Result<Package, TenancyError> {
        Ok(workload.package(&tenant.workspace)?)
    }

    /// Deletes the tenant and returns once nothing of it is left in the API. Says how long it took the tenant itself to
    /// remove what was its own, where the model lets it have anything.
    fn delete<'a>(
        &'a self,
        platform: &'a Platform,
        tenant: &'a Tenant,
    ) -> BoxFuture<'a, Result<Option<Duration>, TenancyError>>;
}

/// The model that a scenario names.
pub fn model(named: tenantbench_scenarios::Model) -> &'static dyn Model {
    match named {
        tenantbench_scenarios::Model::Namespace => &namespace::NamespaceModel,
        tenantbench_scenarios::Model::NamespaceAssisted => &assisted::AssistedModel,
        tenantbench_scenarios::Model::Vcluster => &vcluster::VirtualClusterModel,
    }
}

/// A tenant that can work.
pub struct Tenant {
    /// Its name, and that of its host namespace.
    pub name: String,
    /// The user that acts for it on the host.
    pub user: String,
    /// The tenant's own access to the host, with rights in its namespace only.
    pub host: Arc<Applier>,
    /// The API that the tenant works with: the host's own, or its virtual cluster's.
    pub api: Arc<Applier>,
    /// Credentials for [`Tenant::api`], as the tenant would hand them to kubectl.
    pub kubeconfig: Kubeconfig,
    /// Where in [`Tenant::api`] the tenant installs things.
    pub workspace: String,
    /// The control plane of its own, where the model gives it one.
    pub plane: Option<Plane>,
}

impl Tenant {
    /// A client with the same rights, for exec, attach and port-forward.
    ///
    /// # Errors
    /// [`TenancyError::Client`] where the kubeconfig cannot be used.
    pub async fn stream_client(&self) -> Result<Client, TenancyError> {
        platform::connect_for_streams(self.kubeconfig.clone()).await
    }

    /// Waits until all that keeps the tenant running is there, its DNS too, which its first calls do not need.
    ///
    /// # Errors
    /// [`TenancyError::Wait`] when it does not come within `limit`.
    pub async fn settled(&self, limit: Duration) -> Result<(), TenancyError> {
        match self.plane {
            Some(_) => vcluster::dns::ready(self.client(), limit).await,
            None => Ok(()),
        }
    }

    /// A client with the tenant's own rights in the API that it works with.
    pub fn client(&self) -> Client {
        self.api.client().clone()
    }
}

/// What the platform team installed for its tenants, and how long it took.
pub struct PlatformInstall {
    /// What it consists of.
    pub package: Package,
    /// How long it took.
    pub times: Installed,
}

impl PlatformInstall {
    /// The users by which the shared installation acts for tenants: its service accounts.
    pub fn accounts(&self) -> impl Iterator<Item = String> + '_ {
        let kind = |object: &DynamicObject| object.types.as_ref().map(|types| types.kind.clone());
        let accounts =
            self.package.all().filter(move |object| kind(object).as_deref() == Some("ServiceAccount"));
        accounts.map(|account| names::service_account_user(names::PLATFORM_NAMESPACE, &account.name_any()))
    }
}
