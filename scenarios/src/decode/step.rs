//! The steps, after the parameters' values were put in.

use std::time::Duration;

use super::{fields::Fields, scalar};
use crate::{
    language::{Action, ActionWord, Step},
    problem::{Position, Problems},
    tree::{Node, Tree},
};

/// Reads every step that can be read, each with its place.
pub(crate) fn steps(tree: &Tree, default_timeout: Duration, problems: &Problems) -> Vec<(Position, Step)> {
    let Node::List(items) = &tree.node else { return Vec::new() };
    items.iter().filter_map(|item| Some((item.at, step(item, default_timeout, problems)?))).collect()
}

fn step(tree: &Tree, default_timeout: Duration, problems: &Problems) -> Option<Step> {
    let mut fields = Fields::of(tree, "the step", problems)?;
    let word = fields.needed("do").and_then(|tree| scalar::word::<ActionWord>(tree, "step", problems))?;
    let action = action(word, &mut fields);
    let timeout = fields.optional("timeout").map(|tree| scalar::duration(tree, "timeout", problems));
    fields.finish();
    Some(Step { action: action?, timeout: timeout.unwrap_or(Some(default_timeout))? })
}

fn action(word: ActionWord, fields: &mut Fields<'_>) -> Option<Action> {
    let problems = fields.problems();
    Some(match word {
        ActionWord::CreateTenant => Action::CreateTenant,
        ActionWord::Install => {
            let workload =
                fields.needed("workload").and_then(|tree| scalar::word(tree, "workload", problems));
            let may_refuse =
                fields.optional("may-refuse").map(|tree| scalar::words(tree, "may-refuse", problems));
            Action::Install {
                workload: workload?,
                may_refuse: may_refuse.unwrap_or_else(|| Some(Vec::new()))?,
            }
        }
        ActionWord::Start => {
            let object = fields.needed("object").and_then(|tree| scalar::word(tree, "object", problems));
            let name = fields.needed("name").and_then(|tree| scalar::name(tree, "name", problems));
            let workers = fields
                .needed("workers")
                .and_then(|tree| scalar::integer(tree, "workers", 0..=10_000, problems));
            Action::Start { object: object?, name: name?, workers: workers? }
        }
        ActionWord::List => Action::List {
            object: fields.needed("object").and_then(|tree| scalar::word(tree, "object", problems))?,
        },
        ActionWord::Stop => {
            let object = fields.needed("object").and_then(|tree| scalar::word(tree, "object", problems));
            let name = fields.needed("name").and_then(|tree| scalar::name(tree, "name", problems));
            Action::Stop { object: object?, name: name? }
        }
        ActionWord::Uninstall => Action::Uninstall {
            workload: fields.needed("workload").and_then(|tree| scalar::word(tree, "workload", problems))?,
        },
        ActionWord::DeleteTenant => Action::DeleteTenant,
        ActionWord::Audit => Action::Audit,
    })
}
