//! What can be done about a kind, given where it is served. Pure.

use std::fmt;

use super::served::Served;
use crate::{config::ReadyKind, kinds::Reach};

/// Which sides of a kind are watched, and as what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// As what; none where neither side has it.
    pub(super) served: Option<Served>,
    /// Whether the tenant has it. If not, it is known to have no objects of it.
    pub(super) in_tenant: bool,
    /// Whether the host has it and lets the syncer write it.
    pub(super) on_host: bool,
    /// What keeps it from being synced.
    pub(super) obstacle: Option<Obstacle>,
}

impl Plan {
    /// Whether nothing is missing that only asking again could find.
    pub(super) fn is_settled(&self) -> bool {
        matches!(self.obstacle, None | Some(Obstacle::NotInTenant))
    }
}

/// Why a kind is not synced, with the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// The tenant has no definition; it may never want one.
    NotInTenant,
    /// The host has no definition.
    NotOnHost,
    /// Objects without namespace could not be told apart from other tenants'.
    NoNamespace,
    /// The versions of both sides.
    NoVersion { tenant: Vec<String>, host: Vec<String> },
    /// What the host's Role lacks, and the rule that grants it.
    NoRight { lacks: String, rule: String },
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInTenant => {
                f.write_str("the tenant has no such definition yet; sync begins when it installs one")
            }
            Self::NotOnHost => f.write_str(
                "the host has no such definition in that version; install it there, and sync begins by itself",
            ),
            Self::NoNamespace => {
                f.write_str("its objects have no namespace, and only objects with one are synced; remove it")
            }
            Self::NoVersion { tenant, host } => write!(
                f,
                "no version is served on both sides (tenant {}, host {}); install one definition on both",
                tenant.join(","),
                host.join(",")
            ),
            Self::NoRight { lacks, rule } => {
                write!(f, "the host's Role lacks {lacks}; add this rule to it, and sync begins by itself: {rule}")
            }
        }
    }
}

/// Chooses the version. Rights are asked for afterwards.
pub(super) fn plan(kind: &ReadyKind, tenant: &[Served], host: &[Served]) -> Plan {
    let fits = |served: &&Served| kind.version.as_ref().is_none_or(|version| *version == served.version);
    let tenants: Vec<&Served> = tenant.iter().filter(fits).collect();
    let hosts: Vec<&Served> = host.iter().filter(fits).collect();
    let common = tenants.iter().copied().find(|ours| {
        hosts.iter().any(|theirs| (&theirs.version, &theirs.plural) == (&ours.version, &ours.plural))
    });
    let plan = |served: Option<&Served>, in_tenant, on_host, obstacle| Plan {
        served: served.cloned(),
        in_tenant,
        on_host,
        obstacle,
    };
    let first = |list: &[&Served]| list.first().copied().cloned();
    if tenants.iter().chain(&hosts).any(|served| served.reach == Reach::Cluster) {
        return plan(None, false, false, Some(Obstacle::NoNamespace));
    }
    match (first(&tenants), first(&hosts), common) {
        (_, _, Some(common)) => plan(Some(common), true, true, None),
        (None, host, _) => plan(host.as_ref(), false, host.is_some(), Some(Obstacle::NotInTenant)),
        (tenant, None, _) => plan(tenant.as_ref(), true, false, Some(Obstacle::NotOnHost)),
        (tenant, Some(_), _) => {
            let versions = |all: &[&Served]| all.iter().map(|served| served.version.clone()).collect();
            let obstacle = Obstacle::NoVersion { tenant: versions(&tenants), host: versions(&hosts) };
            plan(tenant.as_ref(), true, false, Some(obstacle))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(version: Option<&str>) -> ReadyKind {
        ReadyKind {
            group: "example.com".to_owned(),
            kind: "Widget".to_owned(),
            version: version.map(str::to_owned),
            rules: std::sync::Arc::default(),
        }
    }

    fn served(versions: &[&str]) -> Vec<Served> {
        let served = |version: &&str| Served {
            version: (*version).to_owned(),
            plural: "widgets".to_owned(),
            reach: Reach::Namespaced,
            has_status: true,
        };
        versions.iter().map(served).collect()
    }

    /// Version, sides and obstacle of a plan.
    type Told = (Option<String>, bool, bool, Option<Obstacle>);

    fn told(version: Option<&str>, tenant: &[&str], host: &[&str]) -> Told {
        let plan = plan(&kind(version), &served(tenant), &served(host));
        (plan.served.map(|served| served.version), plan.in_tenant, plan.on_host, plan.obstacle)
    }

    #[test]
    fn the_tenants_first_version_that_the_host_has_too_is_synced() {
        let both = |version: &str| (Some(version.to_owned()), true, true, None);
        assert_eq!(told(None, &["v2", "v1"], &["v1", "v2"]), both("v2"));
        assert_eq!(told(None, &["v2", "v1"], &["v1"]), both("v1"));
        assert_eq!(told(Some("v1"), &["v2", "v1"], &["v2", "v1"]), both("v1"));
    }

    #[test]
    fn what_is_missing_is_told_and_what_is_there_is_watched_meanwhile() {
        let v1 = || Some("v1".to_owned());
        assert_eq!(told(None, &[], &["v1"]), (v1(), false, true, Some(Obstacle::NotInTenant)));
        assert_eq!(told(None, &[], &[]), (None, false, false, Some(Obstacle::NotInTenant)));
        assert_eq!(told(None, &["v1"], &[]), (v1(), true, false, Some(Obstacle::NotOnHost)));
        assert_eq!(told(Some("v1"), &["v1"], &["v2"]), (v1(), true, false, Some(Obstacle::NotOnHost)));
        let apart = Obstacle::NoVersion { tenant: vec!["v1".to_owned()], host: vec!["v2".to_owned()] };
        assert_eq!(told(None, &["v1"], &["v2"]), (v1(), true, false, Some(apart)));
    }

    #[test]
    fn objects_without_namespace_are_refused() {
        let mut host = served(&["v1"]);
        host[0].reach = Reach::Cluster;
        let plan = plan(&kind(None), &served(&["v1"]), &host);
        assert_eq!((plan.served, plan.obstacle), (None, Some(Obstacle::NoNamespace)));
    }
}
