//! Settings of many tenants in one process.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ConfigError, Settings, effective};
use crate::names::dns_label;

/// What stands for a tenant's name in the settings of a process that serves many.
const PLACE: &str = "{tenant}";

/// A tenant and where its kubeconfig is, written as `NAME=KUBECONFIG`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct TenantFile {
    /// Its name.
    pub name: String,
    /// Its kubeconfig.
    pub kubeconfig: PathBuf,
}

impl std::str::FromStr for TenantFile {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let wrong = || ConfigError::TenantForm(text.to_owned());
        let (name, file) = text.split_once('=').filter(|(_, file)| !file.is_empty()).ok_or_else(wrong)?;
        Ok(Self { name: dns_label(name).map_err(|_| wrong())?, kubeconfig: file.into() })
    }
}

impl TryFrom<String> for TenantFile {
    type Error = ConfigError;

    fn try_from(text: String) -> Result<Self, ConfigError> {
        text.parse()
    }
}

impl From<TenantFile> for String {
    fn from(tenant: TenantFile) -> Self {
        format!("{}={}", tenant.name, tenant.kubeconfig.display())
    }
}

impl Settings {
    /// Whether they are of a process that serves many tenants.
    pub fn are_of_many(&self) -> bool {
        self.tenant.is_some() || self.tenants_dir.is_some() || self.tenant_secrets.is_some()
    }

    /// A setting that is not one tenant's to make, if one is made here.
    pub fn of_process(&self) -> Option<&'static str> {
        let all = [
            ("name", self.name.is_some()),
            ("tenant-kubeconfig", self.tenant_kubeconfig.is_some()),
            ("host-kubeconfig", self.host_kubeconfig.is_some()),
            ("tenant", self.tenant.is_some()),
            ("tenants-dir", self.tenants_dir.is_some()),
            ("tenant-secrets", self.tenant_secrets.is_some()),
            ("lease", self.lease.is_some()),
            ("listen", self.listen.is_some()),
            ("log-format", self.log_format.is_some()),
            ("log-level", self.log_level.is_some()),
        ];
        all.into_iter().find(|(_, is_set)| *is_set).map(|(name, _)| name)
    }

    /// The settings of one tenant: its own where it has some, else those of the process with its name in place.
    ///
    /// # Errors
    /// A name that makes no setting, such as an owner without a name.
    pub fn of_tenant(&self, name: &str, own: &Self) -> Result<Self, ConfigError> {
        let mut all = effective::fields(self)?;
        for field in ["tenant", "tenants-dir", "tenant-secrets", "lease"] {
            all.remove(field);
        }
        all.extend(effective::fields(own)?);
        // Ports are of the process, and two tenants cannot share one: each gets a free one unless it has its own.
        if own.kubelet_port.is_none() && all.contains_key("kubelet-cert") {
            all.insert("kubelet-port".to_owned(), Value::from(0));
        }
        all.insert("name".to_owned(), Value::from(name));
        all.values_mut().for_each(|value| put(name, value));
        serde_json::from_value(Value::Object(all)).map_err(effective::unprintable)
    }
}

/// Puts a name in its place.
fn put(name: &str, value: &mut Value) {
    match value {
        Value::String(text) if text.contains(PLACE) => *text = text.replace(PLACE, name),
        Value::Array(values) => values.iter_mut().for_each(|value| put(name, value)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_a_name_and_a_file() {
        let tenant: TenantFile = "team-a=/etc/a=b".parse().expect("a tenant");
        assert_eq!((tenant.name.as_str(), tenant.kubeconfig.to_str()), ("team-a", Some("/etc/a=b")));
        for wrong in ["team-a", "=f", "team-a=", "Team A=f"] {
            assert!(wrong.parse::<TenantFile>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_tenants_settings_are_the_process_with_its_name_in_place_and_its_own_win() {
        let process = Settings {
            host_namespace: Some("vc-{tenant}".to_owned()),
            service: Some("{tenant}".to_owned()),
            owner: Some("statefulset/{tenant}".parse().expect("an owner")),
            tenants_dir: Some("/tenants".into()),
            kubelet_port: Some(10250),
            kubelet_cert: Some("/kubelet/{tenant}.crt".into()),
            ..Settings::default()
        };
        let own = Settings { service: Some("other".to_owned()), ..Settings::default() };
        let settings = process.of_tenant("team-a", &own).expect("settings");
        let wanted = Settings {
            name: Some("team-a".to_owned()),
            host_namespace: Some("vc-team-a".to_owned()),
            service: Some("other".to_owned()),
            owner: Some("statefulset/team-a".parse().expect("an owner")),
            kubelet_port: Some(0),
            kubelet_cert: Some("/kubelet/team-a.crt".into()),
            ..Settings::default()
        };
        assert_eq!(settings, wanted);
        assert!(process.are_of_many() && !settings.are_of_many());
    }
}
