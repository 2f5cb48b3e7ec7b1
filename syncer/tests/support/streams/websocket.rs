//! Channels over WebSocket: v5 and v4 for processes, v4 for ports, and SPDY inside of it for ports.

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        protocol::{CloseFrame, Role, frame::coding::CloseCode},
    },
};

use super::{
    program::{self, Ask, Input, Output, Session},
    spdy,
};

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// The channel on which v5 says that another has ended.
const CLOSE: u8 = 255;

pub(super) async fn serve(upgraded: OnUpgrade, protocol: String, ask: Ask) {
    let upgraded = TokioIo::new(upgraded.await.expect("an upgrade"));
    let socket = WebSocketStream::from_raw_socket(upgraded, Role::Server, None).await;
    match protocol.as_str() {
        "SPDY/3.1+portforward.k8s.io" => tunnel(socket).await,
        _ if ask.is_port_forward() => ports(socket, ask.port()).await,
        _ => program::run(&ask, Channels { socket }).await,
    }
}

struct Channels {
    socket: Socket,
}

impl Channels {
    async fn frame(&mut self, channel: u8, bytes: &[u8]) {
        let frame = [&[channel], bytes].concat();
        // A client that has seen enough goes.
        let _ = self.socket.send(Message::Binary(frame.into())).await;
    }
}

impl Session for Channels {
    async fn next(&mut self) -> Option<Input> {
        loop {
            let Message::Binary(bytes) = self.socket.next().await?.ok()? else { continue };
            let Some((channel, payload)) = bytes.split_first() else { continue };
            match channel {
                0 if !payload.is_empty() => return Some(Input::Stdin(bytes.slice(1..))),
                4 => return Some(Input::Size(bytes.slice(1..))),
                &CLOSE if payload == [0] => return Some(Input::StdinEnd),
                _ => {}
            }
        }
    }

    async fn send(&mut self, to: Output, bytes: &[u8]) {
        self.frame(if to == Output::Stdout { 1 } else { 2 }, bytes).await;
    }

    async fn end(mut self, status: &Value) {
        self.frame(3, status.to_string().as_bytes()).await;
        let _ = self.socket.close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() })).await;
        // Until the client has closed too, so that nothing on its way is lost.
        while let Some(Ok(_)) = self.socket.next().await {}
    }
}

/// One port: first its number on both of its channels, then what comes is given back.
async fn ports(mut socket: Socket, port: u16) {
    let [low, high] = port.to_le_bytes();
    for channel in [0, 1] {
        socket.send(Message::Binary(vec![channel, low, high].into())).await.expect("sent");
    }
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Binary(bytes) = message {
            socket.send(Message::Binary(bytes)).await.expect("sent");
        }
    }
}

/// SPDY, cut into messages anywhere.
async fn tunnel(socket: Socket) {
    let (near, far) = tokio::io::duplex(64 * 1024);
    tokio::spawn(spdy::ports(far));
    let (mut from, mut to) = tokio::io::split(near);
    let (mut sink, mut source) = socket.split();
    tokio::spawn(async move {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let piece = Bytes::copy_from_slice(&buffer[..length]);
            if sink.send(Message::Binary(piece)).await.is_err() {
                return;
            }
        }
    });
    while let Some(Ok(message)) = source.next().await {
        if let Message::Binary(bytes) = message {
            to.write_all(&bytes).await.expect("written");
        }
    }
}
