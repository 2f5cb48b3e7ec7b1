//! Fixed sets of words: models, workloads, objects.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::remedy;

/// A closed set of words of the language.
pub trait Word: Copy + 'static {
    /// What one of the set is called.
    const WHAT: &'static str;
    /// The whole set, in the order in which it is listed.
    const ALL: &'static [Self];

    /// The word as it is written.
    fn word(self) -> &'static str;
}

/// A word that is not in its set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{word}` ({remedy})")]
pub struct UnknownWord {
    what: &'static str,
    word: String,
    remedy: String,
}

/// How a tenant is kept apart from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// A namespace with RBAC in it.
    Namespace,
    /// The same, where the platform has installed the workload's cluster-wide parts.
    NamespaceAssisted,
    /// An own control plane in a namespace of the host, with our syncer.
    Vcluster,
}

impl Model {
    /// One line on what a tenant gets.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Namespace => "a namespace and RBAC inside it; no cluster-scoped objects of its own",
            Self::NamespaceAssisted => {
                "a namespace; the platform installs CRDs and operator and grants their use"
            }
            Self::Vcluster => {
                "its own API server, controller manager and store; pods run on the host through a syncer"
            }
        }
    }

    /// True where the model puts CRDs on the host, whose API server keeps their memory, so that each round needs a
    /// host of its own.
    #[must_use]
    pub fn needs_fresh_host(self) -> bool {
        matches!(self, Self::NamespaceAssisted)
    }
}

impl Word for Model {
    const WHAT: &'static str = "model";
    const ALL: &'static [Self] = &[Self::Namespace, Self::NamespaceAssisted, Self::Vcluster];

    fn word(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::NamespaceAssisted => "namespace-assisted",
            Self::Vcluster => "vcluster",
        }
    }
}

/// What a tenant can install.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Workload {
    /// Ray: four CRDs and an operator.
    Ray,
}

impl Workload {
    /// How reports name it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Ray => "Ray (built-in model)",
        }
    }

    /// One line on what is installed.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Ray => "the four CRDs of ray.io and an operator for RayCluster and RayJob: 17 objects",
        }
    }
}

impl Word for Workload {
    const WHAT: &'static str = "workload";
    const ALL: &'static [Self] = &[Self::Ray];

    fn word(self) -> &'static str {
        match self {
            Self::Ray => "ray",
        }
    }
}

/// What a tenant runs with an installed workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Object {
    /// A `RayCluster`: a head pod and worker pods.
    RayCluster,
}

impl Object {
    /// The workload that must be installed first.
    #[must_use]
    pub fn workload(self) -> Workload {
        match self {
            Self::RayCluster => Workload::Ray,
        }
    }

    /// Its resource with its group, as in refusals and leftovers.
    #[must_use]
    pub fn resource(self) -> &'static str {
        match self {
            Self::RayCluster => "rayclusters.ray.io",
        }
    }
}

impl Word for Object {
    const WHAT: &'static str = "object";
    const ALL: &'static [Self] = &[Self::RayCluster];

    fn word(self) -> &'static str {
        match self {
            Self::RayCluster => "ray-cluster",
        }
    }
}

/// What a pod must be able to rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Concern {
    /// A pod reaches a Service of another namespace of its tenant, by name and by cluster IP.
    Services,
    /// A pod sees its own name, namespace, environment and token.
    Inside,
    /// Logs, exec and port-forward lead to the pod.
    Streams,
    /// What is written to a claimed volume is read by the next pod.
    Volumes,
    /// A pod does not reach another tenant's.
    Isolation,
}

impl Concern {
    /// What is tried, in words.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Services => "a Service across namespaces",
            Self::Inside => "what a container sees",
            Self::Streams => "logs, exec and port-forward",
            Self::Volumes => "a volume",
            Self::Isolation => "that another tenant is not reached",
        }
    }
}

impl Word for Concern {
    const WHAT: &'static str = "part";
    const ALL: &'static [Self] =
        &[Self::Services, Self::Inside, Self::Streams, Self::Volumes, Self::Isolation];

    fn word(self) -> &'static str {
        match self {
            Self::Services => "services",
            Self::Inside => "inside",
            Self::Streams => "streams",
            Self::Volumes => "volumes",
            Self::Isolation => "isolation",
        }
    }
}

/// Finds a word in its set.
fn find<W: Word>(text: &str) -> Result<W, UnknownWord> {
    W::ALL.iter().copied().find(|word| word.word() == text).ok_or_else(|| {
        let known: Vec<&str> = W::ALL.iter().map(|word| word.word()).collect();
        UnknownWord { what: W::WHAT, word: text.to_owned(), remedy: remedy(text, &known) }
    })
}

impl FromStr for Model {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        find(text)
    }
}

impl FromStr for Workload {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        find(text)
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_written_as_serde_writes_it() {
        for model in Model::ALL {
            assert_eq!(serde_json::to_value(model).unwrap(), model.word());
        }
        assert_eq!(serde_json::to_value(Workload::Ray).unwrap(), Workload::Ray.word());
        assert_eq!(serde_json::to_value(Object::RayCluster).unwrap(), Object::RayCluster.word());
        for concern in Concern::ALL {
            assert_eq!(serde_json::to_value(concern).unwrap(), concern.word());
        }
    }

    #[test]
    fn a_wrong_word_names_the_one_that_was_meant() {
        let line = "vclustr".parse::<Model>().unwrap_err().to_string();
        assert_eq!(line, "unknown model `vclustr` (did you mean `vcluster`?)");
        let line = "capsule".parse::<Model>().unwrap_err().to_string();
        assert_eq!(line, "unknown model `capsule` (known: namespace, namespace-assisted, vcluster)");
    }
}
