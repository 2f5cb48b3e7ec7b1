//! Every version of somebody else's program that tenantbench runs, in one place.

/// kube-apiserver, kube-controller-manager, kube-scheduler and kubectl.
pub const KUBERNETES: &str = "1.36.3";
/// etcd.
pub const ETCD: &str = "3.6.16";
/// kind, for hosts in Docker.
pub const KIND: &str = "0.33.0";
/// Helm, for workloads that are charts.
pub const HELM: &str = "4.3.1";
/// kwok, for comparison with its simulated nodes.
pub const KWOK: &str = "0.8.0";
/// CoreDNS, for hosts with names.
pub const COREDNS: &str = "1.14.7";
