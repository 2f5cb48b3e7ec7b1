//! From a tenant's object to the host's, and from the host's status to the tenant's. Pure functions of JSON trees.

mod account;
mod budget;
pub mod claim;
pub mod content;
pub mod custom;
pub mod endpoints;
pub mod event;
mod held_back;
pub mod host_class;
mod ingress;
pub mod metadata;
pub mod node;
pub mod overlay;
mod own_class;
pub mod pod;
pub mod policy;
pub mod present;
pub mod raise;
pub mod security;
mod selector;
pub mod service;
pub mod shared;
pub mod status;

pub use selector::selects;

/// An object that cannot be carried to the host as it is. The message is for the tenant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A volume of a kind whose names cannot be translated.
    #[error("volume {volume}: {source_kind} volumes are not synced; use another kind of volume")]
    Volume {
        /// The volume's name.
        volume: String,
        /// The kind of its source.
        source_kind: String,
    },
    /// A field that would name things outside the virtual cluster.
    #[error("{field} is not synced; remove it")]
    Field {
        /// The field.
        field: String,
    },
    /// An inline volume of a driver whose attributes nobody has vouched for.
    #[error(
        "volume {volume}: inline volumes of the CSI driver {driver} are not allowed here; use a claim, or ask the \
         platform to allow the driver"
    )]
    CsiDriver {
        /// The volume's name.
        volume: String,
        /// The driver.
        driver: String,
    },
    /// A runtime class that the tenant may not use.
    #[error("runtime class {name} is not allowed here; remove it, or ask the platform to allow it")]
    RuntimeClass {
        /// Its name.
        name: String,
    },
    /// A pod that would reach its node.
    #[error(
        "pods here may not reach their node: {violations}; remove that, or ask the platform to allow node access"
    )]
    NodeAccess {
        /// By what.
        violations: String,
    },
    /// A pod that fails the level of Pod Security.
    #[error("violates PodSecurity \"{level}:latest\": {violations}")]
    PodSecurity {
        /// The level.
        level: security::Level,
        /// Each violation, with fields and allowed values.
        violations: String,
    },
    /// A value that is not what the rules of its kind take it for.
    #[error("{path} must be {expected}; correct it")]
    Misfit {
        /// Where it is.
        path: String,
        /// What it would have to be.
        expected: &'static str,
    },
}
