//! What must be known before the first object: owner, addresses, rights.

use std::collections::BTreeMap;

use kube::{
    Api, Client,
    core::{ApiResource, DynamicObject},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Options, RunError};
use crate::{client, kinds::Kinds, names::marks, retry, sync::Settings, write::LONGEST_CALL};

/// The plane's own object on the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Owner {
    kind: &'static OwnerKind,
    name: String,
}

#[derive(Debug, PartialEq, Eq)]
struct OwnerKind {
    flag: &'static str,
    group: &'static str,
    kind: &'static str,
}

const OWNERS: [OwnerKind; 5] = [
    OwnerKind { flag: "statefulset", group: "apps", kind: "StatefulSet" },
    OwnerKind { flag: "deployment", group: "apps", kind: "Deployment" },
    OwnerKind { flag: "service", group: "", kind: "Service" },
    OwnerKind { flag: "configmap", group: "", kind: "ConfigMap" },
    OwnerKind { flag: "pod", group: "", kind: "Pod" },
];

impl std::str::FromStr for Owner {
    type Err = RunError;

    fn from_str(text: &str) -> Result<Self, RunError> {
        let wrong = || RunError::OwnerForm(text.to_owned());
        let (flag, name) = text.split_once('/').filter(|(_, name)| !name.is_empty()).ok_or_else(wrong)?;
        let flag = flag.to_lowercase();
        let kind = OWNERS.iter().find(|kind| kind.flag == flag).ok_or_else(wrong)?;
        Ok(Self { kind, name: name.to_owned() })
    }
}

impl TryFrom<String> for Owner {
    type Error = RunError;

    fn try_from(text: String) -> Result<Self, RunError> {
        text.parse()
    }
}

impl From<Owner> for String {
    fn from(owner: Owner) -> Self {
        format!("{}/{}", owner.kind.flag, owner.name)
    }
}

/// Asks both sides for what the tenant's settings need.
pub(super) async fn settings(
    options: &Options,
    kinds: &Kinds,
    host: &Client,
    tenant: &Client,
) -> Result<Settings, RunError> {
    let namespace = options.names.host_namespace();
    let owner = match &options.owner {
        Some(owner) => Some(reference(owner, host, namespace).await?),
        None => None,
    };
    let api = api_address(host, namespace, &options.service).await?;
    let version = until_tenant_answers("the tenant's version", || tenant.apiserver_version());
    let version = version.await?.git_version;
    Ok(Settings {
        names: options
            .names
            .clone()
            .copying(kinds.rows().iter().filter(|row| row.is_down()).map(|row| row.kind)),
        owner,
        api,
        ca: client::authority(&options.tenant),
        node_address: options.node_address.clone(),
        kubelet_port: options.kubelet_port,
        counts_generations: counts_generations(&version),
        version,
        pods: options.pods.clone(),
        kinds: kinds.clone(),
    })
}

/// Whether an API server of this version gives each pod a generation of its own and raises it with each change of the
/// spec. Before 1.33 it kept for good whatever a pod was made with.
fn counts_generations(version: &str) -> bool {
    let mut numbers =
        version.trim_start_matches('v').split('.').map_while(|number| number.parse::<u32>().ok());
    matches!((numbers.next(), numbers.next()), (Some(major), Some(minor)) if (major, minor) >= (1, 33))
}

/// Calls until there is an answer. A refusal is one, but not at once: a plane's objects and rights are made in any order.
pub(super) async fn until_answered<T, F>(doing: &str, call: impl FnMut() -> F) -> Result<T, RunError>
where
    F: Future<Output = Result<T, kube::Error>>,
{
    ask_until(doing, call, is_final).await
}

/// The same of a tenant's API, which may refuse for as long as it likes: what runs on the host runs on meanwhile.
pub(super) async fn until_tenant_answers<T, F>(doing: &str, call: impl FnMut() -> F) -> Result<T, RunError>
where
    F: Future<Output = Result<T, kube::Error>>,
{
    ask_until(doing, call, |_, _| false).await
}

