//! The namespace model: a namespace, rights inside it, limits around it.

use std::{sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};

use super::{Limits, Model, Platform, TenancyError, Tenant, platform::connect};
use crate::{apply::Applier, names};

/// A tenant is a namespace.
pub(super) struct NamespaceModel;

impl Model for NamespaceModel {
    fn name(&self) -> &'static str {
        "namespace"
    }

    fn create<'a>(
        &'a self,
        platform: &'a Platform,
        name: &'a str,
        limits: &'a Limits,
    ) -> BoxFuture<'a, Result<Tenant, TenancyError>> {
        create(platform, name, limits).boxed()
    }

    fn delete<'a>(
        &'a self,
        platform: &'a Platform,
        tenant: &'a Tenant,
    ) -> BoxFuture<'a, Result<Option<Duration>, TenancyError>> {
        async { platform.delete_namespace(&tenant.name).await.map(|()| None) }.boxed()
    }
}

/// Makes a tenant that is a namespace; the assisted model makes the same.
pub(super) async fn create(platform: &Platform, name: &str, limits: &Limits) -> Result<Tenant, TenancyError> {
    let user = names::tenant_user(name);
    let kubeconfig = platform.namespace(name, &user, limits).await?;
    let api = Arc::new(Applier::new(connect(kubeconfig.clone()).await?).await?);
    Ok(Tenant {
        name: name.to_owned(),
        user,
        host: Arc::clone(&api),
        api,
        kubeconfig,
        workspace: name.to_owned(),
        plane: None,
    })
}
