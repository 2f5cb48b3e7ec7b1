//! `tenantbench plan`: what a scenario would do, without doing it.

use std::fmt::Write;

use clap::Args;
use tenantbench_scenarios::{
    LoadError, Model, Plan, PlannedStep, ResolveError, Setting, format_duration, load, plan,
};

use super::{
    exit::{CliError, Code},
    output::{Format, Terminal},
};

/// Print what a scenario would do, in order, without doing it. The flags are those of `tenantbench scenario`.
#[derive(Args, Clone, Debug)]
pub(super) struct PlanArgs {
    /// A scenario of the catalogue (`tenantbench list`), or a path to a file.
    scenario: String,
    /// How many rounds each model takes [default: the scenario's own].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: Option<u32>,
    /// Seed of the order in which models take their turns [default: random; give the printed one to run that order].
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// The models to compare, separated by commas [default: the scenario's own].
    #[arg(long, value_name = "MODEL", value_delimiter = ',')]
    models: Vec<Model>,
    /// Sets a parameter of the scenario; may be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<Setting>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A scenario that cannot be planned. All of these are mistakes of the command line or the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanCliError {
    /// There is no such scenario, or it has mistakes.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A parameter was set wrongly.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// A model that the scenario does not compare.
    #[error("no model `{model}` in scenario {scenario}; its models are {known}")]
    OtherModel {
        /// What was asked for.
        model: Model,
        /// The scenario.
        scenario: String,
        /// What it compares.
        known: String,
    },
    /// The plan is not JSON.
    #[error("cannot write the plan as JSON: {0}; please report this bug")]
    Json(#[from] serde_json::Error),
}

impl PlanArgs {
    fn plan(&self) -> Result<Plan, PlanCliError> {
        let scenario = load(&self.scenario)?.resolve(&self.settings)?;
        if let Some(&model) = self.models.iter().find(|model| !scenario.models.contains(model)) {
            return Err(PlanCliError::OtherModel {
                model,
                scenario: scenario.scenario,
                known: words(&scenario.models),
            });
        }
        let asked = |model: &Model| self.models.is_empty() || self.models.contains(model);
        let models: Vec<Model> = scenario.models.iter().copied().filter(asked).collect();
        let seed = self.seed.unwrap_or_else(rand::random);
        Ok(plan(&scenario, &models, self.rounds.unwrap_or(scenario.rounds), seed))
    }
}

fn words(models: &[Model]) -> String {
    let words: Vec<String> = models.iter().map(ToString::to_string).collect();
    words.join(", ")
}

/// Prints the plan.
///
/// # Errors
/// Where there is no such scenario, parameter or model, or standard output cannot be written.
pub(super) fn run(arguments: &PlanArgs, terminal: &Terminal) -> Result<Code, CliError> {
    terminal.data(&text(arguments)?)?;
    Ok(Code::Ok)
}

fn text(arguments: &PlanArgs) -> Result<String, PlanCliError> {
    let plan = arguments.plan()?;
    Ok(match arguments.format {
        Format::Human => human(&plan),
        Format::Json => serde_json::to_string_pretty(&plan)? + "\n",
    })
}

fn human(plan: &Plan) -> String {
    let parameters: String =
        plan.parameters.iter().map(|(name, value)| format!(" with {name}={}", value.to_text())).collect();
    let mut text =
        format!("{}: {}{parameters}\n\nTurns, in order (seed {}):\n", plan.scenario, plan.title, plan.seed);
    // Writing to a String cannot fail.
    for (turn, number) in plan.turns.iter().zip(1..) {
        let host = if turn.fresh_host { " on a fresh host" } else { "" };
        let _ = writeln!(text, "{number:>4}. round {} of {}{host}", turn.round, turn.model);
    }
    for (model, steps) in &plan.steps {
        let _ = writeln!(text, "\nA turn of {model}:");
        for step in steps {
            text.push_str(&describe(step));
        }
    }
    text + FLOORS
}

fn describe(step: &PlannedStep) -> String {
    let refusal = if step.may_refuse {
        "       a refusal is an outcome here: clean-up follows, no other step\n"
    } else {
        ""
    };
    let metrics: String = step.metrics.iter().map(|metric| format!("       = {metric}\n")).collect();
    format!(
        "{:>4}. {}\n       until {} (at most {})\n{refusal}{metrics}",
        step.number,
        step.what,
        step.until,
        format_duration(step.step.timeout),
    )
}

/// What no model can go below, whichever it is.
const FLOORS: &str = "
Every wait ends on a watch event; none polls. In the figures, and nobody's to shorten:
  the delay of a simulated node before a pod without a program is Ready (the report says how long)
  5 s that Kubernetes lets pass before it clears a namespace (namespace_clear_wait_seconds)
";

#[cfg(test)]
mod tests {
    use clap::Parser;
    use tenantbench_reports::Metric;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        plan: PlanArgs,
    }

    fn printed(arguments: &[&str]) -> Result<String, String> {
        let cli = Cli::try_parse_from(std::iter::once("plan").chain(arguments.iter().copied()));
        text(&cli.map_err(|error| error.to_string())?.plan).map_err(|error| error.to_string())
    }

    #[test]
    fn people_read_every_turn_and_step() {
        insta::assert_snapshot!(
            printed(&[
                "ray-install",
                "--seed",
                "1",
                "--rounds",
                "2",
                "--models",
                "namespace,vcluster",
                "--set",
                "workers=1"
            ])
            .unwrap()
        );
    }

    #[test]
    fn programs_read_the_same() {
        let json: serde_json::Value =
            serde_json::from_str(&printed(&["ray-install", "--format", "json"]).unwrap()).unwrap();
        assert_eq!(json["turns"].as_array().unwrap().len(), 9, "three rounds of three models");
        assert_eq!(json["steps"]["vcluster"][2]["do"], "start");
        assert_eq!(json["steps"]["vcluster"][2]["workers"], 3);
    }

    #[test]
    fn the_report_knows_every_metric_that_a_plan_promises() {
        for scenario in tenantbench_scenarios::catalogue().unwrap() {
            let plan = plan(&scenario.resolve(&[]).unwrap(), &scenario.models, 1, 1);
            for metric in plan.metrics() {
                assert!(Metric::find(metric).is_some(), "{metric} of {}", scenario.name);
            }
        }
    }

    #[test]
    fn mistakes_are_answered_in_a_line() {
        for (arguments, line) in [
            (
                &["ray-instal"][..],
                "no scenario `ray-instal` (did you mean `ray-install`?; or give the path of a YAML file)",
            ),
            (
                &["ray-install", "--set", "worker=1"],
                "scenario ray-install has no parameter `worker` (did you mean `workers`?)",
            ),
            (&["ray-install", "--models", "vclustr"], "unknown model `vclustr` (did you mean `vcluster`?)"),
            (&["ray-install", "--rounds", "0"], "invalid value '0' for '--rounds <N>'"),
        ] {
            let seen = printed(arguments).unwrap_err();
            assert!(seen.contains(line), "{seen}");
        }
    }
}
