//! What each program is built from, and how it says its version: one row each.

use super::{Binary, versions};

/// Where a program's source is, and how its version is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Recipe {
    /// The Go module.
    pub(super) module: Module,
    /// The package below the module, with a leading slash; empty for the module's own.
    pub(super) package: &'static str,
    /// The arguments that make the program print its version and end.
    pub(super) asks: &'static [&'static str],
    /// What comes before the version on the line that tells it.
    pub(super) says: &'static str,
}

/// A Go module that programs are built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Module {
    /// Its path.
    pub(super) path: &'static str,
    /// The pinned version, without a leading `v`.
    pub(super) version: &'static str,
    /// Whether parts of it are published as modules of their own.
    pub(super) staged: bool,
    /// The variable that holds the version, where the linker must set it.
    pub(super) version_variable: Option<&'static str>,
}

const ETCD: Module = Module {
    path: "go.etcd.io/etcd/server/v3",
    version: versions::ETCD,
    staged: false,
    version_variable: None,
};
const KUBERNETES: Module =
    Module { path: "k8s.io/kubernetes", version: versions::KUBERNETES, staged: true, version_variable: None };
const KIND: Module =
    Module { path: "sigs.k8s.io/kind", version: versions::KIND, staged: false, version_variable: None };
const COREDNS: Module = Module {
    path: "github.com/coredns/coredns",
    version: versions::COREDNS,
    staged: false,
    version_variable: None,
};
const CONTAINERD: Module = Module {
    path: "github.com/containerd/containerd/v2",
    version: versions::CONTAINERD,
    staged: false,
    version_variable: Some("github.com/containerd/containerd/v2/version.Version"),
};
const CNI: Module = Module {
    path: "github.com/containernetworking/plugins",
    version: versions::CNI_PLUGINS,
    staged: false,
    version_variable: Some("github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion"),
};

const HELM: Module = Module {
    path: "helm.sh/helm/v4",
    version: versions::HELM,
    staged: false,
    version_variable: Some("helm.sh/helm/v4/internal/version.version"),
};

/// The row of a binary.
pub(super) fn recipe(binary: Binary) -> Recipe {
    let row = |module, package, asks, says| Recipe { module, package, asks, says };
    let flag: &[&str] = &["--version"];
    match binary {
        Binary::Etcd => row(ETCD, "", flag, "etcd Version: "),
        Binary::KubeApiserver => row(KUBERNETES, "/cmd/kube-apiserver", flag, "Kubernetes v"),
        Binary::KubeControllerManager => {
            row(KUBERNETES, "/cmd/kube-controller-manager", flag, "Kubernetes v")
        }
        Binary::KubeScheduler => row(KUBERNETES, "/cmd/kube-scheduler", flag, "Kubernetes v"),
        Binary::Kubectl => row(KUBERNETES, "/cmd/kubectl", &["version", "--client"], "Client Version: v"),
        Binary::Kind => row(KIND, "", &["version"], "kind v"),
        Binary::Kubelet => row(KUBERNETES, "/cmd/kubelet", flag, "Kubernetes v"),
        Binary::Kubeadm => row(KUBERNETES, "/cmd/kubeadm", &["version", "--output", "short"], "v"),
        Binary::KubeProxy => row(KUBERNETES, "/cmd/kube-proxy", flag, "Kubernetes v"),
        Binary::Coredns => row(COREDNS, "", &["-version"], "CoreDNS-"),
        Binary::Containerd => {
            row(CONTAINERD, "/cmd/containerd", flag, "containerd github.com/containerd/containerd/v2 v")
        }
        Binary::Ctr => row(CONTAINERD, "/cmd/ctr", flag, "ctr github.com/containerd/containerd/v2 v"),
        Binary::ContainerdShimRuncV2 => {
            row(CONTAINERD, "/cmd/containerd-shim-runc-v2", &["-v"], "  Version:  v")
        }
        // Without a command in the environment, a CNI plugin says what it is.
        Binary::Ptp => row(CNI, "/plugins/main/ptp", &[], "CNI ptp plugin v"),
        Binary::HostLocal => row(CNI, "/plugins/ipam/host-local", &[], "CNI host-local plugin v"),
        Binary::Portmap => row(CNI, "/plugins/meta/portmap", &[], "CNI portmap plugin v"),
        // Its own release adds the commit after a plus sign.
        Binary::Helm => row(HELM, "/cmd/helm", &["version", "--short"], "v"),
        Binary::Loopback => row(CNI, "/plugins/main/loopback", &[], "CNI loopback plugin v"),
    }
}
