//! What the objects of one virtual cluster are called: all follow its name, so that one namespace holds several.

use std::{fmt, str::FromStr};

use serde::Serialize;
use tenantbench_syncer::names::dns_label;

use super::Values;

/// The longest name: `NAME-headless` names a Service, and a StatefulSet's revision adds eleven characters to its own.
const LONGEST: usize = 40;

/// The name of a virtual cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct TenantName(String);

/// A text that can name no virtual cluster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} cannot name a virtual cluster; use 1 to {LONGEST} lower-case letters, digits and dashes, a letter first, no dash last"
)]
pub struct NotATenantName(String);

impl FromStr for TenantName {
    type Err = NotATenantName;

    fn from_str(text: &str) -> Result<Self, NotATenantName> {
        let is_name = text.len() <= LONGEST
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && dns_label(text).is_ok();
        if is_name { Ok(Self(text.to_owned())) } else { Err(NotATenantName(text.to_owned())) }
    }
}

impl fmt::Display for TenantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TenantName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The names of one virtual cluster's objects, and where they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaneNames {
    /// The virtual cluster's own name.
    pub cluster: String,
    /// Its host namespace.
    pub namespace: String,
    /// The plane's StatefulSet.
    pub stateful_set: String,
    /// The Service of the API and of the kubelet endpoint.
    pub service: String,
    /// The Secret with the admin's kubeconfig.
    pub kubeconfig: String,
    /// The end of the names of synced objects.
    pub suffix: String,
}

impl PlaneNames {
    /// The names of the virtual cluster `cluster` in `namespace`.
    pub fn new(cluster: &str, namespace: &str, values: &Values) -> Self {
        let or_name = |text: &str| if text.is_empty() { cluster.to_owned() } else { text.to_owned() };
        let kubeconfig = match values.kubeconfig_secret.as_str() {
            "" => format!("{cluster}-kubeconfig"),
            named => named.to_owned(),
        };
        Self {
            cluster: cluster.to_owned(),
            namespace: namespace.to_owned(),
            stateful_set: or_name(&values.stateful_set_name),
            service: or_name(&values.service_name),
            kubeconfig,
            suffix: or_name(&values.suffix),
        }
    }

    /// The Service that gives the plane's pod its name.
    pub fn headless(&self) -> String {
        format!("{}-headless", self.cluster)
    }

    /// The service account of the plane, with its Role and RoleBinding.
    pub fn account(&self) -> String {
        format!("{}-syncer", self.cluster)
    }

    /// The Secret with the virtual cluster's keys.
    pub fn keys(&self) -> String {
        keys(&self.cluster)
    }

    /// The ResourceQuota, where one is asked for.
    pub fn quota(&self) -> String {
        format!("{}-quota", self.cluster)
    }

    /// The plane's pod.
    pub fn pod(&self) -> String {
        format!("{}-0", self.stateful_set)
    }
}

/// The Secret with the keys of the virtual cluster `cluster`.
pub(super) fn keys(cluster: &str) -> String {
    format!("{cluster}-keys")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_must_fit_all_that_follows_it() {
        for good in ["vc", "a", "team-1", &"n".repeat(40)] {
            assert!(good.parse::<TenantName>().is_ok(), "{good}");
        }
        for wrong in ["", "1a", "-a", "a-", "A", "a.b", &"n".repeat(41)] {
            assert!(wrong.parse::<TenantName>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn two_virtual_clusters_of_one_namespace_share_no_name() {
        let all = |name: &str| {
            let names = PlaneNames::new(name, "shared", &Values::default());
            let (account, keys, pod) = (names.account(), names.keys(), names.pod());
            [names.stateful_set, names.service, names.kubeconfig, names.suffix, account, keys, pod]
        };
        assert!(all("a").iter().all(|name| !all("b").contains(name)));
    }

    #[test]
    fn what_the_values_name_is_called_so() {
        let values = Values { service_name: "api".to_owned(), ..Values::default() };
        let names = PlaneNames::new("a", "ns", &values);
        assert_eq!((names.service.as_str(), names.stateful_set.as_str()), ("api", "a"));
    }
}
