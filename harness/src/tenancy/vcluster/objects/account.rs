//! The service account of the plane: its syncer's, and its first step's.

use serde_json::{Value, json};

use super::{PlaneNames, metadata};

pub(super) fn account(names: &PlaneNames) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(names, &names.account())})
}
