//! One row of the table: one way of syncing one kind.

use serde::Serialize;

use super::{Kind, Reach, Side};

/// Which way a kind's content goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Made by the tenant, copied to the host.
    Down,
    /// Made by the tenant, copied to the host; what the host makes of it comes back.
    DownAndStatusUp,
    /// Made by the host, copied to the tenant.
    Up,
    /// Made by us in the tenant; the host's are never read.
    Synthesised,
    /// Made by us on the host for another object's copy; the tenant's are never read.
    Aside,
    /// Read in the tenant, for what other objects say by it.
    Local,
}

/// Which objects of a kind are wanted on the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// All.
    All,
    /// Those that another synced object names, as long as it does.
    Referenced,
    /// Those of Services that have no selector, so that the host cannot make them.
    WithoutSelector,
    /// Only those that concern a synced object.
    OfSynced,
    /// One for each object of the host that is in use.
    InUse,
}

/// Whether a row is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// By default. Its grants are part of the built-in `admin`.
    Default,
    /// By default, but only where the host's Role covers its grants, which `admin` does not; `--sync` may name it too.
    WhereGranted(&'static str),
    /// Where `--sync` names it.
    Option(&'static str),
    /// Where the setting `custom` lists it with its rules.
    Listed,
}

/// What the host must let the syncer do, in its namespace or, for a kind without namespaces, everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What, under the resource of the row's kind; empty for the resource itself.
    pub subresource: &'static str,
    /// The verbs.
    pub verbs: &'static [&'static str],
}

/// One way of syncing one kind.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The kind.
    pub kind: Kind,
    /// Which way it goes.
    pub direction: Direction,
    /// Which objects of it.
    pub scope: Scope,
    /// Whether it is synced.
    pub on: On,
    /// The module of [`crate::translate`], or another, that makes one side's object of the other's.
    pub translator: &'static str,
    /// What it needs on the host.
    pub grants: &'static [Grant],
}

impl Row {
    /// The sides on which it is watched.
    pub fn watched(&self) -> &'static [Side] {
        match (self.direction, self.kind) {
            (Direction::Synthesised, Kind::PersistentVolume | Kind::Node) => &[Side::Tenant],
            (Direction::Synthesised, _) => &[],
            (Direction::Aside, _) => &[Side::Host],
            (Direction::Local, _) => &[Side::Tenant],
            // They come with their pods.
            (_, Kind::EphemeralContainers | Kind::PodResize | Kind::ReadinessGates) => &[],
            // The tenant's own are many and nothing follows from them.
            (Direction::Up, Kind::Event) => &[Side::Host],
            _ => &[Side::Tenant, Side::Host],
        }
    }

    /// Whether the tenant gets copies of the host's classes.
    pub fn is_class(&self) -> bool {
        self.direction == Direction::Up
            && matches!(
                self.kind,
                Kind::StorageClass | Kind::IngressClass | Kind::RuntimeClass | Kind::PriorityClass
            )
    }

    /// Whether the tenant's objects are copied to the host.
    pub fn is_down(&self) -> bool {
        matches!(self.direction, Direction::Down | Direction::DownAndStatusUp)
    }

    /// Each resource, with its subresource if any, and the verbs on it.
    pub fn rights(&self) -> impl Iterator<Item = (String, &'static [&'static str])> {
        self.grants.iter().map(|grant| (self.resource(grant), grant.verbs))
    }

    /// The resource that a grant of this row is about, as rules spell it.
    pub fn resource(&self, grant: &Grant) -> String {
        let plural = self.kind.api().plural;
        match grant.subresource {
            "" => plural.to_owned(),
            subresource => format!("{plural}/{subresource}"),
        }
    }

    /// The name by which `--sync` turns it on; none for what is on in any case.
    pub fn option(&self) -> Option<&'static str> {
        match self.on {
            On::Option(name) | On::WhereGranted(name) => Some(name),
            On::Default | On::Listed => None,
        }
    }

    /// Whether its grants must hold everywhere, so that a Role cannot give them.
    pub fn is_cluster_wide(&self) -> bool {
        self.kind.api().reach == Reach::Cluster
    }
}
