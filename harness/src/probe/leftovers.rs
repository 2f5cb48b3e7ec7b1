//! What outlived a tenant, each with its name, as a leak or with the reason that it is there by design.

use tenantbench_reports::Leftover;

use super::inventory::Object;
use crate::tenancy::{Model, PlatformInstall};

/// Judges objects that are on the host after a tenant was deleted and were not there before it came.
pub fn judge(model: &dyn Model, shared: Option<&PlatformInstall>, added: &[Object]) -> Vec<Leftover> {
    added
        .iter()
        .map(|object| Leftover {
            kind: "object".into(),
            name: describe(object),
            by_design: expires(object).or_else(|| model.by_design(object, shared)).map(str::to_owned),
        })
        .collect()
}

fn describe(object: &Object) -> String {
    if object.holds.is_empty() {
        return object.full_name();
    }
    format!("{} ({})", object.full_name(), object.holds.join(", "))
}

fn expires(object: &Object) -> Option<&'static str> {
    (object.resource == "events").then_some("a record, which Kubernetes lets expire after an hour")
}
