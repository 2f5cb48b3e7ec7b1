//! A host of real etcd, kube-apiserver, kube-controller-manager and kube-scheduler processes with simulated nodes.
