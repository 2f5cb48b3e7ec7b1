//! Many tenants in one process, which come and go while it runs. One that is in trouble is told of and tried again; the
//! others go on.

mod directory;
mod keep;
mod roll;
mod secrets;

use std::{path::PathBuf, sync::Arc};

use futures::future::BoxFuture;
use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;

pub(crate) use directory::wanted;
pub use roll::{Roll, Wanted};

use super::{Election, Health, Options, RunError, dispatch, lead, shared::Shared, until_stopped};
use crate::clock::Clock;

/// Where tenants come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// These and no others.
    Fixed(Roll),
    /// Files of a folder, as they are there.
    Folder(PathBuf),
    /// Secrets of a host namespace, as they are there.
    Secrets(String),
}

/// Makes of a tenant that is wanted what it runs with.
pub type Furnish = Arc<dyn Fn(String, Wanted) -> BoxFuture<'static, Result<Options, RunError>> + Send + Sync>;

/// What a syncer of many tenants is told.
pub struct Process {
    /// The host's API, as it is used for all of them.
    pub host: kube::Config,
    /// The clock to go by.
    pub clock: Clock,
    /// By which Lease several replicas elect the one that writes; none for one replica.
    pub election: Option<Election>,
    /// Where tenants come from; of a name that several have, the first one's counts.
    pub sources: Vec<Source>,
    /// What becomes of each.
    pub furnish: Furnish,
}

/// Runs a syncer of many tenants until `stop`, as [`run`](super::run()) does. What becomes of one is nothing to the others:
/// only what ends all of them ends it.
///
/// # Errors
/// Credentials for the host that cannot be used.
pub async fn run_many(process: Process, health: Health, stop: CancellationToken) -> Result<(), RunError> {
    health.serves_many();
    let election = process.election.as_ref();
    let (shared, candidate) = Shared::new(&process.host, process.clock, election, Some(&health))?;
    let mut following = JoinSet::new();
    let rolls = process.sources.into_iter().map(|source| follow(source, &shared, &mut following)).collect();
    let running = async {
        let turns = dispatch::run(shared.clone(), health.clone(), stop.clone());
        let tenants = keep::all(rolls, process.furnish, shared.clone(), health.clone(), stop.clone());
        tokio::join!(turns, tenants);
        Ok(())
    };
    lead::led(candidate, until_stopped(running, &stop), &stop).await
}

/// Follows a source in a task of its own.
fn follow(source: Source, shared: &Shared, tasks: &mut JoinSet<()>) -> watch::Receiver<Option<Roll>> {
    let (sender, roll) = watch::channel(None);
    match source {
        Source::Fixed(fixed) => drop(sender.send_replace(Some(fixed))),
        Source::Folder(folder) => drop(tasks.spawn(directory::follow(folder, sender))),
        Source::Secrets(namespace) => {
            drop(tasks.spawn(secrets::follow(shared.requests.clone(), namespace, sender)));
        }
    }
    roll
}
