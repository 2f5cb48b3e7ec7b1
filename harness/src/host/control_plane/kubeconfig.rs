//! Kubeconfigs with everything inside, so that a copy works anywhere on this machine.

use base64::{Engine, engine::general_purpose::STANDARD};
use kube::config::{AuthInfo, Cluster, Context, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext};

use crate::host::pki::Issued;

/// A kubeconfig with one context: `user`, proven by `issued`, at `server`, which `authority` (PEM) vouches for.
pub fn kubeconfig(name: &str, server: &str, authority: &str, user: &str, issued: &Issued) -> Kubeconfig {
    let cluster = Cluster {
        server: Some(server.to_owned()),
        certificate_authority_data: Some(STANDARD.encode(authority)),
        ..Cluster::default()
    };
    let auth_info = AuthInfo {
        client_certificate_data: Some(STANDARD.encode(&issued.certificate)),
        client_key_data: Some(STANDARD.encode(&issued.key).into()),
        ..AuthInfo::default()
    };
    let context = Context { cluster: name.to_owned(), user: Some(user.to_owned()), ..Context::default() };
    Kubeconfig {
        api_version: Some("v1".into()),
        kind: Some("Config".into()),
        clusters: vec![NamedCluster {
            name: name.to_owned(),
            cluster: Some(cluster),
            ..NamedCluster::default()
        }],
        auth_infos: vec![NamedAuthInfo {
            name: user.to_owned(),
            auth_info: Some(auth_info),
            ..NamedAuthInfo::default()
        }],
        contexts: vec![NamedContext {
            name: name.to_owned(),
            context: Some(context),
            ..NamedContext::default()
        }],
        current_context: Some(name.to_owned()),
        ..Kubeconfig::default()
    }
}
