//! The way of an API server to nodes, whatever their address: HTTP CONNECT on a Unix socket, as its egress selector
//! speaks it. API servers refuse to proxy to loopback, where everything in a test is.

use std::path::{Path, PathBuf};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpStream, UnixListener, UnixStream},
    task::JoinHandle,
};

/// Serves until it is dropped.
pub(super) struct Egress {
    task: JoinHandle<()>,
    /// What an API server is to be started with.
    pub(super) config: PathBuf,
}

impl Drop for Egress {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Egress {
    /// Leads every address to the same port of loopback.
    pub(super) fn start(folder: &Path) -> Self {
        let (socket, config) = (folder.join("egress.sock"), folder.join("egress.json"));
        let text = json!({
            "apiVersion": "apiserver.k8s.io/v1beta1", "kind": "EgressSelectorConfiguration",
            "egressSelections": [{"name": "cluster", "connection": {
                "proxyProtocol": "HTTPConnect", "transport": {"uds": {"udsName": socket}},
            }}],
        });
        fs_err::write(&config, text.to_string()).expect("the folder can be written");
        let listener = UnixListener::bind(socket).expect("a socket");
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(carry(stream));
            }
        });
        Self { task, config }
    }
}

async fn carry(mut client: UnixStream) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let port = head.split(' ').nth(1).and_then(|authority| authority.rsplit(':').next()?.parse().ok());
    let mut server = TcpStream::connect(("127.0.0.1", port.unwrap_or(1u16))).await?;
    client.write_all(b"HTTP/1.1 200 Connection Established\r\n\r\n").await?;
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}
