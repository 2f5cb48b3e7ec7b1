//! What the supervisor tells a helper: passed as one JSON argument.

use std::{net::Ipv4Addr, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::host::cidr::Cidr;

/// What the router of a host needs: it holds the namespaces that all pods of the host hang on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RouterLayout {
    /// The process that started it, and with which it ends.
    pub parent: i32,
    /// The address that pods use as their gateway.
    pub gateway: Ipv4Addr,
    /// Addresses of services: all of them are local to the router.
    pub services: Cidr,
}

/// What a pod's sandbox needs: it holds the network and host name that the pod's containers share.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SandboxLayout {
    /// The process that started it, and with which it ends.
    pub parent: i32,
    /// The router's process.
    pub router: u32,
    /// The pod's address.
    pub address: Ipv4Addr,
    /// The router's address.
    pub gateway: Ipv4Addr,
    /// The interface index of the router's end, unique on this host.
    pub link: u32,
    /// The pod's host name.
    pub hostname: String,
}

/// The processes whose namespaces a pod's processes join.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct PodNamespaces {
    /// The router's process, whose user namespace owns the pod's.
    pub router: u32,
    /// The sandbox's process.
    pub sandbox: u32,
}

/// What a container needs to become its program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ContainerLayout {
    /// The process that started it, and with which it ends.
    pub parent: i32,
    /// Where it lives; none where it shares all with the machine.
    pub place: Option<ContainerPlace>,
    /// The process to become.
    pub process: Process,
}

/// The namespaces and the root of a container.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ContainerPlace {
    /// The pod's.
    pub pod: PodNamespaces,
    /// An empty folder on which the new root is mounted.
    pub root: PathBuf,
    /// The program of the image on this machine.
    pub program: PathBuf,
    /// What it is called in [`IMAGE_BIN`].
    pub program_name: String,
    /// What is bound into the new root, in order.
    pub mounts: Vec<Bind>,
    /// Text of `/etc/hosts`.
    pub hosts: String,
}

/// What a command needs to join a running container.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExecLayout {
    /// The process that started it, and with which it ends.
    pub parent: i32,
    /// The pod's namespaces and the container's process; none where it shares all with the machine.
    pub place: Option<(PodNamespaces, u32)>,
    /// True where standard input is a terminal that the command is to control.
    pub terminal: bool,
    /// The process to become.
    pub process: Process,
}

/// A program with its arguments; the environment is inherited.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Process {
    /// Program and arguments; a program without a slash is looked up in `PATH`.
    pub argv: Vec<String>,
    /// The working directory inside the new root.
    pub directory: PathBuf,
    /// The user that the program believes to be; none keeps the one that runs the supervisor.
    pub uid: Option<u32>,
    /// The group that the program believes to be in.
    pub gid: Option<u32>,
}

/// A folder or file of the machine that appears in the new root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bind {
    /// Absolute path on the machine.
    pub source: PathBuf,
    /// Absolute path in the container.
    pub target: PathBuf,
    /// True where the container may not write to it.
    pub read_only: bool,
}

/// Where the programs of an image are found in a container.
pub const IMAGE_BIN: &str = "/image/bin";
