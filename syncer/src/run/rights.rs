//! Which kinds the host's Role covers, of those that need more than the default one gives.

use kube::Client;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{RunError, prepare::until_answered};
use crate::{
    kinds::{Kind, Kinds, On, Row},
    role::{self, Lack},
};

/// Whether the endpoints of Services without a selector are synced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Endpoints {
    /// Where the host's Role covers them.
    #[default]
    Auto,
    /// Never.
    Off,
}

/// The kinds that the Role covers. What it does not cover is left out, and named once; the rest goes on without it.
pub(super) async fn covered(
    kinds: Kinds,
    endpoints: Endpoints,
    host: &Client,
    namespace: &str,
) -> Result<Kinds, RunError> {
    let is_off =
        |row: &Row| endpoints == Endpoints::Off && matches!(row.kind, Kind::Endpoints | Kind::EndpointSlice);
    let kinds = kinds.only(|row| !is_off(row));
    let mut lacking: Vec<(Row, Vec<Lack>)> = Vec::new();
    for row in kinds.rows().iter().filter(|row| row.on != On::Default) {
        let lacks = until_answered("asking for rights", || role::lack(host, namespace, row)).await?;
        if !lacks.is_empty() {
            lacking.push((*row, lacks));
        }
    }
    let (asked, offered): (Vec<_>, Vec<_>) =
        lacking.iter().cloned().partition(|(row, _)| matches!(row.on, On::Option(_)));
    if let Some(line) = line(&asked) {
        tracing::warn!("{line}");
    }
    if let Some(line) = line(&offered) {
        tracing::info!("{line}, or set --endpoints off");
    }
    let lacking: Vec<Kind> = lacking.iter().map(|(row, _)| row.kind).collect();
    Ok(kinds.without(&lacking))
}

/// What is left out and why; none where nothing is.
fn line(lacking: &[(Row, Vec<Lack>)]) -> Option<String> {
    let options: Vec<&str> = lacking.iter().filter_map(|(row, _)| row.option()).collect();
    let lacks: Vec<String> = lacking.iter().flat_map(|(_, lacks)| lacks).map(Lack::to_string).collect();
    (!lacks.is_empty()).then(|| {
        let names = options.join(",");
        format!(
            "{names}: not synced, for the host's Role lacks {}; grant what `role --sync {names}` prints",
            lacks.join("; ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::optional;

    #[test]
    fn one_line_names_what_the_role_lacks_and_how_to_get_it() {
        let lack = Lack { resource: "endpoints".to_owned(), verbs: vec!["create", "delete"] };
        let line = line(&[(optional("endpoints").expect("an option"), vec![lack])]).expect("a line");
        assert_eq!(
            line,
            "endpoints: not synced, for the host's Role lacks create,delete endpoints; grant what `role --sync endpoints` prints"
        );
    }

    #[test]
    fn nothing_is_said_where_nothing_is_lacking() {
        assert_eq!(line(&[]), None);
    }
}
