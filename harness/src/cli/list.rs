//! `tenantbench list`: what can be run and compared.

use std::fmt::Write;

use clap::Args;
use serde::Serialize;
use tenantbench_scenarios::{Malformed, Model, Parameter, Scenario, Word, Workload, catalogue};

use super::{
    exit::{CliError, Code},
    output::{Format, Terminal},
};

/// List the built-in scenarios with their parameters, the tenancy models and the workloads.
#[derive(Args, Clone, Debug)]
pub(super) struct ListArgs {
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A list that could not be printed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListCliError {
    /// The build holds a scenario with mistakes.
    #[error("{0}; please report this bug")]
    Catalogue(#[from] Malformed),
    /// The list is not JSON.
    #[error("cannot write the list as JSON: {0}; please report this bug")]
    Json(#[from] serde_json::Error),
}

#[derive(Serialize)]
struct List<'a> {
    scenarios: Vec<ListedScenario<'a>>,
    models: Vec<Listed>,
    workloads: Vec<Listed>,
}

#[derive(Serialize)]
struct ListedScenario<'a> {
    name: &'a str,
    title: &'a str,
    description: &'a str,
    story: Option<&'a str>,
    models: &'a [Model],
    rounds: u32,
    parameters: &'a indexmap::IndexMap<String, Parameter>,
}

#[derive(Serialize)]
struct Listed {
    name: &'static str,
    description: &'static str,
}

/// Prints the list.
///
/// # Errors
/// Where standard output cannot be written.
pub(super) fn run(arguments: &ListArgs, terminal: &Terminal) -> Result<Code, CliError> {
    terminal.data(&text(arguments)?)?;
    Ok(Code::Ok)
}

fn text(arguments: &ListArgs) -> Result<String, ListCliError> {
    let scenarios = catalogue()?;
    let list = List {
        scenarios: scenarios.iter().map(listed).collect(),
        models: Model::ALL
            .iter()
            .map(|&model| Listed { name: model.word(), description: model.description() })
            .collect(),
        workloads: Workload::ALL
            .iter()
            .map(|&workload| Listed { name: workload.word(), description: workload.description() })
            .collect(),
    };
    Ok(match arguments.format {
        Format::Human => human(&list),
        Format::Json => serde_json::to_string_pretty(&list)? + "\n",
    })
}

fn listed(scenario: &Scenario) -> ListedScenario<'_> {
    ListedScenario {
        name: &scenario.name,
        title: &scenario.title,
        description: &scenario.description,
        story: scenario.story.as_deref(),
        models: &scenario.models,
        rounds: scenario.rounds,
        parameters: &scenario.parameters,
    }
}

fn human(list: &List<'_>) -> String {
    let mut text = String::from("Scenarios (tenantbench scenario NAME)\n");
    for scenario in &list.scenarios {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {:20} {}", scenario.name, scenario.title);
        for (name, parameter) in scenario.parameters {
            let setting = format!("--set {name}={}", parameter.default.to_text());
            let _ = writeln!(text, "    {setting:18} {} ({})", parameter.help, parameter.kind.summary());
        }
    }
    for (heading, things) in
        [("Models (--models A,B)", &list.models), ("Workloads (tenantbench workload NAME)", &list.workloads)]
    {
        let _ = writeln!(text, "\n{heading}");
        for Listed { name, description } in things {
            let _ = writeln!(text, "  {name:20} {description}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_what_there_is() {
        insta::assert_snapshot!(text(&ListArgs { format: Format::Human }).unwrap());
    }

    #[test]
    fn programs_read_the_same() {
        let json: serde_json::Value =
            serde_json::from_str(&text(&ListArgs { format: Format::Json }).unwrap()).unwrap();
        assert_eq!(json["scenarios"][0]["name"], "ray-install");
        assert_eq!(json["scenarios"][0]["parameters"]["workers"]["default"], 3);
        assert_eq!(json["models"].as_array().unwrap().len(), 3);
        assert_eq!(json["workloads"][0]["name"], "ray");
    }
}
