//! Finding the virtual clusters that are there.

use jiff::Timestamp;
use k8s_openapi::api::apps::v1::StatefulSet;
use kube::{Api, Client, ResourceExt, api::ListParams};
use serde::Serialize;

use super::Site;
use crate::{
    names,
    tenancy::{
        TenancyError,
        vcluster::{PlaneNames, objects::PLANE_APP},
    },
};

/// A virtual cluster that is there.
#[derive(Clone, Debug)]
pub struct Found {
    /// What its objects are called.
    pub names: PlaneNames,
    /// How it is.
    pub state: State,
    /// When it was made.
    pub made: Option<Timestamp>,
    /// The plane's StatefulSet.
    pub set: StatefulSet,
}

/// How a virtual cluster is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its plane is not Ready yet, or no longer.
    Starting,
    /// Its plane is Ready.
    Ready,
    /// It has been told to pause.
    Paused,
    /// It is being deleted.
    Ending,
}

impl State {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Paused => "paused",
            Self::Ending => "ending",
        }
    }
}

/// The virtual cluster of this name.
///
/// # Errors
/// [`TenancyError::Unknown`] where there is none.
pub async fn find(site: &Site, name: &str) -> Result<Found, TenancyError> {
    let label = format!("{}={name}", names::VIRTUAL_CLUSTER_LABEL);
    let sets = list(site.host.client().clone(), Some(&site.namespace), Some(&label)).await?;
    let found = sets.into_iter().next();
    found.ok_or_else(|| TenancyError::Unknown { name: name.to_owned(), namespace: site.namespace.clone() })
}

/// All virtual clusters of a namespace, or of all namespaces.
///
/// # Errors
/// As the call ends.
pub async fn all(client: Client, namespace: Option<&str>) -> Result<Vec<Found>, TenancyError> {
    list(client, namespace, None).await
}

async fn list(
    client: Client,
    namespace: Option<&str>,
    label: Option<&str>,
) -> Result<Vec<Found>, TenancyError> {
    let api: Api<StatefulSet> = match namespace {
        Some(namespace) => Api::namespaced(client, namespace),
        None => Api::all(client),
    };
    let app = format!("app={PLANE_APP}");
    let selector = label.map_or_else(|| app.clone(), |label| format!("{app},{label}"));
    let sets = api.list(&ListParams::default().labels(&selector)).await;
    let sets = sets.map_err(TenancyError::call("list", "statefulsets.apps"))?;
    Ok(sets.items.into_iter().filter_map(Found::of).collect())
}

impl Found {
    /// What a StatefulSet says of its virtual cluster; none if it is no plane.
    pub fn of(set: StatefulSet) -> Option<Self> {
        let made = set.creation_timestamp().map(|time| time.0);
        Some(Self { names: names_of(&set)?, state: state(&set), made, set })
    }
}

fn state(set: &StatefulSet) -> State {
    let wanted = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    let ready = set.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0);
    match (&set.metadata.deletion_timestamp, wanted, ready) {
        (Some(_), ..) => State::Ending,
        (None, 0, _) => State::Paused,
        (None, _, 0) => State::Starting,
        _ => State::Ready,
    }
}

/// The names by which a plane was made: its own flags say them, however it was made.
fn names_of(set: &StatefulSet) -> Option<PlaneNames> {
    let pod = set.spec.as_ref()?.template.spec.as_ref()?;
    let mut all = pod.init_containers.iter().flatten().chain(&pod.containers);
    let prepare = all.find(|container| container.name == "prepare")?.command.clone()?;
    let syncer = pod.containers.iter().find(|container| container.name == "syncer")?.command.clone()?;
    Some(PlaneNames {
        cluster: set.labels().get(names::VIRTUAL_CLUSTER_LABEL)?.clone(),
        namespace: set.namespace()?,
        stateful_set: set.name_any(),
        service: flag(&prepare, "--service-name=")?,
        kubeconfig: flag(&prepare, "--out-kube-config-secret=")?,
        suffix: flag(&syncer, "--name=")?,
    })
}

fn flag(command: &[String], name: &str) -> Option<String> {
    command.iter().find_map(|word| word.strip_prefix(name)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenancy::vcluster::{Values, objects::objects};

    fn set(values: &Values) -> (PlaneNames, StatefulSet) {
        let names = PlaneNames::new("a", "ns", values);
        let set = objects(&names, values).pop().unwrap();
        (names, serde_json::from_value(set).unwrap())
    }

    #[test]
    fn a_plane_says_by_which_names_it_was_made() {
        let values = Values {
            service_name: "api".into(),
            kubeconfig_secret: "way-in".into(),
            suffix: "short".into(),
            ..Values::default()
        };
        let (names, set) = set(&values);
        assert_eq!(Found::of(set).unwrap().names, names);
    }

    #[test]
    fn a_plane_without_replicas_is_paused() {
        let (_, mut set) = set(&Values::default());
        assert_eq!(state(&set), State::Starting);
        set.spec.as_mut().unwrap().replicas = Some(0);
        assert_eq!(state(&set), State::Paused);
    }
}
