//! Following the rules of the way down: every name in its place becomes the host's, or the object is refused.

use serde_json::{Map, Value, json};

use super::{
    Rules,
    rule::{Meaning, Rule},
    target::Target,
    walk::{self, Misfit},
};
use crate::{
    index::Id,
    json,
    kinds::Kind,
    names::{Names, dns_label, is_subdomain, marks},
    translate::{
        Refused,
        metadata::{self, Ownership},
        selector,
    },
};

/// Fields that are not the tenant's to choose on the host.
const OWN: [&str; 4] = ["apiVersion", "kind", "metadata", "status"];

const A_NAME: Misfit = Misfit("the name of an object, of a-z, 0-9, dots and dashes");
const A_NAMESPACE: Misfit = Misfit("the name of a namespace");

impl Rules {
    /// The host's copy of a tenant's object of `kind`.
    ///
    /// # Errors
    /// An object in which something other than the rules say stands in a place of theirs.
    pub fn host(&self, kind: Kind, tenant: &Value, ownership: &Ownership) -> Result<Value, Refused> {
        let mut tree = tenant.clone();
        let mut translation = Translation::of(tenant, &ownership.names);
        for rule in &self.down {
            translation
                .follow(rule, &mut tree)
                .map_err(|misfit| Refused::Misfit { path: rule.path.to_string(), expected: misfit.0 })?;
        }
        let mut copy = content(&tree);
        copy.insert("metadata".to_owned(), metadata::content(&tree));
        let mut copy = Value::Object(copy);
        let metadata = metadata::host(&tree, ownership, &copy);
        if let Some(copy) = copy.as_object_mut() {
            copy.insert("apiVersion".to_owned(), json!(kind.api_version()));
            copy.insert("kind".to_owned(), json!(kind.name()));
            copy.insert("metadata".to_owned(), metadata);
        }
        Ok(copy)
    }

    /// The tenant's objects that go to the host because this one names them, each once. Of one that is refused, those
    /// that can be read.
    pub fn named(&self, tenant: &Value, names: &Names) -> Vec<(Kind, Id)> {
        let mut tree = tenant.clone();
        let mut translation = Translation::of(tenant, names);
        for Rule { path, meaning } in &self.down {
            // Never an error: what does not fit is passed over.
            let _ = walk::visit(&mut tree, path.steps(), &mut |found| {
                let _ = found.and_then(|value| translation.translate(meaning, value));
                Ok(())
            });
        }
        translation.named
    }
}

/// What of an object is carried as it is or by rules.
pub fn content(object: &Value) -> Map<String, Value> {
    let fields = object.as_object().into_iter().flatten();
    let carried = fields.filter(|(field, value)| !OWN.contains(&field.as_str()) && !value.is_null());
    carried.map(|(field, value)| (field.clone(), value.clone())).collect()
}

/// One object on its way down.
struct Translation<'a> {
    names: &'a Names,
    /// The tenant's.
    namespace: &'a str,
    named: Vec<(Kind, Id)>,
}

impl<'a> Translation<'a> {
    fn of(tenant: &'a Value, names: &'a Names) -> Self {
        let namespace = json::text(&tenant["metadata"]["namespace"]).unwrap_or_default();
        Self { names, namespace, named: Vec::new() }
    }

    fn follow(&mut self, Rule { path, meaning }: &Rule, tree: &mut Value) -> Result<(), Misfit> {
        match meaning {
            Meaning::Fixed(value) => walk::put(tree, path.steps(), value),
            Meaning::Dropped => {
                walk::remove(tree, path.steps());
                Ok(())
            }
            meaning => walk::visit(tree, path.steps(), &mut |found| self.translate(meaning, found?)),
        }
    }

    /// What is null or empty names nothing.
    fn translate(&mut self, meaning: &Meaning, value: &mut Value) -> Result<(), Misfit> {
        match (meaning, value) {
            (_, Value::Null) => Ok(()),
            (Meaning::Name(kind), value) => self.name(kind, self.namespace, value),
            (Meaning::Reference(kind), Value::String(text)) => self.path(kind, text),
            (Meaning::Reference(kind), value @ Value::Object(_)) => self.reference(kind, value),
            (Meaning::Reference(_), _) => Err(Misfit("a reference with a namespace and a name")),
            (Meaning::Namespace, value) => self.host_namespace(value).map(|_| ()),
            (Meaning::Selector, Value::Object(selector)) => {
                selector::narrow(selector, self.names, &[self.namespace.to_owned()]);
                Ok(())
            }
            (Meaning::Labels, Value::Object(labels)) => {
                labels.retain(|key, _| !marks::is_ours(key));
                labels.extend(marks::scope(self.names, self.namespace));
                Ok(())
            }
            (Meaning::Selector | Meaning::Labels, _) => Err(Misfit("a selector of labels")),
            (Meaning::Fixed(_) | Meaning::Dropped, _) => Ok(()),
        }
    }

    /// The name of an object of the tenant's `namespace` becomes the host's.
    fn name(&mut self, kind: &Target, namespace: &str, value: &mut Value) -> Result<(), Misfit> {
        let name = match value {
            Value::Null => return Ok(()),
            Value::String(name) if name.is_empty() => return Ok(()),
            Value::String(name) if is_subdomain(name) => name,
            _ => return Err(A_NAME),
        };
        let copied = kind.copied_when_named().map(|kind| (kind, Id::new(namespace, name)));
        self.named.extend(copied.filter(|named| !self.named.contains(named)));
        *name = self.names.host(namespace, name);
        Ok(())
    }

    /// Returns the tenant's namespace that stood there; its own where none did.
    fn host_namespace(&self, value: &mut Value) -> Result<String, Misfit> {
        match value {
            Value::Null => Ok(self.namespace.to_owned()),
            Value::String(namespace) if namespace.is_empty() => Ok(self.namespace.to_owned()),
            Value::String(namespace) if dns_label(namespace).is_ok() => {
                Ok(std::mem::replace(namespace, self.names.host_namespace().to_owned()))
            }
            _ => Err(A_NAMESPACE),
        }
    }

    fn reference(&mut self, kind: &Target, reference: &mut Value) -> Result<(), Misfit> {
        let namespace = match reference.get_mut("namespace") {
            Some(namespace) => self.host_namespace(namespace)?,
            None => self.namespace.to_owned(),
        };
        reference.get_mut("name").map_or(Ok(()), |name| self.name(kind, &namespace, name))
    }

    /// `NAMESPACE/NAME`, or `NAME`.
    fn path(&mut self, kind: &Target, text: &mut String) -> Result<(), Misfit> {
        let Some((namespace, name)) = text.split_once('/') else {
            let mut name = Value::String(std::mem::take(text));
            let translated = self.name(kind, self.namespace, &mut name);
            json::text(&name).unwrap_or_default().clone_into(text);
            return translated;
        };
        let (mut namespace, mut name) = (json!(namespace), json!(name));
        let tenants = self.host_namespace(&mut namespace)?;
        self.name(kind, &tenants, &mut name)?;
        *text = format!(
            "{}/{}",
            json::text(&namespace).unwrap_or_default(),
            json::text(&name).unwrap_or_default()
        );
        Ok(())
    }
}
