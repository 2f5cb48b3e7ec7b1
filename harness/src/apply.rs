//! Applying manifests as kubectl does: server-side, kinds resolved through discovery, in the order given.

use kube::{
    Api, Client, ResourceExt,
    api::{ApiResource, DeleteParams, DynamicObject, Patch, PatchParams, PropagationPolicy},
    core::GroupVersionKind,
    discovery::{Discovery, Scope},
};
use parking_lot::RwLock;
use tenantbench_reports::Refusal;

use crate::{names, refusal};

/// Applies and deletes objects with one user's rights.
pub struct Applier {
    client: Client,
    kinds: RwLock<Discovery>,
}

/// Why an object could not be applied or deleted.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The server authenticated the user and said no: in some models that is the expected outcome.
    #[error("{} of {} refused: {}", .0.verb, .0.object, .0.message)]
    Refused(Refusal),
    /// The object's kind is not served.
    #[error("no kind {kind} in {version} on this API server; install its CustomResourceDefinition first")]
    UnknownKind {
        /// The kind.
        kind: String,
        /// Group and version.
        version: String,
    },
    /// The call failed in another way.
    #[error("cannot {verb} {object}: {}", refusal::words(.source))]
    Call {
        /// What was tried.
        verb: &'static str,
        /// On what.
        object: String,
        /// Why it failed.
        source: Box<kube::Error>,
    },
    /// Discovery failed.
    #[error("cannot ask the API server which kinds it serves: {}", refusal::words(.0))]
    Discovery(#[source] Box<kube::Error>),
}

impl Applier {
    /// Asks the server which kinds it serves, once; kinds that appear later are asked for when they are met.
    ///
    /// # Errors
    /// [`ApplyError::Discovery`].
    pub async fn new(client: Client) -> Result<Self, ApplyError> {
        let kinds = discover(&client).await?;
        Ok(Self { client, kinds: RwLock::new(kinds) })
    }

    /// The client that it acts with.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Applies one object server-side; `namespace` is for namespaced objects that name none.
    ///
    /// # Errors
    /// [`ApplyError::Refused`] on 403; others as they come.
    pub async fn apply(&self, object: &DynamicObject, namespace: &str) -> Result<DynamicObject, ApplyError> {
        let (api, resource) = self.api(object, namespace).await?;
        let params = PatchParams::apply(names::FIELD_MANAGER).force();
        let name = object.name_any();
        api.patch(&name, &params, &Patch::Apply(object))
            .await
            .map_err(|source| failure("patch", &resource, &name, source))
    }

    /// Deletes one object with its dependants in the background; one that is already gone is no error.
    ///
    /// # Errors
    /// As [`Applier::apply`].
    pub async fn delete(&self, object: &DynamicObject, namespace: &str) -> Result<(), ApplyError> {
        self.delete_within(object, namespace, None).await
    }

    /// The same, with so many seconds for its end rather than what the object itself says.
    ///
    /// # Errors
    /// As [`Applier::apply`].
    pub async fn delete_within(
        &self,
        object: &DynamicObject,
        namespace: &str,
        grace: Option<u32>,
    ) -> Result<(), ApplyError> {
        let (api, resource) = self.api(object, namespace).await?;
        let name = object.name_any();
        let params = DeleteParams {
            propagation_policy: Some(PropagationPolicy::Background),
            grace_period_seconds: grace,
            ..DeleteParams::default()
        };
        match api.delete(&name, &params).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            Err(source) => Err(failure("delete", &resource, &name, source)),
        }
    }

    async fn api(
        &self,
        object: &DynamicObject,
        namespace: &str,
    ) -> Result<(Api<DynamicObject>, ApiResource), ApplyError> {
        let (resource, scope) = self.resolve(object).await?;
        let namespace = object.namespace().unwrap_or_else(|| namespace.to_owned());
        let api = match scope {
            Scope::Cluster => Api::all_with(self.client.clone(), &resource),
            Scope::Namespaced => Api::namespaced_with(self.client.clone(), &namespace, &resource),
        };
        Ok((api, resource))
    }

    async fn resolve(&self, object: &DynamicObject) -> Result<(ApiResource, Scope), ApplyError> {
        let unknown = || ApplyError::UnknownKind {
            kind: object.types.as_ref().map_or_else(String::new, |types| types.kind.clone()),
            version: object.types.as_ref().map_or_else(String::new, |types| types.api_version.clone()),
        };
        let types = object.types.as_ref().ok_or_else(unknown)?;
        let kind = GroupVersionKind::try_from(types).map_err(|_| unknown())?;
        let known = |kinds: &Discovery| {
            kinds.resolve_gvk(&kind).map(|(resource, capabilities)| (resource, capabilities.scope))
        };
        if let Some(found) = known(&self.kinds.read()) {
            return Ok(found);
        }
        let fresh = discover(&self.client).await?;
        let found = known(&fresh);
        *self.kinds.write() = fresh;
        found.ok_or_else(unknown)
    }
}

async fn discover(client: &Client) -> Result<Discovery, ApplyError> {
    Discovery::new(client.clone())
        .run_aggregated()
        .await
        .map_err(|source| ApplyError::Discovery(Box::new(source)))
}

fn failure(verb: &'static str, resource: &ApiResource, name: &str, source: kube::Error) -> ApplyError {
    let group = if resource.group.is_empty() { String::new() } else { format!(".{}", resource.group) };
    let object = format!("{}{group}/{name}", resource.plural);
    match source {
        kube::Error::Api(status) if status.code == 403 => {
            ApplyError::Refused(Refusal { object, verb: verb.to_owned(), message: status.message.clone() })
        }
        source => ApplyError::Call { verb, object, source: Box::new(source) },
    }
}
