//! Where a scenario runs. Every host offers [`Host`]; a scenario names none.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use futures::future::BoxFuture;
use kube::config::Kubeconfig;
use tenantbench_reports::HostReady;

pub mod cidr;
pub mod control_plane;
mod error;
pub mod folder;
pub mod gc;
pub mod kind;
pub mod pki;
pub mod ports;
mod seconds;
mod spec;
pub mod state;
pub mod supervised;
pub mod supervisor;

pub use error::HostError;
pub use spec::{Blueprint, HostKind, HostSpec, LocalBlueprint};

/// The component that holds a local host's simulated nodes: no part of a real control plane.
pub const SUPERVISOR: &str = "supervisor";

/// A Kubernetes API plus nodes.
///
/// Whatever is not here is done through the Kubernetes API itself, so that a host can be anything that speaks it.
pub trait Host: Send + Sync {
    /// What came up, for the report.
    fn facts(&self) -> &HostReady;

    /// The platform team's own credentials. Tenants never see them.
    fn admin(&self) -> &Kubeconfig;

    /// The range from which the host gives cluster addresses, such as `10.96.0.0/16`.
    fn service_cidr(&self) -> &str;

    /// Opens a way from this machine to a port of a Service, and keeps it open as long as the host lives.
    fn forward<'a>(
        &'a self,
        namespace: &'a str,
        service: &'a str,
        port: u16,
    ) -> BoxFuture<'a, Result<SocketAddr, HostError>>;

    /// The host's own processes on this machine by component (`kube-apiserver`, …); empty where they are elsewhere.
    fn processes(&self) -> BTreeMap<String, u32>;

    /// The folder that holds the host's files on this machine, where there is one.
    fn folder(&self) -> Option<PathBuf>;

    /// The API server's audit log on this machine, where there is one: JSON lines of `audit.k8s.io/v1`.
    fn audit_log(&self) -> Option<PathBuf>;

    /// The containers that are the host's nodes, by name; empty where nodes are something else.
    fn containers(&self) -> &[String];

    /// Writes what the host's servers and pods have logged into a folder, which is made.
    fn save_logs<'a>(&'a self, folder: &'a Path) -> BoxFuture<'a, Result<(), HostError>>;

    /// Ends, with one line on why, when the host has broken down; never while it works.
    fn failure(&self) -> BoxFuture<'_, String>;

    /// Takes the host down and returns when nothing of it is left.
    fn down<'a>(&'a self) -> BoxFuture<'a, Result<(), HostError>>;

    /// Leaves the host running after this process ends (`--keep`).
    fn keep<'a>(&'a self) -> BoxFuture<'a, Result<(), HostError>>;
}
