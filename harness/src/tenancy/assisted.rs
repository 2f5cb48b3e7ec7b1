//! The namespace model with help: the platform team installs CRDs and operator first, for all tenants, and grants each
//! tenant the workload's editor role in its namespace.

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use kube::api::DynamicObject;
use serde_json::json;

use super::{Limits, Model, Platform, PlatformInstall, TenancyError, Tenant, namespace};
use crate::{
    names,
    workload::{Package, Workload, install},
};

/// A tenant is a namespace, and may use what the platform installed.
pub(super) struct AssistedModel;

impl Model for AssistedModel {
    fn name(&self) -> &'static str {
        "namespace-assisted"
    }

    /// A kube-apiserver keeps the memory of deleted CRDs, so a used host would make the next round dearer.
    fn wants_own_host(&self) -> bool {
        true
    }

    fn prepare<'a>(
        &'a self,
        platform: &'a Platform,
        workload: &'a Workload,
    ) -> BoxFuture<'a, Result<Option<PlatformInstall>, TenancyError>> {
        prepare(platform, workload).boxed()
    }

    fn create<'a>(
        &'a self,
        platform: &'a Platform,
        name: &'a str,
        limits: &'a Limits,
    ) -> BoxFuture<'a, Result<Tenant, TenancyError>> {
        namespace::create(platform, name, limits).boxed()
    }

    fn grant<'a>(
        &'a self,
        platform: &'a Platform,
        workload: &'a Workload,
        tenant: &'a Tenant,
    ) -> BoxFuture<'a, Result<(), TenancyError>> {
        grant(platform, workload, tenant).boxed()
    }

    fn tenant_package(&self, workload: &Workload, tenant: &Tenant) -> Result<Package, TenancyError> {
        let mut package = workload.package(&tenant.workspace)?;
        package.crds.clear();
        package.objects.clear();
        Ok(package)
    }

    fn delete<'a>(
        &'a self,
        platform: &'a Platform,
        tenant: &'a Tenant,
    ) -> BoxFuture<'a, Result<Option<Duration>, TenancyError>> {
        async { platform.delete_namespace(&tenant.name).await.map(|()| None) }.boxed()
    }
}

async fn prepare(platform: &Platform, workload: &Workload) -> Result<Option<PlatformInstall>, TenancyError> {
    let namespace = names::PLATFORM_NAMESPACE;
    let package = workload.package(namespace)?;
    let home = json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": namespace, "labels": {names::RUN_LABEL: platform.run}},
    });
    apply(platform, home, namespace).await?;
    let times = install::install(&platform.applier, &package, platform.patience()).await?;
    for object in &package.assisted.objects {
        platform.applier.apply(object, namespace).await?;
    }
    Ok(Some(PlatformInstall { package, times }))
}

async fn grant(platform: &Platform, workload: &Workload, tenant: &Tenant) -> Result<(), TenancyError> {
    for role in workload.package(names::PLATFORM_NAMESPACE)?.assisted.tenant_roles {
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": role, "labels": {names::RUN_LABEL: platform.run, names::TENANT_LABEL: tenant.name}},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": tenant.user}],
        });
        apply(platform, binding, &tenant.name).await?;
    }
    Ok(())
}

async fn apply(platform: &Platform, object: serde_json::Value, namespace: &str) -> Result<(), TenancyError> {
    let object: DynamicObject =
        serde_json::from_value(object).map_err(TenancyError::object("shared installation"))?;
    platform.applier.apply(&object, namespace).await?;
    Ok(())
}
