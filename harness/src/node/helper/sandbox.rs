//! A pod's sandbox: holds the network namespace and host name that the pod's containers share.

use std::{
    fs::{File, write},
    io::{self, Read, Write},
    os::fd::AsRawFd,
};

use nix::{
    sched::{CloneFlags, unshare},
    unistd::sethostname,
};

use super::{
    HelperError, Step,
    layout::SandboxLayout,
    lifetime,
    netlink::{End, LOOPBACK, Netlink, Peer},
    user::Namespace,
};

/// The index of a pod's own interface; far above any that a kernel adds to a new namespace by itself.
const POD_LINK: u32 = 1000;

pub(super) fn run(layout: SandboxLayout) -> Result<(), HelperError> {
    lifetime::end_with(layout.parent)?;
    let network = Namespace::of(layout.router, "net")?;
    Namespace::of(layout.router, "user")?.enter()?;
    network.enter()?;
    let router = Netlink::here().step("open netlink in the router")?;
    unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWUTS).step("make the pod's network namespace")?;
    lifetime::end_with(layout.parent)?;
    sethostname(&layout.hostname).step("set the host name")?;
    connect(&layout, &router)?;
    println!("ready");
    io::stdout().flush().step("say ready")?;
    // Held until the supervisor closes the pipe or ends.
    io::stdin().read_to_end(&mut Vec::new()).step("wait for the pod's end")?;
    Ok(())
}

fn connect(layout: &SandboxLayout, router: &Netlink) -> Result<(), HelperError> {
    let own = File::open("/proc/self/ns/net").step("open the pod's network namespace")?;
    let name = format!("pod{}", layout.link);
    let near = End { name: &name, index: layout.link };
    let far = Peer { end: End { name: "eth0", index: POD_LINK }, namespace: own.as_raw_fd() };
    router.add_pair(&near, &far).step("link the pod with the router")?;
    router.up(layout.link).step("bring up the router's end")?;
    router.neighbour(layout.link, layout.address, layout.gateway).step("route to the pod")?;

    let pod = Netlink::here().step("open netlink in the pod")?;
    pod.up(LOOPBACK).step("bring up loopback")?;
    pod.add_address(POD_LINK, layout.address).step("add the pod's address")?;
    pod.up(POD_LINK).step("bring up the pod's end")?;
    pod.neighbour(POD_LINK, layout.gateway, layout.address).step("route to the gateway")?;
    pod.default_route(POD_LINK, layout.gateway).step("add the default route")?;
    write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0").step("allow low ports")
}
