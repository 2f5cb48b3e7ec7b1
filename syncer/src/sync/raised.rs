//! Kinds that the host has and the tenant gets copies of.

use serde_json::{Value, json};

use super::{Doing, LONGEST_RUN, SyncError, event, turn::Turn};
use crate::{
    decide::raised::{Step, decide},
    index::{Origin, Pair, Raised, hash},
    kinds::Side,
    names::marks,
    object::Object,
    translate::host_class,
    write::WriteError,
};

/// Whose turns these are.
pub(super) enum Raisings {}

/// One object at work.
pub(super) type Sync<'a> = Turn<'a, Raisings>;

impl Sync<'_> {
    pub(super) async fn run(self) -> Result<(), SyncError> {
        for _ in 0..LONGEST_RUN {
            match decide(Some(&self.pair())) {
                Step::Settled => return Ok(()),
                Step::Create => self.create().await?,
                Step::Update => {
                    if !self.update().await? {
                        return Ok(());
                    }
                }
                Step::Delete { uid } => return self.delete(&uid).await,
                Step::Foreign => return self.tell_of_foreign().await,
            }
        }
        Err(SyncError::Restless)
    }

    fn pair(&self) -> Pair<Raised, Origin> {
        let pair = |index: &crate::index::Index| index.raised(self.key.kind)?.get(&self.key.id).cloned();
        self.tenant.index(pair).unwrap_or_default()
    }

    async fn create(&self) -> Result<(), SyncError> {
        let Some(body) = self.body().await? else { return Ok(()) };
        let cluster = self.tenant.cluster(Side::Tenant);
        match cluster.create(self.key.kind, "", &body).await {
            Ok(made) => self.note(&body, made),
            // The watch has not told of it yet.
            Err(WriteError::Exists) => self.read_anew().await?,
            Err(error) => return Err(SyncError::Write { doing: "making the tenant's copy", error }),
        }
        Ok(())
    }

    /// Returns whether to go on.
    async fn update(&self) -> Result<bool, SyncError> {
        let (Some(mut body), Some(known)) = (self.body().await?, self.pair().tenant) else {
            return Ok(false);
        };
        // Whoever made the copy theirs by taking our label off keeps it.
        body["metadata"]["resourceVersion"] = json!(known.version.to_string());
        let cluster = self.tenant.cluster(Side::Tenant);
        match cluster.replace(self.key.kind, "", &self.key.id.name, &body).await {
            Ok(written) => {
                self.note(&body, written);
                Ok(true)
            }
            // Most of what a class says cannot be changed in place.
            Err(WriteError::Refused(status)) if status.code == 422 => {
                self.delete(&known.uid).await.map(|()| false)
            }
            Err(error) => {
                // Nor has it told of what is in the way here.
                if matches!(error, WriteError::Conflict(_)) {
                    self.read_anew().await?;
                }
                Err(SyncError::Write { doing: "updating the tenant's copy", error })
            }
        }
    }

    /// The watch tells when it is gone, and its successor is made then.
    async fn delete(&self, uid: &str) -> Result<(), SyncError> {
        let cluster = self.tenant.cluster(Side::Tenant);
        let place = ("", &*self.key.id.name);
        cluster.delete(self.key.kind, place, uid, None).await.doing("deleting the tenant's copy")
    }

    async fn read_anew(&self) -> Result<(), SyncError> {
        let asked = self.tenant.asking();
        if let Some(found) = self.present().await? {
            self.tenant.learn(Side::Tenant, self.key.kind, found, asked);
        }
        Ok(())
    }

    async fn present(&self) -> Result<Option<Object>, SyncError> {
        let cluster = self.tenant.cluster(Side::Tenant);
        cluster.get(self.key.kind, "", &self.key.id.name).await.doing("reading the tenant's copy")
    }

    /// What the copy is to be; none where the host's has gone.
    async fn body(&self) -> Result<Option<Value>, SyncError> {
        let Some(known) = self.pair().host else { return Ok(None) };
        let host = match self.hand.at(Side::Host, &known.uid, known.version) {
            Some(object) => Some(object.clone()),
            None => {
                let cluster = self.tenant.cluster(Side::Host);
                cluster.get(self.key.kind, "", &self.key.id.name).await.doing("reading the host's")?
            }
        };
        Ok(host.map(|host| host_class::tenant(self.key.kind, &host.tree())))
    }

    fn note(&self, body: &Value, answer: Object) {
        let sent = hash(&host_class::content(self.key.kind, body));
        self.tenant.raised_wrote(self.key.kind, sent, &answer, self.asked);
    }

    async fn tell_of_foreign(&self) -> Result<(), SyncError> {
        let Some(found) = self.present().await?.filter(|found| found.label(marks::FROM_HOST).is_none())
        else {
            return Ok(());
        };
        let (kind, name) = (self.key.kind.name(), &*self.key.id.name);
        tracing::warn!(kind, name, "the tenant has one of its own of that name; the host's is not copied");
        let reason =
            "the host has one of this name, which is not copied over it; delete or rename this one to get it";
        event::warn(self.tenant, self.key.kind, &found, reason).await;
        Ok(())
    }
}
