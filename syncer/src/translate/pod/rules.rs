//! What the operator of a syncer lets the pods of a tenant do, and the refusals that follow.

use serde_json::Value;

use crate::{
    json,
    translate::{
        Refused,
        security::{self, Level},
    },
};

/// What pods may do and name besides what is the tenant's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The level of Pod Security that they must meet.
    pub level: Level,
    /// Whether they may reach their node: its namespaces, files and ports.
    pub node_access: bool,
    /// Drivers of inline CSI volumes. Their attributes are the driver's own language and can name anything.
    pub csi_drivers: Vec<String>,
    /// Runtime classes of the host.
    pub runtime_classes: Vec<String>,
    /// Priority classes of the host that the tenant has copies of. A pod with another one is carried without it.
    pub priority_classes: Vec<String>,
    /// The DNS domain of the tenant's cluster.
    pub domain: String,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            level: Level::default(),
            node_access: false,
            csi_drivers: Vec::new(),
            runtime_classes: Vec::new(),
            priority_classes: Vec::new(),
            domain: "cluster.local".to_owned(),
        }
    }
}

/// Fields of a pod's spec that are carried, as they are or translated.
const CARRIED: [&str; 29] = [
    "activeDeadlineSeconds",
    "affinity",
    "automountServiceAccountToken",
    "containers",
    "dnsConfig",
    "dnsPolicy",
    "enableServiceLinks",
    "hostAliases",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostUsers",
    "hostname",
    "hostnameOverride",
    "imagePullSecrets",
    "initContainers",
    "nodeSelector",
    "os",
    "resources",
    "restartPolicy",
    "runtimeClassName",
    "schedulerName",
    "schedulingGates",
    "securityContext",
    "shareProcessNamespace",
    "terminationGracePeriodSeconds",
    "tolerations",
    "topologySpreadConstraints",
    "volumes",
];

/// Where the value of a variable may come from.
const VARIABLES: [&str; 5] =
    ["configMapKeyRef", "secretKeyRef", "fieldRef", "resourceFieldRef", "fileKeyRef"];
const VARIABLE_LISTS: [&str; 3] = ["configMapRef", "secretRef", "prefix"];

impl Rules {
    /// Refuses a pod that names what is not the tenant's, or does what it must not. `dropped`: fields that are left
    /// out on the host.
    pub(super) fn check(&self, pod: &Value, dropped: &[&str]) -> Result<(), Refused> {
        // Of a pod that an API server has stored, both are there; without them it would be nowhere on the host.
        for (field, path) in [("name", "metadata.name"), ("namespace", "metadata.namespace")] {
            if json::text(&pod["metadata"][field]).is_none() {
                return Err(Refused::Misfit { path: path.to_owned(), expected: "a name" });
            }
        }
        let spec = &pod["spec"];
        if !spec.is_object() {
            return Err(Refused::Misfit { path: "spec".to_owned(), expected: "an object" });
        }
        // A field that this build does not know could name anything.
        let known = |field: &str| CARRIED.contains(&field) || dropped.contains(&field);
        if let Some(field) = fields(spec).find(|field| !known(field)) {
            return Err(Refused::Field { field: format!("spec.{field}") });
        }
        check_variables(spec)?;
        check_credentials(spec)?;
        super::volumes::check(spec, &self.csi_drivers)?;
        self.check_runtime_class(spec)?;
        self.check_security(pod)
    }

    fn check_runtime_class(&self, spec: &Value) -> Result<(), Refused> {
        match spec["runtimeClassName"].as_str() {
            Some(name) if !self.runtime_classes.iter().any(|class| class == name) => {
                Err(Refused::RuntimeClass { name: name.to_owned() })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn check_security(&self, pod: &Value) -> Result<(), Refused> {
        let reaching = if self.node_access { Vec::new() } else { security::node_access(pod) };
        if !reaching.is_empty() {
            return Err(Refused::NodeAccess { violations: words(&reaching) });
        }
        let violations = security::violations(self.level, pod);
        if violations.is_empty() {
            return Ok(());
        }
        Err(Refused::PodSecurity { level: self.level, violations: words(&violations) })
    }
}

fn words(violations: &[security::Violation]) -> String {
    violations.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The fields of an object that are set.
fn fields(value: &Value) -> impl Iterator<Item = &str> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_null())
        .map(|(field, _)| field.as_str())
}

fn check_variables(spec: &Value) -> Result<(), Refused> {
    for container in super::CONTAINERS.into_iter().flat_map(|list| json::list(&spec[list])) {
        let of_env = json::list(&container["env"])
            .flat_map(|variable| fields(&variable["valueFrom"]))
            .find(|source| !VARIABLES.contains(source))
            .map(|source| format!("env.valueFrom.{source}"));
        let of_lists = json::list(&container["envFrom"])
            .flat_map(fields)
            .find(|source| !VARIABLE_LISTS.contains(source))
            .map(|source| format!("envFrom.{source}"));
        if let Some(field) = of_env.or(of_lists) {
            return Err(Refused::Field { field });
        }
    }
    Ok(())
}

/// Credentials of Windows are objects of the whole host, named as they are there.
fn check_credentials(spec: &Value) -> Result<(), Refused> {
    const FIELDS: [&str; 2] = ["gmsaCredentialSpecName", "gmsaCredentialSpec"];
    let containers = super::CONTAINERS.into_iter().flat_map(|list| json::list(&spec[list]));
    for holder in containers.chain([spec]) {
        let options = &holder["securityContext"]["windowsOptions"];
        if let Some(field) = FIELDS.into_iter().find(|field| !options[*field].is_null()) {
            return Err(Refused::Field { field: format!("securityContext.windowsOptions.{field}") });
        }
    }
    Ok(())
}
