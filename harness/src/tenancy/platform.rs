//! The platform team's side of a tenant: the namespace and the limits around it.

use std::{sync::Arc, time::Duration};

use k8s_openapi::api::{
    authentication::v1::SelfSubjectReview,
    core::v1::{ConfigMap, Namespace, Node, PersistentVolume, ResourceQuota, ServiceAccount},
};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, DynamicObject, ListParams, PostParams},
    config::Kubeconfig,
    runtime::watcher,
};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tenantbench_syncer::client::{self, Purpose};

use super::{Limits, TenancyError, credentials};
use crate::{
    apply::Applier,
    host::Host,
    names,
    observe::{
        audit_log::AuditFile,
        patience::Patience,
        until::{View, Wait},
    },
};

/// The namespaces that every Kubernetes cluster has.
const OWN_NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// The platform team at work on one host.
pub struct Platform {
    /// The host.
    pub host: Arc<dyn Host>,
    /// What its API server has logged.
    pub audit: AuditFile,
    /// Acts with the platform team's own rights.
    pub applier: Applier,
    /// The user by which the host knows the platform team.
    pub user: String,
    /// The run's id, for labels.
    pub run: String,
    patience: Mutex<Patience>,
}

impl Platform {
    /// Takes up work on a host; until a step begins, any one wait may take as long as `limit`.
    ///
    /// # Errors
    /// [`TenancyError`] where the host's own credentials do not work.
    pub async fn new(host: Arc<dyn Host>, run: String, limit: Duration) -> Result<Self, TenancyError> {
        let applier = Applier::new(connect(host.admin().clone()).await?).await?;
        let user = who_am_i(applier.client()).await?;
        let audit = AuditFile::new(host.audit_log());
        Ok(Self { host, audit, applier, user, run, patience: Mutex::new(Patience::with_each(limit)) })
    }

    /// Waits until Kubernetes' controllers have filled its own namespaces, so that a snapshot of the host that is taken
    /// then holds all that is the host's own.
    ///
    /// # Errors
    /// [`TenancyError::Wait`] when they do not.
    pub async fn settled(&self) -> Result<(), TenancyError> {
        let filled = |objects: usize| (objects >= OWN_NAMESPACES.len()).then_some(());
        let maps: Api<ConfigMap> = Api::all(self.client());
        let root = watcher::Config::default().fields("metadata.name=kube-root-ca.crt");
        let accounts: Api<ServiceAccount> = Api::all(self.client());
        let default = watcher::Config::default().fields("metadata.name=default");
        let wait = Wait::new("the host's own namespaces to be filled", self.limit());
        tokio::try_join!(
            wait.until(
                maps,
                root,
                |view| filled(view.len()),
                |view| format!("{} root certificates", view.len())
            ),
            wait.until(
                accounts,
                default,
                |view| filled(view.len()),
                |view| format!("{} accounts", view.len())
            ),
        )?;
        Ok(())
    }

    /// How long a wait may take that begins now: no longer than what is left of the step under way.
    pub fn limit(&self) -> Duration {
        self.patience().left()
    }

    /// The same, for more than one wait.
    pub fn patience(&self) -> Patience {
        *self.patience.lock()
    }

    /// A step begins: from here on all waits together may take as long as `limit`.
    pub fn allow(&self, limit: Duration) {
        *self.patience.lock() = Patience::with_all(limit);
    }

    /// From here on any one wait may take no longer than `limit`, within what is left of the step.
    pub fn allow_each(&self, limit: Duration) {
        let mut patience = self.patience.lock();
        *patience = patience.and_each(limit);
    }

    /// The step is over: from here on any one wait may take as long as `limit`, whatever others take.
    pub fn lift(&self, limit: Duration) {
        *self.patience.lock() = Patience::with_each(limit);
    }

    /// A client with the platform team's rights.
    pub fn client(&self) -> Client {
        self.applier.client().clone()
    }

    /// The host's nodes, which the platform tells its tenants of, for they may not look.
    ///
    /// # Errors
    /// [`TenancyError::Call`] where they cannot be listed.
    pub async fn nodes(&self) -> Result<Vec<Node>, TenancyError> {
        let nodes: Api<Node> = Api::all(self.client());
        let found = nodes.list(&ListParams::default()).await;
        Ok(found.map_err(TenancyError::call("list", "nodes"))?.items)
    }

    /// Makes the host namespace of a tenant with its limits, and binds `user` to the built-in `admin` role in it.
    ///
    /// # Errors
    /// [`TenancyError`] as calls and waits end.
    pub async fn namespace(
        &self,
        name: &str,
        user: &str,
        limits: &Limits,
    ) -> Result<Kubeconfig, TenancyError> {
        for object in fence(name, user, &self.run, limits) {
            let object: DynamicObject =
                serde_json::from_value(object).map_err(TenancyError::object("namespace"))?;
            self.applier.apply(&object, name).await?;
        }
        let client = self.client();
        let kubeconfig = credentials::host_user(&client, self.host.admin(), user, self.limit());
        let (kubeconfig, (), ()) =
            tokio::try_join!(kubeconfig, self.default_account(name), self.quota_in_force(name))?;
        Ok(kubeconfig)
    }

