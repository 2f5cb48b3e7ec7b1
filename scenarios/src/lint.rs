//! Reads a scenario's text and finds every mistake in it.

use std::collections::BTreeMap;

use crate::{
    decode,
    language::{Action, Model, Scenario, Step, Word},
    problem::{Malformed, Position, Problems},
    resolve::names,
    tree::{self, Node, Tree},
};

impl Scenario {
    /// Reads a scenario; `file` is how messages name it.
    ///
    /// # Errors
    /// [`Malformed`] with all mistakes at once. A YAML syntax error hides those after it.
    pub fn parse(file: &str, text: &str) -> Result<Self, Malformed> {
        let tree = tree::parse(text)
            .map_err(|problem| Malformed { file: file.to_owned(), problems: vec![problem] })?;
        let problems = Problems::default();
        let scenario = decode::scenario(file, &tree, &problems);
        match &scenario {
            Some(scenario) => scenario.lint_steps(&problems),
            None => lint_steps_alone(&tree, &problems),
        }
        lint_use(&tree, &problems);
        problems.into_result(file, scenario)
    }

    fn lint_steps(&self, problems: &Problems) {
        let defaults = self
            .parameters
            .iter()
            .map(|(name, parameter)| (name.clone(), parameter.default.clone()))
            .collect();
        self.steps_with(&defaults, problems);
    }
}

/// Reports parameters that no step mentions.
fn lint_use(tree: &Tree, problems: &Problems) {
    let Some(steps) = field(tree, "steps") else { return };
    let Some(Node::Map(declared)) = field(tree, "parameters").map(|tree| &tree.node) else { return };
    for (key, _) in declared {
        let name = &key.name;
        if !mentions(steps, name) {
            problems.report(
                key.at,
                format!("parameter `{name}` does nothing (use ${{{name}}} in a step or remove it)"),
            );
        }
    }
}

/// A broken head must not hide what is wrong with the steps: those that use no parameter can still be read.
fn lint_steps_alone(tree: &Tree, problems: &Problems) {
    let Some(steps) = field(tree, "steps") else { return };
    let Node::List(items) = &steps.node else { return };
    let plain = items.iter().filter(|item| !mentions_any(item)).cloned().collect();
    decode::steps(
        &Tree { at: steps.at, node: Node::List(plain) },
        std::time::Duration::from_secs(1),
        problems,
    );
}

fn field<'t>(tree: &'t Tree, name: &str) -> Option<&'t Tree> {
    let Node::Map(entries) = &tree.node else { return None };
    entries.iter().find(|(key, _)| key.name == name).map(|(_, value)| value)
}

fn mentions(tree: &Tree, name: &str) -> bool {
    any_text(tree, &|text| names(text).any(|mentioned| mentioned == name))
}

fn mentions_any(tree: &Tree) -> bool {
    any_text(tree, &|text| text.contains("${"))
}

fn any_text(tree: &Tree, test: &dyn Fn(&str) -> bool) -> bool {
    match &tree.node {
        Node::Text(text) => test(text),
        Node::List(items) => items.iter().any(|item| any_text(item, test)),
        Node::Map(entries) => entries.iter().any(|(_, value)| any_text(value, test)),
        _ => false,
    }
}

/// Where the last step begins, for what is missing after it.
pub(crate) fn end_of(steps: &Tree) -> Position {
    match &steps.node {
        Node::List(items) => items.last().map_or(steps.at, |item| item.at),
        _ => steps.at,
    }
}

/// What the steps have done so far, and what therefore makes sense next.
#[derive(Default)]
struct State {
    tenant: Option<bool>,
    audited: bool,
    installed: BTreeMap<&'static str, bool>,
    started: BTreeMap<String, bool>,
}

/// Reports steps that make no sense where they stand.
pub(crate) fn check_order(steps: &[(Position, Step)], end: Position, models: &[Model], problems: &Problems) {
    let mut state = State::default();
    for (at, step) in steps {
        if let Err(message) = state.take(&step.action, models) {
            problems.report(*at, message);
        }
    }
    // What could not be read has been reported; what it left undone need not be.
    if problems.is_empty() {
        for message in state.undone() {
            problems.report(end, message);
        }
    }
}

impl State {
    fn take(&mut self, action: &Action, models: &[Model]) -> Result<(), String> {
        let has_tenant = self.tenant == Some(true);
        if !has_tenant && !matches!(action, Action::CreateTenant | Action::Audit) {
            return Err(
                "this step has no tenant to act in (put it between `create-tenant` and `delete-tenant`)"
                    .to_owned(),
            );
        }
        match action {
            Action::CreateTenant if self.tenant.is_some() => {
                return Err("a round has one tenant (remove the second `create-tenant`)".to_owned());
            }
            Action::CreateTenant => self.tenant = Some(true),
            Action::DeleteTenant => self.tenant = Some(false),
            Action::Audit if self.tenant != Some(false) => {
                return Err("an audit before the tenant is deleted would name all of it (put it after `delete-tenant`)".to_owned());
            }
            Action::Audit => self.audited = true,
            Action::Install { workload, may_refuse } => {
                if let Some(model) = may_refuse.iter().find(|model| !models.contains(model)) {
                    return Err(format!(
                        "may-refuse names `{model}`, which is not among the scenario's models (remove it)"
                    ));
                }
                self.installed.insert(workload.word(), true);
            }
            Action::Uninstall { workload } => {
                if self.installed.insert(workload.word(), false) != Some(true) {
                    return Err(format!("`{workload}` is not installed here (put `install` before it)"));
                }
            }
            Action::Start { object, name, .. } => {
                self.needs_installed(*object)?;
                if self.started.insert(name.clone(), true) == Some(true) {
                    return Err(format!("`{name}` is started already (give it another name)"));
                }
            }
            Action::Stop { name, .. } => {
                if self.started.insert(name.clone(), false) != Some(true) {
                    return Err(format!("`{name}` is not started here (put `start` before it)"));
                }
            }
            Action::List { object } => self.needs_installed(*object)?,
        }
        Ok(())
    }

    fn needs_installed(&self, object: crate::Object) -> Result<(), String> {
        let workload = object.workload();
        match self.installed.get(workload.word()) {
            Some(true) => Ok(()),
            _ => {
                Err(format!("`{}` needs the workload `{workload}` (put `install` before it)", object.word()))
            }
        }
    }

    fn undone(&self) -> Vec<String> {
        let mut undone = Vec::new();
        if self.tenant != Some(false) {
            undone.push(
                "the steps end without `delete-tenant` (add it, so that the round leaves nothing)".to_owned(),
            );
        } else if !self.audited {
            undone.push("the steps end without `audit` (add it last, so that leaks are seen)".to_owned());
        }
        undone
    }
}
