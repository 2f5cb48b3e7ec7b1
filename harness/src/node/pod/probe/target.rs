//! What a probe asks.

use std::net::SocketAddrV4;

use k8s_openapi::{
    api::core::v1::{Container, HTTPGetAction, Probe},
    apimachinery::pkg::util::intstr::IntOrString,
};
use tokio::io::AsyncReadExt;

use super::{Probed, http};
use crate::node::{
    helper::layout::Process,
    runtime::{ExecSpec, exec},
};

/// A question that a container answers by being well.
pub(super) enum Target {
    Http {
        request: HTTPGetAction,
        port: Option<u16>,
    },
    Tcp {
        port: Option<u16>,
    },
    Command(Vec<String>),
    /// A kind of probe that simulated nodes do not have.
    Unsupported,
}

impl Target {
    pub(super) fn of(probe: &Probe, container: &Container) -> Self {
        if let Some(request) = &probe.http_get {
            return Self::Http { port: number(&request.port, container), request: request.clone() };
        }
        if let Some(socket) = &probe.tcp_socket {
            return Self::Tcp { port: number(&socket.port, container) };
        }
        match &probe.exec {
            Some(action) => Self::Command(action.command.clone().unwrap_or_default()),
            None => Self::Unsupported,
        }
    }

    /// Asks; the error says what is wrong.
    pub(super) async fn check(&self, probed: &Probed) -> Result<(), String> {
        let no_port = || "the container has no such port".to_owned();
        let network = &probed.context.network;
        match self {
            Self::Http { request, port } => {
                let address = SocketAddrV4::new(probed.address, port.ok_or_else(no_port)?);
                http::get(network, address, request).await
            }
            Self::Tcp { port } => {
                let address = SocketAddrV4::new(probed.address, port.ok_or_else(no_port)?);
                network.dial(address).await.map(drop).map_err(|error| error.to_string())
            }
            Self::Command(command) => run(probed, command).await,
            Self::Unsupported => Err("simulated nodes have no gRPC probes".into()),
        }
    }
}

fn number(port: &IntOrString, container: &Container) -> Option<u16> {
    let number = match port {
        IntOrString::Int(number) => *number,
        IntOrString::String(name) => {
            let mut ports = container.ports.iter().flatten();
            let named = ports.find(|port| port.name.as_ref() == Some(name)).map(|port| port.container_port);
            named.or_else(|| name.parse().ok())?
        }
    };
    u16::try_from(number).ok()
}

async fn run(probed: &Probed, command: &[String]) -> Result<(), String> {
    let served = &probed.served;
    let spec = ExecSpec {
        command: Process { argv: command.to_vec(), ..served.process.clone() },
        environment: served.environment.clone(),
        input: false,
        terminal: false,
    };
    let started = exec(&probed.context.network, served.namespaces, served.pid, spec).await;
    let mut child = started.map_err(|error| error.to_string())?.child;
    let mut said = String::new();
    if let Some(output) = &mut child.stdout {
        output.read_to_string(&mut said).await.map_err(|error| error.to_string())?;
    }
    let status = child.wait().await.map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("{status}: {}", said.trim())) }
}
