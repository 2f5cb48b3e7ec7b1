//! The router: holds the user and network namespace that all pods of a host hang on, and hands out sockets made in it.

use std::{
    fs::write,
    io::{self, IoSlice, Write},
    mem::MaybeUninit,
    os::fd::{AsFd, OwnedFd},
};

use nix::sched::CloneFlags;
use rustix::net::{
    AddressFamily, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
    recv, sendmsg, socket_with,
};

use super::{
    HelperError, Step,
    layout::RouterLayout,
    lifetime,
    netlink::{LOOPBACK, Netlink},
    user,
};

/// How many sockets one answer carries.
pub(crate) const SOCKETS_PER_ANSWER: usize = 8;

pub(super) fn run(layout: RouterLayout) -> Result<(), HelperError> {
    lifetime::end_with(layout.parent)?;
    user::enter_new(CloneFlags::CLONE_NEWNET, None, None)?;
    lifetime::end_with(layout.parent)?;
    let network = Netlink::here().step("open netlink")?;
    network.up(LOOPBACK).step("bring up loopback")?;
    network.add_address(LOOPBACK, layout.gateway).step("add the gateway's address")?;
    network.own(layout.services).step("route the service range")?;
    write("/proc/sys/net/ipv4/ip_forward", "1").step("forward between pods")?;
    write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0").step("allow low ports")?;
    println!("ready");
    io::stdout().flush().step("say ready")?;
    serve()
}

/// Answers each byte on standard input with unconnected TCP sockets, until the supervisor hangs up.
fn serve() -> Result<(), HelperError> {
    let control = io::stdin();
    let mut request = [0u8; 16];
    loop {
        let (asked, _) =
            recv(control.as_fd(), &mut request, RecvFlags::empty()).step("wait for a request")?;
        if asked == 0 {
            return Ok(());
        }
        let sockets = sockets().step("make sockets")?;
        let fds: Vec<_> = sockets.iter().map(AsFd::as_fd).collect();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SOCKETS_PER_ANSWER))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        ancillary.push(SendAncillaryMessage::ScmRights(&fds));
        sendmsg(control.as_fd(), &[IoSlice::new(b"s")], &mut ancillary, SendFlags::NOSIGNAL)
            .step("hand out sockets")?;
    }
}

fn sockets() -> io::Result<Vec<OwnedFd>> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    (0..SOCKETS_PER_ANSWER)
        .map(|_| Ok(socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?))
        .collect()
}
