//! The steps, after the parameters' values were put in.

use std::time::Duration;

use super::{fields::Fields, scalar};
use crate::{
    language::{Action, ActionWord, Fill, Model, Quota, Step, bytes, is_memory},
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
    let tenant = fields.optional("tenant").map(|tree| scalar::name(tree, "tenant", problems));
    let timeout = fields.optional("timeout").map(|tree| scalar::duration(tree, "timeout", problems));
    fields.finish();
    Some(Step {
        action: action?,
        tenant: tenant.map_or(Some(None), |name| name.map(Some))?,
        timeout: timeout.unwrap_or(Some(default_timeout))?,
    })
}

fn action(word: ActionWord, fields: &mut Fields<'_>) -> Option<Action> {
    let problems = fields.problems();
    Some(match word {
        ActionWord::CreateTenant => Action::CreateTenant {
            quota: fields.optional("quota").map_or(Some(None), |tree| quota(tree, problems).map(Some))?,
        },
        ActionWord::Fill => Action::Fill(fill(fields)?),
        ActionWord::Install => {
            let workload =
                fields.needed("workload").and_then(|tree| scalar::word(tree, "workload", problems));
            let may_refuse = may_refuse(fields);
            Action::Install { workload: workload?, may_refuse: may_refuse? }
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
        ActionWord::CreateNamespace => {
            let name = fields.needed("name").and_then(|tree| scalar::name(tree, "name", problems));
            let may_refuse = may_refuse(fields);
            Action::CreateNamespace { name: name?, may_refuse: may_refuse? }
        }
        ActionWord::Deploy => {
            let name = fields.needed("name").and_then(|tree| scalar::name(tree, "name", problems));
            let replicas = fields
                .needed("replicas")
                .and_then(|tree| scalar::integer(tree, "replicas", 1..=10_000, problems));
            Action::Deploy { name: name?, replicas: replicas? }
        }
        ActionWord::Check => {
            let parts = fields.needed("parts").and_then(|tree| scalar::words(tree, "parts", problems));
            let against = fields.optional("against").map(|tree| scalar::name(tree, "against", problems));
            Action::Check { parts: parts?, against: against.map_or(Some(None), |name| name.map(Some))? }
        }
        ActionWord::Burst => {
            let (pods, parallel) = (count(fields, "pods", 1), count(fields, "parallel", 1));
            let tenants = fields
                .optional("tenants")
                .map_or(Some(1), |tree| scalar::integer(tree, "tenants", 1..=50, problems));
            Action::Burst { pods: pods?, parallel: parallel?, tenants: tenants? }
        }
        ActionWord::Pace => {
            let (pods, changes) = (count(fields, "pods", 1), count(fields, "changes", 0));
            Action::Pace { pods: pods?, changes: changes? }
        }
        ActionWord::KillSyncer => {
            let (pods, parallel) = (count(fields, "pods", 0), count(fields, "parallel", 1));
            Action::KillSyncer { pods: pods?, parallel: parallel? }
        }
        ActionWord::DeleteTenant => Action::DeleteTenant,
        ActionWord::Audit => Action::Audit,
    })
}

fn count(fields: &mut Fields<'_>, name: &'static str, least: u32) -> Option<u32> {
    let problems = fields.problems();
    fields.needed(name).and_then(|tree| scalar::integer(tree, name, least..=10_000, problems))
}

fn may_refuse(fields: &mut Fields<'_>) -> Option<Vec<Model>> {
    let problems = fields.problems();
    let models = fields.optional("may-refuse").map(|tree| scalar::words(tree, "may-refuse", problems));
    models.unwrap_or_else(|| Some(Vec::new()))
}

fn fill(fields: &mut Fields<'_>) -> Option<Fill> {
    let problems = fields.problems();
    let most = fields.needed("most").and_then(|tree| scalar::integer(tree, "most", 1..=10_000, problems));
    let mut amount =
        |name: &'static str| fields.needed(name).and_then(|tree| bytes(&memory(tree, name, problems)?));
    let (memory, keep_free) = (amount("memory"), amount("keep-free"));
    let within = fields.needed("within").and_then(|tree| scalar::duration(tree, "within", problems));
    let crds_of = fields.optional("crds-of").map(|tree| scalar::word(tree, "crds-of", problems));
    Some(Fill {
        most: most?,
        memory: memory?,
        keep_free: keep_free?,
        within: within?,
        crds_of: crds_of.map_or(Some(None), |workload| workload.map(Some))?,
    })
}

fn quota(tree: &Tree, problems: &Problems) -> Option<Quota> {
    let mut fields = Fields::of(tree, "the quota", problems)?;
    let cpu = fields.needed("cpu").and_then(|tree| scalar::integer(tree, "quota.cpu", 1..=100_000, problems));
    let memory = fields.needed("memory").and_then(|tree| memory(tree, "quota.memory", problems));
    let pods =
        fields.needed("pods").and_then(|tree| scalar::integer(tree, "quota.pods", 1..=100_000, problems));
    fields.finish();
    Some(Quota { cpu: cpu?, memory: memory?, pods: pods? })
}

fn memory(tree: &Tree, what: &str, problems: &Problems) -> Option<String> {
    let text = scalar::text(tree, what, problems)?;
    if !is_memory(&text) {
        problems.report(tree.at, format!("{what} {text:?} is no amount (write such as 10Gi or 512Mi)"));
        return None;
    }
    Some(text)
}
