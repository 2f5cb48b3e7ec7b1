//! As much of SPDY/3.1 as kubectl and API servers speak. Their header blocks stay unread, for streams are opened in a
//! known order; ours are empty, in a zlib stream of stored blocks.

use std::collections::HashSet;

use bytes::Bytes;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::program::{self, Ask, Input, Output, Session};

const FIN: u8 = 1;
const PING: u16 = 6;

enum Frame {
    /// A stream has been opened.
    Open(u32),
    Data(u32, Bytes, bool),
}

struct Connection<S> {
    stream: S,
    /// Whether a header block has been sent, after which no zlib header comes any more.
    has_replied: bool,
}

pub(super) async fn serve(upgraded: OnUpgrade, ask: Ask) {
    let mut stream = TokioIo::new(upgraded.await.expect("an upgrade"));
    if ask.is_raw() {
        return echo(&mut stream).await;
    }
    if ask.is_port_forward() {
        return ports(stream).await;
    }
    if let Some(session) = Streams::open(Connection::new(stream), &ask).await {
        program::run(&ask, session).await;
    }
}

async fn echo(stream: &mut TokioIo<Upgraded>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
        if stream.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
    let _ = stream.shutdown().await;
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Connection<S> {
    fn new(stream: S) -> Self {
        Self { stream, has_replied: false }
    }

    /// The next frame that matters; none when the client has gone.
    async fn next(&mut self) -> Option<Frame> {
        loop {
            let first = self.stream.read_u32().await.ok()?;
            let second = self.stream.read_u32().await.ok()?;
            let (flags, length) = ((second >> 24) as u8, second & 0x00ff_ffff);
            let mut payload = vec![0; length as usize];
            self.stream.read_exact(&mut payload).await.ok()?;
            let ends = flags & FIN != 0;
            if first & 0x8000_0000 == 0 {
                return Some(Frame::Data(first, payload.into(), ends));
            }
            match first as u16 {
                1 => {
                    let id = u32::from_be_bytes(payload[..4].try_into().expect("four bytes"));
                    self.reply(id).await?;
                    return Some(Frame::Open(id));
                }
                PING => self.control(PING, &payload).await?,
                _ => {}
            }
        }
    }

    async fn reply(&mut self, id: u32) -> Option<()> {
        const ZLIB: [u8; 2] = [0x78, 0x01];
        // A stored block of four bytes, which say that there are no headers, and an empty one, which flushes it.
        const NONE: [u8; 14] = [0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
        let mut payload = id.to_be_bytes().to_vec();
        if !std::mem::replace(&mut self.has_replied, true) {
            payload.extend(ZLIB);
        }
        payload.extend(NONE);
        self.control(2, &payload).await
    }

    async fn control(&mut self, kind: u16, payload: &[u8]) -> Option<()> {
        let mut frame = vec![0x80, 3];
        frame.extend(kind.to_be_bytes());
        frame.extend((payload.len() as u32).to_be_bytes());
        frame.extend(payload);
        self.stream.write_all(&frame).await.ok()
    }

    async fn data(&mut self, id: u32, bytes: &[u8], ends: bool) {
        let length = u32::try_from(bytes.len()).expect("a small piece") | if ends { 1 << 24 } else { 0 };
        let head = [id.to_be_bytes(), length.to_be_bytes()].concat();
        // A client that has seen enough goes.
        let _ = self.stream.write_all(&[&head, bytes].concat()).await;
    }
}

/// The streams of a process by their numbers.
struct Streams {
    connection: Connection<TokioIo<Upgraded>>,
    error: u32,
    stdin: Option<u32>,
    stdout: Option<u32>,
    stderr: Option<u32>,
    resize: Option<u32>,
    early_end: bool,
}

impl Streams {
    /// Waits for the streams that were asked for: error, stdin, stdout, stderr, resize, as far as they are wanted.
    async fn open(mut connection: Connection<TokioIo<Upgraded>>, ask: &Ask) -> Option<Self> {
        let tty = ask.has("tty");
        let wanted = [true, ask.has("input"), ask.has("output"), ask.has("error") && !tty, tty];
        let mut ids = [None; 5];
        let mut early_end = false;
        for (slot, _) in ids.iter_mut().zip(wanted).filter(|(_, wanted)| *wanted) {
            loop {
                match connection.next().await? {
                    Frame::Open(id) => {
                        *slot = Some(id);
                        break;
                    }
                    Frame::Data(_, _, ends) => early_end |= ends,
                }
            }
        }
        let [error, stdin, stdout, stderr, resize] = ids;
        Some(Self { connection, error: error?, stdin, stdout, stderr, resize, early_end })
    }
}

impl Session for Streams {
    async fn next(&mut self) -> Option<Input> {
        if std::mem::take(&mut self.early_end) {
            return Some(Input::StdinEnd);
        }
        loop {
            match self.connection.next().await? {
                Frame::Data(id, bytes, _) if Some(id) == self.stdin && !bytes.is_empty() => {
                    return Some(Input::Stdin(bytes));
                }
                Frame::Data(id, _, true) if Some(id) == self.stdin => return Some(Input::StdinEnd),
                Frame::Data(id, bytes, _) if Some(id) == self.resize && !bytes.is_empty() => {
                    return Some(Input::Size(bytes));
                }
                _ => {}
            }
        }
    }

    async fn send(&mut self, to: Output, bytes: &[u8]) {
        let id = if to == Output::Stdout { self.stdout } else { self.stderr };
        if let Some(id) = id {
            self.connection.data(id, bytes, false).await;
        }
    }

    async fn end(mut self, status: &Value) {
        for id in [self.stdout, self.stderr].into_iter().flatten() {
            self.connection.data(id, &[], true).await;
        }
        self.connection.data(self.error, status.to_string().as_bytes(), true).await;
        // Until the client has closed, so that nothing on its way is lost.
        while self.connection.next().await.is_some() {}
    }
}

/// Connections to ports: of each two streams the first is for errors; what comes on the second is given back.
pub(super) async fn ports(stream: impl AsyncRead + AsyncWrite + Unpin + Send) {
    let mut connection = Connection::new(stream);
    let mut data = HashSet::new();
    let mut errors = Vec::new();
    while let Some(frame) = connection.next().await {
        match frame {
            Frame::Open(id) if errors.len() == data.len() => errors.push(id),
            Frame::Open(id) => {
                data.insert(id);
            }
            Frame::Data(id, bytes, ends) if data.contains(&id) => {
                connection.data(id, &bytes, ends).await;
                if ends && let Some(error) = errors.iter().rev().find(|error| **error < id) {
                    connection.data(*error, &[], true).await;
                }
            }
            Frame::Data(..) => {}
        }
    }
}
