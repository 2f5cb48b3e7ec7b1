//! Pods and what Pod Security says of them. The unit tests compare our words with it, and the tests between real API
//! servers compare it with theirs.

use serde_json::{Value, json};

const TABLE: &str = include_str!("pod_security.json");

/// One pod.
pub(crate) struct Case {
    pub(crate) what: String,
    pub(crate) pod: Value,
    refused: Value,
}

impl Case {
    /// What is wrong with it at a level, as the API server words it.
    pub(crate) fn refused(&self, level: &str) -> Option<&str> {
        self.refused[level].as_str()
    }
}

/// The whole table.
pub(crate) fn cases() -> Vec<Case> {
    let table: Value = serde_json::from_str(TABLE).expect("JSON");
    let case = |case: &Value| {
        let mut spec = table["base"].clone();
        merge(&mut spec, &case["spec"]);
        Case {
            what: case["what"].as_str().expect("a text").to_owned(),
            pod: json!({"metadata": {"name": "p", "annotations": case["annotations"]}, "spec": spec}),
            refused: case["refused"].clone(),
        }
    };
    table["cases"].as_array().expect("cases").iter().map(case).collect()
}

/// As a merge patch does.
fn merge(onto: &mut Value, from: &Value) {
    match (onto, from) {
        (Value::Object(onto), Value::Object(from)) => {
            for (key, value) in from {
                merge(onto.entry(key.clone()).or_insert(Value::Null), value);
            }
            onto.retain(|_, value| !value.is_null());
        }
        (onto, from) => *onto = from.clone(),
    }
}