async fn ask_until<T, F>(
    doing: &str,
    mut call: impl FnMut() -> F,
    is_final: fn(u16, u32) -> bool,
) -> Result<T, RunError>
where
    F: Future<Output = Result<T, kube::Error>>,
{
    let mut failures = 0;
    loop {
        match tokio::time::timeout(LONGEST_CALL, call()).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(kube::Error::Api(status))) if is_final(status.code, failures) => {
                return Err(RunError::Refused { doing: doing.to_owned(), reason: status.message.clone() });
            }
            Ok(Err(error)) => tracing::debug!(doing, %error, "no answer yet"),
            Err(_) => tracing::debug!(doing, "no answer in time"),
        }
        tokio::time::sleep(retry::delay(failures)).await;
        failures += 1;
    }
}

/// Whether waiting will not change what an API server says.
fn is_final(code: u16, failures: u32) -> bool {
    /// About 20 s of waiting.
    const PATIENCE: u32 = 11;
    match code {
        429 | 500.. => false,
        401 | 403 | 404 => failures >= PATIENCE,
        _ => true,
    }
}

async fn reference(owner: &Owner, host: &Client, namespace: &str) -> Result<Value, RunError> {
    let resource =
        ApiResource::from_gvk(&kube::core::GroupVersionKind::gvk(owner.kind.group, "v1", owner.kind.kind));
    let api: Api<DynamicObject> = Api::namespaced_with(host.clone(), namespace, &resource);
    let found = until_answered("reading the owner", || api.get_opt(&owner.name)).await?;
    let missing = || RunError::OwnerMissing {
        kind: owner.kind.kind.to_owned(),
        name: owner.name.clone(),
        namespace: namespace.to_owned(),
    };
    let uid = found.and_then(|object| object.metadata.uid).ok_or_else(missing)?;
    Ok(json!({ "apiVersion": resource.api_version, "kind": resource.kind, "name": owner.name, "uid": uid }))
}

async fn api_address(host: &Client, namespace: &str, service: &str) -> Result<(String, u16), RunError> {
    let api: Api<k8s_openapi::api::core::v1::Service> = Api::namespaced(host.clone(), namespace);
    let found = until_answered("reading the plane's Service", || api.get(service)).await?;
    let none = || RunError::ServiceAddress(service.to_owned());
    let spec = found.spec.ok_or_else(none)?;
    if !is_the_planes_alone(spec.selector.as_ref()) {
        return Err(RunError::ServiceSelector(service.to_owned()));
    }
    let port = spec.ports.iter().flatten().next().map(|port| port.port).ok_or_else(none)?;
    let ip = spec.cluster_ip.filter(|ip| ip != "None" && !ip.is_empty()).ok_or_else(none)?;
    Ok((ip, u16::try_from(port).map_err(|_| none())?))
}

/// Whether no pod of the tenant can meet this selector. Labels of our domain are not carried, and two are on each pod.
fn is_the_planes_alone(selector: Option<&BTreeMap<String, String>>) -> bool {
    let never_carried =
        |key: &String| marks::is_ours(key) && ![marks::VCLUSTER, marks::NAMESPACE].contains(&&**key);
    selector.is_none_or(|selector| selector.is_empty() || selector.keys().any(never_carried))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_planes_service_selects_by_a_label_that_no_tenant_can_have() {
        let selector = |keys: &[&str]| keys.iter().map(|key| ((*key).to_owned(), "vc".to_owned())).collect();
        assert!(is_the_planes_alone(None));
        assert!(is_the_planes_alone(Some(&selector(&[]))));
        assert!(is_the_planes_alone(Some(&selector(&["app", "tenantbench.dev/virtual-cluster"]))));
        assert!(!is_the_planes_alone(Some(&selector(&["app", "release"]))));
        assert!(!is_the_planes_alone(Some(&selector(&["tenantbench.dev/vcluster"]))));
    }

    #[test]
    fn generations_of_pods_are_counted_since_1_33() {
        for version in ["v1.33.0", "v1.36.3", "v1.33.1-gke.1584000", "v1.40.0+k3s1", "v2.0.0", "1.33"] {
            assert!(counts_generations(version), "{version}");
        }
        for version in ["v1.32.9", "v1.32.5+k3s1", "v1.9.0", "v1", "", "unknown"] {
            assert!(!counts_generations(version), "{version}");
        }
    }

    #[test]
    fn an_owner_is_a_kind_and_a_name() {
        let owner: Owner = "StatefulSet/vc".parse().expect("an owner");
        assert_eq!((owner.kind.kind, owner.name.as_str()), ("StatefulSet", "vc"));
        for wrong in ["vc", "statefulset/", "node/n"] {
            assert!(wrong.parse::<Owner>().is_err(), "{wrong}");
        }
    }
}
