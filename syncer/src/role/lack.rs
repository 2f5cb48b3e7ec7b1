//! What the Role lacks for a kind that is not synced by default.

use std::fmt;

use kube::Client;

use super::{Access, may};
use crate::kinds::{Api, Row};

/// What watching takes.
pub(super) const WATCH: [&str; 2] = ["list", "watch"];

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
        let access = |verb| Access {
            verb,
            group: api.group,
            resource: api.plural,
            subresource: grant.subresource,
            everywhere: row.is_cluster_wide(),
        };
        let verbs = refused(client, namespace, grant.verbs, access).await?;
        if !verbs.is_empty() {
            lacks.push(Lack { resource: row.resource(grant), verbs });
        }
    }
    Ok(lacks)
}

/// What the client's user lacks to watch a kind in all namespaces, if anything.
///
/// # Errors
/// An API server that does not answer.
pub async fn lack_to_watch_everywhere(client: &Client, api: Api) -> Result<Option<Lack>, kube::Error> {
    let access =
        |verb| Access { verb, group: api.group, resource: api.plural, subresource: "", everywhere: true };
    let verbs = refused(client, "", &WATCH, access).await?;
    Ok((!verbs.is_empty()).then(|| Lack { resource: api.plural.to_owned(), verbs }))
}

/// Those of the verbs that the client's user has not.
async fn refused(
    client: &Client,
    namespace: &str,
    verbs: &[&'static str],
    access: impl Fn(&'static str) -> Access,
) -> Result<Vec<&'static str>, kube::Error> {
    let reviews = verbs.iter().map(|verb| {
        let access = access(verb);
        async move { Ok::<_, kube::Error>((*verb, may(client, namespace, &access).await?)) }
    });
    let answers = futures::future::try_join_all(reviews).await?;
    Ok(answers.into_iter().filter(|(_, allowed)| !allowed).map(|(verb, _)| verb).collect())
}
