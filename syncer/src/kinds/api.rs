//! Where a kind lives in an API.

use kube::core::ApiResource;

/// Whether a kind's objects live in namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reach {
    /// In namespaces; all of a tenant's are in one namespace of the host.
    Namespaced,
    /// In the cluster as a whole.
    Cluster,
}

/// A kind's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Api {
    /// Its API group; empty for the core one.
    pub group: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Its kind as the API spells it.
    pub name: &'static str,
    /// Its plural as paths spell it.
    pub plural: &'static str,
    /// Whether its objects live in namespaces.
    pub reach: Reach,
}

impl Api {
    /// A kind of version `v1` whose objects live in namespaces.
    pub(super) const fn namespaced(group: &'static str, name: &'static str, plural: &'static str) -> Self {
        Self { group, version: "v1", name, plural, reach: Reach::Namespaced }
    }

    /// A kind of version `v1` whose objects live in no namespace.
    pub(super) const fn cluster(group: &'static str, name: &'static str, plural: &'static str) -> Self {
        Self { group, version: "v1", name, plural, reach: Reach::Cluster }
    }

    /// A kind that is known only at run time; its words are kept for as long as the process lives.
    pub(crate) fn at_run_time([group, version, name, plural]: [&str; 4], reach: Reach) -> Self {
        let keep = |text: &str| -> &'static str { Box::leak(text.into()) };
        Self { group: keep(group), version: keep(version), name: keep(name), plural: keep(plural), reach }
    }

    /// `VERSION` or `GROUP/VERSION`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// What kube needs to watch it.
    pub fn resource(&self) -> ApiResource {
        ApiResource {
            group: self.group.to_owned(),
            version: self.version.to_owned(),
            api_version: self.api_version(),
            kind: self.name.to_owned(),
            plural: self.plural.to_owned(),
        }
    }

    /// The path of an object, or of the whole collection where `name` is empty.
    pub fn path(&self, namespace: &str, name: &str) -> String {
        let root = if self.group.is_empty() { "/api/" } else { "/apis/" };
        let mut path = format!("{root}{}", self.api_version());
        if !namespace.is_empty() {
            path.push_str("/namespaces/");
            path.push_str(namespace);
        }
        path.push('/');
        path.push_str(self.plural);
        if !name.is_empty() {
            path.push('/');
            path.push_str(name);
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use crate::kinds::Kind;

    #[test]
    fn paths_are_those_of_the_api() {
        assert_eq!(Kind::Pod.path("ns", "p"), "/api/v1/namespaces/ns/pods/p");
        assert_eq!(Kind::Node.path("", ""), "/api/v1/nodes");
        assert_eq!(
            Kind::Lease.path("kube-node-lease", "n"),
            "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n"
        );
    }
}
