//! What a tenant's pod may ask of the node that it runs on: the Pod Security Standards, one file per group of controls,
//! with the words of upstream's admission. Pure.

mod capabilities;
mod host;
mod privilege;
mod probes;
mod profiles;
mod subject;
mod sysctls;
mod volumes;

use std::fmt;

use serde_json::Value;

use subject::Subject;

/// A level of the Pod Security Standards.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    clap::ValueEnum,
    serde::Deserialize,
    serde::Serialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// No control: the host alone decides.
    #[default]
    Privileged,
    /// No known way to more rights on the node.
    Baseline,
    /// The present best practice.
    Restricted,
}

/// A control that a pod fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What it is about.
    pub control: &'static str,
    /// The fields and what they may be.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.control, self.detail)
    }
}

type Control = fn(&Subject<'_>) -> Option<Violation>;

/// Controls of the baseline level.
const BASELINE: [Control; 8] = [
    profiles::app_armor,
    host::namespaces,
    host::ports,
    probes::host,
    privilege::privileged,
    profiles::se_linux,
    sysctls::unsafe_ones,
    host::process,
];
/// Controls of the baseline level for which the restricted one has stricter ones.
const BASELINE_ALONE: [Control; 4] =
    [capabilities::baseline, host::paths, profiles::proc_mount_baseline, profiles::seccomp_baseline];
/// Controls that only the restricted level has.
const RESTRICTED: [Control; 7] = [
    privilege::escalation,
    capabilities::restricted,
    profiles::proc_mount,
    volumes::restricted,
    privilege::non_root,
    privilege::user,
    profiles::seccomp_restricted,
];
/// What reaches the node itself, whatever the level.
const NODE: [Control; 4] = [host::namespaces, host::paths, host::ports, host::process];

/// The controls of a level that a pod fails.
pub fn violations(level: Level, pod: &Value) -> Vec<Violation> {
    let groups: &[&[Control]] = match level {
        Level::Privileged => &[],
        Level::Baseline => &[&BASELINE, &BASELINE_ALONE],
        Level::Restricted => &[&BASELINE, &RESTRICTED],
    };
    failed(groups.iter().copied().flatten(), pod)
}

/// By what a pod would reach the node itself: its namespaces, files and ports.
pub fn node_access(pod: &Value) -> Vec<Violation> {
    failed(&NODE, pod)
}

fn failed<'a>(controls: impl IntoIterator<Item = &'a Control>, pod: &Value) -> Vec<Violation> {
    let subject = Subject::new(pod);
    controls.into_iter().filter_map(|control| control(&subject)).collect()
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        })
    }
}

#[cfg(test)]
mod tests;
