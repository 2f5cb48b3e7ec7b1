//! What runs in the containers of the host's kubelet.

use bytes::Bytes;
use http::Uri;
use serde_json::{Value, json};

/// What a request asks for.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) uri: String,
    path: String,
    parameters: Vec<(String, String)>,
}

/// What comes in.
pub(super) enum Input {
    Stdin(Bytes),
    StdinEnd,
    Size(Bytes),
}

/// Where output goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    Stdout,
    Stderr,
}

/// The streams of one exec or attach.
pub(super) trait Session {
    /// What comes in next; none when the client has gone.
    fn next(&mut self) -> impl Future<Output = Option<Input>> + Send;
    fn send(&mut self, to: Output, bytes: &[u8]) -> impl Future<Output = ()> + Send;
    /// Says how it ended and closes all streams.
    fn end(self, status: &Value) -> impl Future<Output = ()> + Send;
}

impl Ask {
    pub(super) fn of(uri: &Uri) -> Self {
        let parameters = uri.query().unwrap_or_default().split('&').filter_map(|parameter| {
            let (key, value) = parameter.split_once('=')?;
            Some((key.to_owned(), value.to_owned()))
        });
        Self { uri: uri.to_string(), path: uri.path().to_owned(), parameters: parameters.collect() }
    }

    fn all(&self, key: &str) -> Vec<&str> {
        self.parameters.iter().filter(|(name, _)| name == key).map(|(_, value)| value.as_str()).collect()
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.all(key).iter().any(|value| matches!(*value, "1" | "true"))
    }

    pub(super) fn port(&self) -> u16 {
        self.all("port").first().and_then(|port| port.parse().ok()).expect("a port")
    }

    pub(super) fn is_port_forward(&self) -> bool {
        self.path.starts_with("/portForward/")
    }

    pub(super) fn is_followed_log(&self) -> bool {
        self.path.starts_with("/containerLogs/") && self.has("follow")
    }

    /// Gives back the bytes of the connection as they are, with no framing.
    pub(super) fn is_raw(&self) -> bool {
        self.all("command") == ["raw-echo"]
    }
}

/// Runs the command, or what is attached to.
pub(super) async fn run(ask: &Ask, mut session: impl Session) {
    if ask.path.starts_with("/attach/") {
        session.send(Output::Stdout, b"attached\n").await;
        cat(&mut session).await;
        return session.end(&success()).await;
    }
    match ask.all("command").as_slice() {
        ["cat"] => cat(&mut session).await,
        ["exit", code] => return session.end(&failure(code)).await,
        ["both"] => {
            session.send(Output::Stdout, b"out\n").await;
            session.send(Output::Stderr, b"err\n").await;
        }
        ["size"] => {
            while let Some(input) = session.next().await {
                if let Input::Size(size) = input {
                    session.send(Output::Stdout, &size).await;
                    break;
                }
            }
        }
        _ => {
            session.send(Output::Stdout, format!("{}\n", ask.uri).as_bytes()).await;
            while let Some(input) = session.next().await {
                if let Input::Stdin(text) = input {
                    session.send(Output::Stdout, &text).await;
                    break;
                }
            }
        }
    }
    session.end(&success()).await;
}

/// Until standard input ends, and no sooner.
async fn cat(session: &mut impl Session) {
    loop {
        match session.next().await {
            Some(Input::Stdin(text)) => session.send(Output::Stdout, &text).await,
            Some(Input::Size(_)) => {}
            Some(Input::StdinEnd) | None => return,
        }
    }
}

fn success() -> Value {
    json!({"metadata": {}, "status": "Success"})
}

fn failure(code: &str) -> Value {
    json!({
        "metadata": {}, "status": "Failure", "reason": "NonZeroExitCode",
        "message": format!("command terminated with non-zero exit code {code}"),
        "details": {"causes": [{"reason": "ExitCode", "message": code}]},
    })
}
