//! The Secret that holds a pod's tokens on the host.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{CA_KEY, NAMESPACE_KEY};
use crate::{names::marks, translate::metadata::Ownership};

/// What such a Secret holds.
#[derive(Clone, Copy, Debug)]
pub struct Tokens<'a> {
    /// Tokens by key.
    pub tokens: &'a [(String, String)],
    /// The tenant's certificate authority in PEM.
    pub ca: &'a str,
    /// When the tokens were made.
    pub minted_at: Timestamp,
    /// When the first of them is to be replaced.
    pub refresh_at: Timestamp,
}

/// The host's Secret for the tenant's pod of this namespace, name and uid.
pub fn token_secret(
    (namespace, name, uid): (&str, &str, &str),
    held: Tokens<'_>,
    ownership: &Ownership,
) -> Value {
    let names = &ownership.names;
    let mut data: Map<String, Value> = Map::new();
    let mut put = |key: &str, text: &str| data.insert(key.to_owned(), json!(STANDARD.encode(text)));
    held.tokens.iter().for_each(|(key, token)| {
        put(key, token);
    });
    put(CA_KEY, held.ca);
    put(NAMESPACE_KEY, namespace);
    let mut labels = marks::scope(names, namespace);
    labels.insert(marks::ROLE.to_owned(), json!(marks::POD_TOKEN));
    let owners: Vec<&Value> = ownership.owner.iter().collect();
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {
            "name": names.token_secret(namespace, name, uid),
            "namespace": names.host_namespace(),
            "labels": labels,
            "annotations": {
                (marks::NAME): name,
                (marks::UID): uid,
                (marks::MINTED_AT): held.minted_at.to_string(),
                (marks::REFRESH_AT): held.refresh_at.to_string(),
            },
            "ownerReferences": owners,
        },
        "data": data,
    })
}
