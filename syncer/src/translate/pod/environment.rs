//! The environment by which a pod finds Services: the tenant's, for the host's are switched off.

use serde_json::{Value, json};

use super::{Sources, Surroundings};
use crate::{
    index::{Link, ServicePort},
    json,
};

/// Puts the variables before the pod's own, so that these can refer to them. As under a kubelet, a variable that the pod
/// sets itself wins, be it one by one or by `envFrom`, which anything in `env` would beat.
pub(super) fn inject(spec: &mut Value, around: &Surroundings<'_>, links: bool) {
    let (host, port) = around.api;
    let api = Link {
        name: "kubernetes".to_owned(),
        ip: host.to_owned(),
        ports: vec![ServicePort { name: "https".into(), port, protocol: "TCP".into(), node_port: 0 }],
    };
    let mut variables = Vec::new();
    if links {
        around.links.iter().for_each(|link| variables.extend(of_service(link)));
    }
    variables.extend(of_service(&api));
    for field in super::CONTAINERS {
        json::list_mut(spec, field).for_each(|container| prepend(container, &variables, around.sources));
    }
}

fn prepend(container: &mut Value, variables: &[(String, String)], sources: &Sources) {
    let own: Vec<Value> = json::list(&container["env"]).cloned().collect();
    let listed = sources.variables(container);
    let is_set = |name: &str| listed.contains(name) || own.iter().any(|variable| variable["name"] == name);
    let mut all: Vec<Value> = variables
        .iter()
        .filter(|(name, _)| !is_set(name))
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    all.extend(own);
    if let Some(container) = container.as_object_mut() {
        container.insert("env".to_owned(), Value::Array(all));
    }
}

/// As a kubelet names them.
fn of_service(link: &Link) -> Vec<(String, String)> {
    let Some(first) = link.ports.first() else { return Vec::new() };
    let name = upper(&link.name);
    let ip = &link.ip;
    let url = |port: &ServicePort| format!("{}://{ip}:{}", port.protocol.to_lowercase(), port.port);
    let mut variables = vec![
        (format!("{name}_SERVICE_HOST"), ip.clone()),
        (format!("{name}_SERVICE_PORT"), first.port.to_string()),
    ];
    for port in link.ports.iter().filter(|port| !port.name.is_empty()) {
        variables.push((format!("{name}_SERVICE_PORT_{}", upper(&port.name)), port.port.to_string()));
    }
    variables.push((format!("{name}_PORT"), url(first)));
    for port in &link.ports {
        let prefix = format!("{name}_PORT_{}_{}", port.port, port.protocol);
        variables.extend([
            (prefix.clone(), url(port)),
            (format!("{prefix}_PROTO"), port.protocol.to_lowercase()),
            (format!("{prefix}_PORT"), port.port.to_string()),
            (format!("{prefix}_ADDR"), ip.clone()),
        ]);
    }
    variables
}

fn upper(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}
