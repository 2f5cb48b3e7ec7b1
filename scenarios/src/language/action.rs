//! What a step can do.

use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::{Concern, Fill, Model, Object, Quota, Word, Workload};

/// A step: an action and how long it may take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Step {
    /// What is done.
    #[serde(flatten)]
    pub action: Action,
    /// The tenant that it is about, where a round has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// How long it may take before the round fails.
    #[serde(rename(serialize = "timeout_seconds"), serialize_with = "seconds")]
    #[schemars(with = "Option<String>", rename = "timeout")]
    pub timeout: Duration,
}

/// An action. Each ends on something that is seen to happen, never after a fixed time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "do", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Action {
    /// Makes a tenant of the round's model; ends when the tenant's own credentials are answered.
    CreateTenant {
        /// What the tenant may use of the host; the platform's usual limits where it is left out.
        #[serde(skip_serializing_if = "Option::is_none")]
        quota: Option<Quota>,
    },
    /// Adds tenants until something stops it, measures what each costs, and takes them away again.
    Fill(Fill),
    /// Installs a workload as the tenant; ends when its CRDs are Established and served and its operator is Available.
    Install {
        /// What is installed.
        workload: Workload,
        /// The models in which a refusal is an outcome. A refused round goes on with `delete-tenant` and `audit`.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[schemars(with = "Option<Vec<Model>>")]
        may_refuse: Vec<Model>,
    },
    /// Creates an object as the tenant; ends when all its pods are Ready as the tenant sees them.
    Start {
        /// What is created.
        object: Object,
        /// Its name.
        name: String,
        /// How many workers it has.
        #[schemars(schema_with = "integer_or_parameter")]
        workers: u32,
    },
    /// Lists all objects of a kind as the tenant.
    List {
        /// What is listed.
        object: Object,
    },
    /// Deletes an object as the tenant; ends when it and its pods are gone as the tenant sees them.
    Stop {
        /// What is deleted.
        object: Object,
        /// Its name.
        name: String,
    },
    /// Removes a workload; ends when the tenant sees none of it any more.
    Uninstall {
        /// What is removed.
        workload: Workload,
    },
    /// Makes a namespace as the tenant, and looks whether the host shows it.
    CreateNamespace {
        /// Its name.
        name: String,
        /// The models in which a refusal is an outcome. A refused round goes on with `delete-tenant` and `audit`.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[schemars(with = "Option<Vec<Model>>")]
        may_refuse: Vec<Model>,
    },
    /// Creates a Deployment as the tenant; ends when as many of its pods are Ready as the tenant's quota leaves room for
    /// beside the pods that keep the tenant itself running, and the tenant is told of the rest.
    Deploy {
        /// Its name.
        name: String,
        /// How many pods it asks for.
        #[schemars(schema_with = "integer_or_parameter")]
        replicas: u32,
    },
    /// Puts to the proof what a pod must be able to rely on. Each part is told as held, broken, not enforced here, or not
    /// shown here; a broken one fails the round once all were tried.
    Check {
        /// Which parts, in this order.
        parts: Vec<Concern>,
        /// The other tenant, from which `isolation` is tried.
        #[serde(skip_serializing_if = "Option::is_none")]
        against: Option<String>,
    },
    /// Has the tenant create many pods at once and delete them again, and beside it, in an order that changes from round
    /// to round, does the same straight on the host and through an ideal syncer; ends when all are gone.
    Burst {
        /// How many pods of each tenant.
        #[schemars(schema_with = "integer_or_parameter")]
        pods: u32,
        /// How many calls of each tenant are under way at once.
        #[schemars(schema_with = "integer_or_parameter")]
        parallel: u32,
        /// How many tenants do it at the same time: the step makes as many as are missing, and each floor has as many.
        #[schemars(default = "one", schema_with = "integer_or_parameter")]
        tenants: u32,
    },
    /// Has the tenant create pods one at a time, each deleted before the next, and change a ConfigMap and a Secret that a
    /// pod uses; ends when each was seen on the other side.
    Pace {
        /// How many pods.
        #[schemars(schema_with = "integer_or_parameter")]
        pods: u32,
        /// How many changes.
        #[schemars(schema_with = "integer_or_parameter")]
        changes: u32,
    },
    /// Kills the tenant's syncer while the tenant has pods; ends when a pod that is made afterwards is on the host.
    KillSyncer {
        /// How many pods.
        #[schemars(schema_with = "integer_or_parameter")]
        pods: u32,
        /// How many calls are under way at once while they are made.
        #[schemars(schema_with = "integer_or_parameter")]
        parallel: u32,
    },
    /// Deletes the tenant; ends when nothing of it is left in the host's API.
    DeleteTenant,
    /// Compares host and machine with what they were before the round and names what is left.
    Audit,
}

/// The word that begins a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActionWord {
    CreateTenant,
    Fill,
    Install,
    Start,
    List,
    Stop,
    Uninstall,
    CreateNamespace,
    Deploy,
    Check,
    Burst,
    Pace,
    KillSyncer,
    DeleteTenant,
    Audit,
}

impl Word for ActionWord {
    const WHAT: &'static str = "step";
    const ALL: &'static [Self] = &[
        Self::CreateTenant,
        Self::Fill,
        Self::Install,
        Self::Start,
        Self::List,
        Self::Stop,
        Self::Uninstall,
        Self::CreateNamespace,
        Self::Deploy,
        Self::Check,
        Self::Burst,
        Self::Pace,
        Self::KillSyncer,
        Self::DeleteTenant,
        Self::Audit,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::CreateTenant => "create-tenant",
            Self::Fill => "fill",
            Self::Install => "install",
            Self::Start => "start",
            Self::List => "list",
            Self::Stop => "stop",
            Self::Uninstall => "uninstall",
            Self::CreateNamespace => "create-namespace",
            Self::Deploy => "deploy",
            Self::Check => "check",
            Self::Burst => "burst",
            Self::Pace => "pace",
            Self::KillSyncer => "kill-syncer",
            Self::DeleteTenant => "delete-tenant",
            Self::Audit => "audit",
        }
    }
}

impl Action {
    /// True for what is done in any case, so that a refused or failed round leaves nothing behind.
    #[must_use]
    pub fn is_cleanup(&self) -> bool {
        matches!(self, Self::DeleteTenant | Self::Audit)
    }

    /// The models in which a refusal of it is an outcome.
    #[must_use]
    pub fn may_refuse(&self) -> &[Model] {
        match self {
            Self::Install { may_refuse, .. } | Self::CreateNamespace { may_refuse, .. } => may_refuse,
            _ => &[],
        }
    }
}

pub(super) fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

fn one() -> u32 {
    1
}

pub(super) fn integer_or_parameter(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "oneOf": [
            { "type": "integer", "minimum": 0, "maximum": 10_000 },
            { "type": "string", "pattern": r"^\$\{[a-z][a-z0-9-]*\}$" },
        ],
    })
}
