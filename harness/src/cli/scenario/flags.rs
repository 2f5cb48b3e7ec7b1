//! The flags of `tenantbench scenario`.

use std::{path::PathBuf, time::Duration};

use camino::Utf8PathBuf;
use clap::Args;
use tenantbench_reports::results::Results;
use tenantbench_scenarios::{Model, Resolved, Setting, parse_duration};

use crate::cli::{
    exit::{CliError, Code},
    place::PlaceArgs,
    report::Format,
};

/// Run a scenario and print its report.
#[derive(Args, Debug)]
pub(crate) struct ScenarioArgs {
    /// A scenario of the catalogue (`tenantbench list`), or a path to a file.
    pub scenario: String,
    /// How many rounds each model takes [default: the scenario's own].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: Option<u32>,
    /// Seed of the order in which models take their turns [default: random, and recorded].
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// The models to compare, separated by commas [default: the scenario's own].
    #[arg(long, value_name = "MODEL", value_delimiter = ',')]
    pub models: Vec<String>,
    /// Sets a parameter of the scenario; may be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<Setting>,
    /// How long any one step may take [default: what the scenario gives each].
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub timeout: Option<Duration>,
    /// The folder in which results are kept.
    #[arg(long, value_name = "DIR", default_value = "results", env = "TENANTBENCH_RESULTS")]
    pub results: PathBuf,
    /// Leave the hosts and the last round's tenants running, with kubeconfigs for both sides.
    #[arg(long)]
    pub keep: bool,
    /// Take the workload's CRDs from the YAML files of this folder.
    #[arg(long, value_name = "DIR")]
    pub crds: Option<Utf8PathBuf>,
    /// How to print the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    #[command(flatten)]
    pub place: PlaceArgs,
}

impl ScenarioArgs {
    /// The models of the run, in the order of the report.
    ///
    /// # Errors
    /// A name that the scenario does not compare.
    pub(crate) fn models(&self, scenario: &Resolved) -> Result<Vec<Model>, CliError> {
        if self.models.is_empty() {
            return Ok(scenario.models.clone());
        }
        for name in &self.models {
            if !scenario.models.iter().any(|model| model.to_string() == *name) {
                let known: Vec<_> = scenario.models.iter().map(ToString::to_string).collect();
                let message = format!(
                    "no model {name:?} in scenario {}; its models are {}",
                    scenario.scenario,
                    known.join(", ")
                );
                return Err(CliError::new(Code::Usage, message));
            }
        }
        let asked = |model: &&Model| self.models.contains(&model.to_string());
        Ok(scenario.models.iter().filter(asked).copied().collect())
    }

    /// Where results go.
    pub(crate) fn results(&self) -> Results {
        Results::at(&self.results)
    }
}
