//! The way in for the API server: HTTP CONNECT on a Unix socket, as its egress selector speaks it.

use std::{
    io,
    net::{Ipv4Addr, SocketAddrV4},
    path::Path,
};

use tenantbench_syncer::accept;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{UnixListener, UnixStream},
};

use super::Network;
use crate::node::NodeError;

/// The port of every node's kubelet.
pub(crate) const KUBELET_PORT: u16 = 10250;

/// A request head that is longer is none of an API server's.
const LONGEST_HEAD: usize = 4096;

pub(super) fn listen(path: &Path) -> Result<UnixListener, NodeError> {
    // What a killed run left can only be removed here: its socket would refuse ours.
    if path.exists() {
        fs_err::remove_file(path)?;
    }
    UnixListener::bind(path).map_err(|source| NodeError::Egress { path: path.to_owned(), source })
}

pub(super) async fn serve(network: Network, listener: UnixListener) {
    loop {
        let (stream, network) = (accept::accept(&listener).await, network.clone());
        tokio::spawn(async move {
            if let Err(error) = carry(&network, stream).await {
                tracing::debug!(%error, "egress connection ended");
            }
        });
    }
}

async fn carry(network: &Network, mut client: UnixStream) -> io::Result<()> {
    let head = read_head(&mut client).await?;
    let Some(to) = target(&head) else {
        return refuse(&mut client, "400 Bad Request", "only CONNECT to an IPv4 address and port").await;
    };
    let kubelet = network.inner.kubelets.read().get(to.ip()).cloned();
    if let Some(kubelet) = kubelet.filter(|_| to.port() == KUBELET_PORT) {
        accept(&mut client).await?;
        kubelet(client);
        return Ok(());
    }
    match network.dial(to).await {
        Ok(mut server) => {
            accept(&mut client).await?;
            copy_bidirectional(&mut client, &mut server).await.map(drop)
        }
        Err(error) => refuse(&mut client, "502 Bad Gateway", &error.to_string()).await,
    }
}

/// Reads up to the blank line and not a byte further: what follows belongs to the connection.
async fn read_head(client: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(256);
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == LONGEST_HEAD {
            return Err(io::Error::other("the request's head is too long"));
        }
        head.push(client.read_u8().await?);
    }
    Ok(head)
}

/// Where a `CONNECT` request leads.
fn target(head: &[u8]) -> Option<SocketAddrV4> {
    let line = std::str::from_utf8(head).ok()?.lines().next()?;
    let authority = line.strip_prefix("CONNECT ")?.split(' ').next()?;
    let (host, port) = authority.rsplit_once(':')?;
    Some(SocketAddrV4::new(host.parse::<Ipv4Addr>().ok()?, port.parse().ok()?))
}

async fn accept(client: &mut UnixStream) -> io::Result<()> {
    client.write_all(b"HTTP/1.1 200 Connection Established\r\n\r\n").await
}

async fn refuse(client: &mut UnixStream, status: &str, reason: &str) -> io::Result<()> {
    let length = reason.len();
    let answer =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{reason}");
    client.write_all(answer.as_bytes()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connect_request_names_an_address() {
        let head = b"CONNECT 10.250.0.2:10250 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
        assert_eq!(target(head), Some("10.250.0.2:10250".parse().unwrap()));
    }

    #[test]
    fn other_requests_lead_nowhere() {
        for head in ["GET / HTTP/1.1\r\n\r\n", "CONNECT name:1 HTTP/1.1\r\n\r\n", "CONNECT 10.0.0.1 HTTP/1.1"]
        {
            assert_eq!(target(head.as_bytes()), None, "{head}");
        }
    }
}
