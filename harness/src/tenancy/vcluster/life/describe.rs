//! What can be said of one virtual cluster.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStatus, Event, Pod, Service};
use kube::{Api, ResourceExt, api::ListParams};
use serde::Serialize;
use tenantbench_syncer::names::marks;

use super::{Found, Site, State};
use crate::{observe::pods, tenancy::TenancyError};

/// A virtual cluster as its host shows it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// Its name.
    pub name: String,
    /// Its host namespace.
    pub namespace: String,
    /// How it is.
    pub state: State,
    /// When it was made.
    pub made: Option<Timestamp>,
    /// Its Service.
    pub service: String,
    /// Under which addresses and ports that is reached.
    pub addresses: Vec<String>,
    /// The Secret with its admin's kubeconfig.
    pub kubeconfig_secret: String,
    /// How many pods it has on the host, beside the plane's.
    pub pods: usize,
    /// The containers of its plane.
    pub containers: Vec<Container>,
    /// What the host has lately complained of about the plane's pod and StatefulSet.
    pub warnings: Vec<String>,
}

/// A container of a plane.
#[derive(Clone, Debug, Serialize)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// In a word.
    pub state: String,
    /// How often it was started again.
    pub restarts: i32,
}

/// Asks the host for all that can be said.
///
/// # Errors
/// As calls end.
pub async fn describe(site: &Site, found: &Found) -> Result<Description, TenancyError> {
    let names = &found.names;
    let client = || site.host.client().clone();
    let pods: Api<Pod> = Api::namespaced(client(), &site.namespace);
    let services: Api<Service> = Api::namespaced(client(), &site.namespace);
    let events: Api<Event> = Api::namespaced(client(), &site.namespace);
    let tenants = ListParams::default().labels(&format!("{}={}", marks::VCLUSTER, names.suffix));
    let (pod, complaints) = (names.pod(), ListParams::default().fields("type=Warning"));
    let (plane, theirs, service, events) = tokio::try_join!(
        pods.get_opt(&pod),
        pods.list(&tenants),
        services.get_opt(&names.service),
        events.list(&complaints),
    )
    .map_err(TenancyError::call("describe", &names.cluster))?;
    let ready_since = plane.as_ref().and_then(ready_since);
    // Of a pod that is gone, as after a pause, nothing needs to be mended.
    let plane_uid = plane.as_ref().and_then(ResourceExt::uid);
    let about = |event: &Event| {
        let of = &event.involved_object;
        let is_of_pod =
            of.name.as_deref() == Some(pod.as_str()) && plane_uid.is_some() && of.uid == plane_uid;
        (is_of_pod || of.name.as_deref() == Some(names.stateful_set.as_str())) && !is_past(event, ready_since)
    };
    let words =
        |event: Event| format!("{}: {}", event.reason.unwrap_or_default(), event.message.unwrap_or_default());
    Ok(Description {
        name: names.cluster.clone(),
        namespace: site.namespace.clone(),
        state: found.state,
        made: found.made,
        service: names.service.clone(),
        addresses: service.as_ref().map(addresses).unwrap_or_default(),
        kubeconfig_secret: names.kubeconfig.clone(),
        pods: theirs.items.len(),
        containers: plane.as_ref().map(containers).unwrap_or_default(),
        warnings: events.items.into_iter().filter(about).map(words).collect(),
    })
}

/// Since when a pod has been Ready.
fn ready_since(pod: &Pod) -> Option<Timestamp> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let ready =
        conditions.iter().find(|condition| condition.type_ == "Ready" && condition.status == "True")?;
    ready.last_transition_time.as_ref().map(|time| time.0)
}

/// What was complained of before the plane came up is what every plane is complained of.
fn is_past(event: &Event, ready_since: Option<Timestamp>) -> bool {
    let series =
        event.series.as_ref().and_then(|series| series.last_observed_time.as_ref()).map(|time| time.0);
    let once = event.event_time.as_ref().map(|time| time.0);
    let last = event.last_timestamp.as_ref().map(|time| time.0).or(series).or(once);
    last.zip(ready_since).is_some_and(|(last, since)| last <= since)
}

fn addresses(service: &Service) -> Vec<String> {
    let Some(spec) = &service.spec else { return Vec::new() };
    let https = spec.ports.iter().flatten().find(|port| port.name.as_deref() == Some("https"));
    let Some(https) = https else { return Vec::new() };
    let status = service.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let balancers = status.into_iter().flat_map(|status| status.ingress.iter().flatten());
    let outside = balancers.filter_map(|point| point.ip.clone().or_else(|| point.hostname.clone()));
    let all = spec.cluster_ip.iter().cloned().chain(outside).map(|host| format!("{host}:{}", https.port));
    all.chain(https.node_port.map(|port| format!("NODE:{port}"))).collect()
}

fn containers(pod: &Pod) -> Vec<Container> {
    let plain = |status: &ContainerStatus| Container {
        name: status.name.clone(),
        image: status.image.clone(),
        state: state(status),
        restarts: status.restart_count,
    };
    pods::containers(pod).map(plain).collect()
}

fn state(status: &ContainerStatus) -> String {
    let Some(state) = &status.state else { return "unknown".to_owned() };
    if let Some(waiting) = &state.waiting {
        return waiting.reason.clone().unwrap_or_else(|| "waiting".to_owned());
    }
    match &state.terminated {
        Some(ended) if ended.exit_code == 0 => "done".to_owned(),
        Some(ended) => format!("failed({})", ended.exit_code),
        None if status.ready => "ready".to_owned(),
        None => "running".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    fn event(last: &str) -> Event {
        from_value(json!({
            "metadata": {}, "involvedObject": {}, "reason": "Unhealthy", "lastTimestamp": last,
        }))
        .unwrap()
    }

    #[test]
    fn what_was_complained_of_until_the_plane_was_ready_is_past() {
        let pod = |status: &str| {
            let ready =
                json!({"type": "Ready", "status": status, "lastTransitionTime": "2026-01-01T00:00:05Z"});
            from_value::<Pod>(json!({"metadata": {}, "status": {"conditions": [ready]}})).unwrap()
        };
        let (early, late) = (event("2026-01-01T00:00:05Z"), event("2026-01-01T00:00:06Z"));
        let since = ready_since(&pod("True"));
        assert!(is_past(&early, since) && !is_past(&late, since));
        assert!(!is_past(&early, ready_since(&pod("False"))), "a plane that is not Ready has reasons");
    }
}
