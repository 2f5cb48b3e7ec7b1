//! The containers of the plane's pod, one file each.

mod api_server;
mod controller_manager;
mod etcd;
mod prepare;
mod syncer;

use serde_json::{Value, json};

use super::{API_SERVER_PORT, PlaneNames, Values};
use crate::tenancy::vcluster::values::Demand;

pub(super) use api_server::api_server;
pub(super) use controller_manager::controller_manager;
pub(super) use etcd::etcd;
pub(super) use prepare::prepare;
pub(in crate::tenancy::vcluster) use syncer::ideal;
pub(super) use syncer::syncer;

/// The containers that run as long as the plane, as [`crate::tenancy::Component`] finds them.
pub(in crate::tenancy::vcluster) const CONTAINERS: [&str; 4] =
    ["etcd", "kube-apiserver", "kube-controller-manager", "syncer"];

pub(super) const KUBELET_PORT: u16 = 10250;
const HEALTH_PORT: u16 = 8081;

/// All on which a plane's containers listen; etcd's two are the last.
pub(in crate::tenancy::vcluster) const PORTS: [u16; 5] =
    [API_SERVER_PORT, KUBELET_PORT, HEALTH_PORT, 2379, 2380];

/// What nodes hold is not asked for anywhere else.
const PULL: &str = "IfNotPresent";

/// Where the first step writes what the others read.
const PKI: &str = "/pki";

/// How much of a Go program's heap may be garbage: what most of a plane's memory is.
fn heap(values: &Values) -> Value {
    json!({"name": "GOGC", "value": values.heap_growth.to_string()})
}

fn mount(name: &str, path: &str) -> Value {
    json!({"name": name, "mountPath": path})
}
