//! Installing a package with one user's rights, as `kubectl apply --server-side` in its order, and taking it away.

use std::time::Duration;

use futures::future::try_join_all;
use k8s_openapi::{
    api::apps::v1::Deployment,
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, Client, ResourceExt,
    api::{ApiResource, DynamicObject},
    runtime::watcher,
};

use super::Package;
use crate::{
    apply::{Applier, ApplyError},
    observe::{
        audit_log::Request,
        clock::Moment,
        patience::Patience,
        until::{Wait, WaitError},
    },
    probe::server_clock::{Window, is, span},
};

/// A package that could not be installed, used or taken away.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// An object was refused or failed.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// What should have come of an object did not come.
    #[error(transparent)]
    Wait(#[from] WaitError),
    /// A CRD of the package does not say what it defines.
    #[error("the CustomResourceDefinition {0} lacks group, version or names; check --crds")]
    Crd(String),
}

/// How long an installation took.
#[derive(Clone, Copy, Debug)]
pub struct Installed {
    /// First CRD sent → all Established and served.
    pub crds_established: Phase,
    /// First object of the operator sent → its Deployment Available.
    pub operator_ready: Phase,
    /// The whole.
    pub total: Phase,
}

/// A part of an installation.
#[derive(Clone, Copy, Debug)]
pub struct Phase {
    /// By the client's monotonic clock.
    pub seconds: f64,
    /// Where the server's stamps of it lie.
    pub window: Window,
}

impl Phase {
    fn since(started: &Moment) -> Self {
        Self { seconds: started.elapsed().as_secs_f64(), window: Window::since(started) }
    }
}

impl Installed {
    /// The CRDs' part by the API server's stamps: first CRD received → last of their conditions written.
    pub fn crds_by_server(&self, writes: &[Request]) -> Option<f64> {
        let crds = "customresourcedefinitions";
        let ends = |write: &Request| is(write, &["update", "patch"], "customresourcedefinitions/status");
        span(writes, self.crds_established.window, |write| is(write, &["patch"], crds), ends)
    }

    /// The operator's part by the API server's stamps: its first object received → its Deployment's status written.
    pub fn operator_by_server(&self, writes: &[Request]) -> Option<f64> {
        let begins = |write: &Request| write.verb == "patch" && write.object.subresource.is_empty();
        let ends = |write: &Request| is(write, &["update", "patch"], "deployments/status");
        span(writes, self.operator_ready.window, begins, ends)
    }
}

/// Installs a package. Its CRDs must be Established and served before the operator is sent.
///
/// # Errors
/// [`InstallError::Apply`] with a refusal where the user lacks the right; the first one ends the installation, as it
/// would for the user's own tools.
pub async fn install(
    applier: &Applier,
    package: &Package,
    patience: Patience,
) -> Result<Installed, InstallError> {
    let started = Moment::now();
    crds(applier, package, patience).await?;
    let crds_established = Phase::since(&started);
    let operator = Moment::now();
    for object in &package.objects {
        applier.apply(object, &package.namespace).await?;
    }
    available(applier.client(), package, patience.left()).await?;
    Ok(Installed { crds_established, operator_ready: Phase::since(&operator), total: Phase::since(&started) })
}

/// Installs a package's CRDs alone, until they are Established and served.
///
/// # Errors
/// As [`install`].
pub async fn crds(applier: &Applier, package: &Package, patience: Patience) -> Result<(), InstallError> {
    for crd in &package.crds {
        applier.apply(crd, &package.namespace).await?;
    }
    established(applier.client(), &package.crds, patience).await
}

