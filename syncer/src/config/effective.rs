//! What holds in the end, and who said so.

use std::{collections::BTreeMap, fmt, fmt::Write as _, net::Ipv4Addr, path::Path};

use serde_json::{Map, Value};

use super::{ConfigError, Settings, file};
use crate::{
    kubelet::NodeMetrics,
    log,
    run::{AnotherTenant, Endpoints},
    translate::security::Level,
};

/// Who said what a setting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody.
    Default,
    /// The config file.
    File,
    /// A flag, or its environment variable.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Flag => "flag or environment",
        })
    }
}

/// Settings and who said each of them.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The settings.
    pub settings: Settings,
    origins: BTreeMap<String, Origin>,
}

impl Effective {
    /// What flags, an optional file and defaults say together.
    ///
    /// # Errors
    /// A file that cannot be read or followed.
    pub fn new(flags: &Settings, file: Option<&Path>) -> Result<Self, ConfigError> {
        let file = file.map(file::read).transpose()?.unwrap_or_default();
        let said = [(Origin::Default, &defaults()), (Origin::File, &file), (Origin::Flag, flags)];
        let (mut all, mut origins) = (Map::new(), BTreeMap::new());
        for (origin, settings) in said {
            for (field, value) in fields(settings)? {
                origins.insert(field.clone(), origin);
                all.insert(field, value);
            }
        }
        let settings = serde_json::from_value(Value::Object(all)).map_err(unprintable)?;
        Ok(Self { settings, origins })
    }

    /// The settings as a config file, with who said each of them.
    ///
    /// # Errors
    /// Never in practice: what was read can be written.
    pub fn print(&self) -> Result<String, ConfigError> {
        let mut text = String::new();
        for (field, value) in fields(&self.settings)? {
            let one = Map::from_iter([(field.clone(), value)]);
            let yaml = serde_saphyr::to_string(&one).map_err(unprintable)?;
            let origin = self.origins.get(&field).copied().unwrap_or(Origin::Default);
            let (first, rest) = yaml.split_once('\n').unwrap_or((&yaml, ""));
            let _ = write!(text, "{first} # {origin}\n{rest}");
        }
        Ok(text)
    }
}

fn defaults() -> Settings {
    Settings {
        kubelet_port: Some(10250),
        endpoints: Some(Endpoints::default()),
        node_metrics: Some(NodeMetrics::default()),
        another_tenant: Some(AnotherTenant::default()),
        pod_security: Some(Level::default()),
        node_access: Some(false),
        cluster_domain: Some("cluster.local".to_owned()),
        listen: Some((Ipv4Addr::UNSPECIFIED, 8081).into()),
        log_format: Some(log::Format::default()),
        log_level: Some(log::USUAL.to_owned()),
        ..Settings::default()
    }
}

/// The fields that somebody has said something about.
pub(super) fn fields(settings: &Settings) -> Result<Map<String, Value>, ConfigError> {
    match serde_json::to_value(settings).map_err(unprintable)? {
        Value::Object(fields) => Ok(fields.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        _ => Ok(Map::new()),
    }
}

pub(super) fn unprintable(error: impl fmt::Display) -> ConfigError {
    ConfigError::Print(error.to_string())
}
