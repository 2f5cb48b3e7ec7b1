//! The virtual cluster model: a control plane and a syncer of the tenant's own, in its one host namespace.
//!
//! The platform team makes a namespace and binds the tenant to the built-in `admin` role in it, as in the namespace
//! model. Everything from there on is done by the tenant, with that role and nothing more.

use std::sync::Arc;

use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::{Pod, Service, ServiceAccount};
use kube::{Api, Client, ResourceExt, api::DynamicObject, runtime::watcher};

use super::{Model, Platform, TenancyError, Tenant, platform::connect};
use crate::{apply::Applier, names, observe::until::Wait};

mod manifests;
mod pki;
pub(super) mod plane;
mod room;

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
    ) -> BoxFuture<'a, Result<Tenant, TenancyError>> {
        create(platform, name).boxed()
    }

    fn delete<'a>(
        &'a self,
        platform: &'a Platform,
        tenant: &'a Tenant,
    ) -> BoxFuture<'a, Result<(), TenancyError>> {
        delete(platform, tenant).boxed()
    }
}

async fn create(platform: &Platform, name: &str) -> Result<Tenant, TenancyError> {
    room::check(platform)?;
    let user = names::tenant_user(name);
    let host = platform.namespace(name, &user).await?;
    let host = Arc::new(Applier::new(connect(host).await?).await?);
    let address = service(&host, name).await?;
    let certificates = pki::Certificates::new(name, &address)?;
    for object in manifests::manifests(name, &address, platform.host.service_cidr(), &certificates) {
        let object: DynamicObject =
            serde_json::from_value(object).map_err(TenancyError::object("virtual cluster"))?;
        host.apply(&object, name).await?;
    }
    let endpoint = platform.host.forward(name, names::VIRTUAL_CLUSTER, manifests::API_PORT).await?;
    let kubeconfig = certificates.kubeconfig(&format!("https://{endpoint}"));
    let client = connect(kubeconfig.clone()).await?;
    usable(client.clone(), platform.limit()).await?;
    let plane = Plane::find(host.client().clone(), name, platform.limit()).await?;
    let api = Arc::new(Applier::new(client).await?);
    let workspace = WORKSPACE.to_owned();
    Ok(Tenant { name: name.to_owned(), user, host, api, kubeconfig, workspace, plane: Some(plane) })
}

/// Makes the plane's Service first, for its address has to stand in the API server's certificate.
async fn service(host: &Applier, namespace: &str) -> Result<String, TenancyError> {
    let object: DynamicObject =
        serde_json::from_value(manifests::service()).map_err(TenancyError::object("virtual cluster"))?;
    let made = host.apply(&object, namespace).await?;
    let made: Service = made.try_parse().map_err(|error| TenancyError::Call {
        verb: "read",
        object: format!("services/{}", names::VIRTUAL_CLUSTER),
        source: Box::new(kube::Error::Service(error.to_string().into())),
    })?;
    Ok(made.spec.and_then(|spec| spec.cluster_ip).unwrap_or_default())
}

/// A virtual cluster is usable when its API answers its admin and its controllers have made a service account, for
/// before that no pod can be created in it.
async fn usable(client: Client, limit: std::time::Duration) -> Result<(), TenancyError> {
    let accounts: Api<ServiceAccount> = Api::namespaced(client, WORKSPACE);
    let wait = Wait::new("the virtual cluster's API and default service account", limit);
    Ok(wait.object(accounts, "default", |_| Some(()), |_| String::new()).await?)
}

async fn delete(platform: &Platform, tenant: &Tenant) -> Result<(), TenancyError> {
    for object in manifests::removal() {
        let object: DynamicObject =
            serde_json::from_value(object).map_err(TenancyError::object("virtual cluster"))?;
        tenant.host.delete(&object, &tenant.name).await?;
    }
    let pods: Api<Pod> = Api::namespaced(tenant.host.client().clone(), &tenant.name);
    Wait::new(format!("the end of all pods in {}", tenant.name), platform.limit())
        .gone(pods, watcher::Config::default())
        .await?;
    platform.delete_namespace(&tenant.name).await
}

/// True for the pod that carries the plane of the virtual cluster.
fn is_plane(pod: &Pod) -> bool {
    pod.labels().get(names::VIRTUAL_CLUSTER_LABEL).is_some_and(|name| name == names::VIRTUAL_CLUSTER)
        && pod.labels().get("app").is_some_and(|app| app == manifests::PLANE_APP)
}
