//! Tenants in Secrets of the host: the label says the tenant's name, `kubeconfig` how it is reached, and `settings`, if
//! there, its own settings.

use std::{collections::BTreeMap, path::Path, pin::pin};

use futures::TryStreamExt;
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, Client, ResourceExt,
    config::Kubeconfig,
    runtime::{
        WatchStreamExt,
        watcher::{self, Event},
    },
};
use tokio::sync::watch;

use super::{Roll, Wanted};
use crate::{
    names::{dns_label, marks},
    retry::Patience,
};

/// Tenants by the name of their Secret.
type Known = BTreeMap<String, Entry>;
/// A tenant's name, and how it is wanted.
type Entry = (String, Result<Wanted, String>);

/// Keeps `roll` as the Secrets of a namespace are, until it is dropped.
pub(super) async fn follow(client: Client, namespace: String, roll: watch::Sender<Option<Roll>>) {
    let secrets: Api<Secret> = Api::namespaced(client, &namespace);
    let selected = watcher::Config::default().labels(marks::TENANT);
    let mut events = pin!(watcher::watcher(secrets, selected).backoff(Patience::default()));
    let (mut known, mut listing) = (Known::new(), Known::new());
    let publish = |known: &Known| {
        // Of two Secrets for one tenant, the first one by name counts.
        let all = known.values().rev().cloned().collect();
        roll.send_replace(Some(all));
    };
    loop {
        match events.try_next().await {
            Ok(Some(Event::Init)) => listing.clear(),
            Ok(Some(Event::InitApply(secret))) => listing.extend(entry(&secret)),
            Ok(Some(Event::InitDone)) => {
                known = std::mem::take(&mut listing);
                publish(&known);
            }
            Ok(Some(Event::Apply(secret))) => {
                known.remove(&secret.name_any());
                known.extend(entry(&secret));
                publish(&known);
            }
            Ok(Some(Event::Delete(secret))) => {
                known.remove(&secret.name_any());
                publish(&known);
            }
            Ok(None) => return,
            Err(error) => tracing::warn!(namespace, %error, "the tenants' Secrets cannot be watched yet"),
        }
    }
}

fn entry(secret: &Secret) -> Option<(String, Entry)> {
    let tenant = secret.labels().get(marks::TENANT)?;
    let wanted = dns_label(tenant).map_err(|error| error.to_string()).and_then(|_| wanted(secret));
    Some((secret.name_any(), (tenant.clone(), wanted)))
}

fn wanted(secret: &Secret) -> Result<Wanted, String> {
    let text = |key: &str| {
        let data = secret.data.as_ref().and_then(|data| data.get(key));
        data.map(|bytes| String::from_utf8_lossy(&bytes.0).into_owned())
    };
    let name = secret.name_any();
    let kubeconfig = text("kubeconfig")
        .ok_or_else(|| format!("Secret {name} has no `kubeconfig`; put the tenant's there"))?;
    let parsed = Kubeconfig::from_yaml(&kubeconfig)
        .map_err(|error| format!("`kubeconfig` of Secret {name} is none: {error}"))?;
    let (place, settings) = (format!("Secret {name}, settings"), text("settings"));
    Wanted::new((parsed, &kubeconfig), settings.as_deref().map(|text| (Path::new(&place), text)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_a_tenant_or_says_what_it_lacks() {
        let secret = |data| {
            let labels = json!({ (marks::TENANT): "team-a" });
            let object = json!({"metadata": {"name": "s", "labels": labels}, "stringData": {}, "data": data});
            entry(&serde_json::from_value(object).expect("a Secret")).expect("is labelled").1
        };
        // `kind: Config` and `service: x`.
        let (name, found) = secret(json!({"kubeconfig": "a2luZDogQ29uZmln", "settings": "c2VydmljZTogeA=="}));
        let found = found.expect("a tenant");
        assert_eq!((name.as_str(), found.settings.service.as_deref()), ("team-a", Some("x")));
        let (_, lacking) = secret(json!({}));
        assert!(lacking.expect_err("lacks it").contains("has no `kubeconfig`"));
    }
}
