//! What a step makes for itself beside the scenario's tenants. It goes when the step ends, however that ends.

use std::sync::Arc;

use futures::future::join_all;
use indexmap::IndexMap;
use parking_lot::Mutex;

use super::{recorder::RoundRecorder, why};
use crate::tenancy::{Limits, Model, Platform, TenancyError, Tenant};

/// Tenants and namespaces of steps, known from before their first object on.
pub struct Beside<'a> {
    platform: &'a Platform,
    model: &'static dyn Model,
    /// By the name of the host namespace; none where there is no tenant in it, or not yet.
    begun: Mutex<IndexMap<String, Option<Arc<Tenant>>>>,
}

impl<'a> Beside<'a> {
    /// Nothing yet.
    pub fn new(platform: &'a Platform, model: &'static dyn Model) -> Self {
        Self { platform, model, begun: Mutex::default() }
    }

    /// From here on a namespace of that name has to go.
    pub fn begin(&self, name: &str) {
        self.begun.lock().insert(name.to_owned(), None);
    }

    /// From here on it is somebody else's.
    pub fn hand_over(&self, name: &str) {
        self.begun.lock().shift_remove(name);
    }

    /// Makes a tenant of that name.
    ///
    /// # Errors
    /// As `making` ends.
    pub async fn tenant(
        &self,
        name: &str,
        making: impl Future<Output = Result<Tenant, TenancyError>>,
    ) -> Result<Arc<Tenant>, TenancyError> {
        self.begin(name);
        let tenant = Arc::new(making.await?);
        self.begun.lock().insert(name.to_owned(), Some(Arc::clone(&tenant)));
        Ok(tenant)
    }

    /// Makes a host namespace that is nobody's plane.
    ///
    /// # Errors
    /// [`TenancyError`] as calls and waits end.
    pub async fn namespace(&self, name: &str, user: &str, limits: &Limits) -> Result<(), TenancyError> {
        self.begin(name);
        self.platform.namespace(name, user, limits).await.map(drop)
    }

    /// The names of the tenants that are there.
    pub(super) fn tenants(&self) -> Vec<String> {
        let begun = self.begun.lock();
        begun.iter().filter(|(_, tenant)| tenant.is_some()).map(|(name, _)| name.clone()).collect()
    }

    /// Notes why those are not whole that were begun, where their namespaces tell of it.
    pub(super) async fn note_warnings(&self, record: &RoundRecorder<'_>) {
        let begun: Vec<String> = self
            .begun
            .lock()
            .iter()
            .filter(|(_, tenant)| tenant.is_none())
            .map(|(name, _)| name.clone())
            .collect();
        join_all(begun.iter().map(|name| why::note_warnings(record, self.platform.client(), name))).await;
    }

    /// Removes those of these names, at the same time; each is tried, whatever becomes of another.
    ///
    /// # Errors
    /// The first of [`TenancyError`], as calls and waits end.
    pub async fn remove(&self, names: impl IntoIterator<Item = &str>) -> Result<(), TenancyError> {
        let found: Vec<_> = {
            let mut begun = self.begun.lock();
            names.into_iter().filter_map(|name| begun.shift_remove_entry(name)).collect()
        };
        self.end_all(found).await
    }

    /// Removes all.
    ///
    /// # Errors
    /// As [`Beside::remove`].
    pub async fn clear(&self) -> Result<(), TenancyError> {
        let all = std::mem::take(&mut *self.begun.lock());
        self.end_all(all).await
    }

    async fn end_all(
        &self,
        doomed: impl IntoIterator<Item = (String, Option<Arc<Tenant>>)>,
    ) -> Result<(), TenancyError> {
        let ends = doomed.into_iter().map(|(name, tenant)| self.end(name, tenant));
        join_all(ends).await.into_iter().collect()
    }

    async fn end(&self, name: String, tenant: Option<Arc<Tenant>>) -> Result<(), TenancyError> {
        let Some(tenant) = tenant else { return self.platform.delete_namespace(&name).await };
        let Err(error) = self.model.delete(self.platform, &tenant).await else { return Ok(()) };
        // The tenant's own way did not lead to its end; the namespace takes all along.
        self.platform.delete_namespace(&name).await?;
        Err(error)
    }
}
