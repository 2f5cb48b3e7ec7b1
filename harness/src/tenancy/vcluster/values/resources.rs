//! What the containers of a plane ask for. Each sets requests and limits, so that a quota admits it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The demands of the plane's containers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Resources {
    /// The store.
    pub etcd: Demand,
    /// The first step, which ends before the others begin.
    pub prepare: Demand,
    /// The API server.
    pub api_server: Demand,
    /// The controllers.
    pub controller_manager: Demand,
    /// The syncer.
    pub syncer: Demand,
}

/// What one container asks for, and what it may use; what is empty is as usual.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Demand {
    /// CPU that is kept for it.
    pub cpu: String,
    /// Memory that is kept for it.
    pub memory: String,
    /// CPU that it may use.
    pub cpu_limit: String,
    /// Memory that it may use.
    pub memory_limit: String,
}

impl Demand {
    fn new(cpu: &str, memory: &str, cpu_limit: &str, memory_limit: &str) -> Self {
        let [cpu, memory, cpu_limit, memory_limit] =
            [cpu, memory, cpu_limit, memory_limit].map(str::to_owned);
        Self { cpu, memory, cpu_limit, memory_limit }
    }

    fn or(&self, usual: &Self) -> Self {
        let pick = |own: &str, usual: &str| if own.is_empty() { usual } else { own }.to_owned();
        Self {
            cpu: pick(&self.cpu, &usual.cpu),
            memory: pick(&self.memory, &usual.memory),
            cpu_limit: pick(&self.cpu_limit, &usual.cpu_limit),
            memory_limit: pick(&self.memory_limit, &usual.memory_limit),
        }
    }

    /// As a container has it.
    pub fn to_json(&self) -> Value {
        json!({
            "requests": {"cpu": self.cpu, "memory": self.memory},
            "limits": {"cpu": self.cpu_limit, "memory": self.memory_limit},
        })
    }
}

/// CPU is kept where somebody waits: each write and each status of a pod passes the store, the API server and the
/// syncer, and what a container asks for is also its weight when a machine is busy. Nobody waits for one of the
/// controllers alone.
impl Default for Resources {
    fn default() -> Self {
        Self {
            etcd: Demand::new("30m", "50Mi", "1", "1Gi"),
            prepare: Demand::new("10m", "25Mi", "1", "256Mi"),
            api_server: Demand::new("100m", "250Mi", "2", "2Gi"),
            controller_manager: Demand::new("30m", "100Mi", "1", "1Gi"),
            syncer: Demand::new("40m", "25Mi", "1", "512Mi"),
        }
    }
}

impl Resources {
    /// The same, with what is left empty as usual: who says something of one figure says nothing of the others.
    #[must_use]
    pub fn settled(&self) -> Self {
        let usual = Self::default();
        Self {
            etcd: self.etcd.or(&usual.etcd),
            prepare: self.prepare.or(&usual.prepare),
            api_server: self.api_server.or(&usual.api_server),
            controller_manager: self.controller_manager.or(&usual.controller_manager),
            syncer: self.syncer.or(&usual.syncer),
        }
    }
}
