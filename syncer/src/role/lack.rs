//! What the Role lacks for a kind that is not synced by default.

use std::fmt;

use kube::Client;

use super::{Access, may};
use crate::kinds::Row;

/// The verbs that a Role lacks on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// The resource, with its subresource if any.
    pub resource: String,
    /// The verbs.
    pub verbs: Vec<&'static str>,
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verbs.join(","), self.resource)
    }
}

/// What the client's user lacks in `namespace`, or everywhere where the kind has no namespaces, of what a row needs.
///
/// # Errors
/// An API server that does not answer.
pub async fn lack(client: &Client, namespace: &str, row: &Row) -> Result<Vec<Lack>, kube::Error> {
    let api = row.kind.api();
    let mut lacks = Vec::new();
    for grant in row.grants {
        let reviews = grant.verbs.iter().map(|verb| async move {
            let access = Access {
                verb,
                group: api.group,
                resource: api.plural,
                subresource: grant.subresource,
                everywhere: row.is_cluster_wide(),
            };
            Ok::<_, kube::Error>((*verb, may(client, namespace, &access).await?))
        });
        let answers = futures::future::try_join_all(reviews).await?;
        let verbs: Vec<_> =
            answers.into_iter().filter(|(_, allowed)| !allowed).map(|(verb, _)| verb).collect();
        if !verbs.is_empty() {
            lacks.push(Lack { resource: row.resource(grant), verbs });
        }
    }
    Ok(lacks)
}
