//! A whole file.

use indexmap::IndexMap;

use super::{fields::Fields, parameter, scalar};
use crate::{
    language::{Parameter, Scenario, SchemaName, Timeouts},
    problem::Problems,
    tree::{Node, Tree},
};

/// Reads all but the inside of the steps, which wait for the parameters' values.
pub(crate) fn scenario(file: &str, tree: &Tree, problems: &Problems) -> Option<Scenario> {
    let mut fields = Fields::of(tree, "the scenario", problems)?;
    let schema =
        fields.needed("schema").and_then(|tree| scalar::word::<SchemaName>(tree, "schema", problems));
    let name = fields.needed("name").and_then(|tree| scalar::name(tree, "name", problems));
    let title = fields.needed("title").and_then(|tree| scalar::text(tree, "title", problems));
    let description =
        fields.needed("description").and_then(|tree| scalar::text(tree, "description", problems));
    let story = fields.optional("story").and_then(|tree| scalar::text(tree, "story", problems));
    let parameters = fields.optional("parameters").map(|tree| parameters(tree, problems)).unwrap_or_default();
    let models = fields.needed("models").and_then(|tree| scalar::words(tree, "models", problems));
    let rounds = fields.optional("rounds").map(|tree| scalar::integer(tree, "rounds", 1..=10_000, problems));
    let timeouts = fields.optional("timeouts").map(|tree| timeouts(tree, problems));
    let steps = fields.needed("steps").filter(|tree| scalar::list(tree, "steps", problems).is_some());
    fields.finish();
    Some(Scenario {
        schema: schema?,
        name: name?,
        title: title?,
        description: description?,
        story,
        parameters,
        models: models?,
        rounds: rounds.unwrap_or(Some(1))?,
        timeouts: timeouts.unwrap_or_else(|| Some(Timeouts::default()))?,
        steps: steps?.clone(),
        file: file.to_owned(),
    })
}

fn parameters(tree: &Tree, problems: &Problems) -> IndexMap<String, Parameter> {
    let mut found = IndexMap::new();
    if Fields::of(tree, "parameters", problems).is_none() {
        return found;
    }
    let Node::Map(entries) = &tree.node else { return found };
    for (key, value) in entries {
        if !key.name.starts_with(|c: char| c.is_ascii_lowercase())
            || !key.name.chars().all(parameter::in_name)
        {
            problems.report(
                key.at,
                format!("parameter name {:?} is none (use a-z, 0-9 and -, a letter first)", key.name),
            );
        }
        if let Some(parameter) = parameter::parameter(value, &key.name, problems) {
            found.entry(key.name.clone()).or_insert(parameter);
        }
    }
    found
}

fn timeouts(tree: &Tree, problems: &Problems) -> Option<Timeouts> {
    let mut fields = Fields::of(tree, "timeouts", problems)?;
    let step = fields.optional("step").map(|tree| scalar::duration(tree, "timeouts.step", problems));
    fields.finish();
    Some(Timeouts { step: step.unwrap_or(Some(Timeouts::default().step))? })
}
