//! From settings to what a syncer of many tenants runs with.

use std::sync::Arc;

use super::{needed, options};
use crate::{
    client,
    clock::Clock,
    config::{ConfigError, Settings},
    run::{Furnish, Process, Roll, RunError, Source, Wanted, wanted},
};

pub(super) async fn process(settings: Settings) -> Result<Process, RunError> {
    if settings.name.is_some() {
        return Err(ConfigError::OneOfMany("name").into());
    }
    if settings.tenant_kubeconfig.is_some() {
        return Err(ConfigError::OneOfMany("tenant-kubeconfig").into());
    }
    // What every tenant needs is asked for now, not of each one that comes.
    needed(settings.service.as_ref(), "service")?;
    needed(settings.node_address, "node-address")?;
    let host = options::host(&settings).await?;
    Ok(Process {
        election: options::election(&settings, &host.default_namespace),
        sources: sources(&settings)?,
        furnish: furnish(settings, host.clone()),
        host,
        clock: Clock::default(),
    })
}

fn sources(settings: &Settings) -> Result<Vec<Source>, ConfigError> {
    let mut fixed = Roll::new();
    for tenant in settings.tenant.iter().flatten() {
        let name = tenant.name.clone();
        let wanted = wanted(&options::mounted(&tenant.kubeconfig), None)
            .map_err(|problem| ConfigError::Tenant { name: name.clone(), problem })?;
        if fixed.insert(name.clone(), Ok(wanted)).is_some() {
            return Err(ConfigError::TenantTwice(name));
        }
    }
    let folder = settings.tenants_dir.as_deref().map(|folder| Source::Folder(options::mounted(folder)));
    let secrets = settings.tenant_secrets.clone().map(Source::Secrets);
    Ok(std::iter::once(Source::Fixed(fixed)).chain(folder).chain(secrets).collect())
}

fn furnish(settings: Settings, host: kube::Config) -> Furnish {
    Arc::new(move |name: String, wanted: Wanted| {
        let (settings, host) = (settings.of_tenant(&name, &wanted.settings), host.clone());
        Box::pin(async move {
            let tenant = client::from_kubeconfig(wanted.kubeconfig).await?;
            options::of_tenant(settings?, host, tenant)
        })
    })
}
