//! `tenantbench`: what each way of sharing a Kubernetes cluster costs and leaks.

fn main() {}
