//! Our side of the router: sockets that are made in its network namespace.

use std::{
    io::{self, IoSliceMut},
    mem::MaybeUninit,
    net::TcpStream as StdStream,
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixStream as StdUnixStream,
    },
    process::Stdio,
};

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use tokio::{
    io::{AsyncWriteExt, Interest},
    net::{TcpSocket, UnixStream},
    process::Child,
    sync::{Mutex, watch},
};

use super::{Helpers, NetworkConfig};
use crate::node::{
    NodeError,
    helper::{SOCKETS_PER_ANSWER, layout::RouterLayout},
};

/// The process that holds the pods' namespaces.
pub(super) struct Router {
    pid: u32,
    ended: watch::Receiver<bool>,
    line: Mutex<Line>,
}

/// The socket on which the router hands out others, and those not yet used.
struct Line {
    control: Option<UnixStream>,
    spare: Vec<OwnedFd>,
}

impl Router {
    pub(super) async fn start(helpers: &Helpers, config: &NetworkConfig) -> Result<Self, NodeError> {
        let failed = |error: io::Error| NodeError::Helper { name: "router", reason: error.to_string() };
        let (ours, theirs) = StdUnixStream::pair().map_err(failed)?;
        ours.set_nonblocking(true).map_err(failed)?;
        let control = UnixStream::from_std(ours).map_err(failed)?;
        let layout = RouterLayout {
            parent: Helpers::parent(),
            gateway: config.gateway(),
            services: config.service_cidr,
        };
        let child = helpers.start_ready("router", &layout, Stdio::from(OwnedFd::from(theirs))).await?;
        Ok(Self {
            pid: child.id().unwrap_or_default(),
            ended: end_of(child),
            line: Mutex::new(Line { control: Some(control), spare: Vec::new() }),
        })
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// A TCP socket of the router's network, neither bound nor connected.
    pub(super) async fn socket(&self) -> io::Result<TcpSocket> {
        let mut line = self.line.lock().await;
        if line.spare.is_empty() {
            line.refill().await?;
        }
        let socket = line.spare.pop().ok_or_else(gone)?;
        Ok(TcpSocket::from_std_stream(StdStream::from(socket)))
    }

    /// Hangs up and waits until the router has ended.
    pub(super) async fn stop(&self) {
        {
            let mut line = self.line.lock().await;
            line.control = None;
            line.spare.clear();
        }
        self.ended().await;
    }

    /// Returns when the router has ended.
    pub(super) async fn ended(&self) {
        // An error would mean that nobody waits for the process any more, which is as good as its end.
        drop(self.ended.clone().wait_for(|ended| *ended).await);
    }
}

/// Tells when a process has ended, to as many as ask.
fn end_of(mut child: Child) -> watch::Receiver<bool> {
    let (tell, ended) = watch::channel(false);
    tokio::spawn(async move {
        // It fails only where somebody else has already reaped it.
        drop(child.wait().await);
        tell.send_replace(true);
    });
    ended
}

impl Line {
    async fn refill(&mut self) -> io::Result<()> {
        let control = self.control.as_mut().ok_or_else(gone)?;
        control.write_all(b"?").await?;
        self.spare = control.async_io(Interest::READABLE, || receive(control)).await?;
        Ok(())
    }
}

fn receive(control: &impl AsFd) -> io::Result<Vec<OwnedFd>> {
    let mut byte = [0];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SOCKETS_PER_ANSWER))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    recvmsg(control.as_fd(), &mut [IoSliceMut::new(&mut byte)], &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    let mut sockets = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = message {
            sockets.extend(descriptors);
        }
    }
    Ok(sockets)
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the pods' router has ended")
}
