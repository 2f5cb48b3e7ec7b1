//! Sources of volumes.

use std::collections::BTreeSet;

use super::{
    Violation,
    subject::{Subject, plural, quoted},
};
use crate::json;

/// Those that hold what is the pod's own or what an administrator has granted.
const ALLOWED: [&str; 9] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

pub(super) fn restricted(pod: &Subject<'_>) -> Option<Violation> {
    let (mut names, mut kinds) = (Vec::new(), BTreeSet::new());
    for volume in json::list(&pod.spec["volumes"]) {
        let Some(fields) = volume.as_object() else { continue };
        let sources: Vec<&str> = fields
            .iter()
            .filter(|(field, value)| *field != "name" && !value.is_null())
            .map(|(f, _)| f.as_str())
            .collect();
        if sources.iter().any(|source| !ALLOWED.contains(source)) {
            names.push(volume["name"].as_str().unwrap_or_default());
            kinds.extend(sources);
        }
    }
    let verb = if names.len() == 1 { "uses" } else { "use" };
    let detail = format!(
        "{} {} {verb} restricted volume {} {}",
        plural("volume", names.len()),
        quoted(&names),
        plural("type", kinds.len()),
        quoted(&kinds)
    );
    (!names.is_empty()).then_some(Violation { control: "restricted volume types", detail })
}
