//! The network between the syncer and one API server: a forwarder that can be cut, stalled and half-closed.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

use crate::schedule::Trouble;

/// The state of the network.
#[derive(Clone, Copy, Default)]
struct State {
    /// None is well.
    trouble: Option<Trouble>,
    /// How often it was cut: a cut of a moment is one, even if nobody looks meanwhile.
    cuts: u64,
}

/// Bytes that have come through, on all links together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    /// From the syncer.
    pub(crate) up: u64,
    /// To the syncer.
    pub(crate) down: u64,
}

/// A forwarder that runs until it is dropped.
pub(crate) struct Link {
    address: SocketAddr,
    state: watch::Sender<State>,
    target: watch::Sender<SocketAddr>,
    task: JoinHandle<()>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Link {
    /// Leads to `target`, and counts in `traffic`.
    pub(crate) async fn to(target: SocketAddr, traffic: watch::Sender<Traffic>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (state, target) = (watch::Sender::new(State::default()), watch::Sender::new(target));
        let task = tokio::spawn(serve(listener, state.clone(), target.clone(), traffic));
        Self { address, state, target, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Where it leads.
    pub(crate) fn target(&self) -> SocketAddr {
        *self.target.borrow()
    }

    /// Leads new connections elsewhere; the present ones are reset.
    pub(crate) fn lead_to(&self, target: SocketAddr) {
        self.target.send_replace(target);
        self.begin(Trouble::Cut);
        self.end();
    }

    pub(crate) fn begin(&self, trouble: Trouble) {
        self.state.send_modify(|state| {
            state.trouble = Some(trouble);
            state.cuts += u64::from(trouble == Trouble::Cut);
        });
    }

    pub(crate) fn end(&self) {
        self.state.send_modify(|state| state.trouble = None);
    }
}

async fn serve(
    listener: TcpListener,
    state: watch::Sender<State>,
    target: watch::Sender<SocketAddr>,
    traffic: watch::Sender<Traffic>,
) {
    while let Ok((near, _)) = listener.accept().await {
        let (state, target, traffic) = (state.subscribe(), *target.borrow(), traffic.clone());
        if state.borrow().trouble == Some(Trouble::Cut) {
            reset(&near);
            continue;
        }
        tokio::spawn(async move {
            let Ok(far) = TcpStream::connect(target).await else { return reset(&near) };
            connect(near, far, state, traffic).await;
        });
    }
}

/// Closing it then tells the peer so at once.
fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}

async fn connect(
    near: TcpStream,
    far: TcpStream,
    mut state: watch::Receiver<State>,
    traffic: watch::Sender<Traffic>,
) {
    reset(&near);
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    let count = |is_down: bool, bytes: u64| {
        traffic.send_modify(|traffic| *(if is_down { &mut traffic.down } else { &mut traffic.up }) += bytes);
    };
    let up = pump(near_read, far_write, state.clone(), None, |bytes| count(false, bytes));
    let down =
        pump(far_read, near_write, state.clone(), Some(Trouble::HalfClosed), |bytes| count(true, bytes));
    let before = state.borrow().cuts;
    let cut = state.wait_for(|state| state.cuts > before);
    tokio::select! {
        _ = async { tokio::join!(up, down) } => {}
        _ = cut => {}
    }
}

/// Passes bytes on in one direction, until `end` if that is a trouble, and counts them.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
    end: Option<Trouble>,
    count: impl Fn(u64),
) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        if state.wait_for(|state| state.trouble != Some(Trouble::Stalled)).await.is_err() {
            return;
        }
        let read = tokio::select! {
            read = from.read(&mut buffer) => read.unwrap_or_default(),
            _ = state.changed() => {
                if end.is_some() && state.borrow().trouble == end {
                    break;
                }
                continue;
            }
        };
        if read == 0 || to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
        count(read as u64);
    }
    let _ = to.shutdown().await;
}
