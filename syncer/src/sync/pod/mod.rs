//! Pods: one file for each part of a pod's life.

mod end;
mod follow;
mod make;
mod update;

use std::time::Duration;

use super::{LONGEST_RUN, SyncError, token, turn::Turn};
use crate::{
    decide::{
        ahead::may_begin,
        pod::{Around, Step, decide},
    },
    index::{HostPod, Pair, TenantPod},
    kinds::Side,
    object::Object,
};

/// How long a pod may take to be gone that nothing holds any more, and its tokens after it.
const LATER: Duration = Duration::from_secs(2);

/// Whose turns these are.
pub(super) enum Pods {}

/// One pod at work.
pub(super) type Sync<'a> = Turn<'a, Pods>;

impl Sync<'_> {
    /// Returns when to look at it again, if at a time.
    pub(super) async fn run(mut self) -> Result<Option<Duration>, SyncError> {
        for _ in 0..LONGEST_RUN {
            self.begin_step();
            match self.decide() {
                Step::Settled => return Ok(self.tokens_due()),
                Step::Create => {
                    if !self.create().await? {
                        return Ok(None);
                    }
                }
                Step::Later => return Ok(Some(LATER)),
                // The watch tells when it is done.
                Step::DeleteHost { uid, grace } => {
                    return self.tenant.delete_copy(self.key, &uid, grace).await.map(|()| None);
                }
                Step::DeleteTenant { uid, grace, last_status } => {
                    return self.delete_tenant(&uid, grace, last_status).await.map(|()| None);
                }
                Step::Conclude => return self.conclude().await.map(|()| None),
                Step::DropTokens { secret, pod } => token::drop(self.tenant, self.key, &secret, &pod).await?,
                Step::Follow(follow) => {
                    let again = self.follow(follow).await?;
                    return Ok(again.or_else(|| self.tokens_due()));
                }
            }
        }
        Err(SyncError::Restless)
    }

    /// Makes the host's pod, if it may be made before it is known which are there, and is not there.
    pub(super) async fn begin(mut self) -> Result<(), SyncError> {
        // What is read may be another pod of that name.
        if self.may_begin() && self.tenant_object().await?.is_some() && self.may_begin() {
            self.create().await?;
        }
        Ok(())
    }

    fn may_begin(&self) -> bool {
        self.tenant.index(|index| may_begin(index, &self.key.id))
    }

    fn decide(&self) -> Step {
        let now = self.tenant.clock().steady().as_second();
        let id = &self.key.id;
        self.tenant.index(|index| {
            let around = Around {
                tokens: index.tokens_of(id),
                waits: index.awaits_references(id),
                forced: index.is_forced(id),
                waited: !self.hand.news().is_fresh(),
                now,
            };
            decide(index.pods.get(id), &around)
        })
    }

    fn tokens_due(&self) -> Option<Duration> {
        let now = self.tenant.clock().steady().as_second();
        let at = self.tenant.index(|index| {
            let is_whole =
                index.pods.get(&self.key.id).is_some_and(|pair| pair.tenant.is_some() && pair.host.is_some());
            index.tokens_of(&self.key.id).held().filter(|_| is_whole).map(|token| token.detail.refresh_at)
        })?;
        Some(Duration::from_secs(u64::try_from(at - now).unwrap_or(1).max(1)))
    }

    fn pair(&self) -> Pair<TenantPod, HostPod> {
        self.tenant.index(|index| index.pods.get(&self.key.id).cloned()).unwrap_or_default()
    }

    /// Where a side has the pod.
    fn place(&self, side: Side) -> (String, String) {
        let id = &self.key.id;
        match side {
            Side::Tenant => (id.namespace.to_string(), id.name.to_string()),
            Side::Host => {
                (self.tenant.settings().names.host_namespace().to_owned(), self.tenant.host_name(id))
            }
        }
    }

    async fn tenant_object(&mut self) -> Result<Option<Object>, SyncError> {
        let known = self.pair().tenant;
        self.tenant.fetch((Side::Tenant, self.key), known.as_ref(), &mut self.hand).await
    }

    async fn host_object(&mut self) -> Result<Option<Object>, SyncError> {
        let known = self.pair().host;
        self.tenant.fetch((Side::Host, self.key), known.as_ref(), &mut self.hand).await
    }
}
