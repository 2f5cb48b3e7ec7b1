//! From a resolved scenario to the order of what will be done. Pure: the same input gives the same plan.

mod describe;
mod order;

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;

use crate::{
    language::{Model, Step, Value},
    resolve::Resolved,
};

/// What will be done, in order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The scenario's name.
    pub scenario: String,
    /// A few words on what it shows.
    pub title: String,
    /// Every parameter and its value.
    pub parameters: BTreeMap<String, Value>,
    /// The models in the order of the report.
    pub models: Vec<Model>,
    /// How many turns each model takes.
    pub rounds: u32,
    /// The seed of the order of turns.
    pub seed: u64,
    /// The turns in the order in which they are taken.
    pub turns: Vec<Turn>,
    /// What a turn of each model does.
    pub steps: IndexMap<Model, Vec<PlannedStep>>,
}

/// One round of one model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Turn {
    /// 1-based number of the round.
    pub round: u32,
    /// Whose turn it is.
    pub model: Model,
    /// True where the turn gets a host of its own.
    pub fresh_host: bool,
}

/// A step of a model's turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedStep {
    /// 1-based number of the step.
    pub number: usize,
    /// What is done, in words.
    pub what: String,
    /// What ends the step, in words.
    pub until: String,
    /// The metrics that it gives.
    pub metrics: Vec<&'static str>,
    /// True where a refusal is an outcome, after which only clean-up follows.
    pub may_refuse: bool,
    /// The step itself.
    #[serde(flatten)]
    pub step: Step,
}

impl Plan {
    /// Every metric that a turn of some model may give, in the order of the steps.
    #[must_use]
    pub fn metrics(&self) -> Vec<&'static str> {
        let mut metrics = Vec::new();
        for metric in self.steps.values().flatten().flat_map(|step| &step.metrics) {
            if !metrics.contains(metric) {
                metrics.push(metric);
            }
        }
        metrics
    }
}

/// Plans `rounds` turns of each of `models`, their order shuffled within each round by `seed`, so that noise and
/// drift of the machine hit all models alike.
#[must_use]
pub fn plan(scenario: &Resolved, models: &[Model], rounds: u32, seed: u64) -> Plan {
    let turns = order::blocks(models, rounds, seed)
        .map(|(round, model)| Turn { round, model, fresh_host: model.needs_fresh_host() })
        .collect();
    Plan {
        scenario: scenario.scenario.clone(),
        title: scenario.title.clone(),
        parameters: scenario.parameters.clone(),
        models: models.to_vec(),
        rounds,
        seed,
        turns,
        steps: models.iter().map(|&model| (model, describe::steps(&scenario.steps, model))).collect(),
    }
}
