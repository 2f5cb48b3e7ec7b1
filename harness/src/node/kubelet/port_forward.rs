//! `/portForward`: connections to a pod's ports as channels of a WebSocket, two for each port: its data, and an error.

use std::{net::SocketAddrV4, sync::Arc};

use bytes::Bytes;
use futures::{SinkExt, StreamExt, stream::SplitSink};
use http::{Request, StatusCode};
use hyper::{body::Incoming, upgrade::Upgraded};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, WriteHalf, split},
    net::TcpStream,
    sync::mpsc,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};

use super::{
    reply::{self, Reply},
    routes,
    websocket::{self, PORT_VERSIONS},
};
use crate::node::pod::Context;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

const READ: usize = 32 << 10;

/// Channels are numbered in one byte, two to a port.
const MOST_PORTS: usize = 128;

pub(super) fn answer(context: &Arc<Context>, address: &str, mut request: Request<Incoming>) -> Reply {
    if !websocket::is_wanted(request.headers()) {
        let text = "simulated nodes forward ports by WebSocket with v4.channel.k8s.io, not by SPDY";
        return reply::text(StatusCode::NOT_IMPLEMENTED, text);
    }
    let query = routes::pairs(&request);
    let wanted = query.iter().filter(|(name, _)| name == "port" || name == "ports");
    let ports: Result<Vec<u16>, _> = wanted.flat_map(|(_, all)| all.split(',')).map(str::parse).collect();
    let (Ok(ports), Ok(address)) = (ports, address.parse()) else {
        return reply::text(StatusCode::BAD_REQUEST, "the request names no ports, or the pod has no address");
    };
    if ports.is_empty() || ports.len() > MOST_PORTS {
        return reply::text(
            StatusCode::BAD_REQUEST,
            format!("between 1 and {MOST_PORTS} ports can be forwarded"),
        );
    }
    let Some(accepted) = websocket::accept(request.headers(), PORT_VERSIONS) else {
        let text = "simulated nodes forward ports by v4.channel.k8s.io, which was not offered";
        return reply::text(StatusCode::NOT_IMPLEMENTED, text);
    };
    let upgrade = hyper::upgrade::on(&mut request);
    let context = Arc::clone(context);
    let targets: Vec<_> = ports.into_iter().map(|port| SocketAddrV4::new(address, port)).collect();
    tokio::spawn(async move {
        let Ok(stream) = upgrade.await else { return };
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(stream), Role::Server, None).await;
        converse(&context, &targets, socket).await;
    });
    accepted
}

/// Connects to all ports and carries until the client or the last port hangs up.
async fn converse(context: &Context, targets: &[SocketAddrV4], socket: Socket) {
    let (sink, mut incoming) = socket.split();
    let (outgoing, queue) = mpsc::channel::<Message>(8);
    let mut writers = Vec::new();
    let mut readers = tokio::task::JoinSet::new();
    let sending = tokio::spawn(send(sink, queue));
    for (channel, target) in (0u8..).step_by(2).zip(targets) {
        for channel in [channel, channel + 1] {
            // A closed queue means that the client has gone, which the loop below notices.
            drop(outgoing.send(first(channel, target.port())).await);
        }
        match context.network.dial_endpoint(*target).await {
            Ok(stream) => {
                let (reader, writer) = split(stream);
                writers.push(Some(writer));
                readers.spawn(pump(channel, reader, outgoing.clone()));
            }
            Err(error) => {
                writers.push(None);
                drop(outgoing.send(message(channel + 1, error.to_string().as_bytes())).await);
            }
        }
    }
    drop(outgoing);
    let hearing = async {
        while let Some(Ok(message)) = incoming.next().await {
            match message {
                Message::Binary(bytes) => write(&mut writers, &bytes).await,
                Message::Close(_) => return,
                _ => {}
            }
        }
    };
    let reading = async { while readers.join_next().await.is_some() {} };
    tokio::select! {
        () = hearing => {}
        // What the ports have said last is still on its way.
        () = async { reading.await; drop(sending.await) } => {}
    }
}

/// Sends what is queued, then says goodbye.
async fn send(mut sink: SplitSink<Socket, Message>, mut queue: mpsc::Receiver<Message>) {
    while let Some(message) = queue.recv().await {
        if sink.send(message).await.is_err() {
            return;
        }
    }
    // A client that has gone needs no goodbye.
    drop(sink.send(Message::Close(None)).await);
}

async fn pump(channel: u8, mut from: tokio::io::ReadHalf<TcpStream>, to: mpsc::Sender<Message>) {
    let mut buffer = vec![0; READ];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if to.send(message(channel, &buffer[..count])).await.is_err() {
            return;
        }
    }
}

/// Writes a message of the client to its port; a port that has hung up takes no more.
async fn write(writers: &mut [Option<WriteHalf<TcpStream>>], message: &[u8]) {
    let Some((channel, bytes)) = message.split_first().filter(|(channel, _)| **channel % 2 == 0) else {
        return;
    };
    let Some(slot) = writers.get_mut(usize::from(channel / 2)) else { return };
    if let Some(writer) = slot
        && writer.write_all(bytes).await.is_err()
    {
        *slot = None;
    }
}

/// The message that opens a channel: it says the port.
fn first(channel: u8, port: u16) -> Message {
    message(channel, &port.to_le_bytes())
}

fn message(channel: u8, bytes: &[u8]) -> Message {
    let mut whole = Vec::with_capacity(bytes.len() + 1);
    whole.push(channel);
    whole.extend_from_slice(bytes);
    Message::Binary(Bytes::from(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_opens_with_its_port_in_little_endian() {
        assert_eq!(first(1, 8080), Message::Binary(Bytes::from_static(&[1, 0x90, 0x1f])));
    }
}
