//! The environment of a container. No I/O.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, EnvFromSource, EnvVarSource, Pod};

use super::{
    downward::{self, Place},
    expand::expand,
    references::{Contents, Data, Kind},
};
use crate::node::network::proxy::Frontend;

/// Why a container has no environment yet.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EnvironmentError {
    #[error("{} {name:?} not found", kind.word())]
    NoObject { kind: Kind, name: String },
    #[error("{} {name:?} has no key {key:?}", kind.word())]
    NoKey { kind: Kind, name: String, key: String },
    #[error("variable {variable}: simulated nodes do not know the field {path:?}")]
    Field { variable: String, path: String },
}

/// What an environment is made of beside the container's own words.
pub(crate) struct Sources<'a> {
    pub(crate) pod: &'a Pod,
    pub(crate) place: Place,
    pub(crate) contents: &'a Contents,
    /// The ports of the Services that the pod is told of.
    pub(crate) services: &'a [Frontend],
}

/// All variables of a container, by name.
pub(crate) fn environment(
    container: &Container,
    sources: &Sources<'_>,
) -> Result<BTreeMap<String, String>, EnvironmentError> {
    let mut all = of_services(sources.services);
    for from in container.env_from.iter().flatten() {
        all.extend(imported(from, sources.contents)?);
    }
    for variable in container.env.iter().flatten() {
        let value = match (&variable.value, &variable.value_from) {
            (_, Some(from)) => looked_up(container, &variable.name, from, sources)?,
            (value, None) => {
                Some(expand(value.as_deref().unwrap_or_default(), |name| all.get(name).cloned()))
            }
        };
        if let Some(value) = value {
            all.insert(variable.name.clone(), value);
        }
    }
    Ok(all)
}

fn of_services(services: &[Frontend]) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for frontend in services {
        let Some(address) = frontend.address else { continue };
        let prefix = as_variable(&frontend.service);
        all.insert(format!("{prefix}_SERVICE_HOST"), address.to_string());
        // The first port is the Service's.
        all.entry(format!("{prefix}_SERVICE_PORT")).or_insert_with(|| frontend.port.to_string());
        if !frontend.port_name.is_empty() {
            let name = as_variable(&frontend.port_name);
            all.insert(format!("{prefix}_SERVICE_PORT_{name}"), frontend.port.to_string());
        }
    }
    all
}

fn as_variable(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

fn imported(from: &EnvFromSource, contents: &Contents) -> Result<Vec<(String, String)>, EnvironmentError> {
    let prefix = from.prefix.as_deref().unwrap_or_default();
    let map = from.config_map_ref.as_ref().map(|source| (Kind::ConfigMap, &source.name, source.optional));
    let secret = from.secret_ref.as_ref().map(|source| (Kind::Secret, &source.name, source.optional));
    let mut all = Vec::new();
    for (kind, name, optional) in map.into_iter().chain(secret) {
        let data = object(contents, kind, name, optional)?;
        let texts = data.into_iter().flatten();
        all.extend(texts.map(|(key, value)| (format!("{prefix}{key}"), text(value))));
    }
    Ok(all)
}

fn looked_up(
    container: &Container,
    variable: &str,
    from: &EnvVarSource,
    sources: &Sources<'_>,
) -> Result<Option<String>, EnvironmentError> {
    if let Some(source) = &from.config_map_key_ref {
        return key(sources.contents, Kind::ConfigMap, &source.name, &source.key, source.optional);
    }
    if let Some(source) = &from.secret_key_ref {
        return key(sources.contents, Kind::Secret, &source.name, &source.key, source.optional);
    }
    let (value, path) = match (&from.field_ref, &from.resource_field_ref) {
        (Some(field), _) => {
            (downward::field(sources.pod, sources.place, &field.field_path), field.field_path.clone())
        }
        (None, Some(selector)) => (downward::resource(container, selector), selector.resource.clone()),
        (None, None) => (None, String::new()),
    };
    value.map(Some).ok_or_else(|| EnvironmentError::Field { variable: variable.to_owned(), path })
}

fn key(
    contents: &Contents,
    kind: Kind,
    name: &str,
    key: &str,
    optional: Option<bool>,
) -> Result<Option<String>, EnvironmentError> {
    let value = object(contents, kind, name, optional)?.and_then(|data| data.get(key));
    match value {
        Some(value) => Ok(Some(text(value))),
        None if optional == Some(true) => Ok(None),
        None => Err(EnvironmentError::NoKey { kind, name: name.to_owned(), key: key.to_owned() }),
    }
}

fn object<'a>(
    contents: &'a Contents,
    kind: Kind,
    name: &str,
    optional: Option<bool>,
) -> Result<Option<&'a Data>, EnvironmentError> {
    match contents.get(&(kind, name.to_owned())) {
        Some(data) => Ok(Some(data)),
        None if optional == Some(true) => Ok(None),
        None => Err(EnvironmentError::NoObject { kind, name: name.to_owned() }),
    }
}

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use serde_json::{Value, from_value, json};

    use super::*;

    fn variables(container: Value) -> Result<BTreeMap<String, String>, EnvironmentError> {
        let container: Container = from_value(container).unwrap();
        let pod: Pod = from_value(json!({"metadata": {"name": "p"}, "spec": {"containers": []}})).unwrap();
        let data = Data::from([("k".to_owned(), b"v".to_vec())]);
        let contents = Contents::from([((Kind::ConfigMap, "m".to_owned()), data)]);
        let frontend = Frontend {
            service: "my-db".into(),
            port_name: "sql".into(),
            port: 5432,
            address: Some(Ipv4Addr::new(10, 96, 0, 9)),
        };
        let place = Place { node: Ipv4Addr::LOCALHOST, pod: Ipv4Addr::LOCALHOST };
        let sources = Sources { pod: &pod, place, contents: &contents, services: &[frontend] };
        environment(&container, &sources)
    }

    #[test]
    fn later_variables_see_earlier_ones() {
        let all = variables(json!({"name": "c", "env": [
            {"name": "A", "value": "1"}, {"name": "B", "value": "$(A)$(C)"}, {"name": "C", "value": "3"},
        ]}))
        .unwrap();
        assert_eq!(all["B"], "1$(C)");
    }

    #[test]
    fn services_objects_and_fields_give_variables() {
        let all = variables(json!({
            "name": "c",
            "envFrom": [{"prefix": "M_", "configMapRef": {"name": "m"}}],
            "env": [
                {"name": "K", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "k"}}},
                {"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                {"name": "O", "valueFrom": {"secretKeyRef": {"name": "none", "key": "k", "optional": true}}},
            ],
        }))
        .unwrap();
        assert_eq!((all["M_k"].as_str(), all["K"].as_str(), all["N"].as_str()), ("v", "v", "p"));
        assert_eq!(all["MY_DB_SERVICE_HOST"], "10.96.0.9");
        assert_eq!(
            (all["MY_DB_SERVICE_PORT"].as_str(), all["MY_DB_SERVICE_PORT_SQL"].as_str()),
            ("5432", "5432")
        );
        assert!(!all.contains_key("O"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = |reference: Value| {
            variables(json!({"name": "c", "env": [{"name": "A", "valueFrom": reference}]}))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(error(json!({"secretKeyRef": {"name": "s", "key": "k"}})), "secret \"s\" not found");
        assert_eq!(
            error(json!({"configMapKeyRef": {"name": "m", "key": "z"}})),
            "configmap \"m\" has no key \"z\""
        );
    }
}
