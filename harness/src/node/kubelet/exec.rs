//! `/exec`: a command in a container, its streams as channels of a WebSocket.

use std::sync::Arc;

use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use http::{Request, StatusCode};
use hyper::{body::Incoming, upgrade::Upgraded};
use hyper_util::rt::TokioIo;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStdin},
    sync::mpsc,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        protocol::{CloseFrame, Role, frame::coding::CloseCode},
    },
};

use super::{
    logs::{is_true, value},
    reply::{self, Reply},
    routes,
    websocket::{self, Channel},
};
use crate::{
    node::{
        helper::layout::Process,
        pod::{Context, ServedContainer},
        runtime::{ExecSpec, Executed, Streams, exec},
    },
    process::Exit,
};

type Socket = WebSocketStream<TokioIo<Upgraded>>;

const READ: usize = 32 << 10;

pub(super) fn answer(
    context: &Arc<Context>,
    container: ServedContainer,
    mut request: Request<Incoming>,
) -> Reply {
    if !websocket::is_wanted(request.headers()) {
        return reply::text(
            StatusCode::NOT_IMPLEMENTED,
            "simulated nodes offer exec by WebSocket only, not SPDY",
        );
    }
    if !container.running {
        return reply::text(StatusCode::BAD_REQUEST, "the container is not running");
    }
    let Some(accepted) = websocket::accept(request.headers(), websocket::VERSIONS) else {
        return reply::text(StatusCode::BAD_REQUEST, "no known version of the channel protocol was offered");
    };
    let query = routes::pairs(&request);
    let asked = |name| value(&query, name).is_some_and(is_true);
    let argv = query.iter().filter(|(name, _)| name == "command").map(|(_, word)| word.clone()).collect();
    let mut environment = container.environment.clone();
    if asked("tty") {
        environment.push(("TERM".into(), "xterm".into()));
    }
    let spec = ExecSpec {
        command: Process { argv, ..container.process.clone() },
        environment,
        input: asked("input") || asked("stdin"),
        terminal: asked("tty"),
    };
    let upgrade = hyper::upgrade::on(&mut request);
    let context = Arc::clone(context);
    tokio::spawn(async move {
        let Ok(stream) = upgrade.await else { return };
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(stream), Role::Server, None).await;
        converse(&context, &container, spec, socket).await;
    });
    accepted
}

async fn converse(context: &Context, container: &ServedContainer, spec: ExecSpec, socket: Socket) {
    let (mut sink, stream) = socket.split();
    let status = match exec(&context.network, container.namespaces, container.pid, spec).await {
        Ok(executed) => match carry(executed, &mut sink, stream).await {
            Some(exit) => status_of(exit),
            None => return,
        },
        Err(error) => failure("InternalError", &error.to_string(), &Value::Null),
    };
    let closed = async {
        sink.send(Message::Binary(Channel::Status.message(status.to_string().as_bytes()))).await?;
        sink.send(Message::Close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() }))).await
    };
    if let Err(error) = closed.await {
        tracing::debug!(%error, "the client of an exec did not hear its end");
    }
}

/// Carries the streams until the command has ended; none if the client went away, which ends the command.
async fn carry(
    mut executed: Executed,
    sink: &mut SplitSink<Socket, Message>,
    stream: SplitStream<Socket>,
) -> Option<Exit> {
    let (sender, mut outgoing) = mpsc::channel::<Message>(8);
    let child = &mut executed.child;
    let input = child.stdin.take();
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let terminal = match &executed.streams {
        Streams::Terminal(terminal) => Some(terminal),
        Streams::Pipes => None,
    };
    let group = child.id();
    let pumps = async {
        tokio::join!(
            pump(Channel::Output, output, sender.clone()),
            pump(Channel::Errors, errors, sender.clone()),
            pump_terminal(terminal, sender.clone()),
        );
        drop(sender);
    };
    let send = async {
        while let Some(message) = outgoing.recv().await {
            if sink.send(message).await.is_err() {
                return false;
            }
        }
        true
    };
    tokio::select! {
        (exit, (), sent) = async { tokio::join!(wait(child), pumps, send) } => sent.then_some(exit),
        () = listen(stream, input, terminal) => {
            if let Some(group) = group {
                // It may have ended just now.
                let _ = killpg(Pid::from_raw(group.cast_signed()), Signal::SIGKILL);
            }
            None
        }
    }
}