/// Takes a package away in the reverse order and waits until its CRDs and the operator's Deployment are gone.
///
/// # Errors
/// As [`install`].
pub async fn uninstall(applier: &Applier, package: &Package, patience: Patience) -> Result<(), InstallError> {
    for object in package.objects.iter().rev().chain(&package.crds) {
        applier.delete(object, &package.namespace).await?;
    }
    let deployments: Api<Deployment> = Api::namespaced(applier.client().clone(), &package.namespace);
    let only = watcher::Config::default().fields(&format!("metadata.name={}", package.deployment));
    let deployment = Wait::new(format!("the end of deployment {}", package.deployment), patience.left());
    deployment.gone(deployments, only).await?;
    let crds = package.crds.iter().map(|crd| {
        let api: Api<CustomResourceDefinition> = Api::all(applier.client().clone());
        let only = watcher::Config::default().fields(&format!("metadata.name={}", crd.name_any()));
        let wait = Wait::new(format!("the end of CRD {}", crd.name_any()), patience.left());
        async move { wait.gone(api, only).await }
    });
    try_join_all(crds).await?;
    Ok(())
}

async fn established(
    client: &Client,
    crds: &[DynamicObject],
    patience: Patience,
) -> Result<(), InstallError> {
    let waits = crds.iter().map(|crd| async move {
        let name = crd.name_any();
        let api: Api<CustomResourceDefinition> = Api::all(client.clone());
        Wait::new(format!("CRD {name} Established"), patience.left())
            .object(api, &name, |crd| is_established(crd).then_some(()), crd_state)
            .await?;
        let resource = defined(crd).ok_or_else(|| InstallError::Crd(name.clone()))?;
        let served: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
        // The first list that is answered is what "served" means, and ends this wait.
        Wait::new(format!("{name} served"), patience.left())
            .until(served, watcher::Config::default(), |_| Some(()), |_| "not served".into())
            .await?;
        Ok::<_, InstallError>(())
    });
    try_join_all(waits).await?;
    Ok(())
}

async fn available(client: &Client, package: &Package, limit: Duration) -> Result<(), InstallError> {
    let api: Api<Deployment> = Api::namespaced(client.clone(), &package.namespace);
    Wait::new(format!("deployment {} Available", package.deployment), limit)
        .object(
            api,
            &package.deployment,
            |deployment| is_available(deployment).then_some(()),
            deployment_state,
        )
        .await?;
    Ok(())
}

fn is_established(crd: &CustomResourceDefinition) -> bool {
    let conditions = crd.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions.is_some_and(|all| all.iter().any(|one| one.type_ == "Established" && one.status == "True"))
}

fn crd_state(crd: &CustomResourceDefinition) -> String {
    let conditions = crd.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let states: Vec<_> = conditions.map(|one| format!("{}={}", one.type_, one.status)).collect();
    if states.is_empty() { "no condition yet".into() } else { states.join(", ") }
}

/// Whether a Deployment says that enough of its pods are Ready.
pub(crate) fn is_available(deployment: &Deployment) -> bool {
    let conditions = deployment.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions.is_some_and(|all| all.iter().any(|one| one.type_ == "Available" && one.status == "True"))
}

/// What a Deployment says of itself, one line.
pub(crate) fn deployment_state(deployment: &Deployment) -> String {
    let conditions = deployment.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let states = conditions
        .map(|one| format!("{}={} ({})", one.type_, one.status, one.message.as_deref().unwrap_or_default()));
    let states: Vec<_> = states.collect();
    if states.is_empty() { "no condition yet".into() } else { states.join(", ") }
}

/// The resource that a CRD defines, in its stored version.
fn defined(crd: &DynamicObject) -> Option<ApiResource> {
    let spec = crd.data.get("spec")?;
    let word = |pointer: &str| spec.pointer(pointer)?.as_str().map(str::to_owned);
    let stored = spec.get("versions")?.as_array()?.iter().find(|version| version["storage"] == true)?;
    let (group, version) = (word("/group")?, stored["name"].as_str()?.to_owned());
    Some(ApiResource {
        api_version: format!("{group}/{version}"),
        kind: word("/names/kind")?,
        plural: word("/names/plural")?,
        group,
        version,
    })
}
