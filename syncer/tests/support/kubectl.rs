//! The real kubectl, as a child that ends with the test.

use std::{path::Path, process::Stdio};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
};

use super::{ADMIN_TOKEN, process::program, soon};

/// kubectl with a cluster and a user.
pub(crate) struct Kubectl {
    flags: Vec<String>,
    home: String,
    environment: Vec<(&'static str, &'static str)>,
}

/// What a kubectl that has ended said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Said {
    /// Its standard output as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

impl Kubectl {
    pub(super) fn new(server: &http::Uri, folder: &Path) -> Self {
        let folder = folder.display();
        Self {
            flags: vec![
                format!("--server={server}"),
                format!("--token={ADMIN_TOKEN}"),
                format!("--certificate-authority={folder}/ca.crt"),
            ],
            home: folder.to_string(),
            environment: Vec::new(),
        }
    }

    /// The same, speaking SPDY instead of WebSocket.
    pub(crate) fn over_spdy(mut self) -> Self {
        self.environment = vec![
            ("KUBECTL_REMOTE_COMMAND_WEBSOCKETS", "false"),
            ("KUBECTL_PORT_FORWARD_WEBSOCKETS", "false"),
        ];
        self
    }

    /// Starts it with all three streams piped.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = Command::from(program("kubectl"));
        command.args(&self.flags).args(arguments).env("HOME", &self.home).envs(self.environment.clone());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command.spawn().expect("kubectl starts")
    }

    /// Runs it with this input until it ends.
    pub(crate) async fn run(&self, arguments: &[&str], input: &[u8]) -> Said {
        let mut child = self.start(arguments);
        let mut stdin = child.stdin.take().expect("piped");
        let feeding = async move {
            // It may end before it has read all.
            let _ = stdin.write_all(input).await;
        };
        let (mut stdout, mut stderr) = (Vec::new(), String::new());
        let (mut from, mut complaints) =
            (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let reading = async {
            let read = tokio::join!(from.read_to_end(&mut stdout), complaints.read_to_string(&mut stderr));
            read.0.expect("read");
            read.1.expect("text");
        };
        let ended = async { tokio::join!(feeding, reading, child.wait()).2.expect("ends") };
        let code = soon(&format!("kubectl {}", arguments.join(" ")), ended).await.code();
        Said { code, stdout, stderr }
    }
}
