//! A scenario as its file says it.

use std::{collections::BTreeMap, time::Duration};

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::{Model, Parameter, Step, Word};
use crate::tree::Tree;

/// The version of the language that a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub enum SchemaName {
    /// The first.
    #[schemars(rename = "tenantbench.dev/scenario/v1")]
    V1,
}

impl Word for SchemaName {
    const WHAT: &'static str = "schema";
    const ALL: &'static [Self] = &[Self::V1];

    fn word(self) -> &'static str {
        "tenantbench.dev/scenario/v1"
    }
}

/// A scenario without mistakes. [`Scenario::resolve`](Scenario::resolve) gives its steps.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, title = "tenantbench scenario")]
pub struct Scenario {
    /// The version of the language.
    pub schema: SchemaName,
    /// What `tenantbench scenario NAME` calls it.
    pub name: String,
    /// A few words on what it shows.
    pub title: String,
    /// What it does and what its figures mean.
    pub description: String,
    /// Whose question it answers.
    pub story: Option<String>,
    /// What its user may choose, by name.
    #[schemars(with = "Option<BTreeMap<String, Parameter>>")]
    pub parameters: IndexMap<String, Parameter>,
    /// The models that it compares, in the order of the report.
    pub models: Vec<Model>,
    /// How many rounds each model takes; 1 where it is left out.
    #[schemars(with = "Option<u32>", range(min = 1))]
    pub rounds: u32,
    /// How long things may take.
    #[schemars(with = "Option<Timeouts>")]
    pub timeouts: Timeouts,
    /// The steps with `${…}` still in them.
    #[schemars(with = "Vec<Step>", length(min = 1))]
    pub(crate) steps: Tree,
    /// The file, for messages.
    #[schemars(skip)]
    pub(crate) file: String,
}

/// How long things may take before the round fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Timeouts {
    /// For a step that names no timeout of its own; 2m where it is left out.
    #[schemars(with = "Option<String>")]
    pub step: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { step: Duration::from_secs(120) }
    }
}