async fn wait(child: &mut Child) -> Exit {
    child.wait().await.map_or(Exit::Unknown, Exit::from)
}

async fn pump(channel: Channel, from: Option<impl AsyncRead + Unpin>, to: mpsc::Sender<Message>) {
    let Some(mut from) = from else { return };
    let mut buffer = vec![0; READ];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if to.send(Message::Binary(channel.message(&buffer[..count]))).await.is_err() {
            return;
        }
    }
}

async fn pump_terminal(terminal: Option<&crate::node::runtime::Terminal>, to: mpsc::Sender<Message>) {
    let Some(terminal) = terminal else { return };
    let mut buffer = vec![0; READ];
    while let Ok(count @ 1..) = terminal.read(&mut buffer).await {
        if to.send(Message::Binary(Channel::Output.message(&buffer[..count]))).await.is_err() {
            return;
        }
    }
}

/// Takes what the client sends; returns when it goes away.
async fn listen(
    mut stream: SplitStream<Socket>,
    mut input: Option<ChildStdin>,
    terminal: Option<&crate::node::runtime::Terminal>,
) {
    while let Some(Ok(message)) = stream.next().await {
        let bytes = match message {
            Message::Binary(bytes) => bytes,
            Message::Close(_) => return,
            _ => continue,
        };
        match Channel::split(&bytes) {
            Some((Channel::Input, bytes)) => {
                let written = match (&mut input, terminal) {
                    (_, Some(terminal)) => terminal.write_all(bytes).await,
                    (Some(pipe), None) => pipe.write_all(bytes).await,
                    (None, None) => Ok(()),
                };
                // A command that does not read its input goes on.
                if written.is_err() {
                    input = None;
                }
            }
            Some((Channel::Close, [0])) => input = None,
            Some((Channel::Resize, bytes)) => resize(bytes, terminal),
            _ => {}
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Size {
    width: u16,
    height: u16,
}

fn resize(bytes: &[u8], terminal: Option<&crate::node::runtime::Terminal>) {
    let (Some(terminal), Ok(size)) = (terminal, serde_json::from_slice::<Size>(bytes)) else { return };
    if let Err(error) = terminal.resize(size.width, size.height) {
        tracing::debug!(%error, "a terminal was not resized");
    }
}

/// The Status by which a client learns how a command ended.
fn status_of(exit: Exit) -> Value {
    let code = match exit {
        Exit::Code(0) => return json!({ "metadata": {}, "status": "Success" }),
        Exit::Code(code) => code,
        Exit::Signal(signal) => 128 + signal,
        Exit::Unknown => return failure("InternalError", "the command vanished", &Value::Null),
    };
    let message = format!("command terminated with non-zero exit code: exit status {code}");
    let causes = json!({ "causes": [{ "reason": "ExitCode", "message": code.to_string() }] });
    failure("NonZeroExitCode", &message, &causes)
}

fn failure(reason: &str, message: &str, details: &Value) -> Value {
    json!({
        "metadata": {},
        "status": "Failure",
        "reason": reason,
        "message": message,
        "details": details,
        "code": 500,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_code_is_a_cause_of_the_status() {
        let status = status_of(Exit::Code(3));
        assert_eq!(status["details"]["causes"][0], json!({ "reason": "ExitCode", "message": "3" }));
        assert_eq!(status_of(Exit::Code(0))["status"], "Success");
        assert_eq!(status_of(Exit::Signal(9))["details"]["causes"][0]["message"], "137");
    }
}
