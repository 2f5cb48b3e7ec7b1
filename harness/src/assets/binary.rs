//! The programs of a host.

use std::{fmt, str::FromStr};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::recipe::recipe;

/// A program that a host, or its user, needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Binary {
    Etcd,
    KubeApiserver,
    KubeControllerManager,
    KubeScheduler,
    Kubectl,
    Kind,
    Kubelet,
    Kubeadm,
    KubeProxy,
    Coredns,
    Containerd,
    Ctr,
    ContainerdShimRuncV2,
    Ptp,
    HostLocal,
    Portmap,
    Loopback,
    Helm,
}

impl Binary {
    /// Those that a run needs on this machine, in the order in which they are obtained: a build of one shares its packages with
    /// the next.
    pub const ALL: [Self; 6] = [
        Self::Etcd,
        Self::KubeApiserver,
        Self::KubeControllerManager,
        Self::KubeScheduler,
        Self::Kubectl,
        Self::Kind,
    ];

    /// Those that are in a node image.
    pub const NODE: [Self; 16] = [
        Self::Etcd,
        Self::KubeApiserver,
        Self::KubeControllerManager,
        Self::KubeScheduler,
        Self::Kubectl,
        Self::Kubelet,
        Self::Kubeadm,
        Self::KubeProxy,
        Self::Coredns,
        Self::Containerd,
        Self::Ctr,
        Self::ContainerdShimRuncV2,
        Self::Ptp,
        Self::HostLocal,
        Self::Portmap,
        Self::Loopback,
    ];

    /// Those that a local host runs.
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
            Self::Kind => "kind",
            Self::Kubelet => "kubelet",
            Self::Kubeadm => "kubeadm",
            Self::KubeProxy => "kube-proxy",
            Self::Coredns => "coredns",
            Self::Containerd => "containerd",
            Self::Ctr => "ctr",
            Self::ContainerdShimRuncV2 => "containerd-shim-runc-v2",
            Self::Ptp => "ptp",
            Self::HostLocal => "host-local",
            Self::Portmap => "portmap",
            Self::Loopback => "loopback",
            Self::Helm => "helm",
        }
    }

    /// The version that tenantbench was made for.
    pub fn pinned(self) -> Version {
        Version(recipe(self).module.version.to_owned())
    }

    /// The arguments that make it print its version and end.
    pub(super) fn version_arguments(self) -> &'static [&'static str] {
        recipe(self).asks
    }

    /// Reads the version from what it printed.
    pub(super) fn parse_version(self, output: &str) -> Option<Version> {
        let line = output.lines().find_map(|line| line.strip_prefix(recipe(self).says))?;
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
        let found = Self::value_variants().iter().copied().find(|binary| binary.name() == text);
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
        assert_eq!(
            Binary::Kind.parse_version("kind v0.33.0 go1.26.8 linux/amd64\n"),
            Some(version("0.33.0"))
        );
        assert_eq!(Binary::Kubeadm.parse_version("v1.36.3\n"), Some(version("1.36.3")));
        assert_eq!(
            Binary::Coredns.parse_version("CoreDNS-1.14.7\nlinux/amd64, go1.26.8, \n"),
            Some(version("1.14.7"))
        );
        let shim = "containerd-shim-runc-v2:\n  Version:  v2.3.7\n  Revision: \n";
        assert_eq!(Binary::ContainerdShimRuncV2.parse_version(shim), Some(version("2.3.7")));
        assert_eq!(Binary::Helm.parse_version("v4.3.1\n"), Some(version("4.3.1")));
        let plugin = "CNI ptp plugin v1.9.1\nCNI protocol versions supported: 0.1.0, 1.1.0\n";
        assert_eq!(Binary::Ptp.parse_version(plugin), Some(version("1.9.1")));
    }

    #[test]
    fn the_names_of_the_command_line_are_those_of_the_files() {
        for binary in Binary::value_variants() {
            assert_eq!(binary.to_possible_value().unwrap().get_name(), binary.name());
        }
    }

    #[test]
    fn a_patch_release_is_near_and_a_minor_release_is_not() {
        assert!(version("1.36.1").is_patch_of(&version("1.36.3")));
        assert!(!version("1.35.3").is_patch_of(&version("1.36.3")));
        assert!(!version("1.3.36").is_patch_of(&version("1.36.3")));
    }
}
