//! A pod as the controls look at it, and the phrases that their messages are made of.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Violation;
use crate::json;

/// A pod under test.
pub(super) struct Subject<'a> {
    /// Its spec.
    pub(super) spec: &'a Value,
    /// Its annotations.
    pub(super) annotations: &'a Value,
}

impl<'a> Subject<'a> {
    pub(super) fn new(pod: &'a Value) -> Self {
        Self { spec: &pod["spec"], annotations: &pod["metadata"]["annotations"] }
    }

    /// Containers of each sort, with their names.
    pub(super) fn containers(&self) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
        let spec = self.spec;
        ["initContainers", "containers", "ephemeralContainers"]
            .into_iter()
            .flat_map(move |field| json::list(&spec[field]))
            .map(|container| (container["name"].as_str().unwrap_or_default(), container))
    }

    /// The names of the containers for which `fails`.
    pub(super) fn names(&self, fails: impl Fn(&'a Value) -> bool) -> Vec<&'a str> {
        self.containers().filter(|(_, container)| fails(container)).map(|(name, _)| name).collect()
    }

    /// The pod's own security context, then each container's, with who sets it.
    pub(super) fn contexts(&self) -> impl Iterator<Item = (Setter<'a>, &'a Value)> + use<'a> {
        let pod = std::iter::once((Setter::Pod, &self.spec["securityContext"]));
        pod.chain(
            self.containers()
                .map(|(name, container)| (Setter::Container(name), &container["securityContext"])),
        )
    }

    /// Whether root in it is nobody on the node.
    pub(super) fn has_own_users(&self) -> bool {
        self.spec["hostUsers"] == json!(false)
    }

    pub(super) fn is_windows(&self) -> bool {
        self.spec["os"]["name"] == "windows"
    }
}

/// Whose security context a field stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Setter<'a> {
    Pod,
    Container(&'a str),
}

/// `container "a"`, `pod and containers "a", "b"`.
pub(super) fn setters(setters: &[Setter<'_>]) -> String {
    let names: Vec<&str> = setters
        .iter()
        .filter_map(|setter| match setter {
            Setter::Pod => None,
            Setter::Container(name) => Some(*name),
        })
        .collect();
    let containers = (!names.is_empty()).then(|| self::containers(&names));
    let pod = setters.contains(&Setter::Pod).then(|| "pod".to_owned());
    pod.into_iter().chain(containers).collect::<Vec<_>>().join(" and ")
}

/// `container "a"`, `containers "a", "b"`.
pub(super) fn containers(names: &[&str]) -> String {
    format!("{} {}", plural("container", names.len()), quoted(names))
}

pub(super) fn plural(word: &str, count: usize) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

pub(super) fn quoted<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> String {
    words.into_iter().map(|word| format!("\"{}\"", word.as_ref())).collect::<Vec<_>>().join(", ")
}

/// A violation of all whom a set of forbidden values is found with.
pub(super) fn forbidden<'a>(
    control: &'static str,
    found: impl IntoIterator<Item = (Setter<'a>, &'a str)>,
    words: impl Fn(&str, &str) -> String,
) -> Option<Violation> {
    let (mut who, mut values) = (Vec::new(), BTreeSet::new());
    for (setter, value) in found {
        if !who.contains(&setter) {
            who.push(setter);
        }
        values.insert(value);
    }
    (!who.is_empty()).then(|| Violation { control, detail: words(&setters(&who), &quoted(values)) })
}
