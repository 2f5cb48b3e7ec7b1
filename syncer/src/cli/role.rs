//! `role`: what has to be granted on the host.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{RunError, print};
use crate::{
    kinds::{Custom, Kinds, On, Row, optional},
    kubelet::NodeMetrics,
    role::{cluster_rules, election_rule, manifests, rules, watch_rules},
};

/// Print the Role that a syncer needs on the host, fit for `kubectl apply --namespace HOST_NAMESPACE -f -`; for kinds
/// without namespaces a ClusterRole too.
#[derive(Args, Clone, Debug)]
pub(super) struct RoleArgs {
    /// The kinds that are synced besides those that always are [see: kinds].
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = optional)]
    sync: Vec<Row>,

    /// The custom kinds that the config file lists, as their definitions are named.
    #[arg(long, value_name = "PLURAL.GROUP", value_delimiter = ',', value_parser = custom)]
    custom: Vec<Row>,

    /// How the host's nodes are asked for their figures.
    #[arg(long, value_enum, default_value_t)]
    node_metrics: NodeMetrics,

    /// Several replicas elect the one that writes, by a Lease of this namespace.
    #[arg(long)]
    lease: bool,

    /// A process that serves many tenants watches the host once for all of them: it may list and watch what is synced in
    /// every namespace.
    #[arg(long)]
    watch_everywhere: bool,

    /// The name of the roles.
    #[arg(long, value_name = "NAME", default_value = "tenantbench-syncer")]
    role_name: String,

    /// The form of the output.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Output {
    /// YAML documents.
    #[default]
    Yaml,
    /// One JSON list.
    Json,
}

fn custom(name: &str) -> Result<Row, String> {
    match name.split_once('.') {
        Some((plural, group)) if !plural.is_empty() && !group.is_empty() => {
            Ok(Row::of_custom(Custom::of_plural(plural, group)))
        }
        _ => Err("write the name of a definition, as certificates.cert-manager.io".to_owned()),
    }
}

/// Prints the manifests.
pub(super) fn run(args: RoleArgs) -> Result<(), RunError> {
    let always = Kinds::default().only(|row| row.on == On::Default);
    let kinds = args.sync.into_iter().chain(args.custom).try_fold(always, Kinds::with)?;
    let mut rules = rules(&kinds);
    rules.cluster.extend(cluster_rules(args.node_metrics));
    if args.watch_everywhere {
        rules.cluster.extend(watch_rules(&kinds));
    }
    if args.lease {
        rules.namespaced.push(election_rule());
    }
    let manifests = manifests(&rules, &args.role_name);
    let text = match args.output {
        Output::Json => {
            format!("{:#}\n", json!({ "apiVersion": "v1", "kind": "List", "items": manifests }))
        }
        Output::Yaml => {
            let mut text = String::new();
            for manifest in &manifests {
                text.push_str("---\n");
                text.push_str(&serde_saphyr::to_string(manifest).map_err(RunError::Yaml)?);
            }
            text
        }
    };
    print(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_custom_kind_is_named_as_its_definition_is() {
        let row = custom("widgets.example.com").expect("a row");
        let kinds = Kinds::default().with(row).expect("fits");
        let rules = rules(&kinds).namespaced;
        let rule = rules.iter().find(|rule| rule.api_groups == Some(vec!["example.com".to_owned()]));
        assert_eq!(rule.and_then(|rule| rule.resources.clone()), Some(vec!["widgets".to_owned()]));
        for wrong in ["widgets", ".example.com", "widgets."] {
            assert!(custom(wrong).is_err(), "{wrong}");
        }
    }
}
