//! Reads a scenario's text and finds every mistake in it.

use std::collections::BTreeMap;

use crate::{
    decode,
    language::{Action, Concern, Model, Scenario, Step, Word},
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
    /// By name; a round's only tenant needs none.
    tenants: BTreeMap<String, Tenant>,
    /// Tenants came and went within one step.
    filled: bool,
    audited: bool,
}

#[derive(Default)]
struct Tenant {
    deleted: bool,
    installed: BTreeMap<&'static str, bool>,
    started: BTreeMap<String, bool>,
}

/// Reports steps that make no sense where they stand.
pub(crate) fn check_order(steps: &[(Position, Step)], end: Position, models: &[Model], problems: &Problems) {
    let mut state = State::default();
    for (at, step) in steps {
        if let Err(message) = state.take(step, models) {
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
    fn take(&mut self, step: &Step, models: &[Model]) -> Result<(), String> {
        if let Some(model) = step.action.may_refuse().iter().find(|model| !models.contains(model)) {
            return Err(format!(
                "may-refuse names `{model}`, which is not among the scenario's models (remove it)"
            ));
        }
        let name = step.tenant.clone().unwrap_or_default();
        match &step.action {
            Action::CreateTenant { .. } => self.create(name),
            Action::Fill(_) => self.fill(&name),
            Action::Audit => self.audit(&name),
            Action::Check { parts, against } => {
                self.alive(&name)?;
                self.other(&name, against.as_deref(), parts.contains(&Concern::Isolation))
            }
            action => self.alive(&name)?.take(action),
        }
    }

    fn create(&mut self, name: String) -> Result<(), String> {
        if self.tenants.contains_key(&name) {
            return Err(match name.as_str() {
                "" => {
                    "a round has one tenant (remove the second `create-tenant`, or name both with `tenant`)"
                        .to_owned()
                }
                name => format!("`{name}` is created already (give this tenant another name)"),
            });
        }
        self.tenants.insert(name, Tenant::default());
        Ok(())
    }

    fn fill(&mut self, name: &str) -> Result<(), String> {
        if !name.is_empty() {
            return Err("`fill` makes tenants of its own (remove `tenant`)".to_owned());
        }
        if self.tenants.values().any(|tenant| !tenant.deleted) {
            return Err("`fill` must find the host empty (put it after `delete-tenant`)".to_owned());
        }
        self.filled = true;
        self.audited = false;
        Ok(())
    }

    /// Whether nobody has come yet, or somebody is still there.
    fn is_early(&self) -> bool {
        let nobody = self.tenants.is_empty() && !self.filled;
        nobody || self.tenants.values().any(|tenant| !tenant.deleted)
    }

    fn alive(&mut self, name: &str) -> Result<&mut Tenant, String> {
        let several = self.tenants.len() > 1 && name.is_empty();
        self.tenants.get_mut(name).filter(|tenant| !tenant.deleted).ok_or_else(|| match several {
            true => "this step does not say which tenant it is about (add `tenant: NAME`)".to_owned(),
            false => "this step has no tenant to act in (put it between `create-tenant` and `delete-tenant`)"
                .to_owned(),
        })
    }

    fn other(&mut self, name: &str, other: Option<&str>, needed: bool) -> Result<(), String> {
        match other {
            Some(other) if other == name => Err(format!("`{other}` is the tenant itself (name another)")),
            Some(other) => match self.tenants.get(other) {
                Some(tenant) if !tenant.deleted => Ok(()),
                _ => Err(format!("there is no tenant `{other}` here (put its `create-tenant` before)")),
            },
            None if needed => {
                Err("`isolation` is tried from another tenant (add `against: NAME`)".to_owned())
            }
            None => Ok(()),
        }
    }

    fn audit(&mut self, name: &str) -> Result<(), String> {
        if !name.is_empty() {
            return Err("an audit is about all tenants (remove `tenant`)".to_owned());
        }
        if self.is_early() {
            return Err(
                "an audit before the tenant is deleted would name all of it (put it after `delete-tenant`)"
                    .to_owned(),
            );
        }
        self.audited = true;
        Ok(())
    }

    fn undone(&self) -> Vec<String> {
        let mut undone = Vec::new();
        if self.is_early() {
            undone.push(
                "the steps end without `delete-tenant` (add it, so that the round leaves nothing)".to_owned(),
            );
        } else if !self.audited {
            undone.push("the steps end without `audit` (add it last, so that leaks are seen)".to_owned());
        }
        undone
    }
}

impl Tenant {
    /// What a step does in a tenant that is there.
    fn take(&mut self, action: &Action) -> Result<(), String> {
        match action {
            Action::DeleteTenant => self.deleted = true,
            Action::Install { workload, .. } => {
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
            Action::CreateTenant { .. }
            | Action::Fill(_)
            | Action::CreateNamespace { .. }
            | Action::Deploy { .. }
            | Action::Check { .. }
            | Action::Burst { .. }
            | Action::Pace { .. }
            | Action::KillSyncer { .. }
            | Action::Audit => {}
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
}