    /// Waits until pods can be made in a namespace.
    ///
    /// # Errors
    /// [`TenancyError::Wait`] when there is no service account in time.
    pub async fn default_account(&self, namespace: &str) -> Result<(), TenancyError> {
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client(), namespace);
        let wait = Wait::new(format!("the default service account of {namespace}"), self.limit());
        Ok(wait.object(accounts, "default", |_| Some(()), |_| String::new()).await?)
    }

    /// Until the quota controller has counted once, every pod in the namespace is refused.
    async fn quota_in_force(&self, namespace: &str) -> Result<(), TenancyError> {
        let quotas: Api<ResourceQuota> = Api::namespaced(self.client(), namespace);
        let counted = |quota: &ResourceQuota| quota.status.as_ref()?.hard.as_ref().map(|_| ());
        let wait = Wait::new(format!("the quota of {namespace}"), self.limit());
        Ok(wait.object(quotas, "tenant", counted, |_| "not counted yet".into()).await?)
    }

    /// Deletes a tenant's namespace and waits until it is gone.
    ///
    /// # Errors
    /// [`TenancyError`] as calls and waits end.
    pub async fn delete_namespace(&self, name: &str) -> Result<(), TenancyError> {
        let namespaces: Api<Namespace> = Api::all(self.client());
        match namespaces.delete(name, &DeleteParams::default()).await {
            Err(kube::Error::Api(status)) if status.is_not_found() => return Ok(()),
            deleted => deleted.map_err(TenancyError::call("delete", name))?,
        };
        let only = watcher::Config::default().fields(&format!("metadata.name={name}"));
        Wait::new(format!("the end of namespace {name}"), self.limit()).gone(namespaces, only).await?;
        self.volumes_gone(name).await
    }

    /// A claim goes with its namespace, and its volume after it, where the volume's policy says so.
    async fn volumes_gone(&self, namespace: &str) -> Result<(), TenancyError> {
        let volumes: Api<PersistentVolume> = Api::all(self.client());
        let left = |view: &View<PersistentVolume>| {
            view.values().filter(|volume| goes_with(volume, namespace)).map(ResourceExt::name_any).collect()
        };
        Wait::new(format!("the end of the volumes of {namespace}"), self.limit())
            .until(
                volumes,
                watcher::Config::default(),
                |view| <Vec<String>>::is_empty(&left(view)).then_some(()),
                |view| left(view).join(", "),
            )
            .await?;
        Ok(())
    }
}

/// The user that an API server takes a client for.
async fn who_am_i(client: &Client) -> Result<String, TenancyError> {
    let reviews: Api<SelfSubjectReview> = Api::all(client.clone());
    let review = reviews.create(&PostParams::default(), &SelfSubjectReview::default()).await;
    let status = review.map_err(TenancyError::call("create", "selfsubjectreviews"))?.status;
    Ok(status.and_then(|status| status.user_info?.username).unwrap_or_default())
}

/// A client with the rights that a kubeconfig carries.
///
/// # Errors
/// [`TenancyError::Client`] where the kubeconfig cannot be used.
pub async fn connect(kubeconfig: Kubeconfig) -> Result<Client, TenancyError> {
    let config = client::from_kubeconfig(kubeconfig).await?;
    Ok(client::client(config, Purpose::Requests)?)
}

/// Whether a volume is to be deleted because its claim was in `namespace`.
fn goes_with(volume: &PersistentVolume, namespace: &str) -> bool {
    volume.spec.as_ref().is_some_and(|spec| {
        let claim = spec.claim_ref.as_ref().and_then(|claim| claim.namespace.as_deref());
        claim == Some(namespace) && spec.persistent_volume_reclaim_policy.as_deref() == Some("Delete")
    })
}

/// The same for exec, attach and port-forward, which HTTP/2 cannot carry.
///
/// # Errors
/// As [`connect`].
pub(super) async fn connect_for_streams(kubeconfig: Kubeconfig) -> Result<Client, TenancyError> {
    let config = client::from_kubeconfig(kubeconfig).await?;
    Ok(client::client(config, Purpose::Upgrades)?)
}

/// The namespace, its limits, and the binding that makes `user` its admin.
fn fence(name: &str, user: &str, run: &str, limits: &Limits) -> [Value; 5] {
    let labels = json!({names::RUN_LABEL: run, names::TENANT_LABEL: name});
    [
        json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": name, "labels": {
                names::RUN_LABEL: run, names::TENANT_LABEL: name,
                "pod-security.kubernetes.io/enforce": "baseline",
            }},
        }),
        json!({
            "apiVersion": "v1", "kind": "ResourceQuota",
            "metadata": {"name": "tenant", "namespace": name, "labels": labels},
            "spec": {"hard": {
                "requests.cpu": limits.cpu, "requests.memory": limits.memory, "pods": limits.pods.to_string(),
                "services": "20",
                // A copy of a virtual cluster's pod has a Secret for its tokens.
                "secrets": (limits.pods + 50).to_string(), "configmaps": "100", "services.nodeports": "0", "services.loadbalancers": "0",
            }},
        }),
        json!({
            "apiVersion": "v1", "kind": "LimitRange",
            "metadata": {"name": "tenant", "namespace": name, "labels": labels},
            "spec": {"limits": [{
                "type": "Container",
                "default": {"cpu": "1", "memory": "1Gi"},
                "defaultRequest": {"cpu": "10m", "memory": "32Mi"},
            }]},
        }),
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "tenant", "namespace": name, "labels": labels},
            "spec": {
                "podSelector": {},
                "policyTypes": ["Ingress"],
                "ingress": [{"from": [{"podSelector": {}}]}],
            },
        }),
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": "tenant-admin", "namespace": name, "labels": labels},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
        }),
    ]
}
