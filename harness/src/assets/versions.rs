//! Every version of somebody else's program that tenantbench runs, in one place.

/// kube-apiserver, kube-controller-manager, kube-scheduler and kubectl; in the node image also kubelet and kubeadm.
pub const KUBERNETES: &str = "1.36.3";
/// etcd.
pub const ETCD: &str = "3.6.16";
/// The tag of etcd's image that kubeadm of this Kubernetes asks for, so that each of its nodes holds it.
pub const ETCD_IMAGE: &str = "3.6.8-0";
/// The same of CoreDNS's image.
pub const COREDNS_IMAGE: &str = "v1.14.2";
/// kind, for hosts in Docker.
pub const KIND: &str = "0.33.0";
/// Helm, which the chart of virtual clusters is tried with.
pub const HELM: &str = "4.3.1";
/// kwok, for comparison with its simulated nodes.
pub const KWOK: &str = "0.8.0";
/// CoreDNS, for hosts with names.
pub const COREDNS: &str = "1.14.7";
/// containerd, in the node image that is built here.
pub const CONTAINERD: &str = "2.3.7";
/// The CNI plugins, there too.
pub const CNI_PLUGINS: &str = "1.9.1";
/// kind's own node image, by the digest that the release notes of [`KIND`] give.
pub const KIND_NODE_IMAGE: &str =
    "kindest/node:v1.36.4@sha256:099e049362a1526b2db71494e1947aae99bd16290d7c895f2b7ea312e3cbfaed";
/// The image of k3s that tests run, a tag of Kubernetes' minor version that [`KUBERNETES`] has.
pub const K3S_IMAGE: &str = "rancher/k3s:v1.36.2-k3s1";
