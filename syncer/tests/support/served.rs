//! What a syncer serves about itself, as a scraper or a kubelet asks for it.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Empty};
use hyper::{Request, StatusCode, body::Bytes, header::CONTENT_TYPE};
use hyper_util::rt::TokioIo;
use tenantbench_syncer::run::{Health, Server};
use tokio::{net::TcpStream, task::JoinHandle};

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) media_type: String,
    pub(crate) text: String,
}

/// Asks `http://ADDRESS/PATH`.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Answer {
    let stream = TcpStream::connect(address).await.expect("it listens");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("it speaks HTTP");
    tokio::spawn(connection);
    let request = Request::get(path).header("host", "syncer").body(Empty::<Bytes>::new());
    let response = sender.send_request(request.expect("a request")).await.expect("an answer");
    let (head, body) = response.into_parts();
    let media_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bytes = body.collect().await.expect("a body").to_bytes();
    Answer {
        status: head.status,
        media_type: media_type.to_owned(),
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// Serves `health` until it is dropped.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Served {
    pub(crate) async fn start(health: Health) -> Self {
        let server = Server::open(([127, 0, 0, 1], 0).into()).await.expect("a port");
        Self { address: server.address().expect("an address"), task: tokio::spawn(server.serve(health)) }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}
