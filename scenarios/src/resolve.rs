//! Puts values in for parameters.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    decode,
    language::{Model, Scenario, Step, Value},
    lint::{self, check_order},
    problem::{Malformed, Problems, remedy},
    tree::{Node, Tree},
};

mod substitute;
pub(crate) use substitute::names;

/// A parameter's value from the command line: `name=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The parameter.
    pub name: String,
    /// The value as it was typed.
    pub value: String,
}

/// A `--set` that is no setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} sets nothing (write --set NAME=VALUE)")]
pub struct SettingError(String);

impl std::str::FromStr for Setting {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        match text.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => {
                Ok(Self { name: name.trim().to_owned(), value: value.trim().to_owned() })
            }
            _ => Err(SettingError(text.to_owned())),
        }
    }
}

/// Values that a scenario does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// No parameter has that name.
    #[error("scenario {scenario} has no parameter `{name}` ({remedy})")]
    UnknownParameter {
        /// The scenario.
        scenario: String,
        /// What was set.
        name: String,
        /// What was probably meant, or the names that there are.
        remedy: String,
    },
    /// The parameter does not take that value.
    #[error("parameter `{name}`: {reason}")]
    UnfitValue {
        /// The parameter.
        name: String,
        /// What is wrong, and what would fit.
        reason: String,
    },
    /// A step does not take that value, although its parameter does.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// A scenario with every parameter put in, ready to be planned.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Resolved {
    /// The scenario's name.
    pub scenario: String,
    /// A few words on what it shows.
    pub title: String,
    /// Every parameter and its value.
    pub parameters: BTreeMap<String, Value>,
    /// The scenario's own models.
    pub models: Vec<Model>,
    /// The scenario's own number of rounds.
    pub rounds: u32,
    /// What each round does.
    pub steps: Vec<Step>,
}

impl Scenario {
    /// Puts in the given values, and defaults for all other parameters. Of two settings of one name the later holds.
    ///
    /// # Errors
    /// [`ResolveError`] where a name is not known or a value does not fit.
    pub fn resolve(&self, settings: &[Setting]) -> Result<Resolved, ResolveError> {
        let mut parameters: BTreeMap<String, Value> = self
            .parameters
            .iter()
            .map(|(name, parameter)| (name.clone(), parameter.default.clone()))
            .collect();
        for Setting { name, value } in settings {
            let parameter = self.parameters.get(name).ok_or_else(|| self.unknown_parameter(name))?;
            let value = parameter
                .kind
                .parse(value)
                .map_err(|reason| ResolveError::UnfitValue { name: name.clone(), reason })?;
            parameters.insert(name.clone(), value);
        }
        let problems = Problems::default();
        let steps = self.steps_with(&parameters, &problems);
        let steps = problems.into_result(&self.file, Some(steps))?;
        Ok(Resolved {
            scenario: self.name.clone(),
            title: self.title.clone(),
            parameters,
            models: self.models.clone(),
            rounds: self.rounds,
            steps,
        })
    }

    pub(crate) fn steps_with(&self, parameters: &BTreeMap<String, Value>, problems: &Problems) -> Vec<Step> {
        let tree: Tree = substitute::substitute(&self.steps, parameters, problems);
        let steps = decode::steps(&tree, self.timeouts.step, problems);
        // What is out of order beside a step that cannot be read may only follow from that.
        if matches!(&tree.node, Node::List(items) if items.len() == steps.len()) {
            check_order(&steps, lint::end_of(&self.steps), &self.models, problems);
        }
        steps.into_iter().map(|(_, step)| step).collect()
    }

    fn unknown_parameter(&self, name: &str) -> ResolveError {
        let known: Vec<&str> = self.parameters.keys().map(String::as_str).collect();
        ResolveError::UnknownParameter {
            scenario: self.name.clone(),
            name: name.to_owned(),
            remedy: remedy(name, &known),
        }
    }
}
