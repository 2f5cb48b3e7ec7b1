//! From settings to what the syncer runs with: files are opened, and what only makes sense together is checked.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use super::needed;
use crate::{
    client::{self, ClientError},
    clock::Clock,
    config::{ConfigError, Settings, ready},
    kinds::{Kinds, optional},
    kubelet,
    names::Names,
    run::{Election, Options, RunError},
    translate::pod::Rules,
};

/// Where volumes are mounted, for a pod that shares the machine's files; unset in an ordinary pod.
const POD_ROOT: &str = "TENANTBENCH_POD_ROOT";

/// What a syncer of one tenant runs with.
pub(super) async fn options(settings: Settings) -> Result<Options, RunError> {
    let tenant = needed(settings.tenant_kubeconfig.as_deref(), "tenant-kubeconfig")?;
    let tenant = client::from_file(&below(&root(), tenant)).await?;
    let host = host(&settings).await?;
    of_tenant(settings, host, tenant)
}

/// The host's API.
pub(super) async fn host(settings: &Settings) -> Result<kube::Config, ClientError> {
    match &settings.host_kubeconfig {
        Some(file) => client::from_file(file).await,
        None => client::in_cluster(&root()),
    }
}

/// What a tenant runs with whose APIs are these.
pub(super) fn of_tenant(
    settings: Settings,
    host: kube::Config,
    tenant: kube::Config,
) -> Result<Options, RunError> {
    let root = root();
    let name = needed(settings.name.clone(), "name")?;
    let service = needed(settings.service.clone(), "service")?;
    let node_address = needed(settings.node_address, "node-address")?.to_string();
    let kubelet_port = needed(settings.kubelet_port, "kubelet-port")?;
    let kubelet = kubelet_options(&settings, kubelet_port, &root)?;
    let kinds = settings
        .sync
        .iter()
        .flatten()
        .try_fold(Kinds::default(), |kinds, name| optional(name).and_then(|row| kinds.with(row)))?;
    let custom = ready(settings.custom.as_deref().unwrap_or_default(), |target| {
        let rows = kinds.rows().iter().filter(|row| row.is_down() && !row.is_cluster_wide());
        rows.map(|row| row.kind).any(|kind| target.is(kind.api().group, kind.name()))
    })?;
    let namespace = match &settings.host_namespace {
        Some(namespace) => namespace.clone(),
        None => client::in_cluster_namespace(&root)?,
    };
    Ok(Options {
        election: election(&settings, &namespace),
        names: Names::new(name, namespace),
        host,
        tenant,
        service,
        owner: settings.owner.clone(),
        node_address,
        kubelet_port,
        kubelet,
        classes: settings.host_class_selector.clone().unwrap_or_default(),
        node_metrics: settings.node_metrics.unwrap_or_default(),
        service_cidr: settings.service_cidr.clone(),
        endpoints: settings.endpoints.unwrap_or_default(),
        another_tenant: settings.another_tenant.unwrap_or_default(),
        pods: pod_rules(settings)?,
        clock: Clock::default(),
        kinds,
        custom,
    })
}

/// The election that settings speak of; `namespace`: where its Lease is unless they say so.
pub(super) fn election(settings: &Settings, namespace: &str) -> Option<Election> {
    let lease = settings.lease.as_deref()?;
    let (namespace, name) = lease.split_once('/').unwrap_or((namespace, lease));
    let machine = std::env::var("HOSTNAME").unwrap_or_else(|_| "syncer".to_owned());
    let identity = format!("{machine}_{:016x}", rand::random::<u64>());
    Some(Election { namespace: namespace.to_owned(), name: name.to_owned(), identity })
}

fn kubelet_options(
    settings: &Settings,
    port: u16,
    root: &Path,
) -> Result<Option<kubelet::Options>, ConfigError> {
    let files = (&settings.kubelet_cert, &settings.kubelet_key, &settings.kubelet_client_ca);
    Ok(match files {
        (Some(certificate), Some(key), Some(authority)) => Some(kubelet::Options {
            listen: SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port),
            certificate: below(root, certificate),
            key: below(root, key),
            client_authority: below(root, authority),
        }),
        (None, None, None) => None,
        (None, ..) => return Err(ConfigError::Missing("kubelet-cert")),
        (_, None, _) => return Err(ConfigError::Missing("kubelet-key")),
        (.., None) => return Err(ConfigError::Missing("kubelet-client-ca")),
    })
}

fn pod_rules(settings: Settings) -> Result<Rules, ConfigError> {
    Ok(Rules {
        level: settings.pod_security.unwrap_or_default(),
        node_access: settings.node_access.unwrap_or_default(),
        csi_drivers: settings.inline_csi_driver.unwrap_or_default(),
        runtime_classes: settings.runtime_class.unwrap_or_default(),
        // Known only from what the tenant has copies of.
        priority_classes: Vec::new(),
        domain: needed(settings.cluster_domain, "cluster-domain")?,
    })
}

fn root() -> PathBuf {
    std::env::var_os(POD_ROOT).map_or_else(|| PathBuf::from("/"), PathBuf::from)
}

/// A mounted file's place.
pub(super) fn mounted(path: &Path) -> PathBuf {
    below(&root(), path)
}

/// A mounted file's place below the root of what is mounted. One that is there as it is named is not mounted.
fn below(root: &Path, path: &Path) -> PathBuf {
    let mounted = root.join(path.strip_prefix("/").unwrap_or(path));
    if path.is_absolute() && mounted.exists() { mounted } else { path.to_owned() }
}
