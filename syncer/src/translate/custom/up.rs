//! A host copy's status as the tenant sees it.

use serde_json::{Map, Value, json};

use super::{
    Rules,
    rule::{Meaning, Rule},
    target::Target,
    walk,
};
use crate::{index::Id, json};

/// Counts the changes of an object; the two sides count differently.
const OBSERVED: &str = "observedGeneration";

/// What a status is translated with.
pub struct View<'a> {
    /// The host copy's name, which messages may hold.
    pub host_name: &'a str,
    /// The host namespace.
    pub host_namespace: &'a str,
    /// The tenant's object.
    pub id: &'a Id,
    /// The tenant's object of a kind that has this name on the host.
    pub origin: &'a dyn Fn(&Target, &str) -> Option<Id>,
}

impl Rules {
    /// The tenant's status for a host copy's status. Host names that are no synced object's stay as they are.
    pub fn up(&self, status: &Value, view: &View<'_>) -> Value {
        let mut tree = json!({ "status": status });
        for Rule { path, meaning } in &self.status {
            if *meaning == Meaning::Dropped {
                walk::remove(&mut tree, path.steps());
                continue;
            }
            // Never an error: what does not fit is shown as it is.
            let _ = walk::visit(&mut tree, path.steps(), &mut |found| {
                if let Ok(value) = found {
                    view.back(meaning, value);
                }
                Ok(())
            });
        }
        view.rename_in_messages(&mut tree["status"]);
        tree["status"].take()
    }
}

impl View<'_> {
    fn back(&self, meaning: &Meaning, value: &mut Value) {
        match (meaning, value) {
            (Meaning::Name(kind), Value::String(name)) => {
                if let Some(id) = (self.origin)(kind, name) {
                    id.name.as_ref().clone_into(name);
                }
            }
            (Meaning::Namespace, Value::String(namespace)) if namespace == self.host_namespace => {
                self.id.namespace.as_ref().clone_into(namespace);
            }
            (Meaning::Reference(kind), Value::String(text)) => self.back_path(kind, text),
            (Meaning::Reference(kind), reference @ Value::Object(_)) => self.back_reference(kind, reference),
            _ => {}
        }
    }

    fn back_reference(&self, kind: &Target, reference: &mut Value) {
        let origin = json::text(&reference["name"]).and_then(|name| (self.origin)(kind, name));
        let (namespace, name) = match &origin {
            Some(id) => (&id.namespace, Some(&id.name)),
            None => (&self.id.namespace, None),
        };
        if let Some(text) = json::text_mut(reference, &["namespace"])
            && text == self.host_namespace
        {
            namespace.as_ref().clone_into(text);
        }
        if let (Some(text), Some(name)) = (json::text_mut(reference, &["name"]), name) {
            name.as_ref().clone_into(text);
        }
    }

    fn back_path(&self, kind: &Target, text: &mut String) {
        let name = text.strip_prefix(self.host_namespace).and_then(|rest| rest.strip_prefix('/'));
        match (name, (self.origin)(kind, name.unwrap_or(text))) {
            (Some(_), Some(id)) => *text = format!("{}/{}", id.namespace, id.name),
            (None, Some(id)) => id.name.as_ref().clone_into(text),
            (_, None) => {}
        }
    }

    /// The copy's own name is well known to whoever writes about it.
    fn rename_in_messages(&self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.rename_in_messages(item)),
            Value::Object(map) => map.iter_mut().for_each(|(field, value)| match value {
                Value::String(text) if field == "message" && text.contains(self.host_name) => {
                    *text = text.replace(self.host_name, &self.id.name);
                }
                value => self.rename_in_messages(value),
            }),
            _ => {}
        }
    }
}

/// An object's status in a form in which both sides' can be compared: whether it is about the object's present
/// generation takes the place of which that is.
pub fn standing(object: &Value) -> Value {
    let mut status = object["status"].clone();
    let present = generation(object);
    observed(&mut status, &mut |count| *count = json!(count.as_i64().is_some_and(|count| count >= present)));
    status
}

/// A merge patch by which the tenant's object takes over the status of the host's copy, as [`Rules::up`] shows it.
/// Generations are told in the tenant's count: up to date, or one behind.
pub fn raise(tenant: &Value, host: &Value) -> Value {
    let (ours, theirs) = (generation(tenant), generation(host));
    let mut status = host["status"].clone();
    observed(&mut status, &mut |count| {
        let is_present = count.as_i64().is_some_and(|count| count >= theirs);
        *count = json!(if is_present { ours } else { (ours - 1).max(0) });
    });
    json!({ "metadata": { "uid": tenant["metadata"]["uid"] }, "status": difference(&tenant["status"], &status) })
}

fn generation(object: &Value) -> i64 {
    object["metadata"]["generation"].as_i64().unwrap_or_default()
}

/// A merge patch from one value to the other: null takes out what is not to be there.
fn difference(present: &Value, wanted: &Value) -> Value {
    let (Value::Object(present), Value::Object(wanted)) = (present, wanted) else { return wanted.clone() };
    let gone = present.keys().filter(|field| !wanted.contains_key(*field));
    let mut patch: Map<String, Value> = gone.map(|field| (field.clone(), Value::Null)).collect();
    let other = wanted.iter().filter(|(field, value)| present.get(*field) != Some(value));
    patch.extend(other.map(|(field, value)| {
        (field.clone(), difference(present.get(field).unwrap_or(&Value::Null), value))
    }));
    Value::Object(patch)
}

/// Calls `f` with the status's own count and with each condition's.
fn observed(status: &mut Value, f: &mut dyn FnMut(&mut Value)) {
    let mut call = |holder: &mut Value| {
        if let Some(count) = holder.get_mut(OBSERVED) {
            f(count);
        }
    };
    call(status);
    json::list_mut(status, "conditions").for_each(call);
}
