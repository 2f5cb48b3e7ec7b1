//! The I/O around the decision.

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use futures::StreamExt;
use k8s_openapi::{api::coordination::v1::Lease, jiff::Timestamp};
use kube::{
    Api, Client, ResourceExt,
    api::{ObjectMeta, PostParams},
    runtime::{WatchStreamExt, watcher},
};

use super::{
    super::error::OperatorError,
    decide::{self, Decision},
};

/// Stands for election under one name.
pub(in super::super) struct Elector {
    leases: Api<Lease>,
    namespace: String,
    name: String,
    me: String,
}

/// The proof that this process leads. It must be kept up by [`Leadership::keep`].
pub(in super::super) struct Leadership {
    elector: Elector,
    lease: Lease,
}

impl Elector {
    /// `me` must differ between processes.
    pub(in super::super) fn new(client: Client, namespace: &str, name: &str, me: String) -> Self {
        let leases = Api::namespaced(client, namespace);
        Self { leases, namespace: namespace.into(), name: name.into(), me }
    }

    /// Waits until this process leads. Calls `standing_by` whenever it has seen that another does.
    ///
    /// It ends by an event (the lease is released or deleted), or when the holder has let it expire.
    pub(in super::super) async fn lead(self, standing_by: impl Fn()) -> Leadership {
        let config = watcher::Config::default().fields(&format!("metadata.name={}", self.name));
        let mut events = pin!(watcher(self.leases.clone(), config).default_backoff());
        let mut seen: Option<Lease> = None;
        let mut since = Instant::now();
        let mut known = false;
        loop {
            let wait = match decide::decide(
                seen.as_ref().and_then(|it| it.spec.as_ref()),
                &self.me,
                since.elapsed(),
            ) {
                _ if !known => Duration::MAX,
                Decision::Wait(rest) => {
                    standing_by();
                    rest
                }
                Decision::Take | Decision::Renew => match self.write(seen.as_ref()).await {
                    Ok(lease) => return Leadership { elector: self, lease },
                    Err(error) => {
                        tracing::debug!(%error, "could not take the lease");
                        decide::RENEW_EVERY
                    }
                },
            };
            match tokio::time::timeout(wait, events.next()).await {
                Err(_) | Ok(None) => {}
                Ok(Some(Err(error))) => tracing::warn!(%error, "cannot watch the lease"),
                Ok(Some(Ok(event))) => {
                    since = Instant::now();
                    match event {
                        watcher::Event::Apply(lease) | watcher::Event::InitApply(lease) => seen = Some(lease),
                        watcher::Event::Delete(_) => seen = None,
                        watcher::Event::Init => (seen, known) = (None, false),
                        watcher::Event::InitDone => known = true,
                    }
                }
            }
        }
    }

    /// Creates or takes the lease, unless another was quicker.
    async fn write(&self, old: Option<&Lease>) -> Result<Lease, kube::Error> {
        let spec = decide::held(old.and_then(|lease| lease.spec.as_ref()), &self.me, Timestamp::now());
        let Some(old) = old else {
            let metadata = ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() };
            return self.leases.create(&PostParams::default(), &Lease { metadata, spec: Some(spec) }).await;
        };
        let metadata = ObjectMeta {
            name: Some(self.name.clone()),
            resource_version: old.resource_version(),
            // Without it, replacing a lease that was deleted would make it anew.
            uid: old.uid(),
            ..ObjectMeta::default()
        };
        self.leases.replace(&self.name, &PostParams::default(), &Lease { metadata, spec: Some(spec) }).await
    }
}

impl Leadership {
    /// Renews for as long as this process leads; returns when it does no more.
    pub(in super::super) async fn keep(&mut self) -> OperatorError {
        let mut renewed = Instant::now();
        loop {
            tokio::time::sleep(decide::RENEW_EVERY).await;
            let deadline = decide::RENEW_DEADLINE.saturating_sub(renewed.elapsed());
            match tokio::time::timeout(deadline, self.renew()).await {
                Ok(Ok(())) => renewed = Instant::now(),
                Ok(Err(kube::Error::Api(answer))) if matches!(answer.code, 404 | 409) => {
                    return self.lost("another process changed or deleted it".into());
                }
                Ok(Err(error)) => {
                    tracing::warn!(%error, "cannot renew the lease");
                    if renewed.elapsed() >= decide::RENEW_DEADLINE {
                        return self.lost(format!("it could not be renewed in time: {error}"));
                    }
                }
                Err(_) => return self.lost("the API server did not answer in time".into()),
            }
        }
    }

    async fn renew(&mut self) -> Result<(), kube::Error> {
        self.lease = self.elector.write(Some(&self.lease)).await?;
        Ok(())
    }

    /// Gives the lease back, so that the next one need not wait. Best effort: it expires anyway.
    pub(in super::super) async fn release(self) {
        let old = self.lease.spec.clone().unwrap_or_default();
        let lease = Lease { spec: Some(decide::released(&old, Timestamp::now())), ..self.lease };
        if let Err(error) =
            self.elector.leases.replace(&self.elector.name, &PostParams::default(), &lease).await
        {
            tracing::warn!(%error, "could not give the lease back");
        }
    }

    fn lost(&self, reason: String) -> OperatorError {
        OperatorError::LeaseLost { name: format!("{}/{}", self.elector.namespace, self.elector.name), reason }
    }
}
