//! The one thing that leaves a run: [`Event`]. The live view, the journal, the table and the JSON are folds over it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One line of the journal: when it happened, and what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// Wall clock of the machine that ran the scenario.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// Everything that a run can say about itself, in the order in which it happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The run begins; all that is needed to judge its figures later.
    RunStarted(RunStarted),
    /// The host cluster that models share in this run, or in this round, is ready.
    HostReady(HostReady),
    /// A round of one model begins.
    RoundStarted {
        /// 1-based number of the round.
        round: u32,
        /// The model's name, such as `vcluster`.
        model: String,
    },
    /// A step begins, or a part of a long one; for the live view.
    StepStarted {
        /// 1-based number of the round.
        round: u32,
        /// The model's name.
        model: String,
        /// What the step does, in the words of the plan.
        step: String,
    },
    /// A measured value.
    Sample(Sample),
    /// A metric has no value in this round, and why.
    Absent {
        /// 1-based number of the round.
        round: u32,
        /// The model's name.
        model: String,
        /// The metric's name, ending in its unit.
        metric: String,
        /// Why there is no value.
        reason: String,
    },
    /// The model refused something that the scenario asked for: an outcome, not an error. What this round records from
    /// here on is of its clean-up.
    Refused {
        /// 1-based number of the round.
        round: u32,
        /// The model's name.
        model: String,
        /// Who refused what, in the server's words.
        refusal: Refusal,
    },
    /// A step failed: what this round records from here on is of its clean-up.
    Failed {
        /// 1-based number of the round.
        round: u32,
        /// The model's name.
        model: String,
        /// Why, in one line.
        error: String,
    },
    /// Something was left on the host or the machine after the tenant was deleted.
    Leftover {
        /// 1-based number of the round.
        round: u32,
        /// The model's name.
        model: String,
        /// What was left.
        leftover: Leftover,
    },
    /// Something that a model promises was put to the proof.
    Checked {
        /// 1-based number of the round.
        round: u32,
        /// The model's name.
        model: String,
        /// What came of it.
        check: Check,
    },
    /// A fact that bears on whether the figures can be trusted.
    Validity(Validity),
    /// A line for the reader that is neither a figure nor a doubt.
    Note {
        /// The text, one line.
        text: String,
    },
    /// A round of one model ended.
    RoundFinished {
        /// 1-based number of the round.
        round: u32,
        /// The model's name.
        model: String,
        /// How it ended.
        outcome: Outcome,
        /// Why it failed: one line, only with [`Outcome::Failed`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// The run ended in an orderly way; a journal without it is of a run that was cut off.
    RunFinished {
        /// The process's exit code.
        exit_code: u8,
        /// Why it stopped early, if it did (`interrupted`, or the error's line).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stopped: Option<String>,
    },
}

/// The head of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunStarted {
    /// The run's id, also the name of its folder.
    pub run: String,
    /// The scenario's name.
    pub scenario: String,
    /// The scenario's parameters as resolved from defaults and `--set`.
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// The models, in the order of the report.
    pub models: Vec<String>,
    /// The metrics that the scenario's plan promises; a report lists each of them for each model, absent ones too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<String>,
    /// How many rounds were asked for.
    pub rounds: u32,
    /// The seed of the order in which models take their turns.
    pub seed: u64,
    /// The command line.
    pub command: Vec<String>,
    /// The machine it ran on.
    pub machine: Machine,
    /// Versions by component, such as `kubernetes` and `tenantbench`.
    pub versions: BTreeMap<String, String>,
}

/// The machine that a run used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// Cores that this process may use.
    pub cores: u32,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// The kernel's release.
    pub kernel: String,
    /// Load average over one minute at the start.
    pub load_1m: f64,
    /// `debug` or `release`: how tenantbench itself, its syncer and its operator were built.
    pub build: String,
}

/// A host cluster that came up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HostReady {
    /// `local`, `kind` or `kubeconfig`.
    pub kind: String,
    /// The round and model that it was made for; none when models share it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_for: Option<(u32, String)>,
    /// Seconds from nothing to a served API.
    pub api_ready_seconds: f64,
    /// Seconds from nothing to all nodes Ready and a service account in `default`.
    pub ready_seconds: f64,
    /// `simulated` or `real`.
    pub nodes: String,
    /// How many nodes.
    pub node_count: u32,
    /// Seconds that a simulated node lets pass before a pod without a program is Ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_ready_delay_seconds: Option<f64>,
    /// How pods are kept apart: `containers`, or where they run as processes `namespaces` or `none`.
    pub pod_isolation: String,
    /// The versions of what the host runs, by program, where they are not those of the run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<String, String>,
    /// What this host cannot show, a sentence each.
    pub cannot_show: Vec<String>,
}

/// One measured value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sample {
    /// 1-based number of the round.
    pub round: u32,
    /// The model's name.
    pub model: String,
    /// The metric's name, ending in its unit: `tenant_ready_seconds`.
    pub metric: String,
    /// By the client's monotonic clock for latencies; in the metric's unit.
    pub value: f64,
    /// The same latency by the API servers' audit stamps, where both ends have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_value: Option<f64>,
    /// True where a time-out ended the wait: the true value is at least `value`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub censored: bool,
    /// What was measured, such as a pod's name, where a round gives several values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

/// What a server refused, and how it said so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// The object, as `resource.group/name`.
    pub object: String,
    /// The verb that was refused.
    pub verb: String,
    /// The server's words.
    pub message: String,
}

/// How a round of a model ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every step was done and measured.
    Ok,
    /// The model refused a step, as measured.
    Refused,
    /// Something broke.
    Failed,
}

/// Something that outlived its tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Leftover {
    /// `object`, `process`, `port`, `file`, `container`.
    pub kind: String,
    /// Its full name, such as `clusterroles.rbac.authorization.k8s.io/x` or `tcp/127.0.0.1:4711`.
    pub name: String,
    /// Why it is there by design; none makes it a leak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_design: Option<String>,
}

/// What came of putting a promise to the proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// A stable name, such as `services-by-name`; with the tenant's behind it where a round has several.
    pub name: String,
    /// How it ended.
    pub verdict: Verdict,
    /// What was seen, one line.
    pub detail: String,
}

/// How a check ended. From best to worst, with those that say nothing of the model between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The promise held.
    Held,
    /// This host cannot show it.
    NotShown,
    /// This host does not enforce what the promise rests on, as a positive control showed.
    NotEnforced,
    /// The promise was broken.
    Broken,
}

impl Verdict {
    /// In a report's words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::NotShown => "not shown here",
            Self::NotEnforced => "not enforced here",
            Self::Broken => "BROKEN",
        }
    }
}

/// A doubt, or the reason that there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Validity {
    /// A stable word for the check, such as `rights` or `watch-lag`.
    pub check: String,
    /// True where the figures may be used.
    pub ok: bool,
    /// What was seen, one line.
    pub detail: String,
}
