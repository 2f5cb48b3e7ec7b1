//! Which kinds the Role covers, of those that need more than the built-in `admin`.

use kube::Client;

use super::{RunError, prepare::until_answered};
use crate::{kinds::Kind, role};

/// Whether the endpoints of Services without a selector are synced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Endpoints {
    /// Where the host's Role covers them.
    #[default]
    Auto,
    /// Never.
    Off,
}

/// A kind and the verbs that the Role lacks on it.
type Lack = (Kind, Vec<&'static str>);

/// The kinds of endpoints to sync. Says once what is left out because the Role does not cover it.
pub(super) async fn endpoint_kinds(
    wanted: Endpoints,
    host: &Client,
    namespace: &str,
) -> Result<Vec<Kind>, RunError> {
    if wanted == Endpoints::Off {
        return Ok(Vec::new());
    }
    let mut lacks: Vec<Lack> = Vec::new();
    for kind in role::endpoint_kinds() {
        let missing = || role::missing(host, namespace, kind);
        lacks.push((kind, until_answered("asking for rights", missing).await?));
    }
    if let Some(line) = line(&lacks) {
        tracing::info!("{line}");
    }
    Ok(lacks.into_iter().filter(|(_, verbs)| verbs.is_empty()).map(|(kind, _)| kind).collect())
}

/// What is left out and why; none where nothing is.
fn line(lacks: &[Lack]) -> Option<String> {
    let missing: Vec<String> = lacks
        .iter()
        .filter(|(_, verbs)| !verbs.is_empty())
        .map(|(kind, verbs)| format!("{} {}", verbs.join(","), kind.row().plural))
        .collect();
    (!missing.is_empty()).then(|| {
        format!(
            "endpoints of Services without a selector are not all synced, for the Role lacks: {}; \
             grant that, which the built-in admin cannot, or set --endpoints off",
            missing.join("; ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_names_what_the_role_lacks() {
        let lacks = [(Kind::Endpoints, vec!["create", "delete"]), (Kind::EndpointSlice, vec![])];
        let line = line(&lacks).expect("a line");
        assert!(line.contains("the Role lacks: create,delete endpoints; grant"), "{line}");
        assert_eq!(line.lines().count(), 1);
    }

    #[test]
    fn nothing_is_said_where_nothing_is_lacking() {
        assert_eq!(super::line(&[(Kind::Endpoints, vec![])]), None);
    }
}
