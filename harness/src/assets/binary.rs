//! The programs of a local host.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::versions;

/// A program that a local host, or its user, needs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Binary {
    Etcd,
    KubeApiserver,
    KubeControllerManager,
    KubeScheduler,
    Kubectl,
}

impl Binary {
    /// All of them, in the order in which they are obtained: a build of one shares its packages with the next.
    pub const ALL: [Self; 5] =
        [Self::Etcd, Self::KubeApiserver, Self::KubeControllerManager, Self::KubeScheduler, Self::Kubectl];

    /// Those that a host runs.
    pub const SERVERS: [Self; 4] =
        [Self::Etcd, Self::KubeApiserver, Self::KubeControllerManager, Self::KubeScheduler];

    /// Its file name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::KubeApiserver => "kube-apiserver",
            Self::KubeControllerManager => "kube-controller-manager",
            Self::KubeScheduler => "kube-scheduler",
            Self::Kubectl => "kubectl",
        }
    }

    /// The version that tenantbench was made for.
    pub fn pinned(self) -> Version {
        let text = if self == Self::Etcd { versions::ETCD } else { versions::KUBERNETES };
        Version(text.to_owned())
    }

    /// The arguments that make it print its version and end.
    pub(super) fn version_arguments(self) -> &'static [&'static str] {
        if self == Self::Kubectl { &["version", "--client"] } else { &["--version"] }
    }

    /// Reads the version from what it printed.
    pub(super) fn parse_version(self, output: &str) -> Option<Version> {
        let prefix = match self {
            Self::Etcd => "etcd Version: ",
            Self::Kubectl => "Client Version: v",
            _ => "Kubernetes v",
        };
        let line = output.lines().find_map(|line| line.strip_prefix(prefix))?;
        Some(Version(line.split_whitespace().next()?.to_owned()))
    }
}

impl fmt::Display for Binary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Binary {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|binary| binary.name() == text);
        found.ok_or_else(|| format!("no such binary: {text}"))
    }
}

/// A version as programs print it, without a leading `v`: `1.36.3`, `1.36.3-rc.1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub(super) String);

impl Version {
    /// True where only the part after the second dot differs.
    pub fn is_patch_of(&self, other: &Self) -> bool {
        let minor = |version: &Self| version.0.splitn(3, '.').take(2).map(str::to_owned).collect::<Vec<_>>();
        minor(self) == minor(other)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version(text.into())
    }

    #[test]
    fn each_program_says_its_version_in_its_own_way() {
        let etcd = "etcd Version: 3.6.16\nGit SHA: Not provided\n";
        assert_eq!(Binary::Etcd.parse_version(etcd), Some(version("3.6.16")));
        assert_eq!(Binary::KubeApiserver.parse_version("Kubernetes v1.36.3\n"), Some(version("1.36.3")));
        let kubectl = "Client Version: v1.36.3\nKustomize Version: v5.8.1\n";
        assert_eq!(Binary::Kubectl.parse_version(kubectl), Some(version("1.36.3")));
        assert_eq!(Binary::Kubectl.parse_version("#!/bin/sh"), None);
    }

    #[test]
    fn a_patch_release_is_near_and_a_minor_release_is_not() {
        assert!(version("1.36.1").is_patch_of(&version("1.36.3")));
        assert!(!version("1.35.3").is_patch_of(&version("1.36.3")));
        assert!(!version("1.3.36").is_patch_of(&version("1.36.3")));
    }
}
