//! What the whole host namespace may use, where whoever makes the virtual cluster may say so.

use serde_json::{Value, json};

use super::{PlaneNames, Values, metadata};

pub(super) fn quota(names: &PlaneNames, values: &Values) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata(names, &names.quota()),
        "spec": {"hard": values.quota},
    })
}
